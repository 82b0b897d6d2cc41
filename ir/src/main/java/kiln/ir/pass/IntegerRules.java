package kiln.ir.pass;

import static kiln.ir.Opcode.*;

import kiln.ir.Builder;
import kiln.ir.Inst;
import kiln.ir.IntCond;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.Value;

/**
 * Rules for integer arithmetic and logic. Each method takes an instruction whose operands have been simplified, with
 * constants on the right, and returns the value that stands for its result, or null if no rule applies. Sums are shaped
 * so that a constant comes last, where an access can take it as its displacement.
 */
final class IntegerRules {
    private final Builder b;
    private final Simplify.SingleUses single;
    private final KnownBits bits;

    IntegerRules(Builder b, Simplify.SingleUses single, KnownBits bits) {
        this.b = b;
        this.bits = bits;
        this.single = single;
    }

    Value apply(Inst i) {
        Value x = i.arg(0);
        Value y = i.arg(1);
        boolean constant = y.is(ICONST);
        return switch (i.opcode()) {
            case ADD -> constant ? addConst(x, imm(y)) : add(x, y);
            case SUB -> sub(x, y);
            case MUL -> constant ? mulConst(x, imm(y)) : null;
            case UDIV -> constant && imm(y) != 0 ? DivisionRules.unsignedQuotient(b, x, imm(y)) : null;
            case SDIV -> constant && imm(y) != 0 && imm(y) != -1 ? DivisionRules.signedQuotient(b, x, imm(y)) : null;
            case UREM -> constant && imm(y) != 0 ? unsignedRemainder(x, imm(y)) : null;
            case SREM -> constant && imm(y) != 0 ? signedRemainder(x, imm(y)) : null;
            case AND -> constant ? andConst(x, imm(y)) : and(x, y);
            case OR -> constant ? orConst(x, imm(y)) : or(x, y);
            case XOR -> constant ? xorConst(x, imm(y)) : null;
            case SHL, LSHR, ASHR, ROTL, ROTR -> constant ? shiftConst(i.opcode(), x, imm(y)) : shift(i.opcode(), x, y);
            default -> null;
        };
    }

    private static long imm(Value constant) {
        return constant.inst().imm();
    }

    private static Value arg(Value v, int i) {
        return v.inst().arg(i);
    }

    /** Whether {@code v} is {@code op} of something and a constant. */
    private static boolean isWithConst(Value v, Opcode op) {
        return v.is(op) && arg(v, 1).is(ICONST);
    }

    private static long constOf(Value v) {
        return imm(arg(v, 1));
    }

    private Value c(Type type, long v) {
        return b.iconst(type, v);
    }

    private static int width(Type type) {
        return type.bytes() * 8;
    }

    // Sums.

    private Value addConst(Value x, long c) {
        if (x.is(SUB) && arg(x, 0).is(ICONST)) {
            return b.binary(SUB, c(x.type(), imm(arg(x, 0)) + c), arg(x, 1));
        }
        // -1 - x + c
        return isComplement(x) ? b.binary(SUB, c(x.type(), c - 1), arg(x, 0)) : null;
    }

    /** Whether {@code v} has the opposite bits of its first operand. */
    private static boolean isComplement(Value v) {
        return isWithConst(v, XOR) && constOf(v) == -1;
    }

    private Value add(Value x, Value y) {
        if (y.is(SUB)) {
            if (arg(y, 1) == x) {
                return arg(y, 0);
            }
            if (isZero(arg(y, 0))) {
                return b.binary(SUB, x, arg(y, 1));
            }
        }
        if (x.is(SUB)) {
            if (arg(x, 1) == y) {
                return arg(x, 0);
            }
            if (isZero(arg(x, 0))) {
                return b.binary(SUB, y, arg(x, 1));
            }
        }
        boolean xMoves = isWithConst(x, ADD);
        boolean yMoves = isWithConst(y, ADD);
        // How often something is used is asked last: somebody has to count that first.
        if (movesOutwards(x.type()) || xMoves && yMoves) {
            xMoves = xMoves && single.contains(x);
            yMoves = yMoves && single.contains(y);
        }
        if (xMoves && yMoves) {
            Value sum = b.binary(ADD, arg(x, 0), arg(y, 0));
            return b.binary(ADD, sum, c(x.type(), constOf(x) + constOf(y)));
        }
        if (movesOutwards(x.type()) && (xMoves || yMoves)) {
            return xMoves
                    ? b.binary(ADD, b.binary(ADD, arg(x, 0), y), arg(x, 1))
                    : b.binary(ADD, b.binary(ADD, x, arg(y, 0)), arg(y, 1));
        }
        return null;
    }

    /**
     * Whether a constant inside a sum goes to its outside, if that does not keep the inner sum alive as well. In an i64
     * that brings it to the displacement of an access; in an i32 it would only take apart sums that a loop need not
     * repeat.
     */
    private static boolean movesOutwards(Type type) {
        return type == Type.I64;
    }

    private Value sub(Value x, Value y) {
        Type type = x.type();
        if (x.is(ADD)) {
            if (arg(x, 0) == y) {
                return arg(x, 1);
            }
            if (arg(x, 1) == y) {
                return arg(x, 0);
            }
        }
        if (y.is(ADD)) {
            if (arg(y, 0) == x) {
                return b.binary(SUB, c(type, 0), arg(y, 1));
            }
            if (arg(y, 1) == x) {
                return b.binary(SUB, c(type, 0), arg(y, 0));
            }
        }
        if (y.is(SUB)) {
            if (arg(y, 0) == x) {
                return arg(y, 1);
            }
            if (isZero(arg(y, 0))) {
                return b.binary(ADD, x, arg(y, 1));
            }
            if (isZero(x)) {
                return b.binary(SUB, arg(y, 1), arg(y, 0));
            }
        }
        if (x.is(ICONST) && isComplement(y)) {
            return b.binary(ADD, arg(y, 0), c(type, imm(x) + 1));
        }
        if (x.is(ICONST)) {
            return isWithConst(y, ADD) ? b.binary(SUB, c(type, imm(x) - constOf(y)), arg(y, 0)) : null;
        }
        if (!movesOutwards(type)) {
            return null;
        }
        if (isWithConst(x, ADD) && single.contains(x)) {
            return b.binary(ADD, b.binary(SUB, arg(x, 0), y), arg(x, 1));
        }
        if (isWithConst(y, ADD) && single.contains(y)) {
            return b.binary(ADD, b.binary(SUB, x, arg(y, 0)), c(type, -constOf(y)));
        }
        return null;
    }

    private static boolean isZero(Value v) {
        return v.is(ICONST) && imm(v) == 0;
    }

    // Products, quotients, remainders.

    private Value mulConst(Value x, long c) {
        Type type = x.type();
        if (c == -1) {
            return b.binary(SUB, c(type, 0), x);
        }
        if (isWithConst(x, MUL)) {
            return b.binary(MUL, arg(x, 0), c(type, constOf(x) * c));
        }
        if (isWithConst(x, SHL)) {
            return b.binary(MUL, arg(x, 0), c(type, c << (constOf(x) & width(type) - 1)));
        }
        // Only as far as an access can take the constant.
        boolean fits = isWithConst(x, ADD) && Math.abs((double) constOf(x) * c) <= Rewriter.MAX_DISPLACEMENT;
        if (movesOutwards(type) && fits && single.contains(x)) {
            return b.binary(ADD, b.binary(MUL, arg(x, 0), c(type, c)), c(type, constOf(x) * c));
        }
        return null;
    }

    private Value unsignedRemainder(Value x, long d) {
        Type type = x.type();
        long u = type == Type.I32 ? d & 0xffffffffL : d;
        if ((u & u - 1) == 0) {
            return b.binary(AND, x, c(type, u - 1));
        }
        return b.binary(SUB, x, b.binary(MUL, DivisionRules.unsignedQuotient(b, x, d), c(type, d)));
    }

    private Value signedRemainder(Value x, long d) {
        Type type = x.type();
        if (d == 1 || d == -1) {
            return c(type, 0);
        }
        long min = type == Type.I32 ? Integer.MIN_VALUE : Long.MIN_VALUE;
        // The sign of the divisor does not matter.
        long a = d == min ? min : Math.abs(d);
        if ((a & a - 1) == 0 || d == min) {
            int k = Long.numberOfTrailingZeros(a);
            Value bias = DivisionRules.bias(b, x, k);
            Value sum = b.binary(ADD, x, bias);
            long mask = type == Type.I32 ? (int) ((1L << k) - 1) : (1L << k) - 1;
            return b.binary(SUB, b.binary(AND, sum, c(type, mask)), bias);
        }
        return b.binary(SUB, x, b.binary(MUL, DivisionRules.signedQuotient(b, x, a), c(type, a)));
    }

    // Logic.

    private Value andConst(Value x, long c) {
        Type type = x.type();
        long all = KnownBits.all(type);
        long possible = bits.possible(x);
        if ((possible & ~c & all) == 0) {
            return x;
        }
        if ((possible & c & all) == 0) {
            return c(type, 0);
        }
        if (isWithConst(x, AND)) {
            return b.binary(AND, arg(x, 0), c(type, constOf(x) & c));
        }
        if (isWithConst(x, OR) && (constOf(x) & c & all) == 0) {
            return b.binary(AND, arg(x, 0), c(type, c));
        }
        if (type == Type.I64 && c == 0xffffffffL) {
            return b.convert(ZEXT, Type.I64, b.convert(WRAP, Type.I32, x));
        }
        // A sign extension only changes bits that the mask drops.
        if (x.is(SEXT8) && (c & ~0xffL) == 0 || x.is(SEXT16) && (c & ~0xffffL) == 0 || x.is(SEXT32) && c >>> 32 == 0) {
            return b.binary(AND, arg(x, 0), c(type, c));
        }
        if (x.is(ZEXT)) {
            Value narrow = arg(x, 0);
            return b.convert(ZEXT, Type.I64, b.binary(AND, narrow, c(Type.I32, c)));
        }
        return null;
    }

    private Value and(Value x, Value y) {
        // Absorption, either way round.
        if (x.is(OR) && (arg(x, 0) == y || arg(x, 1) == y)) {
            return y;
        }
        return y.is(OR) && (arg(y, 0) == x || arg(y, 1) == x) ? x : null;
    }

    private Value orConst(Value x, long c) {
        if (isWithConst(x, OR)) {
            return b.binary(OR, arg(x, 0), c(x.type(), constOf(x) | c));
        }
        return null;
    }

    private Value or(Value x, Value y) {
        if (x.is(AND) && (arg(x, 0) == y || arg(x, 1) == y)) {
            return y;
        }
        if (y.is(AND) && (arg(y, 0) == x || arg(y, 1) == x)) {
            return x;
        }
        Value rotation = rotation(x, y);
        return rotation != null ? rotation : rotation(y, x);
    }

    /** {@code x << n | x >>> width - n}. */
    private Value rotation(Value left, Value right) {
        if (!left.is(SHL) || !right.is(LSHR) || arg(left, 0) != arg(right, 0)) {
            return null;
        }
        Type type = left.type();
        Value n = arg(left, 1);
        Value m = arg(right, 1);
        if (n.is(ICONST) && m.is(ICONST)) {
            int mask = width(type) - 1;
            return (imm(n) + imm(m) & mask) == 0 ? b.binary(ROTL, arg(left, 0), n) : null;
        }
        if (m.is(SUB) && arg(m, 1) == n && arg(m, 0).is(ICONST) && (imm(arg(m, 0)) & width(type) - 1) == 0) {
            // For a count of zero both sides are x, and so is the rotation.
            return b.binary(ROTL, arg(left, 0), n);
        }
        return null;
    }

    private Value xorConst(Value x, long c) {
        if (isWithConst(x, XOR)) {
            return b.binary(XOR, arg(x, 0), c(x.type(), constOf(x) ^ c));
        }
        if (c == -1 && (x.is(SUB) || x.is(ADD)) && single.contains(x)) {
            Value v = complement(x);
            if (v != null) {
                return v;
            }
        }
        if (c == 1 && bits.isBool(x) && x.type() == Type.I32) {
            return b.icmp(IntCond.EQ, x, c(x.type(), 0));
        }
        return null;
    }

    /** The complement of a difference or sum of which a part takes it in, or null. */
    private Value complement(Value x) {
        if (x.is(SUB) && arg(x, 0).is(ICONST)) {
            // -1 - (c - y)
            return b.binary(ADD, arg(x, 1), c(x.type(), -1 - imm(arg(x, 0))));
        }
        if (isWithConst(x, ADD) && isWithConst(arg(x, 0), XOR) && single.contains(arg(x, 0))) {
            // -1 - (y + c)
            Value y = arg(x, 0);
            Value complement = b.binary(XOR, arg(y, 0), c(x.type(), ~constOf(y)));
            return b.binary(ADD, complement, c(x.type(), -constOf(x)));
        }
        return null;
    }

    // Shifts.

    private Value shift(Opcode op, Value x, Value count) {
        // Only the low bits of a count matter.
        if (isWithConst(count, AND)) {
            int mask = width(x.type()) - 1;
            if ((constOf(count) & mask) == mask) {
                return b.binary(op, x, arg(count, 0));
            }
        }
        return null;
    }

    private Value shiftConst(Opcode op, Value x, long c) {
        Type type = x.type();
        int width = width(type);
        int n = (int) c & width - 1;
        if (c != n) {
            return b.binary(op, x, c(type, n));
        }
        if (x.is(op) && arg(x, 1).is(ICONST)) {
            int sum = n + (int) (constOf(x) & width - 1);
            return switch (op) {
                case SHL, LSHR -> sum < width ? b.binary(op, arg(x, 0), c(type, sum)) : c(type, 0);
                case ASHR -> b.binary(op, arg(x, 0), c(type, Math.min(sum, width - 1)));
                default -> b.binary(op, arg(x, 0), c(type, sum & width - 1));
            };
        }
        switch (op) {
            case SHL:
                if (isWithConst(x, LSHR) && (constOf(x) & width - 1) == n) {
                    return b.binary(AND, arg(x, 0), c(type, -1L << n));
                }
                if (movesOutwards(type) && isWithConst(x, ADD) && single.contains(x)) {
                    return b.binary(ADD, b.binary(SHL, arg(x, 0), c(type, n)), c(type, constOf(x) << n));
                }
                return null;
            case LSHR:
                if (isWithConst(x, SHL) && (constOf(x) & width - 1) == n) {
                    return b.binary(AND, arg(x, 0), c(type, KnownBits.all(type) >>> n));
                }
                return bits.possible(x) >>> n == 0 ? c(type, 0) : null;
            case ASHR:
                if (isWithConst(x, SHL) && (constOf(x) & width - 1) == n) {
                    Opcode extend =
                            width - n == 8 ? SEXT8 : width - n == 16 ? SEXT16 : width == 64 && n == 32 ? SEXT32 : null;
                    if (extend != null) {
                        return b.unary(extend, arg(x, 0));
                    }
                }
                if ((bits.possible(x) >>> width - 1 & 1) == 0) {
                    return b.binary(LSHR, x, c(type, n));
                }
                return null;
            default:
                return null;
        }
    }
}
