package kiln.codegen;

/** Where an exception comes from or arrives, in the first result register: back ends say only how that is encoded. */
final class ExceptionInst extends MachInst {
    enum Kind {
        /**
         * The start of a landing pad, at which the frame base is this function's and no register holds anything else
         * but the VMContext and the exception, which is defined if it is asked for.
         */
        LANDING_PAD,
        /** Leaves for the handler. */
        THROW
    }

    private final Kind kind;
    private final CommonInsts insts;

    ExceptionInst(Kind kind, CommonInsts insts, OperandList exception) {
        super(exception.form(), exception.regs());
        this.kind = kind;
        this.insts = insts;
    }

    @Override
    public void emit(EmitContext context) {
        switch (kind) {
            case LANDING_PAD -> insts.emitLandingPad(context);
            case THROW -> insts.emitThrow(context);
        }
    }

    @Override
    public String toString() {
        return switch (kind) {
            case LANDING_PAD -> "pad" + (form().count() == 0 ? "" : " -> " + fixedText(0, 1));
            case THROW -> text("throw", fixedText(0, 1));
        };
    }
}
