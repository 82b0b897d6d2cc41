/** Machine code for AArch64. */
module kiln.codegen.aarch64 {
    requires transitive kiln.codegen;

    exports kiln.codegen.aarch64 to
            kiln.compiler;
}
