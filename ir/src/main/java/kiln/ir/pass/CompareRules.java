package kiln.ir.pass;

import static kiln.ir.Opcode.*;

import kiln.ir.Block;
import kiln.ir.Builder;
import kiln.ir.FloatCond;
import kiln.ir.Inst;
import kiln.ir.IntCond;
import kiln.ir.Type;
import kiln.ir.Value;
import kiln.ir.analysis.Ranges;

/** Rules for comparisons and what depends on them; as {@link IntegerRules}. */
final class CompareRules {
    private final Builder b;
    private final KnownBits bits;
    /** May be null. */
    private final Ranges ranges;

    CompareRules(Builder b, KnownBits bits, Ranges ranges) {
        this.b = b;
        this.bits = bits;
        this.ranges = ranges;
    }

    Value icmp(Inst i) {
        Value x = i.arg(0);
        Value y = i.arg(1);
        IntCond cond = i.intCond();
        if (y.is(ICONST) && i.type().isInt()) {
            return withConst(cond, x, y.inst().imm());
        }
        if (x.is(ZEXT) && y.is(ZEXT)) {
            return b.icmp(unsigned(cond), x.inst().arg(0), y.inst().arg(0));
        }
        if (x.is(SEXT) && y.is(SEXT)) {
            return b.icmp(cond, x.inst().arg(0), y.inst().arg(0));
        }
        return null;
    }

    private static IntCond unsigned(IntCond c) {
        return switch (c) {
            case SLT -> IntCond.ULT;
            case SGE -> IntCond.UGE;
            case SGT -> IntCond.UGT;
            case SLE -> IntCond.ULE;
            default -> c;
        };
    }

    private Value withConst(IntCond cond, Value x, long c) {
        Type type = x.type();
        long min = type == Type.I32 ? Integer.MIN_VALUE : Long.MIN_VALUE;
        long max = ~min;
        switch (cond) {
            // One form for each bound, so that equal tests look equal.
            case SLE:
                return c == max ? b.i32(1) : b.icmp(IntCond.SLT, x, b.iconst(type, c + 1));
            case SGT:
                return c == max ? b.i32(0) : b.icmp(IntCond.SGE, x, b.iconst(type, c + 1));
            case ULE:
                return c == -1 ? b.i32(1) : b.icmp(IntCond.ULT, x, b.iconst(type, c + 1));
            case UGT:
                return c == -1 ? b.i32(0) : b.icmp(IntCond.UGE, x, b.iconst(type, c + 1));
            case SLT:
                if (c == min) {
                    return b.i32(0);
                }
                break;
            case SGE:
                if (c == min) {
                    return b.i32(1);
                }
                break;
            case ULT:
                if (c == 0 || c == 1) {
                    return c == 0 ? b.i32(0) : b.icmp(IntCond.EQ, x, b.iconst(type, 0));
                }
                break;
            case UGE:
                if (c == 0 || c == 1) {
                    return c == 0 ? b.i32(1) : b.icmp(IntCond.NE, x, b.iconst(type, 0));
                }
                break;
            case EQ, NE:
                Value v = equality(cond, x, c);
                if (v != null) {
                    return v;
                }
                break;
        }
        Value narrow = narrowed(cond, x, c);
        Value plain = narrow != null ? narrow : unmasked(cond, x, c);
        return plain != null ? plain : bounded(cond, x, c);
    }

    /**
     * {@code (y + k & mask) < c}, as code in bytes asks for classes of characters: where {@code y} is a number of as
     * many bits as the mask has, sums that the mask changes are negative, and not below {@code c} with or without it.
     */
    private Value unmasked(IntCond cond, Value x, long c) {
        if (!x.is(AND) || !x.inst().arg(1).is(ICONST) || !x.inst().arg(0).is(ADD)) {
            return null;
        }
        Inst sum = x.inst().arg(0).inst();
        long mask = x.inst().arg(1).inst().imm();
        Value y = sum.arg(0);
        boolean low = mask > 0 && mask < Integer.MAX_VALUE && (mask & mask + 1) == 0;
        if (!low || c < 0 || c > mask || !sum.arg(1).is(ICONST) || (bits.possible(y) & ~mask) != 0) {
            return null;
        }
        long k = sum.arg(1).inst().imm();
        return switch (cond) {
            case EQ, NE -> b.icmp(cond, y, b.iconst(x.type(), c - k & mask));
            case ULT, UGE -> k < 0 && c <= mask + 1 + k ? b.icmp(cond, sum.result(), b.iconst(x.type(), c)) : null;
            default -> null;
        };
    }

    private Value equality(IntCond cond, Value x, long c) {
        Inst d = x.inst();
        Type type = x.type();
        if (d == null) {
            return null;
        }
        switch (d.opcode()) {
            case ADD:
                return d.arg(1).is(ICONST)
                        ? b.icmp(
                                cond,
                                d.arg(0),
                                b.iconst(type, c - d.arg(1).inst().imm()))
                        : null;
            case SUB:
                if (c == 0) {
                    return b.icmp(cond, d.arg(0), d.arg(1));
                }
                return d.arg(0).is(ICONST)
                        ? b.icmp(cond, d.arg(1), b.iconst(type, d.arg(0).inst().imm() - c))
                        : null;
            case XOR:
                if (d.arg(1).is(ICONST)) {
                    return b.icmp(
                            cond, d.arg(0), b.iconst(type, c ^ d.arg(1).inst().imm()));
                }
                return c == 0 ? b.icmp(cond, d.arg(0), d.arg(1)) : null;
            case SELECT:
                return ofSelect(cond, d, c);
            case CLZ:
                // As many leading zeros as there are bits: the operand is zero.
                return c == type.bytes() * 8 ? b.icmp(cond, d.arg(0), b.iconst(type, 0)) : null;
            case FCMP:
                if (c == 0 && cond == IntCond.EQ) {
                    return negated(d);
                }
                break;
            default:
                break;
        }
        if (c == 0 || c == 1) {
            // On a boolean, "is 1" and "is not 0" are itself and the others its opposite.
            boolean same = cond == IntCond.NE == (c == 0);
            if (bits.isBool(x)) {
                if (same) {
                    return type == Type.I32 ? x : b.convert(WRAP, Type.I32, x);
                }
                return c == 1 ? b.icmp(IntCond.EQ, x, b.iconst(type, 0)) : null;
            }
        }
        return null;
    }

    /** A select between two constants compared with a constant is its condition, its opposite, or known. */
    private Value ofSelect(IntCond cond, Inst select, long c) {
        if (!select.arg(1).is(ICONST) || !select.arg(2).is(ICONST)) {
            return null;
        }
        boolean first = cond.test(select.arg(1).inst().imm(), c);
        boolean second = cond.test(select.arg(2).inst().imm(), c);
        if (first == second) {
            return b.i32(first ? 1 : 0);
        }
        return b.icmp(first ? IntCond.NE : IntCond.EQ, select.arg(0), b.i32(0));
    }

    /** The opposite of a float comparison exists only for equality: the others are all false on NaN. */
    private Value negated(Inst fcmp) {
        return switch (fcmp.floatCond()) {
            case EQ -> b.fcmp(FloatCond.NE, fcmp.arg(0), fcmp.arg(1));
            case NE -> b.fcmp(FloatCond.EQ, fcmp.arg(0), fcmp.arg(1));
            default -> null;
        };
    }

    /** Compares before the extension instead of behind it. */
    private Value narrowed(IntCond cond, Value x, long c) {
        if (x.is(ZEXT) && c >>> 32 == 0) {
            return b.icmp(unsigned(cond), x.inst().arg(0), b.i32((int) c));
        }
        if (x.is(SEXT) && c == (int) c) {
            return b.icmp(cond, x.inst().arg(0), b.i32((int) c));
        }
        return null;
    }

    /**
     * Whether a comparison comes out the same for all values that its operands may have in a block: 1 if it holds, 0 if
     * not, -1 if it is not known. Asked of checks only, since next to no other comparison is decided.
     */
    int decide(Inst icmp, Block at) {
        if (ranges == null || icmp.type() == Type.REF) {
            return -1;
        }
        return ranges.at(icmp.arg(0), at).decide(icmp.intCond(), ranges.at(icmp.arg(1), at));
    }

    /** Decides comparisons with something that the known bits cannot reach. */
    private Value bounded(IntCond cond, Value x, long c) {
        long possible = bits.possible(x);
        long all = KnownBits.all(x.type());
        long u = c & all;
        boolean xNonNegative = possible >>> x.type().bytes() * 8 - 1 == 0;
        switch (cond) {
            case EQ, NE:
                return (u & ~possible) != 0 ? b.i32(cond == IntCond.NE ? 1 : 0) : null;
            case ULT, UGE:
                // No value exceeds the mask of its possible bits.
                return Long.compareUnsigned(possible, u) < 0 ? b.i32(cond == IntCond.ULT ? 1 : 0) : null;
            case SLT, SGE:
                if (!xNonNegative) {
                    return null;
                }
                if (c <= 0) {
                    return b.i32(cond == IntCond.SGE ? 1 : 0);
                }
                return possible < c ? b.i32(cond == IntCond.SLT ? 1 : 0) : null;
            default:
                return null;
        }
    }

    Value select(Inst i) {
        Value c = i.arg(0);
        Value x = i.arg(1);
        Value y = i.arg(2);
        Value plain = condition(c);
        if (plain != c) {
            return b.select(plain, x, y);
        }
        if (isTestForZero(c)) {
            return b.select(c.inst().arg(0), y, x);
        }
        if (!x.is(ICONST) || !y.is(ICONST) || !i.type().isInt()) {
            return null;
        }
        long first = x.inst().imm();
        long second = y.inst().imm();
        if (first == 1 && second == 0) {
            return ofType(i.type(), bits.isBool(c) ? c : b.icmp(IntCond.NE, c, b.i32(0)));
        }
        if (first == 0 && second == 1) {
            return ofType(i.type(), b.icmp(IntCond.EQ, c, b.i32(0)));
        }
        return null;
    }

    private Value ofType(Type type, Value bool) {
        return type == Type.I32 ? bool : b.convert(ZEXT, type, bool);
    }

    /** What is zero exactly when {@code c} is zero, without the tests and masks around it; for i32 only. */
    static Value condition(Value c) {
        Value v = c;
        while (v.is(ICMP)
                && v.inst().intCond() == IntCond.NE
                && v.inst().type() == Type.I32
                && v.inst().arg(1).is(ICONST)
                && v.inst().arg(1).inst().imm() == 0) {
            v = v.inst().arg(0);
        }
        return v;
    }

    /** Whether {@code c} asks if an i32 is zero. */
    static boolean isTestForZero(Value c) {
        return c.is(ICMP)
                && c.inst().intCond() == IntCond.EQ
                && c.inst().type() == Type.I32
                && c.inst().arg(1).is(ICONST)
                && c.inst().arg(1).inst().imm() == 0;
    }
}
