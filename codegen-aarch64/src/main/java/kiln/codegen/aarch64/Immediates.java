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

    /** A vector constant that one instruction makes: a row of {@link Op} and what it needs. */
    record Vector(Op op, Arrangement lanes, Modifier modifier) {}

    /**
     * How MOVI, MVNI or FMOV make a vector of which both halves are {@code v} (Arm ARM, AdvSIMDExpandImm); null if they
     * cannot.
     */
    static Vector vector(long v) {
        long bytes = byteMask(v);
        if (bytes >= 0) {
            return new Vector(Op.VMOVI_D, Arrangement.D2, immediate(14, (int) bytes, String.format("#0x%016x", v)));
        }
        int word = (int) v;
        if (word != (int) (v >>> 32)) {
            int imm8 = fmovDouble(v);
            return imm8 < 0
                    ? null
                    : new Vector(Op.VFMOV_D, Arrangement.D2, immediate(15, imm8, "#" + Double.longBitsToDouble(v)));
        }
        int half = word & 0xffff;
        if (half == word >>> 16) {
            if (half >>> 8 == (half & 0xff)) {
                return new Vector(Op.VMOVI, Arrangement.B16, immediate(14, half & 0xff, "#" + (half & 0xff)));
            }
            Vector halves = shifted(half, 16, Arrangement.H8, 8);
            if (halves != null) {
                return halves;
            }
        }
        Vector words = shifted(word, 32, Arrangement.S4, 0);
        if (words != null) {
            return words;
        }
        words = filled(word);
        if (words != null) {
            return words;
        }
        int imm8 = fmovSingle(word);
        if (imm8 >= 0) {
            return new Vector(Op.VFMOV, Arrangement.S4, immediate(15, imm8, "#" + Float.intBitsToFloat(word)));
        }
        return null;
    }

    /** A bit for each byte of ones, or -1 if there are other bytes than ones and zeros. */
    private static long byteMask(long v) {
        long mask = 0;
        for (int i = 0; i < 8; i++) {
            long b = v >>> 8 * i & 0xff;
            if (b != 0 && b != 0xff) {
                return -1;
            }
            mask |= (b & 1) << i;
        }
        return mask;
    }

    /** One byte of an element is not zero, or one is not ones; {@code cmode} is that of the lowest byte. */
    private static Vector shifted(int element, int bits, Arrangement lanes, int cmode) {
        int mask = (int) (-1L >>> 64 - bits);
        for (int shift = 0; shift < bits; shift += 8) {
            int others = mask & ~(0xff << shift);
            int mode = cmode + shift / 4;
            if ((element & others) == 0) {
                return new Vector(Op.VMOVI, lanes, immediate(mode, element >>> shift & 0xff, ", lsl #", shift));
            }
            if ((element & others) == others) {
                return new Vector(Op.VMVNI, lanes, immediate(mode, ~element >>> shift & 0xff, ", lsl #", shift));
            }
        }
        return null;
    }

    /** A byte with ones below it and zeros above, or the complement of that. */
    private static Vector filled(int word) {
        for (int shift = 8; shift <= 16; shift += 8) {
            int ones = (1 << shift) - 1;
            int others = ~(0xff << shift);
            int mode = 12 + shift / 8 - 1;
            if ((word & others) == ones) {
                return new Vector(Op.VMOVI, Arrangement.S4, immediate(mode, word >>> shift & 0xff, ", msl #", shift));
            }
            if ((~word & others) == ones) {
                return new Vector(Op.VMVNI, Arrangement.S4, immediate(mode, ~word >>> shift & 0xff, ", msl #", shift));
            }
        }
        return null;
    }

    private static Modifier immediate(int cmode, int imm8, String how, int shift) {
        return immediate(cmode, imm8, "#" + imm8 + (shift == 0 ? "" : how + shift));
    }

    private static Modifier immediate(int cmode, int imm8, String text) {
        return new Modifier.VectorImmediate(cmode, imm8, text);
    }
}
