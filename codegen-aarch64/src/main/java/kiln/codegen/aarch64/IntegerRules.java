package kiln.codegen.aarch64;

import static kiln.codegen.LoweringContext.bits;
import static kiln.codegen.LoweringContext.constValue;
import static kiln.codegen.LoweringContext.isConst;
import static kiln.codegen.aarch64.Context.wide;
import static kiln.codegen.aarch64.Context.width;

import kiln.artifact.api.TrapCode;
import kiln.codegen.Demanded;
import kiln.codegen.Reg;
import kiln.codegen.Rules;
import kiln.codegen.aarch64.ConditionRules.Shifted;
import kiln.ir.Inst;
import kiln.ir.MemoryOp;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.Value;

/** Integer arithmetic. */
final class IntegerRules {
    private IntegerRules() {}

    // ICONST.

    static final Rules<Context> CONSTANT = Rules.<Context>of("intConstant")
            .base(
                    "constant",
                    (c, inst) -> c.emit(new IntegerInsn.Const(wide(inst.type()), c.def(inst.result()), inst.imm())));

    // ADD.

    static final Rules<Context> ADD = Rules.<Context>of("add")
            .commuted("x + constant", IntegerRules::addConstant)
            .commuted("x + y * z", (c, inst, x, y) -> multiplyAdd(c, inst, Op.MADD, x, y))
            .commuted("x + (y < z)", IntegerRules::addComparison)
            .commuted("x + shifted or extended y", (c, inst, x, y) -> {
                if (!ConditionRules.isFlexible(c, y)) {
                    return false;
                }
                c.emit(ConditionRules.addSub(c, Op.ADD, wide(inst.type()), c.def(inst.result()), c.value(x), y));
                return true;
            })
            .base("x + y", (c, inst) -> three(c, Op.ADD, inst, inst.arg(0), inst.arg(1)));

    private static boolean addConstant(Context c, Inst inst, Value x, Value y) {
        if (!isConst(y)) {
            return false;
        }
        if (!addImmediate(c, inst, x, constValue(y))) {
            three(c, Op.ADD, inst, x, y);
        }
        return true;
    }

    /** {@code x + k} if an instruction takes the constant. */
    private static boolean addImmediate(Context c, Inst inst, Value x, long k) {
        boolean add = Immediates.isAddSub(k);
        if (!add && !Immediates.isAddSub(-k)) {
            return false;
        }
        Op op = add ? Op.ADD : Op.SUB;
        c.emit(Insn.addSub(op, wide(inst.type()), c.def(inst.result()), c.value(x), (int) (add ? k : -k)));
        return true;
    }

    /** {@code addend ± product} if {@code product} is a multiplication to fold. */
    private static boolean multiplyAdd(Context c, Inst inst, Op op, Value addend, Value product) {
        Inst m = c.foldable(product, Opcode.MUL);
        if (m == null || isConst(m.arg(1))) {
            return false;
        }
        Reg rd = c.def(inst.result());
        Inst sx = inst.type() == Type.I64 ? c.foldable(m.arg(0), Opcode.SEXT) : null;
        Inst sy = inst.type() == Type.I64 ? c.foldable(m.arg(1), Opcode.SEXT) : null;
        if (sx != null && sy != null) {
            Op widening = op == Op.MADD ? Op.SMADDL : Op.SMSUBL;
            c.emit(Insn.of(widening, true, rd, c.value(sx.arg(0)), c.value(sy.arg(0)), c.reg(addend)));
        } else {
            c.emit(Insn.of(op, wide(inst.type()), rd, c.value(m.arg(0)), c.value(m.arg(1)), c.value(addend)));
        }
        return true;
    }

    private static boolean addComparison(Context c, Inst inst, Value x, Value truth) {
        Inst z = c.foldable(truth, Opcode.ZEXT);
        Value comparison = z == null ? truth : z.arg(0);
        if (c.foldable(comparison, Opcode.ICMP) == null && c.foldable(comparison, Opcode.FCMP) == null) {
            return false;
        }
        Reg rx = c.value(x);
        Flags f = ConditionRules.flags(c, comparison);
        f.emit(
                c,
                Insn.select(
                        Op.CSINC,
                        wide(inst.type()),
                        c.def(inst.result()),
                        rx,
                        rx,
                        f.cond().negate()));
        return true;
    }

    /** The operation on two registers. */
    private static void three(Context c, Op op, Inst inst, Value x, Value y) {
        c.emit(Insn.of(op, wide(inst.type()), c.def(inst.result()), c.value(x), c.value(y)));
    }

    // SUB.

    static final Rules<Context> SUB = Rules.<Context>of("sub")
            .rule(
                    "x - constant",
                    (c, inst) -> isConst(inst.arg(1)) && addImmediate(c, inst, inst.arg(0), -constValue(inst.arg(1))))
            .rule("-(x * y)", IntegerRules::negateProduct)
            .rule("-x", IntegerRules::negate)
            .rule("x - y * z", (c, inst) -> multiplyAdd(c, inst, Op.MSUB, inst.arg(0), inst.arg(1)))
            .rule("x - shifted or extended y", (c, inst) -> {
                if (!ConditionRules.isFlexible(c, inst.arg(1))) {
                    return false;
                }
                Reg rx = c.value(inst.arg(0));
                c.emit(ConditionRules.addSub(c, Op.SUB, wide(inst.type()), c.def(inst.result()), rx, inst.arg(1)));
                return true;
            })
            .base("x - y", (c, inst) -> three(c, Op.SUB, inst, inst.arg(0), inst.arg(1)));

    private static boolean isZero(Value v) {
        return isConst(v) && constValue(v) == 0;
    }

    private static boolean negateProduct(Context c, Inst inst) {
        Inst m = isZero(inst.arg(0)) ? c.foldable(inst.arg(1), Opcode.MUL) : null;
        if (m == null) {
            return false;
        }
        three(c, Op.MNEG, inst, m.arg(0), m.arg(1));
        return true;
    }

    private static boolean negate(Context c, Inst inst) {
        if (!isZero(inst.arg(0))) {
            return false;
        }
        Reg rd = c.def(inst.result());
        c.emit(ConditionRules.withShift(c, Op.SUB, wide(inst.type()), rd, Registers.ZR, inst.arg(1), false));
        return true;
    }

    // MUL.

    static final Rules<Context> MUL = Rules.<Context>of("mul")
            .rule("x * (2^n + 1)", IntegerRules::multiplyByPowerPlusOne)
            .rule("sext(x) * sext(y)", IntegerRules::multiplyExtended)
            .rule("-x * y", IntegerRules::multiplyNegated)
            .base("x * y", (c, inst) -> three(c, Op.MUL, inst, inst.arg(0), inst.arg(1)));

    private static boolean multiplyByPowerPlusOne(Context c, Inst inst) {
        if (!isConst(inst.arg(1)) || Long.bitCount(bits(inst.arg(1)) - 1) != 1) {
            return false;
        }
        Reg rx = c.value(inst.arg(0));
        int n = Long.numberOfTrailingZeros(bits(inst.arg(1)) - 1);
        c.emit(Insn.shifted(Op.ADD, wide(inst.type()), c.def(inst.result()), rx, rx, ShiftOp.LSL, n));
        return true;
    }

    private static boolean multiplyExtended(Context c, Inst inst) {
        Inst x = wide(inst.type()) ? c.foldable(inst.arg(0), Opcode.SEXT) : null;
        Inst y = wide(inst.type()) ? c.foldable(inst.arg(1), Opcode.SEXT) : null;
        if (x == null || y == null) {
            return false;
        }
        three(c, Op.SMULL, inst, x.arg(0), y.arg(0));
        return true;
    }

    private static boolean multiplyNegated(Context c, Inst inst) {
        Inst negated = c.foldable(inst.arg(0), Opcode.SUB);
        if (negated == null || !isZero(negated.arg(0))) {
            return false;
        }
        three(c, Op.MNEG, inst, negated.arg(1), inst.arg(1));
        return true;
    }

    // UMULH, SMULH.

    static final Rules<Context> MUL_HIGH = Rules.<Context>of("mulHigh")
            .rule("high half of 64 bits", IntegerRules::highHalf)
            .base("high half of 32 bits, from the whole product", IntegerRules::highHalfOfProduct);

    private static boolean highHalf(Context c, Inst inst) {
        if (!wide(inst.type())) {
            return false;
        }
        Op op = inst.opcode() == Opcode.SMULH ? Op.SMULH : Op.UMULH;
        c.emit(Insn.of(op, true, c.def(inst.result()), c.reg(inst.arg(0)), c.reg(inst.arg(1))));
        return true;
    }

    private static void highHalfOfProduct(Context c, Inst inst) {
        Reg rd = c.def(inst.result());
        Reg product = c.newReg(Type.I64);
        Op op = inst.opcode() == Opcode.SMULH ? Op.SMULL : Op.UMULL;
        c.emit(Insn.of(op, true, product, c.value(inst.arg(0)), c.value(inst.arg(1))));
        // An arithmetic shift would leave ones above an i32.
        c.emit(Insn.bitfield(Op.UBFM, true, rd, product, 32, 63));
    }

    // UDIV, SDIV, UREM, SREM. The hardware divides by zero to zero and MIN by -1 to MIN; wasm traps.

    static final Rules<Context> DIVIDE =
            Rules.<Context>of("divide").base("x / y, with its checks", IntegerRules::divide);

    private static void divide(Context c, Inst inst) {
        boolean signed = inst.opcode() == Opcode.SDIV || inst.opcode() == Opcode.SREM;
        boolean remainder = inst.opcode() == Opcode.UREM || inst.opcode() == Opcode.SREM;
        boolean wide = wide(inst.type());
        Value x = inst.arg(0);
        Value y = inst.arg(1);
        Reg rx = c.value(x);
        Reg ry = c.value(y);
        boolean constant = isConst(y);
        if (!constant || constValue(y) == 0) {
            c.emit(new ConditionInsn.TrapIf(new Condition.Zero(ry, wide, true), TrapCode.INTEGER_DIVIDE_BY_ZERO));
        }
        // The remainder of MIN by -1 is 0, as it should be.
        if (signed && !remainder && (!constant || constValue(y) == -1)) {
            // x - 1 overflows for MIN only; without y = -1 the flags say "no overflow".
            Flags.of(Insn.addSub(Op.ADDS, wide, Registers.ZR, ry, 1), Cond.EQ)
                    .then(Insn.compareIf(Cond.EQ, wide, rx, 1, 0), Cond.VS)
                    .emit(c, new ConditionInsn.TrapIf(new Condition.Flags(Cond.VS), TrapCode.INTEGER_OVERFLOW));
        }
        Op op = signed ? Op.SDIV : Op.UDIV;
        Reg rd = c.def(inst.result());
        if (remainder) {
            Reg quotient = c.newReg(inst.type());
            c.emit(Insn.of(op, wide, quotient, rx, ry));
            c.emit(Insn.of(Op.MSUB, wide, rd, quotient, ry, rx));
        } else {
            c.emit(Insn.of(op, wide, rd, rx, ry));
        }
    }

    // AND, OR, XOR.

    static final Rules<Context> AND = Rules.<Context>of("and")
            .commuted("a field: (x >>> n) & mask, (x << n) & mask", IntegerRules::extractField)
            .commuted("x & constant", (c, inst, x, y) -> logicalImmediate(c, Op.AND, inst, x, y))
            .rule("x & ~y", (c, inst) -> inverted(c, Op.BIC, inst))
            .rule("x & shifted y", (c, inst) -> shiftedOperand(c, Op.AND, inst))
            .base("x & y", (c, inst) -> three(c, Op.AND, inst, inst.arg(0), inst.arg(1)));

    static final Rules<Context> OR = Rules.<Context>of("or")
            .commuted("x | constant", (c, inst, x, y) -> logicalImmediate(c, Op.ORR, inst, x, y))
            .commuted("x << n | y >>> (width - n)", IntegerRules::combineShifts)
            .commuted("a field of y within x", IntegerRules::insertField)
            .rule("x | ~y", (c, inst) -> inverted(c, Op.ORN, inst))
            .rule("x | shifted y", (c, inst) -> shiftedOperand(c, Op.ORR, inst))
            .base("x | y", (c, inst) -> three(c, Op.ORR, inst, inst.arg(0), inst.arg(1)));

    static final Rules<Context> XOR = Rules.<Context>of("xor")
            .commuted("~x", IntegerRules::complement)
            .commuted("x ^ constant", (c, inst, x, y) -> logicalImmediate(c, Op.EOR, inst, x, y))
            .rule("x ^ ~y", (c, inst) -> inverted(c, Op.EON, inst))
            .rule("x ^ shifted y", (c, inst) -> shiftedOperand(c, Op.EOR, inst))
            .base("x ^ y", (c, inst) -> three(c, Op.EOR, inst, inst.arg(0), inst.arg(1)));

    private static boolean logicalImmediate(Context c, Op op, Inst inst, Value x, Value y) {
        boolean wide = wide(inst.type());
        if (!isConst(y) || Immediates.logical(bits(y), wide) < 0) {
            return false;
        }
        c.emit(Insn.logical(op, wide, c.def(inst.result()), c.value(x), bits(y)));
        return true;
    }

    /** {@code x op ~y}, where {@code op} complements its last operand, on its way from a shift perhaps. */
    private static boolean inverted(Context c, Op op, Inst inst) {
        Value y = complemented(c, inst.arg(1));
        Value x = y == null ? complemented(c, inst.arg(0)) : null;
        if (y == null && x == null) {
            return false;
        }
        Value other = inst.arg(y != null ? 0 : 1);
        Value operand = y != null ? y : x;
        Shifted s = ConditionRules.shifted(c, operand, true);
        boolean wide = wide(inst.type());
        Reg rd = c.def(inst.result());
        Reg rn = c.value(other);
        c.emit(s != null ? s.apply(c, op, wide, rd, rn) : Insn.of(op, wide, rd, rn, c.value(operand)));
        return true;
    }

    /** The last operand, or else the first one, comes from a shift by a constant. */
    private static boolean shiftedOperand(Context c, Op op, Inst inst) {
        for (int i = 1; i >= 0; i--) {
            Shifted s = ConditionRules.shifted(c, inst.arg(i), true);
            if (s != null) {
                c.emit(s.apply(c, op, wide(inst.type()), c.def(inst.result()), c.value(inst.arg(1 - i))));
                return true;
            }
        }
        return false;
    }

    /** The operand of a complement to fold. */
    private static Value complemented(Context c, Value v) {
        Inst d = c.foldable(v, Opcode.XOR);
        return d != null && isConst(d.arg(1)) && constValue(d.arg(1)) == -1 ? d.arg(0) : null;
    }

    private static boolean complement(Context c, Inst inst, Value x, Value y) {
        if (!isConst(y) || constValue(y) != -1) {
            return false;
        }
        Reg rd = c.def(inst.result());
        c.emit(ConditionRules.withShift(c, Op.ORN, wide(inst.type()), rd, Registers.ZR, x, true));
        return true;
    }

    /** {@code x >>> n & mask} and {@code x << n & mask}. */
    private static boolean extractField(Context c, Inst inst, Value x, Value y) {
        if (!isConst(y)) {
            return false;
        }
        long mask = bits(y);
        boolean wide = wide(inst.type());
        int width = width(inst.type());
        Inst d = c.foldable(x);
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
        Reg rd = c.def(inst.result());
        if (d.opcode() == Opcode.LSHR) {
            c.emit(Insn.bitfield(Op.UBFM, wide, rd, c.value(d.arg(0)), n, n + bits - 1));
        } else {
            c.emit(Insn.bitfield(Op.UBFM, wide, rd, c.value(d.arg(0)), -n & width - 1, bits - 1));
        }
        return true;
    }

    /** {@code x << n | y >>> width - n}. */
    private static boolean combineShifts(Context c, Inst inst, Value high, Value low) {
        int width = width(inst.type());
        Inst h = c.foldable(high, Opcode.SHL);
        Inst l = c.foldable(low, Opcode.LSHR);
        if (h == null || l == null || !isConst(h.arg(1)) || !isConst(l.arg(1))) {
            return false;
        }
        int n = (int) constValue(h.arg(1)) & width - 1;
        int m = (int) constValue(l.arg(1)) & width - 1;
        if (n == 0 || n + m != width) {
            return false;
        }
        c.emit(Insn.extract(wide(inst.type()), c.def(inst.result()), c.value(h.arg(0)), c.value(l.arg(0)), m));
        return true;
    }

    /** {@code x & ~field | y & field} for a field of low bits, or {@code x & ~field | (y & low bits) << n}. */
    private static boolean insertField(Context c, Inst inst, Value kept, Value inserted) {
        boolean wide = wide(inst.type());
        int width = width(inst.type());
        Inst k = c.foldable(kept, Opcode.AND);
        if (k == null || !isConst(k.arg(1))) {
            return false;
        }
        long hole = ~constValue(k.arg(1)) & (wide ? -1 : 0xffff_ffffL);
        int shift = 0;
        Inst s = c.foldable(inserted, Opcode.SHL);
        if (s != null && isConst(s.arg(1))) {
            shift = (int) constValue(s.arg(1)) & width - 1;
            inserted = s.arg(0);
        }
        Inst m = c.foldable(inserted, Opcode.AND);
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
        Reg keptReg = c.value(k.arg(0));
        Reg source = c.value(m != null && isConst(m.arg(1)) ? m.arg(0) : inserted);
        if (keptReg == source || !keptReg.isVirtual()) {
            return false;
        }
        c.emit(Insn.insert(wide, c.def(inst.result()), keptReg, source, -shift & width - 1, bits - 1));
        return true;
    }

    // SHL, LSHR, ASHR, ROTL, ROTR.

    static final Rules<Context> SHIFT = Rules.<Context>of("shift")
            .rule("a field: (x << a) >> b", IntegerRules::shiftOfShift)
            .rule("a field: sext(x) << n, (x & mask) << n, (x & mask) >>> n", IntegerRules::shiftOfField)
            .rule("x by a constant", IntegerRules::shiftByConstant)
            .rule("x rotated left by y", IntegerRules::rotateLeft)
            .base("x by y", (c, inst) -> shiftBy(c, inst, c.value(Demanded.count(c, inst))));

    private static boolean shiftByConstant(Context c, Inst inst) {
        if (!isConst(inst.arg(1))) {
            return false;
        }
        boolean wide = wide(inst.type());
        int width = width(inst.type());
        int n = (int) constValue(inst.arg(1)) & width - 1;
        Reg rd = c.def(inst.result());
        Reg rx = c.value(inst.arg(0));
        switch (inst.opcode()) {
            case SHL -> shiftLeft(c, wide, rd, rx, n);
            case LSHR -> c.emit(Insn.bitfield(Op.UBFM, wide, rd, rx, n, width - 1));
            case ASHR -> c.emit(Insn.bitfield(Op.SBFM, wide, rd, rx, n, width - 1));
            case ROTL -> c.emit(Insn.extract(wide, rd, rx, rx, -n & width - 1));
            default -> c.emit(Insn.extract(wide, rd, rx, rx, n));
        }
        return true;
    }

    private static boolean rotateLeft(Context c, Inst inst) {
        if (inst.opcode() != Opcode.ROTL) {
            return false;
        }
        Reg count = c.value(Demanded.count(c, inst));
        Reg negated = c.newReg(inst.type());
        c.emit(Insn.of(Op.SUB, wide(inst.type()), negated, Registers.ZR, count));
        shiftBy(c, inst, negated);
        return true;
    }

    private static void shiftBy(Context c, Inst inst, Reg count) {
        Op op = switch (inst.opcode()) {
            case SHL -> Op.LSL;
            case LSHR -> Op.LSR;
            case ASHR -> Op.ASR;
            default -> Op.ROR;
        };
        c.emit(Insn.of(op, wide(inst.type()), c.def(inst.result()), c.value(inst.arg(0)), count));
    }

    private static void shiftLeft(Context c, boolean wide, Reg rd, Reg rx, int n) {
        int width = wide ? 64 : 32;
        c.emit(Insn.bitfield(Op.UBFM, wide, rd, rx, -n & width - 1, width - 1 - n));
    }

    /** {@code x << a >> b}: a field, zero- or sign-extended. */
    private static boolean shiftOfShift(Context c, Inst inst) {
        if (!isConst(inst.arg(1))) {
            return false;
        }
        int width = width(inst.type());
        int b = (int) constValue(inst.arg(1)) & width - 1;
        Inst left = c.foldable(inst.arg(0), Opcode.SHL);
        if (left == null || !isConst(left.arg(1)) || inst.opcode() != Opcode.LSHR && inst.opcode() != Opcode.ASHR) {
            return false;
        }
        int a = (int) constValue(left.arg(1)) & width - 1;
        Op op = inst.opcode() == Opcode.LSHR ? Op.UBFM : Op.SBFM;
        c.emit(Insn.bitfield(
                op, wide(inst.type()), c.def(inst.result()), c.value(left.arg(0)), b - a & width - 1, width - 1 - a));
        return true;
    }

    /** {@code (x & mask) << n}, {@code sext(x) << n}, {@code (x & mask << n) >>> n}. */
    private static boolean shiftOfField(Context c, Inst inst) {
        if (!isConst(inst.arg(1))) {
            return false;
        }
        boolean wide = wide(inst.type());
        int width = width(inst.type());
        int n = (int) constValue(inst.arg(1)) & width - 1;
        Reg rd = c.def(inst.result());
        Inst d = c.foldable(inst.arg(0));
        if (d == null) {
            return false;
        }
        if (inst.opcode() == Opcode.SHL && d.opcode() == Opcode.SEXT && n < 32) {
            c.emit(Insn.bitfield(Op.SBFM, true, rd, c.value(d.arg(0)), -n & 63, 31));
            return true;
        }
        if (d.opcode() != Opcode.AND || !isConst(d.arg(1))) {
            return false;
        }
        long mask = constValue(d.arg(1)) & (wide ? -1 : 0xffff_ffffL);
        if (inst.opcode() == Opcode.SHL && mask > 0 && (mask & mask + 1) == 0) {
            int bits = Math.min(Long.bitCount(mask), width - n);
            c.emit(Insn.bitfield(Op.UBFM, wide, rd, c.value(d.arg(0)), -n & width - 1, bits - 1));
            return true;
        }
        long field = mask >>> n;
        if (inst.opcode() == Opcode.LSHR && field != 0 && (field & field + 1) == 0) {
            c.emit(Insn.bitfield(Op.UBFM, wide, rd, c.value(d.arg(0)), n, n + Long.bitCount(field) - 1));
            return true;
        }
        return false;
    }

    // CLZ, CTZ, POPCNT.

    static final Rules<Context> COUNT = Rules.<Context>of("count")
            .rule("ones", IntegerRules::countOnes)
            .rule("trailing zeros", IntegerRules::countTrailing)
            .base(
                    "leading zeros",
                    (c, inst) ->
                            c.emit(Insn.of(Op.CLZ, wide(inst.type()), c.def(inst.result()), c.value(inst.arg(0)))));

    private static boolean countOnes(Context c, Inst inst) {
        if (inst.opcode() != Opcode.POPCNT) {
            return false;
        }
        Reg x = c.value(inst.arg(0));
        c.emit(new IntegerInsn.PopulationCount(wide(inst.type()), c.def(inst.result()), x));
        return true;
    }

    private static boolean countTrailing(Context c, Inst inst) {
        if (inst.opcode() != Opcode.CTZ) {
            return false;
        }
        boolean wide = wide(inst.type());
        Reg x = c.value(inst.arg(0));
        Reg reversed = c.newReg(inst.type());
        c.emit(Insn.of(Op.RBIT, wide, reversed, x));
        c.emit(Insn.of(Op.CLZ, wide, c.def(inst.result()), reversed));
        return true;
    }

    // SEXT8, SEXT16, SEXT32, SEXT.

    static final Rules<Context> SIGN_EXTEND = Rules.<Context>of("signExtend")
            .rule("a load", IntegerRules::loadExtended)
            .rule("sext(sext8(x)), sext(sext16(x))", IntegerRules::extendTwice)
            .base("x", (c, inst) -> signExtend(c, inst, inst.opcode(), inst.arg(0)));

    private static boolean loadExtended(Context c, Inst inst) {
        Inst load = inst.opcode() == Opcode.SEXT ? c.foldableLoad(inst.arg(0)) : null;
        if (load == null) {
            return false;
        }
        MemoryOp m = load.memory();
        c.absorb(load);
        // A narrow load that zero-extends to i32 is never negative.
        boolean signed = m.signed() || m.width() == 4;
        MemoryRules.loadAs(c, load, MemoryRules.loadOp(Type.I64, m.width(), signed), c.def(inst.result()));
        return true;
    }

    private static boolean extendTwice(Context c, Inst inst) {
        Inst inner = inst.opcode() == Opcode.SEXT ? c.foldable(inst.arg(0)) : null;
        if (inner == null || inner.opcode() != Opcode.SEXT8 && inner.opcode() != Opcode.SEXT16) {
            return false;
        }
        signExtend(c, inst, inner.opcode(), inner.arg(0));
        return true;
    }

    private static void signExtend(Context c, Inst inst, Opcode from, Value x) {
        int bits = switch (from) {
            case SEXT8 -> 8;
            case SEXT16 -> 16;
            default -> 32;
        };
        Reg rd = c.def(inst.result());
        c.emit(Insn.bitfield(Op.SBFM, wide(inst.type()), rd, c.value(x), 0, bits - 1));
    }

    // WRAP.

    static final Rules<Context> WRAP = Rules.<Context>of("wrap")
            .rule("x >>> n", IntegerRules::wrapShifted)
            // Not a Move: the allocator would take both sides for the same value.
            .base(
                    "x",
                    (c, inst) ->
                            c.emit(Insn.of(Op.ORR, false, c.def(inst.result()), Registers.ZR, c.reg(inst.arg(0)))));

    private static boolean wrapShifted(Context c, Inst inst) {
        Inst d = c.foldable(inst.arg(0), Opcode.LSHR);
        if (d == null || !isConst(d.arg(1))) {
            return false;
        }
        int n = (int) constValue(d.arg(1)) & 63;
        c.emit(Insn.bitfield(Op.UBFM, true, c.def(inst.result()), c.reg(d.arg(0)), n, Math.min(n + 31, 63)));
        return true;
    }
}
