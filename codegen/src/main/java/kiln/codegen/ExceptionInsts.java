package kiln.codegen;

/** Where exceptions come from and arrive: back ends say only how that is encoded. */
final class ExceptionInsts {
    private ExceptionInsts() {}

    /**
     * The start of a landing pad, at which the frame base is this function's and no register holds anything else but
     * the VMContext and the exception, which is defined in the first result register if it is asked for.
     */
    static final class LandingPad extends MachInst {
        private final CommonInsts insts;

        LandingPad(CommonInsts insts, OperandList exception) {
            super(exception.form(), exception.regs());
            this.insts = insts;
        }

        @Override
        public void emit(EmitContext context) {
            insts.emitLandingPad(context);
        }

        @Override
        public String toString() {
            return "pad" + (form().count() == 0 ? "" : " -> " + fixedText(0, 1));
        }
    }

    /** Leaves for the handler of an exception, which is in the first result register. */
    static final class Throw extends MachInst {
        private final CommonInsts insts;

        Throw(CommonInsts insts, OperandList exception) {
            super(exception.form(), exception.regs());
            this.insts = insts;
        }

        @Override
        public void emit(EmitContext context) {
            insts.emitThrow(context);
        }

        @Override
        public String toString() {
            return text("throw", fixedText(0, 1));
        }
    }
}
