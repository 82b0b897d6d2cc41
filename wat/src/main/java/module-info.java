/** Reads the text format. */
module kiln.wat {
    requires transitive kiln.wasm;

    exports kiln.wat to
            kiln.cli;
}
