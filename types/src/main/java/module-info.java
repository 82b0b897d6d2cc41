/** WebAssembly's types, which all parts of Kiln use. Users see their face in {@code kiln.runtime}. */
module kiln.types {
    exports kiln.types to
            kiln.artifact,
            kiln.cli,
            kiln.compiler,
            kiln.component,
            kiln.runtime,
            kiln.translate,
            kiln.wasm,
            kiln.wat;
}
