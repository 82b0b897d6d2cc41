package kiln.ir;

/**
 * The rules that hold without looking further than an instruction's operands and are worth applying while code is
 * built: constants, identities, and constants moved to the right so that later rules need one form only. Each method
 * returns the value that stands for the operation, or null if it must be emitted as it is.
 */
final class Folder {
    private Folder() {}

    static Value binary(Builder b, Opcode op, Value left, Value right) {
        Value x = left.resolve();
        Value y = right.resolve();
        Type type = x.type();
        boolean xConst = isConst(x);
        if (xConst && isConst(y)) {
            long p = x.inst().imm();
            long q = y.inst().imm();
            Evaluation.Binary f = op.binary();
            return f.trap(type, p, q) == null ? b.constant(type, f.apply(type, p, q)) : null;
        }
        if (!type.isInt()) {
            return null;
        }
        if (xConst && op.isCommutative()) {
            return b.binary(op, y, x);
        }
        if (y.is(Opcode.ICONST)) {
            return withConstant(b, op, type, x, y);
        }
        if (x == y) {
            return switch (op) {
                case SUB, XOR -> b.iconst(type, 0);
                case AND, OR -> x;
                default -> null;
            };
        }
        return null;
    }

    private static Value withConstant(Builder b, Opcode op, Type type, Value x, Value y) {
        long c = y.inst().imm();
        switch (op) {
            case ADD:
                if (c == 0) {
                    return x;
                }
                if (x.is(Opcode.ADD) && x.inst().arg(1).is(Opcode.ICONST)) {
                    return b.binary(
                            Opcode.ADD,
                            x.inst().arg(0),
                            b.iconst(type, x.inst().arg(1).inst().imm() + c));
                }
                return null;
            case SUB:
                return b.binary(Opcode.ADD, x, b.iconst(type, -c));
            case MUL:
                return c == 0 ? y : c == 1 ? x : product(b, x, type == Type.I32 ? c & 0xffffffffL : c);
            case UDIV, SDIV:
                return c == 1 ? x : null;
            case AND:
                return c == 0 ? y : c == -1 ? x : null;
            case OR:
                return c == 0 ? x : c == -1 ? y : null;
            case XOR:
                return c == 0 ? x : c == 1 && isTruth(x) ? b.icmp(IntCond.EQ, x, b.i32(0)) : null;
            case SHL, LSHR, ASHR, ROTL, ROTR:
                return (c & (type.bytes() * 8 - 1)) == 0 ? x : null;
            default:
                return null;
        }
    }

    /** A product with a power of two. */
    private static Value product(Builder b, Value x, long power) {
        return Long.bitCount(power) == 1
                ? b.binary(Opcode.SHL, x, b.iconst(x.type(), Long.numberOfTrailingZeros(power)))
                : null;
    }

    private static boolean isTruth(Value v) {
        return v.is(Opcode.ICMP) || v.is(Opcode.FCMP);
    }

    static Value convert(Builder b, Opcode op, Type type, Value operand) {
        Value x = operand.resolve();
        if (isConst(x)) {
            long c = x.inst().imm();
            Evaluation.Unary f = op.unary();
            return f.trap(type, x.type(), c) == null ? b.constant(type, f.apply(type, x.type(), c)) : null;
        }
        if (op == Opcode.WRAP && (x.is(Opcode.ZEXT) || x.is(Opcode.SEXT))) {
            return x.inst().arg(0);
        }
        return null;
    }

    static Value icmp(Builder b, IntCond cond, Value left, Value right) {
        Value x = left.resolve();
        Value y = right.resolve();
        if (x.is(Opcode.ICONST)) {
            if (y.is(Opcode.ICONST)) {
                return b.i32(cond.test(x.inst().imm(), y.inst().imm()) ? 1 : 0);
            }
            return b.icmp(cond.swap(), y, x);
        }
        if (x == y) {
            return b.i32(cond.test(0, 0) ? 1 : 0);
        }
        if (x.is(Opcode.ALLOCATE) && isConst(y, 0)) {
            return b.i32(cond.test(1, 0) ? 1 : 0);
        }
        // A comparison that is tested for zero again is the opposite comparison, or itself.
        if (x.is(Opcode.ICMP) && isConst(y, 0)) {
            if (cond == IntCond.NE) {
                return x;
            }
            if (cond == IntCond.EQ) {
                Inst inner = x.inst();
                return b.icmp(inner.intCond().negate(), inner.arg(0), inner.arg(1));
            }
        }
        return null;
    }

    static Value fcmp(Builder b, FloatCond cond, Value left, Value right) {
        Value x = left.resolve();
        Value y = right.resolve();
        if (isConst(x) && isConst(y)) {
            return b.i32(cond.test(x.type(), x.inst().imm(), y.inst().imm()) ? 1 : 0);
        }
        return null;
    }

    static Value select(Builder b, Value condition, Value x, Value y) {
        Value c = condition.resolve();
        if (c.is(Opcode.ICONST)) {
            return c.inst().imm() != 0 ? x : y;
        }
        return x.resolve() == y.resolve() ? x : null;
    }

    static boolean isConst(Value v) {
        return v.is(Opcode.ICONST) || v.is(Opcode.FCONST);
    }

    static boolean isConst(Value v, long c) {
        return v.is(Opcode.ICONST) && v.inst().imm() == c;
    }
}
