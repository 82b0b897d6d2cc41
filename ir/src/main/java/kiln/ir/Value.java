package kiln.ir;

/**
 * An SSA value: a result of an instruction or a parameter of a block. A value that was replaced forwards to its
 * replacement; {@link #resolve()} follows the chain, and readers of operands go through {@link Inst#arg}.
 */
public final class Value {
    private final int id;
    private final Type type;
    Inst inst;
    Block block;
    int index;
    /** What stands for this value now, or the way there; null if nothing does. */
    Value forward;

    private boolean settled;

    Value(int id, Type type) {
        this.id = id;
        this.type = type;
    }

    /** Dense number, unique in its function. */
    public int id() {
        return id;
    }

    public Type type() {
        return type;
    }

    /** The defining instruction, or null for a block parameter. */
    public Inst inst() {
        return inst;
    }

    /** The block whose parameter this is, or null for an instruction's result. */
    public Block paramOf() {
        return block;
    }

    /** Position among the results of its instruction or the parameters of its block. */
    public int index() {
        return index;
    }

    /** Makes every use of this value a use of {@code other}. */
    public void replaceWith(Value other) {
        Value target = other.resolve();
        if (target == this) {
            throw new IllegalStateException("value " + this + " would forward to itself");
        }
        forward = target;
    }

    public boolean isReplaced() {
        return forward != null;
    }

    /** The value that stands for this one now. */
    public Value resolve() {
        // Almost always the case, and small enough for every JIT compiler to inline.
        return forward == null ? this : follow();
    }

    private Value follow() {
        Value end = forward;
        if (end.forward == null) {
            return end;
        }
        do {
            end = end.forward;
        } while (end.forward != null);
        // Long chains are walked once, from wherever.
        for (Value v = this; v != end; ) {
            Value next = v.forward;
            v.forward = end;
            v = next;
        }
        return end;
    }

    /** Whether this is the base of a memory or heap, or something else of the VMContext that never changes. */
    public boolean isContextField() {
        return is(Opcode.LOAD) && inst.memory().readOnly() && !inst.memory().canTrap();
    }

    /** Whether this is the result of an instruction with this opcode. */
    public boolean is(Opcode op) {
        return inst != null && inst.opcode == op;
    }

    /**
     * Whether the instruction that defines this has been looked at for something simpler with the operands that it has
     * now, so that looking again would find nothing but for what has become of their definitions.
     */
    public boolean isSettled() {
        return settled;
    }

    /** Says that {@link #isSettled} is true. */
    public void settle() {
        settled = true;
    }

    /** Says that it is not, as when an operand is another one now. */
    public void unsettle() {
        settled = false;
    }

    @Override
    public String toString() {
        return "v" + id;
    }
}
