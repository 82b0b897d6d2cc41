package kiln.ir;

import java.util.Arrays;
import java.util.List;

/**
 * Which types an operation's operands and results have, given the instruction's type ({@link Inst#type()}). The
 * verifier checks it, the parser and the builder take the results' types from it, and generators of random programs
 * find the operations of a kind by it.
 */
public enum TypeRule {
    // Constants and fixed values: no operands.
    INT_CONSTANT(List.of(Type.I32, Type.I64, Type.REF), Result.SAME),
    FLOAT_CONSTANT(List.of(Type.F32, Type.F64), Result.SAME),
    VECTOR_CONSTANT(List.of(Type.V128), Result.SAME),
    ADDRESS(List.of(Type.I64), Result.SAME),

    // Operands and result of one type.
    INT_UNARY(List.of(Type.I32, Type.I64), Result.SAME, Operand.SAME),
    INT_BINARY(List.of(Type.I32, Type.I64), Result.SAME, Operand.SAME, Operand.SAME),
    /** As INT_UNARY, for i64 only. */
    LONG_UNARY(List.of(Type.I64), Result.SAME, Operand.SAME),
    FLOAT_UNARY(List.of(Type.F32, Type.F64), Result.SAME, Operand.SAME),
    FLOAT_BINARY(List.of(Type.F32, Type.F64), Result.SAME, Operand.SAME, Operand.SAME),
    VECTOR_UNARY(List.of(Type.V128), Result.SAME, Operand.SAME),
    VECTOR_BINARY(List.of(Type.V128), Result.SAME, Operand.SAME, Operand.SAME),
    VECTOR_TERNARY(List.of(Type.V128), Result.SAME, Operand.SAME, Operand.SAME, Operand.SAME),

    // The instruction's type is the operands'. References are compared for equality only.
    INT_COMPARE(List.of(Type.I32, Type.I64, Type.REF), Result.BOOL, Operand.SAME, Operand.SAME),
    FLOAT_COMPARE(List.of(Type.F32, Type.F64), Result.BOOL, Operand.SAME, Operand.SAME),
    SELECT(List.of(Type.values()), Result.SAME, Operand.I32, Operand.SAME, Operand.SAME),

    // Conversions: the instruction's type is the result's.
    NARROW_INT(List.of(Type.I32), Result.SAME, Operand.I64),
    WIDEN_INT(List.of(Type.I64), Result.SAME, Operand.I32),
    WIDEN_FLOAT(List.of(Type.F64), Result.SAME, Operand.F32),
    NARROW_FLOAT(List.of(Type.F32), Result.SAME, Operand.F64),
    INT_TO_FLOAT(List.of(Type.F32, Type.F64), Result.SAME, Operand.INT),
    FLOAT_TO_INT(List.of(Type.I32, Type.I64), Result.SAME, Operand.FLOAT),
    REINTERPRET(List.of(Type.I32, Type.I64, Type.F32, Type.F64), Result.SAME, Operand.SAME_BITS),

    // Vectors and scalars. Which scalar it is depends on the lanes, which the side data says.
    VECTOR_SPLAT(List.of(Type.V128), Result.SAME, Operand.NUMBER),
    VECTOR_INSERT(List.of(Type.V128), Result.SAME, Operand.SAME, Operand.NUMBER),
    VECTOR_EXTRACT(List.of(Type.I32, Type.I64, Type.F32, Type.F64), Result.SAME, Operand.V128),
    VECTOR_SHIFT(List.of(Type.V128), Result.SAME, Operand.SAME, Operand.I32),
    VECTOR_REDUCE(List.of(Type.I32), Result.SAME, Operand.V128),

    // Memory: the instruction's type is that of the value loaded or stored; the address comes first.
    LOAD(List.of(Type.values()), Result.SAME, Operand.ADDRESS),
    STORE(List.of(Type.values()), Result.NONE, Operand.ADDRESS, Operand.SAME),
    HEAP_LOAD(List.of(Type.values()), Result.SAME, Operand.I64, Operand.REF),
    HEAP_STORE(List.of(Type.values()), Result.NONE, Operand.I64, Operand.REF, Operand.SAME),
    REF_TO_BITS(List.of(Type.I64), Result.SAME, Operand.REF),
    BITS_TO_REF(List.of(Type.REF), Result.SAME, Operand.I64),
    NEW_OBJECT(List.of(Type.REF), Result.SAME, Operand.I64, Operand.I64, Operand.I64),
    ATOMIC_LOAD(List.of(Type.I32, Type.I64), Result.SAME, Operand.I64),
    ATOMIC_STORE(List.of(Type.I32, Type.I64), Result.NONE, Operand.I64, Operand.SAME),
    ATOMIC_RMW(List.of(Type.I32, Type.I64), Result.SAME, Operand.I64, Operand.SAME),
    ATOMIC_CMPXCHG(List.of(Type.I32, Type.I64), Result.SAME, Operand.I64, Operand.SAME, Operand.SAME),

    // Calls have no type of their own. What stands here comes in front of the callee's parameters.
    CALL(List.of(), Result.CALLEE, Rest.CALLEE_PARAMS),
    /** Code address and VMContext first. */
    INDIRECT_CALL(List.of(), Result.CALLEE, Rest.CALLEE_PARAMS, Operand.I64, Operand.I64),
    /** Code address first. */
    NATIVE_CALL(List.of(), Result.CALLEE, Rest.CALLEE_PARAMS, Operand.I64),
    TAIL_CALL(List.of(), Result.NONE, Rest.CALLEE_PARAMS),
    INDIRECT_TAIL_CALL(List.of(), Result.NONE, Rest.CALLEE_PARAMS, Operand.I64, Operand.I64),
    EXCEPTION(List.of(Type.REF), Result.SAME),
    THROW(List.of(), Result.NONE, Operand.REF),

    // Checks and control.
    CHECK(List.of(Type.I32), Result.NONE, Operand.SAME),
    ZERO_CHECK(List.of(Type.I32, Type.I64, Type.REF), Result.NONE, Operand.SAME),
    /** One i32 that decides where to go. */
    CHOICE(List.of(), Result.NONE, Operand.I32),
    /** This function's results. */
    RESULTS(List.of(), Result.NONE, Rest.OWN_RESULTS),
    /** Neither operands nor results. */
    NOTHING(List.of(), Result.NONE);

    /** Type of an operand. */
    public enum Operand {
        /** The instruction's. */
        SAME,
        I32,
        I64,
        F32,
        F64,
        INT,
        FLOAT,
        V128,
        REF,
        /** An i64, or a reference to the object whose bytes are accessed. */
        ADDRESS,
        /** An integer or a float. */
        NUMBER,
        /** As many bits as the instruction's type, in the other register class. */
        SAME_BITS;

        /** Whether an instruction of type {@code type} takes an operand of type {@code operand} here. */
        public boolean accepts(Type type, Type operand) {
            return switch (this) {
                case SAME -> operand == type;
                case I32 -> operand == Type.I32;
                case I64 -> operand == Type.I64;
                case F32 -> operand == Type.F32;
                case F64 -> operand == Type.F64;
                case INT -> operand.isInt();
                case FLOAT -> operand.isFloat();
                case V128 -> operand == Type.V128;
                case REF -> operand == Type.REF;
                case ADDRESS -> operand == Type.I64 || operand == Type.REF;
                case NUMBER -> operand.isFloat() || operand.isInt() && operand != Type.REF;
                case SAME_BITS ->
                    operand.bytes() == type.bytes()
                            && (type.isInt() && operand.isFloat() || type.isFloat() && operand.isInt());
            };
        }

        /** All types that an instruction of type {@code type} takes here. */
        public List<Type> choices(Type type) {
            return Arrays.stream(Type.values()).filter(t -> accepts(type, t)).toList();
        }
    }

    /** What follows the fixed operands. */
    public enum Rest {
        NONE,
        CALLEE_PARAMS,
        OWN_RESULTS
    }

    /** Types of the results. */
    public enum Result {
        NONE,
        /** The instruction's type. */
        SAME,
        /** An i32 that is 0 or 1. */
        BOOL,
        /** The callee's results. */
        CALLEE
    }

    private final List<Type> types;
    private final List<Operand> operands;
    private final Rest rest;
    private final Result result;

    TypeRule(List<Type> types, Result result, Operand... operands) {
        this(types, result, Rest.NONE, operands);
    }

    TypeRule(List<Type> types, Result result, Rest rest, Operand... operands) {
        this.types = types;
        this.operands = List.of(operands);
        this.rest = rest;
        this.result = result;
    }

    /** What the instruction's type may be; empty if it must have none. */
    public List<Type> types() {
        return types;
    }

    public boolean isTyped() {
        return !types.isEmpty();
    }

    /** The fixed operands, which come first. */
    public List<Operand> operands() {
        return operands;
    }

    public Rest rest() {
        return rest;
    }

    public Result result() {
        return result;
    }

    /** Types of the results of an instruction with this type and callee, if it has them. */
    public List<Type> results(Type type, CallTarget callee) {
        return switch (result) {
            case NONE -> List.of();
            case SAME -> List.of(type);
            case BOOL -> List.of(Type.I32);
            case CALLEE -> callee.signature().results();
        };
    }
}
