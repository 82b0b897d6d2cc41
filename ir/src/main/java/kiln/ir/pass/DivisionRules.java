package kiln.ir.pass;

import static kiln.ir.Opcode.*;

import java.math.BigInteger;
import kiln.ir.Builder;
import kiln.ir.Type;
import kiln.ir.Value;

/**
 * Division by constants without division (Granlund and Montgomery, "Division by Invariant Integers using
 * Multiplication", 1994). 32-bit quotients come from one 64-bit multiplication, which has room for the 33-bit
 * multipliers that some divisors need; 64-bit ones from the high half of a product.
 */
final class DivisionRules {
    private DivisionRules() {}

    /** {@code x / d}, unsigned, for any {@code d} but 0. */
    static Value unsignedQuotient(Builder b, Value x, long d) {
        Type type = x.type();
        long u = type == Type.I32 ? d & 0xffffffffL : d;
        if ((u & u - 1) == 0) {
            return b.binary(LSHR, x, b.iconst(type, Long.numberOfTrailingZeros(u)));
        }
        return type == Type.I32 ? unsigned32(b, x, u) : unsigned64(b, x, u);
    }

    private static Value unsigned32(Builder b, Value x, long d) {
        Value wide = b.convert(ZEXT, Type.I64, x);
        // With m = ceil(2^(32+s) / d) the quotient is exact if m * d - 2^(32+s) is at most 2^s.
        int s = 63 - Long.numberOfLeadingZeros(d);
        long power = 1L << s;
        BigInteger numerator = BigInteger.ONE.shiftLeft(32 + s);
        BigInteger divisor = BigInteger.valueOf(d);
        long m = ceilDivide(numerator, divisor).longValueExact();
        long excess =
                BigInteger.valueOf(m).multiply(divisor).subtract(numerator).longValueExact();
        if (m <= 0xffffffffL && excess <= power) {
            Value product = b.binary(MUL, wide, b.i64(m));
            return b.convert(WRAP, Type.I32, b.binary(LSHR, product, b.i64(32 + s)));
        }
        // A dividend below 2^32 makes ceil(2^64 / d) exact for every divisor.
        long reciprocal = Long.divideUnsigned(-1, d) + 1;
        return b.convert(WRAP, Type.I32, b.binary(UMULH, wide, b.i64(reciprocal)));
    }

    private static Value unsigned64(Builder b, Value x, long d) {
        BigInteger divisor = unsigned(d);
        int s = 63 - Long.numberOfLeadingZeros(d);
        BigInteger numerator = BigInteger.ONE.shiftLeft(64 + s);
        BigInteger m = ceilDivide(numerator, divisor);
        BigInteger excess = m.multiply(divisor).subtract(numerator);
        if (m.bitLength() <= 64 && excess.compareTo(BigInteger.ONE.shiftLeft(s)) <= 0) {
            return b.binary(LSHR, b.binary(UMULH, x, b.i64(m.longValue())), b.i64(s));
        }
        int even = Long.numberOfTrailingZeros(d);
        if (even > 0) {
            // The dividend loses bits, so that the multiplier needs fewer.
            BigInteger odd = divisor.shiftRight(even);
            int bits = 64 - even;
            int t = odd.bitLength();
            BigInteger n = BigInteger.ONE.shiftLeft(bits + t);
            BigInteger m2 = ceilDivide(n, odd);
            Value half = b.binary(LSHR, x, b.i64(even));
            // m2 has at most bits + 1 bits, which is at most 64; the product's high half holds bits 64 and up.
            int shift = bits + t - 64;
            if (shift >= 0) {
                return b.binary(LSHR, b.binary(UMULH, half, b.i64(m2.longValue())), b.i64(shift));
            }
            return b.binary(UMULH, half, b.i64(m2.shiftLeft(-shift).longValue()));
        }
        // A 65-bit multiplier: 2^64 + m', where the sum of both products is halved before it can overflow.
        BigInteger m65 = ceilDivide(BigInteger.ONE.shiftLeft(64 + s + 1), divisor);
        Value high = b.binary(UMULH, x, b.i64(m65.longValue()));
        Value half = b.binary(LSHR, b.binary(SUB, x, high), b.i64(1));
        return b.binary(LSHR, b.binary(ADD, half, high), b.i64(s));
    }

    /** {@code x / d}, signed, for any {@code d} but 0 and -1. */
    static Value signedQuotient(Builder b, Value x, long d) {
        Type type = x.type();
        int width = type.bytes() * 8;
        long min = type == Type.I32 ? Integer.MIN_VALUE : Long.MIN_VALUE;
        if (d == min) {
            return zeroExtended(b, type, b.icmp(kiln.ir.IntCond.EQ, x, b.iconst(type, min)));
        }
        long a = Math.abs(d);
        Value q;
        if ((a & a - 1) == 0) {
            int k = Long.numberOfTrailingZeros(a);
            if (k == 0) {
                return x;
            }
            q = b.binary(ASHR, b.binary(ADD, x, bias(b, x, k)), b.iconst(type, k));
        } else {
            q = type == Type.I32 ? signed32(b, x, a) : signed64(b, x, a);
            // Rounds towards zero: the quotient of a negative dividend is one too small.
            q = b.binary(ADD, q, b.binary(LSHR, x, b.iconst(type, width - 1)));
        }
        return d < 0 ? b.binary(SUB, b.iconst(type, 0), q) : q;
    }

    /** 2^k - 1 if {@code x} is negative, else 0. */
    static Value bias(Builder b, Value x, int k) {
        Type type = x.type();
        int width = type.bytes() * 8;
        Value sign = k == 1 ? x : b.binary(ASHR, x, b.iconst(type, width - 1));
        return b.binary(LSHR, sign, b.iconst(type, width - k));
    }

    private static Value zeroExtended(Builder b, Type type, Value bool) {
        return type == Type.I32 ? bool : b.convert(ZEXT, type, bool);
    }

    /** floor(x / d) for d not a power of two. */
    private static Value signed32(Builder b, Value x, long d) {
        int s = 63 - Long.numberOfLeadingZeros(d);
        long m = ceilDivide(BigInteger.ONE.shiftLeft(32 + s), BigInteger.valueOf(d))
                .longValueExact();
        Value product = b.binary(MUL, b.convert(SEXT, Type.I64, x), b.i64(m));
        return b.convert(WRAP, Type.I32, b.binary(ASHR, product, b.i64(32 + s)));
    }

    private static Value signed64(Builder b, Value x, long d) {
        int s = 63 - Long.numberOfLeadingZeros(d);
        BigInteger divisor = BigInteger.valueOf(d);
        // One bit less may do, and then the multiplier is positive as a signed number.
        BigInteger small = ceilDivide(BigInteger.ONE.shiftLeft(63 + s), divisor);
        BigInteger excess = small.multiply(divisor).subtract(BigInteger.ONE.shiftLeft(63 + s));
        if (s > 0 && small.bitLength() <= 63 && excess.compareTo(BigInteger.ONE.shiftLeft(s)) <= 0) {
            return b.binary(ASHR, b.binary(SMULH, x, b.i64(small.longValue())), b.i64(s - 1));
        }
        // The multiplier minus 2^64 as a signed number; the product lacks x * 2^64 then.
        BigInteger m = ceilDivide(BigInteger.ONE.shiftLeft(64 + s), divisor);
        Value high = b.binary(ADD, b.binary(SMULH, x, b.i64(m.longValue())), x);
        return b.binary(ASHR, high, b.i64(s));
    }

    private static BigInteger ceilDivide(BigInteger n, BigInteger d) {
        return n.add(d).subtract(BigInteger.ONE).divide(d);
    }

    private static BigInteger unsigned(long v) {
        BigInteger i = BigInteger.valueOf(v);
        return v >= 0 ? i : i.add(BigInteger.ONE.shiftLeft(64));
    }
}
