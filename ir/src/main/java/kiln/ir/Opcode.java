package kiln.ir;

import static kiln.ir.Evaluation.*;
import static kiln.ir.Opcode.Effect.*;
import static kiln.ir.Opcode.Gain.*;
import static kiln.ir.SideData.Kind.*;
import static kiln.ir.TypeRule.*;

import java.util.Locale;

/**
 * The operations of the IR, one row each: types of operands and results, what it carries besides operands, effect,
 * about how many machine instructions it becomes, what moving it out of a loop gains, and its value on constants.
 * Verifier, parser, printer, builder, folding, passes and the generators of random programs read the row. {@code x, y}
 * are value operands; the instruction's type is described at {@link TypeRule}.
 */
public enum Opcode {
    // Constants and fixed values. Most are part of their users, or shared with the caller's.
    /** i32 or i64 constant (i32 sign-extended), or the null reference for type ref. */
    ICONST(INT_CONSTANT, INTEGER, PURE, 0, IF_NEEDED),
    /** f32 or f64 constant (f32 in the low half, upper half zero). */
    FCONST(FLOAT_CONSTANT, FLOAT_BITS, PURE, 1, IF_NEEDED),
    VCONST(VECTOR_CONSTANT, VECTOR, PURE, 1, IF_NEEDED),
    /** Address of the current instance's VMContext. */
    VMCTX(ADDRESS, NONE, PURE, 0, IF_NEEDED),
    /** Address of the current frame's base, where the caller's frame base and the return address lie. */
    FRAME_POINTER(ADDRESS, NONE, PURE, 1, IF_NEEDED),
    /** Address of some bytes of this frame, 16-byte aligned; each instruction owns its bytes. */
    STACK_ADDR(ADDRESS, AREA, PURE, 1, STAYS),
    /** Address of constant bytes behind the code. */
    DATA_ADDR(ADDRESS, BYTES, PURE, 1, IF_NEEDED),

    // Integer arithmetic. Shift counts are taken modulo the width and have the type of the result.
    ADD(INT_BINARY, PURE, 1, SUM, ints((x, y) -> x + y).eitherWay()),
    SUB(INT_BINARY, PURE, 1, SMALL, ints((x, y) -> x - y)),
    MUL(INT_BINARY, PURE, 1, LARGE, ints((x, y) -> x * y).eitherWay()),
    /** High half of the full product. */
    UMULH(
            INT_BINARY,
            PURE,
            1,
            LARGE,
            ints(Opcode::umulh, Math::unsignedMultiplyHigh).eitherWay()),
    SMULH(INT_BINARY, PURE, 1, LARGE, ints(Opcode::smulh, Math::multiplyHigh).eitherWay()),
    /** Division traps: INTEGER_DIVIDE_BY_ZERO, and SDIV INTEGER_OVERFLOW. SREM of MIN by -1 is 0. */
    UDIV(
            INT_BINARY,
            TRAPS,
            6,
            LARGE,
            ints(Integer::divideUnsigned, Long::divideUnsigned).trapping(Evaluation::byZero)),
    SDIV(INT_BINARY, TRAPS, 6, LARGE, ints((x, y) -> x / y).trapping(Evaluation::byZeroOrOverflow)),
    UREM(
            INT_BINARY,
            TRAPS,
            6,
            LARGE,
            ints(Integer::remainderUnsigned, Long::remainderUnsigned).trapping(Evaluation::byZero)),
    SREM(INT_BINARY, TRAPS, 6, LARGE, ints((x, y) -> x % y).trapping(Evaluation::byZero)),
    AND(INT_BINARY, PURE, 1, SMALL, ints((x, y) -> x & y).eitherWay()),
    OR(INT_BINARY, PURE, 1, SMALL, ints((x, y) -> x | y).eitherWay()),
    XOR(INT_BINARY, PURE, 1, SMALL, ints((x, y) -> x ^ y).eitherWay()),
    SHL(INT_BINARY, PURE, 1, SMALL, ints((x, y) -> x << y, (x, y) -> x << y)),
    LSHR(INT_BINARY, PURE, 1, SMALL, ints((x, y) -> x >>> y, (x, y) -> x >>> y)),
    ASHR(INT_BINARY, PURE, 1, SMALL, ints((x, y) -> x >> y, (x, y) -> x >> y)),
    ROTL(INT_BINARY, PURE, 1, SMALL, ints(Integer::rotateLeft, (x, y) -> Long.rotateLeft(x, (int) y))),
    ROTR(INT_BINARY, PURE, 1, SMALL, ints(Integer::rotateRight, (x, y) -> Long.rotateRight(x, (int) y))),
    CLZ(INT_UNARY, PURE, 1, LARGE, ints(Integer::numberOfLeadingZeros, Long::numberOfLeadingZeros)),
    CTZ(INT_UNARY, PURE, 1, LARGE, ints(Integer::numberOfTrailingZeros, Long::numberOfTrailingZeros)),
    POPCNT(INT_UNARY, PURE, 1, LARGE, ints(Integer::bitCount, Long::bitCount)),
    /** Sign-extends the low 8, 16 or 32 bits within the type. */
    SEXT8(INT_UNARY, PURE, 1, SMALL, ints(x -> (byte) x)),
    SEXT16(INT_UNARY, PURE, 1, SMALL, ints(x -> (short) x)),
    SEXT32(LONG_UNARY, PURE, 1, SMALL, ints(x -> (int) x)),

    // Comparisons belong to the branch, trap or select behind them.
    ICMP(INT_COMPARE, INT_COND, PURE, 1, IF_NEEDED, ofSideData()),
    FCMP(FLOAT_COMPARE, FLOAT_COND, PURE, 1, IF_NEEDED, ofSideData()),
    /** {@code c ? x : y}; operands (c: i32, x, y). Both x and y are evaluated. */
    SELECT(TypeRule.SELECT, NONE, PURE, 2, IF_NEEDED),

    // Conversions.
    /** Drops the upper half. */
    WRAP(NARROW_INT, PURE, 0, IF_NEEDED, ints(x -> x)),
    SEXT(WIDEN_INT, PURE, 1, SMALL, ints(x -> x)),
    ZEXT(WIDEN_INT, PURE, 0, IF_NEEDED, ints(x -> x & 0xffffffffL)),
    FPROMOTE(WIDEN_FLOAT, PURE, 1, LARGE, floats(x -> x)),
    FDEMOTE(NARROW_FLOAT, PURE, 1, LARGE, floats(x -> x)),
    FROM_SINT(INT_TO_FLOAT, PURE, 1, LARGE, conversion(Floats::fromSigned)),
    FROM_UINT(INT_TO_FLOAT, PURE, 1, LARGE, conversion(Floats::fromUnsigned)),
    /** Traps BAD_CONVERSION_TO_INTEGER on NaN and INTEGER_OVERFLOW out of range. */
    TO_SINT(FLOAT_TO_INT, TRAPS, 6, LARGE, conversion(Floats::toSigned).trapping(Evaluation::outsideSigned)),
    TO_UINT(FLOAT_TO_INT, TRAPS, 6, LARGE, conversion(Floats::toUnsigned).trapping(Evaluation::outsideUnsigned)),
    /** Saturating; NaN gives 0. */
    TO_SINT_SAT(FLOAT_TO_INT, PURE, 6, LARGE, conversion(Floats::toSigned)),
    TO_UINT_SAT(FLOAT_TO_INT, PURE, 6, LARGE, conversion(Floats::toUnsigned)),
    /** Same bits in the other register class: i32/f32, i64/f64. */
    BITCAST(REINTERPRET, PURE, 0, LARGE, conversion((type, _, x) -> type.normalize(x))),

    // Floating point, with WebAssembly's semantics (min and max propagate NaN, -0 below +0).
    FADD(FLOAT_BINARY, PURE, 1, LARGE, floats((x, y) -> x + y).eitherWay()),
    FSUB(FLOAT_BINARY, PURE, 1, LARGE, floats((x, y) -> x - y)),
    FMUL(FLOAT_BINARY, PURE, 1, LARGE, floats((x, y) -> x * y).eitherWay()),
    FDIV(FLOAT_BINARY, PURE, 1, LARGE, floats((x, y) -> x / y)),
    FMIN(FLOAT_BINARY, PURE, 1, LARGE, floats(Math::min)),
    FMAX(FLOAT_BINARY, PURE, 1, LARGE, floats(Math::max)),
    FCOPYSIGN(FLOAT_BINARY, PURE, 1, LARGE, bits(Opcode::copySign)),
    FSQRT(FLOAT_UNARY, PURE, 1, LARGE, floats(Math::sqrt)),
    FABS(FLOAT_UNARY, PURE, 1, LARGE, signs((x, sign) -> x & ~sign)),
    FNEG(FLOAT_UNARY, PURE, 1, LARGE, signs((x, sign) -> x ^ sign)),
    FCEIL(FLOAT_UNARY, PURE, 1, LARGE, floats(Math::ceil)),
    FFLOOR(FLOAT_UNARY, PURE, 1, LARGE, floats(Math::floor)),
    FTRUNC(FLOAT_UNARY, PURE, 1, LARGE, floats(Floats::truncate)),
    FNEAREST(FLOAT_UNARY, PURE, 1, LARGE, floats(Math::rint)),

    // Vectors: one operation for each form, whose rows are in VectorOp.
    /** Operand (scalar). */
    VSPLAT(VECTOR_SPLAT, LANES, PURE, 1, LARGE, ofSideData()),
    /** Operand (x). */
    VEXTRACT(VECTOR_EXTRACT, LANE, PURE, 1, LARGE, ofSideData()),
    /** Operands (x, scalar). */
    VINSERT(VECTOR_INSERT, LANE, PURE, 1, LARGE, ofSideData()),
    /** Operands (x, y): bytes chosen by constant indices, 0 to 15 of x, 16 to 31 of y. */
    VSHUFFLE(VECTOR_BINARY, INDICES, PURE, 1, LARGE, ofSideData()),
    /** Operand (x). */
    VUNARY(VECTOR_UNARY, LANES, PURE, 1, LARGE, ofSideData()),
    /** Operands (x, y). */
    VBINARY(VECTOR_BINARY, LANES, PURE, 1, LARGE, ofSideData()),
    /** Operands (x, y, z). */
    VTERNARY(VECTOR_TERNARY, LANES, PURE, 1, LARGE, ofSideData()),
    /** Operands (x, count: i32), the count taken modulo the lane's bits. */
    VSHIFT(VECTOR_SHIFT, LANES, PURE, 1, LARGE, ofSideData()),
    /** Operand (x); an i32. */
    VREDUCE(VECTOR_REDUCE, LANES, PURE, 2, LARGE, ofSideData()),

    // Memory. Address is an i64 or ref operand plus an unsigned displacement, at most 2^32-1.
    /** Operands (address). */
    LOAD(TypeRule.LOAD, ACCESS, READS, 1, LARGE),
    /** Operands (address, value). */
    STORE(TypeRule.STORE, ACCESS, WRITES, 1, STAYS),

    // Objects of the garbage-collected heap, which a collection moves: their addresses exist inside these only.
    /**
     * Operands (base: i64, object: ref): reads at base + object + displacement. A ref that is read in 4 bytes is
     * zero-extended.
     */
    HEAP_LOAD(TypeRule.HEAP_LOAD, ACCESS, READS, 1, LARGE),
    /** Operands (base: i64, object: ref, value). */
    HEAP_STORE(TypeRule.HEAP_STORE, ACCESS, WRITES, 1, STAYS),
    /**
     * The bits of a reference, for tests of its tag and for numbers in references; those of an object change with each
     * collection, but for the low three.
     */
    REF_BITS(REF_TO_BITS, PURE, 0, IF_NEEDED, none()),
    /** The reference with these bits, which are no object's. */
    REF_OF_BITS(BITS_TO_REF, PURE, 0, IF_NEEDED, none()),
    /**
     * Operands (base: i64; size: i64, a multiple of 8; header: i64): a new object, whose first eight bytes are the
     * header and whose others are not written yet. May collect. Replaced by what it consists of before code is made.
     */
    ALLOCATE(NEW_OBJECT, NONE, ALLOCATES, 8, STAYS),

    // Atomic accesses, sequentially consistent. Addresses are multiples of the width; narrow ones zero-extend.
    /** Operands (address). */
    ATOMIC_LOAD(TypeRule.ATOMIC_LOAD, ACCESS, SYNCHRONIZES, 1, STAYS),
    /** Operands (address, value). */
    ATOMIC_STORE(TypeRule.ATOMIC_STORE, ACCESS, SYNCHRONIZES, 1, STAYS),
    /** Operands (address, value); what was there before. */
    ATOMIC_RMW(TypeRule.ATOMIC_RMW, SideData.Kind.ATOMIC, SYNCHRONIZES, 3, STAYS),
    /**
     * Operands (address, expected, replacement): what was there before; writes if that equals the low bytes of what was
     * expected.
     */
    ATOMIC_CMPXCHG(TypeRule.ATOMIC_CMPXCHG, ACCESS, SYNCHRONIZES, 3, STAYS),
    /** Orders all accesses in front of it and behind it. */
    ATOMIC_FENCE(NOTHING, NONE, SYNCHRONIZES, 1, STAYS),

    // Calls; results as in the signature. A call may read and write every region and may trap.
    /** Direct call; operands are the arguments. */
    CALL(TypeRule.CALL, CALLEE, CALLS, 4, STAYS),
    /** Operands (code address, callee's VMContext, arguments...). The VMContext is this one again after the call. */
    CALL_INDIRECT(INDIRECT_CALL, CALLEE, CALLS, 4, STAYS),
    /**
     * C-ABI call; operands (code address, arguments...): integers and floats that fit into registers; at most one
     * result.
     */
    CALL_NATIVE(NATIVE_CALL, CALLEE, CALLS, 4, STAYS),
    /**
     * The exception that has come over the exceptional edge into this block, a landing pad, whose first instruction it
     * is. The calls before have done what calls do.
     */
    CAUGHT(EXCEPTION, NONE, CALLS, 1, STAYS),

    // Checks. One moves only from where a loop begins, and lets the accesses behind it follow.
    /** Traps if the operand is not zero. */
    TRAP_IF(CHECK, SideData.Kind.TRAP, TRAPS, 2, LARGE),
    /** Traps if the operand is zero. */
    TRAP_IF_ZERO(ZERO_CHECK, SideData.Kind.TRAP, TRAPS, 2, LARGE),
    /** Stops (trap STACK_CHECK) if the store asked for an interruption; stands at loop headers. */
    INTERRUPT_CHECK(NOTHING, NONE, TRAPS, 2, STAYS),

    // Terminators.
    JUMP(NOTHING, NONE, Targets.ONE, 0),
    /** Operand (c: i32): first target if not zero, second target otherwise. */
    BRANCH(CHOICE, NONE, Targets.TWO, 1),
    /** Operand (index: i32, unsigned): target number index, or the last target if there is none. */
    SWITCH(CHOICE, NONE, Targets.MANY, 4),
    RETURN(RESULTS, NONE, Targets.NONE, 0),
    /** Always traps. */
    TRAP(NOTHING, SideData.Kind.TRAP, Targets.NONE, 1),
    /** As CALL and CALL_INDIRECT, but this frame is gone before the callee starts. */
    RETURN_CALL(TAIL_CALL, CALLEE, Targets.NONE, 4),
    RETURN_CALL_INDIRECT(INDIRECT_TAIL_CALL, CALLEE, Targets.NONE, 4),
    /**
     * As CALL and CALL_INDIRECT: goes on at the first target, the normal edge, behind which the results exist; if the
     * callee throws, at the second one, the exceptional edge, which leads to a landing pad of its own.
     */
    INVOKE(TypeRule.CALL, CALLEE, Targets.TWO, 4),
    INVOKE_INDIRECT(INDIRECT_CALL, CALLEE, Targets.TWO, 4),
    /** Operand (exception: ref, not null): leaves this frame, and others up to one whose call is an INVOKE. */
    THROW(TypeRule.THROW, NONE, Targets.NONE, 2),
    /** Leaves all wasm frames of this activation at once, because a host function asked for it. */
    UNWIND(NOTHING, NONE, Targets.NONE, 1);

    /** What an instruction may do besides computing its results. */
    public enum Effect {
        /** Depends on its operands only; may be moved, merged, dropped. */
        PURE,
        /**
         * Pure, or traps depending on its operands only: may be merged with an equal dominating one, not hoisted or
         * dropped.
         */
        TRAPS,
        /** Reads memory as its MemoryOp says (and may trap if that says so). */
        READS,
        /** Writes memory as its MemoryOp says (and may trap if that says so). */
        WRITES,
        /**
         * Reads and writes memory as its MemoryOp says, if it has one (and may trap if that says so), and orders
         * accesses to it: it counts as reading and writing all linear memories, since other threads may have written
         * there what this one may see only now.
         */
        SYNCHRONIZES,
        /**
         * Makes something that nobody knows yet, for which all objects may move: what is stored in them stays. May
         * trap, but is dropped if nobody uses its result.
         */
        ALLOCATES,
        /** Anything. */
        CALLS,
        /** Ends a block. */
        TERMINATES
    }

    /** What it gains to have an instruction's result in front of a loop, where it occupies a register. */
    public enum Gain {
        /** The instruction stays where it is. */
        STAYS,
        /** Moves if something else that moves needs it: costs no more in the loop than a register. */
        IF_NEEDED,
        /** Moves as long as there are registers to spare. */
        SMALL,
        /** As SMALL for i32; as IF_NEEDED for i64, where it mostly is a part of the access that uses it. */
        SUM,
        /** Moves. */
        LARGE
    }

    /** How many edges leave an instruction. */
    public enum Targets {
        NONE,
        ONE,
        TWO,
        /** One at least. */
        MANY
    }

    private final TypeRule types;
    private final SideData.Kind data;
    private final Effect effect;
    private final int size;
    private final Gain gain;
    private final Evaluation evaluation;
    private final Targets targets;
    /** Asked for more often than anything else. */
    final boolean isTerminator;

    private final boolean commutative;
    private final boolean makesNan;
    private final String text = name().toLowerCase(Locale.ROOT);

    /** A terminator. */
    Opcode(TypeRule types, SideData.Kind data, Targets targets, int size) {
        this(types, data, TERMINATES, size, STAYS, none(), targets);
    }

    /** What has no value that constants would decide. */
    Opcode(TypeRule types, SideData.Kind data, Effect effect, int size, Gain gain) {
        this(types, data, effect, size, gain, none(), Targets.NONE);
    }

    /** What computes a value out of its operands alone. */
    Opcode(TypeRule types, Effect effect, int size, Gain gain, Evaluation evaluation) {
        this(types, NONE, effect, size, gain, evaluation, Targets.NONE);
    }

    /** What computes a value as its side data says. */
    Opcode(TypeRule types, SideData.Kind data, Effect effect, int size, Gain gain, Evaluation evaluation) {
        this(types, data, effect, size, gain, evaluation, Targets.NONE);
    }

    Opcode(
            TypeRule types,
            SideData.Kind data,
            Effect effect,
            int size,
            Gain gain,
            Evaluation evaluation,
            Targets targets) {
        this.types = types;
        this.data = data;
        this.effect = effect;
        this.size = size;
        this.gain = gain;
        this.evaluation = evaluation;
        this.targets = targets;
        this.isTerminator = effect == TERMINATES;
        this.commutative = evaluation instanceof Binary b && b.commutative();
        this.makesNan = evaluation instanceof Binary b && b.makesNan() || evaluation instanceof Unary u && u.makesNan();
    }

    private static int umulh(int x, int y) {
        return (int) (Integer.toUnsignedLong(x) * Integer.toUnsignedLong(y) >>> 32);
    }

    private static int smulh(int x, int y) {
        return (int) ((long) x * y >> 32);
    }

    private static long copySign(Type type, long x, long y) {
        long sign = Floats.sign(type);
        return x & ~sign | y & sign;
    }

    /** Types of operands and results. */
    public TypeRule types() {
        return types;
    }

    /** What the instruction carries besides operands. */
    public SideData.Kind data() {
        return data;
    }

    public Effect effect() {
        return effect;
    }

    public boolean isPure() {
        return effect == PURE;
    }

    /** Whether memory may be different behind it. */
    public boolean changesMemory() {
        return effect == WRITES || effect == SYNCHRONIZES || effect == CALLS;
    }

    public boolean isTerminator() {
        return isTerminator;
    }

    /** How many operands, the first ones, make up the address of an access. */
    public int addressOperands() {
        return this == HEAP_LOAD || this == HEAP_STORE ? 2 : 1;
    }

    /** Whether other code runs before this function goes on behind it: anything may have happened. */
    public boolean isCall() {
        return effect == CALLS || isInvoke();
    }

    /** Whether its callee is named, and may be put in its place. */
    public boolean isDirectCall() {
        // One comparison for most.
        return data == CALLEE && (this == CALL || this == RETURN_CALL || this == INVOKE);
    }

    /** Whether it is a call that goes on elsewhere if the callee throws. */
    public boolean isInvoke() {
        return this == INVOKE || this == INVOKE_INDIRECT;
    }

    /** How many edges leave it. */
    public Targets targets() {
        return targets;
    }

    /**
     * About how many machine instructions it becomes; calls and SWITCH have one more for each operand, result and
     * target.
     */
    public int size() {
        return size;
    }

    /** What it gains to have the result in front of a loop. */
    public Gain gain() {
        return gain;
    }

    /** Its value on constants. */
    public Evaluation evaluation() {
        return evaluation;
    }

    /**
     * Its value as a function of two operands.
     *
     * @throws ClassCastException if it is none
     */
    public Binary binary() {
        return (Binary) evaluation;
    }

    /**
     * Its value as a function of one operand.
     *
     * @throws ClassCastException if it is none
     */
    public Unary unary() {
        return (Unary) evaluation;
    }

    /** Whether its two operands may be exchanged; see {@link Inst#isCommutative} for what the side data says. */
    public boolean isCommutative() {
        return commutative;
    }

    /** Whether its result may be a NaN that was computed, whose bits depend on the machine. */
    public boolean makesNan() {
        return makesNan;
    }

    /** The operation's name in the text form. */
    @Override
    public String toString() {
        return text;
    }
}
