package kiln.codegen.aarch64;

/** Which constants fit into which instructions. The encoders answer -1 for "does not fit". */
final class Immediates {
    private Immediates() {}

    /** Whether ADD or SUB takes {@code v}: 12 bits, or 12 bits shifted left by 12. */
    static boolean isAddSub(long v) {
        return (v & ~0xfffL) == 0 || (v & ~0xfff000L) == 0;
    }

    /**
     * Fields N:immr:imms of a bitmask immediate (Arm ARM, DecodeBitMasks): a run of ones, rotated, repeated in elements
     * of 2, 4, 8, 16, 32 or 64 bits.
     *
     * @param wide 64 bits; else the low 32 bits of {@code v} count
     * @return 13 bits, or -1
     */
    static int logical(long v, boolean wide) {
        if (!wide) {
            v = v & 0xffff_ffffL | v << 32;
        }
        if (v == 0 || v == -1) {
            return -1;
        }
        int size = 64;
        while (size > 2) {
            int half = size / 2;
            long mask = (1L << half) - 1;
            if ((v & mask) != (v >>> half & mask)) {
                break;
            }
            size = half;
        }
        long mask = size == 64 ? -1 : (1L << size) - 1;
        long element = v & mask;
        int ones = Long.bitCount(element);
        // Rotate left until the run of ones starts at bit 0: one rotation puts a one at bit 0 and a zero at the top.
        int rotation = 0;
        long e = element;
        if ((e & 1) != 0 && (e >>> size - 1 & 1) != 0) {
            int leading = Long.numberOfLeadingZeros(~(e << 64 - size));
            rotation = leading;
        } else {
            rotation = size - Long.numberOfTrailingZeros(e);
        }
        rotation &= size - 1;
        long run = ones == 64 ? -1 : (1L << ones) - 1;
        long rotated = rotation == 0 ? e : (e << rotation | e >>> size - rotation) & mask;
        if (rotated != run) {
            return -1;
        }
        int n = size == 64 ? 1 : 0;
        int imms = (-size << 1 | ones - 1) & 0x3f;
        return n << 12 | rotation << 6 | imms;
    }

    /** The eight bits of FMOV for a single-precision pattern, or -1. */
    static int fmovSingle(int bits) {
        if ((bits & 0x7ffff) != 0) {
            return -1;
        }
        int exponent = bits >>> 25 & 0x3f;
        if (exponent != 0x20 && exponent != 0x1f) {
            return -1;
        }
        return bits >>> 24 & 0x80 | bits >>> 19 & 0x7f;
    }

    /** The eight bits of FMOV for a double-precision pattern, or -1. */
    static int fmovDouble(long bits) {
        if ((bits & 0xffff_ffff_ffffL) != 0) {
            return -1;
        }
        int exponent = (int) (bits >>> 54) & 0x1ff;
        if (exponent != 0x100 && exponent != 0xff) {
            return -1;
        }
        return (int) (bits >>> 56) & 0x80 | (int) (bits >>> 48) & 0x7f;
    }

    /** Whether a signed displacement fits the unscaled form. */
    static boolean isUnscaled(long v) {
        return v >= -256 && v <= 255;
    }

    /** Whether a displacement fits the scaled form for accesses of {@code 1 << scale} bytes. */
    static boolean isScaled(long v, int scale) {
        return v >= 0 && (v & (1L << scale) - 1) == 0 && v >> scale <= 4095;
    }

    /** Whether a displacement fits LDP and STP of registers of {@code 1 << scale} bytes. */
    static boolean isPair(long v, int scale) {
        long q = v >> scale;
        return (v & (1L << scale) - 1) == 0 && q >= -64 && q <= 63;
    }

    /** Whether one instruction loads the constant: MOVZ, MOVN or ORR. */
    static boolean isSingleMove(long v, boolean wide) {
        if (!wide || v >>> 32 == 0) {
            v &= 0xffff_ffffL;
            wide = false;
        }
        int halves = wide ? 4 : 2;
        int zeros = 0;
        int ones = 0;
        for (int i = 0; i < halves; i++) {
            int h = (int) (v >>> 16 * i) & 0xffff;
            zeros += h == 0 ? 1 : 0;
            ones += h == 0xffff ? 1 : 0;
        }
        return Math.max(zeros, ones) >= halves - 1 || logical(v, wide) >= 0;
    }
}
