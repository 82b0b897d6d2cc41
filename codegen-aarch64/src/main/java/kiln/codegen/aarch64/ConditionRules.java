package kiln.codegen.aarch64;

import static kiln.codegen.LoweringContext.constValue;
import static kiln.codegen.LoweringContext.isConst;
import static kiln.codegen.aarch64.Context.wide;
import static kiln.codegen.aarch64.Context.width;

import java.util.List;
import kiln.codegen.Choice;
import kiln.codegen.Demanded;
import kiln.codegen.IntComparison;
import kiln.codegen.Reg;
import kiln.codegen.Rules;
import kiln.ir.FloatCond;
import kiln.ir.Inst;
import kiln.ir.IntCond;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.Value;

/** Second operands with a shift or extension, comparisons, and what depends on one: ICMP, FCMP, SELECT. */
final class ConditionRules {
    private ConditionRules() {}

    // Second operands.

    /** An operand that is shifted by a constant on its way into an instruction. */
    record Shifted(Value value, ShiftOp shift, int amount) {
        Insn apply(Context c, Op op, boolean wide, Reg rd, Reg rn) {
            return Insn.shifted(op, wide, rd, rn, c.value(value), shift, amount);
        }
    }

    /** The shift to fold into the user of {@code v}, or null. */
    static Shifted shifted(Context c, Value v, boolean logical) {
        Inst d = c.foldable(v);
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
    private static Extended extended(Context c, Value v) {
        Inst d = c.foldable(v);
        int amount = 0;
        if (d != null && d.opcode() == Opcode.SHL && isConst(d.arg(1))) {
            amount = (int) constValue(d.arg(1)) & width(v.type()) - 1;
            d = amount <= 4 ? c.foldable(d.arg(0)) : null;
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
    static boolean isFlexible(Context c, Value v) {
        return shifted(c, v, false) != null || extended(c, v) != null;
    }

    /** ADD, ADDS, SUB or SUBS with the best form of the second operand; to be emitted. */
    static Insn addSub(Context c, Op op, boolean wide, Reg rd, Reg rn, Value y) {
        Extended e = rn == Registers.ZR ? null : extended(c, y);
        return e != null
                ? Insn.extended(op, wide, rd, rn, c.value(e.value), e.extend, e.amount)
                : withShift(c, op, wide, rd, rn, y, false);
    }

    /** An instruction whose last operand may come from a shift; to be emitted. */
    static Insn withShift(Context c, Op op, boolean wide, Reg rd, Reg rn, Value y, boolean logical) {
        Shifted s = shifted(c, y, logical);
        return s != null ? s.apply(c, op, wide, rd, rn) : Insn.of(op, wide, rd, rn, c.value(y));
    }

    // Comparisons that leave their result in the flags.

    private static final Choice<Context, IntComparison, Flags> INTEGERS = Choice.<Context, IntComparison, Flags>of(
                    "compareIntegers")
            .rule("the other way round, for a constant or a shift", (c, k) -> {
                boolean better = !isConst(k.y()) && isFlexible(c, k.x()) && !isFlexible(c, k.y());
                return isConst(k.x()) && !isConst(k.y()) || better ? compare(c, k.swap()) : null;
            })
            .rule("x & y with 0: tst", (c, k) -> {
                boolean test = k.cond() == IntCond.EQ || k.cond() == IntCond.NE;
                Inst and = test && isConst(k.y()) && constValue(k.y()) == 0 ? c.foldable(k.x(), Opcode.AND) : null;
                return and == null ? null : testBits(c, and, Cond.of(k.cond()));
            })
            .rule("lanes: whether some or all are true", (c, k) -> {
                VectorReduceRules.Truth truth = VectorReduceRules.truth(c, k);
                return truth == null ? null : flags(truth);
            })
            .rule("x with constant: cmp, cmn", (c, k) -> {
                return isConst(k.y()) ? compareWithConstant(c, k.x(), constValue(k.y()), k.cond()) : null;
            })
            .rule("x with constant + 1 or - 1: cmp, cmn", ConditionRules::compareWithNeighbour)
            .rule("x with 2^n, unsigned: tst", ConditionRules::testHighBits)
            .base("x with shifted or extended y", (c, k) -> {
                boolean wide = wide(k.x().type());
                return Flags.of(addSub(c, Op.SUBS, wide, Registers.ZR, c.value(k.x()), k.y()), Cond.of(k.cond()));
            });

    private static final Choice<Context, Inst, Flags> FLOATS = Choice.<Context, Inst, Flags>of("compareFloats")
            .rule("0 with x", (c, d) -> {
                return isZero(d.arg(0))
                        ? compareFloatWithZero(c, d.arg(1), d.floatCond().swap())
                        : null;
            })
            .rule("x with 0", (c, d) -> isZero(d.arg(1)) ? compareFloatWithZero(c, d.arg(0), d.floatCond()) : null)
            .base("x with y", (c, d) -> {
                Reg rx = c.reg(d.arg(0));
                Insn compare = Insn.compareFloat(d.type() == Type.F64, rx, c.reg(d.arg(1)));
                return Flags.of(compare, Cond.of(d.floatCond()));
            });

    private static final Choice<Context, Value, Flags> NOT_ZERO = Choice.<Context, Value, Flags>of("flags")
            .rule("a comparison", (c, v) -> {
                Inst d = c.comparison(v);
                return d == null ? null : compare(c, d);
            })
            .rule("two comparisons, joined: ccmp", (c, v) -> {
                Inst d = c.foldable(v);
                return d != null && (d.opcode() == Opcode.AND || d.opcode() == Opcode.OR) ? chain(c, d) : null;
            })
            .rule("x & y: tst", (c, v) -> {
                Inst and = c.foldable(v, Opcode.AND);
                return and == null ? null : testBits(c, and, Cond.NE);
            })
            .rule("lanes: whether some or all are true", (c, v) -> {
                VectorReduceRules.Truth truth = VectorReduceRules.truth(c, v);
                return truth == null ? null : flags(truth);
            })
            .base("x", (c, v) -> Flags.of(Insn.addSub(Op.SUBS, false, Registers.ZR, c.value(v), 0), Cond.NE));

    /** A comparison that succeeds exactly if the i32 {@code v} is not zero. */
    static Flags flags(Context c, Value v) {
        Demanded.Truth truth = Demanded.truth(c, v);
        Flags result = NOT_ZERO.make(c, truth.value());
        return truth.negated() ? result.negate() : result;
    }

    private static Flags flags(VectorReduceRules.Truth truth) {
        Cond cond = truth.opposite() ? Cond.EQ : Cond.NE;
        return Flags.of(Insn.addSub(Op.SUBS, truth.wide(), Registers.ZR, truth.reg(), 0), cond);
    }

    /** Whether {@code v} is known to be 0 or 1. */
    private static boolean isTruth(Value v) {
        return v.is(Opcode.ICMP) || v.is(Opcode.FCMP);
    }

    private static Flags compare(Context c, Inst inst) {
        return inst.opcode() == Opcode.FCMP ? FLOATS.make(c, inst) : compare(c, IntComparison.of(inst));
    }

    private static Flags compare(Context c, IntComparison comparison) {
        return INTEGERS.make(c, comparison);
    }

    /** Whether {@code v} is a float constant that compares like +0, as -0 does. */
    private static boolean isZero(Value v) {
        return isConst(v) && (v.type() == Type.F64 ? constValue(v) << 1 == 0 : (int) constValue(v) << 1 == 0);
    }

    private static Flags compareFloatWithZero(Context c, Value x, FloatCond cond) {
        return Flags.of(Insn.compareFloatWithZero(x.type() == Type.F64, c.reg(x)), Cond.of(cond));
    }

    /** Null if no instruction takes the constant. */
    private static Flags compareWithConstant(Context c, Value x, long k, IntCond cond) {
        boolean positive = Immediates.isAddSub(k);
        if (!positive && !Immediates.isAddSub(-k)) {
            return null;
        }
        Op op = positive ? Op.SUBS : Op.ADDS;
        Insn compare = Insn.addSub(op, wide(x.type()), Registers.ZR, c.value(x), (int) (positive ? k : -k));
        return Flags.of(compare, Cond.of(cond));
    }

    /** {@code x <= k} is {@code x < k + 1}, which may have a shorter constant. */
    private static Flags compareWithNeighbour(Context c, IntComparison comparison) {
        if (!isConst(comparison.y())) {
            return null;
        }
        long k = constValue(comparison.y());
        long other = neighbour(k, comparison.cond(), wide(comparison.x().type()));
        return other == k ? null : compareWithConstant(c, comparison.x(), other, withNeighbour(comparison.cond()));
    }

    /**
     * The constant to compare with by {@link #withNeighbour} instead of {@code k}; {@code k} itself if there is none.
     */
    private static long neighbour(long k, IntCond cond, boolean wide) {
        long max = wide ? Long.MAX_VALUE : Integer.MAX_VALUE;
        return switch (cond) {
            case SLE, SGT -> k == max ? k : k + 1;
            case ULE, UGT -> k == -1 ? k : k == max && !wide ? Integer.MIN_VALUE : k + 1;
            case SLT, SGE -> k == -max - 1 ? k : k - 1;
            case ULT, UGE -> k == 0 ? k : k == -max - 1 && !wide ? max : k - 1;
            case EQ, NE -> k;
        };
    }

    /** A 64-bit number is below 2^n if its bits from n on are zero, for which 2^n need not be in a register. */
    private static Flags testHighBits(Context c, IntComparison k) {
        boolean below = k.cond() == IntCond.ULT;
        if (!below && k.cond() != IntCond.UGE
                || !isConst(k.y())
                || !wide(k.x().type())
                || Long.bitCount(constValue(k.y())) != 1) {
            return null;
        }
        Insn test = Insn.logical(Op.ANDS, true, Registers.ZR, c.value(k.x()), -constValue(k.y()));
        return Flags.of(test, below ? Cond.EQ : Cond.NE);
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

    /** TST for an AND of whose result only matters whether it is zero, as {@code cond} asks. */
    private static Flags testBits(Context c, Inst and, Cond cond) {
        boolean wide = wide(and.type());
        Value x = and.arg(0);
        Value y = and.arg(1);
        if (isConst(y) && Immediates.logical(constValue(y), wide) >= 0) {
            return Flags.of(Insn.logical(Op.ANDS, wide, Registers.ZR, c.value(x), constValue(y)), cond);
        }
        return Flags.of(withShift(c, Op.ANDS, wide, Registers.ZR, c.value(x), y, true), cond);
    }

    /** {@code (a < b) & (c < d)} or with |, as a comparison and a conditional one; null if that is not it. */
    private static Flags chain(Context c, Inst d) {
        Inst first = c.foldable(d.arg(0));
        Inst second = c.foldable(d.arg(1));
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
        boolean wide = wide(second.type());
        Value y = second.arg(1);
        Reg rx = c.value(second.arg(0));
        Reg ry = isSmall(y) ? null : c.value(y);
        Flags before = flags(c, first.result());
        Cond result = Cond.of(second.intCond());
        boolean and = d.opcode() == Opcode.AND;
        Cond when = and ? before.cond() : before.cond().negate();
        int otherwise = nzcvFor(and ? result.negate() : result);
        return before.then(
                ry == null
                        ? Insn.compareIf(when, wide, rx, (int) constValue(y), otherwise)
                        : Insn.compareIf(when, wide, rx, ry, otherwise),
                result);
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

    /**
     * What a branch or check looks at.
     *
     * @param flags what must be emitted in front, or null
     */
    record Test(Flags flags, Condition condition) {
        private static Test of(Condition condition) {
            return new Test(null, condition);
        }

        private static Test of(Flags flags) {
            return new Test(flags, new Condition.Flags(flags.cond()));
        }

        private Test negate() {
            return new Test(flags, condition.negate());
        }

        /** Emits {@code consumer}, which has the condition, behind what it needs. */
        void emit(Context c, Sequence consumer) {
            if (flags == null) {
                c.emit(consumer);
            } else {
                flags.emit(c, consumer);
            }
        }
    }

    /** An integer and whether it is asked if it is zero, or if it is not. */
    private record ZeroTest(Value value, boolean zero) {
        /** What {@code v} asks, which is not zero itself otherwise. */
        static ZeroTest of(Context c, Value v) {
            Inst d = c.comparison(v);
            if (d == null) {
                return new ZeroTest(v, false);
            }
            if (d.opcode() == Opcode.FCMP || !isConst(d.arg(1)) || constValue(d.arg(1)) != 0) {
                return null;
            }
            return switch (d.intCond()) {
                case EQ, ULE -> new ZeroTest(d.arg(0), true);
                case NE, UGT -> new ZeroTest(d.arg(0), false);
                default -> null;
            };
        }
    }

    private static final Choice<Context, Value, Test> TESTS = Choice.<Context, Value, Test>of("test")
            .rule("x & 2^n: tbz, tbnz", (c, v) -> {
                ZeroTest t = ZeroTest.of(c, v);
                Inst and = t == null ? null : c.foldable(t.value, Opcode.AND);
                return and != null && singleBit(and) >= 0
                        ? Test.of(new Condition.Bit(c.value(and.arg(0)), singleBit(and), !t.zero))
                        : null;
            })
            .rule("lanes: whether some or all are true: cbz, cbnz", (c, v) -> {
                Inst d = c.comparison(v);
                VectorReduceRules.Truth truth = d == null
                        ? VectorReduceRules.truth(c, v)
                        : d.opcode() == Opcode.ICMP ? VectorReduceRules.truth(c, IntComparison.of(d)) : null;
                return truth == null ? null : Test.of(new Condition.Zero(truth.reg(), truth.wide(), truth.opposite()));
            })
            .rule("x == 0, x != 0: cbz, cbnz", (c, v) -> {
                ZeroTest t = c.comparison(v) == null ? null : ZeroTest.of(c, v);
                return t != null && c.foldable(t.value, Opcode.AND) == null
                        ? Test.of(new Condition.Zero(c.value(t.value), wide(t.value.type()), t.zero))
                        : null;
            })
            .rule("the sign of x: tbz, tbnz", ConditionRules::testSign)
            .rule("what sets the flags", (c, v) -> {
                Inst d = c.comparison(v) == null ? c.foldable(v) : null;
                boolean sets = d != null && d.opcode() == Opcode.AND
                        || d != null && d.opcode() == Opcode.OR && isTruth(d.arg(0)) && isTruth(d.arg(1));
                return c.comparison(v) != null || sets ? Test.of(NOT_ZERO.make(c, v)) : null;
            })
            .base("x: cbz, cbnz", (c, v) -> Test.of(new Condition.Zero(c.value(v), false, false)));

    /** What the rules for operations ask. */
    static final List<Choice<Context, ?, ?>> CHOICES = List.of(INTEGERS, FLOATS, NOT_ZERO, TESTS);

    /** A test that succeeds exactly if {@code v} (i32) is not zero. */
    static Test test(Context c, Value v) {
        Demanded.Truth truth = Demanded.truth(c, v);
        Test result = TESTS.make(c, truth.value());
        return truth.negated() ? result.negate() : result;
    }

    /** {@code x < 0}, {@code x >= 0}, {@code x > -1}, {@code x <= -1}. */
    private static Test testSign(Context c, Value v) {
        Inst d = c.comparison(v);
        if (d == null || d.opcode() == Opcode.FCMP || !isConst(d.arg(1))) {
            return null;
        }
        IntCond cond = d.intCond();
        long k = constValue(d.arg(1));
        boolean negative = k == 0 && cond == IntCond.SLT || k == -1 && cond == IntCond.SLE;
        boolean other = k == 0 && cond == IntCond.SGE || k == -1 && cond == IntCond.SGT;
        return negative || other ? Test.of(new Condition.Bit(c.value(d.arg(0)), width(d.type()) - 1, negative)) : null;
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

    static final Rules<Context> COMPARE = Rules.<Context>of("compare")
            .rule("x < 0: its sign bit", ConditionRules::signBit)
            .base("flags as 0 or 1", (c, inst) -> {
                Flags f = flags(c, inst.result());
                Cond not = f.cond().negate();
                f.emit(c, Insn.select(Op.CSINC, false, c.def(inst.result()), Registers.ZR, Registers.ZR, not));
            });

    private static boolean signBit(Context c, Inst inst) {
        Value y = inst.arg(1);
        if (inst.opcode() != Opcode.ICMP || inst.intCond() != IntCond.SLT || !isConst(y) || constValue(y) != 0) {
            return false;
        }
        int top = width(inst.type()) - 1;
        Reg rd = c.def(inst.result());
        c.emit(Insn.bitfield(Op.UBFM, wide(inst.type()), rd, c.value(inst.arg(0)), top, top));
        return true;
    }

    // SELECT.

    static final Rules<Context> SELECT = Rules.<Context>of("select")
            .rule("floats", ConditionRules::selectFloat)
            .rule("vectors", ConditionRules::selectVector)
            .rule("x or y + 1, ~y, -y", ConditionRules::selectModified)
            .base("integers", ConditionRules::selectInt);

    private static boolean selectFloat(Context c, Inst inst) {
        if (!inst.type().isFloat()) {
            return false;
        }
        Reg rx = c.reg(inst.arg(1));
        Reg ry = c.reg(inst.arg(2));
        Flags f = flags(c, inst.arg(0));
        f.emit(c, Insn.selectFloat(inst.type() == Type.F64, c.def(inst.result()), rx, ry, f.cond()));
        return true;
    }

    private static boolean selectVector(Context c, Inst inst) {
        if (inst.type() != Type.V128) {
            return false;
        }
        Reg rx = c.reg(inst.arg(1));
        Reg ry = c.reg(inst.arg(2));
        if (rx == ry) {
            c.emit(new MoveInsn.Move(Type.V128, c.def(inst.result()), rx));
        } else {
            Flags f = flags(c, inst.arg(0));
            f.emit(c, new ConditionInsn.VectorSelect(c.def(inst.result()), rx, ry, f.cond()));
        }
        return true;
    }

    /**
     * One operand is what CSINC, CSINV or CSNEG make of a register: the second, or else the first with the condition
     * negated.
     */
    private static boolean selectModified(Context c, Inst inst) {
        boolean swap = modified(c, inst.arg(2)) == null;
        Modified m = modified(c, inst.arg(swap ? 1 : 2));
        if (m == null) {
            return false;
        }
        Reg rn = c.valueOrZero(inst.arg(swap ? 2 : 1));
        Reg rm = m.value == null ? Registers.ZR : c.value(m.value);
        Flags f = flags(c, inst.arg(0));
        Cond cond = swap ? f.cond().negate() : f.cond();
        f.emit(c, Insn.select(m.op, wide(inst.type()), c.def(inst.result()), rn, rm, cond));
        return true;
    }

    private static void selectInt(Context c, Inst inst) {
        Reg rn = c.valueOrZero(inst.arg(1));
        Reg rm = c.valueOrZero(inst.arg(2));
        Flags f = flags(c, inst.arg(0));
        f.emit(c, Insn.select(Op.CSEL, wide(inst.type()), c.def(inst.result()), rn, rm, f.cond()));
    }

    /** A value as the second operand of CSINC, CSINV or CSNEG; {@code value} is null for zero. */
    private record Modified(Op op, Value value) {}

    private static Modified modified(Context c, Value v) {
        if (v.is(Opcode.ICONST)) {
            return constValue(v) == 1
                    ? new Modified(Op.CSINC, null)
                    : constValue(v) == -1 ? new Modified(Op.CSINV, null) : null;
        }
        Inst d = c.foldable(v);
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
