package kiln.codegen.aarch64;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import kiln.artifact.FuncKey;
import kiln.artifact.TrapCode;
import kiln.codegen.CompiledFunction;
import kiln.ir.Builder;
import kiln.ir.FloatCond;
import kiln.ir.Function;
import kiln.ir.IntCond;
import kiln.ir.Opcode;
import kiln.ir.Printer;
import kiln.ir.SideData;
import kiln.ir.Signature;
import kiln.ir.Type;
import kiln.ir.Value;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** Runs every operation on an AArch64 machine, on edge values, against what Java says. */
@EnabledIfSystemProperty(named = "os.arch", matches = "aarch64")
class ExecutionTest {
    private static final long[] I32 = {
        0,
        1,
        2,
        3,
        7,
        31,
        32,
        33,
        0x7f,
        0x80,
        0xff,
        0x7fff,
        0x8000,
        0xffff,
        0xfff,
        0x1000,
        0x1001,
        0x10001,
        0xfff000,
        0x12345678,
        Integer.MAX_VALUE,
        Integer.MIN_VALUE,
        Integer.MIN_VALUE + 1,
        -1,
        -2,
        -31,
        -32,
        -128,
        -4096,
        0x0ff00ff0
    };
    private static final long[] I64 = {
        0,
        1,
        2,
        3,
        31,
        32,
        63,
        64,
        0xff,
        0x8000,
        0xffff,
        0x1000,
        0x1001,
        0xffffff,
        0xfff000,
        0x7fff_ffffL,
        0x8000_0000L,
        0xffff_ffffL,
        0x1_0000_0000L,
        0x1234_5678_9abc_def0L,
        Long.MAX_VALUE,
        Long.MIN_VALUE,
        Long.MIN_VALUE + 1,
        -1,
        -2,
        -4095,
        -4097,
        Integer.MIN_VALUE,
        0x5555_5555_5555_5555L,
        0xff00_ff00_ff00_ff00L
    };
    private static final double[] FLOATS = {
        0.0,
        -0.0,
        1,
        -1,
        0.5,
        -0.5,
        1.5,
        2.5,
        -2.5,
        0.1,
        3.999999,
        -0.999999,
        -1.0000001,
        1e10,
        -1e10,
        1e20,
        1e300,
        1e-300,
        0x1p31,
        0x1p31 - 1,
        -0x1p31,
        -0x1p31 - 1,
        0x1p32,
        0x1p32 - 1,
        0x1p63,
        -0x1p63,
        0x1p64,
        0x1p62,
        0x1.fffffep30,
        0x1.fffffep62,
        0x1.fffffep63,
        0x1.fffffffffffffp62,
        0x1.fffffffffffffp63,
        -0x1.0000000000001p63,
        4503599627370497.5,
        8388609.0,
        Double.POSITIVE_INFINITY,
        Double.NEGATIVE_INFINITY,
        Double.NaN,
        Double.MIN_VALUE,
        Float.MIN_VALUE,
        Float.MAX_VALUE,
        Double.MAX_VALUE
    };

    private static long[] edges(Type t) {
        return switch (t) {
            case I32 -> I32;
            case I64 -> I64;
            case F32 ->
                Arrays.stream(FLOATS)
                        .mapToLong(d -> Float.floatToRawIntBits((float) d) & 0xffff_ffffL)
                        .distinct()
                        .toArray();
            case F64 ->
                Arrays.stream(FLOATS).mapToLong(Double::doubleToRawLongBits).toArray();
            default -> throw new IllegalArgumentException();
        };
    }

    private interface Body {
        Value build(Builder b, List<Value> params);
    }

    private static Function function(int number, Type result, Body body, Type... params) {
        Function f = new Function(FuncKey.wasmFunction(0, number), new Signature(List.of(params), List.of(result)));
        Builder b = new Builder(f);
        b.setBlock(f.newBlock());
        List<Value> values = new ArrayList<>();
        for (Type t : params) {
            values.add(b.block().addParam(t));
        }
        b.ret(body.build(b, values));
        return f;
    }

    /** An instruction without folding on the way. */
    private static Value raw(Builder b, Opcode op, Type type, SideData data, Value... args) {
        return b.append(op, type, data, args).result();
    }

    /** NaNs are equal to each other. */
    private static String show(Type t, Machine.Outcome o) {
        if (o.trap() != null) {
            return o.trap().toString();
        }
        long bits = o.results()[0];
        return switch (t) {
            case F32 -> Float.isNaN(Float.intBitsToFloat((int) bits)) ? "NaN" : Long.toHexString(bits);
            case F64 -> Double.isNaN(Double.longBitsToDouble(bits)) ? "NaN" : Long.toHexString(bits);
            default -> Long.toString(bits);
        };
    }

    /** Compiles all of {@code functions} (of one signature) and runs each on all of {@code inputs}. */
    private static void check(List<Function> functions, List<long[]> inputs) {
        List<CompiledFunction> compiled =
                functions.stream().map(Machine::compile).toList();
        Signature s = functions.getFirst().signature();
        try (Machine m = new Machine(compiled, s)) {
            for (Function f : functions) {
                for (long[] in : inputs) {
                    String expected = show(s.results().getFirst(), Machine.expected(f, in));
                    String actual = show(s.results().getFirst(), m.call(f.key(), s, in));
                    assertEquals(expected, actual, () -> Arrays.toString(in) + "\n" + Printer.print(f));
                }
            }
        }
    }

    private static List<long[]> pairs(Type s, Type t) {
        List<long[]> result = new ArrayList<>();
        for (long a : edges(s)) {
            for (long c : edges(t)) {
                result.add(new long[] {a, c});
            }
        }
        return result;
    }

    private static List<long[]> singles(Type t) {
        return Arrays.stream(edges(t)).mapToObj(v -> new long[] {v}).toList();
    }

    private static void checkBinary(Opcode op, Type t, SideData data, Type result) {
        check(List.of(function(0, result, (b, p) -> raw(b, op, t, data, p.get(0), p.get(1)), t, t)), pairs(t, t));
        List<Function> withConstant = new ArrayList<>();
        for (long c : edges(t)) {
            withConstant.add(function(
                    withConstant.size(), result, (b, p) -> raw(b, op, t, data, p.get(0), b.constant(t, c)), t));
            withConstant.add(function(
                    withConstant.size(), result, (b, p) -> raw(b, op, t, data, b.constant(t, c), p.get(0)), t));
        }
        withConstant.add(function(withConstant.size(), result, (b, p) -> raw(b, op, t, data, p.get(0), p.get(0)), t));
        check(withConstant, singles(t));
    }

    @Test
    void integerBinary() {
        for (Type t : new Type[] {Type.I32, Type.I64}) {
            for (Opcode op : new Opcode[] {
                Opcode.ADD, Opcode.SUB, Opcode.MUL, Opcode.UMULH, Opcode.SMULH, Opcode.UDIV, Opcode.SDIV, Opcode.UREM,
                Opcode.SREM, Opcode.AND, Opcode.OR, Opcode.XOR, Opcode.SHL, Opcode.LSHR, Opcode.ASHR, Opcode.ROTL,
                Opcode.ROTR
            }) {
                checkBinary(op, t, null, t);
            }
        }
    }

    @Test
    void integerComparisons() {
        for (Type t : new Type[] {Type.I32, Type.I64}) {
            for (IntCond c : IntCond.values()) {
                checkBinary(Opcode.ICMP, t, c, Type.I32);
            }
        }
    }

    @Test
    void floatBinary() {
        for (Type t : new Type[] {Type.F32, Type.F64}) {
            for (Opcode op : new Opcode[] {
                Opcode.FADD, Opcode.FSUB, Opcode.FMUL, Opcode.FDIV, Opcode.FMIN, Opcode.FMAX, Opcode.FCOPYSIGN
            }) {
                checkBinary(op, t, null, t);
            }
            for (FloatCond c : FloatCond.values()) {
                checkBinary(Opcode.FCMP, t, c, Type.I32);
            }
        }
    }

    private static void checkUnary(Opcode op, Type type, Type from) {
        check(List.of(function(0, type, (b, p) -> raw(b, op, type, null, p.get(0)), from)), singles(from));
    }

    @Test
    void unary() {
        for (Type t : new Type[] {Type.I32, Type.I64}) {
            for (Opcode op : new Opcode[] {Opcode.CLZ, Opcode.CTZ, Opcode.POPCNT, Opcode.SEXT8, Opcode.SEXT16}) {
                checkUnary(op, t, t);
            }
        }
        checkUnary(Opcode.SEXT32, Type.I64, Type.I64);
        checkUnary(Opcode.WRAP, Type.I32, Type.I64);
        checkUnary(Opcode.SEXT, Type.I64, Type.I32);
        checkUnary(Opcode.ZEXT, Type.I64, Type.I32);
        for (Type t : new Type[] {Type.F32, Type.F64}) {
            for (Opcode op : new Opcode[] {
                Opcode.FSQRT, Opcode.FABS, Opcode.FNEG, Opcode.FCEIL, Opcode.FFLOOR, Opcode.FTRUNC, Opcode.FNEAREST
            }) {
                checkUnary(op, t, t);
            }
            for (Type i : new Type[] {Type.I32, Type.I64}) {
                checkUnary(Opcode.FROM_SINT, t, i);
                checkUnary(Opcode.FROM_UINT, t, i);
                checkUnary(Opcode.TO_SINT, i, t);
                checkUnary(Opcode.TO_UINT, i, t);
                checkUnary(Opcode.TO_SINT_SAT, i, t);
                checkUnary(Opcode.TO_UINT_SAT, i, t);
            }
        }
        checkUnary(Opcode.FPROMOTE, Type.F64, Type.F32);
        checkUnary(Opcode.FDEMOTE, Type.F32, Type.F64);
        checkUnary(Opcode.BITCAST, Type.F32, Type.I32);
        checkUnary(Opcode.BITCAST, Type.F64, Type.I64);
        checkUnary(Opcode.BITCAST, Type.I64, Type.F64);
        checkUnary(Opcode.BITCAST, Type.I32, Type.F32);
    }

    @Test
    void constants() {
        for (Type t : new Type[] {Type.I32, Type.I64, Type.F32, Type.F64}) {
            List<Function> functions = new ArrayList<>();
            for (long c : edges(t)) {
                functions.add(function(functions.size(), t, (b, p) -> b.constant(t, c)));
            }
            check(functions, List.of(new long[0]));
        }
    }

    @Test
    void selects() {
        for (Type t : new Type[] {Type.I32, Type.I64, Type.F32, Type.F64}) {
            check(
                    List.of(function(
                            0,
                            t,
                            (b, p) -> raw(
                                    b,
                                    Opcode.SELECT,
                                    t,
                                    null,
                                    raw(b, Opcode.AND, Type.I32, null, p.get(0), b.i32(4)),
                                    p.get(1),
                                    p.get(1)),
                            Type.I32,
                            t)),
                    pairs(Type.I32, t));
        }
        for (Type t : new Type[] {Type.I32, Type.I64}) {
            List<Function> functions = new ArrayList<>();
            List<Body> operands = List.of(
                    (b, p) -> p.get(1),
                    (b, p) -> b.constant(t, 0),
                    (b, p) -> b.constant(t, 1),
                    (b, p) -> b.constant(t, -1),
                    (b, p) -> b.constant(t, 1234567),
                    (b, p) -> raw(b, Opcode.ADD, t, null, p.get(1), b.constant(t, 1)),
                    (b, p) -> raw(b, Opcode.XOR, t, null, p.get(1), b.constant(t, -1)),
                    (b, p) -> raw(b, Opcode.SUB, t, null, b.constant(t, 0), p.get(1)));
            for (Body x : operands) {
                for (Body y : operands) {
                    functions.add(function(
                            functions.size(),
                            t,
                            (b, p) -> raw(
                                    b,
                                    Opcode.SELECT,
                                    t,
                                    null,
                                    raw(b, Opcode.ICMP, Type.I32, IntCond.SLT, p.get(0), b.i32(5)),
                                    x.build(b, p),
                                    y.build(b, p)),
                            Type.I32,
                            t));
                }
            }
            check(functions, pairs(Type.I32, t));
        }
    }

    @Test
    void trapsLeaveTheActivation() {
        Function f = function(
                0,
                Type.I32,
                (b, p) -> {
                    b.trapIf(TrapCode.BAD_SIGNATURE, p.get(0));
                    return p.get(0);
                },
                Type.I32);
        Machine.Outcome o = Machine.run(f, 1);
        assertEquals(TrapCode.BAD_SIGNATURE, o.trap());
        // The return address into the trampoline, and that into the entry stub.
        assertEquals(2, o.backtraceCount());
        assertNull(Machine.run(f, 0).trap());
        assertTrue(Machine.run(f, 0).results()[0] == 0);
    }
}
