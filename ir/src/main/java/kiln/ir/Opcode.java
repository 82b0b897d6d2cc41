package kiln.ir;

import static kiln.ir.Opcode.Effect.*;

import java.util.Locale;

/**
 * The operations of the IR. The instruction's {@link Inst#type()} is the type of its result, or, where the result's
 * type is fixed (comparisons, stores), the type of its operands. {@code x, y} are value operands; {@code #imm} and
 * {@code aux} are described at {@link Inst}.
 */
public enum Opcode {
    // Constants and fixed values.
    /** i32 or i64 constant {@code #imm} (i32 sign-extended), or the null reference for type ref. */
    ICONST(PURE),
    /** f32 or f64 constant; {@code #imm} is its bit pattern (f32 in the low half, upper half zero). */
    FCONST(PURE),
    /** v128 constant; aux is a {@link V128}. */
    VCONST(PURE),
    /** Address of the current instance's VMContext (i64). */
    VMCTX(PURE),
    /** Address of the current frame's base (i64), where the caller's frame base and the return address lie. */
    FRAME_POINTER(PURE),
    /** Address of {@code #imm} bytes of this frame (i64), 16-byte aligned; each instruction owns its bytes. */
    STACK_ADDR(PURE),

    // Integer arithmetic on i32, i64. Shift counts are taken modulo the width and have the type of the result.
    ADD(PURE, true),
    SUB(PURE),
    MUL(PURE, true),
    /** High half of the full product. */
    UMULH(PURE, true),
    SMULH(PURE, true),
    /** Division traps: INTEGER_DIVIDE_BY_ZERO, and SDIV INTEGER_OVERFLOW. SREM of MIN by -1 is 0. */
    UDIV(TRAPS),
    SDIV(TRAPS),
    UREM(TRAPS),
    SREM(TRAPS),
    AND(PURE, true),
    OR(PURE, true),
    XOR(PURE, true),
    SHL(PURE),
    LSHR(PURE),
    ASHR(PURE),
    ROTL(PURE),
    ROTR(PURE),
    CLZ(PURE),
    CTZ(PURE),
    POPCNT(PURE),
    /** Sign-extends the low 8, 16 or 32 bits within the type. */
    SEXT8(PURE),
    SEXT16(PURE),
    SEXT32(PURE),

    // Comparisons: result i32 0 or 1; type() is the operands' type. aux: IntCond or FloatCond.
    ICMP(PURE),
    FCMP(PURE),
    /** {@code c ? x : y}; operands (c: i32, x, y); any type. Both x and y are evaluated. */
    SELECT(PURE),

    // Conversions; type() is the result's type.
    /** i64 to i32, dropping the upper half. */
    WRAP(PURE),
    /** i32 to i64. */
    SEXT(PURE),
    ZEXT(PURE),
    FPROMOTE(PURE),
    FDEMOTE(PURE),
    /** Integer to float. */
    FROM_SINT(PURE),
    FROM_UINT(PURE),
    /** Float to integer; traps BAD_CONVERSION_TO_INTEGER on NaN and INTEGER_OVERFLOW out of range. */
    TO_SINT(TRAPS),
    TO_UINT(TRAPS),
    /** Float to integer, saturating; NaN gives 0. */
    TO_SINT_SAT(PURE),
    TO_UINT_SAT(PURE),
    /** Same bits in the other register class: i32/f32, i64/f64. */
    BITCAST(PURE),

    // Floating point on f32, f64, with WebAssembly's semantics (min and max propagate NaN, -0 below +0).
    FADD(PURE, true),
    FSUB(PURE),
    FMUL(PURE, true),
    FDIV(PURE),
    FMIN(PURE),
    FMAX(PURE),
    FCOPYSIGN(PURE),
    FSQRT(PURE),
    FABS(PURE),
    FNEG(PURE),
    FCEIL(PURE),
    FFLOOR(PURE),
    FTRUNC(PURE),
    FNEAREST(PURE),

    // Memory. Address is an i64 operand plus #imm (unsigned displacement, at most 2^32-1); aux: MemoryOp.
    /** Operands (address). */
    LOAD(READS),
    /** Operands (address, value); type() is the value's type. */
    STORE(WRITES),

    // Calls; results as in the signature. aux: CallTarget. A call may read and write every region and may trap.
    /** Direct call; aux names the callee; operands are the arguments. */
    CALL(CALLS),
    /** Operands (code address, callee's VMContext, arguments...). The VMContext is this one again after the call. */
    CALL_INDIRECT(CALLS),
    /**
     * C-ABI call; operands (code address, arguments...): integers and floats that fit into registers; at most one
     * result.
     */
    CALL_NATIVE(CALLS),

    // Checks.
    /** Traps with aux TrapCode if the i32 operand is not zero. */
    TRAP_IF(TRAPS),
    /** Traps with aux TrapCode if the i32 or i64 operand is zero (type() says which). */
    TRAP_IF_ZERO(TRAPS),
    /** Stops (trap STACK_CHECK) if the store asked for an interruption; stands at loop headers. */
    INTERRUPT_CHECK(TRAPS),

    // Terminators.
    JUMP(TERMINATES),
    /** Operand (c: i32): first target if not zero, second target otherwise. */
    BRANCH(TERMINATES),
    /** Operand (index: i32, unsigned): target number index, or the last target if there is none. */
    SWITCH(TERMINATES),
    RETURN(TERMINATES),
    /** Always traps with aux TrapCode. */
    TRAP(TERMINATES),
    /** As CALL and CALL_INDIRECT, but this frame is gone before the callee starts. */
    RETURN_CALL(TERMINATES),
    RETURN_CALL_INDIRECT(TERMINATES),
    /** Leaves all wasm frames of this activation at once, because a host function asked for it. */
    UNWIND(TERMINATES);

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
        /** Anything. */
        CALLS,
        /** Ends a block. */
        TERMINATES
    }

    private final Effect effect;
    private final boolean commutative;

    Opcode(Effect effect) {
        this(effect, false);
    }

    Opcode(Effect effect, boolean commutative) {
        this.effect = effect;
        this.commutative = commutative;
    }

    public Effect effect() {
        return effect;
    }

    public boolean isPure() {
        return effect == PURE;
    }

    public boolean isTerminator() {
        return effect == TERMINATES;
    }

    public boolean isCommutative() {
        return commutative;
    }

    /** The operation's name in the text form. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
