/** What both code generators share. */
module kiln.codegen {
    requires transitive kiln.ir;

    exports kiln.codegen to
            kiln.codegen.aarch64,
            kiln.codegen.x64,
            kiln.compiler;
    exports kiln.codegen.regalloc to
            kiln.codegen.aarch64,
            kiln.codegen.x64,
            kiln.compiler;
}
