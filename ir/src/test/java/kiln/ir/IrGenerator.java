package kiln.ir;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import kiln.artifact.FuncKey;
import kiln.artifact.TrapCode;

/**
 * Makes random functions of the shapes that wasm has: structured control flow over mutable variables, bounded loops.
 */
final class IrGenerator {
    private static final Opcode[] INT_OPS = {
        Opcode.ADD,
        Opcode.ADD,
        Opcode.ADD,
        Opcode.SUB,
        Opcode.SUB,
        Opcode.MUL,
        Opcode.AND,
        Opcode.AND,
        Opcode.OR,
        Opcode.XOR,
        Opcode.SHL,
        Opcode.LSHR,
        Opcode.ASHR,
        Opcode.ROTL,
        Opcode.ROTR,
        Opcode.UDIV,
        Opcode.SDIV,
        Opcode.UREM,
        Opcode.SREM,
        Opcode.UMULH,
        Opcode.SMULH
    };
    private static final Opcode[] INT_UNARY = {Opcode.CLZ, Opcode.CTZ, Opcode.POPCNT, Opcode.SEXT8, Opcode.SEXT16};
    private static final Opcode[] FLOAT_OPS = {
        Opcode.FADD, Opcode.FSUB, Opcode.FMUL, Opcode.FDIV, Opcode.FMIN, Opcode.FMAX, Opcode.FCOPYSIGN
    };
    private static final Opcode[] FLOAT_UNARY = {
        Opcode.FSQRT, Opcode.FABS, Opcode.FNEG, Opcode.FCEIL, Opcode.FFLOOR, Opcode.FTRUNC, Opcode.FNEAREST
    };
    private static final long[] INTERESTING = {
        0,
        1,
        -1,
        2,
        3,
        4,
        5,
        7,
        8,
        10,
        16,
        24,
        31,
        32,
        48,
        56,
        63,
        64,
        100,
        127,
        128,
        255,
        256,
        1000,
        0xffff,
        0x10000,
        Integer.MAX_VALUE,
        Integer.MIN_VALUE,
        0xffffffffL,
        0x100000000L,
        Long.MAX_VALUE,
        Long.MIN_VALUE,
        -2,
        -7,
        -8,
        -100
    };
    private static final double[] FLOATS = {
        0, -0.0, 1, -1, 0.5, 2, 1.5, 1e10, -1e20, Double.NaN, Double.POSITIVE_INFINITY, 3.7
    };
    private static final Type[] SCALARS = {Type.I32, Type.I32, Type.I32, Type.I64, Type.I64, Type.F32, Type.F64};

    /** Variables beyond this number are counters that only their loops use. */
    private static final int MAX_USED_VARS = 24;

    private static final Region MEMORY = new Region(Region.Kind.MEMORY, 0);

    private final Random random;
    private final Function f;
    private final Builder b;
    private final SsaBuilder ssa;
    private final List<Type> vars = new ArrayList<>();
    private final List<Block> exits = new ArrayList<>();
    private final boolean untilSpent;
    private int budget;
    private int position = 100;

    private IrGenerator(long seed, int budget, boolean untilSpent) {
        this.untilSpent = untilSpent;
        this.random = new Random(seed);
        this.budget = budget;
        this.f = new Function(
                FuncKey.wasmFunction(0, 0),
                new Signature(List.of(Type.I32, Type.I64, Type.F64), List.of(Type.I32, Type.I64, Type.F64)));
        this.b = new Builder(f);
        this.ssa = new SsaBuilder(b);
    }

    /** A function of at most {@code budget} statements. */
    static Function generate(long seed, int budget) {
        return new IrGenerator(seed, budget, false).generate();
    }

    /** A function of {@code statements} statements, unless it returns before on all ways. */
    static Function generateLong(long seed, int statements) {
        return new IrGenerator(seed, statements, true).generate();
    }

    private Function generate() {
        Block entry = f.newBlock();
        b.setBlock(entry);
        ssa.sealBlock(entry);
        int n = 3 + random.nextInt(8);
        for (int i = 0; i < n; i++) {
            Type t = i < 3 ? f.signature().params().get(i) : SCALARS[random.nextInt(SCALARS.length)];
            vars.add(t);
            ssa.declareVar(t);
            if (i < 3) {
                ssa.writeVar(entry, i, entry.addParam(t));
            }
        }
        do {
            statements(0);
        } while (untilSpent && budget > 0 && !b.isTerminated());
        if (!b.isTerminated()) {
            b.ret(read(0), read(1), read(2));
        }
        ssa.finish();
        return f;
    }

    private Value read(int var) {
        return ssa.readVar(b.block(), var);
    }

    private boolean chance(int percent) {
        return random.nextInt(100) < percent;
    }

    private void statements(int depth) {
        int n = 1 + random.nextInt(6);
        for (int i = 0; i < n && budget > 0 && !b.isTerminated(); i++) {
            budget--;
            position += random.nextInt(5);
            b.setPosition(position);
            statement(depth);
        }
    }

    private void statement(int depth) {
        int kind = random.nextInt(100);
        if (kind < 45 || depth > 5) {
            assign();
        } else if (kind < 57) {
            store();
        } else if (kind < 72) {
            conditional(depth);
        } else if (kind < 84) {
            loop(depth);
        } else if (kind < 88) {
            call();
        } else if (kind < 92 && (!untilSpent || depth > 0)) {
            check();
        } else if (kind < 95) {
            table(depth);
        } else if (kind < 98 && !exits.isEmpty()) {
            Block target = exits.get(random.nextInt(exits.size()));
            Block next = f.newBlock();
            b.branch(condition(), target, next);
            enter(next);
        } else if (depth > 0 && chance(30)) {
            if (chance(50)) {
                b.trap(TrapCode.UNREACHABLE);
            } else {
                b.ret(read(0), read(1), read(2));
            }
        }
    }

    private void enter(Block next) {
        ssa.sealBlock(next);
        b.setBlock(next);
    }

    private void assign() {
        int var = random.nextInt(Math.min(vars.size(), MAX_USED_VARS));
        ssa.writeVar(b.block(), var, expression(vars.get(var), 3));
    }

    private void conditional(int depth) {
        Block then = f.newBlock();
        Block join = f.newBlock();
        boolean hasElse = chance(50);
        Block otherwise = hasElse ? f.newBlock() : join;
        Value c = condition();
        boolean value = chance(25);
        if (value) {
            join.addParam(Type.I32);
        }
        Value early = value ? expression(Type.I32, 1) : null;
        Edge toElse = hasElse ? new Edge(otherwise) : value ? new Edge(join, early) : new Edge(join);
        b.branch(c, new Edge(then), toElse);
        enter(then);
        arm(depth, join, value);
        if (hasElse) {
            enter(otherwise);
            arm(depth, join, value);
        }
        enter(join);
        if (value) {
            ssa.writeVar(join, 0, join.params().getFirst());
        }
    }

    private void arm(int depth, Block join, boolean value) {
        if (chance(75)) {
            statements(depth + 1);
        }
        if (!b.isTerminated()) {
            if (value) {
                b.jump(join, chance(40) ? b.i32(random.nextInt(2)) : expression(Type.I32, 1));
            } else {
                b.jump(join);
            }
        }
    }

    private void loop(int depth) {
        int counter = vars.size();
        vars.add(Type.I32);
        ssa.declareVar(Type.I32);
        ssa.writeVar(b.block(), counter, b.i32(0));
        Block header = f.newBlock();
        Block exit = f.newBlock();
        b.jump(header);
        b.setBlock(header);
        boolean topTest = chance(40);
        if (chance(30)) {
            b.interruptCheck();
        }
        if (topTest) {
            Block body = f.newBlock();
            b.branch(tooMany(counter), exit, body);
            enter(body);
        }
        exits.add(exit);
        statements(depth + 1);
        exits.removeLast();
        if (!b.isTerminated()) {
            ssa.writeVar(b.block(), counter, b.binary(Opcode.ADD, read(counter), b.i32(1)));
            if (topTest) {
                b.jump(header);
            } else {
                b.branch(tooMany(counter), exit, header);
            }
        }
        ssa.sealBlock(header);
        enter(exit);
    }

    private Value tooMany(int counter) {
        // Other statements may write the counter, so the bound is one that any value reaches soon or has passed.
        return b.icmp(chance(50) ? IntCond.UGE : IntCond.SGE, read(counter), b.i32(1 + random.nextInt(5)));
    }

    private void table(int depth) {
        int n = 1 + random.nextInt(4);
        Block join = f.newBlock();
        Edge[] edges = new Edge[n + 1];
        ArrayList<Block> arms = new ArrayList<>();
        for (int i = 0; i <= n; i++) {
            if (chance(30)) {
                edges[i] = new Edge(join);
            } else if (!arms.isEmpty() && chance(30)) {
                edges[i] = new Edge(arms.get(random.nextInt(arms.size())));
            } else {
                Block arm = f.newBlock();
                arms.add(arm);
                edges[i] = new Edge(arm);
            }
        }
        b.switch_(expression(Type.I32, 1), edges);
        for (Block arm : arms) {
            enter(arm);
            statements(depth + 1);
            if (!b.isTerminated()) {
                b.jump(join);
            }
        }
        enter(join);
    }

    private void call() {
        Signature s = new Signature(List.of(Type.I32, Type.F64), List.of(Type.I32, Type.I64));
        Inst call = b.call(
                new CallTarget(FuncKey.wasmFunction(0, random.nextInt(3)), s),
                expression(Type.I32, 2),
                expression(Type.F64, 1));
        ssa.writeVar(b.block(), 0, call.result(0));
        if (chance(50)) {
            ssa.writeVar(b.block(), 1, call.result(1));
        }
    }

    private void check() {
        TrapCode code = chance(50) ? TrapCode.NULL_REFERENCE : TrapCode.TABLE_OUT_OF_BOUNDS;
        if (chance(50)) {
            Value x = expression(Type.I32, 2);
            b.trapIf(code, b.icmp(IntCond.EQ, x, b.i32(random.nextInt(4))));
        } else {
            Type t = chance(50) ? Type.I32 : Type.I64;
            b.trapIfZero(code, b.binary(Opcode.OR, expression(t, 2), b.iconst(t, random.nextInt(2))));
        }
    }

    private Value condition() {
        return chance(60) ? comparison(2) : expression(Type.I32, 2);
    }

    private Value comparison(int depth) {
        Type t = SCALARS[random.nextInt(SCALARS.length)];
        if (t.isInt()) {
            IntCond c = IntCond.values()[random.nextInt(IntCond.values().length)];
            Value y = chance(60) ? constant(t) : expression(t, depth - 1);
            return b.icmp(c, expression(t, depth - 1), y);
        }
        FloatCond c = FloatCond.values()[random.nextInt(FloatCond.values().length)];
        return b.fcmp(c, expression(t, depth - 1), expression(t, depth - 1));
    }

    private Value constant(Type t) {
        return switch (t) {
            case I32, I64 ->
                b.iconst(
                        t,
                        chance(70)
                                ? INTERESTING[random.nextInt(INTERESTING.length)]
                                : random.nextLong() >> random.nextInt(64));
            case F32 -> b.f32(Float.floatToIntBits((float) FLOATS[random.nextInt(FLOATS.length)]));
            default -> b.f64(Double.doubleToLongBits(FLOATS[random.nextInt(FLOATS.length)]));
        };
    }

    private Value variable(Type t) {
        int n = Math.min(vars.size(), MAX_USED_VARS);
        int start = random.nextInt(n);
        for (int i = 0; i < n; i++) {
            int var = (start + i) % n;
            if (vars.get(var) == t) {
                return read(var);
            }
        }
        return constant(t);
    }

    private Value expression(Type t, int depth) {
        if (depth <= 0 || chance(15)) {
            return chance(70) ? variable(t) : constant(t);
        }
        if (chance(12)) {
            return load(t);
        }
        if (chance(8)) {
            return b.select(condition0(depth), expression(t, depth - 1), expression(t, depth - 1));
        }
        if (t.isInt()) {
            return integer(t, depth);
        }
        int kind = random.nextInt(100);
        if (kind < 60) {
            Opcode op = FLOAT_OPS[random.nextInt(FLOAT_OPS.length)];
            return b.binary(op, expression(t, depth - 1), expression(t, depth - 1));
        } else if (kind < 80) {
            return b.unary(FLOAT_UNARY[random.nextInt(FLOAT_UNARY.length)], expression(t, depth - 1));
        } else if (kind < 90) {
            Opcode op = chance(50) ? Opcode.FROM_SINT : Opcode.FROM_UINT;
            return b.convert(op, t, expression(chance(50) ? Type.I32 : Type.I64, depth - 1));
        } else if (kind < 95) {
            return t == Type.F64
                    ? b.convert(Opcode.FPROMOTE, t, expression(Type.F32, depth - 1))
                    : b.convert(Opcode.FDEMOTE, t, expression(Type.F64, depth - 1));
        }
        return b.convert(Opcode.BITCAST, t, expression(t == Type.F64 ? Type.I64 : Type.I32, depth - 1));
    }

    private Value condition0(int depth) {
        return depth > 1 ? comparison(1) : variable(Type.I32);
    }

    private Value integer(Type t, int depth) {
        int kind = random.nextInt(100);
        if (kind < 60) {
            Opcode op = INT_OPS[random.nextInt(INT_OPS.length)];
            Value y = chance(55) ? constant(t) : expression(t, depth - 1);
            return b.binary(op, expression(t, depth - 1), y);
        } else if (kind < 66) {
            return b.unary(INT_UNARY[random.nextInt(INT_UNARY.length)], expression(t, depth - 1));
        } else if (kind < 76) {
            Value c = comparison(depth);
            return t == Type.I32 ? c : b.convert(Opcode.ZEXT, t, c);
        } else if (kind < 88) {
            return t == Type.I32
                    ? b.convert(Opcode.WRAP, t, expression(Type.I64, depth - 1))
                    : b.convert(chance(50) ? Opcode.SEXT : Opcode.ZEXT, t, expression(Type.I32, depth - 1));
        } else if (kind < 90 && t == Type.I64) {
            return b.unary(Opcode.SEXT32, expression(t, depth - 1));
        } else if (kind < 93) {
            return b.convert(Opcode.BITCAST, t, expression(t == Type.I64 ? Type.F64 : Type.F32, depth - 1));
        } else if (kind < 97) {
            Opcode op = chance(50) ? Opcode.TO_SINT_SAT : Opcode.TO_UINT_SAT;
            return b.convert(op, t, expression(chance(50) ? Type.F32 : Type.F64, depth - 1));
        } else if (kind < 98 && !untilSpent) {
            return b.convert(chance(50) ? Opcode.TO_SINT : Opcode.TO_UINT, t, expression(Type.F64, depth - 1));
        }
        return constant(t);
    }

    /** An address in linear memory, mostly in bounds. */
    private Value address() {
        Value index = expression(Type.I32, 1);
        if (chance(85)) {
            index = b.binary(Opcode.AND, index, b.i32(chance(50) ? 0x38 : 0x3ff));
        }
        return b.convert(Opcode.ZEXT, Type.I64, index);
    }

    private MemoryOp access(Type t, Region region, boolean canTrap, boolean load) {
        int width = t.bytes();
        if (t.isInt() && chance(40)) {
            width = 1 << random.nextInt(t == Type.I64 ? 4 : 3);
        }
        return new MemoryOp(width, load && width < t.bytes() && chance(50), region, canTrap, false);
    }

    private Value load(Type t) {
        int kind = random.nextInt(10);
        if (kind == 5) {
            // A check in front of an access that must not come before it.
            Value index = expression(Type.I32, 1);
            b.trapIf(TrapCode.MEMORY_OUT_OF_BOUNDS, b.icmp(IntCond.UGE, index, b.i32(1000)));
            return b.load(t, access(t, MEMORY, false, true), b.convert(Opcode.ZEXT, Type.I64, index), 8);
        }
        if (kind < 6) {
            return b.load(t, access(t, MEMORY, true, true), address(), random.nextInt(5) * 4);
        } else if (kind < 8) {
            int index = random.nextInt(4);
            MemoryOp op = MemoryOp.of(t, new Region(Region.Kind.GLOBAL, index));
            return b.load(t, op, b.i64(IrInterpreter.GLOBALS), index * 8);
        } else if (kind < 9) {
            return b.load(t, MemoryOp.readOnly(t, Region.CONTEXT), b.vmctx(), random.nextInt(8) * 8);
        }
        return b.load(t, MemoryOp.of(t, Region.CONTEXT), b.vmctx(), 128 + random.nextInt(4) * 8);
    }

    private void store() {
        Type t = SCALARS[random.nextInt(SCALARS.length)];
        Value v = expression(t, 2);
        if (chance(70)) {
            b.store(access(t, MEMORY, true, false), address(), random.nextInt(5) * 4, v);
        } else if (chance(80)) {
            int index = random.nextInt(4);
            MemoryOp op = MemoryOp.of(t, new Region(Region.Kind.GLOBAL, index));
            b.store(op, b.i64(IrInterpreter.GLOBALS), index * 8, v);
        } else {
            b.store(MemoryOp.of(t, Region.CONTEXT), b.vmctx(), 128 + random.nextInt(4) * 8, v);
        }
    }
}
