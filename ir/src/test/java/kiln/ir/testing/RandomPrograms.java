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
import kiln.ir.Block;
import kiln.ir.Builder;
import kiln.ir.CallTarget;
import kiln.ir.Edge;
import kiln.ir.Frequency;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.IntCond;
import kiln.ir.MemoryOp;
import kiln.ir.Opcode;
import kiln.ir.Signature;
import kiln.ir.Type;
import kiln.ir.Value;

/**
 * Makes programs of four random functions, for passes and back ends. The first is {@code (i64, i64) -> ()} and calls
 * the second and the third, one of which may end with a call of the fourth; all read and write the first
 * {@link #MEMORY} bytes of an area, whose address they get as their second parameter. Operations are chosen so that the
 * patterns that passes and lowering look for are frequent.
 */
public final class RandomPrograms extends RandomValues {
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
        EXCEPTIONS,
        /**
         * Objects of the heap, from {@link #HEAP} to {@link #HEAP_END} of the area: structs, references to them, and
         * tests whether two are one. What is there in the end says nothing, since objects that nobody needs may not be
         * made.
         */
        OBJECTS
    }

    /** Bytes of the area that are accessed, or of linear memory. */
    public static final int MEMORY = 512;
    /** Where exceptions are in the area. */
    private static final int REFERENCES = 768;
    /** Where globals begin in the area, if they are apart. */
    public static final int GLOBALS = 1024;
    /** Where the VMContext begins in the area, if it is apart. */
    public static final int CONTEXT = 2048;
    /** Where the heap begins in the area. */
    public static final int HEAP = 4096;
    /** Where the heap and the area end. */
    public static final int HEAP_END = 16384;

    private static final Signature MAIN = new Signature(List.of(Type.I64, Type.I64), List.of());

    /** Where breaks go to: the exits of the loops around, the innermost last. */
    private final List<Exit> exits = new ArrayList<>();

    private final List<Signature> callees = new ArrayList<>();
    private final RandomObjects objects = new RandomObjects(this);
    private int loops;
    private int maxLoops = 4;

    private record Exit(Block block, List<Type> types) {}

    public RandomPrograms(long seed) {
        this(seed, EnumSet.noneOf(Option.class), _ -> true);
    }

    /** {@code vectors}: which operations on vectors there are. */
    public RandomPrograms(long seed, Set<Option> options, Predicate<RandomOperations.Operation> vectors) {
        super(new Random(seed), options, vectors);
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

    private List<Type> types(int n) {
        List<Type> result = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            result.add(has(Option.OBJECTS) && chance(15) ? Type.REF : type());
        }
        return result;
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
        objects.hidden.clear();
        if (has(Option.OBJECTS)) {
            objects.first();
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
            if (has(Option.OBJECTS) && chance(25)) {
                objects.statement();
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
                if (chance(30)) {
                    machine(depth, calls);
                } else {
                    loop(depth, calls);
                }
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
        Visible saved = save();
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

    /** What code may use. */
    private record Visible(Map<Type, List<Value>> pools, int hidden) {}

    private Visible save() {
        Map<Type, List<Value>> saved = new EnumMap<>(Type.class);
        pools.forEach((t, l) -> saved.put(t, new ArrayList<>(l)));
        return new Visible(saved, objects.hidden.size());
    }

    private void restore(Visible saved) {
        pools = new EnumMap<>(Type.class);
        saved.pools.forEach((t, l) -> pools.put(t, new ArrayList<>(l)));
        objects.hidden.subList(saved.hidden, objects.hidden.size()).clear();
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
        Visible saved = save();
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
        Visible saved = save();
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

    /** A loop that asks for its state, which most ways back set to a constant. */
    private void machine(int depth, boolean calls) {
        loops++;
        List<Type> types = types(random.nextInt(4));
        types.addFirst(Type.I32);
        int states = 2 + random.nextInt(3);
        Block header = b.function().newBlock();
        Block latch = b.function().newBlock();
        Block exit = b.function().newBlock();
        Value[] first = state(types, states);
        b.jump(header, prepend(b.i32(0), first));
        Visible saved = save();
        b.setBlock(header);
        Value counter = header.addParam(Type.I32);
        types.forEach(t -> add(header.addParam(t)));
        if (chance(50)) {
            b.interruptCheck();
        }
        for (int n = random.nextInt(3); n > 0; n--) {
            add(value());
        }
        Edge[] ways = new Edge[states];
        for (int i = 0; i < states; i++) {
            ways[i] = new Edge(chance(15) ? latch : b.function().newBlock());
            if (ways[i].target() == latch) {
                ways[i] = new Edge(latch, state(types, states));
            }
        }
        b.switch_(header.params().get(1), ways);
        Visible inside = save();
        exits.add(new Exit(exit, types));
        for (Edge way : ways) {
            if (way.target() != latch) {
                b.setBlock(way.target());
                statements(random.nextInt(4), depth + 1, calls);
                if (!b.isTerminated()) {
                    b.jump(latch, state(types, states));
                }
                restore(inside);
            }
        }
        exits.removeLast();
        b.setBlock(latch);
        types.forEach(t -> add(latch.addParam(t)));
        if (chance(50)) {
            add(value());
        }
        Value next = raw(Opcode.ADD, Type.I32, counter, b.i32(1));
        Value more = compare(Type.I32, IntCond.SLT, next, b.i32(1 + random.nextInt(6)));
        Value[] again = anyOf(types);
        again[0] = chance(80) ? latch.params().get(0) : again[0];
        b.branch(more, new Edge(header, prepend(next, again)), new Edge(exit, anyOf(types)));
        restore(saved);
        join(exit, types);
    }

    /** Arguments of which the first is a state. */
    private Value[] state(List<Type> types, int states) {
        Value[] result = anyOf(types);
        result[0] = chance(80) ? b.i32(random.nextInt(states)) : result[0];
        return result;
    }

    private static Value[] prepend(Value first, Value[] rest) {
        Value[] all = new Value[rest.length + 1];
        all[0] = first;
        System.arraycopy(rest, 0, all, 1, rest.length);
        return all;
    }

    /** A switch that only chooses among constants, but for its last way. */
    private void choice() {
        List<Type> types = new ArrayList<>();
        for (int n = 1 + random.nextInt(3); n > 0; n--) {
            types.add(chance(50) ? Type.I32 : Type.I64);
        }
        Block join = b.function().newBlock();
        Edge[] ways = new Edge[5 + random.nextInt(11)];
        List<Integer> bits =
                types.stream().map(t -> 1 + random.nextInt(8 * t.bytes())).toList();
        for (int i = 0; i < ways.length - 1; i++) {
            Value[] args = new Value[types.size()];
            for (int k = 0; k < args.length; k++) {
                long any = random.nextLong() >> 64 - bits.get(k);
                args[k] = types.get(k) == Type.I32 ? b.i32((int) any) : b.i64(any);
            }
            ways[i] = new Edge(join, args);
        }
        Value index = raw(Opcode.AND, Type.I32, any(Type.I32), b.i32(15));
        ways[ways.length - 1] = new Edge(join, anyOf(types));
        if (chance(30)) {
            ways[random.nextInt(ways.length)] = new Edge(join, anyOf(types));
        }
        b.switch_(index, ways);
        join(join, types);
    }

    private void table(int depth, boolean calls) {
        if (chance(30)) {
            choice();
            return;
        }
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
        Visible saved = save();
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
}
