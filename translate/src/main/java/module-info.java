/** From WebAssembly to the intermediate representation. */
module kiln.translate {
    requires transitive kiln.ir;
    requires transitive kiln.wasm;

    exports kiln.translate to
            kiln.cli,
            kiln.compiler;
}
