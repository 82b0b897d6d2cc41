package kiln.ir.testing;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import kiln.ir.Builder;
import kiln.ir.Evaluation;
import kiln.ir.FloatCond;
import kiln.ir.IntCond;
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

    /** By the type of their result. */
    private static final Map<Type, List<Operation>> UNARY = new EnumMap<>(Type.class);

    private static final Map<Type, List<Operation>> BINARY = new EnumMap<>(Type.class);

    static {
        for (Type t : Type.values()) {
            UNARY.put(t, new ArrayList<>());
            BINARY.put(t, new ArrayList<>());
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
                    case Evaluation.OfSideData() -> {
                        if (op.data() == SideData.Kind.LANES) {
                            addVectors(op);
                        }
                    }
                    case Evaluation.None() -> {}
                }
            }
        }
    }

    private static void addVectors(Opcode op) {
        for (VectorOp v : VectorOp.values()) {
            // Until both back ends lower all of them.
            if (v.opcode() == op && v == VectorOp.ADD) {
                EnumSet.of(Lanes.I8X16)
                        .forEach(lanes -> BINARY.get(Type.V128)
                                .add(new Operation(op, Type.V128, v.on(lanes), List.of(Type.V128, Type.V128))));
            }
        }
    }

    private final Random random;

    public RandomOperations(Random random) {
        this.random = random;
    }

    private <T> T pick(List<T> from) {
        return from.get(random.nextInt(from.size()));
    }

    /** One operand, of any type, and a result of type {@code t}; null if there is no such operation. */
    public Operation unary(Type t) {
        return UNARY.get(t).isEmpty() ? null : pick(UNARY.get(t));
    }

    /** Two operands of the type of the result. */
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
