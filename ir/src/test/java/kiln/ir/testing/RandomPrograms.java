package kiln.ir.testing;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import kiln.artifact.FuncKey;
import kiln.artifact.TrapCode;
import kiln.ir.Block;
import kiln.ir.Builder;
import kiln.ir.CallTarget;
import kiln.ir.Edge;
import kiln.ir.FloatCond;
import kiln.ir.Function;
import kiln.ir.IntCond;
import kiln.ir.MemoryOp;
import kiln.ir.Opcode;
import kiln.ir.Region;
import kiln.ir.Signature;
import kiln.ir.Type;
import kiln.ir.Value;

/**
 * Makes programs of three random functions, for the back ends. The first is {@code (i64, i64) -> ()} and calls the others;
 * all read and write the first {@link #MEMORY} bytes of an area, whose address they get as their second parameter. Operations
 * are chosen so that the patterns that lowering looks for are frequent. Floats in memory never are NaNs, since their bits may
 * differ.
 */
public final class RandomPrograms {
    private static final int MEMORY = 512;

    private static final Opcode[] INT_OPS = {
        Opcode.ADD, Opcode.ADD, Opcode.ADD, Opcode.SUB, Opcode.SUB, Opcode.MUL, Opcode.AND, Opcode.AND, Opcode.OR,
        Opcode.XOR, Opcode.SHL, Opcode.SHL, Opcode.LSHR, Opcode.ASHR, Opcode.ROTL, Opcode.ROTR, Opcode.UMULH,
                Opcode.SMULH,
        Opcode.UDIV, Opcode.SDIV, Opcode.UREM, Opcode.SREM,
    };
    private static final Opcode[] INT_UNARY = {Opcode.CLZ, Opcode.CTZ, Opcode.POPCNT, Opcode.SEXT8, Opcode.SEXT16};
    private static final Opcode[] FLOAT_OPS = {
        Opcode.FADD, Opcode.FSUB, Opcode.FMUL, Opcode.FDIV, Opcode.FMIN, Opcode.FMAX, Opcode.FCOPYSIGN,
    };
    private static final Opcode[] FLOAT_UNARY = {
        Opcode.FSQRT, Opcode.FABS, Opcode.FNEG, Opcode.FCEIL, Opcode.FFLOOR, Opcode.FTRUNC, Opcode.FNEAREST,
    };
    private static final long[] CONSTANTS = {
        0,
        0,
        1,
        1,
        -1,
        -1,
        2,
        3,
        4,
        5,
        8,
        9,
        16,
        31,
        32,
        63,
        64,
        100,
        127,
        128,
        -128,
        255,
        256,
        0xff00,
        0xffff,
        0x7fffffff,
        0x80000000L,
        0xffffffffL,
        0x100000000L,
        0x123456789abcdefL,
        Long.MIN_VALUE,
        Long.MAX_VALUE,
        -3,
        -8,
        -256,
        0xff0,
        4095,
        4096,
        12345678,
        1L << 40,
    };
    private static final double[] FLOATS = {0, -0.0, 1, -1, 0.5, 1.5, -2.5, 3e9, -3e9, 1e19, 1e-300, 7};
    private static final Type[] TYPES = {Type.I32, Type.I32, Type.I32, Type.I64, Type.I64, Type.I64, Type.F32, Type.F64
    };

    private final Random random;
    private final List<Signature> callees = new ArrayList<>();
    private Builder b;
    private Value memory;
    private Map<Type, List<Value>> pools;
    private int loops;

    public RandomPrograms(long seed) {
        random = new Random(seed);
    }

    /** The functions, the main one first. */
    public List<Function> program() {
        for (int i = 0; i < 2; i++) {
            List<Type> params = new ArrayList<>(List.of(Type.I64, Type.I64));
            params.addAll(types(random.nextInt(i == 0 ? 5 : 24)));
            callees.add(new Signature(params, types(random.nextInt(i == 0 ? 3 : 22))));
        }
        Function main = function(0, new Signature(List.of(Type.I64, Type.I64), List.of()), true);
        return List.of(main, function(1, callees.get(0), false), function(2, callees.get(1), false));
    }

    private List<Type> types(int n) {
        List<Type> result = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            result.add(pick(TYPES));
        }
        return result;
    }

    @SafeVarargs
    private final <T> T pick(T... from) {
        return from[random.nextInt(from.length)];
    }

    private boolean chance(int percent) {
        return random.nextInt(100) < percent;
    }

    private Function function(int number, Signature signature, boolean calls) {
        Function f = new Function(FuncKey.wasmFunction(0, number), signature);
        b = new Builder(f);
        pools = new EnumMap<>(Type.class);
        for (Type t : Type.values()) {
            pools.put(t, new ArrayList<>());
        }
        loops = 0;
        b.setBlock(f.newBlock());
        for (Type t : signature.params()) {
            add(b.block().addParam(t));
        }
        memory = b.block().params().get(1);
        pools.get(Type.I64).remove(memory);
        for (Type t : new Type[] {Type.I32, Type.I64, Type.F32, Type.F64}) {
            Value v = b.load(t, MemoryOp.of(t, region()), memory, random.nextInt(MEMORY / 4));
            add(t.isFloat() ? number(v) : v);
        }
        statements(5 + random.nextInt(25), 0, calls);
        // Everything that still is visible is used once more, for the sake of long live ranges.
        if (chance(50)) {
            for (Type t : new Type[] {Type.I32, Type.I64, Type.F32, Type.F64}) {
                Value sum = null;
                for (Value v : List.copyOf(pools.get(t))) {
                    sum = sum == null ? v : t.isInt() ? raw(Opcode.XOR, t, sum, v) : raw(Opcode.FMIN, t, sum, v);
                }
                b.store(MemoryOp.of(t, region()), memory, 8 * random.nextInt(MEMORY / 8), sum);
            }
        }
        Value[] results = signature.results().stream().map(this::any).toArray(Value[]::new);
        b.ret(results);
        return f;
    }

    private void add(Value v) {
        pools.get(v.type()).add(v);
    }

    private Value raw(Opcode op, Type type, Value... args) {
        return b.append(op, type, null, args).result();
    }

    /** Mostly a recent value, so that many have one use only. */
    private Value any(Type t) {
        List<Value> pool = pools.get(t);
        int back = chance(30) ? random.nextInt(pool.size()) : Math.min(random.nextInt(3), pool.size() - 1);
        return pool.get(pool.size() - 1 - back);
    }

    private Value constant(Type t) {
        return switch (t) {
            case F32 -> b.f32(Float.floatToRawIntBits((float) FLOATS[random.nextInt(FLOATS.length)]));
            case F64 -> b.f64(Double.doubleToRawLongBits(FLOATS[random.nextInt(FLOATS.length)]));
            default ->
                b.constant(
                        t,
                        t == Type.I32
                                ? (int) CONSTANTS[random.nextInt(CONSTANTS.length)]
                                : CONSTANTS[random.nextInt(CONSTANTS.length)]);
        };
    }

    private Value operand(Type t) {
        int kind = random.nextInt(10);
        return kind < 3 ? constant(t) : kind < 5 ? load(t) : any(t);
    }

    // Statements.

    private void statements(int n, int depth, boolean calls) {
        for (int i = 0; i < n; i++) {
            int kind = random.nextInt(100);
            if (kind < 60) {
                add(value());
            } else if (kind < 75) {
                store();
            } else if (kind < 79) {
                readModifyWrite();
            } else if (kind < 87 && depth < 3) {
                diamond(depth, calls);
            } else if (kind < 92 && depth < 3 && loops < 4) {
                loop(depth, calls);
            } else if (kind < 95 && depth < 3) {
                table(depth, calls);
            } else if (kind < 97) {
                // Hardly ever holds.
                Value v = raw(Opcode.XOR, Type.I64, any(Type.I64), b.i64(0x5ac3_1234_9876_5432L));
                b.trapIfZero(TrapCode.NULL_REFERENCE, v);
            } else if (calls) {
                call();
            }
        }
    }

    private void call() {
        int k = random.nextInt(2);
        Signature s = callees.get(k);
        Value[] args = new Value[s.params().size()];
        for (int i = 0; i < args.length; i++) {
            args[i] = i == 1
                    ? memory
                    : chance(20) ? constant(s.params().get(i)) : any(s.params().get(i));
        }
        CallTarget target = new CallTarget(FuncKey.wasmFunction(0, k + 1), s);
        var inst = b.append(Opcode.CALL, null, target, args);
        for (int i = 0; i < inst.resultCount(); i++) {
            add(inst.result(i));
        }
    }

    /** Values that are made within do not dominate what follows, apart from the parameters of the join. */
    private void join(Block join, List<Type> types) {
        b.setBlock(join);
        for (Type t : types) {
            add(join.addParam(t));
        }
    }

    private Map<Type, List<Value>> save() {
        Map<Type, List<Value>> saved = new EnumMap<>(Type.class);
        pools.forEach((t, l) -> saved.put(t, new ArrayList<>(l)));
        return saved;
    }

    private void restore(Map<Type, List<Value>> saved) {
        pools = new EnumMap<>(Type.class);
        saved.forEach((t, l) -> pools.put(t, new ArrayList<>(l)));
    }

    private Value[] anyOf(List<Type> types) {
        return types.stream().map(t -> chance(20) ? constant(t) : any(t)).toArray(Value[]::new);
    }

    private void diamond(int depth, boolean calls) {
        List<Type> types = types(random.nextInt(4));
        Block then = b.function().newBlock();
        Block otherwise = b.function().newBlock();
        Block join = b.function().newBlock();
        then.setCold(chance(10));
        boolean half = chance(30);
        Value c = condition();
        Map<Type, List<Value>> saved = save();
        b.branch(c, new Edge(then), half ? new Edge(join, anyOf(types)) : new Edge(otherwise));
        b.setBlock(then);
        statements(random.nextInt(5), depth + 1, calls);
        b.jump(join, anyOf(types));
        restore(saved);
        if (half) {
            b.function().blocks().remove(otherwise);
        } else {
            b.setBlock(otherwise);
            statements(random.nextInt(5), depth + 1, calls);
            b.jump(join, anyOf(types));
            restore(saved);
        }
        join(join, types);
    }

    private void loop(int depth, boolean calls) {
        loops++;
        List<Type> types = types(random.nextInt(5));
        Block body = b.function().newBlock();
        Block exit = b.function().newBlock();
        Value[] first = new Value[types.size() + 1];
        first[0] = b.i32(0);
        System.arraycopy(anyOf(types), 0, first, 1, types.size());
        b.jump(body, first);
        Map<Type, List<Value>> saved = save();
        b.setBlock(body);
        Value counter = body.addParam(Type.I32);
        types.forEach(t -> add(body.addParam(t)));
        if (chance(50)) {
            b.interruptCheck();
        }
        statements(1 + random.nextInt(6), depth + 1, calls);
        boolean down = chance(30);
        Value next = raw(Opcode.ADD, Type.I32, counter, b.i32(down ? -1 : 1));
        Value more = compare(
                Type.I32, down ? IntCond.SGT : IntCond.SLT, next, b.i32((1 + random.nextInt(4)) * (down ? -1 : 1)));
        Value[] again = new Value[types.size() + 1];
        again[0] = next;
        System.arraycopy(anyOf(types), 0, again, 1, types.size());
        Value[] out = anyOf(types);
        b.branch(more, new Edge(body, again), new Edge(exit, out));
        restore(saved);
        join(exit, types);
    }

    private void table(int depth, boolean calls) {
        List<Type> types = types(random.nextInt(3));
        Block join = b.function().newBlock();
        int n = 2 + random.nextInt(6);
        Block[] blocks = new Block[n];
        Edge[] edges = new Edge[n];
        for (int i = 0; i < n; i++) {
            if (i > 0 && chance(20)) {
                edges[i] = new Edge(join, anyOf(types));
            } else {
                blocks[i] = b.function().newBlock();
                edges[i] = new Edge(blocks[i]);
            }
        }
        Value index = raw(Opcode.AND, Type.I32, any(Type.I32), b.i32(7));
        b.switch_(index, edges);
        Map<Type, List<Value>> saved = save();
        for (Block block : blocks) {
            if (block != null) {
                b.setBlock(block);
                statements(random.nextInt(3), depth + 1, calls);
                b.jump(join, anyOf(types));
                restore(saved);
            }
        }
        join(join, types);
    }

    // Memory.

    private static final Region[] REGIONS = {Region.STACK, new Region(Region.Kind.MEMORY, 0)};

    /** An address within the area and the number of bytes that its displacement may add. */
    private Value address(int scale) {
        if (chance(40)) {
            return memory;
        }
        Value index = any(chance(50) ? Type.I32 : Type.I64);
        Type t = index.type();
        Value masked = raw(Opcode.AND, t, index, b.constant(t, 31));
        Value wide = t == Type.I32 ? raw(Opcode.ZEXT, Type.I64, masked) : masked;
        if (chance(50)) {
            wide = raw(Opcode.SHL, Type.I64, wide, b.i64(random.nextInt(scale + 1)));
        }
        return chance(50) ? raw(Opcode.ADD, Type.I64, memory, wide) : raw(Opcode.ADD, Type.I64, wide, memory);
    }

    /** Both regions share the same bytes, so one function uses one of them only: the one for its number. */
    private Region region() {
        return REGIONS[(int) (b.function().key().raw() & 1)];
    }

    private MemoryOp access(Type t) {
        boolean any = t.isInt() && chance(50);
        int width = any ? 1 << random.nextInt(t == Type.I32 ? 3 : 4) : t.bytes();
        return new MemoryOp(width, any && chance(50), region(), chance(50), false);
    }

    private Value load(Type t) {
        Value v = b.load(t, access(t), address(3), random.nextInt(MEMORY / 4));
        return t.isFloat() ? number(v) : v;
    }

    private void store() {
        Type t = pick(TYPES);
        b.store(access(t), address(3), random.nextInt(MEMORY / 4), chance(30) ? constant(t) : any(t));
    }

    private void readModifyWrite() {
        Type t = chance(50) ? Type.I32 : Type.I64;
        MemoryOp m = access(t);
        Value address = address(3);
        int disp = random.nextInt(MEMORY / 4);
        Value v = b.load(t, m, address, disp);
        Value by = operand(t);
        Opcode op = pick(Opcode.ADD, Opcode.SUB, Opcode.AND, Opcode.OR, Opcode.XOR);
        Value result = chance(80) ? raw(op, t, v, by) : raw(op, t, by, v);
        b.store(m, address, disp, result);
    }

    // Values.

    private Value value() {
        Type t = pick(TYPES);
        return t.isInt() ? integer(t) : real(t);
    }

    private Value integer(Type t) {
        Type other = t == Type.I32 ? Type.I64 : Type.I32;
        return switch (random.nextInt(16)) {
            case 0 -> load(t);
            case 1 ->
                t == Type.I32
                        ? raw(Opcode.WRAP, t, any(other))
                        : raw(chance(50) ? Opcode.ZEXT : Opcode.SEXT, t, any(other));
            case 2 -> raw(pick(INT_UNARY), t, operand(t));
            case 3 -> t == Type.I64 ? raw(Opcode.SEXT32, t, any(t)) : condition();
            case 4, 5 -> raw(Opcode.SELECT, t, condition(), operand(t), operand(t));
            case 6 -> raw(Opcode.BITCAST, t, any(t == Type.I32 ? Type.F32 : Type.F64));
            case 7 -> raw(chance(50) ? Opcode.TO_SINT_SAT : Opcode.TO_UINT_SAT, t, any(pick(Type.F32, Type.F64)));
            case 8 -> raw(pick(Opcode.TO_SINT, Opcode.TO_UINT), t, small(pick(Type.F32, Type.F64)));
            default -> binary(t);
        };
    }

    private Value binary(Type t) {
        Opcode op = pick(INT_OPS);
        Value x = operand(t);
        Value y = operand(t);
        if (op.effect() == Opcode.Effect.TRAPS && !chance(2)) {
            // Neither 0 nor -1.
            y = raw(Opcode.OR, t, raw(Opcode.AND, t, y, b.constant(t, 0xff)), b.constant(t, 1));
        }
        return raw(op, t, x, y);
    }

    private Value condition() {
        Type t = pick(Type.I32, Type.I64);
        return switch (random.nextInt(14)) {
            case 0 -> any(Type.I32);
            case 1 -> floatCompare();
            case 2 -> compare(Type.I32, IntCond.EQ, condition(), b.i32(0));
            case 3 -> compare(t, pick(IntCond.values()), raw(Opcode.AND, t, operand(t), operand(t)), b.constant(t, 0));
            case 4 -> compare(t, pick(IntCond.values()), any(t), b.constant(t, 0));
            case 5, 6 -> raw(pick(Opcode.AND, Opcode.OR), Type.I32, comparison(), comparison());
            case 7 -> raw(Opcode.XOR, Type.I32, comparison(), b.i32(1));
            case 8 -> raw(Opcode.AND, Type.I32, any(Type.I32), b.i32(1 << random.nextInt(32)));
            default -> comparison();
        };
    }

    private Value comparison() {
        if (chance(15)) {
            return floatCompare();
        }
        Type t = pick(Type.I32, Type.I64);
        return compare(t, pick(IntCond.values()), operand(t), operand(t));
    }

    /** Sometimes of NaNs. */
    private Value floatCompare() {
        Type t = pick(Type.F32, Type.F64);
        Value x = any(t);
        if (chance(20)) {
            x = raw(Opcode.FDIV, t, x, raw(Opcode.FSUB, t, x, x));
        }
        return b.append(Opcode.FCMP, t, pick(FloatCond.values()), x, operand(t)).result();
    }

    private Value compare(Type t, IntCond cond, Value x, Value y) {
        return b.append(Opcode.ICMP, t, cond, x, y).result();
    }

    private Value real(Type t) {
        Type other = t == Type.F32 ? Type.F64 : Type.F32;
        return switch (random.nextInt(12)) {
            case 0 -> load(t);
            case 1 -> number(raw(t == Type.F32 ? Opcode.FDEMOTE : Opcode.FPROMOTE, t, any(other)));
            case 2 -> number(raw(pick(FLOAT_UNARY), t, operand(t)));
            case 3 -> raw(pick(Opcode.FROM_SINT, Opcode.FROM_UINT), t, any(pick(Type.I32, Type.I64)));
            case 4 -> number(raw(Opcode.BITCAST, t, any(t == Type.F32 ? Type.I32 : Type.I64)));
            case 5 -> raw(Opcode.SELECT, t, condition(), operand(t), operand(t));
            default -> number(raw(pick(FLOAT_OPS), t, operand(t), operand(t)));
        };
    }

    /** The value, or a constant in place of NaN. */
    private Value number(Value v) {
        Type t = v.type();
        Value ordered = b.append(Opcode.FCMP, t, FloatCond.EQ, v, v).result();
        return raw(Opcode.SELECT, t, ordered, v, constant(t));
    }

    /** A float between 0 and 1000, so that conversions of it do not trap. */
    private Value small(Type t) {
        Value bits = raw(Opcode.AND, Type.I32, any(Type.I32), b.i32(0x3ff));
        return raw(Opcode.FROM_UINT, t, bits);
    }
}
