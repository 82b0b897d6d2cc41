package kiln.codegen.testing;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import kiln.ir.Type;
import kiln.ir.V128;

/** Values of each type at which something changes, as words: one for a scalar, two for a vector. */
final class EdgeValues {
    private static final long[] INTS = {
        0,
        1,
        2,
        3,
        5,
        7,
        8,
        31,
        32,
        33,
        63,
        64,
        65,
        127,
        128,
        255,
        256,
        0x7fff,
        0x8000,
        0xffff,
        0x10000,
        0x1000,
        0x1001,
        0xffffff,
        0xfff000,
        0x7fffffffL,
        0x80000000L,
        0xffffffffL,
        0x100000000L,
        0x123456789abcdefL,
        -1,
        -2,
        -8,
        -127,
        -128,
        -129,
        -4095,
        -4097,
        -32768,
        -32769,
        -2147483648L,
        -2147483649L,
        Long.MAX_VALUE,
        Long.MIN_VALUE,
        Long.MIN_VALUE + 1,
        0x5555555555555555L,
        0x8000000080000000L,
        0xff00ff00ff00ff00L,
    };
    private static final double[] FLOATS = {
        0,
        -0.0,
        1,
        -1,
        0.5,
        -0.5,
        1.5,
        2.5,
        -1.5,
        -2.5,
        0.1,
        3.7,
        -3.7,
        0.9999999,
        -0.9999999,
        -0.99999999999999,
        -1.0000001,
        1e10,
        -1e10,
        1e300,
        1e-300,
        Float.MIN_VALUE,
        Float.MIN_NORMAL,
        Float.MAX_VALUE,
        Double.MIN_VALUE,
        Double.MAX_VALUE,
        -Double.MAX_VALUE,
        Double.POSITIVE_INFINITY,
        Double.NEGATIVE_INFINITY,
        Double.NaN,
        0x1p31,
        0x1p31 - 1,
        0x1p31 - 0.5,
        -0x1p31,
        -0x1p31 - 0.5,
        -0x1p31 - 1,
        -0x1p31 - 2,
        0x1p32,
        0x1p32 - 1,
        0x1p32 - 0.5,
        0x1p62,
        0x1p63,
        0x1.fffffffffffffp62,
        -0x1p63,
        -0x1.0000000000001p63,
        0x1p64,
        0x1.fffffffffffffp63,
        0x1p52 + 0.5,
        0x1p24 + 1,
        8388609.0,
        0x1.fffffep30,
        0x1.fffffep31,
        0x1.fffffep62,
        0x1.fffffep63,
        -0x1.000002p31,
        -0x1.000002p63,
    };
    /** NaNs that are not canonical, one signalling and one quiet. */
    private static final long[] F32_NANS = {0x7fa00000L, 0xffc12345L};

    private static final long[] F64_NANS = {0x7ff4000000000000L, 0xfff8123456789abcL};

    private EdgeValues() {}

    /**
     * All of a type; on an emulated machine every fifth and the first ones, unless {@code -Dkiln.whole=true} is given.
     */
    static List<long[]> of(Type type) {
        List<long[]> all = all(type);
        if (!Boolean.getBoolean("kiln.emulated") || Boolean.getBoolean("kiln.whole")) {
            return all;
        }
        List<long[]> some = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            if (i < 4 || i % 5 == 0) {
                some.add(all.get(i));
            }
        }
        return some;
    }

    private static List<long[]> all(Type type) {
        return switch (type) {
            case I32, I64, REF -> scalars(Arrays.stream(INTS).map(type::normalize));
            case F32 ->
                scalars(LongStream.concat(
                        Arrays.stream(FLOATS).mapToLong(d -> Float.floatToRawIntBits((float) d) & 0xffffffffL),
                        Arrays.stream(F32_NANS)));
            case F64 ->
                scalars(LongStream.concat(
                        Arrays.stream(FLOATS).mapToLong(Double::doubleToRawLongBits), Arrays.stream(F64_NANS)));
            case V128 -> vectors();
        };
    }

    private static List<long[]> scalars(LongStream values) {
        return values.distinct().mapToObj(v -> new long[] {v}).toList();
    }

    /** Neighbours in the tables of scalars, and every edge of a byte. */
    private static List<long[]> vectors() {
        List<long[]> all = new ArrayList<>();
        all.add(new long[] {0, 0});
        all.add(new long[] {-1, -1});
        all.add(new long[] {0x7f80ff0001fe8180L, 0x8001ff7f7e810200L});
        all.add(new long[] {0x0123456789abcdefL, 0xfedcba9876543210L});
        for (int i = 0; i + 1 < INTS.length; i += 2) {
            all.add(new long[] {INTS[i], INTS[i + 1]});
        }
        for (int i = 0; i + 1 < FLOATS.length; i += 2) {
            long low = Float.floatToRawIntBits((float) FLOATS[i]);
            long high = Float.floatToRawIntBits((float) FLOATS[i + 1]);
            all.add(new long[] {high << 32 | low & 0xffffffffL, Double.doubleToRawLongBits(FLOATS[i])});
        }
        return all;
    }

    static V128 vector(long[] words) {
        return new V128(words[0], words[1]);
    }
}
