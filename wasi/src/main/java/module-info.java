/** WASI preview 1 for programs, and 0.2 for components, that the runtime runs. */
module kiln.wasi {
    requires transitive kiln.runtime;
    requires java.management;
    requires jdk.management;
    requires java.net.http;
    requires jdk.httpserver;
    requires jdk.net;
    requires kiln.loader;

    exports kiln.wasi;
    exports kiln.wasi.p2;
}
