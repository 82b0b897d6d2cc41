/** The format of compiled files, and what all parts of Kiln agree on. */
module kiln.artifact {
    requires transitive kiln.types;

    exports kiln.artifact.api;
    exports kiln.artifact.component to
            kiln.cli,
            kiln.compiler,
            kiln.component,
            kiln.runtime,
            kiln.translate;
    exports kiln.artifact to
            kiln.cli,
            kiln.codegen,
            kiln.codegen.aarch64,
            kiln.codegen.x64,
            kiln.compiler,
            kiln.component,
            kiln.ir,
            kiln.loader,
            kiln.runtime,
            kiln.translate,
            kiln.wasi,
            kiln.wasm,
            kiln.wat;
}
