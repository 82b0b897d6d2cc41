package kiln.codegen.x64;

import kiln.codegen.Choice;
import kiln.codegen.Reg;
import kiln.codegen.Rules;
import kiln.ir.Inst;
import kiln.ir.IntCond;
import kiln.ir.Lanes;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.V128;
import kiln.ir.Value;
import kiln.ir.VectorOp;

/** What is asked about all lanes of a vector: as a value, and as the condition of a branch, a selection or a trap. */
final class VectorReduceRules {
    /** PMOVMSKB of a vector of ones. */
    private static final int ALL_BYTES = 0xffff;
    /** What PMOVMSKB gives for the upper bytes of lanes of 16 bits. */
    private static final int UPPER_BYTES = 0xaaaa;

    private static final V128 ONES = new V128(-1, -1);

    private VectorReduceRules() {}

    // ANY_TRUE, ALL_TRUE.

    static final Rules<Context> TEST = Rules.<Context>of("vectorTest").base("condition", (c, inst) -> {
        Condition condition = holds(c, inst);
        c.emit(ConditionInsn.SetCond.of(condition, c.def(inst.result()), null));
    });

    // BITMASK.

    static final Rules<Context> BITMASK = Rules.<Context>of("bitmask")
            .rule("words, narrowed to bytes", (c, inst) -> {
                if (inst.lanes().lanes() != Lanes.I16X8) {
                    return false;
                }
                // The zeros behind them clear the upper half of the result.
                Reg bytes = c.newReg(Type.V128);
                c.emitBinary(Op.PACKSSWB, bytes, c.reg(inst.arg(0)), c.zeroVector());
                signs(c, Op.PMOVMSKB, c.def(inst.result()), bytes);
                return true;
            })
            .base("one instruction", (c, inst) -> {
                Op op = switch (inst.lanes().lanes()) {
                    case I8X16 -> Op.PMOVMSKB;
                    case I32X4 -> Op.MOVMSKPS;
                    default -> Op.MOVMSKPD;
                };
                Reg src = c.reg(inst.arg(0));
                signs(c, op, c.def(inst.result()), src);
            });

    private static void signs(Context c, Op op, Reg dst, Reg src) {
        c.emit(Insn.unary(op, 4, dst, Operand.inRegister(src)));
    }

    // Conditions.

    /** The condition {@code x cond k}, if that can be asked of the vector behind {@code x}; else null. */
    static Condition compare(Context c, Value x, int k, IntCond cond) {
        Inst reduce = cond == IntCond.EQ || cond == IntCond.NE ? c.foldable(x, Opcode.VREDUCE) : null;
        if (reduce == null) {
            return null;
        }
        Condition equal;
        if (reduce.lanes().op() == VectorOp.BITMASK) {
            equal = bitmaskEquals(c, reduce, k);
        } else if (k == 0) {
            equal = holds(c, reduce).negate();
        } else {
            equal = k == 1 ? holds(c, reduce) : null;
        }
        return equal == null || cond == IntCond.EQ ? equal : equal.negate();
    }

    /** Only the bits of words must be brought together by a further instruction, which these do without. */
    private static Condition bitmaskEquals(Context c, Inst bitmask, int k) {
        if (bitmask.lanes().lanes() != Lanes.I16X8) {
            return null;
        }
        Value x = bitmask.arg(0);
        if (k == 0) {
            Operand bits = Operand.inRegister(signsOfBytes(c, c.reg(x)));
            return Condition.of(Insn.compare(Op.TEST, 4, bits, Operand.imm(UPPER_BYTES)), Cond.E);
        }
        return k == (1 << Lanes.I16X8.count()) - 1 && VectorRules.isMask(x, Lanes.I16X8, 0) ? allOnes(c, x) : null;
    }

    /** The condition that an ANY_TRUE or ALL_TRUE gives 1. */
    private static Condition holds(Context c, Inst test) {
        return (test.lanes().op() == VectorOp.ANY_TRUE ? ANY_TRUE : ALL_TRUE).make(c, test);
    }

    static final Choice<Context, Inst, Condition> ANY_TRUE = Choice.<Context, Inst, Condition>of("anyTrue")
            .rule("lane without ones", (c, test) -> {
                Value x = negated(c, test);
                return x != null && VectorRules.isMask(x, 0) ? allOnes(c, x).negate() : null;
            })
            .rule("lane with ones", (c, test) -> {
                Value x = test.arg(0);
                return VectorRules.isMask(x, 0) ? noOnes(c, c.reg(x)).negate() : null;
            })
            .rule("clear bit", (c, test) -> {
                Value x = negated(c, test);
                // Bits of the second operand that the first one lacks clear the carry flag.
                return x == null ? null : Condition.of(bits(c.reg(x), c.vectorSource(ONES)), Cond.AE);
            })
            .rule("bit in x and y", (c, test) -> {
                Inst and = foldable(c, test, VectorOp.AND);
                if (and == null) {
                    return null;
                }
                Value x = and.arg(0);
                Value y = and.arg(1);
                boolean exchange = c.isVectorMemory(Op.PTEST, x) && !c.isVectorMemory(Op.PTEST, y);
                Reg first = c.reg(exchange ? y : x);
                return Condition.of(bits(first, c.vectorSource(Op.PTEST, exchange ? x : y)), Cond.NE);
            })
            .rule("bit in x that y lacks", (c, test) -> {
                Inst without = foldable(c, test, VectorOp.ANDNOT);
                if (without == null) {
                    return null;
                }
                Reg first = c.reg(without.arg(1));
                return Condition.of(bits(first, c.vectorSource(Op.PTEST, without.arg(0))), Cond.AE);
            })
            .base("bit in x", (c, test) -> {
                Reg x = c.reg(test.arg(0));
                return Condition.of(bits(x, Operand.inRegister(x)), Cond.NE);
            });

    static final Choice<Context, Inst, Condition> ALL_TRUE = Choice.<Context, Inst, Condition>of("allTrue")
            .rule("no lane with ones", (c, test) -> {
                Value x = negated(c, test);
                return x != null && VectorRules.isMask(x, test.lanes().lanes(), 0) ? noOnes(c, c.reg(x)) : null;
            })
            .rule("ones only", (c, test) -> {
                Value x = test.arg(0);
                return VectorRules.isMask(x, test.lanes().lanes(), 0) ? allOnes(c, x) : null;
            })
            .base("no lane equals zero", (c, test) -> {
                Op equal = Op.of(VectorOp.EQ.on(test.lanes().lanes()));
                Reg zeros = c.newReg(Type.V128);
                Operand x = c.vectorSource(equal, test.arg(0));
                c.emitBinary(equal, zeros, c.zeroVector(), x);
                return noOnes(c, zeros);
            });

    private static Insn bits(Reg left, Operand right) {
        return Insn.compare(Op.PTEST, Op.PTEST.size(), Operand.inRegister(left), right);
    }

    /** The operation of two operands that is tested, if the current rule may do it. */
    private static Inst foldable(Context c, Inst test, VectorOp op) {
        Inst d = c.foldable(test.arg(0), Opcode.VBINARY);
        return d != null && d.lanes().op() == op ? d : null;
    }

    /** What the complement of is tested, if the current rule may go by that; else null. */
    private static Value negated(Context c, Inst test) {
        Inst not = c.foldable(test.arg(0), Opcode.VUNARY);
        return not != null && not.lanes().op() == VectorOp.NOT ? not.arg(0) : null;
    }

    // Lanes of ones or zeros: the highest bits of their bytes say all, and test faster than PTEST does.

    private static Condition allOnes(Context c, Value mask) {
        return compareSigns(c, c.reg(mask), ALL_BYTES);
    }

    private static Condition noOnes(Context c, Reg mask) {
        return compareSigns(c, mask, 0);
    }

    private static Condition compareSigns(Context c, Reg mask, int k) {
        Operand bits = Operand.inRegister(signsOfBytes(c, mask));
        return Condition.of(Insn.compare(Op.CMP, 4, bits, Operand.imm(k)), Cond.E);
    }

    private static Reg signsOfBytes(Context c, Reg v) {
        Reg result = c.newReg(Type.I32);
        signs(c, Op.PMOVMSKB, result, v);
        return result;
    }
}
