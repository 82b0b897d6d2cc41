package kiln.codegen.x64;

import kiln.codegen.CodegenOptions;
import kiln.codegen.Reg;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.Value;

/** Rules for integer arithmetic. */
abstract class IntegerRules extends MemoryRules {
    IntegerRules(Function function, CodegenOptions options) {
        super(function, options);
    }

    // Constants.

    @Override
    protected final void lowerIntConstant(Inst inst) {
        long value = inst.type() == Type.I32 ? inst.imm() & 0xffffffffL : inst.imm();
        emit(new IntegerInsn.Const(def(inst.result()), value));
    }

    // add, sub.

    @Override
    protected final void lowerAdd(Inst inst) {
        int size = size(inst.type());
        Value x = inst.arg(0);
        Value y = inst.arg(1);
        if (fitsImm(x)) {
            Value v = x;
            x = y;
            y = v;
        }
        Reg dst = def(inst.result());
        if (fitsImm(y)) {
            // x + c
            emit(IntegerInsn.Lea.of(size, dst, Address.of(regOf(x, size), (int) constValue(y))));
            return;
        }
        if (lowerAddCarry(inst, x, y) || lowerAddCarry(inst, y, x)) {
            return;
        }
        // x + (y << 1..3)
        if (isScaled(x)) {
            Value v = x;
            x = y;
            y = v;
        }
        if (isScaled(y)) {
            Inst shift = y.inst();
            int count = (int) constValue(shift.arg(1));
            emit(IntegerInsn.Lea.of(size, dst, Address.of(regOf(x, size), regOf(shift.arg(0), size), count, 0)));
            return;
        }
        // x + [memory]
        if (foldableLoad(x, size) != null && foldableLoad(y, size) == null) {
            Value v = x;
            x = y;
            y = v;
        }
        if (foldableLoad(y, size) != null) {
            Reg left = regOf(x, size);
            emit(Insn.binary(Op.ADD, size, dst, left, source(y, size)));
            return;
        }
        // x + y
        emit(IntegerInsn.Lea.of(size, dst, Address.of(regOf(x, size), regOf(y, size), 0, 0)));
    }

    /** Lowers {@code x + y} or {@code x - y} where y is a comparison that sets the carry flag; see {@link ConditionRules}. */
    abstract boolean lowerAddCarry(Inst inst, Value x, Value y);

    private boolean isScaled(Value v) {
        Inst d = foldable(v, Opcode.SHL);
        return d != null && d.arg(1).is(Opcode.ICONST) && constValue(d.arg(1)) >= 1 && constValue(d.arg(1)) <= 3;
    }

    @Override
    protected final void lowerSub(Inst inst) {
        int size = size(inst.type());
        Value x = inst.arg(0);
        Value y = inst.arg(1);
        Reg dst = def(inst.result());
        if (fitsImm(y) && constValue(y) != Integer.MIN_VALUE) {
            // x - c
            emit(IntegerInsn.Lea.of(size, dst, Address.of(regOf(x, size), (int) -constValue(y))));
        } else if (lowerAddCarry(inst, x, y)) {
            return;
        } else if (x.is(Opcode.ICONST) && constValue(x) == 0) {
            // 0 - y
            emit(Insn.inPlace(Op.NEG, size, dst, regOf(y, size)));
        } else {
            Reg left = regOf(x, size);
            emit(Insn.binary(Op.SUB, size, dst, left, source(y, size)));
        }
    }

    // mul.

    @Override
    protected final void lowerMul(Inst inst) {
        int size = size(inst.type());
        Value x = inst.arg(0);
        Value y = inst.arg(1);
        if (fitsImm(x)) {
            Value v = x;
            x = y;
            y = v;
        }
        Reg dst = def(inst.result());
        if (fitsImm(y)) {
            int factor = (int) constValue(y);
            if (factor == 3 || factor == 5 || factor == 9) {
                // x + (x << 1..3)
                Reg r = regOf(x, size);
                emit(IntegerInsn.Lea.of(size, dst, Address.of(r, r, Integer.numberOfTrailingZeros(factor - 1), 0)));
            } else {
                emit(Insn.unary(Op.IMUL, size, dst, registerOrMemory(x, size), factor));
            }
            return;
        }
        if (prefersRight(x, y, size)) {
            Value v = x;
            x = y;
            y = v;
        }
        Reg left = regOf(x, size);
        emit(Insn.binary(Op.IMUL, size, dst, left, registerOrMemory(y, size)));
    }

    /**
     * Whether a commutative operation should destroy y rather than x: x can come from memory, or x is needed again and y is
     * not.
     */
    private boolean prefersRight(Value x, Value y, int size) {
        if (foldableLoad(y, size) != null) {
            return false;
        }
        return foldableLoad(x, size) != null || useCount(x) > 1 && useCount(y) == 1;
    }

    @Override
    protected final void lowerMulHigh(Inst inst) {
        int size = size(inst.type());
        Reg dst = def(inst.result());
        Reg left = movable(inst.arg(0));
        Operand right = registerOrMemory(inst.arg(1), size);
        boolean signed = inst.opcode() == Opcode.SMULH;
        emit(Insn.mulHigh(signed ? Op.IMUL : features.bmi2() ? Op.MULX : Op.MUL, size, dst, left, right));
    }

    // div, rem.

    @Override
    protected final void lowerDivide(Inst inst) {
        int size = size(inst.type());
        boolean signed = inst.opcode() == Opcode.SDIV || inst.opcode() == Opcode.SREM;
        boolean remainder = inst.opcode() == Opcode.UREM || inst.opcode() == Opcode.SREM;
        Value divisor = inst.arg(1);
        boolean known = divisor.is(Opcode.ICONST);
        emit(new IntegerInsn.Divide(
                signed,
                remainder,
                size,
                def(inst.result()),
                movable(inst.arg(0)),
                movable(divisor),
                !known || constValue(divisor) == 0,
                !known || constValue(divisor) == -1));
    }

    // and, or, xor.

    @Override
    protected final void lowerAnd(Inst inst) {
        int size = size(inst.type());
        Value x = inst.arg(0);
        Value y = inst.arg(1);
        if (x.is(Opcode.ICONST)) {
            Value v = x;
            x = y;
            y = v;
        }
        if (y.is(Opcode.ICONST)) {
            andConstant(inst, x, y, size);
            return;
        }
        if (features.bmi1()
                && (lowerAndNot(inst, x, y, size)
                        || lowerAndNot(inst, y, x, size)
                        || lowerLowestBit(inst, x, y, size)
                        || lowerLowestBit(inst, y, x, size))) {
            return;
        }
        lowerCommutative(inst, Op.AND);
    }

    private void andConstant(Inst inst, Value x, Value y, int size) {
        Reg dst = def(inst.result());
        long mask = size == 4 ? constValue(y) & 0xffffffffL : constValue(y);
        if (mask == 0xff) {
            emit(Insn.unary(Op.MOVZX8, 4, dst, Operand.of(regOf(x, size))));
        } else if (mask == 0xffff) {
            emit(Insn.unary(Op.MOVZX16, 4, dst, Operand.of(regOf(x, size))));
        } else if (mask == 0xffffffffL) {
            emit(Insn.unary(Op.MOV, 4, dst, Operand.of(regOf(x, size))));
        } else if (mask >>> 32 == 0) {
            // The upper half becomes zero by itself.
            emit(Insn.binary(Op.AND, 4, dst, regOf(x, size), Operand.imm((int) mask)));
        } else {
            Reg left = regOf(x, size);
            emit(Insn.binary(Op.AND, size, dst, left, source(y, size)));
        }
    }

    /** {@code (x ^ -1) & y} */
    private boolean lowerAndNot(Inst inst, Value x, Value y, int size) {
        Inst not = foldable(x, Opcode.XOR);
        if (not == null || !isConst(not.arg(1)) || constValue(not.arg(1)) != -1) {
            return false;
        }
        Reg inverted = regOf(not.arg(0), size);
        emit(Insn.vex(Op.ANDN, size, def(inst.result()), inverted, registerOrMemory(y, size)));
        return true;
    }

    /** {@code x & (x - 1)}, {@code x & -x} */
    private boolean lowerLowestBit(Inst inst, Value x, Value y, int size) {
        Inst d = foldable(y);
        Op op = d == null
                ? null
                : isDecrement(d, x)
                        ? Op.BLSR
                        : d.opcode() == Opcode.SUB && isConst(d.arg(0)) && constValue(d.arg(0)) == 0 && d.arg(1) == x
                                ? Op.BLSI
                                : null;
        if (op == null) {
            return false;
        }
        emit(Insn.unary(op, size, def(inst.result()), Operand.of(regOf(x, size))));
        return true;
    }

    /** Whether {@code d} is {@code x - 1}. */
    private static boolean isDecrement(Inst d, Value x) {
        return (d.opcode() == Opcode.ADD && d.arg(1).is(Opcode.ICONST) && constValue(d.arg(1)) == -1
                        || d.opcode() == Opcode.SUB && d.arg(1).is(Opcode.ICONST) && constValue(d.arg(1)) == 1)
                && d.arg(0) == x;
    }

    @Override
    protected final void lowerOr(Inst inst) {
        lowerCommutative(inst, Op.OR);
    }

    @Override
    protected final void lowerXor(Inst inst) {
        int size = size(inst.type());
        Value x = inst.arg(0);
        Value y = inst.arg(1);
        if (y.is(Opcode.ICONST) && constValue(y) == -1) {
            // x ^ -1
            emit(Insn.inPlace(Op.NOT, size, def(inst.result()), regOf(x, size)));
            return;
        }
        if (features.bmi1()) {
            // x ^ (x - 1)
            Inst d = foldable(y);
            if (d != null && isDecrement(d, x)) {
                Operand src = Operand.of(regOf(x, size));
                emit(Insn.unary(Op.BLSMSK, size, def(inst.result()), src));
                return;
            }
        }
        lowerCommutative(inst, Op.XOR);
    }

    private void lowerCommutative(Inst inst, Op op) {
        int size = size(inst.type());
        Value x = inst.arg(0);
        Value y = inst.arg(1);
        if (fitsImm(x) || !fitsImm(y) && prefersRight(x, y, size)) {
            Value v = x;
            x = y;
            y = v;
        }
        Reg left = regOf(x, size);
        emit(Insn.binary(op, size, def(inst.result()), left, source(y, size)));
    }

    // shl, lshr, ashr, rotl, rotr.

    @Override
    protected final void lowerShift(Inst inst) {
        int size = size(inst.type());
        Op op = switch (inst.opcode()) {
            case SHL -> Op.SHL;
            case LSHR -> Op.SHR;
            case ASHR -> Op.SAR;
            case ROTL -> Op.ROL;
            case ROTR -> Op.ROR;
            default -> throw new IllegalArgumentException(inst.toString());
        };
        Reg dst = def(inst.result());
        Value x = inst.arg(0);
        Value y = inst.arg(1);
        if (y.is(Opcode.ICONST)) {
            shiftByConstant(op, size, dst, x, (int) constValue(y) & size * 8 - 1);
            return;
        }
        Value count = shiftCount(y, size);
        Op vex = switch (op) {
            case SHL -> Op.SHLX;
            case SHR -> Op.SHRX;
            case SAR -> Op.SARX;
            default -> null;
        };
        if (vex != null && features.bmi2()) {
            Reg by = reg(count);
            emit(Insn.vex(vex, size, dst, registerOrMemory(x, size), by));
        } else {
            emit(Insn.byCl(op, size, dst, regOf(x, size), movable(count)));
        }
    }

    private void shiftByConstant(Op op, int size, Reg dst, Value x, int count) {
        boolean rotates = op == Op.ROL || op == Op.ROR;
        if (op == Op.SHL && count == 1) {
            // x + x, into any register
            Reg r = regOf(x, size);
            emit(IntegerInsn.Lea.of(size, dst, Address.of(r, r, 0, 0)));
        } else if (rotates && features.bmi2()) {
            int right = op == Op.ROR ? count : -count & size * 8 - 1;
            emit(Insn.unary(Op.RORX, size, dst, registerOrMemory(x, size), right));
        } else {
            emit(Insn.binary(op, size, dst, regOf(x, size), Operand.imm(count)));
        }
    }

    /** The count without what the processor does to it anyway: it reads the low five or six bits only. */
    private Value shiftCount(Value v, int size) {
        Value result = v;
        while (true) {
            Inst d = foldable(result);
            if (d == null) {
                return result;
            }
            boolean same = switch (d.opcode()) {
                case WRAP, ZEXT, SEXT, SEXT8, SEXT16, SEXT32 -> true;
                case AND -> {
                    long bits = size * 8 - 1;
                    yield d.arg(1).is(Opcode.ICONST) && (constValue(d.arg(1)) & bits) == bits;
                }
                default -> false;
            };
            if (!same) {
                return result;
            }
            result = d.arg(0);
        }
    }

    // clz, ctz, popcnt.

    @Override
    protected final void lowerCount(Inst inst) {
        int size = size(inst.type());
        Reg dst = def(inst.result());
        Op op = switch (inst.opcode()) {
            case CLZ -> features.lzcnt() ? Op.LZCNT : Op.BSR;
            case CTZ -> features.bmi1() ? Op.TZCNT : Op.BSF;
            default -> Op.POPCNT;
        };
        Operand src = registerOrMemory(inst.arg(0), size);
        if (op == Op.BSR || op == Op.BSF) {
            Reg temp = newReg(Type.I32);
            emit(IntegerInsn.Scan.of(op == Op.BSR, size, dst, src, temp));
        } else {
            emit(Insn.unary(op, size, dst, src));
        }
    }

    // sext8, sext16, sext32, sext, wrap.

    @Override
    protected final void lowerSignExtend(Inst inst) {
        Value x = inst.arg(0);
        Reg dst = def(inst.result());
        boolean wide = inst.type() == Type.I64;
        Op op = switch (inst.opcode()) {
            case SEXT8 -> Op.MOVSX8;
            case SEXT16 -> Op.MOVSX16;
            default -> wide ? Op.MOVSXD : Op.MOV;
        };
        Operand src = inst.opcode() == Opcode.SEXT ? registerOrMemory(x, 4) : Operand.of(reg(low(x)));
        emit(Insn.unary(op, wide ? 8 : 4, dst, src));
    }

    @Override
    protected final void lowerWrap(Inst inst) {
        Reg dst = def(inst.result());
        emit(Insn.unary(Op.MOV, 4, dst, Operand.of(reg(low(inst.arg(0))))));
    }
}
