package kiln.ir;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import kiln.artifact.FuncKey;
import kiln.artifact.TrapCode;
import kiln.ir.testing.RandomOperations;

/**
 * Makes random functions of the shapes that wasm has: structured control flow over mutable variables, bounded loops.
 */
final class IrGenerator {
    private static final Type[] TYPES = {
        Type.I32, Type.I32, Type.I32, Type.I32, Type.I64, Type.I64, Type.I64, Type.F32, Type.F64, Type.V128
    };

    /** Variables beyond this number are counters that only their loops use. */
    private static final int MAX_USED_VARS = 24;

    private static final Region MEMORY = new Region(Region.Kind.MEMORY, 0);

    private final Random random;
    private final RandomOperations operations;
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
        this.operations = new RandomOperations(random);
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
            Type t = i < 3 ? f.signature().params().get(i) : TYPES[random.nextInt(TYPES.length)];
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
        Type t = TYPES[random.nextInt(TYPES.length)];
        if (t.isFloat()) {
            return b.fcmp(operations.floatCond(), expression(t, depth - 1), expression(t, depth - 1));
        }
        Type i = t == Type.I64 ? t : Type.I32;
        Value y = chance(60) ? constant(i) : expression(i, depth - 1);
        return b.icmp(operations.intCond(), expression(i, depth - 1), y);
    }

    private Value constant(Type t) {
        if (t.isFloat() && chance(8)) {
            return b.constant(t, t == Type.F32 ? 0x7fc00000L : 0x7ff8000000000000L);
        }
        return operations.constant(b, t);
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
        if (t.isInt() && chance(10)) {
            Value c = comparison(depth);
            return t == Type.I32 ? c : b.convert(Opcode.ZEXT, t, c);
        }
        RandomOperations.Operation vector = t == Type.V128 || chance(8) ? operations.vector(t) : null;
        if (vector != null) {
            Value[] args = vector.operands().stream()
                    .map(o -> expression(o, depth - 1))
                    .toArray(Value[]::new);
            return operations.build(b, vector, args);
        }
        RandomOperations.Operation one = chance(40) ? operations.unary(t) : null;
        // What traps would end functions that are meant to be long.
        if (one != null && (!one.traps() || !untilSpent && chance(20))) {
            return b.convert(one.op(), t, expression(one.operands().getFirst(), depth - 1));
        }
        RandomOperations.Operation two = operations.binary(t);
        Value y = t.isInt() && chance(55) ? constant(t) : expression(t, depth - 1);
        Value x = expression(t, depth - 1);
        return b.binary(two.op(), x, y);
    }

    private Value condition0(int depth) {
        return depth > 1 ? comparison(1) : variable(Type.I32);
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
            return b.load(t, op, b.i64(IrInterpreter.GLOBALS), index * 16);
        } else if (kind < 9) {
            return b.load(t, MemoryOp.readOnly(t, Region.CONTEXT), b.vmctx(), random.nextInt(8) * 8);
        }
        return b.load(t, MemoryOp.of(t, Region.CONTEXT), b.vmctx(), 128 + random.nextInt(4) * 8);
    }

    private void store() {
        Type t = TYPES[random.nextInt(TYPES.length)];
        Value v = expression(t, 2);
        if (chance(70)) {
            b.store(access(t, MEMORY, true, false), address(), random.nextInt(5) * 4, v);
        } else if (chance(80)) {
            int index = random.nextInt(4);
            MemoryOp op = MemoryOp.of(t, new Region(Region.Kind.GLOBAL, index));
            b.store(op, b.i64(IrInterpreter.GLOBALS), index * 16, v);
        } else {
            b.store(MemoryOp.of(t, Region.CONTEXT), b.vmctx(), 128 + random.nextInt(4) * 8, v);
        }
    }
}
