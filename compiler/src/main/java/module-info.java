/** Compiles WebAssembly to files that the runtime loads. */
module kiln.compiler {
    requires transitive kiln.runtime;
    requires kiln.codegen.aarch64;
    requires kiln.codegen.x64;
    requires kiln.component;
    requires kiln.loader;
    requires kiln.translate;
    requires static jdk.jfr;

    exports kiln.compiler;

    provides kiln.runtime.ModuleCompiler with
            kiln.compiler.ServiceCompiler;
}
