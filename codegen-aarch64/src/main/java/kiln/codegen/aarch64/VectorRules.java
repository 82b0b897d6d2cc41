package kiln.codegen.aarch64;

import static kiln.codegen.VectorPatterns.constantCount;
import static kiln.codegen.VectorPatterns.isZero;
import static kiln.codegen.VectorPatterns.operation;

import kiln.codegen.Reg;
import kiln.codegen.Rules;
import kiln.codegen.VectorPatterns;
import kiln.codegen.VectorPatterns.Funnel;
import kiln.codegen.VectorPatterns.Selection;
import kiln.ir.Inst;
import kiln.ir.LaneOp;
import kiln.ir.Lanes;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.Value;
import kiln.ir.VectorOp;

/** Bitwise operations on vectors, and arithmetic and comparisons of integer lanes. */
final class VectorRules {
    private VectorRules() {}

    // What the other rules for vectors ask as well.

    /** The whole register in lanes of the operation's shape. */
    static Arrangement lanes(Inst inst) {
        return Arrangement.of(inst.lanes().lanes());
    }

    /** The half in lanes of the operands' shape that an operation on the low or the high half of them reads. */
    static Arrangement half(Inst inst) {
        Lanes from = inst.lanes().operandLanes();
        return switch (inst.lanes().op()) {
            case EXTEND_HIGH_S, EXTEND_HIGH_U, EXTMUL_HIGH_S, EXTMUL_HIGH_U -> Arrangement.of(from);
            default -> Arrangement.low(from);
        };
    }

    // Operations that are rows of Op.

    static final Rules<Context> ROW = Rules.<Context>of("vector").base("one instruction", VectorRules::row);

    static void row(Context c, Inst inst) {
        Op op = Op.of(inst.lanes());
        Reg rd = c.def(inst.result());
        Reg rn = c.reg(inst.arg(0));
        c.emit(
                inst.argCount() == 1
                        ? Insn.ofVector(op, lanes(inst), rd, rn)
                        : Insn.ofVector(op, lanes(inst), rd, rn, c.reg(inst.arg(1))));
    }

    // AND, OR, XOR, NOT.

    static final Rules<Context> AND = Rules.<Context>of("vectorAnd")
            .commuted("x & ~y", (c, inst, x, y) -> withComplement(c, inst, x, y, Op.VBIC))
            .base("x & y", VectorRules::row);

    static final Rules<Context> OR = Rules.<Context>of("vectorOr")
            .commuted("x & m | y & ~m", VectorRules::select)
            .commuted("x << n | x >>> width - n", VectorRules::rotate)
            .commuted("x | ~y", (c, inst, x, y) -> withComplement(c, inst, x, y, Op.VORN))
            .base("x | y", VectorRules::row);

    static final Rules<Context> XOR = Rules.<Context>of("vectorXor")
            .commuted("x << n ^ x >>> width - n", VectorRules::rotate)
            .base("x ^ y", VectorRules::row);

    private static boolean withComplement(Context c, Inst inst, Value x, Value y, Op op) {
        Inst not = operation(c, y, VectorOp.NOT);
        if (not == null) {
            return false;
        }
        c.emit(Insn.ofVector(op, Arrangement.B16, c.def(inst.result()), c.reg(x), c.reg(not.arg(0))));
        return true;
    }

    private static boolean select(Context c, Inst inst, Value a, Value b) {
        Selection s = VectorPatterns.selectionByMask(c, a, b);
        if (s == null) {
            return false;
        }
        select(c, inst, c.reg(s.x()), c.reg(s.y()), c.reg(s.mask()), MASK);
        return true;
    }

    /** A shift that leaves room, into which the other one inserts. */
    private static boolean rotate(Context c, Inst inst, Value a, Value b) {
        Funnel f = VectorPatterns.funnel(c, a, b);
        if (f == null) {
            return false;
        }
        Arrangement lanes = Arrangement.of(f.lanes());
        int width = f.lanes().bits();
        Reg x = c.reg(f.high());
        Reg y = c.reg(f.low());
        if (x == y && 2 * f.count() == width && lanes != Arrangement.B16) {
            c.emit(exchangeHalves(lanes, c.def(inst.result()), x));
            return true;
        }
        Reg shifted = c.newReg(Type.V128);
        c.emit(Insn.shiftVector(Op.VSHL, lanes, shifted, x, f.count()));
        c.emit(Insn.mergeShifted(Op.VSRI, lanes, c.def(inst.result()), shifted, y, width - f.count()));
        return true;
    }

    /** A rotation by half of the bits. */
    private static Insn exchangeHalves(Arrangement lanes, Reg rd, Reg rn) {
        return switch (lanes) {
            case H8 -> Insn.ofVector(Op.VREV16, Arrangement.B16, rd, rn);
            case S4 -> Insn.ofVector(Op.VREV32, Arrangement.H8, rd, rn);
            default -> Insn.ofVector(Op.VREV64, Arrangement.S4, rd, rn);
        };
    }

    // NOT.

    static final Rules<Context> NOT = Rules.<Context>of("vectorNot")
            .rule("a comparison with zero: a test of bits", VectorRules::testBits)
            .rule("a comparison the other way round", VectorRules::negated)
            .base("~x", VectorRules::row);

    private static boolean testBits(Context c, Inst inst) {
        Inst compare = operation(c, inst.arg(0), VectorOp.EQ);
        if (compare == null || !compare.lanes().lanes().isInt() || !isZero(compare.arg(1)) && !isZero(compare.arg(0))) {
            return false;
        }
        Value v = compare.arg(isZero(compare.arg(1)) ? 0 : 1);
        Inst and = operation(c, v, VectorOp.AND);
        Reg x = c.reg(and == null ? v : and.arg(0));
        Reg y = and == null ? x : c.reg(and.arg(1));
        c.emit(Insn.ofVector(Op.VCMTST, lanes(compare), c.def(inst.result()), x, y));
        return true;
    }

    /** Not greater is less or equal. Floats may be neither. */
    private static boolean negated(Context c, Inst inst) {
        Value v = inst.arg(0);
        Inst d = v.inst() != null && v.inst().data() instanceof LaneOp ? c.foldable(v) : null;
        if (d == null) {
            return false;
        }
        VectorOp opposite = switch (d.lanes().op()) {
            case GT_S -> VectorOp.GE_S;
            case GE_S -> VectorOp.GT_S;
            case GT_U -> VectorOp.GE_U;
            case GE_U -> VectorOp.GT_U;
            default -> null;
        };
        if (opposite == null) {
            return false;
        }
        compare(c, c.def(inst.result()), opposite.on(d.lanes().lanes()), d.arg(1), d.arg(0));
        return true;
    }

    // BITSELECT.

    private static final int SECOND = 1;
    private static final int MASK = 2;

    /** One operand is tied to the result: best one that is not needed any more. */
    static final Rules<Context> SELECT = Rules.<Context>of("vectorSelect")
            .rule("in place of the mask", (c, inst) -> isLast(c, inst.arg(MASK)) && selectInto(c, inst, MASK))
            .rule("in place of the second", (c, inst) -> isLast(c, inst.arg(SECOND)) && selectInto(c, inst, SECOND))
            .base("in place of the first", (c, inst) -> selectInto(c, inst, 0));

    private static boolean isLast(Context c, Value v) {
        return c.useCount(v) == 1 && !v.is(Opcode.VCONST);
    }

    private static boolean selectInto(Context c, Inst inst, int place) {
        select(c, inst, c.reg(inst.arg(0)), c.reg(inst.arg(1)), c.reg(inst.arg(MASK)), place);
        return true;
    }

    /** The bits of {@code x} where the mask has ones, else those of {@code y}; {@code place} is an operand's number. */
    private static void select(Context c, Inst inst, Reg x, Reg y, Reg mask, int place) {
        Reg rd = c.def(inst.result());
        c.emit(
                switch (place) {
                    case MASK -> Insn.mergeVector(Op.VBSL, Arrangement.B16, rd, mask, x, y);
                    case SECOND -> Insn.mergeVector(Op.VBIT, Arrangement.B16, rd, y, x, mask);
                    default -> Insn.mergeVector(Op.VBIF, Arrangement.B16, rd, x, y, mask);
                });
    }

    // ADD, SUB.

    static final Rules<Context> ADD = Rules.<Context>of("vectorAdd")
            .commuted("z + x * y", (c, inst, z, p) -> multiplyAdd(c, inst, z, p, Op.VMLA, Op.VSMLAL, Op.VUMLAL))
            .commuted("z + sums of neighbours", VectorRules::accumulatePairs)
            .commuted("z + x shifted right", VectorRules::accumulateShifted)
            .rule("x + y, both extended", (c, inst) -> bothExtended(c, inst, Op.VSADDL, Op.VUADDL))
            .commuted("x + y extended", (c, inst, x, y) -> extended(c, inst, x, y, Op.VSADDW, Op.VUADDW))
            .base("x + y", VectorRules::row);

    static final Rules<Context> SUB = Rules.<Context>of("vectorSub")
            .rule(
                    "z - x * y",
                    (c, inst) -> multiplyAdd(c, inst, inst.arg(0), inst.arg(1), Op.VMLS, Op.VSMLSL, Op.VUMLSL))
            .rule("x - y, both extended", (c, inst) -> bothExtended(c, inst, Op.VSSUBL, Op.VUSUBL))
            .rule("x - y extended", (c, inst) -> extended(c, inst, inst.arg(0), inst.arg(1), Op.VSSUBW, Op.VUSUBW))
            .base("x - y", VectorRules::row);

    /** The product {@code p} is added to {@code z} or subtracted, in lanes of its own size or of half of it. */
    private static boolean multiplyAdd(Context c, Inst inst, Value z, Value p, Op op, Op signed, Op unsigned) {
        Inst product = operation(c, p, VectorOp.MUL);
        if (product != null && product.lanes().lanes().isInt()) {
            if (Op.of(product.lanes()) == null || !isOfShape(product, inst)) {
                return false;
            }
            accumulate(c, inst, z, op, lanes(product), product);
            return true;
        }
        for (VectorOp how : PRODUCTS) {
            product = operation(c, p, how);
            if (product != null && isOfShape(product, inst)) {
                accumulate(c, inst, z, isUnsigned(how) ? unsigned : signed, half(product), product);
                return true;
            }
        }
        return false;
    }

    /** Whether an operand's result is divided into lanes as the user takes it to be. */
    private static boolean isOfShape(Inst operand, Inst user) {
        return operand.lanes().lanes() == user.lanes().lanes();
    }

    private static void accumulate(Context c, Inst inst, Value z, Op op, Arrangement lanes, Inst product) {
        Reg x = c.reg(product.arg(0));
        Reg y = c.reg(product.arg(1));
        c.emit(Insn.mergeVector(op, lanes, c.def(inst.result()), c.reg(z), x, y));
    }

    private static boolean accumulatePairs(Context c, Inst inst, Value z, Value sums) {
        Inst signed = operation(c, sums, VectorOp.EXTADD_PAIRWISE_S);
        Inst d = signed != null ? signed : operation(c, sums, VectorOp.EXTADD_PAIRWISE_U);
        if (d == null || !isOfShape(d, inst)) {
            return false;
        }
        Op op = signed != null ? Op.VSADALP : Op.VUADALP;
        Arrangement from = Arrangement.of(d.lanes().operandLanes());
        c.emit(Insn.mergeVector(op, from, c.def(inst.result()), c.reg(z), c.reg(d.arg(0))));
        return true;
    }

    private static boolean accumulateShifted(Context c, Inst inst, Value z, Value shifted) {
        Inst signed = operation(c, shifted, VectorOp.SHR_S);
        Inst d = signed != null ? signed : operation(c, shifted, VectorOp.SHR_U);
        int n = d == null ? 0 : constantCount(d);
        if (n <= 0 || !isOfShape(d, inst)) {
            return false;
        }
        Op op = signed != null ? Op.VSSRA : Op.VUSRA;
        c.emit(Insn.mergeShifted(op, lanes(d), c.def(inst.result()), c.reg(z), c.reg(d.arg(0)), n));
        return true;
    }

    private static boolean bothExtended(Context c, Inst inst, Op signed, Op unsigned) {
        Inst x = extension(c, inst.arg(0));
        Inst y = extension(c, inst.arg(1));
        if (x == null || y == null || x.lanes() != y.lanes() || !isOfShape(x, inst)) {
            return false;
        }
        Op op = isUnsigned(x.lanes().op()) ? unsigned : signed;
        c.emit(Insn.ofVector(op, half(x), c.def(inst.result()), c.reg(x.arg(0)), c.reg(y.arg(0))));
        return true;
    }

    private static boolean extended(Context c, Inst inst, Value x, Value y, Op signed, Op unsigned) {
        Inst d = extension(c, y);
        if (d == null || !isOfShape(d, inst)) {
            return false;
        }
        Op op = isUnsigned(d.lanes().op()) ? unsigned : signed;
        c.emit(Insn.ofVector(op, half(d), c.def(inst.result()), c.reg(x), c.reg(d.arg(0))));
        return true;
    }

    private static final VectorOp[] PRODUCTS = {
        VectorOp.EXTMUL_LOW_S, VectorOp.EXTMUL_LOW_U, VectorOp.EXTMUL_HIGH_S, VectorOp.EXTMUL_HIGH_U
    };

    private static final VectorOp[] EXTENSIONS = {
        VectorOp.EXTEND_LOW_S, VectorOp.EXTEND_LOW_U, VectorOp.EXTEND_HIGH_S, VectorOp.EXTEND_HIGH_U
    };

    /** The extension of half of a vector to fold into the current rule, or null. */
    static Inst extension(Context c, Value v) {
        for (VectorOp op : EXTENSIONS) {
            Inst d = operation(c, v, op);
            if (d != null) {
                return d;
            }
        }
        return null;
    }

    static boolean isUnsigned(VectorOp op) {
        return switch (op) {
            case EXTEND_LOW_U, EXTEND_HIGH_U, EXTMUL_LOW_U, EXTMUL_HIGH_U, EXTADD_PAIRWISE_U -> true;
            default -> false;
        };
    }

    // MUL.

    static final Rules<Context> MUL = Rules.<Context>of("vectorMul")
            .rule("doublewords", VectorRules::multiplyDoublewords)
            .commuted("x * an element", VectorFloatRules::multiplyByElement)
            .base("x * y", VectorRules::row);

    /** Of each lane the low halves' full product, and the sum of the mixed ones above: there is no instruction. */
    private static boolean multiplyDoublewords(Context c, Inst inst) {
        if (inst.lanes().lanes() != Lanes.I64X2) {
            return false;
        }
        Reg x = c.reg(inst.arg(0));
        Reg y = c.reg(inst.arg(1));
        Reg swapped = c.newReg(Type.V128);
        Reg mixed = c.newReg(Type.V128);
        Reg sums = c.newReg(Type.V128);
        Reg high = c.newReg(Type.V128);
        Reg lowX = c.newReg(Type.V128);
        Reg lowY = c.newReg(Type.V128);
        c.emit(Insn.ofVector(Op.VREV64, Arrangement.S4, swapped, y));
        c.emit(Insn.ofVector(Op.VMUL, Arrangement.S4, mixed, swapped, x));
        c.emit(Insn.ofVector(Op.VXTN, Arrangement.S2, lowX, x));
        c.emit(Insn.ofVector(Op.VUADDLP, Arrangement.S4, sums, mixed));
        c.emit(Insn.ofVector(Op.VXTN, Arrangement.S2, lowY, y));
        c.emit(Insn.shiftVector(Op.VSHL, Arrangement.D2, high, sums, 32));
        c.emit(Insn.mergeVector(Op.VUMLAL, Arrangement.S2, c.def(inst.result()), high, lowX, lowY));
        return true;
    }

    // Comparisons.

    static final Rules<Context> COMPARE = Rules.<Context>of("vectorCompare")
            .rule("more than none: some bit", VectorRules::aboveZero)
            .base("x op y", (c, inst) -> compare(c, c.def(inst.result()), inst.lanes(), inst.arg(0), inst.arg(1)));

    private static boolean aboveZero(Context c, Inst inst) {
        if (inst.lanes().op() != VectorOp.GT_U || !isZero(inst.arg(1))) {
            return false;
        }
        Reg x = c.reg(inst.arg(0));
        c.emit(Insn.ofVector(Op.VCMTST, lanes(inst), c.def(inst.result()), x, x));
        return true;
    }

    /** A comparison of integers or floats, by the form with zero if there is one. */
    static void compare(Context c, Reg rd, LaneOp op, Value x, Value y) {
        Arrangement lanes = Arrangement.of(op.lanes());
        Op withZero = isZero(y) ? withZero(op, false) : isZero(x) ? withZero(op, true) : null;
        c.emit(
                withZero == null
                        ? Insn.ofVector(Op.of(op), lanes, rd, c.reg(x), c.reg(y))
                        : Insn.ofVector(withZero, lanes, rd, c.reg(isZero(y) ? x : y)));
    }

    /** {@code swapped}: the zero is the first operand. Null if there is no such instruction. */
    private static Op withZero(LaneOp op, boolean swapped) {
        return switch (op.op()) {
            case EQ -> op.lanes().isFloat() ? Op.VFCMEQ_ZERO : Op.VCMEQ_ZERO;
            case GT_S -> swapped ? Op.VCMLT_ZERO : Op.VCMGT_ZERO;
            case GE_S -> swapped ? Op.VCMLE_ZERO : Op.VCMGE_ZERO;
            case GT -> swapped ? Op.VFCMLT_ZERO : Op.VFCMGT_ZERO;
            case GE -> swapped ? Op.VFCMLE_ZERO : Op.VFCMGE_ZERO;
            default -> null;
        };
    }

    /** Of floats: not equal. */
    static final Rules<Context> NOT_EQUAL = Rules.<Context>of("vectorNotEqual").base("not equal", (c, inst) -> {
        Reg equal = c.newReg(Type.V128);
        compare(c, equal, VectorOp.EQ.on(inst.lanes().lanes()), inst.arg(0), inst.arg(1));
        c.emit(Insn.ofVector(Op.VMVN, Arrangement.B16, c.def(inst.result()), equal));
    });

    // Between lanes and others of twice or half the size.

    static final Rules<Context> EXTEND = Rules.<Context>of("vectorExtend").base("half of x", (c, inst) -> {
        Op op = isUnsigned(inst.lanes().op()) ? Op.VUSHLL : Op.VSSHLL;
        c.emit(Insn.shiftVector(op, half(inst), c.def(inst.result()), c.reg(inst.arg(0)), 0));
    });

    static final Rules<Context> SUMS_OF_NEIGHBOURS = Rules.<Context>of("sumsOfNeighbours")
            .base("extended", (c, inst) -> {
                Op op = isUnsigned(inst.lanes().op()) ? Op.VUADDLP : Op.VSADDLP;
                Arrangement from = Arrangement.of(inst.lanes().operandLanes());
                c.emit(Insn.ofVector(op, from, c.def(inst.result()), c.reg(inst.arg(0))));
            });

    static final Rules<Context> FULL_PRODUCTS = Rules.<Context>of("fullProducts")
            .base("x * y, of one half", (c, inst) -> {
                Op op = isUnsigned(inst.lanes().op()) ? Op.VUMULL : Op.VSMULL;
                c.emit(Insn.ofVector(op, half(inst), c.def(inst.result()), c.reg(inst.arg(0)), c.reg(inst.arg(1))));
            });

    static final Rules<Context> NARROW = Rules.<Context>of("narrow")
            .base("the lower half, then the upper", (c, inst) -> {
                boolean signed = inst.lanes().op() == VectorOp.NARROW_S;
                Arrangement low = Arrangement.low(inst.lanes().lanes());
                Reg x = c.reg(inst.arg(0));
                Reg y = c.reg(inst.arg(1));
                Reg lower = c.newReg(Type.V128);
                c.emit(Insn.ofVector(signed ? Op.VSQXTN : Op.VSQXTUN, low, lower, x));
                Op high = signed ? Op.VSQXTN_HIGH : Op.VSQXTUN_HIGH;
                c.emit(Insn.mergeVector(high, lanes(inst), c.def(inst.result()), lower, y));
            });

    static final Rules<Context> DOT = Rules.<Context>of("dot").base("products, and sums of neighbours", (c, inst) -> {
        Reg sums = c.def(inst.result());
        productSums(c, sums, inst.lanes().operandLanes(), c.reg(inst.arg(0)), c.reg(inst.arg(1)));
    });

    /** Products in lanes of twice the size, of which neighbours are added. */
    static void productSums(Context c, Reg rd, Lanes from, Reg x, Reg y) {
        Reg low = c.newReg(Type.V128);
        Reg high = c.newReg(Type.V128);
        c.emit(Insn.ofVector(Op.VSMULL, Arrangement.low(from), low, x, y));
        c.emit(Insn.ofVector(Op.VSMULL, Arrangement.of(from), high, x, y));
        c.emit(Insn.ofVector(Op.VADDP, Arrangement.of(from).wider(), rd, low, high));
    }
}
