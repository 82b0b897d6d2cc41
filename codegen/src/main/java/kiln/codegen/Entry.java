package kiln.codegen;

/** Where the parameters that came in registers begin to live. No code. */
final class Entry extends MachInst {
    Entry(Bound params) {
        super(params.defines(Form.NONE), params.values());
    }

    @Override
    public void emit(EmitContext context) {}

    @Override
    public String toString() {
        return "entry " + Bound.text(this, 0, form().count());
    }
}
