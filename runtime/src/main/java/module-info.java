/**
 * Runs compiled WebAssembly inside the JVM. Its part {@code kiln.loader} needs native access:
 * {@code --enable-native-access=kiln.loader}.
 */
module kiln.runtime {
    requires transitive kiln.artifact;
    requires kiln.loader;
    requires static jdk.jfr;

    exports kiln.runtime;
    exports kiln.runtime.component;

    uses kiln.runtime.ModuleCompiler;
}
