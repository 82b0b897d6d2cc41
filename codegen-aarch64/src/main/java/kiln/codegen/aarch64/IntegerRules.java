package kiln.codegen.aarch64;

import kiln.artifact.TrapCode;
import kiln.codegen.CodegenOptions;
import kiln.codegen.Reg;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.MemoryOp;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.Value;

/** Integer arithmetic. Each rule has the base case last, after the patterns that beat it. */
abstract class IntegerRules extends ConditionRules {
    IntegerRules(Function function, CodegenOptions options) {
        super(function, options);
    }

    // ICONST.

    @Override
    protected final void lowerIntConstant(Inst inst) {
        emit(new IntegerInsn.Const(wide(inst.type()), def(inst.result()), inst.imm()));
    }

    // ADD.

    @Override
    protected final void lowerAdd(Inst inst) {
        boolean wide = wide(inst.type());
        Reg rd = def(inst.result());
        Value x = inst.arg(0);
        Value y = inst.arg(1);
        if (isConst(x)) {
            Value t = x;
            x = y;
            y = t;
        }
        // x + constant
        if (isConst(y)) {
            if (!addImmediate(wide, rd, x, constValue(y))) {
                emit(Insn.of(Op.ADD, wide, rd, value(x), value(y)));
            }
            return;
        }
        // x + y * z
        if (multiplyAdd(inst, Op.MADD, rd, x, y) || multiplyAdd(inst, Op.MADD, rd, y, x)) {
            return;
        }
        // x + (y < z)
        if (addComparison(inst, rd, x, y) || addComparison(inst, rd, y, x)) {
            return;
        }
        if (!isFlexible(y) && isFlexible(x)) {
            Value t = x;
            x = y;
            y = t;
        }
        addSub(Op.ADD, wide, rd, value(x), y);
    }

    private boolean addImmediate(boolean wide, Reg rd, Value x, long c) {
        if (Immediates.isAddSub(c)) {
            emit(Insn.addSub(Op.ADD, wide, rd, value(x), (int) c));
        } else if (Immediates.isAddSub(-c)) {
            emit(Insn.addSub(Op.SUB, wide, rd, value(x), (int) -c));
        } else {
            return false;
        }
        return true;
    }

    /** {@code rd = addend ± product} if {@code product} is a multiplication to fold. */
    private boolean multiplyAdd(Inst inst, Op op, Reg rd, Value addend, Value product) {
        Inst m = foldable(product, Opcode.MUL);
        if (m == null || isConst(m.arg(1))) {
            return false;
        }
        Inst sx = inst.type() == Type.I64 ? foldable(m.arg(0), Opcode.SEXT) : null;
        Inst sy = inst.type() == Type.I64 ? foldable(m.arg(1), Opcode.SEXT) : null;
        if (sx != null && sy != null) {
            Op longOp = op == Op.MADD ? Op.SMADDL : Op.SMSUBL;
            emit(Insn.of(longOp, true, rd, value(sx.arg(0)), value(sy.arg(0)), reg(addend)));
        } else {
            emit(Insn.of(op, wide(inst.type()), rd, value(m.arg(0)), value(m.arg(1)), value(addend)));
        }
        return true;
    }

    private boolean addComparison(Inst inst, Reg rd, Value x, Value truth) {
        Inst z = foldable(truth, Opcode.ZEXT);
        Value c = z == null ? truth : z.arg(0);
        if (foldable(c, Opcode.ICMP) == null && foldable(c, Opcode.FCMP) == null) {
            return false;
        }
        Reg rx = value(x);
        Cond cond = flags(c);
        emit(Insn.select(Op.CSINC, wide(inst.type()), rd, rx, rx, cond.negate()));
        return true;
    }

    // SUB.

    @Override
    protected final void lowerSub(Inst inst) {
        boolean wide = wide(inst.type());
        Reg rd = def(inst.result());
        Value x = inst.arg(0);
        Value y = inst.arg(1);
        // x - constant
        if (isConst(y) && addImmediate(wide, rd, x, -constValue(y))) {
            return;
        }
        boolean negates = isConst(x) && constValue(x) == 0;
        // -(y * z)
        Inst m = negates ? foldable(y, Opcode.MUL) : null;
        if (m != null) {
            emit(Insn.of(Op.MNEG, wide, rd, value(m.arg(0)), value(m.arg(1))));
            return;
        }
        // -y
        if (negates) {
            Shifted s = shifted(y, false);
            if (s != null) {
                emit(s.apply(Op.SUB, wide, rd, Registers.ZR));
            } else {
                emit(Insn.of(Op.SUB, wide, rd, Registers.ZR, value(y)));
            }
            return;
        }
        // x - y * z
        if (multiplyAdd(inst, Op.MSUB, rd, x, y)) {
            return;
        }
        addSub(Op.SUB, wide, rd, value(x), y);
    }

    // MUL, SMULH, UMULH.

    @Override
    protected final void lowerMul(Inst inst) {
        boolean wide = wide(inst.type());
        Reg rd = def(inst.result());
        Value x = inst.arg(0);
        Value y = inst.arg(1);
        if (isConst(y)) {
            long c = wide ? constValue(y) : constValue(y) & 0xffff_ffffL;
            if (Long.bitCount(c) == 1) {
                shiftLeft(wide, rd, value(x), Long.numberOfTrailingZeros(c));
                return;
            }
            if (Long.bitCount(c - 1) == 1) {
                Reg rx = value(x);
                int n = Long.numberOfTrailingZeros(c - 1);
                emit(Insn.shifted(Op.ADD, wide, rd, rx, rx, ShiftOp.LSL, n));
                return;
            }
        }
        Inst sx = wide ? foldable(x, Opcode.SEXT) : null;
        Inst sy = wide ? foldable(y, Opcode.SEXT) : null;
        if (sx != null && sy != null) {
            emit(Insn.of(Op.SMULL, true, rd, value(sx.arg(0)), value(sy.arg(0))));
            return;
        }
        // -x * y
        Inst negated = foldable(x, Opcode.SUB);
        if (negated != null && isConst(negated.arg(0)) && constValue(negated.arg(0)) == 0) {
            emit(Insn.of(Op.MNEG, wide, rd, value(negated.arg(1)), value(y)));
            return;
        }
        emit(Insn.of(Op.MUL, wide, rd, value(x), value(y)));
    }

    @Override
    protected final void lowerMulHigh(Inst inst) {
        boolean signed = inst.opcode() == Opcode.SMULH;
        Reg rd = def(inst.result());
        if (inst.type() == Type.I64) {
            Op op = signed ? Op.SMULH : Op.UMULH;
            emit(Insn.of(op, true, rd, reg(inst.arg(0)), reg(inst.arg(1))));
            return;
        }
        Reg product = newReg(Type.I64);
        Op op = signed ? Op.SMULL : Op.UMULL;
        emit(Insn.of(op, true, product, value(inst.arg(0)), value(inst.arg(1))));
        // An arithmetic shift would leave ones above an i32.
        emit(Insn.bitfield(Op.UBFM, true, rd, product, 32, 63));
    }

    // UDIV, SDIV, UREM, SREM. The hardware divides by zero to zero and MIN by -1 to MIN; wasm traps.

    @Override
    protected final void lowerDivide(Inst inst) {
        boolean signed = inst.opcode() == Opcode.SDIV || inst.opcode() == Opcode.SREM;
        boolean remainder = inst.opcode() == Opcode.UREM || inst.opcode() == Opcode.SREM;
        boolean wide = wide(inst.type());
        Value x = inst.arg(0);
        Value y = inst.arg(1);
        Reg rx = value(x);
        Reg ry = value(y);
        boolean constant = isConst(y);
        if (!constant || constValue(y) == 0) {
            emit(new ConditionInsn.TrapIf(new Condition.Zero(ry, wide, true), TrapCode.INTEGER_DIVIDE_BY_ZERO));
        }
        // The remainder of MIN by -1 comes out as 0 without further ado.
        if (signed && !remainder && (!constant || constValue(y) == -1)) {
            emit(Insn.addSub(Op.ADDS, wide, Registers.ZR, ry, 1));
            // x - 1 overflows for MIN only; without y = -1 the flags say "no overflow".
            emit(Insn.compareIf(Cond.EQ, wide, rx, 1, 0));
            emit(new ConditionInsn.TrapIf(new Condition.Flags(Cond.VS), TrapCode.INTEGER_OVERFLOW));
        }
        Op op = signed ? Op.SDIV : Op.UDIV;
        Reg rd = def(inst.result());
        if (remainder) {
            Reg quotient = newReg(inst.type());
            emit(Insn.of(op, wide, quotient, rx, ry));
            emit(Insn.of(Op.MSUB, wide, rd, quotient, ry, rx));
        } else {
            emit(Insn.of(op, wide, rd, rx, ry));
        }
    }

    // AND, OR, XOR.

    @Override
    protected final void lowerAnd(Inst inst) {
        logical(inst, Op.AND, Op.BIC);
    }

    @Override
    protected final void lowerOr(Inst inst) {
        logical(inst, Op.ORR, Op.ORN);
    }

    @Override
    protected final void lowerXor(Inst inst) {
        logical(inst, Op.EOR, Op.EON);
    }

    private void logical(Inst inst, Op op, Op inverted) {
        boolean wide = wide(inst.type());
        Reg rd = def(inst.result());
        Value x = inst.arg(0);
        Value y = inst.arg(1);
        if (isConst(x)) {
            Value t = x;
            x = y;
            y = t;
        }
        if (isConst(y)) {
            long c = wide ? constValue(y) : constValue(y) & 0xffff_ffffL;
            if (op == Op.AND && extractField(inst, rd, x, c)) {
                return;
            }
            if (op == Op.EOR && constValue(y) == -1) {
                complement(wide, rd, x);
                return;
            }
            if (Immediates.logical(c, wide) >= 0) {
                emit(Insn.logical(op, wide, rd, value(x), c));
                return;
            }
        }
        if (op == Op.ORR && (combineShifts(inst, rd, x, y) || combineShifts(inst, rd, y, x))) {
            return;
        }
        if (op == Op.ORR && (insertField(inst, rd, x, y) || insertField(inst, rd, y, x))) {
            return;
        }
        // x op ~y
        Value ny = complemented(y);
        Value nx = ny == null ? complemented(x) : null;
        if (ny != null || nx != null) {
            Value other = ny != null ? x : y;
            Value operand = ny != null ? ny : nx;
            Shifted s = shifted(operand, true);
            emit(
                    s != null
                            ? s.apply(inverted, wide, rd, value(other))
                            : Insn.of(inverted, wide, rd, value(other), value(operand)));
            return;
        }
        Shifted s = shifted(y, true);
        Value other = x;
        if (s == null) {
            s = shifted(x, true);
            other = y;
        }
        emit(s != null ? s.apply(op, wide, rd, value(other)) : Insn.of(op, wide, rd, value(x), value(y)));
    }

    /** The operand of a complement to fold. */
    private Value complemented(Value v) {
        Inst d = foldable(v, Opcode.XOR);
        return d != null && isConst(d.arg(1)) && constValue(d.arg(1)) == -1 ? d.arg(0) : null;
    }

    private void complement(boolean wide, Reg rd, Value x) {
        Shifted s = shifted(x, true);
        emit(s != null ? s.apply(Op.ORN, wide, rd, Registers.ZR) : Insn.of(Op.ORN, wide, rd, Registers.ZR, value(x)));
    }

    /** {@code x >>> n & mask} and {@code x << n & mask}. */
    private boolean extractField(Inst inst, Reg rd, Value x, long mask) {
        boolean wide = wide(inst.type());
        int width = width(inst.type());
        Inst d = foldable(x);
        if (d == null || d.opcode() != Opcode.LSHR && d.opcode() != Opcode.SHL || !isConst(d.arg(1)) || mask == 0) {
            return false;
        }
        int n = (int) constValue(d.arg(1)) & width - 1;
        int low = d.opcode() == Opcode.SHL ? n : 0;
        long field = mask >>> low;
        if ((field & field + 1) != 0 || (mask & (1L << low) - 1) != 0) {
            return false;
        }
        int bits = Math.min(Long.bitCount(field), width - n);
        if (d.opcode() == Opcode.LSHR) {
            emit(Insn.bitfield(Op.UBFM, wide, rd, value(d.arg(0)), n, n + bits - 1));
        } else {
            emit(Insn.bitfield(Op.UBFM, wide, rd, value(d.arg(0)), -n & width - 1, bits - 1));
        }
        return true;
    }

    /** {@code x << n | y >>> width - n}. */
    private boolean combineShifts(Inst inst, Reg rd, Value high, Value low) {
        int width = width(inst.type());
        Inst h = foldable(high, Opcode.SHL);
        Inst l = foldable(low, Opcode.LSHR);
        if (h == null || l == null || !isConst(h.arg(1)) || !isConst(l.arg(1))) {
            return false;
        }
        int n = (int) constValue(h.arg(1)) & width - 1;
        int m = (int) constValue(l.arg(1)) & width - 1;
        if (n == 0 || n + m != width) {
            return false;
        }
        emit(Insn.extract(wide(inst.type()), rd, value(h.arg(0)), value(l.arg(0)), m));
        return true;
    }

    /** {@code x & ~field | y & field} for a field of low bits, or {@code x & ~field | (y & low bits) << n}. */
    private boolean insertField(Inst inst, Reg rd, Value kept, Value inserted) {
        boolean wide = wide(inst.type());
        int width = width(inst.type());
        Inst k = foldable(kept, Opcode.AND);
        if (k == null || !isConst(k.arg(1))) {
            return false;
        }
        long hole = ~constValue(k.arg(1)) & (wide ? -1 : 0xffff_ffffL);
        int shift = 0;
        Inst s = foldable(inserted, Opcode.SHL);
        if (s != null && isConst(s.arg(1))) {
            shift = (int) constValue(s.arg(1)) & width - 1;
            inserted = s.arg(0);
        }
        Inst m = foldable(inserted, Opcode.AND);
        long field = 0;
        if (m != null && isConst(m.arg(1))) {
            field = constValue(m.arg(1)) & (wide ? -1 : 0xffff_ffffL);
        } else if (s != null && shift > 0) {
            // All bits that the shift leaves.
            field = (1L << width - shift) - 1;
        }
        if (field == 0 || field == -1 || (field & field + 1) != 0 || field << shift != hole) {
            return false;
        }
        int bits = Long.bitCount(field);
        Reg keptReg = value(k.arg(0));
        Reg source = value(m != null && isConst(m.arg(1)) ? m.arg(0) : inserted);
        if (keptReg == source || !keptReg.isVirtual()) {
            return false;
        }
        emit(Insn.insert(wide, rd, keptReg, source, -shift & width - 1, bits - 1));
        return true;
    }

    // SHL, LSHR, ASHR, ROTL, ROTR.

    @Override
    protected final void lowerShift(Inst inst) {
        boolean wide = wide(inst.type());
        int width = width(inst.type());
        Reg rd = def(inst.result());
        Value x = inst.arg(0);
        Value y = inst.arg(1);
        if (isConst(y)) {
            int n = (int) constValue(y) & width - 1;
            if (shiftOfShift(inst, rd, x, n) || shiftOfField(inst, rd, x, n)) {
                return;
            }
            Reg rx = value(x);
            switch (inst.opcode()) {
                case SHL -> shiftLeft(wide, rd, rx, n);
                case LSHR -> emit(Insn.bitfield(Op.UBFM, wide, rd, rx, n, width - 1));
                case ASHR -> emit(Insn.bitfield(Op.SBFM, wide, rd, rx, n, width - 1));
                case ROTL -> emit(Insn.extract(wide, rd, rx, rx, -n & width - 1));
                default -> emit(Insn.extract(wide, rd, rx, rx, n));
            }
            return;
        }
        Reg count = value(withoutCountMask(y, width));
        Op op = switch (inst.opcode()) {
            case SHL -> Op.LSL;
            case LSHR -> Op.LSR;
            case ASHR -> Op.ASR;
            default -> Op.ROR;
        };
        if (inst.opcode() == Opcode.ROTL) {
            Reg negated = newReg(inst.type());
            emit(Insn.of(Op.SUB, wide, negated, Registers.ZR, count));
            count = negated;
        }
        emit(Insn.of(op, wide, rd, value(x), count));
    }

    private void shiftLeft(boolean wide, Reg rd, Reg rx, int n) {
        int width = wide ? 64 : 32;
        emit(Insn.bitfield(Op.UBFM, wide, rd, rx, -n & width - 1, width - 1 - n));
    }

    /** {@code x << a >> b}: a field, zero- or sign-extended. */
    private boolean shiftOfShift(Inst inst, Reg rd, Value x, int b) {
        int width = width(inst.type());
        Inst left = foldable(x, Opcode.SHL);
        if (left == null || !isConst(left.arg(1)) || inst.opcode() != Opcode.LSHR && inst.opcode() != Opcode.ASHR) {
            return false;
        }
        int a = (int) constValue(left.arg(1)) & width - 1;
        Op op = inst.opcode() == Opcode.LSHR ? Op.UBFM : Op.SBFM;
        emit(Insn.bitfield(op, wide(inst.type()), rd, value(left.arg(0)), b - a & width - 1, width - 1 - a));
        return true;
    }

    /** {@code (x & mask) << n}, {@code sext(x) << n}, {@code (x & mask << n) >>> n}. */
    private boolean shiftOfField(Inst inst, Reg rd, Value x, int n) {
        boolean wide = wide(inst.type());
        int width = width(inst.type());
        Inst d = foldable(x);
        if (d == null) {
            return false;
        }
        if (inst.opcode() == Opcode.SHL && d.opcode() == Opcode.SEXT && n < 32) {
            emit(Insn.bitfield(Op.SBFM, true, rd, value(d.arg(0)), -n & 63, 31));
            return true;
        }
        if (d.opcode() != Opcode.AND || !isConst(d.arg(1))) {
            return false;
        }
        long mask = constValue(d.arg(1)) & (wide ? -1 : 0xffff_ffffL);
        if (inst.opcode() == Opcode.SHL && mask > 0 && (mask & mask + 1) == 0) {
            int bits = Math.min(Long.bitCount(mask), width - n);
            emit(Insn.bitfield(Op.UBFM, wide, rd, value(d.arg(0)), -n & width - 1, bits - 1));
            return true;
        }
        long field = mask >>> n;
        if (inst.opcode() == Opcode.LSHR && field != 0 && (field & field + 1) == 0) {
            emit(Insn.bitfield(Op.UBFM, wide, rd, value(d.arg(0)), n, n + Long.bitCount(field) - 1));
            return true;
        }
        return false;
    }

    /** Shift instructions look at the low bits of the count only. */
    private Value withoutCountMask(Value count, int width) {
        Inst d = foldable(count, Opcode.AND);
        return d != null && isConst(d.arg(1)) && (constValue(d.arg(1)) & width - 1) == width - 1 ? d.arg(0) : count;
    }

    // CLZ, CTZ, POPCNT.

    @Override
    protected final void lowerCount(Inst inst) {
        boolean wide = wide(inst.type());
        Reg x = value(inst.arg(0));
        if (inst.opcode() == Opcode.POPCNT) {
            emit(new IntegerInsn.PopulationCount(wide, def(inst.result()), x));
            return;
        }
        if (inst.opcode() == Opcode.CTZ) {
            Reg reversed = newReg(inst.type());
            emit(Insn.of(Op.RBIT, wide, reversed, x));
            x = reversed;
        }
        emit(Insn.of(Op.CLZ, wide, def(inst.result()), x));
    }

    // SEXT8, SEXT16, SEXT32, SEXT, WRAP.

    @Override
    protected final void lowerSignExtend(Inst inst) {
        int bits = switch (inst.opcode()) {
            case SEXT8 -> 8;
            case SEXT16 -> 16;
            default -> 32;
        };
        Value x = inst.arg(0);
        Reg rd = def(inst.result());
        Inst load = foldable(x, Opcode.LOAD);
        if (inst.opcode() == Opcode.SEXT && load != null) {
            MemoryOp m = load.memory();
            absorb(load);
            // A narrow load that zero-extends to i32 is never negative.
            boolean signed = m.signed() || m.width() == 4;
            loadAs(
                    load,
                    loadOp(Type.I64, new MemoryOp(m.width(), signed, m.region(), m.canTrap(), m.readOnly(), m.trap())),
                    rd);
            return;
        }
        Inst inner = foldable(x);
        if (inst.opcode() == Opcode.SEXT
                && inner != null
                && (inner.opcode() == Opcode.SEXT8 || inner.opcode() == Opcode.SEXT16)) {
            bits = inner.opcode() == Opcode.SEXT8 ? 8 : 16;
            x = inner.arg(0);
        }
        emit(Insn.bitfield(Op.SBFM, wide(inst.type()), rd, value(x), 0, bits - 1));
    }

    @Override
    protected final void lowerWrap(Inst inst) {
        Reg rd = def(inst.result());
        Inst d = foldable(inst.arg(0));
        if (d != null && d.opcode() == Opcode.LSHR && isConst(d.arg(1))) {
            int n = (int) constValue(d.arg(1)) & 63;
            emit(Insn.bitfield(Op.UBFM, true, rd, reg(d.arg(0)), n, Math.min(n + 31, 63)));
            return;
        }
        // Not a Move: the allocator would take both sides for the same value.
        emit(Insn.of(Op.ORR, false, rd, Registers.ZR, reg(inst.arg(0))));
    }
}
