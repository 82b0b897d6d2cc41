package kiln.codegen.x64;

import static kiln.codegen.LoweringContext.constValue;
import static kiln.codegen.x64.Context.fitsImm;
import static kiln.codegen.x64.Context.imm;
import static kiln.codegen.x64.Context.isConst;
import static kiln.codegen.x64.Context.size;

import kiln.codegen.Demanded;
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

    /** The condition that the i32 {@code v} is not zero. */
    static Condition condition(Context c, Value v) {
        Demanded.Truth truth = Demanded.truth(c, v);
        Value x = truth.value();
        Inst compare = c.comparison(x);
        Condition result = compare == null ? notZero(c, x, size(x.type())) : compare(c, compare);
        return truth.negated() ? result.negate() : result;
    }

    private static Condition compare(Context c, Inst compare) {
        return compare.opcode() == Opcode.FCMP
                ? compareFloats(c, compare)
                : compareIntegers(c, size(compare), compare.arg(0), compare.arg(1), compare.intCond());
    }

    /** {@code v != 0} */
    static Condition notZero(Context c, Value v, int size) {
        return compareWithZero(c, v, size, IntCond.NE);
    }

    private static Condition compareIntegers(Context c, int size, Value x, Value y, IntCond cond) {
        if (fitsImm(x) && !fitsImm(y)) {
            return compareIntegers(c, size, y, x, cond.swap());
        }
        if (isConst(y, 0) && cond != IntCond.ULT && cond != IntCond.UGE) {
            return compareWithZero(c, x, size, cond);
        }
        if (fitsImm(y)) {
            return compareWithConstant(c, x, (int) constValue(y), size, cond);
        }
        // [memory] against register, register against [memory]
        Inst load = c.foldableLoad(x, size);
        if (load != null && c.foldableLoad(y, size) == null) {
            Address left = c.fold(load);
            return Condition.of(compare(size, left, Operand.inRegister(c.value(y))), Cond.of(cond));
        }
        Operand left = Operand.inRegister(c.value(x));
        return Condition.of(compare(size, left, c.registerOrMemory(y, size)), Cond.of(cond));
    }

    private static Insn compare(int size, Operand left, Operand right) {
        return Insn.compare(Op.CMP, size, left, right);
    }

    private static Condition compareWithConstant(Context c, Value x, int k, int size, IntCond cond) {
        Inst load = c.foldableLoad(x, size);
        if (load != null) {
            return Condition.of(compare(size, c.fold(load), Operand.imm(k)), Cond.of(cond));
        }
        // A byte from memory: what it was extended from decides, if the constant is a byte as well.
        Inst narrow = foldableByte(c, x);
        if (narrow != null && k >= 0 && k < 256) {
            return Condition.of(compare(1, c.fold(narrow), Operand.imm((byte) k)), Cond.of(unsigned(cond)));
        }
        // The sign flag alone says it too, and may be there already: see ResultFlags.
        Cond holds = k == 0 && cond == IntCond.SLT ? Cond.S : k == 0 && cond == IntCond.SGE ? Cond.NS : Cond.of(cond);
        return Condition.of(compare(size, Operand.inRegister(c.value(x)), Operand.imm(k)), holds);
    }

    /** A zero-extending load of one byte that may be folded. */
    private static Inst foldableByte(Context c, Value v) {
        Inst load = c.foldable(v, Opcode.LOAD);
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

    /** Any condition but ULT and UGE, which are constant. */
    private static Condition compareWithZero(Context c, Value x, int size, IntCond cond) {
        Inst and = c.foldable(x, Opcode.AND);
        if (and != null) {
            Condition bit = cond == IntCond.EQ || cond == IntCond.NE ? bitTest(c, and, size, cond) : null;
            return bit != null ? bit : testAnd(c, and, size, cond);
        }
        return compareWithConstant(c, x, 0, size, cond);
    }

    /** {@code (x & y) cond 0} */
    private static Condition testAnd(Context c, Inst and, int size, IntCond cond) {
        Value x = and.arg(0);
        Value y = and.arg(1);
        if (fitsImm(y)) {
            int mask = (int) constValue(y);
            // A mask within the low seven bits says the same of the low byte alone, in a shorter instruction.
            boolean low = mask >= 0 && mask < 128;
            Inst narrow = low ? foldableByte(c, x) : null;
            Operand left = narrow != null ? c.fold(narrow) : c.registerOrMemory(x, size);
            return Condition.of(Insn.compare(Op.TEST, low ? 1 : size, left, imm(y)), Cond.of(cond));
        }
        boolean swapped = c.foldableLoad(y, size) != null;
        Operand right = Operand.inRegister(c.value(swapped ? x : y));
        Operand left = c.registerOrMemory(swapped ? y : x, size);
        return Condition.of(Insn.compare(Op.TEST, size, left, right), Cond.of(cond));
    }

    /**
     * A test of a single bit: {@code x & 1 << n}, {@code x >> n & 1}, {@code x & 2^k} for a bit that is no immediate.
     */
    private static Condition bitTest(Context c, Inst and, int size, IntCond cond) {
        Value x = and.arg(0);
        Value y = and.arg(1);
        Value bit = isBit(c, x) ? x : isBit(c, y) ? y : null;
        if (bit != null) {
            Reg value = c.value(bit == x ? y : x);
            return bitTest(size, value, Operand.inRegister(c.reg(bit.inst().arg(1))), cond);
        }
        if (!y.is(Opcode.ICONST)) {
            return null;
        }
        long mask = size == 4 ? constValue(y) & 0xffffffffL : constValue(y);
        Inst shift = c.foldable(x);
        if (mask == 1 && shift != null && (shift.opcode() == Opcode.LSHR || shift.opcode() == Opcode.ASHR)) {
            Value count = shift.arg(1);
            Reg value = c.value(shift.arg(0));
            Operand number = count.is(Opcode.ICONST)
                    ? Operand.imm((int) constValue(count) & size * 8 - 1)
                    : Operand.inRegister(c.reg(count));
            return bitTest(size, value, number, cond);
        }
        if (Long.bitCount(mask) == 1 && (int) mask != mask) {
            return bitTest(size, c.value(x), Operand.imm(Long.numberOfTrailingZeros(mask)), cond);
        }
        return null;
    }

    /** The bit comes out as carry. */
    private static Condition bitTest(int size, Reg value, Operand number, IntCond cond) {
        Insn test = Insn.compare(Op.BT, size, Operand.inRegister(value), number);
        return Condition.of(test, cond == IntCond.NE ? Cond.B : Cond.AE);
    }

    /** {@code 1 << n} */
    private static boolean isBit(Context c, Value v) {
        Inst d = c.foldable(v, Opcode.SHL);
        return d != null && isConst(d.arg(0), 1) && !d.arg(1).is(Opcode.ICONST);
    }

    private static Condition compareFloats(Context c, Inst inst) {
        Value x = inst.arg(0);
        Value y = inst.arg(1);
        return switch (inst.floatCond()) {
            // Unordered operands set zero, parity and carry; so only "above" says something about ordered ones alone.
            case EQ -> new Condition(compareFloats(c, x, y), Cond.E, Parity.AND_ORDERED);
            case NE -> new Condition(compareFloats(c, x, y), Cond.NE, Parity.OR_UNORDERED);
            case GT -> Condition.of(compareFloats(c, x, y), Cond.A);
            case GE -> Condition.of(compareFloats(c, x, y), Cond.AE);
            case LT -> Condition.of(compareFloats(c, y, x), Cond.A);
            case LE -> Condition.of(compareFloats(c, y, x), Cond.AE);
        };
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
        int size = size(compare);
        Value x = compare.arg(0);
        Value y = compare.arg(1);
        if (fitsImm(x)) {
            return null;
        }
        IntCond cond = compare.intCond();
        if (!fitsImm(y)) {
            return switch (cond) {
                case ULT, UGE -> compareIntegers(c, size, x, y, cond);
                case UGT, ULE -> compareIntegers(c, size, y, x, cond.swap());
                default -> null;
            };
        }
        long k = constValue(y);
        boolean small = k >= 0 && k < Integer.MAX_VALUE;
        return switch (cond) {
            case EQ -> k == 0 ? compareWithConstant(c, x, 1, size, IntCond.ULT) : null;
            case NE -> k == 0 ? compareWithConstant(c, x, 1, size, IntCond.UGE) : null;
            case ULT, UGE -> k == 0 ? null : compareWithConstant(c, x, (int) k, size, cond);
            case ULE -> small ? compareWithConstant(c, x, (int) k + 1, size, IntCond.ULT) : null;
            case UGT -> small ? compareWithConstant(c, x, (int) k + 1, size, IntCond.UGE) : null;
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
