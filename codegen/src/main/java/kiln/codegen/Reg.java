package kiln.codegen;

import kiln.ir.Type;

/**
 * A register operand: virtual before allocation, then physical or a spill slot. Physical registers are constants of the
 * back end and are compared by identity.
 */
public final class Reg {
    /** What an operand stands for. */
    public enum Kind {
        VIRTUAL,
        PHYSICAL,
        /** Bytes of the frame: only where the operand allows it ({@link Form.Role#USE_ANY}) and in moves. */
        SLOT
    }

    private final Kind kind;
    private final RegClass regClass;
    private final int index;
    private final Type type;
    private final boolean reserved;
    /** Of a physical register; the others are named after their number when somebody asks. */
    private final String name;

    private Reg(Kind kind, RegClass regClass, int index, Type type, boolean reserved, String name) {
        this.kind = kind;
        this.regClass = regClass;
        this.index = index;
        this.type = type;
        this.reserved = reserved;
        this.name = name;
    }

    /** A virtual register; its type says how many bytes a spill needs and whether a collector must find it. */
    static Reg virtual(int index, Type type) {
        return new Reg(Kind.VIRTUAL, RegClass.of(type), index, type, false, null);
    }

    /**
     * A physical register, to be declared once by a back end.
     *
     * @param encoding hardware number, 0..31
     */
    public static Reg physical(RegClass regClass, int encoding, String name) {
        return new Reg(Kind.PHYSICAL, regClass, encoding, null, false, name);
    }

    /**
     * A physical register that the allocator knows nothing of: it may stand for any operand, stays there, and what it
     * holds is for the back end to know (a stack pointer, a register that reads as zero, a scratch register).
     */
    public static Reg reserved(RegClass regClass, int encoding, String name) {
        return new Reg(Kind.PHYSICAL, regClass, encoding, null, true, name);
    }

    /**
     * A spill slot.
     *
     * @param index number of the slot's first eight-byte word in the frame's spill area; v128 takes an even one and its
     *     successor
     */
    public static Reg slot(int index, Type type) {
        return new Reg(Kind.SLOT, RegClass.of(type), index, type, false, null);
    }

    public Kind kind() {
        return kind;
    }

    public boolean isVirtual() {
        return kind == Kind.VIRTUAL;
    }

    public boolean isPhysical() {
        return kind == Kind.PHYSICAL;
    }

    /** Whether this is a physical register that the allocator knows nothing of; see {@link #reserved}. */
    public boolean isReserved() {
        return reserved;
    }

    public boolean isSlot() {
        return kind == Kind.SLOT;
    }

    public RegClass regClass() {
        return regClass;
    }

    /** Dense number of a virtual register, hardware number of a physical one, word number of a slot. */
    public int index() {
        return index;
    }

    /** Number among all physical registers: INT 0..31, VECTOR 32..63. */
    public int bit() {
        return regClass == RegClass.INT ? index : 32 + index;
    }

    /** Type of the value in a virtual register or slot; null for physical registers. */
    public Type type() {
        return type;
    }

    @Override
    public String toString() {
        return switch (kind) {
            case VIRTUAL -> "%" + index;
            case PHYSICAL -> name;
            case SLOT -> "slot" + index;
        };
    }
}
