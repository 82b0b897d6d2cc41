package kiln.ir.pass;

import static kiln.ir.Opcode.*;

import kiln.ir.Block;
import kiln.ir.Builder;
import kiln.ir.Inst;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.Value;
import kiln.ir.analysis.Range;
import kiln.ir.analysis.Ranges;

/**
 * Rules for conversions between types and for floats, of which only those that are exact bit for bit; as {@link
 * IntegerRules}.
 */
final class ConversionRules {
    /** The largest shift count that addresses have room for on every machine. */
    private static final int MAX_SCALE = 3;

    private final Builder b;
    private final Simplify.SingleUses single;
    private final KnownBits bits;
    /** May be null. */
    private final Ranges ranges;

    private final AccessedIndices accessed;

    /** @param ranges may be null; sums of {@code accessed} indices are looked at only if it is not */
    ConversionRules(Builder b, Simplify.SingleUses single, KnownBits bits, Ranges ranges, AccessedIndices accessed) {
        this.b = b;
        this.bits = bits;
        this.ranges = ranges;
        this.single = single;
        this.accessed = accessed;
    }

    Value apply(Inst i) {
        Value x = i.arg(0);
        Inst d = x.inst();
        if (d == null) {
            boolean nonNegative = i.opcode() == SEXT
                    && ranges != null
                    && ranges.at(x, i.block()).isNonNegative();
            return nonNegative ? b.convert(ZEXT, Type.I64, x) : null;
        }
        return switch (i.opcode()) {
            case WRAP -> wrap(x, d);
            case ZEXT -> zeroExtended(x, d, i.block());
            case SEXT -> signExtended(x, d, i.block());
            case SEXT8 -> narrowSign(i, x, d, 8);
            case SEXT16 -> narrowSign(i, x, d, 16);
            case SEXT32 -> narrowSign(i, x, d, 32);
            case BITCAST -> d.opcode() == BITCAST ? d.arg(0) : null;
            case FNEG -> d.opcode() == FNEG ? d.arg(0) : null;
            case FABS ->
                d.opcode() == FABS ? x : d.opcode() == FNEG || d.opcode() == FCOPYSIGN ? b.unary(FABS, d.arg(0)) : null;
            default -> null;
        };
    }

    private Value wrap(Value x, Inst d) {
        switch (d.opcode()) {
            case SEXT32:
                return b.convert(WRAP, Type.I32, d.arg(0));
            case ADD, SUB, MUL, AND, OR, XOR:
                // The low half depends on the low halves only; worth it if one of them exists already.
                if (single.contains(x) && (isFree(d.arg(0)) || isFree(d.arg(1)))) {
                    return b.binary(
                            d.opcode(), b.convert(WRAP, Type.I32, d.arg(0)), b.convert(WRAP, Type.I32, d.arg(1)));
                }
                return null;
            case SHL:
                if (d.arg(1).is(ICONST) && (d.arg(1).inst().imm() & 63) < 32 && isFree(d.arg(0))) {
                    return b.binary(SHL, b.convert(WRAP, Type.I32, d.arg(0)), b.i32((int)
                            d.arg(1).inst().imm()));
                }
                return null;
            default:
                return null;
        }
    }

    /** Whether the low half of {@code v} takes no instruction. */
    private static boolean isFree(Value v) {
        return v.is(ICONST) || v.is(ZEXT) || v.is(SEXT);
    }

    /**
     * Sums and small multiples that cannot wrap around are formed behind the extension, where they are part of an
     * address: how tables are indexed by what was a byte, and arrays by what counts.
     */
    private Value zeroExtended(Value x, Inst d, Block block) {
        if (d.opcode() == WRAP) {
            return bits.possible(d.arg(0)) >>> 32 == 0 ? d.arg(0) : null;
        }
        if ((d.opcode() != ADD && d.opcode() != SHL) || !d.arg(1).is(ICONST)) {
            return null;
        }
        Value y = d.arg(0);
        long c = d.arg(1).inst().imm() & KnownBits.all(Type.I32);
        // How often something is used is asked last: somebody has to count that first.
        if (d.opcode() == SHL) {
            return c <= MAX_SCALE && bits.possible(y) << c <= KnownBits.all(Type.I32) && single.isExtendedOnly(x)
                    ? b.binary(SHL, b.convert(ZEXT, Type.I64, y), b.i64(c))
                    : null;
        }
        if (bits.possible(y) + c <= KnownBits.all(Type.I32)) {
            return single.isExtendedOnly(x) ? b.binary(ADD, b.convert(ZEXT, Type.I64, y), b.i64(c)) : null;
        }
        if (ranges == null || !single.isExtendedOnly(x)) {
            return null;
        }
        Value index = accessed.below(x, block);
        return index == null
                ? extendedSum(y, (int) c, ranges.at(y, block))
                : b.binary(ADD, b.convert(ZEXT, Type.I64, index), b.i64(accessed.distance(x)));
    }

    /** The zero-extended sum of an i32 in range {@code r} and a constant, or null if it may wrap around. */
    private Value extendedSum(Value y, int c, Range r) {
        if (c >= 0 ? r.umax() + c <= KnownBits.all(Type.I32) : r.umin() + c >= 0) {
            return b.binary(ADD, b.convert(ZEXT, Type.I64, y), b.i64(c));
        }
        // What counts from -n up to 0, to which the end of an array is added.
        boolean counts =
                ranges.isCounter(y) || y.is(SHL) && ranges.isCounter(y.inst().arg(0));
        if (counts && c >= 0 && r.smin() + c >= 0) {
            return b.binary(ADD, b.convert(SEXT, Type.I64, y), b.i64(c));
        }
        return null;
    }

    private Value signExtended(Value x, Inst d, Block block) {
        if ((bits.possible(x) & 0x80000000L) == 0) {
            return b.convert(ZEXT, Type.I64, x);
        }
        if (d.opcode() == WRAP) {
            return b.unary(SEXT32, d.arg(0));
        }
        if (ranges == null) {
            return null;
        }
        if (ranges.at(x, block).isNonNegative()) {
            return b.convert(ZEXT, Type.I64, x);
        }
        if (d.opcode() == SHL && d.arg(1).is(ICONST) && single.contains(x)) {
            long n = d.arg(1).inst().imm() & 31;
            Range r = ranges.at(d.arg(0), block);
            if (n <= MAX_SCALE && r.smin() << n >= Integer.MIN_VALUE && r.smax() << n <= Integer.MAX_VALUE) {
                return b.binary(SHL, b.convert(SEXT, Type.I64, d.arg(0)), b.i64(n));
            }
        }
        return null;
    }

    private Value narrowSign(Inst i, Value x, Inst d, int bits) {
        Type type = i.type();
        Opcode op = i.opcode();
        if (significant(x, d) <= bits) {
            return x;
        }
        long mask = (1L << bits) - 1;
        // Bits above the sign are dropped anyway.
        if (d.opcode() == AND && d.arg(1).is(ICONST) && (d.arg(1).inst().imm() & mask) == mask) {
            return b.unary(op, d.arg(0));
        }
        boolean wider = d.opcode() == SEXT16 && bits < 16 || d.opcode() == SEXT32 && bits < 32;
        if (wider) {
            return b.unary(op, d.arg(0));
        }
        if (op == SEXT32 && d.opcode() == ZEXT) {
            return b.convert(SEXT, type, d.arg(0));
        }
        return null;
    }

    /** From how many bits {@code x} is sign-extended, as far as its definition tells. */
    private int significant(Value x, Inst d) {
        switch (d.opcode()) {
            case SEXT8:
                return 8;
            case SEXT16:
                return 16;
            case SEXT32, SEXT:
                return 32;
            case LOAD:
                if (d.memory().signed()) {
                    return d.memory().width() * 8;
                }
                break;
            default:
                break;
        }
        long possible = bits.possible(x);
        return possible == 0 ? 1 : 65 - Long.numberOfLeadingZeros(possible);
    }

    Value binary(Inst i) {
        Value x = i.arg(0);
        Value y = i.arg(1);
        if (!y.is(FCONST)) {
            if (i.opcode() == FCOPYSIGN && x == y) {
                return x;
            }
            return null;
        }
        long c = y.inst().imm();
        switch (i.opcode()) {
            case FCOPYSIGN: {
                boolean negative = (i.type() == Type.F32 ? (int) c : c) < 0;
                Value abs = b.unary(FABS, x);
                return negative ? b.unary(FNEG, abs) : abs;
            }
            case FDIV: {
                long reciprocal = reciprocal(i.type(), c);
                return reciprocal == 0 ? null : b.binary(FMUL, x, b.constant(i.type(), reciprocal));
            }
            default:
                return null;
        }
    }

    /** Bits of 1/c if c is a power of two whose reciprocal is a normal number, else 0. Multiplying by that is exact. */
    private static long reciprocal(Type type, long c) {
        if (type == Type.F32) {
            float f = Float.intBitsToFloat((int) c);
            int e = Math.getExponent(f);
            boolean power = ((int) c & 0x7fffff) == 0 && e > Float.MIN_EXPONENT && e < Float.MAX_EXPONENT;
            return power ? Float.floatToRawIntBits(1 / f) & 0xffffffffL : 0;
        }
        double d = Double.longBitsToDouble(c);
        int e = Math.getExponent(d);
        boolean power = (c & 0xfffffffffffffL) == 0 && e > Double.MIN_EXPONENT && e < Double.MAX_EXPONENT;
        return power ? Double.doubleToRawLongBits(1 / d) : 0;
    }
}
