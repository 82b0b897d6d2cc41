package kiln.ir.testing;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Predicate;
import kiln.ir.Builder;
import kiln.ir.Evaluation;
import kiln.ir.FloatCond;
import kiln.ir.IntCond;
import kiln.ir.LaneOp;
import kiln.ir.Lanes;
import kiln.ir.Opcode;
import kiln.ir.SideData;
import kiln.ir.Type;
import kiln.ir.V128;
import kiln.ir.Value;
import kiln.ir.VectorOp;

/**
 * Chooses operations and constants for generators of random programs. Operations come from the rows of {@link Opcode}
 * and {@link VectorOp}: what has a row with a value is generated.
 */
public final class RandomOperations {
    /** An operation with all that it takes besides operands, whose types are {@code operands}. */
    public record Operation(Opcode op, Type type, SideData data, List<Type> operands) {
        public boolean traps() {
            return op.effect() == Opcode.Effect.TRAPS;
        }

        /** Whether it is an operation on one lane, whose number goes with it. */
        public boolean hasLane() {
            return op == Opcode.VEXTRACT || op == Opcode.VINSERT;
        }
    }

    /** What addresses, masks and fields are made of in real programs. */
    private static final List<Opcode> FREQUENT = List.of(Opcode.ADD, Opcode.ADD, Opcode.SUB, Opcode.AND, Opcode.SHL);

    private static final long[] INTS = {
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
        7,
        8,
        9,
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
        -128,
        255,
        256,
        1000,
        0xff00,
        0xffff,
        0x10000,
        0x7fffffff,
        0x80000000L,
        0xffffffffL,
        0x100000000L,
        0x123456789abcdefL,
        Long.MIN_VALUE,
        Long.MAX_VALUE,
        -2,
        -3,
        -7,
        -8,
        -100,
        -256,
        0xff0,
        4095,
        4096,
        12345678,
        1L << 40,
    };
    private static final double[] FLOATS = {
        0, -0.0, 1, -1, 0.5, 1.5, 2, 3.7, 7, -2.5, 3e9, -3e9, 1e10, 1e19, -1e20, 1e-300, Double.POSITIVE_INFINITY
    };

    private static final Set<VectorOp> COMPARISONS = EnumSet.of(
            VectorOp.EQ,
            VectorOp.NE,
            VectorOp.GT_S,
            VectorOp.GT_U,
            VectorOp.GE_S,
            VectorOp.GE_U,
            VectorOp.GT,
            VectorOp.GE,
            VectorOp.NOT,
            VectorOp.AND,
            VectorOp.OR,
            VectorOp.ANDNOT);

    /** By the type of their result. */
    private static final Map<Type, List<Operation>> UNARY = new EnumMap<>(Type.class);

    private static final Map<Type, List<Operation>> BINARY = new EnumMap<>(Type.class);
    private static final Map<Type, List<Operation>> VECTORS = new EnumMap<>(Type.class);

    static {
        for (Type t : Type.values()) {
            UNARY.put(t, new ArrayList<>());
            BINARY.put(t, new ArrayList<>());
            VECTORS.put(t, new ArrayList<>());
        }
        for (Opcode op : Opcode.values()) {
            for (Type type : op.types().types()) {
                switch (op.evaluation()) {
                    case Evaluation.Unary _ -> {
                        for (Type from : op.types().operands().getFirst().choices(type)) {
                            UNARY.get(type).add(new Operation(op, type, null, List.of(from)));
                        }
                    }
                    case Evaluation.Binary _ ->
                        BINARY.get(type).add(new Operation(op, type, null, List.of(type, type)));
                    case Evaluation.OfSideData(), Evaluation.None() -> {}
                }
            }
            addVectors(op);
        }
        Type vector = Type.V128;
        VECTORS.get(vector).add(new Operation(Opcode.VSHUFFLE, vector, null, List.of(vector, vector)));
    }

    private static void addVectors(Opcode op) {
        for (VectorOp v : VectorOp.values()) {
            if (v.opcode() == op) {
                for (Lanes lanes : v.shapes()) {
                    addVector(op, v.on(lanes));
                }
            }
        }
    }

    private static void addVector(Opcode op, LaneOp data) {
        Type lane = data.lanes().type();
        Type result = switch (op) {
            case VEXTRACT -> lane;
            case VREDUCE -> Type.I32;
            default -> Type.V128;
        };
        List<Type> operands = switch (op) {
            case VSPLAT -> List.of(lane);
            case VEXTRACT, VUNARY, VREDUCE -> List.of(Type.V128);
            case VINSERT -> List.of(Type.V128, lane);
            case VBINARY -> List.of(Type.V128, Type.V128);
            case VTERNARY -> List.of(Type.V128, Type.V128, Type.V128);
            case VSHIFT -> List.of(Type.V128, Type.I32);
            default -> throw new AssertionError(op);
        };
        VECTORS.get(result).add(new Operation(op, result, data, operands));
    }

    private final Random random;
    private final Map<Type, List<Operation>> vectors = new EnumMap<>(Type.class);

    public RandomOperations(Random random) {
        this(random, _ -> true);
    }

    /** {@code vectors}: which operations on vectors are chosen. */
    public RandomOperations(Random random, Predicate<Operation> vectors) {
        this.random = random;
        VECTORS.forEach((type, all) ->
                this.vectors.put(type, all.stream().filter(vectors).toList()));
    }

    private <T> T pick(List<T> from) {
        return from.get(random.nextInt(from.size()));
    }

    /** An operation on vectors with a result of type {@code t}, or null. */
    public Operation vector(Type t) {
        return vectors.get(t).isEmpty() ? null : pick(vectors.get(t));
    }

    /** A comparison of vectors, or an operation on such comparisons' results; or null. */
    public Operation comparison() {
        List<Operation> all = vectors.get(Type.V128).stream()
                .filter(o -> o.data instanceof LaneOp op && COMPARISONS.contains(op.op()))
                .toList();
        return all.isEmpty() ? null : pick(all);
    }

    /** Whether the operation is among those that are chosen. */
    public boolean has(LaneOp op) {
        return vectors.values().stream().anyMatch(all -> all.stream().anyMatch(o -> o.data == op));
    }

    /** Appends an operation on vectors, on any lane and with any indices. */
    public Value append(Builder b, Operation o, Value... args) {
        return switch (o.op) {
            case VEXTRACT, VINSERT -> build(b, o, args);
            case VSHUFFLE -> b.append(o.op, o.type, indices(), args).result();
            default -> b.append(o.op, o.type, o.data, args).result();
        };
    }

    /** As {@link #append}, or what it is folded to. */
    public Value build(Builder b, Operation o, Value... args) {
        return o.data instanceof LaneOp op
                ? b.vectorOfLane(op, o.hasLane() ? random.nextInt(op.lanes().count()) : 0, args)
                : b.shuffle(indices(), args[0], args[1]);
    }

    /** Mostly such as move whole lanes. */
    private V128 indices() {
        int bytes = 1 << random.nextInt(4);
        int lanes = 16 / bytes;
        int from = random.nextInt(2 * lanes);
        int step = random.nextInt(3);
        boolean any = random.nextInt(3) == 0;
        int[] chosen = random.ints(lanes, 0, 2 * lanes).toArray();
        return V128.of(Lanes.I8X16, i -> {
            int lane = any ? chosen[i / bytes] : (from + i / bytes * step) % (2 * lanes);
            return lane * bytes + i % bytes;
        });
    }

    /** One operand, a scalar of any type, and a result of type {@code t}; null if there is no such operation. */
    public Operation unary(Type t) {
        return UNARY.get(t).isEmpty() ? null : pick(UNARY.get(t));
    }

    /** Two operands of the type of the result, a scalar. */
    public Operation binary(Type t) {
        if (t.isInt() && random.nextInt(3) == 0) {
            return new Operation(pick(FREQUENT), t, null, List.of(t, t));
        }
        return pick(BINARY.get(t));
    }

    public IntCond intCond() {
        return pick(Arrays.asList(IntCond.values()));
    }

    public FloatCond floatCond() {
        return pick(Arrays.asList(FloatCond.values()));
    }

    /** A constant that is not NaN. */
    public Value constant(Builder b, Type t) {
        return switch (t) {
            case F32 -> b.f32(Float.floatToRawIntBits((float) FLOATS[random.nextInt(FLOATS.length)]));
            case F64 -> b.f64(Double.doubleToRawLongBits(FLOATS[random.nextInt(FLOATS.length)]));
            case I32, I64 -> b.iconst(t, integer());
            case REF -> b.nullRef();
            case V128 -> b.vconst(new V128(integer(), integer()));
        };
    }

    private long integer() {
        return random.nextInt(5) == 0 ? random.nextLong() >> random.nextInt(64) : INTS[random.nextInt(INTS.length)];
    }
}
