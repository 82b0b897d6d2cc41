/** The intermediate representation, its analyses and passes. */
module kiln.ir {
    requires transitive kiln.artifact;

    exports kiln.ir to
            kiln.codegen,
            kiln.codegen.aarch64,
            kiln.codegen.x64,
            kiln.compiler,
            kiln.translate;
    exports kiln.ir.analysis to
            kiln.codegen,
            kiln.codegen.aarch64,
            kiln.codegen.x64,
            kiln.compiler;
    exports kiln.ir.pass to
            kiln.compiler;
}
