package kiln.codegen.aarch64;

import kiln.codegen.CodegenOptions;
import kiln.codegen.Reg;
import kiln.ir.FloatCond;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.IntCond;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.Value;

/** Second operands with a shift or extension, comparisons, and everything that depends on one: ICMP, FCMP, SELECT. */
abstract class ConditionRules extends MemoryRules {
    ConditionRules(Function function, CodegenOptions options) {
        super(function, options);
    }

    // Second operands.

    /** An operand that is shifted by a constant on its way into an instruction. */
    final class Shifted {
        private final Value value;
        private final ShiftOp shift;
        private final int amount;

        Shifted(Value value, ShiftOp shift, int amount) {
            this.value = value;
            this.shift = shift;
            this.amount = amount;
        }

        Insn apply(Op op, boolean wide, Reg rd, Reg rn) {
            return Insn.shifted(op, wide, rd, rn, value(value), shift, amount);
        }
    }

    /** The shift to fold into the user of {@code v}, or null. */
    final Shifted shifted(Value v, boolean logical) {
        Inst d = foldable(v);
        if (d == null || d.argCount() != 2 || !isConst(d.arg(1))) {
            return null;
        }
        int width = width(v.type());
        int n = (int) constValue(d.arg(1)) & width - 1;
        ShiftOp shift = switch (d.opcode()) {
            case SHL -> ShiftOp.LSL;
            case LSHR -> ShiftOp.LSR;
            case ASHR -> ShiftOp.ASR;
            case ROTL, ROTR -> logical ? ShiftOp.ROR : null;
            default -> null;
        };
        if (shift == null || n == 0) {
            return null;
        }
        return new Shifted(d.arg(0), shift, d.opcode() == Opcode.ROTL ? width - n : n);
    }

    private record Extended(Value value, ExtendOp extend, int amount) {}

    /** The extension, perhaps shifted left, to fold into an addition or comparison with {@code v}, or null. */
    private Extended extended(Value v) {
        Inst d = foldable(v);
        int amount = 0;
        if (d != null && d.opcode() == Opcode.SHL && isConst(d.arg(1))) {
            amount = (int) constValue(d.arg(1)) & width(v.type()) - 1;
            d = amount <= 4 ? foldable(d.arg(0)) : null;
        }
        if (d == null) {
            return null;
        }
        ExtendOp extend = switch (d.opcode()) {
            case SEXT, SEXT32 -> ExtendOp.SXTW;
            case SEXT16 -> ExtendOp.SXTH;
            case SEXT8 -> ExtendOp.SXTB;
            case AND -> extendByMask(d.arg(1));
            default -> null;
        };
        return extend == null ? null : new Extended(d.arg(0), extend, amount);
    }

    private static ExtendOp extendByMask(Value mask) {
        if (!isConst(mask)) {
            return null;
        }
        long m = constValue(mask);
        return m == 0xff
                ? ExtendOp.UXTB
                : m == 0xffff ? ExtendOp.UXTH : m == 0xffff_ffffL && mask.type() == Type.I64 ? ExtendOp.UXTW : null;
    }

    /** Whether {@code v} would be folded as second operand of an addition. */
    final boolean isFlexible(Value v) {
        return shifted(v, false) != null || extended(v) != null;
    }

    /** ADD, ADDS, SUB or SUBS with the best form of the second operand. */
    final void addSub(Op op, boolean wide, Reg rd, Reg rn, Value y) {
        Extended e = rn == Registers.ZR ? null : extended(y);
        if (e != null) {
            emit(Insn.extended(op, wide, rd, rn, value(e.value), e.extend, e.amount));
            return;
        }
        Shifted s = shifted(y, false);
        emit(s != null ? s.apply(op, wide, rd, rn) : Insn.of(op, wide, rd, rn, value(y)));
    }

    // Comparisons that leave their result in the flags.

    /** Emits a comparison after which the condition returned holds exactly if the i32 {@code c} is not zero. */
    final Cond flags(Value c) {
        Inst d = comparison(c);
        if (d != null) {
            return compare(d);
        }
        d = foldable(c);
        if (d != null && (d.opcode() == Opcode.AND || d.opcode() == Opcode.OR)) {
            Cond chained = chain(d);
            if (chained != null) {
                return chained;
            }
        }
        if (d != null
                && d.opcode() == Opcode.XOR
                && isConst(d.arg(1))
                && constValue(d.arg(1)) == 1
                && isTruth(d.arg(0))) {
            return flags(d.arg(0)).negate();
        }
        if (d != null && d.opcode() == Opcode.AND) {
            testBits(d);
            return Cond.NE;
        }
        emit(Insn.addSub(Op.SUBS, false, Registers.ZR, value(c), 0));
        return Cond.NE;
    }

    /** Whether {@code v} is known to be 0 or 1. */
    private static boolean isTruth(Value v) {
        return v.is(Opcode.ICMP) || v.is(Opcode.FCMP);
    }

    private Cond compare(Inst inst) {
        return inst.opcode() == Opcode.FCMP
                ? compareFloats(inst.arg(0), inst.arg(1), inst.floatCond(), inst.type())
                : compareInts(inst.arg(0), inst.arg(1), inst.intCond(), inst.type());
    }

    private Cond compareFloats(Value x, Value y, FloatCond cond, Type type) {
        if (isConst(x) && constValue(x) == 0) {
            Value t = x;
            x = y;
            y = t;
            cond = cond.swap();
        }
        // -0 compares like +0.
        boolean zero = isConst(y) && (type == Type.F64 ? constValue(y) << 1 == 0 : (int) constValue(y) << 1 == 0);
        emit(
                zero
                        ? Insn.compareFloatWithZero(type == Type.F64, reg(x))
                        : Insn.compareFloat(type == Type.F64, reg(x), reg(y)));
        return Cond.of(cond);
    }

    private Cond compareInts(Value x, Value y, IntCond cond, Type type) {
        boolean wide = wide(type);
        if (isConst(x) || !isConst(y) && isFlexible(x) && !isFlexible(y)) {
            Value t = x;
            x = y;
            y = t;
            cond = cond.swap();
        }
        if (isConst(y)) {
            long c = constValue(y);
            if (c == 0 && (cond == IntCond.EQ || cond == IntCond.NE)) {
                // A comparison of a comparison with zero is a negation.
                Inst inner = type == Type.I32 ? comparison(x) : null;
                if (inner != null) {
                    Cond result = compare(inner);
                    return cond == IntCond.EQ ? result.negate() : result;
                }
                Inst and = foldable(x, Opcode.AND);
                if (and != null) {
                    testBits(and);
                    return Cond.of(cond);
                }
            }
            if (!fitsCompare(c)) {
                // x <= c is x < c + 1, which may have a shorter constant.
                long other = neighbour(c, cond, wide);
                if (other != c && fitsCompare(other)) {
                    c = other;
                    cond = withNeighbour(cond);
                }
            }
            if (Immediates.isAddSub(c)) {
                emit(Insn.addSub(Op.SUBS, wide, Registers.ZR, value(x), (int) c));
                return Cond.of(cond);
            }
            if (Immediates.isAddSub(-c)) {
                emit(Insn.addSub(Op.ADDS, wide, Registers.ZR, value(x), (int) -c));
                return Cond.of(cond);
            }
        }
        addSub(Op.SUBS, wide, Registers.ZR, value(x), y);
        return Cond.of(cond);
    }

    private static boolean fitsCompare(long c) {
        return Immediates.isAddSub(c) || Immediates.isAddSub(-c);
    }

    /** The constant to compare with by {@link #withNeighbour} instead of {@code c}; {@code c} itself if there is none. */
    private static long neighbour(long c, IntCond cond, boolean wide) {
        long max = wide ? Long.MAX_VALUE : Integer.MAX_VALUE;
        return switch (cond) {
            case SLE, SGT -> c == max ? c : c + 1;
            case ULE, UGT -> c == -1 ? c : c == max && !wide ? Integer.MIN_VALUE : c + 1;
            case SLT, SGE -> c == -max - 1 ? c : c - 1;
            case ULT, UGE -> c == 0 ? c : c == -max - 1 && !wide ? max : c - 1;
            case EQ, NE -> c;
        };
    }

    private static IntCond withNeighbour(IntCond cond) {
        return switch (cond) {
            case SLE -> IntCond.SLT;
            case SGT -> IntCond.SGE;
            case ULE -> IntCond.ULT;
            case UGT -> IntCond.UGE;
            case SLT -> IntCond.SLE;
            case SGE -> IntCond.SGT;
            case ULT -> IntCond.ULE;
            case UGE -> IntCond.UGT;
            case EQ, NE -> cond;
        };
    }

    /** TST for an AND whose result only its being zero counts of. */
    private void testBits(Inst and) {
        boolean wide = wide(and.type());
        Value x = and.arg(0);
        Value y = and.arg(1);
        if (isConst(y) && Immediates.logical(constValue(y), wide) >= 0) {
            emit(Insn.logical(Op.ANDS, wide, Registers.ZR, value(x), constValue(y)));
            return;
        }
        Shifted s = shifted(y, true);
        emit(
                s != null
                        ? s.apply(Op.ANDS, wide, Registers.ZR, value(x))
                        : Insn.of(Op.ANDS, wide, Registers.ZR, value(x), value(y)));
    }

    /** {@code (a < b) & (c < d)} or with |, as a comparison and a conditional one; null if that is not it. */
    private Cond chain(Inst d) {
        Inst first = foldable(d.arg(0));
        Inst second = foldable(d.arg(1));
        if (first == null || second == null || !isTruth(d.arg(0)) || !isTruth(d.arg(1))) {
            return null;
        }
        if (!isSimple(second)) {
            Inst t = first;
            first = second;
            second = t;
        }
        if (!isSimple(second)) {
            return null;
        }
        Value x = second.arg(0);
        Value y = second.arg(1);
        IntCond cond = second.intCond();
        boolean wide = wide(second.type());
        // Registers first: nothing may come between the two comparisons.
        Reg rx = value(x);
        Reg ry = isSmall(y) ? null : value(y);
        Cond before = compare(first);
        Cond result = Cond.of(cond);
        boolean and = d.opcode() == Opcode.AND;
        Cond when = and ? before : before.negate();
        int otherwise = nzcvFor(and ? result.negate() : result);
        emit(
                ry == null
                        ? Insn.compareIf(when, wide, rx, (int) constValue(y), otherwise)
                        : Insn.compareIf(when, wide, rx, ry, otherwise));
        return result;
    }

    private static boolean isSimple(Inst comparison) {
        return comparison.opcode() == Opcode.ICMP && !isConst(comparison.arg(0));
    }

    /**
     * Whether CCMP takes the constant. CCMN of 0 would set the carry differently, which is why it counts as positive.
     */
    private static boolean isSmall(Value v) {
        return isConst(v) && constValue(v) >= -31 && constValue(v) <= 31;
    }

    /** Flags (N 8, Z 4, C 2, V 1) under which {@code c} holds. */
    private static int nzcvFor(Cond c) {
        return switch (c) {
            case EQ, LE, LS -> 4;
            case HS -> 2;
            case MI, LT -> 8;
            case VS -> 1;
            case HI -> 2;
            case NE, LO, PL, VC, GE, GT -> 0;
        };
    }

    // What a branch or check looks at.

    /** Emits what is needed before a test that succeeds exactly if {@code c} (i32) is not zero. */
    final Condition condition(Value c) {
        Inst d = comparison(c);
        if (d != null && d.opcode() == Opcode.ICMP) {
            return conditionOf(d);
        }
        if (d == null) {
            d = foldable(c);
            if (d == null) {
                return new Condition.Zero(value(c), false, false);
            }
            if (d.opcode() == Opcode.AND && singleBit(d) >= 0) {
                return new Condition.Bit(value(d.arg(0)), singleBit(d), true);
            }
            if (d.opcode() != Opcode.AND && d.opcode() != Opcode.OR && d.opcode() != Opcode.XOR) {
                return new Condition.Zero(value(c), false, false);
            }
            if (d.opcode() != Opcode.AND && !(isTruth(d.arg(0)) && isTruthOrOne(d.arg(1)))) {
                return new Condition.Zero(value(c), false, false);
            }
        }
        return new Condition.Flags(flags(c));
    }

    private static boolean isTruthOrOne(Value v) {
        return isTruth(v) || isConst(v) && constValue(v) == 1;
    }

    private Condition conditionOf(Inst inst) {
        Value x = inst.arg(0);
        Value y = inst.arg(1);
        IntCond cond = inst.intCond();
        boolean wide = wide(inst.type());
        if (isConst(y) && constValue(y) == 0) {
            switch (cond) {
                case EQ, NE, UGT, ULE -> {
                    boolean zero = cond == IntCond.EQ || cond == IntCond.ULE;
                    Inst inner = wide ? null : comparison(x);
                    if (inner != null) {
                        Condition t = condition(x);
                        return zero ? t.negate() : t;
                    }
                    Inst and = foldable(x, Opcode.AND);
                    if (and == null) {
                        return new Condition.Zero(value(x), wide, zero);
                    }
                    if (singleBit(and) >= 0) {
                        return new Condition.Bit(value(and.arg(0)), singleBit(and), !zero);
                    }
                }
                case SLT, SGE -> {
                    return new Condition.Bit(value(x), width(inst.type()) - 1, cond == IntCond.SLT);
                }
                default -> {}
            }
        }
        if (isConst(y) && constValue(y) == -1 && (cond == IntCond.SGT || cond == IntCond.SLE)) {
            return new Condition.Bit(value(x), width(inst.type()) - 1, cond == IntCond.SLE);
        }
        return new Condition.Flags(compareInts(x, y, cond, inst.type()));
    }

    /** Number of the only bit that an AND lets through, or -1. */
    private static int singleBit(Inst and) {
        if (!isConst(and.arg(1))) {
            return -1;
        }
        long mask = wide(and.type()) ? constValue(and.arg(1)) : constValue(and.arg(1)) & 0xffff_ffffL;
        return Long.bitCount(mask) == 1 ? Long.numberOfTrailingZeros(mask) : -1;
    }

    // ICMP, FCMP.

    @Override
    protected final void lowerCompare(Inst inst) {
        Reg rd = def(inst.result());
        if (inst.opcode() == Opcode.ICMP
                && inst.intCond() == IntCond.SLT
                && isConst(inst.arg(1))
                && constValue(inst.arg(1)) == 0) {
            int top = width(inst.type()) - 1;
            emit(Insn.bitfield(Op.UBFM, wide(inst.type()), rd, value(inst.arg(0)), top, top));
            return;
        }
        emit(Insn.select(
                Op.CSINC, false, rd, Registers.ZR, Registers.ZR, compare(inst).negate()));
    }

    // SELECT.

    @Override
    protected final void lowerSelect(Inst inst) {
        Reg rd = def(inst.result());
        Value x = inst.arg(1);
        Value y = inst.arg(2);
        switch (inst.type()) {
            case F32, F64 -> {
                Reg rx = reg(x);
                Reg ry = reg(y);
                emit(Insn.selectFloat(inst.type() == Type.F64, rd, rx, ry, flags(inst.arg(0))));
            }
            case V128 -> {
                Reg rx = reg(x);
                Reg ry = reg(y);
                Cond cond = flags(inst.arg(0));
                if (rx == ry) {
                    emit(new MoveInsn.Move(Type.V128, rd, rx));
                } else {
                    emit(new ConditionInsn.VectorSelect(rd, rx, ry, cond));
                }
            }
            default -> selectInt(inst, rd, x, y);
        }
    }

    private void selectInt(Inst inst, Reg rd, Value x, Value y) {
        boolean wide = wide(inst.type());
        // c ? f(z) : y is !c ? y : f(z), where f adds one, complements or negates.
        boolean swap = modified(y) == null && modified(x) != null;
        Value plain = swap ? y : x;
        Value other = swap ? x : y;
        Modified m = modified(other);
        Reg rn = valueOrZero(plain);
        Reg rm = m == null ? valueOrZero(other) : m.value == null ? Registers.ZR : value(m.value);
        Cond cond = flags(inst.arg(0));
        emit(Insn.select(m == null ? Op.CSEL : m.op, wide, rd, rn, rm, swap ? cond.negate() : cond));
    }

    /** A value as the second operand of CSINC, CSINV or CSNEG; {@code value} is null for zero. */
    private record Modified(Op op, Value value) {}

    private Modified modified(Value v) {
        if (v.is(Opcode.ICONST)) {
            return constValue(v) == 1
                    ? new Modified(Op.CSINC, null)
                    : constValue(v) == -1 ? new Modified(Op.CSINV, null) : null;
        }
        Inst d = foldable(v);
        if (d == null) {
            return null;
        }
        return switch (d.opcode()) {
            case ADD -> isConst(d.arg(1)) && constValue(d.arg(1)) == 1 ? new Modified(Op.CSINC, d.arg(0)) : null;
            case XOR -> isConst(d.arg(1)) && constValue(d.arg(1)) == -1 ? new Modified(Op.CSINV, d.arg(0)) : null;
            case SUB -> isConst(d.arg(0)) && constValue(d.arg(0)) == 0 ? new Modified(Op.CSNEG, d.arg(1)) : null;
            default -> null;
        };
    }
}
