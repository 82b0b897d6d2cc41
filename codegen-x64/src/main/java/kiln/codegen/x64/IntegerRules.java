package kiln.codegen.x64;

import static kiln.codegen.LoweringContext.constValue;
import static kiln.codegen.x64.Context.fitsImm;
import static kiln.codegen.x64.Context.isConst;
import static kiln.codegen.x64.Context.size;

import kiln.codegen.Demanded;
import kiln.codegen.Reg;
import kiln.codegen.Rules;
import kiln.ir.Inst;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.Value;

/** Integer arithmetic. */
final class IntegerRules {
    private IntegerRules() {}

    // ICONST.

    static final Rules<Context> CONSTANT = Rules.<Context>of("intConstant").base("constant", (c, inst) -> {
        long value = inst.type() == Type.I32 ? inst.imm() & 0xffffffffL : inst.imm();
        c.emit(new IntegerInsn.Const(c.def(inst.result()), value));
    });

    // ADD.

    static final Rules<Context> ADD = Rules.<Context>of("add")
            .commuted("(x << 1..3) + constant", (c, inst, x, y) -> {
                Inst shift = fitsImm(y) ? c.foldable(x, Opcode.SHL) : null;
                if (shift == null || !MemoryRules.isScale(shift.arg(1))) {
                    return false;
                }
                int scale = (int) constValue(shift.arg(1));
                lea(c, inst, Address.of(null, c.value(shift.arg(0)), scale, (int) constValue(y)));
                return true;
            })
            .commuted("(x + y) + constant", (c, inst, x, y) -> {
                Inst sum = fitsImm(y) ? c.foldable(x, Opcode.ADD) : null;
                if (sum == null || fitsImm(sum.arg(1)) || !areInRegisters(sum)) {
                    return false;
                }
                Reg base = c.value(sum.arg(0));
                lea(c, inst, Address.of(base, c.value(sum.arg(1)), 0, (int) constValue(y)));
                return true;
            })
            .commuted("x + (y << 1..3) + constant", (c, inst, x, y) -> {
                Inst sum = fitsImm(y) ? c.foldable(x, Opcode.ADD) : null;
                int disp = sum == null || fitsImm(sum.arg(1)) ? 0 : (int) constValue(y);
                return disp != 0
                        && (addScaled(c, inst, sum.arg(0), sum.arg(1), disp)
                                || addScaled(c, inst, sum.arg(1), sum.arg(0), disp));
            })
            .commuted("x + constant", (c, inst, x, y) -> fitsImm(y) && addConstant(c, inst, x, constValue(y)))
            .commuted("x + (y < z)", ConditionRules::addCarry)
            .commuted("(x << 1..3) + y", (c, inst, x, y) -> addScaled(c, inst, x, y, 0))
            .commuted("x + [memory]", (c, inst, x, y) -> {
                if (c.foldableLoad(y, size(inst)) == null) {
                    return false;
                }
                twoOperands(c, Op.ADD, inst, x, y);
                return true;
            })
            .base("x + y", (c, inst) -> {
                Reg left = c.value(inst.arg(0));
                lea(c, inst, Address.of(left, c.value(inst.arg(1)), 0, 0));
            });

    /** Whether no rule for a sum has something better to do with one of its operands than to take it as it is. */
    private static boolean areInRegisters(Inst sum) {
        for (int i = 0; i < 2; i++) {
            Value v = sum.arg(i);
            boolean load = v.is(Opcode.LOAD) || v.is(Opcode.HEAP_LOAD);
            if (load || v.is(Opcode.SHL) || v.is(Opcode.ICMP) || v.is(Opcode.ZEXT)) {
                return false;
            }
        }
        return true;
    }

    /** An address's sum, in any register. */
    private static void lea(Context c, Inst inst, Address sum) {
        c.emit(IntegerInsn.Lea.of(size(inst), c.def(inst.result()), sum));
    }

    private static boolean addConstant(Context c, Inst inst, Value x, long k) {
        lea(c, inst, Address.of(c.value(x), (int) k));
        return true;
    }

    private static boolean addScaled(Context c, Inst inst, Value x, Value y, int disp) {
        Inst shift = c.foldable(x, Opcode.SHL);
        if (shift == null || !MemoryRules.isScale(shift.arg(1))) {
            return false;
        }
        Reg base = c.value(y);
        Reg index = c.value(shift.arg(0));
        lea(c, inst, Address.of(base, index, (int) constValue(shift.arg(1)), disp));
        return true;
    }

    /** {@code x op y} in the register of x. */
    private static void twoOperands(Context c, Op op, Inst inst, Value x, Value y) {
        Reg left = c.value(x);
        c.emit(Insn.binary(op, size(inst), c.def(inst.result()), left, c.source(y, size(inst))));
    }

    // SUB.

    static final Rules<Context> SUB = Rules.<Context>of("sub")
            .rule("x - constant", (c, inst) -> {
                Value y = inst.arg(1);
                return fitsImm(y)
                        && constValue(y) != Integer.MIN_VALUE
                        && addConstant(c, inst, inst.arg(0), -constValue(y));
            })
            .rule("x - (y < z)", (c, inst) -> ConditionRules.addCarry(c, inst, inst.arg(0), inst.arg(1)))
            .rule("-x", (c, inst) -> isConst(inst.arg(0), 0) && inPlace(c, Op.NEG, inst, inst.arg(1)))
            .base("x - y", (c, inst) -> twoOperands(c, Op.SUB, inst, inst.arg(0), inst.arg(1)));

    private static boolean inPlace(Context c, Op op, Inst inst, Value x) {
        c.emit(Insn.inPlace(op, size(inst), c.def(inst.result()), c.value(x)));
        return true;
    }

    // MUL.

    static final Rules<Context> MUL = Rules.<Context>of("mul")
            .commuted("x * 3, 5 or 9", (c, inst, x, y) -> {
                if (!isConst(y, 3) && !isConst(y, 5) && !isConst(y, 9)) {
                    return false;
                }
                Reg r = c.value(x);
                lea(c, inst, Address.of(r, r, Long.numberOfTrailingZeros(constValue(y) - 1), 0));
                return true;
            })
            .commuted("x * constant", (c, inst, x, y) -> {
                if (!fitsImm(y)) {
                    return false;
                }
                Operand src = c.registerOrMemory(x, size(inst));
                c.emit(Insn.unary(Op.IMUL, size(inst), c.def(inst.result()), src, (int) constValue(y)));
                return true;
            })
            .base("x * y", (c, inst) -> commutative(c, Op.IMUL, inst));

    /** {@code x op y} in the register of either; a constant or memory is the other one. */
    private static void commutative(Context c, Op op, Inst inst) {
        Value x = inst.arg(0);
        Value y = inst.arg(1);
        boolean memory = c.foldableLoad(x, size(inst)) != null && c.foldableLoad(y, size(inst)) == null;
        if (fitsImm(x) || !fitsImm(y) && memory) {
            twoOperands(c, op, inst, y, x);
        } else {
            twoOperands(c, op, inst, x, y);
        }
    }

    // UMULH, SMULH.

    static final Rules<Context> MUL_HIGH = Rules.<Context>of("mulHigh")
            .rule("unsigned, into any register (BMI2)", (c, inst) -> {
                if (inst.opcode() != Opcode.UMULH || !c.has(Op.MULX)) {
                    return false;
                }
                mulHigh(c, Op.MULX, inst);
                return true;
            })
            .base("high half", (c, inst) -> mulHigh(c, inst.opcode() == Opcode.SMULH ? Op.IMUL : Op.MUL, inst));

    private static void mulHigh(Context c, Op op, Inst inst) {
        Reg left = c.movable(inst.arg(0));
        Operand right = c.registerOrMemory(inst.arg(1), size(inst));
        c.emit(Insn.mulHigh(op, size(inst), c.def(inst.result()), left, right));
    }

    // UDIV, SDIV, UREM, SREM.

    static final Rules<Context> DIVIDE =
            Rules.<Context>of("divide").base("x / y, with its checks", IntegerRules::divide);

    private static void divide(Context c, Inst inst) {
        boolean signed = inst.opcode() == Opcode.SDIV || inst.opcode() == Opcode.SREM;
        boolean remainder = inst.opcode() == Opcode.UREM || inst.opcode() == Opcode.SREM;
        Value divisor = inst.arg(1);
        boolean known = divisor.is(Opcode.ICONST);
        c.emit(new IntegerInsn.Divide(
                signed,
                remainder,
                size(inst),
                c.def(inst.result()),
                c.movable(inst.arg(0)),
                c.movable(divisor),
                !known || isConst(divisor, 0),
                !known || isConst(divisor, -1)));
    }

    // AND.

    static final Rules<Context> AND = Rules.<Context>of("and")
            .commuted("x & 0xff, 0xffff or 0xffffffff", IntegerRules::zeroExtend)
            .commuted("x & 32 bits or fewer", (c, inst, x, y) -> {
                if (!y.is(Opcode.ICONST) || mask(inst, y) >>> 32 != 0) {
                    return false;
                }
                // The upper half becomes zero by itself.
                Reg left = c.value(x);
                c.emit(Insn.binary(Op.AND, 4, c.def(inst.result()), left, Operand.imm((int) mask(inst, y))));
                return true;
            })
            .commuted("x & constant", (c, inst, x, y) -> {
                if (!y.is(Opcode.ICONST)) {
                    return false;
                }
                twoOperands(c, Op.AND, inst, x, y);
                return true;
            })
            .commuted("~x & y (BMI1)", IntegerRules::andNot)
            .commuted("x & (x - 1) (BMI1)", (c, inst, x, y) -> isDecrement(c, y, x) && unary(c, Op.BLSR, inst, x))
            .commuted("x & -x (BMI1)", (c, inst, x, y) -> {
                Inst d = c.foldable(y, Opcode.SUB);
                return d != null && isConst(d.arg(0), 0) && d.arg(1) == x && unary(c, Op.BLSI, inst, x);
            })
            .base("x & y", (c, inst) -> commutative(c, Op.AND, inst));

    /** The bits of the constant {@code v}. */
    private static long mask(Inst inst, Value v) {
        return inst.type() == Type.I32 ? constValue(v) & 0xffffffffL : constValue(v);
    }

    private static boolean zeroExtend(Context c, Inst inst, Value x, Value y) {
        if (!y.is(Opcode.ICONST)) {
            return false;
        }
        long mask = mask(inst, y);
        Op op = mask == 0xff ? Op.MOVZX8 : mask == 0xffff ? Op.MOVZX16 : mask == 0xffffffffL ? Op.MOV : null;
        if (op == null) {
            return false;
        }
        c.emit(Insn.unary(op, 4, c.def(inst.result()), Operand.of(c.value(x))));
        return true;
    }

    private static boolean andNot(Context c, Inst inst, Value x, Value y) {
        Inst not = c.has(Op.ANDN) ? c.foldable(x, Opcode.XOR) : null;
        if (not == null || !isConst(not.arg(1), -1)) {
            return false;
        }
        Reg inverted = c.value(not.arg(0));
        Operand src = c.registerOrMemory(y, size(inst));
        c.emit(Insn.vex(Op.ANDN, size(inst), c.def(inst.result()), inverted, src));
        return true;
    }

    /** Whether {@code v} is {@code x - 1}. */
    private static boolean isDecrement(Context c, Value v, Value x) {
        Inst d = c.foldable(v);
        return d != null
                && (d.opcode() == Opcode.ADD && isConst(d.arg(1), -1)
                        || d.opcode() == Opcode.SUB && isConst(d.arg(1), 1))
                && d.arg(0) == x;
    }

    /** An operation of BMI1 on one register, if the processor has it. */
    private static boolean unary(Context c, Op op, Inst inst, Value x) {
        if (!c.has(op)) {
            return false;
        }
        c.emit(Insn.unary(op, size(inst), c.def(inst.result()), Operand.of(c.value(x))));
        return true;
    }

    // OR, XOR.

    static final Rules<Context> OR = Rules.<Context>of("or").base("x | y", (c, inst) -> commutative(c, Op.OR, inst));

    static final Rules<Context> XOR = Rules.<Context>of("xor")
            .rule("~x", (c, inst) -> isConst(inst.arg(1), -1) && inPlace(c, Op.NOT, inst, inst.arg(0)))
            .rule(
                    "x ^ (x - 1) (BMI1)",
                    (c, inst) -> isDecrement(c, inst.arg(1), inst.arg(0)) && unary(c, Op.BLSMSK, inst, inst.arg(0)))
            .base("x ^ y", (c, inst) -> commutative(c, Op.XOR, inst));

    // SHL, LSHR, ASHR, ROTL, ROTR.

    static final Rules<Context> SHIFT = Rules.<Context>of("shift")
            .rule("x << 1", (c, inst) -> {
                if (inst.opcode() != Opcode.SHL || !isCount(inst) || count(inst) != 1) {
                    return false;
                }
                Reg r = c.value(inst.arg(0));
                lea(c, inst, Address.of(r, r, 0, 0));
                return true;
            })
            .rule("rotation by a constant, into any register (BMI2)", IntegerRules::rotateByConstant)
            .rule("by a constant", (c, inst) -> {
                if (!isCount(inst)) {
                    return false;
                }
                Reg x = c.value(inst.arg(0));
                c.emit(Insn.binary(shiftOp(inst), size(inst), c.def(inst.result()), x, Operand.imm(count(inst))));
                return true;
            })
            .rule("into any register (BMI2)", IntegerRules::shiftInto)
            .base("by cl", (c, inst) -> {
                Value by = Demanded.count(c, inst);
                Reg x = c.value(inst.arg(0));
                c.emit(Insn.byCl(shiftOp(inst), size(inst), c.def(inst.result()), x, c.movable(by)));
            });

    private static Op shiftOp(Inst inst) {
        return switch (inst.opcode()) {
            case SHL -> Op.SHL;
            case LSHR -> Op.SHR;
            case ASHR -> Op.SAR;
            case ROTL -> Op.ROL;
            case ROTR -> Op.ROR;
            default -> throw new IllegalArgumentException(inst.toString());
        };
    }

    private static boolean isCount(Inst shift) {
        return shift.arg(1).is(Opcode.ICONST);
    }

    private static int count(Inst shift) {
        return (int) constValue(shift.arg(1)) & size(shift) * 8 - 1;
    }

    private static boolean rotateByConstant(Context c, Inst inst) {
        boolean left = inst.opcode() == Opcode.ROTL;
        if (!c.has(Op.RORX) || !isCount(inst) || !left && inst.opcode() != Opcode.ROTR) {
            return false;
        }
        int right = left ? -count(inst) & size(inst) * 8 - 1 : count(inst);
        Operand x = c.registerOrMemory(inst.arg(0), size(inst));
        c.emit(Insn.unary(Op.RORX, size(inst), c.def(inst.result()), x, right));
        return true;
    }

    private static boolean shiftInto(Context c, Inst inst) {
        Op op = switch (inst.opcode()) {
            case SHL -> Op.SHLX;
            case LSHR -> Op.SHRX;
            case ASHR -> Op.SARX;
            default -> null;
        };
        if (op == null || !c.has(op)) {
            return false;
        }
        Reg by = c.reg(Demanded.count(c, inst));
        Operand x = c.registerOrMemory(inst.arg(0), size(inst));
        c.emit(Insn.vex(op, size(inst), c.def(inst.result()), x, by));
        return true;
    }

    // CLZ, CTZ, POPCNT.

    static final Rules<Context> COUNT = Rules.<Context>of("count")
            .rule("leading zeros by bsr", (c, inst) -> inst.opcode() == Opcode.CLZ && !c.has(Op.LZCNT) && scan(c, inst))
            .rule(
                    "trailing zeros by bsf",
                    (c, inst) -> inst.opcode() == Opcode.CTZ && !c.has(Op.TZCNT) && scan(c, inst))
            .base("one instruction", (c, inst) -> {
                Op op = switch (inst.opcode()) {
                    case CLZ -> Op.LZCNT;
                    case CTZ -> Op.TZCNT;
                    default -> Op.POPCNT;
                };
                Operand src = c.registerOrMemory(inst.arg(0), size(inst));
                c.emit(Insn.unary(op, size(inst), c.def(inst.result()), src));
            });

    private static boolean scan(Context c, Inst inst) {
        Reg src = c.reg(inst.arg(0));
        c.emit(new IntegerInsn.Scan(inst.opcode() == Opcode.CLZ, size(inst), c.def(inst.result()), src));
        return true;
    }

    // SEXT8, SEXT16, SEXT32, SEXT, WRAP.

    static final Rules<Context> SIGN_EXTEND = Rules.<Context>of("signExtend")
            .rule("of memory", (c, inst) -> {
                Inst load = inst.opcode() == Opcode.SEXT ? c.foldableLoad(inst.arg(0), 4) : null;
                if (load == null) {
                    return false;
                }
                c.emit(Insn.unary(Op.MOVSXD, 8, c.def(inst.result()), c.fold(load)));
                return true;
            })
            .base("of a register", (c, inst) -> {
                Op op = switch (inst.opcode()) {
                    case SEXT8 -> Op.MOVSX8;
                    case SEXT16 -> Op.MOVSX16;
                    default -> inst.type() == Type.I64 ? Op.MOVSXD : Op.MOV;
                };
                Operand src = Operand.of(c.value(inst.arg(0)));
                c.emit(Insn.unary(op, size(inst), c.def(inst.result()), src));
            });

    static final Rules<Context> WRAP = Rules.<Context>of("wrap").base("the low half", (c, inst) -> {
        Operand src = Operand.of(c.value(inst.arg(0)));
        c.emit(Insn.unary(Op.MOV, 4, c.def(inst.result()), src));
    });
}
