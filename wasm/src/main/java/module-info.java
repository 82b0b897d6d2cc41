/** Reads and validates WebAssembly binaries. */
module kiln.wasm {
    requires transitive kiln.artifact;
    requires transitive kiln.types;

    exports kiln.wasm to
            kiln.cli,
            kiln.compiler,
            kiln.component,
            kiln.translate,
            kiln.wat;
}
