package kiln.codegen.aarch64;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import kiln.artifact.FuncKey;
import kiln.artifact.TrapCode;
import kiln.ir.Block;
import kiln.ir.Builder;
import kiln.ir.Edge;
import kiln.ir.FloatCond;
import kiln.ir.Function;
import kiln.ir.IntCond;
import kiln.ir.Opcode;
import kiln.ir.Signature;
import kiln.ir.Type;
import kiln.ir.Value;

/**
 * Functions (i32, i32, i64, i64) -> i64 of random integer expressions with small diamonds and loops, made so that
 * the patterns of the lowering rules occur often: shifts by constants, masks, extensions, comparisons of comparisons.
 */
final class RandomFunctions {
    private static final Opcode[] BINARY = {
        Opcode.ADD,
        Opcode.ADD,
        Opcode.SUB,
        Opcode.SUB,
        Opcode.MUL,
        Opcode.AND,
        Opcode.AND,
        Opcode.OR,
        Opcode.OR,
        Opcode.XOR,
        Opcode.SHL,
        Opcode.LSHR,
        Opcode.ASHR,
        Opcode.ROTL,
        Opcode.ROTR,
        Opcode.SHL,
        Opcode.LSHR,
        Opcode.UMULH,
        Opcode.SMULH
    };
    private static final long[] CONSTANTS = {
        0,
        1,
        -1,
        2,
        3,
        4,
        8,
        16,
        31,
        32,
        63,
        0xff,
        0xffff,
        0xffff_ffffL,
        0x7f,
        0xff00,
        -256,
        0xff0,
        4095,
        4096,
        12345678,
        1L << 40,
        0x8000_0000L,
        24,
        56,
        48,
        7,
        -16
    };

    private final Random random;
    private Builder b;
    private final List<Value> i32 = new ArrayList<>();
    private final List<Value> i64 = new ArrayList<>();

    RandomFunctions(long seed) {
        random = new Random(seed);
    }

    Function function(int number) {
        Function f = new Function(
                FuncKey.wasmFunction(0, number),
                new Signature(List.of(Type.I32, Type.I32, Type.I64, Type.I64), List.of(Type.I64)));
        b = new Builder(f);
        b.setBlock(f.newBlock());
        i32.add(b.block().addParam(Type.I32));
        i32.add(b.block().addParam(Type.I32));
        i64.add(b.block().addParam(Type.I64));
        i64.add(b.block().addParam(Type.I64));
        int parts = 1 + random.nextInt(4);
        for (int i = 0; i < parts; i++) {
            straight(2 + random.nextInt(12));
            switch (random.nextInt(4)) {
                case 0 -> diamond();
                case 1 -> loop();
                case 2 -> choice();
                default -> {}
            }
        }
        Value sum = last(Type.I64);
        sum = raw(
                Opcode.XOR, Type.I64, null, Type.I64, sum, raw(Opcode.ZEXT, Type.I64, null, Type.I64, last(Type.I32)));
        b.ret(sum);
        return f;
    }

    private Value raw(Opcode op, Type type, Object aux, Type result, Value... args) {
        return b.append(op, type, args, 0, aux, null, result).result();
    }

    private List<Value> pool(Type t) {
        return t == Type.I32 ? i32 : i64;
    }

    private Value last(Type t) {
        return pool(t).getLast();
    }

    /** Mostly a recent value, so that most values have one use. */
    private Value any(Type t) {
        List<Value> pool = pool(t);
        int back = random.nextInt(4) == 0 ? random.nextInt(pool.size()) : Math.min(random.nextInt(3), pool.size() - 1);
        return pool.get(pool.size() - 1 - back);
    }

    private Value operand(Type t) {
        return random.nextInt(3) == 0 ? b.constant(t, CONSTANTS[random.nextInt(CONSTANTS.length)]) : any(t);
    }

    private Type intType() {
        return random.nextBoolean() ? Type.I32 : Type.I64;
    }

    private void straight(int length) {
        for (int i = 0; i < length; i++) {
            Value v = value();
            pool(v.type()).add(v);
        }
    }

    private Value value() {
        Type t = intType();
        return switch (random.nextInt(14)) {
            case 0 -> raw(Opcode.WRAP, Type.I32, null, Type.I32, any(Type.I64));
            case 1 -> raw(Opcode.SEXT, Type.I64, null, Type.I64, any(Type.I32));
            case 2 -> raw(Opcode.ZEXT, Type.I64, null, Type.I64, any(Type.I32));
            case 3 -> condition();
            case 4 -> raw(Opcode.SELECT, t, null, t, condition(), operand(t), operand(t));
            case 5 ->
                raw(
                        new Opcode[] {Opcode.CLZ, Opcode.CTZ, Opcode.POPCNT, Opcode.SEXT8, Opcode.SEXT16}
                                [random.nextInt(5)],
                        t,
                        null,
                        t,
                        any(t));
            case 6 -> raw(Opcode.SEXT32, Type.I64, null, Type.I64, any(Type.I64));
            case 7 -> {
                // The divisor is never zero nor -1.
                Value divisor = raw(
                        Opcode.OR,
                        t,
                        null,
                        t,
                        raw(Opcode.AND, t, null, t, any(t), b.constant(t, 0xff)),
                        b.constant(t, 1));
                Opcode op = new Opcode[] {Opcode.UDIV, Opcode.SDIV, Opcode.UREM, Opcode.SREM}[random.nextInt(4)];
                yield raw(op, t, null, t, any(t), divisor);
            }
            default -> raw(BINARY[random.nextInt(BINARY.length)], t, null, t, any(t), operand(t));
        };
    }

    private Value condition() {
        Type t = intType();
        return switch (random.nextInt(9)) {
            case 0 -> any(Type.I32);
            case 1 -> raw(Opcode.AND, Type.I32, null, Type.I32, comparison(), comparison());
            case 2 -> raw(Opcode.OR, Type.I32, null, Type.I32, comparison(), comparison());
            case 3 -> raw(Opcode.ICMP, Type.I32, IntCond.EQ, Type.I32, comparison(), b.i32(0));
            case 4 -> raw(Opcode.XOR, Type.I32, null, Type.I32, comparison(), b.i32(1));
            case 5 -> raw(Opcode.AND, Type.I32, null, Type.I32, any(Type.I32), b.i32(1 << random.nextInt(32)));
            case 6 ->
                raw(
                        Opcode.ICMP,
                        t,
                        random.nextBoolean() ? IntCond.EQ : IntCond.NE,
                        Type.I32,
                        raw(Opcode.AND, t, null, t, any(t), operand(t)),
                        b.constant(t, 0));
            default -> comparison();
        };
    }

    private Value comparison() {
        Type t = intType();
        if (random.nextInt(5) == 0) {
            Type f = random.nextBoolean() ? Type.F32 : Type.F64;
            FloatCond c = FloatCond.values()[random.nextInt(6)];
            return raw(Opcode.FCMP, f, c, Type.I32, floating(f, t), floating(f, t));
        }
        IntCond c = IntCond.values()[random.nextInt(10)];
        return raw(Opcode.ICMP, t, c, Type.I32, any(t), operand(t));
    }

    /** A float, sometimes NaN. */
    private Value floating(Type f, Type from) {
        Value v = raw(Opcode.FROM_SINT, f, null, f, any(from));
        return random.nextInt(3) == 0 ? raw(Opcode.FDIV, f, null, f, v, raw(Opcode.FSUB, f, null, f, v, v)) : v;
    }

    private void diamond() {
        Function f = b.function();
        Block yes = f.newBlock();
        Block no = f.newBlock();
        Block join = f.newBlock();
        b.branch(condition(), yes, no);
        int n32 = i32.size();
        int n64 = i64.size();
        b.setBlock(yes);
        straight(3);
        b.jump(new Edge(join, last(Type.I32), last(Type.I64)));
        forget(n32, n64);
        b.setBlock(no);
        straight(3);
        b.jump(new Edge(join, last(Type.I32), last(Type.I64)));
        forget(n32, n64);
        b.setBlock(join);
        i32.add(join.addParam(Type.I32));
        i64.add(join.addParam(Type.I64));
    }

    private void choice() {
        Function f = b.function();
        Block join = f.newBlock();
        Value index = raw(Opcode.AND, Type.I32, null, Type.I32, any(Type.I32), b.i32(7));
        int cases = 1 + random.nextInt(7);
        Edge[] edges = new Edge[cases + 1];
        int n32 = i32.size();
        int n64 = i64.size();
        Block before = b.block();
        for (int i = 0; i < edges.length; i++) {
            if (random.nextInt(3) == 0) {
                edges[i] = new Edge(join, any(Type.I64));
                continue;
            }
            Block c = f.newBlock();
            edges[i] = new Edge(c);
            b.setBlock(c);
            straight(2);
            b.jump(new Edge(join, last(Type.I64)));
            forget(n32, n64);
        }
        b.setBlock(before);
        b.switch_(index, edges);
        b.setBlock(join);
        i64.add(join.addParam(Type.I64));
    }

    /** Counts down from a small number. */
    private void loop() {
        Function f = b.function();
        Block header = f.newBlock();
        Block exit = f.newBlock();
        Value count = raw(Opcode.AND, Type.I32, null, Type.I32, any(Type.I32), b.i32(7));
        b.jump(new Edge(header, count, last(Type.I32), last(Type.I64)));
        b.setBlock(header);
        Value n = header.addParam(Type.I32);
        i32.add(header.addParam(Type.I32));
        i64.add(header.addParam(Type.I64));
        if (random.nextBoolean()) {
            b.interruptCheck();
        }
        straight(5);
        if (random.nextInt(4) == 0) {
            b.trapIf(TrapCode.UNREACHABLE, raw(Opcode.ICMP, Type.I32, IntCond.EQ, Type.I32, any(Type.I32), b.i32(99)));
        }
        Value less = raw(Opcode.SUB, Type.I32, null, Type.I32, n, b.i32(1));
        Value more = raw(Opcode.ICMP, Type.I32, IntCond.SGT, Type.I32, less, b.i32(0));
        b.branch(more, new Edge(header, less, last(Type.I32), last(Type.I64)), new Edge(exit));
        b.setBlock(exit);
    }

    private void forget(int n32, int n64) {
        i32.subList(n32, i32.size()).clear();
        i64.subList(n64, i64.size()).clear();
    }
}
