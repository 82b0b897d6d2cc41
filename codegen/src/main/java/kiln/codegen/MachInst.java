package kiln.codegen;

/**
 * A machine instruction over virtual registers, then over physical ones: its register operands, in the order of its
 * {@link Form}, which says what becomes of each. Back ends add what is encoded and printed.
 */
public abstract class MachInst implements CodeBuffer.Emitter {
    private final Form form;
    private final Reg[] regs;
    private int position = -1;

    /** {@code regs} has a register for each operand of {@code form}, and belongs to the instruction from then on. */
    protected MachInst(Form form, Reg... regs) {
        if (form.count() != regs.length) {
            throw new IllegalArgumentException(regs.length + " registers for " + form);
        }
        this.form = form;
        this.regs = regs;
    }

    public final Form form() {
        return form;
    }

    /** The register of an operand. */
    public final Reg reg(int operand) {
        return regs[operand];
    }

    /** Gives an operand another register: the allocator's answer. */
    public final void setReg(int operand, Reg r) {
        regs[operand] = r;
    }

    /** Appends the encoded instruction. Called once operands are physical registers (or slots where allowed). */
    public abstract void emit(EmitContext context);

    @Override
    public void lengthen() {
        throw new IllegalStateException("there is no longer form: " + this);
    }

    /** Assembly-like text. */
    @Override
    public abstract String toString();

    /** Text of the usual form: the mnemonic, then the operands. */
    protected static String text(Object mnemonic, Object... operands) {
        StringBuilder s = new StringBuilder().append(mnemonic);
        for (int i = 0; i < operands.length; i++) {
            s.append(i == 0 ? " " : ", ").append(operands[i]);
        }
        return s.toString();
    }

    /**
     * Text of {@code count} operands in particular registers: values with their registers, which are left out once they
     * are the same.
     */
    protected final String fixedText(int from, int count) {
        StringBuilder s = new StringBuilder("(");
        for (int i = from; i < from + count; i++) {
            s.append(i == from ? "" : ", ").append(regs[i]);
            if (regs[i] != form.fixed(i)) {
                s.append(':').append(form.fixed(i));
            }
        }
        return s.append(')').toString();
    }

    /**
     * Whether this is a plain copy (see {@link #moveSource()}); the allocator tries to give both sides one register.
     */
    public boolean isMove() {
        return false;
    }

    /** Source of a plain copy. */
    public Reg moveSource() {
        throw new IllegalStateException("not a move: " + this);
    }

    /** Target of a plain copy. */
    public Reg moveTarget() {
        throw new IllegalStateException("not a move: " + this);
    }

    /** Where a call goes on if the callee throws, by an edge that leaves its block from here; else null. */
    public MachBlock landingPad() {
        return null;
    }

    /** Whether this does nothing but jump to the one successor of its block. */
    public boolean isJump() {
        return false;
    }

    /** Whether this jumps through a table. */
    public boolean isTableJump() {
        return false;
    }

    /**
     * What is called by an instruction during which a collection may move objects and that control comes back from, so
     * that references must be in known words of the frame; else null.
     */
    public CallSite callSite() {
        return null;
    }

    /**
     * For an instruction that computes its only definition from nothing that can change (a constant, an address in the
     * frame, a read-only load from the VMContext): a copy of it that defines {@code target} instead, so that the
     * allocator may recompute the value instead of spilling it. The copy must leave the flags alone. Null if that is
     * not possible.
     */
    public MachInst rematerialize(Reg target) {
        return null;
    }

    /** Byte offset in the wasm file that this instruction comes from, or -1. */
    public final int position() {
        return position;
    }

    public final void setPosition(int position) {
        this.position = position;
    }
}
