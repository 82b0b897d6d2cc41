package kiln.ir;

/**
 * Evaluates operations on constants. Integers are given and returned as in ICONST (i32 sign-extended), floats as bit
 * patterns as in FCONST. A NaN that arithmetic produces is the canonical one, which WebAssembly always allows.
 */
public final class ConstantFolding {
    private static final long F32_NAN = 0x7fc00000L;
    private static final long F64_NAN = 0x7ff8000000000000L;

    private ConstantFolding() {}

    /** {@code v} as a constant of {@code type}: sign-extended from 32 bits for i32. */
    public static long normalize(Type type, long v) {
        return type == Type.I32 ? (int) v : v;
    }

    /** Whether {@link #binary} has a result, which is not so if the operation would trap. */
    public static boolean canFold(Opcode op, Type type, long a, long b) {
        return switch (op) {
            case UDIV, UREM, SREM -> b != 0;
            case SDIV -> b != 0 && !(b == -1 && a == (type == Type.I32 ? Integer.MIN_VALUE : Long.MIN_VALUE));
            case ADD, SUB, MUL, UMULH, SMULH, AND, OR, XOR, SHL, LSHR, ASHR, ROTL, ROTR -> true;
            case FADD, FSUB, FMUL, FDIV, FMIN, FMAX, FCOPYSIGN -> true;
            default -> false;
        };
    }

    /** Result of a binary operation for which {@link #canFold} holds. */
    public static long binary(Opcode op, Type type, long a, long b) {
        return switch (type) {
            case I32 -> binary32(op, (int) a, (int) b);
            case I64 -> binary64(op, a, b);
            case F32 -> binaryF32(op, (int) a, (int) b) & 0xffffffffL;
            case F64 -> binaryF64(op, a, b);
            default -> throw notFoldable(op);
        };
    }

    private static int binary32(Opcode op, int a, int b) {
        return switch (op) {
            case ADD -> a + b;
            case SUB -> a - b;
            case MUL -> a * b;
            case UMULH -> (int) (Integer.toUnsignedLong(a) * Integer.toUnsignedLong(b) >>> 32);
            case SMULH -> (int) ((long) a * b >> 32);
            case UDIV -> Integer.divideUnsigned(a, b);
            case SDIV -> a / b;
            case UREM -> Integer.remainderUnsigned(a, b);
            case SREM -> a % b;
            case AND -> a & b;
            case OR -> a | b;
            case XOR -> a ^ b;
            case SHL -> a << b;
            case LSHR -> a >>> b;
            case ASHR -> a >> b;
            case ROTL -> Integer.rotateLeft(a, b);
            case ROTR -> Integer.rotateRight(a, b);
            default -> throw notFoldable(op);
        };
    }

    private static long binary64(Opcode op, long a, long b) {
        return switch (op) {
            case ADD -> a + b;
            case SUB -> a - b;
            case MUL -> a * b;
            case UMULH -> Math.unsignedMultiplyHigh(a, b);
            case SMULH -> Math.multiplyHigh(a, b);
            case UDIV -> Long.divideUnsigned(a, b);
            case SDIV -> a / b;
            case UREM -> Long.remainderUnsigned(a, b);
            case SREM -> a % b;
            case AND -> a & b;
            case OR -> a | b;
            case XOR -> a ^ b;
            case SHL -> a << b;
            case LSHR -> a >>> b;
            case ASHR -> a >> b;
            case ROTL -> Long.rotateLeft(a, (int) b);
            case ROTR -> Long.rotateRight(a, (int) b);
            default -> throw notFoldable(op);
        };
    }

    private static int binaryF32(Opcode op, int aBits, int bBits) {
        if (op == Opcode.FCOPYSIGN) {
            return aBits & 0x7fffffff | bBits & 0x80000000;
        }
        float a = Float.intBitsToFloat(aBits);
        float b = Float.intBitsToFloat(bBits);
        return Float.floatToIntBits(
                switch (op) {
                    case FADD -> a + b;
                    case FSUB -> a - b;
                    case FMUL -> a * b;
                    case FDIV -> a / b;
                    case FMIN -> Math.min(a, b);
                    case FMAX -> Math.max(a, b);
                    default -> throw notFoldable(op);
                });
    }

    private static long binaryF64(Opcode op, long aBits, long bBits) {
        if (op == Opcode.FCOPYSIGN) {
            return aBits & Long.MAX_VALUE | bBits & Long.MIN_VALUE;
        }
        double a = Double.longBitsToDouble(aBits);
        double b = Double.longBitsToDouble(bBits);
        return Double.doubleToLongBits(
                switch (op) {
                    case FADD -> a + b;
                    case FSUB -> a - b;
                    case FMUL -> a * b;
                    case FDIV -> a / b;
                    case FMIN -> Math.min(a, b);
                    case FMAX -> Math.max(a, b);
                    default -> throw notFoldable(op);
                });
    }

    /** Whether {@link #unary} has a result, which is not so if the operation would trap. */
    public static boolean canFold(Opcode op, Type type, Type from, long a) {
        return switch (op) {
            case CLZ, CTZ, POPCNT, SEXT8, SEXT16, SEXT32, WRAP, SEXT, ZEXT, BITCAST -> true;
            case FPROMOTE, FDEMOTE, FROM_SINT, FROM_UINT, TO_SINT_SAT, TO_UINT_SAT -> true;
            case FSQRT, FABS, FNEG, FCEIL, FFLOOR, FTRUNC, FNEAREST -> true;
            case TO_SINT -> {
                double d = toDouble(from, a);
                yield type == Type.I32 ? d > -0x1p31 - 1 && d < 0x1p31 : d >= -0x1p63 && d < 0x1p63;
            }
            case TO_UINT -> {
                double d = toDouble(from, a);
                yield d > -1 && d < (type == Type.I32 ? 0x1p32 : 0x1p64);
            }
            default -> false;
        };
    }

    /** Result of a unary operation or conversion from {@code from} to {@code type} for which {@link #canFold} holds. */
    public static long unary(Opcode op, Type type, Type from, long a) {
        return switch (op) {
            case CLZ -> type == Type.I32 ? Integer.numberOfLeadingZeros((int) a) : Long.numberOfLeadingZeros(a);
            case CTZ -> type == Type.I32 ? Integer.numberOfTrailingZeros((int) a) : Long.numberOfTrailingZeros(a);
            case POPCNT -> type == Type.I32 ? Integer.bitCount((int) a) : Long.bitCount(a);
            case SEXT8 -> (byte) a;
            case SEXT16 -> (short) a;
            case SEXT32, WRAP, SEXT -> (int) a;
            case ZEXT -> a & 0xffffffffL;
            case BITCAST -> type == Type.F32 ? a & 0xffffffffL : normalize(type, a);
            case FPROMOTE, FDEMOTE -> fromDouble(type, toDouble(from, a));
            case FROM_SINT -> type == Type.F32 ? floatBits((float) a) : Double.doubleToLongBits((double) a);
            case FROM_UINT -> fromUnsigned(type, from == Type.I32 ? a & 0xffffffffL : a);
            case TO_SINT, TO_SINT_SAT -> type == Type.I32 ? (int) toDouble(from, a) : (long) toDouble(from, a);
            case TO_UINT, TO_UINT_SAT -> toUnsigned(type, toDouble(from, a));
            case FABS -> type == Type.F32 ? a & 0x7fffffffL : a & Long.MAX_VALUE;
            case FNEG -> type == Type.F32 ? a ^ 0x80000000L : a ^ Long.MIN_VALUE;
            // Each of these rounds correctly when done in double, also for f32.
            case FSQRT -> fromDouble(type, Math.sqrt(toDouble(from, a)));
            case FCEIL -> fromDouble(type, Math.ceil(toDouble(from, a)));
            case FFLOOR -> fromDouble(type, Math.floor(toDouble(from, a)));
            case FNEAREST -> fromDouble(type, Math.rint(toDouble(from, a)));
            case FTRUNC -> {
                double d = toDouble(from, a);
                yield fromDouble(type, d < 0 ? Math.ceil(d) : Math.floor(d));
            }
            default -> throw notFoldable(op);
        };
    }

    /** Result of FCMP on bit patterns. */
    public static boolean compare(FloatCond cond, Type type, long a, long b) {
        return cond.test(toDouble(type, a), toDouble(type, b));
    }

    private static long fromUnsigned(Type type, long a) {
        // An unsigned value with the top bit set is halved first; the lost bit stays sticky, so that rounding is right.
        long half = a >>> 1 | a & 1;
        if (type == Type.F32) {
            return floatBits(a >= 0 ? (float) a : (float) half * 2);
        }
        return Double.doubleToLongBits(a >= 0 ? (double) a : (double) half * 2);
    }

    private static long toUnsigned(Type type, double d) {
        if (!(d > 0)) {
            return 0;
        }
        if (type == Type.I32) {
            return d >= 0x1p32 ? -1 : (int) (long) d;
        }
        if (d >= 0x1p64) {
            return -1;
        }
        return d < 0x1p63 ? (long) d : (long) (d - 0x1p63) ^ Long.MIN_VALUE;
    }

    private static long floatBits(float f) {
        return Float.floatToIntBits(f) & 0xffffffffL;
    }

    private static double toDouble(Type type, long bits) {
        return type == Type.F32 ? Float.intBitsToFloat((int) bits) : Double.longBitsToDouble(bits);
    }

    private static long fromDouble(Type type, double d) {
        if (Double.isNaN(d)) {
            return type == Type.F32 ? F32_NAN : F64_NAN;
        }
        return type == Type.F32 ? floatBits((float) d) : Double.doubleToLongBits(d);
    }

    private static IllegalArgumentException notFoldable(Opcode op) {
        return new IllegalArgumentException("not foldable: " + op);
    }
}
