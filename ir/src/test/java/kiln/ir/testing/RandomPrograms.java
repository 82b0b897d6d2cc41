package kiln.ir.testing;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import kiln.artifact.FuncKey;
import kiln.artifact.api.TrapCode;
import kiln.ir.AtomicOp;
import kiln.ir.Block;
import kiln.ir.Builder;
import kiln.ir.CallTarget;
import kiln.ir.Edge;
import kiln.ir.FloatCond;
import kiln.ir.Frequency;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.IntCond;
import kiln.ir.LaneOp;
import kiln.ir.Lanes;
import kiln.ir.MemoryOp;
import kiln.ir.Opcode;
import kiln.ir.Region;
import kiln.ir.Signature;
import kiln.ir.Type;
import kiln.ir.V128;
import kiln.ir.Value;
import kiln.ir.VectorOp;

/**
 * Makes programs of four random functions, for passes and back ends. The first is {@code (i64, i64) -> ()} and calls
 * the second and the third, one of which may end with a call of the fourth; all read and write the first
 * {@link #MEMORY} bytes of an area, whose address they get as their second parameter. Operations are chosen so that the
 * patterns that passes and lowering look for are frequent.
 */
public final class RandomPrograms {
    /** What programs may have besides; without these they are what any back end executes with the same result. */
    public enum Option {
        /** Operations go through the methods of {@link Builder} that fold, as those of the translator do. */
        FOLDED,
        /** Breaks out of loops, returns before the end, and traps. */
        EXITS,
        /**
         * Linear memory, globals and context, each in bytes of its own: {@link #MEMORY} bytes, {@link #GLOBALS} and
         * {@link #CONTEXT} from the area's beginning. Accesses to memory may be out of its bounds.
         */
        REGIONS,
        /** NaNs in memory. Their bits may differ from machine to machine, and so floats are no NaNs otherwise. */
        NANS,
        /** THROW, and INVOKE in place of some calls. Any 64 bits are an exception. */
        EXCEPTIONS
    }

    /** Bytes of the area that are accessed, or of linear memory. */
    public static final int MEMORY = 512;
    /** Where exceptions are in the area. */
    private static final int REFERENCES = 768;
    /** Where globals begin in the area, if they are apart. */
    public static final int GLOBALS = 1024;
    /** Where the VMContext begins in the area, if it is apart. */
    public static final int CONTEXT = 2048;

    private static final Signature MAIN = new Signature(List.of(Type.I64, Type.I64), List.of());
    private static final LaneOp SUM_OF_BYTES = VectorOp.ADD.on(Lanes.I8X16);

    /** Types of values, as often as they are wanted. */
    private static final Type[] TYPES = {
        Type.I32, Type.I32, Type.I32, Type.I64, Type.I64, Type.I64, Type.F32, Type.F64, Type.V128, Type.V128
    };
    /** In programs that are about vectors, so that there are more of them than registers. */
    private static final Type[] MOSTLY_VECTORS = {
        Type.I32, Type.I64, Type.F32, Type.F64, Type.V128, Type.V128, Type.V128, Type.V128, Type.V128, Type.V128
    };

    private final Random random;
    private final Set<Option> options;
    private final RandomOperations operations;
    /** Where breaks go to: the exits of the loops around, the innermost last. */
    private final List<Exit> exits = new ArrayList<>();

    private final List<Signature> callees = new ArrayList<>();
    private Builder b;
    private Value memory;
    private Map<Type, List<Value>> pools;
    private int loops;
    private int maxLoops = 4;
    private final Type[] frequentTypes;

    private record Exit(Block block, List<Type> types) {}

    public RandomPrograms(long seed) {
        this(seed, EnumSet.noneOf(Option.class), _ -> true);
    }

    /** {@code vectors}: which operations on vectors there are. */
    public RandomPrograms(long seed, Set<Option> options, Predicate<RandomOperations.Operation> vectors) {
        random = new Random(seed);
        this.options = options;
        operations = new RandomOperations(random, vectors);
        frequentTypes = chance(30) ? MOSTLY_VECTORS : TYPES;
    }

    /** The functions, the main one first. */
    public List<Function> program() {
        for (int i = 0; i < 2; i++) {
            List<Type> params = new ArrayList<>(List.of(Type.I64, Type.I64));
            params.addAll(types(random.nextInt(i == 0 ? 5 : 24)));
            callees.add(new Signature(params, types(random.nextInt(i == 0 ? 3 : 22))));
        }
        List<Type> params = new ArrayList<>(List.of(Type.I64, Type.I64));
        params.addAll(types(random.nextInt(24)));
        int caller = random.nextInt(2);
        Signature last = new Signature(params, callees.get(caller).results());
        CallTarget tail = new CallTarget(FuncKey.wasmFunction(0, 3), last);
        return List.of(
                function(0, MAIN, statements(), true, null),
                function(1, callees.get(0), statements(), false, caller == 0 ? tail : null),
                function(2, callees.get(1), statements(), false, caller == 1 ? tail : null),
                function(3, last, statements(), false, null));
    }

    /** One function of so many statements, besides those within other statements. It may run for very long. */
    public Function longFunction(int statements) {
        maxLoops = Integer.MAX_VALUE;
        return function(0, MAIN, statements, false, null);
    }

    private int statements() {
        return 5 + random.nextInt(25);
    }

    private boolean has(Option option) {
        return options.contains(option);
    }

    private Type type() {
        return pick(frequentTypes);
    }

    private List<Type> types(int n) {
        List<Type> result = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            result.add(type());
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

    /** {@code tail}: what it may end with a call of, or null. */
    private Function function(int number, Signature signature, int statements, boolean calls, CallTarget tail) {
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
        for (Type t : new TreeSet<>(Arrays.asList(TYPES))) {
            Value v = b.load(t, MemoryOp.of(t, region()), memory, random.nextInt(MEMORY / 4));
            add(numeric(v));
        }
        statements(statements, 0, calls);
        // Everything that still is visible is used once more, for the sake of long live ranges.
        if (chance(50)) {
            for (Type t : new TreeSet<>(Arrays.asList(TYPES))) {
                Value sum = null;
                for (Value v : List.copyOf(pools.get(t))) {
                    sum = sum == null ? v : both(t, sum, v);
                }
                b.store(MemoryOp.of(t, region()), memory, 8 * random.nextInt(MEMORY / 8 - 1), sum);
            }
        }
        if (tail != null && chance(60)) {
            b.returnCall(tail, arguments(tail.signature()));
        } else {
            ret();
        }
        return f;
    }

    private void ret() {
        b.ret(b.function().signature().results().stream().map(this::any).toArray(Value[]::new));
    }

    /** Depends on both operands, and is not NaN. */
    private Value both(Type t, Value x, Value y) {
        return switch (t) {
            case I32, I64, REF -> raw(Opcode.XOR, t, x, y);
            case F32, F64 -> raw(Opcode.FMIN, t, x, y);
            case V128 -> lanes(SUM_OF_BYTES, x, y);
        };
    }

    private void add(Value v) {
        pools.get(v.type()).add(v);
    }

    /** An operation without side data. */
    private Value raw(Opcode op, Type type, Value... args) {
        if (!has(Option.FOLDED)) {
            return b.append(op, type, null, args).result();
        }
        return switch (args.length) {
            case 1 -> b.convert(op, type, args[0]);
            case 2 -> b.binary(op, args[0], args[1]);
            default -> b.select(args[0], args[1], args[2]);
        };
    }

    private Value compare(Type t, IntCond cond, Value x, Value y) {
        return has(Option.FOLDED)
                ? b.icmp(cond, x, y)
                : b.append(Opcode.ICMP, t, cond, x, y).result();
    }

    private Value compare(Type t, FloatCond cond, Value x, Value y) {
        return has(Option.FOLDED)
                ? b.fcmp(cond, x, y)
                : b.append(Opcode.FCMP, t, cond, x, y).result();
    }

    private Value lanes(LaneOp op, Value... args) {
        return has(Option.FOLDED)
                ? b.vector(op, args)
                : b.append(op.op().opcode(), Type.V128, op, args).result();
    }

    private Value vectorOperation(RandomOperations.Operation o, Value... args) {
        return has(Option.FOLDED) ? operations.build(b, o, args) : operations.append(b, o, args);
    }

    /** Mostly a recent value, so that many have one use only. */
    private Value any(Type t) {
        List<Value> pool = pools.get(t);
        int back = chance(30) ? random.nextInt(pool.size()) : Math.min(random.nextInt(3), pool.size() - 1);
        return pool.get(pool.size() - 1 - back);
    }

    private Value constant(Type t) {
        if (t.isFloat() && has(Option.NANS) && chance(8)) {
            return b.constant(t, t == Type.F32 ? 0x7fc00000L : 0x7ff8000000000000L);
        }
        return operations.constant(b, t);
    }

    private Value operand(Type t) {
        int kind = random.nextInt(10);
        return kind < 3 ? constant(t) : kind < 5 ? load(t) : any(t);
    }

    // Statements.

    private void statements(int n, int depth, boolean calls) {
        for (int i = 0; i < n && !b.isTerminated(); i++) {
            b.setPosition(b.position() + 1 + random.nextInt(5));
            if (has(Option.EXITS) && depth > 0 && chance(6)) {
                exit();
                continue;
            }
            if (has(Option.EXCEPTIONS) && chance(8)) {
                if (chance(30)) {
                    throwing();
                } else if (calls) {
                    invoke(depth);
                }
                continue;
            }
            int kind = random.nextInt(100);
            if (kind < 60) {
                add(value());
            } else if (kind < 72) {
                store();
            } else if (kind < 75) {
                atomic();
            } else if (kind < 79) {
                readModifyWrite();
            } else if (kind < 87 && depth < 3) {
                diamond(depth, calls);
            } else if (kind < 92 && depth < 3 && loops < maxLoops) {
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

    /** Leaves a loop or the function, mostly on a condition. */
    private void exit() {
        Block next = b.function().newBlock();
        if (!exits.isEmpty() && chance(60)) {
            Exit to = exits.get(random.nextInt(exits.size()));
            Edge out = new Edge(to.block, anyOf(to.types));
            if (chance(20)) {
                b.jump(out);
            } else {
                b.branch(condition(), out, new Edge(next));
            }
        } else {
            Block end = b.function().newBlock();
            b.branch(condition(), end, next);
            b.setBlock(end);
            if (chance(30)) {
                b.trap(TrapCode.UNREACHABLE);
            } else {
                ret();
            }
        }
        b.setBlock(next);
    }

    /** To a block behind what has just been made, unless that has left for elsewhere. */
    private void jump(Block to, List<Type> types) {
        if (!b.isTerminated()) {
            b.jump(to, anyOf(types));
        }
    }

    private void call() {
        int k = random.nextInt(2);
        Signature s = callees.get(k);
        CallTarget target = new CallTarget(FuncKey.wasmFunction(0, k + 1), s);
        var inst = b.append(Opcode.CALL, null, target, arguments(s));
        for (int i = 0; i < inst.resultCount(); i++) {
            add(inst.result(i));
        }
    }

    /** A call with a landing pad, which goes on where the call does, or throws again. */
    private void invoke(int depth) {
        int k = random.nextInt(2);
        Signature s = callees.get(k);
        CallTarget target = new CallTarget(FuncKey.wasmFunction(0, k + 1), s);
        List<Type> types = types(random.nextInt(4));
        Block pad = b.function().newBlock();
        Block join = b.function().newBlock();
        // Straight to the join, with results as arguments, or to a block of its own.
        boolean straight = chance(40);
        Edge normal =
                straight ? new Edge(join, anyOf(types)) : new Edge(b.function().newBlock());
        Map<Type, List<Value>> saved = save();
        Inst call = b.invoke(target, normal, pad, arguments(s));
        for (int i = 0; straight && i < Math.min(types.size(), call.resultCount()); i++) {
            if (call.result(i).type() == types.get(i)) {
                normal.setArg(i, call.result(i));
            }
        }
        b.setBlock(pad);
        Value caught = b.caught();
        statements(random.nextInt(4), depth + 1, false);
        if (!b.isTerminated()) {
            b.store(MemoryOp.of(Type.REF, references()), memory, REFERENCES + 8 * random.nextInt(8), caught);
            if (chance(20)) {
                b.throw_(caught);
            } else {
                b.jump(join, anyOf(types));
            }
        }
        restore(saved);
        if (!straight) {
            b.setBlock(normal.target());
            for (int i = 0; i < call.resultCount(); i++) {
                add(call.result(i));
            }
            statements(random.nextInt(4), depth + 1, true);
            jump(join, types);
            restore(saved);
        }
        join(join, types);
    }

    /** Throws, mostly on a condition. */
    private void throwing() {
        Block end = b.function().newBlock();
        Block next = b.function().newBlock();
        b.branch(condition(), end, next);
        b.setBlock(end);
        b.throw_(b.load(Type.REF, MemoryOp.of(Type.REF, references()), memory, REFERENCES + 8 * random.nextInt(8)));
        b.setBlock(next);
    }

    private Value[] arguments(Signature s) {
        Value[] args = new Value[s.params().size()];
        for (int i = 0; i < args.length; i++) {
            args[i] = i == 1
                    ? memory
                    : chance(20) ? constant(s.params().get(i)) : any(s.params().get(i));
        }
        return args;
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
        then.setFrequency(chance(10) ? Frequency.RARE : Frequency.ONCE);
        boolean half = chance(30);
        Value c = condition();
        Map<Type, List<Value>> saved = save();
        b.branch(c, new Edge(then), half ? new Edge(join, anyOf(types)) : new Edge(otherwise));
        b.setBlock(then);
        statements(random.nextInt(5), depth + 1, calls);
        jump(join, types);
        restore(saved);
        if (half) {
            b.function().blocks().remove(otherwise);
        } else {
            b.setBlock(otherwise);
            statements(random.nextInt(5), depth + 1, calls);
            jump(join, types);
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
        exits.add(new Exit(exit, types));
        statements(1 + random.nextInt(6), depth + 1, calls);
        exits.removeLast();
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
                jump(join, types);
                restore(saved);
            }
        }
        join(join, types);
    }

    // Memory.

    /** Without {@link Option#REGIONS} both share the same bytes, so a function uses one of them only. */
    private static final Region[] REGIONS = {Region.STACK, new Region(Region.Kind.MEMORY, 0)};

    /** Where an access goes to; {@code whole} if values there are always accessed in full width. */
    private record Place(Region region, Value address, int disp, boolean canTrap, boolean readOnly, boolean whole) {
        MemoryOp access(int width, boolean signed) {
            return new MemoryOp(width, signed, region, canTrap, readOnly);
        }
    }

    /** The one that all of memory is in, or linear memory: by the function's number. */
    private Region region() {
        return REGIONS[has(Option.REGIONS) ? 1 : (int) (b.function().key().raw() & 1)];
    }

    /** Exceptions lie apart from all else, and outside of linear memory if that has bounds. */
    private Region references() {
        return has(Option.REGIONS) ? Region.STACK : region();
    }

    private Place place(boolean write) {
        int kind = random.nextInt(40);
        if (!has(Option.REGIONS) || kind < 24) {
            return new Place(region(), address(3), random.nextInt(MEMORY / 4), chance(50), false, false);
        } else if (kind == 24) {
            // Anywhere, though most programs should come to their ends.
            Value index = any(Type.I32);
            Value masked = chance(90) ? raw(Opcode.AND, Type.I32, index, b.i32(MEMORY - 1)) : index;
            return new Place(region(), addressOf(masked), random.nextInt(MEMORY / 16), true, false, false);
        } else if (kind == 25 && !write) {
            // Behind a check that it must not come before.
            Value index = chance(80) ? raw(Opcode.LSHR, Type.I32, any(Type.I32), b.i32(23)) : any(Type.I32);
            b.trapIf(TrapCode.MEMORY_OUT_OF_BOUNDS, compare(Type.I32, IntCond.UGE, index, b.i32(MEMORY - 144)));
            return new Place(region(), addressOf(index), random.nextInt(MEMORY / 4), false, false, false);
        } else if (kind < 32) {
            int index = random.nextInt(4);
            return new Place(new Region(Region.Kind.GLOBAL, index), memory, GLOBALS + index * 16, false, false, true);
        }
        // A few fields never change.
        boolean readOnly = !write && chance(50);
        int disp = readOnly ? random.nextInt(8) * 8 : 128 + random.nextInt(4) * 8;
        return new Place(Region.CONTEXT, b.vmctx(), disp, false, readOnly, true);
    }

    private Value addressOf(Value index) {
        return raw(Opcode.ADD, Type.I64, memory, raw(Opcode.ZEXT, Type.I64, index));
    }

    /** An address within the area, which a displacement up to {@code MEMORY / 4} may be added to. */
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

    private MemoryOp access(Place p, Type t) {
        boolean any = t.isInt() && !p.whole && chance(50);
        int width = any ? 1 << random.nextInt(t == Type.I32 ? 3 : 4) : t.bytes();
        return p.access(width, any && chance(50));
    }

    private Value load(Type t) {
        Place p = place(false);
        return numeric(b.load(t, access(p, t), p.address, p.disp));
    }

    private void store() {
        Type t = type();
        RandomOperations.Operation lane = chance(15) ? operations.vector(pick(Type.I32, Type.I64)) : null;
        if (lane != null && lane.op() == Opcode.VEXTRACT) {
            Lanes lanes = ((LaneOp) lane.data()).lanes();
            Value v = vectorOperation(lane, any(Type.V128));
            Place p = place(true);
            b.store(p.access(p.whole ? v.type().bytes() : lanes.bytes(), false), p.address, p.disp, v);
            return;
        }
        Value v = chance(30) ? constant(t) : any(t);
        Place p = place(true);
        b.store(access(p, t), p.address, p.disp, v);
    }

    /** An atomic access, or a fence; addresses are multiples of eight. */
    private void atomic() {
        Type t = chance(50) ? Type.I32 : Type.I64;
        int width = 1 << random.nextInt(t == Type.I32 ? 3 : 4);
        MemoryOp m = new MemoryOp(width, false, region(), chance(50), false);
        Value index = raw(Opcode.AND, Type.I64, any(Type.I64), b.i64(0xf8));
        Value address = chance(50) ? memory : raw(Opcode.ADD, Type.I64, memory, index);
        int disp = 8 * random.nextInt(MEMORY / 32);
        switch (random.nextInt(6)) {
            case 0 -> add(b.atomicLoad(t, m, address, disp));
            case 1 -> b.atomicStore(m, address, disp, operand(t));
            case 2 -> {
                // Mostly what is there.
                Value expected = chance(70) ? b.load(t, m, address, disp) : operand(t);
                add(b.atomicCompareAndExchange(m, address, disp, expected, operand(t)));
            }
            case 3 -> b.atomicFence();
            default -> {
                Value old = b.atomicRmw(pick(AtomicOp.values()), m, address, disp, operand(t));
                if (chance(70)) {
                    add(old);
                }
            }
        }
    }

    private void readModifyWrite() {
        Type t = chance(50) ? Type.I32 : Type.I64;
        Place p = place(true);
        MemoryOp m = access(p, t);
        Value v = b.load(t, m, p.address, p.disp);
        Value by = operand(t);
        Opcode op = pick(Opcode.ADD, Opcode.SUB, Opcode.AND, Opcode.OR, Opcode.XOR);
        Value result = chance(80) ? raw(op, t, v, by) : raw(op, t, by, v);
        b.store(m, p.address, p.disp, result);
    }

    // Values.

    private Value value() {
        Type t = type();
        int kind = random.nextInt(16);
        if (kind == 0) {
            return load(t);
        } else if (kind < 3) {
            return raw(Opcode.SELECT, t, condition(), operand(t), operand(t));
        } else if (kind == 3 && t == Type.I32) {
            return condition();
        }
        RandomOperations.Operation vector = t == Type.V128 || kind == 15 ? operations.vector(t) : null;
        if (vector != null) {
            return vector(vector);
        }
        RandomOperations.Operation one = kind < 8 ? operations.unary(t) : null;
        return numeric(one != null ? unary(one) : binary(operations.binary(t)));
    }

    private Value vector(RandomOperations.Operation o) {
        Value[] args = new Value[o.operands().size()];
        for (int i = 0; i < args.length; i++) {
            Type t = o.operands().get(i);
            boolean bits = o.data() instanceof LaneOp op
                    && (op.lanes() == Lanes.V128 && (i == args.length - 1 || i == 1) || o.op() == Opcode.VREDUCE);
            if (bits && chance(40)) {
                args[i] = vectorComparison(2);
            } else {
                args[i] = o.data() instanceof LaneOp op && chance(30) ? loadOfLanes(op, t) : operand(t);
            }
        }
        Value v = vectorOperation(o, args);
        if (o.data() instanceof LaneOp op && op.makesNan()) {
            return numbers(op.lanes(), v);
        }
        return numeric(v);
    }

    /** Lanes of ones and zeros, as masks and conditions are made of. */
    private Value vectorComparison(int depth) {
        RandomOperations.Operation o = operations.comparison();
        if (o == null) {
            return operand(Type.V128);
        }
        boolean logic = depth > 0 && o.data() instanceof LaneOp op && op.lanes() == Lanes.V128;
        Value[] args = new Value[o.operands().size()];
        for (int i = 0; i < args.length; i++) {
            args[i] = logic ? vectorComparison(depth - 1) : operand(Type.V128);
        }
        return vectorOperation(o, args);
    }

    /** An operand that is loaded as WebAssembly's loads of lanes, halves of vectors and splats are. */
    private Value loadOfLanes(LaneOp op, Type t) {
        Lanes lanes = op.lanes();
        Place p = place(false);
        if (t != Type.V128) {
            boolean lane = op.op() == VectorOp.SPLAT || op.op() == VectorOp.REPLACE_LANE;
            int width = lane && !p.whole ? lanes.bytes() : t.bytes();
            return numeric(b.load(t, p.access(width, false), p.address, p.disp));
        }
        Lanes part = chance(50) ? Lanes.I64X2 : Lanes.I32X4;
        LaneOp replace = VectorOp.REPLACE_LANE.on(part);
        if (!operations.has(replace)) {
            return load(t);
        }
        Value v = b.load(part.type(), p.access(part.bytes(), false), p.address, p.disp);
        return b.vectorOfLane(replace, 0, chance(70) ? b.vconst(V128.ZERO) : any(t), v);
    }

    /** The vector, with lanes of a constant in place of NaNs unless they may stay. */
    private Value numbers(Lanes lanes, Value v) {
        if (has(Option.NANS)) {
            return v;
        }
        return lanes(VectorOp.BITSELECT.on(Lanes.V128), v, b.vconst(V128.ZERO), lanes(VectorOp.EQ.on(lanes), v, v));
    }

    private Value unary(RandomOperations.Operation o) {
        Type from = o.operands().getFirst();
        return raw(o.op(), o.type(), o.traps() ? small(from) : operand(from));
    }

    private Value binary(RandomOperations.Operation o) {
        Type t = o.type();
        Value x = operand(t);
        Value y = operand(t);
        if (o.traps() && !chance(2)) {
            // Neither 0 nor -1.
            y = raw(Opcode.OR, t, raw(Opcode.AND, t, y, b.constant(t, 0xff)), b.constant(t, 1));
        }
        return raw(o.op(), t, x, y);
    }

    private Value condition() {
        Type t = pick(Type.I32, Type.I64);
        return switch (random.nextInt(14)) {
            case 0 -> any(Type.I32);
            case 1 -> floatCompare();
            case 2 -> compare(Type.I32, IntCond.EQ, condition(), b.i32(0));
            case 3 -> compare(t, operations.intCond(), raw(Opcode.AND, t, operand(t), operand(t)), b.constant(t, 0));
            case 4 -> compare(t, operations.intCond(), any(t), b.constant(t, 0));
            case 5, 6 -> raw(pick(Opcode.AND, Opcode.OR), Type.I32, comparison(), comparison());
            case 7 -> raw(Opcode.XOR, Type.I32, comparison(), b.i32(1));
            case 8 -> raw(Opcode.AND, Type.I32, any(Type.I32), b.i32(1 << random.nextInt(32)));
            case 9 -> vectorTest();
            default -> comparison();
        };
    }

    private Value comparison() {
        if (chance(15)) {
            return floatCompare();
        }
        Type t = pick(Type.I32, Type.I64);
        return compare(t, operations.intCond(), operand(t), operand(t));
    }

    private Value vectorTest() {
        RandomOperations.Operation o = operations.vector(Type.I32);
        return o == null ? comparison() : vector(o);
    }

    /** Sometimes of NaNs. */
    private Value floatCompare() {
        Type t = pick(Type.F32, Type.F64);
        Value x = any(t);
        if (chance(20)) {
            x = raw(Opcode.FDIV, t, x, raw(Opcode.FSUB, t, x, x));
        }
        return compare(t, operations.floatCond(), x, operand(t));
    }

    /** The value, or a constant in place of a float that is NaN unless it may stay. */
    private Value numeric(Value v) {
        Type t = v.type();
        if (!t.isFloat() || has(Option.NANS)) {
            return v;
        }
        return raw(Opcode.SELECT, t, compare(t, FloatCond.EQ, v, v), v, constant(t));
    }

    /** A float between 0 and 1000, so that conversions of it do not trap. */
    private Value small(Type t) {
        Value bits = raw(Opcode.AND, Type.I32, any(Type.I32), b.i32(0x3ff));
        return raw(Opcode.FROM_UINT, t, bits);
    }
}
