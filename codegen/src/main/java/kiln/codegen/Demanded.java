package kiln.codegen;

import kiln.ir.Inst;
import kiln.ir.IntCond;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.Value;

/**
 * Operands of which an instruction demands less than all bits: what it may read instead, so that what only changes the
 * other bits is not computed. The passes remove such operations where nothing else uses their results; here they are
 * skipped by the one instruction that can do without, at all levels.
 */
public final class Demanded {
    private Demanded() {}

    /** What {@code v} was made from without change to its low {@code bits} bits, 1..64. */
    public static Value low(LoweringContext c, Value v, int bits) {
        Value result = v;
        Inst d = c.foldable(result);
        while (d != null && keepsLow(d, bits)) {
            result = d.arg(0);
            d = c.foldable(result, d);
        }
        return result;
    }

    private static boolean keepsLow(Inst d, int bits) {
        return switch (d.opcode()) {
            case WRAP, ZEXT, SEXT, SEXT32 -> bits <= 32;
            case SEXT16 -> bits <= 16;
            case SEXT8 -> bits <= 8;
            case AND -> {
                long low = -1L >>> 64 - bits;
                yield d.arg(1).is(Opcode.ICONST) && (LoweringContext.constValue(d.arg(1)) & low) == low;
            }
            default -> false;
        };
    }

    /** What to shift or rotate by: machines read as many bits of a count as it takes to number those of the operand. */
    public static Value count(LoweringContext c, Inst shift) {
        return low(c, shift.arg(1), shift.type() == Type.I32 ? 5 : 6);
    }

    /**
     * What to store: the value before conversions that do not change its bytes (floats that were integers, or the other
     * way round), and before those that only change bytes beyond the ones stored.
     */
    public static Value stored(LoweringContext c, Inst store) {
        int width = store.memory().width();
        Value v = store.stored();
        if (v.type().bytes() == width && c.foldable(v, Opcode.BITCAST) != null) {
            v = v.inst().arg(0);
        }
        return v.type().isInt() ? low(c, v, width * 8) : v;
    }

    /**
     * An i32 that is asked whether it is zero.
     *
     * @param value zero in the same cases, or
     * @param negated in the opposite ones
     */
    public record Truth(Value value, boolean negated) {}

    /** Looks through comparisons of comparisons with zero, as far as the inner one may be repeated. */
    public static Truth truth(LoweringContext c, Value v) {
        Value value = v;
        boolean negated = false;
        Inst compare = c.comparison(value);
        while (compare != null && compare.opcode() == Opcode.ICMP && isZero(compare.arg(1))) {
            boolean opposite = compare.intCond() == IntCond.EQ || compare.intCond() == IntCond.ULE;
            if (!opposite && compare.intCond() != IntCond.NE && compare.intCond() != IntCond.UGT) {
                break;
            }
            Inst inner = c.comparison(compare.arg(0));
            if (inner == null) {
                break;
            }
            value = compare.arg(0);
            negated ^= opposite;
            compare = inner;
        }
        return new Truth(value, negated);
    }

    private static boolean isZero(Value v) {
        return v.is(Opcode.ICONST) && LoweringContext.constValue(v) == 0;
    }
}
