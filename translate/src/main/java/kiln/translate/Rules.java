package kiln.translate;

import static kiln.ir.Type.F32;
import static kiln.ir.Type.F64;
import static kiln.ir.Type.I32;
import static kiln.ir.Type.I64;

import kiln.ir.FloatCond;
import kiln.ir.IntCond;
import kiln.ir.Opcode;
import kiln.wasm.Op;

/** The instructions that are one operation of the IR, one line each for i32 and i64, or f32 and f64. */
final class Rules {
    private static final Rule[] RULES = new Rule[Op.values().length];

    private Rules() {}

    /** The rule for an instruction, or null if it is translated by code of its own. */
    static Rule of(Op op) {
        return RULES[op.ordinal()];
    }

    static {
        // Integer arithmetic.
        ints(Op.I32_ADD, Op.I64_ADD, Opcode.ADD);
        ints(Op.I32_SUB, Op.I64_SUB, Opcode.SUB);
        ints(Op.I32_MUL, Op.I64_MUL, Opcode.MUL);
        ints(Op.I32_DIV_S, Op.I64_DIV_S, Opcode.SDIV);
        ints(Op.I32_DIV_U, Op.I64_DIV_U, Opcode.UDIV);
        ints(Op.I32_REM_S, Op.I64_REM_S, Opcode.SREM);
        ints(Op.I32_REM_U, Op.I64_REM_U, Opcode.UREM);
        ints(Op.I32_AND, Op.I64_AND, Opcode.AND);
        ints(Op.I32_OR, Op.I64_OR, Opcode.OR);
        ints(Op.I32_XOR, Op.I64_XOR, Opcode.XOR);
        ints(Op.I32_SHL, Op.I64_SHL, Opcode.SHL);
        ints(Op.I32_SHR_S, Op.I64_SHR_S, Opcode.ASHR);
        ints(Op.I32_SHR_U, Op.I64_SHR_U, Opcode.LSHR);
        ints(Op.I32_ROTL, Op.I64_ROTL, Opcode.ROTL);
        ints(Op.I32_ROTR, Op.I64_ROTR, Opcode.ROTR);
        intUnary(Op.I32_CLZ, Op.I64_CLZ, Opcode.CLZ);
        intUnary(Op.I32_CTZ, Op.I64_CTZ, Opcode.CTZ);
        intUnary(Op.I32_POPCNT, Op.I64_POPCNT, Opcode.POPCNT);
        intUnary(Op.I32_EXTEND8_S, Op.I64_EXTEND8_S, Opcode.SEXT8);
        intUnary(Op.I32_EXTEND16_S, Op.I64_EXTEND16_S, Opcode.SEXT16);
        set(Op.I64_EXTEND32_S, Rule.unary(Opcode.SEXT32, I64));

        // Comparisons.
        set(Op.I32_EQZ, Rule.eqz(I32));
        set(Op.I64_EQZ, Rule.eqz(I64));
        intCompare(Op.I32_EQ, Op.I64_EQ, IntCond.EQ);
        intCompare(Op.I32_NE, Op.I64_NE, IntCond.NE);
        intCompare(Op.I32_LT_S, Op.I64_LT_S, IntCond.SLT);
        intCompare(Op.I32_LT_U, Op.I64_LT_U, IntCond.ULT);
        intCompare(Op.I32_GT_S, Op.I64_GT_S, IntCond.SGT);
        intCompare(Op.I32_GT_U, Op.I64_GT_U, IntCond.UGT);
        intCompare(Op.I32_LE_S, Op.I64_LE_S, IntCond.SLE);
        intCompare(Op.I32_LE_U, Op.I64_LE_U, IntCond.ULE);
        intCompare(Op.I32_GE_S, Op.I64_GE_S, IntCond.SGE);
        intCompare(Op.I32_GE_U, Op.I64_GE_U, IntCond.UGE);
        floatCompare(Op.F32_EQ, Op.F64_EQ, FloatCond.EQ);
        floatCompare(Op.F32_NE, Op.F64_NE, FloatCond.NE);
        floatCompare(Op.F32_LT, Op.F64_LT, FloatCond.LT);
        floatCompare(Op.F32_GT, Op.F64_GT, FloatCond.GT);
        floatCompare(Op.F32_LE, Op.F64_LE, FloatCond.LE);
        floatCompare(Op.F32_GE, Op.F64_GE, FloatCond.GE);

        // Floating point.
        floats(Op.F32_ADD, Op.F64_ADD, Opcode.FADD);
        floats(Op.F32_SUB, Op.F64_SUB, Opcode.FSUB);
        floats(Op.F32_MUL, Op.F64_MUL, Opcode.FMUL);
        floats(Op.F32_DIV, Op.F64_DIV, Opcode.FDIV);
        floats(Op.F32_MIN, Op.F64_MIN, Opcode.FMIN);
        floats(Op.F32_MAX, Op.F64_MAX, Opcode.FMAX);
        floats(Op.F32_COPYSIGN, Op.F64_COPYSIGN, Opcode.FCOPYSIGN);
        floatUnary(Op.F32_ABS, Op.F64_ABS, Opcode.FABS);
        floatUnary(Op.F32_NEG, Op.F64_NEG, Opcode.FNEG);
        floatUnary(Op.F32_CEIL, Op.F64_CEIL, Opcode.FCEIL);
        floatUnary(Op.F32_FLOOR, Op.F64_FLOOR, Opcode.FFLOOR);
        floatUnary(Op.F32_TRUNC, Op.F64_TRUNC, Opcode.FTRUNC);
        floatUnary(Op.F32_NEAREST, Op.F64_NEAREST, Opcode.FNEAREST);
        floatUnary(Op.F32_SQRT, Op.F64_SQRT, Opcode.FSQRT);

        // Conversions.
        set(Op.I32_WRAP_I64, Rule.convert(Opcode.WRAP, I32));
        set(Op.I64_EXTEND_I32_S, Rule.convert(Opcode.SEXT, I64));
        set(Op.I64_EXTEND_I32_U, Rule.convert(Opcode.ZEXT, I64));
        set(Op.F32_DEMOTE_F64, Rule.convert(Opcode.FDEMOTE, F32));
        set(Op.F64_PROMOTE_F32, Rule.convert(Opcode.FPROMOTE, F64));
        set(Op.I32_TRUNC_F32_S, Rule.convert(Opcode.TO_SINT, I32));
        set(Op.I32_TRUNC_SAT_F32_S, Rule.convert(Opcode.TO_SINT_SAT, I32));
        set(Op.F32_CONVERT_I32_S, Rule.convert(Opcode.FROM_SINT, F32));
        set(Op.I32_TRUNC_F32_U, Rule.convert(Opcode.TO_UINT, I32));
        set(Op.I32_TRUNC_SAT_F32_U, Rule.convert(Opcode.TO_UINT_SAT, I32));
        set(Op.F32_CONVERT_I32_U, Rule.convert(Opcode.FROM_UINT, F32));
        set(Op.I32_TRUNC_F64_S, Rule.convert(Opcode.TO_SINT, I32));
        set(Op.I32_TRUNC_SAT_F64_S, Rule.convert(Opcode.TO_SINT_SAT, I32));
        set(Op.F64_CONVERT_I32_S, Rule.convert(Opcode.FROM_SINT, F64));
        set(Op.I32_TRUNC_F64_U, Rule.convert(Opcode.TO_UINT, I32));
        set(Op.I32_TRUNC_SAT_F64_U, Rule.convert(Opcode.TO_UINT_SAT, I32));
        set(Op.F64_CONVERT_I32_U, Rule.convert(Opcode.FROM_UINT, F64));
        set(Op.I64_TRUNC_F32_S, Rule.convert(Opcode.TO_SINT, I64));
        set(Op.I64_TRUNC_SAT_F32_S, Rule.convert(Opcode.TO_SINT_SAT, I64));
        set(Op.F32_CONVERT_I64_S, Rule.convert(Opcode.FROM_SINT, F32));
        set(Op.I64_TRUNC_F32_U, Rule.convert(Opcode.TO_UINT, I64));
        set(Op.I64_TRUNC_SAT_F32_U, Rule.convert(Opcode.TO_UINT_SAT, I64));
        set(Op.F32_CONVERT_I64_U, Rule.convert(Opcode.FROM_UINT, F32));
        set(Op.I64_TRUNC_F64_S, Rule.convert(Opcode.TO_SINT, I64));
        set(Op.I64_TRUNC_SAT_F64_S, Rule.convert(Opcode.TO_SINT_SAT, I64));
        set(Op.F64_CONVERT_I64_S, Rule.convert(Opcode.FROM_SINT, F64));
        set(Op.I64_TRUNC_F64_U, Rule.convert(Opcode.TO_UINT, I64));
        set(Op.I64_TRUNC_SAT_F64_U, Rule.convert(Opcode.TO_UINT_SAT, I64));
        set(Op.F64_CONVERT_I64_U, Rule.convert(Opcode.FROM_UINT, F64));
        set(Op.I32_REINTERPRET_F32, Rule.convert(Opcode.BITCAST, I32));
        set(Op.I64_REINTERPRET_F64, Rule.convert(Opcode.BITCAST, I64));
        set(Op.F32_REINTERPRET_I32, Rule.convert(Opcode.BITCAST, F32));
        set(Op.F64_REINTERPRET_I64, Rule.convert(Opcode.BITCAST, F64));

        // Memory; the second number is the logarithm of the bytes accessed.
        set(Op.I32_LOAD, Rule.load(I32, 2, false));
        set(Op.I32_STORE, Rule.store(I32, 2));
        set(Op.I64_LOAD, Rule.load(I64, 3, false));
        set(Op.I64_STORE, Rule.store(I64, 3));
        set(Op.F32_LOAD, Rule.load(F32, 2, false));
        set(Op.F32_STORE, Rule.store(F32, 2));
        set(Op.F64_LOAD, Rule.load(F64, 3, false));
        set(Op.F64_STORE, Rule.store(F64, 3));
        set(Op.I32_LOAD8_S, Rule.load(I32, 0, true));
        set(Op.I32_LOAD8_U, Rule.load(I32, 0, false));
        set(Op.I32_STORE8, Rule.store(I32, 0));
        set(Op.I32_LOAD16_S, Rule.load(I32, 1, true));
        set(Op.I32_LOAD16_U, Rule.load(I32, 1, false));
        set(Op.I32_STORE16, Rule.store(I32, 1));
        set(Op.I64_LOAD8_S, Rule.load(I64, 0, true));
        set(Op.I64_LOAD8_U, Rule.load(I64, 0, false));
        set(Op.I64_STORE8, Rule.store(I64, 0));
        set(Op.I64_LOAD16_S, Rule.load(I64, 1, true));
        set(Op.I64_LOAD16_U, Rule.load(I64, 1, false));
        set(Op.I64_STORE16, Rule.store(I64, 1));
        set(Op.I64_LOAD32_S, Rule.load(I64, 2, true));
        set(Op.I64_LOAD32_U, Rule.load(I64, 2, false));
        set(Op.I64_STORE32, Rule.store(I64, 2));
    }

    private static void set(Op op, Rule rule) {
        RULES[op.ordinal()] = rule;
    }

    private static void ints(Op op32, Op op64, Opcode opcode) {
        set(op32, Rule.binary(opcode, I32));
        set(op64, Rule.binary(opcode, I64));
    }

    private static void intUnary(Op op32, Op op64, Opcode opcode) {
        set(op32, Rule.unary(opcode, I32));
        set(op64, Rule.unary(opcode, I64));
    }

    private static void intCompare(Op op32, Op op64, IntCond cond) {
        set(op32, Rule.compare(cond, I32));
        set(op64, Rule.compare(cond, I64));
    }

    private static void floats(Op op32, Op op64, Opcode opcode) {
        set(op32, Rule.binary(opcode, F32));
        set(op64, Rule.binary(opcode, F64));
    }

    private static void floatUnary(Op op32, Op op64, Opcode opcode) {
        set(op32, Rule.unary(opcode, F32));
        set(op64, Rule.unary(opcode, F64));
    }

    private static void floatCompare(Op op32, Op op64, FloatCond cond) {
        set(op32, Rule.compare(cond, F32));
        set(op64, Rule.compare(cond, F64));
    }
}
