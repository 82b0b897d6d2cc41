package kiln.codegen.x64;

import kiln.codegen.CodegenOptions;
import kiln.codegen.Reg;
import kiln.ir.FloatCond;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.IntCond;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.Value;

/** Rules for comparisons and for what depends on them. */
abstract class ConditionRules extends IntegerRules {
    ConditionRules(Function function, CodegenOptions options) {
        super(function, options);
    }

    /** The condition that the i32 {@code v} is not zero. */
    final Condition condition(Value v) {
        Value x = v;
        boolean negated = false;
        Inst compare = comparison(x);
        // Comparing a comparison with zero negates it.
        while (compare != null && isTestOfComparison(compare)) {
            negated ^= compare.intCond() == IntCond.EQ;
            x = compare.arg(0);
            compare = comparison(x);
        }
        Condition c = compare == null ? notZero(x, size(x.type())) : compare(compare);
        return negated ? c.negate() : c;
    }

    /** Whether {@code compare} asks if another comparison, which may be folded here too, was true or false. */
    private boolean isTestOfComparison(Inst compare) {
        return compare.opcode() == Opcode.ICMP
                && (compare.intCond() == IntCond.EQ || compare.intCond() == IntCond.NE)
                && compare.arg(1).is(Opcode.ICONST)
                && constValue(compare.arg(1)) == 0
                && comparison(compare.arg(0)) != null;
    }

    private Condition compare(Inst compare) {
        return compare.opcode() == Opcode.FCMP ? compareFloats(compare) : compareIntegers(compare);
    }

    /** {@code v != 0} */
    final Condition notZero(Value v, int size) {
        return compareWithZero(v, size, IntCond.NE);
    }

    private Condition compareIntegers(Inst inst) {
        return compareIntegers(size(inst.type()), inst.arg(0), inst.arg(1), inst.intCond());
    }

    private Condition compareIntegers(int size, Value first, Value second, IntCond between) {
        Value x = first;
        Value y = second;
        IntCond cond = between;
        if (fitsImm(x) && !fitsImm(y)) {
            Value v = x;
            x = y;
            y = v;
            cond = cond.swap();
        }
        if (fitsImm(y)) {
            int c = (int) constValue(y);
            if (c == 0 && cond != IntCond.ULT && cond != IntCond.UGE) {
                return compareWithZero(x, size, cond);
            }
            return compareWithConstant(x, c, size, cond);
        }
        // [memory] against register, register against [memory]
        Inst load = foldableLoad(x, size);
        if (load != null && foldableLoad(y, size) == null) {
            Address a = fold(load);
            return Condition.of(Insn.compare(Op.CMP, size, a, Operand.inRegister(regOf(y, size))), Cond.of(cond));
        }
        Operand left = Operand.inRegister(regOf(x, size));
        return Condition.of(Insn.compare(Op.CMP, size, left, registerOrMemory(y, size)), Cond.of(cond));
    }

    private Condition compareWithConstant(Value x, int c, int size, IntCond cond) {
        Inst load = foldableLoad(x, size);
        if (load != null) {
            return Condition.of(Insn.compare(Op.CMP, size, fold(load), Operand.imm(c)), Cond.of(cond));
        }
        // A byte from memory: what it was extended from decides, if the constant is a byte as well.
        Inst narrow = foldableByte(x);
        if (narrow != null && c >= 0 && c < 256) {
            Operand imm = Operand.imm((byte) c);
            return Condition.of(Insn.compare(Op.CMP, 1, fold(narrow), imm), Cond.of(unsigned(cond)));
        }
        // The sign flag alone says it too, and may be there already: see ResultFlags.
        Cond holds = c == 0 && cond == IntCond.SLT ? Cond.S : c == 0 && cond == IntCond.SGE ? Cond.NS : Cond.of(cond);
        return Condition.of(Insn.compare(Op.CMP, size, Operand.inRegister(regOf(x, size)), Operand.imm(c)), holds);
    }

    /** A zero-extending load of one byte that may be folded. */
    private Inst foldableByte(Value v) {
        Inst load = foldable(v, Opcode.LOAD);
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
    private Condition compareWithZero(Value x, int size, IntCond cond) {
        Inst and = foldable(x, Opcode.AND);
        if (and != null) {
            Condition bit = cond == IntCond.EQ || cond == IntCond.NE ? bitTest(and, size, cond) : null;
            return bit != null ? bit : testAnd(and, size, cond);
        }
        return compareWithConstant(x, 0, size, cond);
    }

    /** {@code (x & y) cond 0} */
    private Condition testAnd(Inst and, int size, IntCond cond) {
        Value x = and.arg(0);
        Value y = and.arg(1);
        if (fitsImm(y)) {
            int mask = (int) constValue(y);
            Inst narrow = mask >= 0 && mask < 128 ? foldableByte(x) : null;
            Operand left = narrow != null ? fold(narrow) : registerOrMemory(x, size);
            // A mask within the low seven bits says the same of the low byte alone, in a shorter instruction.
            int bytes = mask >= 0 && mask < 128 ? 1 : size;
            return Condition.of(Insn.compare(Op.TEST, bytes, left, Operand.imm(mask)), Cond.of(cond));
        }
        if (foldableLoad(y, size) != null) {
            Value v = x;
            x = y;
            y = v;
        }
        Operand right = Operand.inRegister(regOf(y, size));
        return Condition.of(Insn.compare(Op.TEST, size, registerOrMemory(x, size), right), Cond.of(cond));
    }

    /** A test of a single bit: {@code x & 1 << n}, {@code x >> n & 1}, {@code x & 2^k} for a bit that is no immediate. */
    private Condition bitTest(Inst and, int size, IntCond cond) {
        Cond c = cond == IntCond.NE ? Cond.B : Cond.AE;
        Value x = and.arg(0);
        Value y = and.arg(1);
        if (isBit(x)) {
            Value v = x;
            x = y;
            y = v;
        }
        if (isBit(y)) {
            Reg value = regOf(x, size);
            return bitTest(size, value, Operand.inRegister(reg(y.inst().arg(1))), c);
        }
        if (!y.is(Opcode.ICONST)) {
            return null;
        }
        long mask = size == 4 ? constValue(y) & 0xffffffffL : constValue(y);
        Inst shift = foldable(x);
        if (mask == 1 && shift != null && (shift.opcode() == Opcode.LSHR || shift.opcode() == Opcode.ASHR)) {
            Value count = shift.arg(1);
            Reg value = regOf(shift.arg(0), size);
            Operand bit = count.is(Opcode.ICONST)
                    ? Operand.imm((int) constValue(count) & size * 8 - 1)
                    : Operand.inRegister(reg(count));
            return bitTest(size, value, bit, c);
        }
        if (Long.bitCount(mask) == 1 && (int) mask != mask) {
            return bitTest(size, regOf(x, size), Operand.imm(Long.numberOfTrailingZeros(mask)), c);
        }
        return null;
    }

    private static Condition bitTest(int size, Reg value, Operand bit, Cond c) {
        return Condition.of(Insn.compare(Op.BT, size, Operand.inRegister(value), bit), c);
    }

    /** {@code 1 << n} */
    private boolean isBit(Value v) {
        Inst d = foldable(v, Opcode.SHL);
        return d != null
                && d.arg(0).is(Opcode.ICONST)
                && constValue(d.arg(0)) == 1
                && !d.arg(1).is(Opcode.ICONST);
    }

    private Condition compareFloats(Inst inst) {
        int size = size(inst.type());
        Value x = inst.arg(0);
        Value y = inst.arg(1);
        return switch (inst.floatCond()) {
            // Unordered operands set zero, parity and carry; so only "above" says something about ordered ones alone.
            case EQ -> new Condition(compareFloats(size, x, y), Cond.E, Condition.Parity.AND_ORDERED);
            case NE -> new Condition(compareFloats(size, x, y), Cond.NE, Condition.Parity.OR_UNORDERED);
            case GT -> Condition.of(compareFloats(size, x, y), Cond.A);
            case GE -> Condition.of(compareFloats(size, x, y), Cond.AE);
            case LT -> Condition.of(compareFloats(size, y, x), Cond.A);
            case LE -> Condition.of(compareFloats(size, y, x), Cond.AE);
        };
    }

    private Insn compareFloats(int size, Value x, Value y) {
        Operand left = Operand.inRegister(reg(x));
        return Insn.compare(Op.ofSize(size, Op.UCOMISS, Op.UCOMISD), size, left, floatSource(y));
    }

    // add, sub of a comparison.

    /** {@code x + (a < b)}, {@code x - (a < b)}, unsigned, and what can be brought into that form. */
    @Override
    final boolean lowerAddCarry(Inst inst, Value x, Value y) {
        boolean wide = inst.type() == Type.I64;
        Inst widened = wide ? foldable(y, Opcode.ZEXT) : null;
        Inst compare = wide && widened == null ? null : foldable(wide ? widened.arg(0) : y, Opcode.ICMP);
        Condition c = compare == null ? null : carry(compare);
        if (c == null) {
            return false;
        }
        int size = size(inst.type());
        Reg base = regOf(x, size);
        emit(new ConditionInsn.AddCarry(c, inst.opcode() == Opcode.SUB, size, def(inst.result()), base));
        return true;
    }

    /** The comparison with its result in the carry flag (B) or inverted there (AE), or null. */
    private Condition carry(Inst compare) {
        int size = size(compare.type());
        Value x = compare.arg(0);
        Value y = compare.arg(1);
        if (fitsImm(x)) {
            return null;
        }
        IntCond cond = compare.intCond();
        if (!fitsImm(y)) {
            return switch (cond) {
                case ULT, UGE -> compareIntegers(size, x, y, cond);
                case UGT, ULE -> compareIntegers(size, y, x, cond.swap());
                default -> null;
            };
        }
        long c = constValue(y);
        boolean small = c >= 0 && c < Integer.MAX_VALUE;
        return switch (cond) {
            case EQ -> c == 0 ? compareWithConstant(x, 1, size, IntCond.ULT) : null;
            case NE -> c == 0 ? compareWithConstant(x, 1, size, IntCond.UGE) : null;
            case ULT, UGE -> c == 0 ? null : compareWithConstant(x, (int) c, size, cond);
            case ULE -> small ? compareWithConstant(x, (int) c + 1, size, IntCond.ULT) : null;
            case UGT -> small ? compareWithConstant(x, (int) c + 1, size, IntCond.UGE) : null;
            default -> null;
        };
    }

    // icmp, fcmp, select.

    @Override
    protected final void lowerCompare(Inst inst) {
        Condition c = conditionOf(inst);
        Reg temp = c.parity() == Condition.Parity.NONE ? null : newReg(Type.I32);
        emit(ConditionInsn.SetCond.of(c, def(inst.result()), temp));
    }

    /** The condition of a comparison that is itself the current instruction. */
    private Condition conditionOf(Inst inst) {
        if (isTestOfComparison(inst)) {
            Condition c = condition(inst.arg(0));
            return inst.intCond() == IntCond.EQ ? c.negate() : c;
        }
        return compare(inst);
    }

    @Override
    protected final void lowerSelect(Inst inst) {
        Type type = inst.type();
        Value ifTrue = inst.arg(1);
        Value ifFalse = inst.arg(2);
        if (type.isFloat() && lowerSmallerOrLarger(inst)) {
            return;
        }
        Condition c = condition(inst.arg(0));
        boolean integer = type.isInt() || type == Type.REF;
        // One instruction has one position, so it can do one load that may trap.
        boolean folds = c.comparison().position() < 0;
        if (c.parity() == Condition.Parity.AND_ORDERED
                || c.parity() == Condition.Parity.NONE && prefersNegated(ifTrue, ifFalse, integer && folds)) {
            c = c.negate();
            Value v = ifTrue;
            ifTrue = ifFalse;
            ifFalse = v;
        }
        Reg dst = def(inst.result());
        if (integer) {
            int size = size(type);
            Reg base = movable(ifFalse);
            Operand src = folds ? registerOrMemory(ifTrue, size) : Operand.of(regOf(ifTrue, size));
            emit(ConditionInsn.Select.of(c, size, dst, src, base));
        } else {
            Reg base = reg(ifFalse);
            emit(new ConditionInsn.VectorSelect(c, type, dst, reg(ifTrue), base));
        }
    }

    /** {@code x < y ? x : y} and its kin, which is what the processor's own minimum and maximum do. */
    private boolean lowerSmallerOrLarger(Inst inst) {
        Inst compare = comparison(inst.arg(0));
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
        int size = size(inst.type());
        Op op = less == straight ? Op.ofSize(size, Op.MINSS, Op.MINSD) : Op.ofSize(size, Op.MAXSS, Op.MAXSD);
        Reg dst = def(inst.result());
        Reg left = reg(x);
        Operand right = Operand.of(reg(y));
        emit(features.avx() ? Insn.vex(op, op.size(), dst, left, right) : Insn.binary(op, op.size(), dst, left, right));
        return true;
    }

    /** Whether the value for true should be the one that is overwritten: it dies here, and the other does not. */
    private boolean prefersNegated(Value ifTrue, Value ifFalse, boolean folds) {
        if (folds && foldableLoad(ifTrue, size(ifTrue.type())) != null) {
            return false;
        }
        return folds && foldableLoad(ifFalse, size(ifFalse.type())) != null
                || useCount(ifTrue) == 1 && useCount(ifFalse) > 1;
    }
}
