/** Machine code for x86-64. */
module kiln.codegen.x64 {
    requires transitive kiln.codegen;

    exports kiln.codegen.x64 to
            kiln.compiler;
}
