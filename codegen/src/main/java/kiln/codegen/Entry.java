package kiln.codegen;

/** Where the parameters that came in registers begin to live. No code. */
final class Entry extends MachInst {
    Entry(OperandList params) {
        super(params.form(), params.regs());
    }

    @Override
    public void emit(EmitContext context) {}

    @Override
    public String toString() {
        return "entry " + fixedText(0, form().count());
    }
}
