/** Reads and validates WebAssembly components. */
module kiln.component {
    requires transitive kiln.wasm;

    exports kiln.component to
            kiln.cli,
            kiln.compiler;
}
