package kiln.ir.testing;

import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Predicate;
import kiln.artifact.api.TrapCode;
import kiln.ir.AtomicOp;
import kiln.ir.Builder;
import kiln.ir.FloatCond;
import kiln.ir.IntCond;
import kiln.ir.LaneOp;
import kiln.ir.Lanes;
import kiln.ir.MemoryOp;
import kiln.ir.Opcode;
import kiln.ir.Region;
import kiln.ir.Type;
import kiln.ir.V128;
import kiln.ir.Value;
import kiln.ir.VectorOp;

/** Values and accesses to memory, of which {@link RandomPrograms} makes programs. */
abstract class RandomValues {
    private static final LaneOp SUM_OF_BYTES = VectorOp.ADD.on(Lanes.I8X16);

    /** Types of values, as often as they are wanted. */
    static final Type[] TYPES = {
        Type.I32, Type.I32, Type.I32, Type.I64, Type.I64, Type.I64, Type.F32, Type.F64, Type.V128, Type.V128
    };
    /** In programs that are about vectors, so that there are more of them than registers. */
    private static final Type[] MOSTLY_VECTORS = {
        Type.I32, Type.I64, Type.F32, Type.F64, Type.V128, Type.V128, Type.V128, Type.V128, Type.V128, Type.V128
    };

    final Random random;
    final Set<RandomPrograms.Option> options;
    final RandomOperations operations;
    Builder b;
    Value memory;
    Map<Type, List<Value>> pools;
    private final Type[] frequentTypes;

    /** {@code vectors}: which operations on vectors there are. */
    RandomValues(Random random, Set<RandomPrograms.Option> options, Predicate<RandomOperations.Operation> vectors) {
        this.random = random;
        this.options = options;
        operations = new RandomOperations(random, vectors);
        frequentTypes = chance(30) ? MOSTLY_VECTORS : TYPES;
    }

    boolean has(RandomPrograms.Option option) {
        return options.contains(option);
    }

    Type type() {
        return pick(frequentTypes);
    }

    @SafeVarargs
    final <T> T pick(T... from) {
        return from[random.nextInt(from.length)];
    }

    boolean chance(int percent) {
        return random.nextInt(100) < percent;
    }

    /** Depends on both operands, and is not NaN. */
    Value both(Type t, Value x, Value y) {
        return switch (t) {
            case I32, I64, REF -> raw(Opcode.XOR, t, x, y);
            case F32, F64 -> raw(Opcode.FMIN, t, x, y);
            case V128 -> lanes(SUM_OF_BYTES, x, y);
        };
    }

    void add(Value v) {
        pools.get(v.type()).add(v);
    }

    /** An operation without side data. */
    Value raw(Opcode op, Type type, Value... args) {
        if (!has(RandomPrograms.Option.FOLDED)) {
            return b.append(op, type, null, args).result();
        }
        return switch (args.length) {
            case 1 -> b.convert(op, type, args[0]);
            case 2 -> b.binary(op, args[0], args[1]);
            default -> b.select(args[0], args[1], args[2]);
        };
    }

    Value compare(Type t, IntCond cond, Value x, Value y) {
        return has(RandomPrograms.Option.FOLDED)
                ? b.icmp(cond, x, y)
                : b.append(Opcode.ICMP, t, cond, x, y).result();
    }

    Value compare(Type t, FloatCond cond, Value x, Value y) {
        return has(RandomPrograms.Option.FOLDED)
                ? b.fcmp(cond, x, y)
                : b.append(Opcode.FCMP, t, cond, x, y).result();
    }

    Value lanes(LaneOp op, Value... args) {
        return has(RandomPrograms.Option.FOLDED)
                ? b.vector(op, args)
                : b.append(op.op().opcode(), Type.V128, op, args).result();
    }

    Value vectorOperation(RandomOperations.Operation o, Value... args) {
        return has(RandomPrograms.Option.FOLDED) ? operations.build(b, o, args) : operations.append(b, o, args);
    }

    /** Mostly a recent value, so that many have one use only. */
    Value any(Type t) {
        List<Value> pool = pools.get(t);
        int back = chance(30) ? random.nextInt(pool.size()) : Math.min(random.nextInt(3), pool.size() - 1);
        return pool.get(pool.size() - 1 - back);
    }

    Value constant(Type t) {
        if (t == Type.REF) {
            // There is no null: what it leads to is not there.
            return any(t);
        }
        if (t.isFloat() && has(RandomPrograms.Option.NANS) && chance(8)) {
            return b.constant(t, t == Type.F32 ? 0x7fc00000L : 0x7ff8000000000000L);
        }
        return operations.constant(b, t);
    }

    Value operand(Type t) {
        int kind = random.nextInt(10);
        return kind < 3 ? constant(t) : kind < 5 ? load(t) : any(t);
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
    Region region() {
        return REGIONS[
                has(RandomPrograms.Option.REGIONS)
                        ? 1
                        : (int) (b.function().key().raw() & 1)];
    }

    /** Exceptions lie apart from all else, and outside of linear memory if that has bounds. */
    Region references() {
        return has(RandomPrograms.Option.REGIONS) ? Region.STACK : region();
    }

    Place place(boolean write) {
        int kind = random.nextInt(40);
        if (!has(RandomPrograms.Option.REGIONS) || kind < 24) {
            return new Place(region(), address(3), random.nextInt(RandomPrograms.MEMORY / 4), chance(50), false, false);
        } else if (kind == 24) {
            // Anywhere, though most programs should come to their ends.
            Value index = any(Type.I32);
            Value masked = chance(90) ? raw(Opcode.AND, Type.I32, index, b.i32(RandomPrograms.MEMORY - 1)) : index;
            return new Place(
                    region(), addressOf(masked), random.nextInt(RandomPrograms.MEMORY / 16), true, false, false);
        } else if (kind == 25 && !write) {
            // Behind a check that it must not come before.
            Value index = chance(80) ? raw(Opcode.LSHR, Type.I32, any(Type.I32), b.i32(23)) : any(Type.I32);
            b.trapIf(
                    TrapCode.MEMORY_OUT_OF_BOUNDS,
                    compare(Type.I32, IntCond.UGE, index, b.i32(RandomPrograms.MEMORY - 144)));
            return new Place(
                    region(), addressOf(index), random.nextInt(RandomPrograms.MEMORY / 4), false, false, false);
        } else if (kind < 32) {
            int index = random.nextInt(4);
            return new Place(
                    new Region(Region.Kind.GLOBAL, index),
                    memory,
                    RandomPrograms.GLOBALS + index * 16,
                    false,
                    false,
                    true);
        }
        // A few fields never change.
        boolean readOnly = !write && chance(50);
        int disp = readOnly ? random.nextInt(8) * 8 : 128 + random.nextInt(4) * 8;
        return new Place(Region.CONTEXT, b.vmctx(), disp, false, readOnly, true);
    }

    Value addressOf(Value index) {
        return raw(Opcode.ADD, Type.I64, memory, raw(Opcode.ZEXT, Type.I64, index));
    }

    /** An address within the area, which a displacement up to {@code RandomPrograms.MEMORY / 4} may be added to. */
    Value address(int scale) {
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

    MemoryOp access(Place p, Type t) {
        boolean any = t.isInt() && !p.whole && chance(50);
        int width = any ? 1 << random.nextInt(t == Type.I32 ? 3 : 4) : t.bytes();
        return p.access(width, any && chance(50));
    }

    Value load(Type t) {
        Place p = place(false);
        return numeric(b.load(t, access(p, t), p.address, p.disp));
    }

    void store() {
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
    void atomic() {
        Type t = chance(50) ? Type.I32 : Type.I64;
        int width = 1 << random.nextInt(t == Type.I32 ? 3 : 4);
        MemoryOp m = new MemoryOp(width, false, region(), chance(50), false);
        Value index = raw(Opcode.AND, Type.I64, any(Type.I64), b.i64(0xf8));
        Value address = chance(50) ? memory : raw(Opcode.ADD, Type.I64, memory, index);
        int disp = 8 * random.nextInt(RandomPrograms.MEMORY / 32);
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

    void readModifyWrite() {
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

    Value value() {
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

    Value vector(RandomOperations.Operation o) {
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
    Value vectorComparison(int depth) {
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
    Value loadOfLanes(LaneOp op, Type t) {
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
    Value numbers(Lanes lanes, Value v) {
        if (has(RandomPrograms.Option.NANS)) {
            return v;
        }
        return lanes(VectorOp.BITSELECT.on(Lanes.V128), v, b.vconst(V128.ZERO), lanes(VectorOp.EQ.on(lanes), v, v));
    }

    Value unary(RandomOperations.Operation o) {
        Type from = o.operands().getFirst();
        return raw(o.op(), o.type(), o.traps() ? small(from) : operand(from));
    }

    Value binary(RandomOperations.Operation o) {
        Type t = o.type();
        Value x = operand(t);
        Value y = operand(t);
        if (o.traps() && !chance(2)) {
            // Neither 0 nor -1.
            y = raw(Opcode.OR, t, raw(Opcode.AND, t, y, b.constant(t, 0xff)), b.constant(t, 1));
        }
        return raw(o.op(), t, x, y);
    }

    Value condition() {
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

    Value comparison() {
        if (chance(15)) {
            return floatCompare();
        }
        Type t = pick(Type.I32, Type.I64);
        return compare(t, operations.intCond(), operand(t), operand(t));
    }

    Value vectorTest() {
        RandomOperations.Operation o = operations.vector(Type.I32);
        return o == null ? comparison() : vector(o);
    }

    /** Sometimes of NaNs. */
    Value floatCompare() {
        Type t = pick(Type.F32, Type.F64);
        Value x = any(t);
        if (chance(20)) {
            x = raw(Opcode.FDIV, t, x, raw(Opcode.FSUB, t, x, x));
        }
        return compare(t, operations.floatCond(), x, operand(t));
    }

    /** The value, or a constant in place of a float that is NaN unless it may stay. */
    Value numeric(Value v) {
        Type t = v.type();
        if (!t.isFloat() || has(RandomPrograms.Option.NANS)) {
            return v;
        }
        return raw(Opcode.SELECT, t, compare(t, FloatCond.EQ, v, v), v, constant(t));
    }

    /** A float between 0 and 1000, so that conversions of it do not trap. */
    Value small(Type t) {
        Value bits = raw(Opcode.AND, Type.I32, any(Type.I32), b.i32(0x3ff));
        return raw(Opcode.FROM_UINT, t, bits);
    }
}
