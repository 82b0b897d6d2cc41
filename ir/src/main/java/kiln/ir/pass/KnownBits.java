package kiln.ir.pass;

import kiln.ir.Inst;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.TypeRule;
import kiln.ir.Value;
import kiln.ir.analysis.Ranges;

/**
 * Which bits of an integer are zero whatever the operands are, found by looking a few definitions back; of parameters
 * of blocks their ranges say it.
 */
final class KnownBits {
    /** Looks at definitions only. */
    static final KnownBits OF_DEFINITIONS = new KnownBits(null);

    private static final int MAX_DEPTH = 5;

    /** May be null. */
    private final Ranges ranges;

    KnownBits(Ranges ranges) {
        this.ranges = ranges;
    }

    /** Bits that may be one. For i32 the upper half of the mask is zero. */
    long possible(Value v) {
        return possible(v, MAX_DEPTH);
    }

    static long all(Type type) {
        return type == Type.I32 ? 0xffffffffL : -1;
    }

    /** Whether {@code v} is 0 or 1. */
    boolean isBool(Value v) {
        return (possible(v) & ~1L) == 0;
    }

    private long possible(Value v, int depth) {
        Inst i = v.inst();
        long all = all(v.type());
        if (i == null && ranges != null && (v.type() == Type.I32 || v.type() == Type.I64)) {
            return ranges.of(v).possibleBits();
        }
        if (i == null || depth == 0) {
            return all;
        }
        if (i.opcode().types().result() == TypeRule.Result.BOOL) {
            return 1;
        }
        return switch (i.opcode()) {
            case ICONST -> i.imm() & all;
            case AND -> possible(i.arg(0), depth - 1) & possible(i.arg(1), depth - 1);
            case OR, XOR -> possible(i.arg(0), depth - 1) | possible(i.arg(1), depth - 1);
            case ADD -> {
                long sum = lowMask(possible(i.arg(0), depth - 1)) | lowMask(possible(i.arg(1), depth - 1));
                yield (sum << 1 | 1 | sum) & all;
            }
            case SHL -> i.arg(1).is(Opcode.ICONST) ? possible(i.arg(0), depth - 1) << count(i) & all : all;
            case LSHR -> {
                long p = possible(i.arg(0), depth - 1);
                yield i.arg(1).is(Opcode.ICONST) ? p >>> count(i) : lowMask(p);
            }
            case ASHR -> {
                long p = possible(i.arg(0), depth - 1);
                boolean mayBeNegative = (p >>> v.type().bytes() * 8 - 1 & 1) != 0;
                yield !i.arg(1).is(Opcode.ICONST) || mayBeNegative ? all : p >>> count(i);
            }
            case CLZ, CTZ, POPCNT -> 127;
            case UREM -> lowMask(possible(i.arg(1), depth - 1));
            case UDIV -> lowMask(possible(i.arg(0), depth - 1));
            case SELECT -> possible(i.arg(1), depth - 1) | possible(i.arg(2), depth - 1);
            case ZEXT, WRAP -> possible(i.arg(0), depth - 1) & 0xffffffffL;
            case SEXT -> {
                long p = possible(i.arg(0), depth - 1);
                yield (p & 0x80000000L) == 0 ? p : all;
            }
            case LOAD, HEAP_LOAD, ATOMIC_LOAD, ATOMIC_RMW, ATOMIC_CMPXCHG -> {
                int width = i.memory().width();
                yield width < v.type().bytes() && !i.memory().signed() ? (1L << width * 8) - 1 : all;
            }
            default -> all;
        };
    }

    private static int count(Inst shift) {
        return (int) shift.arg(1).inst().imm() & shift.type().bytes() * 8 - 1;
    }

    /** All bits up to the highest one in {@code mask}. */
    private static long lowMask(long mask) {
        return mask == 0 ? 0 : -1L >>> Long.numberOfLeadingZeros(mask);
    }
}
