package kiln.codegen.x64;

import static kiln.codegen.LoweringContext.bits;
import static kiln.codegen.LoweringContext.constValue;
import static kiln.codegen.x64.Context.fitsImm;
import static kiln.codegen.x64.Context.imm;
import static kiln.codegen.x64.Context.isConst;
import static kiln.codegen.x64.Context.size;

import java.util.List;
import kiln.codegen.Choice;
import kiln.codegen.Demanded;
import kiln.codegen.IntComparison;
import kiln.codegen.Reg;
import kiln.codegen.Rules;
import kiln.codegen.x64.Condition.Parity;
import kiln.ir.FloatCond;
import kiln.ir.Inst;
import kiln.ir.IntCond;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.Value;

/** Comparisons and what depends on them. */
final class ConditionRules {
    private ConditionRules() {}

    // Conditions: what branches, checks, selections and comparisons go by.

    /** A comparison with a constant: {@code x cond k}. */
    private record WithConstant(Value x, IntCond cond, int k) {
        int size() {
            return x.type().bytes();
        }

        /** The AND to fold of which only matters how it compares with zero, or null. */
        Inst and(Context c) {
            return k == 0 && cond != IntCond.ULT && cond != IntCond.UGE ? c.foldable(x, Opcode.AND) : null;
        }

        /** ... and only whether it is zero. */
        Inst maskedBit(Context c) {
            return cond == IntCond.EQ || cond == IntCond.NE ? and(c) : null;
        }

        Condition of(Insn comparison) {
            return Condition.of(comparison, Cond.of(cond));
        }
    }

    private static final Choice<Context, WithConstant, Condition> WITH_CONSTANT =
            Choice.<Context, WithConstant, Condition>of("compareWithConstant")
                    .rule("of a vector", (c, w) -> VectorReduceRules.compare(c, w.x, w.k, w.cond))
                    .rule("x & 1 << n with 0: bt", ConditionRules::testShiftedBit)
                    .rule("x >> n & 1 with 0: bt", ConditionRules::testLowestBit)
                    .rule("x & 2^n with 0, no immediate: bt", ConditionRules::testLargeBit)
                    .rule("the low byte of x with constant", ConditionRules::compareByte)
                    .rule("x & constant with 0: test", ConditionRules::testMask)
                    .rule("x & y with 0: test", ConditionRules::testAnd)
                    .rule("[memory] with constant", (c, w) -> {
                        Inst load = c.foldableLoad(w.x, w.size());
                        return load == null ? null : w.of(compare(w.size(), c.fold(load), Operand.imm(w.k)));
                    })
                    .rule("a byte in memory with constant", (c, w) -> {
                        // What it was extended from decides, if the constant is a byte as well.
                        Inst narrow = w.k >= 0 && w.k < 256 ? foldableByte(c, w.x) : null;
                        return narrow == null
                                ? null
                                : Condition.of(
                                        compare(1, c.fold(narrow), Operand.imm((byte) w.k)), Cond.of(unsigned(w.cond)));
                    })
                    .base("x with constant", (c, w) -> {
                        // The sign flag alone says it too, and may be there already: see ResultFlags.
                        boolean sign = w.k == 0 && (w.cond == IntCond.SLT || w.cond == IntCond.SGE);
                        Cond holds = sign ? w.cond == IntCond.SLT ? Cond.S : Cond.NS : Cond.of(w.cond);
                        Operand left = Operand.inRegister(c.value(w.x));
                        return Condition.of(compare(w.size(), left, Operand.imm(w.k)), holds);
                    });

    private static final Choice<Context, IntComparison, Condition> INTEGERS =
            Choice.<Context, IntComparison, Condition>of("compareIntegers")
                    .rule("constant cond x", (c, k) -> fitsImm(k.x()) && !fitsImm(k.y()) ? compare(c, k.swap()) : null)
                    .rule(
                            "x cond constant",
                            (c, k) -> fitsImm(k.y()) ? compare(c, k.x(), k.cond(), (int) constValue(k.y())) : null)
                    .rule("[memory] cond y", (c, k) -> {
                        int size = size(k.x().type());
                        Inst load = c.foldableLoad(k.x(), size);
                        if (load == null || c.foldableLoad(k.y(), size) != null) {
                            return null;
                        }
                        Address left = c.fold(load);
                        return Condition.of(compare(size, left, Operand.inRegister(c.value(k.y()))), Cond.of(k.cond()));
                    })
                    .rule("a byte in memory cond a byte", (c, k) -> {
                        Condition result = compareByteInMemory(c, k);
                        return result != null ? result : compareByteInMemory(c, k.swap());
                    })
                    .base("x cond y or [memory]", (c, k) -> {
                        int size = size(k.x().type());
                        Operand left = Operand.inRegister(c.value(k.x()));
                        return Condition.of(compare(size, left, c.registerOrMemory(k.y(), size)), Cond.of(k.cond()));
                    });

    // Unordered operands set zero, parity and carry; so only "above" says something about ordered ones alone.
    private static final Choice<Context, Inst, Condition> FLOATS = Choice.<Context, Inst, Condition>of("compareFloats")
            .rule("x == y, ordered", (c, d) -> {
                return d.floatCond() == FloatCond.EQ
                        ? new Condition(compareFloats(c, d.arg(0), d.arg(1)), Cond.E, Parity.AND_ORDERED)
                        : null;
            })
            .rule("x != y or unordered", (c, d) -> {
                return d.floatCond() == FloatCond.NE
                        ? new Condition(compareFloats(c, d.arg(0), d.arg(1)), Cond.NE, Parity.OR_UNORDERED)
                        : null;
            })
            .rule("x > y, x >= y", (c, d) -> {
                boolean greater = d.floatCond() == FloatCond.GT;
                return greater || d.floatCond() == FloatCond.GE
                        ? Condition.of(compareFloats(c, d.arg(0), d.arg(1)), greater ? Cond.A : Cond.AE)
                        : null;
            })
            .base("x < y, x <= y: as y > x, y >= x", (c, d) -> {
                Cond cond = d.floatCond() == FloatCond.LT ? Cond.A : Cond.AE;
                return Condition.of(compareFloats(c, d.arg(1), d.arg(0)), cond);
            });

    private static final Choice<Context, Value, Condition> NOT_ZERO = Choice.<Context, Value, Condition>of("condition")
            .rule("a comparison of integers", (c, v) -> {
                Inst d = c.comparison(v);
                return d != null && d.opcode() == Opcode.ICMP ? compare(c, IntComparison.of(d)) : null;
            })
            .rule("a comparison of floats", (c, v) -> {
                Inst d = c.comparison(v);
                return d != null ? FLOATS.make(c, d) : null;
            })
            .base("x != 0", (c, v) -> compare(c, v, IntCond.NE, 0));

    /** What the rules for operations ask. */
    static final List<Choice<Context, ?, ?>> CHOICES =
            List.of(WITH_CONSTANT, INTEGERS, FLOATS, NOT_ZERO, VectorReduceRules.ANY_TRUE, VectorReduceRules.ALL_TRUE);

    /** The condition that the integer {@code v} is not zero. */
    static Condition condition(Context c, Value v) {
        Demanded.Truth truth = Demanded.truth(c, v);
        Condition result = NOT_ZERO.make(c, truth.value());
        return truth.negated() ? result.negate() : result;
    }

    private static Condition compare(Context c, IntComparison comparison) {
        return INTEGERS.make(c, comparison);
    }

    private static Condition compare(Context c, Value x, IntCond cond, int k) {
        return WITH_CONSTANT.make(c, new WithConstant(x, cond, k));
    }

    private static Insn compare(int size, Operand left, Operand right) {
        return Insn.compare(Op.CMP, size, left, right);
    }

    /** A zero-extending load of one byte that may be folded. */
    private static Inst foldableByte(Context c, Value v) {
        Inst load = c.foldableLoad(v);
        return load != null && load.memory().width() == 1 && !load.memory().signed() ? load : null;
    }

    /** The condition that says the same of numbers that are not negative. */
    private static IntCond unsigned(IntCond c) {
        return switch (c) {
            case SLT -> IntCond.ULT;
            case SGE -> IntCond.UGE;
            case SGT -> IntCond.UGT;
            case SLE -> IntCond.ULE;
            default -> c;
        };
    }

    /** Instructions that compare read the low byte of a register as well as all of it, so nothing needs extending. */
    private static Condition compareByte(Context c, WithConstant w) {
        Inst d = c.foldable(w.x);
        if (d == null) {
            return null;
        }
        boolean zero = d.opcode() == Opcode.AND && isConst(d.arg(1), 0xff) && w.k >= 0 && w.k < 256;
        boolean unsigned = w.cond == IntCond.ULT || w.cond == IntCond.UGE;
        boolean sign = d.opcode() == Opcode.SEXT8 && w.k == (byte) w.k && !unsigned;
        // What is in memory is compared there with zero.
        if (!zero && !sign || w.k == 0 && c.foldableLoad(d.arg(0), w.size()) != null) {
            return null;
        }
        Operand left = Operand.inRegister(c.value(d.arg(0)));
        return Condition.of(compare(1, left, Operand.imm((byte) w.k)), Cond.of(zero ? unsigned(w.cond) : w.cond));
    }

    /** What is extended with zeros on both sides compares as the bytes do; the register may be one that is not. */
    private static Condition compareByteInMemory(Context c, IntComparison k) {
        Inst load = foldableByte(c, k.x());
        if (load == null || !isByte(c, k.y())) {
            return null;
        }
        Operand right = Operand.inRegister(c.value(Demanded.low(c, k.y(), 8)));
        return Condition.of(compare(1, c.fold(load), right), Cond.of(unsigned(k.cond())));
    }

    private static boolean isByte(Context c, Value v) {
        Inst d = v.inst();
        if (d == null) {
            return c.greatest(v) <= 0xff;
        }
        return d.opcode() == Opcode.LOAD
                        && d.memory().width() == 1
                        && !d.memory().signed()
                || d.opcode() == Opcode.AND && isConst(d.arg(1), 0xff);
    }

    private static Condition testMask(Context c, WithConstant w) {
        Inst and = w.and(c);
        if (and == null || !fitsImm(and.arg(1))) {
            return null;
        }
        int mask = (int) constValue(and.arg(1));
        // A mask within the low seven bits says the same of the low byte alone, in a shorter instruction.
        boolean low = mask >= 0 && mask < 128;
        Inst narrow = low ? foldableByte(c, and.arg(0)) : null;
        Inst load = narrow != null ? narrow : c.foldableLoad(and.arg(0), w.size());
        // A load that may trap reads all of its bytes: the first may be in memory, and the last not.
        boolean whole = !low
                || load != narrow
                        && load != null
                        && load.opcode() == Opcode.LOAD
                        && load.memory().trap() != null;
        Operand left = load != null ? c.fold(load) : Operand.of(c.value(and.arg(0)));
        return w.of(Insn.compare(Op.TEST, whole ? w.size() : 1, left, imm(and.arg(1))));
    }

    private static Condition testAnd(Context c, WithConstant w) {
        Inst and = w.and(c);
        if (and == null) {
            return null;
        }
        Value x = and.arg(0);
        Value y = and.arg(1);
        boolean swapped = c.foldableLoad(y, w.size()) != null;
        Operand right = Operand.inRegister(c.value(swapped ? x : y));
        Operand left = c.registerOrMemory(swapped ? y : x, w.size());
        return w.of(Insn.compare(Op.TEST, w.size(), left, right));
    }

    private static Condition testShiftedBit(Context c, WithConstant w) {
        Inst and = w.maskedBit(c);
        Value bit = and == null ? null : isBit(c, and.arg(0)) ? and.arg(0) : isBit(c, and.arg(1)) ? and.arg(1) : null;
        if (bit == null) {
            return null;
        }
        Reg value = c.value(and.arg(bit == and.arg(0) ? 1 : 0));
        return bitTest(w, value, Operand.inRegister(c.reg(bit.inst().arg(1))));
    }

    private static Condition testLowestBit(Context c, WithConstant w) {
        Inst and = w.maskedBit(c);
        Inst shift = and != null && isConst(and.arg(1), 1) ? c.foldable(and.arg(0)) : null;
        if (shift == null || shift.opcode() != Opcode.LSHR && shift.opcode() != Opcode.ASHR) {
            return null;
        }
        Value count = shift.arg(1);
        Reg value = c.value(shift.arg(0));
        Operand number = count.is(Opcode.ICONST)
                ? Operand.imm((int) constValue(count) & w.size() * 8 - 1)
                : Operand.inRegister(c.reg(count));
        return bitTest(w, value, number);
    }

    private static Condition testLargeBit(Context c, WithConstant w) {
        Inst and = w.maskedBit(c);
        if (and == null || !and.arg(1).is(Opcode.ICONST)) {
            return null;
        }
        long mask = bits(and.arg(1));
        return Long.bitCount(mask) == 1 && (int) mask != mask
                ? bitTest(w, c.value(and.arg(0)), Operand.imm(Long.numberOfTrailingZeros(mask)))
                : null;
    }

    /** The bit comes out as carry. */
    private static Condition bitTest(WithConstant w, Reg value, Operand number) {
        Insn test = Insn.compare(Op.BT, w.size(), Operand.inRegister(value), number);
        return Condition.of(test, w.cond == IntCond.NE ? Cond.B : Cond.AE);
    }

    /** {@code 1 << n} */
    private static boolean isBit(Context c, Value v) {
        Inst d = c.foldable(v, Opcode.SHL);
        return d != null && isConst(d.arg(0), 1) && !d.arg(1).is(Opcode.ICONST);
    }

    private static Insn compareFloats(Context c, Value x, Value y) {
        int size = size(x.type());
        Operand left = Operand.inRegister(c.reg(x));
        return Insn.compare(Op.ofSize(size, Op.UCOMISS, Op.UCOMISD), size, left, c.floatSource(y));
    }

    // ADD, SUB of a comparison.

    /** {@code x + (a < b)}, {@code x - (a < b)}, unsigned, and what can be brought into that form. */
    static boolean addCarry(Context c, Inst inst, Value x, Value y) {
        boolean wide = inst.type() == Type.I64;
        Inst widened = wide ? c.foldable(y, Opcode.ZEXT) : null;
        Inst compare = wide && widened == null ? null : c.foldable(wide ? widened.arg(0) : y, Opcode.ICMP);
        Condition condition = compare == null ? null : carry(c, compare);
        if (condition == null) {
            return false;
        }
        Reg base = c.value(x);
        boolean subtract = inst.opcode() == Opcode.SUB;
        c.emit(new ConditionInsn.AddCarry(condition, subtract, size(inst), c.def(inst.result()), base));
        return true;
    }

    /** The comparison with its result in the carry flag (B) or inverted there (AE), or null. */
    private static Condition carry(Context c, Inst compare) {
        Value x = compare.arg(0);
        Value y = compare.arg(1);
        if (fitsImm(x)) {
            return null;
        }
        IntCond cond = compare.intCond();
        if (!fitsImm(y)) {
            return switch (cond) {
                case ULT, UGE -> compare(c, IntComparison.of(compare));
                case UGT, ULE -> compare(c, IntComparison.of(compare).swap());
                default -> null;
            };
        }
        long k = constValue(y);
        boolean small = k >= 0 && k < Integer.MAX_VALUE;
        return switch (cond) {
            case EQ -> k == 0 ? compare(c, x, IntCond.ULT, 1) : null;
            case NE -> k == 0 ? compare(c, x, IntCond.UGE, 1) : null;
            case ULT, UGE -> k == 0 ? null : compare(c, x, cond, (int) k);
            case ULE -> small ? compare(c, x, IntCond.ULT, (int) k + 1) : null;
            case UGT -> small ? compare(c, x, IntCond.UGE, (int) k + 1) : null;
            default -> null;
        };
    }

    // ICMP, FCMP.

    static final Rules<Context> COMPARE = Rules.<Context>of("compare").base("x cond y", (c, inst) -> {
        Condition condition = condition(c, inst.result());
        Reg temp = condition.parity() == Parity.NONE ? null : c.newReg(Type.I32);
        c.emit(ConditionInsn.SetCond.of(condition, c.def(inst.result()), temp));
    });

    // SELECT.

    static final Rules<Context> SELECT = Rules.<Context>of("select")
            .rule("x < y ? x : y, floats", ConditionRules::smallerOrLarger)
            .rule("floats by a comparison of floats", ConditionRules::selectFloat)
            .rule("integers", ConditionRules::selectInteger)
            .base("vector registers", ConditionRules::selectVector);

    /** What the processor's own minimum and maximum do. */
    private static boolean smallerOrLarger(Context c, Inst inst) {
        Inst compare = inst.type().isFloat() ? c.comparison(inst.arg(0)) : null;
        if (compare == null || compare.opcode() != Opcode.FCMP || compare.type() != inst.type()) {
            return false;
        }
        boolean less = compare.floatCond() == FloatCond.LT;
        if (!less && compare.floatCond() != FloatCond.GT) {
            return false;
        }
        Value x = inst.arg(1);
        Value y = inst.arg(2);
        boolean straight = compare.arg(0) == x && compare.arg(1) == y;
        if (!straight && (compare.arg(0) != y || compare.arg(1) != x)) {
            return false;
        }
        // The second operand is the result unless the first one is smaller, or larger.
        Op op = less == straight
                ? Op.ofSize(size(inst), Op.MINSS, Op.MINSD)
                : Op.ofSize(size(inst), Op.MAXSS, Op.MAXSD);
        Reg left = c.reg(x);
        c.emitBinary(op, c.def(inst.result()), left, Operand.of(c.reg(y)));
        return true;
    }

    /**
     * By a mask, without a branch, which signs of numbers and the like would have mispredicted half of the time. What
     * other lanes of the registers hold does not matter.
     */
    private static boolean selectFloat(Context c, Inst inst) {
        Inst compare = inst.type().isFloat() ? c.comparison(inst.arg(0)) : null;
        if (compare == null || compare.opcode() != Opcode.FCMP || compare.type() != inst.type()) {
            return false;
        }
        int size = size(inst);
        FloatCond cond = compare.floatCond();
        boolean swaps = cond == FloatCond.GT || cond == FloatCond.GE;
        Reg mask = c.newReg(Type.V128);
        Reg x = c.reg(compare.arg(swaps ? 1 : 0));
        // In memory, a float has not got the bytes of a vector.
        Operand y = Operand.inRegister(c.reg(compare.arg(swaps ? 0 : 1)));
        c.emitBinary(Op.ofSize(size, Op.CMPPS, Op.CMPPD), mask, x, y, VectorFloatRules.immediate(cond));
        Reg dst = c.def(inst.result());
        if (!inst.arg(1).is(Opcode.FCONST) || !inst.arg(2).is(Opcode.FCONST)) {
            Op blend = Op.ofSize(size, Op.BLENDVPS, Op.BLENDVPD);
            c.emitBlend(blend, dst, c.reg(inst.arg(2)), Operand.inRegister(c.reg(inst.arg(1))), mask);
            return true;
        }
        long ifFalse = inst.arg(2).inst().imm();
        Operand difference = c.splatSource(size, inst.arg(1).inst().imm() ^ ifFalse);
        Reg chosen = ifFalse == 0 ? dst : c.newReg(Type.V128);
        c.emitBinary(Op.ANDPS, chosen, mask, difference);
        if (ifFalse != 0) {
            c.emitBinary(Op.XORPS, dst, chosen, c.splatSource(size, ifFalse));
        }
        return true;
    }

    private static boolean selectInteger(Context c, Inst inst) {
        if (!inst.type().isInt() && inst.type() != Type.REF) {
            return false;
        }
        Condition condition = condition(c, inst.arg(0));
        // One instruction comes from one place, so it can do one load that may trap.
        boolean folds = condition.comparison().position() < 0;
        boolean negate = prefersNegated(c, condition, inst, folds);
        Value ifTrue = inst.arg(negate ? 2 : 1);
        int size = size(inst);
        Reg dst = c.def(inst.result());
        Reg base = c.movable(inst.arg(negate ? 1 : 2));
        Operand src = folds ? c.registerOrMemory(ifTrue, size) : Operand.of(c.value(ifTrue));
        c.emit(ConditionInsn.Select.of(negate ? condition.negate() : condition, size, dst, src, base));
        return true;
    }

    private static void selectVector(Context c, Inst inst) {
        Condition condition = condition(c, inst.arg(0));
        boolean negate = prefersNegated(c, condition, inst, false);
        Reg dst = c.def(inst.result());
        Reg base = c.reg(inst.arg(negate ? 1 : 2));
        Reg src = c.reg(inst.arg(negate ? 2 : 1));
        Condition holds = negate ? condition.negate() : condition;
        c.emit(new ConditionInsn.VectorSelect(holds, inst.type(), dst, src, base));
    }

    /**
     * Whether the value for true should be the one that is overwritten: it dies here, and the other does not.
     *
     * @param folds whether the other one may come from memory
     */
    private static boolean prefersNegated(Context c, Condition condition, Inst select, boolean folds) {
        if (condition.parity() != Parity.NONE) {
            return condition.parity() == Parity.AND_ORDERED;
        }
        Value ifTrue = select.arg(1);
        Value ifFalse = select.arg(2);
        if (folds && c.foldableLoad(ifTrue, size(select)) != null) {
            return false;
        }
        return folds && c.foldableLoad(ifFalse, size(select)) != null
                || c.useCount(ifTrue) == 1 && c.useCount(ifFalse) > 1;
    }
}
