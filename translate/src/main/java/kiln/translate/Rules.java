package kiln.translate;

import static kiln.ir.Type.F32;
import static kiln.ir.Type.F64;
import static kiln.ir.Type.I32;
import static kiln.ir.Type.I64;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import kiln.ir.FloatCond;
import kiln.ir.IntCond;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.wasm.Op;

/**
 * The instructions that are one operation of the IR: those that have its name, and the others, mostly one line for both
 * of i32 and i64, or f32 and f64.
 */
final class Rules {
    private static final Rule[] RULES = new Rule[Op.values().length];

    private Rules() {}

    /** The rule for an instruction on scalars, or null if it is translated by code of its own. */
    static Rule of(Op op) {
        return RULES[op.ordinal()];
    }

    static {
        Map<String, Rule> named = named();
        for (Op op : Op.values()) {
            RULES[op.ordinal()] = named.get(op.text());
        }

        // Integer arithmetic by other names.
        both(Op.I32_DIV_S, Op.I64_DIV_S, new Rule.Binary(Opcode.SDIV));
        both(Op.I32_DIV_U, Op.I64_DIV_U, new Rule.Binary(Opcode.UDIV));
        both(Op.I32_REM_S, Op.I64_REM_S, new Rule.Binary(Opcode.SREM));
        both(Op.I32_REM_U, Op.I64_REM_U, new Rule.Binary(Opcode.UREM));
        both(Op.I32_SHR_S, Op.I64_SHR_S, new Rule.Binary(Opcode.ASHR));
        both(Op.I32_SHR_U, Op.I64_SHR_U, new Rule.Binary(Opcode.LSHR));
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

    /** By the names of instructions, the operations on one type that have the same: those on floats behind an f. */
    private static Map<String, Rule> named() {
        Map<String, Rule> named = new HashMap<>();
        for (Opcode opcode : Opcode.values()) {
            Rule rule = switch (opcode.types()) {
                case INT_UNARY, FLOAT_UNARY -> new Rule.Unary(opcode);
                case INT_BINARY, FLOAT_BINARY -> new Rule.Binary(opcode);
                default -> null;
            };
            if (rule != null) {
                for (Type type : opcode.types().types()) {
                    String name = opcode.name().toLowerCase(Locale.ROOT);
                    named.put(type + "." + name.substring(type.isFloat() ? 1 : 0), rule);
                }
            }
        }
        return named;
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
