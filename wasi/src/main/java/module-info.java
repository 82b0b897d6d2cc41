/** WASI preview 1 for programs that the runtime runs. */
module kiln.wasi {
    requires transitive kiln.runtime;
    requires java.management;
    requires jdk.management;
    requires kiln.loader;

    exports kiln.wasi;
}
