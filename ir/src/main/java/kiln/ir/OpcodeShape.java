package kiln.ir;

/**
 * The fixed part of each operation's form: how many operands it has and what is attached to it. Printer, parser and
 * verifier read this one table.
 *
 * @param args number of operands, or -1 if it varies
 * @param imm whether {@link Inst#imm()} means something
 * @param aux what {@link Inst#aux()} is
 * @param typed whether {@link Inst#type()} must be there
 */
public record OpcodeShape(int args, boolean imm, Aux aux, boolean typed) {
    /** The kinds of attachment. */
    public enum Aux {
        NONE,
        INT_COND,
        FLOAT_COND,
        MEMORY,
        CALL,
        TRAP,
        VECTOR
    }

    private static final OpcodeShape[] SHAPES = new OpcodeShape[Opcode.values().length];

    static {
        for (Opcode op : Opcode.values()) {
            SHAPES[op.ordinal()] = shape(op);
        }
    }

    public static OpcodeShape of(Opcode op) {
        return SHAPES[op.ordinal()];
    }

    private static OpcodeShape shape(Opcode op) {
        return switch (op) {
            case ICONST, FCONST, STACK_ADDR -> new OpcodeShape(0, true, Aux.NONE, true);
            case VCONST -> new OpcodeShape(0, false, Aux.VECTOR, true);
            case VMCTX, FRAME_POINTER -> plain(0);
            case ADD, SUB, MUL, UMULH, SMULH, UDIV, SDIV, UREM, SREM -> plain(2);
            case AND, OR, XOR, SHL, LSHR, ASHR, ROTL, ROTR -> plain(2);
            case FADD, FSUB, FMUL, FDIV, FMIN, FMAX, FCOPYSIGN -> plain(2);
            case CLZ,
                    CTZ,
                    POPCNT,
                    SEXT8,
                    SEXT16,
                    SEXT32,
                    WRAP,
                    SEXT,
                    ZEXT,
                    FPROMOTE,
                    FDEMOTE,
                    FROM_SINT,
                    FROM_UINT,
                    TO_SINT,
                    TO_UINT,
                    TO_SINT_SAT,
                    TO_UINT_SAT,
                    BITCAST,
                    FSQRT,
                    FABS,
                    FNEG,
                    FCEIL,
                    FFLOOR,
                    FTRUNC,
                    FNEAREST -> plain(1);
            case ICMP -> new OpcodeShape(2, false, Aux.INT_COND, true);
            case FCMP -> new OpcodeShape(2, false, Aux.FLOAT_COND, true);
            case SELECT -> plain(3);
            case LOAD -> new OpcodeShape(1, true, Aux.MEMORY, true);
            case STORE -> new OpcodeShape(2, true, Aux.MEMORY, true);
            case CALL, CALL_INDIRECT, CALL_NATIVE, RETURN_CALL, RETURN_CALL_INDIRECT ->
                new OpcodeShape(-1, false, Aux.CALL, false);
            case TRAP_IF, TRAP_IF_ZERO -> new OpcodeShape(1, false, Aux.TRAP, true);
            case INTERRUPT_CHECK, JUMP, UNWIND -> new OpcodeShape(0, false, Aux.NONE, false);
            case BRANCH, SWITCH -> new OpcodeShape(1, false, Aux.NONE, false);
            case RETURN -> new OpcodeShape(-1, false, Aux.NONE, false);
            case TRAP -> new OpcodeShape(0, false, Aux.TRAP, false);
        };
    }

    private static OpcodeShape plain(int args) {
        return new OpcodeShape(args, false, Aux.NONE, true);
    }

    /** Type of the only result of an instruction of this opcode and type, or null if it is not one of those. */
    static Type resultType(Opcode op, Type type) {
        return switch (op) {
            case ICMP, FCMP -> Type.I32;
            case STORE, TRAP_IF, TRAP_IF_ZERO, INTERRUPT_CHECK -> null;
            default -> op.effect() == Opcode.Effect.TERMINATES || op.effect() == Opcode.Effect.CALLS ? null : type;
        };
    }
}
