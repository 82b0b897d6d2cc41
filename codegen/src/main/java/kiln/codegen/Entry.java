package kiln.codegen;

/** Where the parameters that came in registers begin to live. No code. */
final class Entry extends MachInst {
    private final Bound params;

    Entry(Bound params) {
        this.params = params;
    }

    @Override
    public void visitOperands(OperandVisitor v) {
        params.define(v);
    }

    @Override
    public void emit(EmitContext context) {}

    @Override
    public String toString() {
        return "entry " + params;
    }
}
