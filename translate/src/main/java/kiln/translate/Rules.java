package kiln.translate;

import static kiln.ir.Type.F32;
import static kiln.ir.Type.F64;
import static kiln.ir.Type.I32;
import static kiln.ir.Type.I64;

import kiln.ir.FloatCond;
import kiln.ir.IntCond;
import kiln.ir.Opcode;
import kiln.wasm.Op;

/** The instructions that are one operation of the IR, mostly one line for both of i32 and i64, or f32 and f64. */
final class Rules {
    private static final Rule[] RULES = new Rule[Op.values().length];

    private Rules() {}

    /** The rule for an instruction on scalars, or null if it is translated by code of its own. */
    static Rule of(Op op) {
        return RULES[op.ordinal()];
    }

    static {
        // Integer arithmetic.
        both(Op.I32_ADD, Op.I64_ADD, new Rule.Binary(Opcode.ADD));
        both(Op.I32_SUB, Op.I64_SUB, new Rule.Binary(Opcode.SUB));
        both(Op.I32_MUL, Op.I64_MUL, new Rule.Binary(Opcode.MUL));
        both(Op.I32_DIV_S, Op.I64_DIV_S, new Rule.Binary(Opcode.SDIV));
        both(Op.I32_DIV_U, Op.I64_DIV_U, new Rule.Binary(Opcode.UDIV));
        both(Op.I32_REM_S, Op.I64_REM_S, new Rule.Binary(Opcode.SREM));
        both(Op.I32_REM_U, Op.I64_REM_U, new Rule.Binary(Opcode.UREM));
        both(Op.I32_AND, Op.I64_AND, new Rule.Binary(Opcode.AND));
        both(Op.I32_OR, Op.I64_OR, new Rule.Binary(Opcode.OR));
        both(Op.I32_XOR, Op.I64_XOR, new Rule.Binary(Opcode.XOR));
        both(Op.I32_SHL, Op.I64_SHL, new Rule.Binary(Opcode.SHL));
        both(Op.I32_SHR_S, Op.I64_SHR_S, new Rule.Binary(Opcode.ASHR));
        both(Op.I32_SHR_U, Op.I64_SHR_U, new Rule.Binary(Opcode.LSHR));
        both(Op.I32_ROTL, Op.I64_ROTL, new Rule.Binary(Opcode.ROTL));
        both(Op.I32_ROTR, Op.I64_ROTR, new Rule.Binary(Opcode.ROTR));
        both(Op.I32_CLZ, Op.I64_CLZ, new Rule.Unary(Opcode.CLZ));
        both(Op.I32_CTZ, Op.I64_CTZ, new Rule.Unary(Opcode.CTZ));
        both(Op.I32_POPCNT, Op.I64_POPCNT, new Rule.Unary(Opcode.POPCNT));
        both(Op.I32_EXTEND8_S, Op.I64_EXTEND8_S, new Rule.Unary(Opcode.SEXT8));
        both(Op.I32_EXTEND16_S, Op.I64_EXTEND16_S, new Rule.Unary(Opcode.SEXT16));
        set(Op.I64_EXTEND32_S, new Rule.Unary(Opcode.SEXT32));

        // Comparisons.
        both(Op.I32_EQZ, Op.I64_EQZ, new Rule.EqualsZero());
        both(Op.I32_EQ, Op.I64_EQ, new Rule.CompareInts(IntCond.EQ));
        both(Op.I32_NE, Op.I64_NE, new Rule.CompareInts(IntCond.NE));
        both(Op.I32_LT_S, Op.I64_LT_S, new Rule.CompareInts(IntCond.SLT));
        both(Op.I32_LT_U, Op.I64_LT_U, new Rule.CompareInts(IntCond.ULT));
        both(Op.I32_GT_S, Op.I64_GT_S, new Rule.CompareInts(IntCond.SGT));
        both(Op.I32_GT_U, Op.I64_GT_U, new Rule.CompareInts(IntCond.UGT));
        both(Op.I32_LE_S, Op.I64_LE_S, new Rule.CompareInts(IntCond.SLE));
        both(Op.I32_LE_U, Op.I64_LE_U, new Rule.CompareInts(IntCond.ULE));
        both(Op.I32_GE_S, Op.I64_GE_S, new Rule.CompareInts(IntCond.SGE));
        both(Op.I32_GE_U, Op.I64_GE_U, new Rule.CompareInts(IntCond.UGE));
        both(Op.F32_EQ, Op.F64_EQ, new Rule.CompareFloats(FloatCond.EQ));
        both(Op.F32_NE, Op.F64_NE, new Rule.CompareFloats(FloatCond.NE));
        both(Op.F32_LT, Op.F64_LT, new Rule.CompareFloats(FloatCond.LT));
        both(Op.F32_GT, Op.F64_GT, new Rule.CompareFloats(FloatCond.GT));
        both(Op.F32_LE, Op.F64_LE, new Rule.CompareFloats(FloatCond.LE));
        both(Op.F32_GE, Op.F64_GE, new Rule.CompareFloats(FloatCond.GE));

        // Floating point.
        both(Op.F32_ADD, Op.F64_ADD, new Rule.Binary(Opcode.FADD));
        both(Op.F32_SUB, Op.F64_SUB, new Rule.Binary(Opcode.FSUB));
        both(Op.F32_MUL, Op.F64_MUL, new Rule.Binary(Opcode.FMUL));
        both(Op.F32_DIV, Op.F64_DIV, new Rule.Binary(Opcode.FDIV));
        both(Op.F32_MIN, Op.F64_MIN, new Rule.Binary(Opcode.FMIN));
        both(Op.F32_MAX, Op.F64_MAX, new Rule.Binary(Opcode.FMAX));
        both(Op.F32_COPYSIGN, Op.F64_COPYSIGN, new Rule.Binary(Opcode.FCOPYSIGN));
        both(Op.F32_ABS, Op.F64_ABS, new Rule.Unary(Opcode.FABS));
        both(Op.F32_NEG, Op.F64_NEG, new Rule.Unary(Opcode.FNEG));
        both(Op.F32_CEIL, Op.F64_CEIL, new Rule.Unary(Opcode.FCEIL));
        both(Op.F32_FLOOR, Op.F64_FLOOR, new Rule.Unary(Opcode.FFLOOR));
        both(Op.F32_TRUNC, Op.F64_TRUNC, new Rule.Unary(Opcode.FTRUNC));
        both(Op.F32_NEAREST, Op.F64_NEAREST, new Rule.Unary(Opcode.FNEAREST));
        both(Op.F32_SQRT, Op.F64_SQRT, new Rule.Unary(Opcode.FSQRT));

        // Conversions.
        set(Op.I32_WRAP_I64, new Rule.Convert(Opcode.WRAP, I32));
        set(Op.I64_EXTEND_I32_S, new Rule.Convert(Opcode.SEXT, I64));
        set(Op.I64_EXTEND_I32_U, new Rule.Convert(Opcode.ZEXT, I64));
        set(Op.F32_DEMOTE_F64, new Rule.Convert(Opcode.FDEMOTE, F32));
        set(Op.F64_PROMOTE_F32, new Rule.Convert(Opcode.FPROMOTE, F64));
        set(Op.I32_TRUNC_F32_S, new Rule.Convert(Opcode.TO_SINT, I32));
        set(Op.I32_TRUNC_SAT_F32_S, new Rule.Convert(Opcode.TO_SINT_SAT, I32));
        set(Op.F32_CONVERT_I32_S, new Rule.Convert(Opcode.FROM_SINT, F32));
        set(Op.I32_TRUNC_F32_U, new Rule.Convert(Opcode.TO_UINT, I32));
        set(Op.I32_TRUNC_SAT_F32_U, new Rule.Convert(Opcode.TO_UINT_SAT, I32));
        set(Op.F32_CONVERT_I32_U, new Rule.Convert(Opcode.FROM_UINT, F32));
        set(Op.I32_TRUNC_F64_S, new Rule.Convert(Opcode.TO_SINT, I32));
        set(Op.I32_TRUNC_SAT_F64_S, new Rule.Convert(Opcode.TO_SINT_SAT, I32));
        set(Op.F64_CONVERT_I32_S, new Rule.Convert(Opcode.FROM_SINT, F64));
        set(Op.I32_TRUNC_F64_U, new Rule.Convert(Opcode.TO_UINT, I32));
        set(Op.I32_TRUNC_SAT_F64_U, new Rule.Convert(Opcode.TO_UINT_SAT, I32));
        set(Op.F64_CONVERT_I32_U, new Rule.Convert(Opcode.FROM_UINT, F64));
        set(Op.I64_TRUNC_F32_S, new Rule.Convert(Opcode.TO_SINT, I64));
        set(Op.I64_TRUNC_SAT_F32_S, new Rule.Convert(Opcode.TO_SINT_SAT, I64));
        set(Op.F32_CONVERT_I64_S, new Rule.Convert(Opcode.FROM_SINT, F32));
        set(Op.I64_TRUNC_F32_U, new Rule.Convert(Opcode.TO_UINT, I64));
        set(Op.I64_TRUNC_SAT_F32_U, new Rule.Convert(Opcode.TO_UINT_SAT, I64));
        set(Op.F32_CONVERT_I64_U, new Rule.Convert(Opcode.FROM_UINT, F32));
        set(Op.I64_TRUNC_F64_S, new Rule.Convert(Opcode.TO_SINT, I64));
        set(Op.I64_TRUNC_SAT_F64_S, new Rule.Convert(Opcode.TO_SINT_SAT, I64));
        set(Op.F64_CONVERT_I64_S, new Rule.Convert(Opcode.FROM_SINT, F64));
        set(Op.I64_TRUNC_F64_U, new Rule.Convert(Opcode.TO_UINT, I64));
        set(Op.I64_TRUNC_SAT_F64_U, new Rule.Convert(Opcode.TO_UINT_SAT, I64));
        set(Op.F64_CONVERT_I64_U, new Rule.Convert(Opcode.FROM_UINT, F64));
        set(Op.I32_REINTERPRET_F32, new Rule.Convert(Opcode.BITCAST, I32));
        set(Op.I64_REINTERPRET_F64, new Rule.Convert(Opcode.BITCAST, I64));
        set(Op.F32_REINTERPRET_I32, new Rule.Convert(Opcode.BITCAST, F32));
        set(Op.F64_REINTERPRET_I64, new Rule.Convert(Opcode.BITCAST, F64));

        // Memory; the second number is the logarithm of the bytes accessed.
        set(Op.I32_LOAD, new Rule.Load(I32, 2, false));
        set(Op.I32_STORE, new Rule.Store(2));
        set(Op.I64_LOAD, new Rule.Load(I64, 3, false));
        set(Op.I64_STORE, new Rule.Store(3));
        set(Op.F32_LOAD, new Rule.Load(F32, 2, false));
        set(Op.F32_STORE, new Rule.Store(2));
        set(Op.F64_LOAD, new Rule.Load(F64, 3, false));
        set(Op.F64_STORE, new Rule.Store(3));
        set(Op.I32_LOAD8_S, new Rule.Load(I32, 0, true));
        set(Op.I32_LOAD8_U, new Rule.Load(I32, 0, false));
        set(Op.I32_STORE8, new Rule.Store(0));
        set(Op.I32_LOAD16_S, new Rule.Load(I32, 1, true));
        set(Op.I32_LOAD16_U, new Rule.Load(I32, 1, false));
        set(Op.I32_STORE16, new Rule.Store(1));
        set(Op.I64_LOAD8_S, new Rule.Load(I64, 0, true));
        set(Op.I64_LOAD8_U, new Rule.Load(I64, 0, false));
        set(Op.I64_STORE8, new Rule.Store(0));
        set(Op.I64_LOAD16_S, new Rule.Load(I64, 1, true));
        set(Op.I64_LOAD16_U, new Rule.Load(I64, 1, false));
        set(Op.I64_STORE16, new Rule.Store(1));
        set(Op.I64_LOAD32_S, new Rule.Load(I64, 2, true));
        set(Op.I64_LOAD32_U, new Rule.Load(I64, 2, false));
        set(Op.I64_STORE32, new Rule.Store(2));
    }

    private static void set(Op op, Rule rule) {
        RULES[op.ordinal()] = rule;
    }

    /** The same for two types. */
    private static void both(Op op32, Op op64, Rule rule) {
        set(op32, rule);
        set(op64, rule);
    }
}
