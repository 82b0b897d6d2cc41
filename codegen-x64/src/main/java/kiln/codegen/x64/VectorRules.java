package kiln.codegen.x64;

import static kiln.codegen.VectorPatterns.constantCount;

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
import kiln.ir.V128;
import kiln.ir.Value;
import kiln.ir.VectorOp;

/** Bitwise operations on vectors, and arithmetic and comparisons of integer lanes. */
final class VectorRules {
    private static final V128 ONES = new V128(-1, -1);
    /** How deep operands are searched for lanes of ones and zeros. */
    private static final int MAX_DEPTH = 4;

    // PSHUFD: which lanes of 32 bits go where.
    static final int HIGH_HALF = 0xee;
    static final int ODD_TWICE = 0xf5;
    private static final int LOW_TWICE = 0x50;
    private static final int HALVES_EXCHANGED = 0xb1;
    private static final int HIGH_TWICE = 0xfa;
    /** PBLENDW: the upper half of each lane of 64 bits is the second operand's. */
    static final int UPPER_HALVES = 0xcc;

    private VectorRules() {}

    // What the other rules for vectors ask as well.

    static Reg newVector(Context c) {
        return c.newReg(Type.V128);
    }

    /** {@code left op right} in a new register. */
    static Reg binary(Context c, Op op, Reg left, Operand right) {
        Reg r = newVector(c);
        c.emitBinary(op, r, left, right);
        return r;
    }

    static Reg binary(Context c, Op op, Reg left, Reg right) {
        return binary(c, op, left, Operand.of(right));
    }

    static Reg shift(Context c, Op op, Reg x, int n) {
        Reg r = newVector(c);
        c.emitShift(op, r, x, n);
        return r;
    }

    static Reg shuffle(Context c, Op op, Operand x, int lanes) {
        Reg r = newVector(c);
        c.emitUnary(op, r, x, lanes);
        return r;
    }

    /** A constant in a new register. */
    static Reg constant(Context c, V128 bits) {
        Reg r = newVector(c);
        c.emit(new FloatInsn.VectorConst(r, bits));
        return r;
    }

    /** A constant with {@code bits} in every lane. */
    static Operand splatSource(Context c, Lanes lanes, long bits) {
        return c.vectorSource(splat(lanes, bits));
    }

    static V128 splat(Lanes lanes, long bits) {
        return V128.of(lanes, _ -> bits);
    }

    // Operations that are rows of Op.

    static final Rules<Context> BINARY = Rules.<Context>of("vectorBinary")
            .rule("neighbouring products of bytes, added (pmaddubsw)", VectorRules::productsOfNeighbours)
            .rule("y op x", (c, inst) -> {
                Op op = c.instruction(inst.lanes());
                Value x = inst.arg(0);
                Value y = inst.arg(1);
                return inst.isCommutative() && prefersRight(c, op, x, y) && binary(c, inst, op, y, x);
            })
            .base("x op y", (c, inst) -> binary(c, inst, c.instruction(inst.lanes()), inst.arg(0), inst.arg(1)));

    private static boolean binary(Context c, Inst inst, Op op, Value x, Value y) {
        Reg left = c.reg(x);
        c.emitBinary(op, c.def(inst.result()), left, c.vectorSource(op, y));
        return true;
    }

    /** Whether x rather than y should come from memory. */
    private static boolean prefersRight(Context c, Op op, Value x, Value y) {
        return c.isVectorMemory(op, x) && !c.isVectorMemory(op, y);
    }

    private static final LaneOp ADD_SAT_S = VectorOp.ADD_SAT_S.on(Lanes.I16X8);
    private static final LaneOp MUL = VectorOp.MUL.on(Lanes.I16X8);

    /** Indices of the halfwords with even numbers of two operands, or of those with odd numbers. */
    private static final V128 EVEN = V128.of(Lanes.I8X16, i -> i / 2 * 4 + i % 2);

    private static final V128 ODD = V128.of(Lanes.I8X16, i -> i / 2 * 4 + 2 + i % 2);

    /**
     * Signed bytes times unsigned ones, in halfwords, of which neighbours are added with saturation: what programs
     * write in place of PMADDUBSW, which WebAssembly does not have.
     */
    private static boolean productsOfNeighbours(Context c, Inst inst) {
        if (inst.lanes() != ADD_SAT_S) {
            return false;
        }
        Value x = inst.arg(0);
        Value y = inst.arg(1);
        Value even = isShuffle(x, EVEN) ? x : y;
        Value odd = even == x ? y : x;
        if (!isShuffle(even, EVEN) || !isShuffle(odd, ODD)) {
            return false;
        }
        Value low = even.inst().arg(0);
        Value high = even.inst().arg(1);
        if (odd.inst().arg(0) != low || odd.inst().arg(1) != high) {
            return false;
        }
        Value signed = factor(low, VectorOp.EXTEND_LOW_S);
        Value unsigned = factor(low, VectorOp.EXTEND_LOW_U);
        if (signed == null
                || unsigned == null
                || factor(high, VectorOp.EXTEND_HIGH_S) != signed
                || factor(high, VectorOp.EXTEND_HIGH_U) != unsigned) {
            return false;
        }
        Reg left = c.reg(unsigned);
        c.emitBinary(Op.PMADDUBSW, c.def(inst.result()), left, c.vectorSource(Op.PMADDUBSW, signed));
        return true;
    }

    private static boolean isShuffle(Value v, V128 indices) {
        return v.is(Opcode.VSHUFFLE) && v.inst().vector().equals(indices);
    }

    /** The bytes of which a factor of {@code product} is this extension, or null. */
    private static Value factor(Value product, VectorOp extension) {
        if (!product.is(Opcode.VBINARY) || product.inst().lanes() != MUL) {
            return null;
        }
        for (int i = 0; i < 2; i++) {
            Value v = product.inst().arg(i);
            if (v.is(Opcode.VUNARY) && v.inst().lanes() == extension.on(Lanes.I16X8)) {
                return v.inst().arg(0);
            }
        }
        return null;
    }

    // AND, OR, XOR, ANDNOT.

    static final Rules<Context> AND = Rules.<Context>of("vectorAnd")
            .rule("a function of three", TernaryLogic::lower)
            .commuted("x & ~y", VectorRules::andComplement)
            .base("x & y", (c, inst) -> bitwise(c, inst, Op.PAND));

    static final Rules<Context> OR = Rules.<Context>of("vectorOr")
            .commuted("x << n | x >>> width - n", VectorRules::rotate)
            .rule("a function of three", TernaryLogic::lower)
            .commuted("x & m | y & ~m", VectorRules::selectByOr)
            .base("x | y", (c, inst) -> bitwise(c, inst, Op.POR));

    static final Rules<Context> XOR = Rules.<Context>of("vectorXor")
            .commuted("x << n ^ x >>> width - n", VectorRules::rotate)
            .rule("a function of three", TernaryLogic::lower)
            .base("x ^ y", (c, inst) -> bitwise(c, inst, Op.PXOR));

    static final Rules<Context> AND_NOT = Rules.<Context>of("vectorAndNot")
            .rule("a function of three", TernaryLogic::lower)
            .rule("x & ~(a comparison): the opposite comparison", (c, inst) -> {
                Value y = inst.arg(1);
                if (!hasComplement(c, y)) {
                    return false;
                }
                Reg x = c.reg(inst.arg(0));
                c.emitBinary(Op.PAND, c.def(inst.result()), complement(c, y), x);
                return true;
            })
            .base("x & ~y", (c, inst) -> {
                Reg y = c.reg(inst.arg(1));
                c.emitBinary(Op.PANDN, c.def(inst.result()), y, c.vectorSource(Op.PANDN, inst.arg(0)));
            });

    private static void bitwise(Context c, Inst inst, Op op) {
        Value x = inst.arg(0);
        Value y = inst.arg(1);
        boolean swap = prefersRight(c, op, x, y);
        binary(c, inst, op, swap ? y : x, swap ? x : y);
    }

    private static boolean andComplement(Context c, Inst inst, Value x, Value y) {
        if (!hasComplement(c, y)) {
            return false;
        }
        Reg not = complement(c, y);
        c.emitBinary(Op.PANDN, c.def(inst.result()), not, c.vectorSource(Op.PANDN, x));
        return true;
    }

    private static boolean rotate(Context c, Inst inst, Value a, Value b) {
        Funnel f = VectorPatterns.funnel(c, a, b);
        if (f == null || f.high() != f.low()) {
            return false;
        }
        int bytes = f.lanes().bytes();
        boolean one = c.has(Op.VPROLD) && bytes >= 4;
        if (!one && f.count() % 8 != 0) {
            return false;
        }
        Reg x = c.reg(f.high());
        Reg dst = c.def(inst.result());
        if (one) {
            c.emitShift(Op.ofSize(bytes, Op.VPROLD, Op.VPROLQ), dst, x, f.count());
        } else if (f.count() == 32) {
            c.emitUnary(Op.PSHUFD, dst, Operand.of(x), HALVES_EXCHANGED);
        } else {
            int from = bytes - f.count() / 8;
            V128 indices = V128.of(Lanes.I8X16, i -> i / bytes * bytes + (i + from) % bytes);
            c.emitBinary(Op.PSHUFB, dst, x, c.vectorSource(indices));
        }
        return true;
    }

    private static boolean selectByOr(Context c, Inst inst, Value a, Value b) {
        Selection s = VectorPatterns.selectionByMask(c, a, b);
        if (s == null || !isMask(s.mask(), 0)) {
            return false;
        }
        blend(c, inst, s.x(), s.y(), c.reg(s.mask()));
        return true;
    }

    // NOT.

    static final Rules<Context> NOT = Rules.<Context>of("vectorNot")
            .rule("a comparison: the opposite one", (c, inst) -> {
                Value x = inst.arg(0);
                // A NOT of a NOT is folded where it is built.
                if (!hasComplement(c, x) || x.inst().lanes().op() == VectorOp.NOT) {
                    return false;
                }
                Inst d = x.inst();
                compare(c, c.def(inst.result()), opposite(d.lanes()), d.arg(1), d.arg(0));
                return true;
            })
            .rule("a function of three", TernaryLogic::lower)
            .base("x ^ ones", (c, inst) -> {
                Reg x = c.reg(inst.arg(0));
                c.emitBinary(Op.PXOR, c.def(inst.result()), x, c.vectorSource(ONES));
            });

    /** Whether the complement of {@code v} takes fewer instructions than {@code v}, and the rule may compute it. */
    private static boolean hasComplement(Context c, Value v) {
        if (v.inst() == null || !(v.inst().data() instanceof LaneOp l)) {
            return false;
        }
        return switch (l.op()) {
            case NOT, GE_S, GT_U -> c.foldable(v) != null;
            default -> false;
        };
    }

    /** {@code ~v}, for which {@link #hasComplement} holds. */
    private static Reg complement(Context c, Value v) {
        Inst d = v.inst();
        if (d.lanes().op() == VectorOp.NOT) {
            return c.reg(d.arg(0));
        }
        Reg r = newVector(c);
        compare(c, r, opposite(d.lanes()), d.arg(1), d.arg(0));
        return r;
    }

    /** Not greater is less or equal: the comparison to be done with operands exchanged. */
    private static LaneOp opposite(LaneOp op) {
        return (op.op() == VectorOp.GE_S ? VectorOp.GT_S : VectorOp.GE_U).on(op.lanes());
    }

    // BITSELECT.

    static final Rules<Context> SELECT = Rules.<Context>of("vectorSelect")
            .rule("a constant mask of words", VectorRules::blendByConstant)
            .rule("a mask that is computed inverted", (c, inst) -> {
                Value mask = inst.arg(2);
                if (!hasComplement(c, mask) || !isMask(mask, 0)) {
                    return false;
                }
                Reg not = complement(c, mask);
                blend(c, inst, inst.arg(1), inst.arg(0), not);
                return true;
            })
            .rule("a function of three", TernaryLogic::lower)
            .rule("a mask of lanes", (c, inst) -> {
                if (!isMask(inst.arg(2), 0)) {
                    return false;
                }
                blend(c, inst, inst.arg(0), inst.arg(1), c.reg(inst.arg(2)));
                return true;
            })
            .rule("x & m | y & ~m", (c, inst) -> {
                if (!c.hasAvx()) {
                    return false;
                }
                Reg mask = c.reg(inst.arg(2));
                Reg x = binary(c, Op.PAND, mask, c.vectorSource(Op.PAND, inst.arg(0)));
                Reg y = binary(c, Op.PANDN, mask, c.vectorSource(Op.PANDN, inst.arg(1)));
                c.emitBinary(Op.POR, c.def(inst.result()), x, y);
                return true;
            })
            .base("(x ^ y) & m ^ y", (c, inst) -> {
                Reg y = c.reg(inst.arg(1));
                Reg changed = binary(c, Op.PXOR, c.reg(inst.arg(0)), y);
                Reg chosen = binary(c, Op.PAND, changed, c.vectorSource(Op.PAND, inst.arg(2)));
                c.emitBinary(Op.PXOR, c.def(inst.result()), chosen, y);
            });

    /** {@code x} where the mask has ones, else {@code y}; with AVX-512 that is the quickest one. */
    private static void blend(Context c, Inst inst, Value x, Value y, Reg mask) {
        if (c.has(Op.VPTERNLOGD)) {
            Operand last = c.vectorSource(Op.VPTERNLOGD, y);
            c.emit(Insn.ternary(Op.VPTERNLOGD, c.def(inst.result()), mask, c.reg(x), last, TernaryLogic.CHOICE));
            return;
        }
        Reg base = c.reg(y);
        c.emitBlend(Op.PBLENDVB, c.def(inst.result()), base, c.vectorSource(Op.PBLENDVB, x), mask);
    }

    static boolean isConstantMask(Inst inst) {
        return inst.lanes().op() == VectorOp.BITSELECT
                && inst.arg(2).is(Opcode.VCONST)
                && wordMask(inst.arg(2).inst().vector()) >= 0;
    }

    /** A bit for each lane of 16 bits, or -1 if it has others than lanes of ones and zeros. */
    private static int wordMask(V128 mask) {
        int bits = 0;
        for (int i = 0; i < 8; i++) {
            long lane = mask.lane(Lanes.I16X8, i);
            if (lane != 0 && lane != -1) {
                return -1;
            }
            bits |= lane == 0 ? 0 : 1 << i;
        }
        return bits;
    }

    private static boolean blendByConstant(Context c, Inst inst) {
        if (!isConstantMask(inst)) {
            return false;
        }
        int bits = wordMask(inst.arg(2).inst().vector());
        Reg y = c.reg(inst.arg(1));
        c.emitBinary(Op.PBLENDW, c.def(inst.result()), y, c.vectorSource(Op.PBLENDW, inst.arg(0)), bits);
        return true;
    }

    /** Whether each byte of {@code v} is ones or zeros. */
    static boolean isMask(Value v, int depth) {
        return isMask(v, Lanes.I8X16, depth);
    }

    /** Whether each of these lanes of {@code v} is ones or zeros. */
    static boolean isMask(Value v, Lanes lanes, int depth) {
        Inst d = v.inst();
        if (d == null || depth > MAX_DEPTH) {
            return false;
        }
        if (d.opcode() == Opcode.VCONST) {
            return isMask(d.vector(), lanes);
        }
        if (!(d.data() instanceof LaneOp l)) {
            return false;
        }
        boolean asWide = l.lanes().bytes() >= lanes.bytes();
        return switch (l.op()) {
            case EQ, NE, GT, GE, GT_S, GT_U, GE_S, GE_U -> asWide;
            case NOT -> isMask(d.arg(0), lanes, depth + 1);
            case EXTEND_LOW_S, EXTEND_HIGH_S ->
                asWide && isMask(d.arg(0), l.lanes() == lanes ? l.operandLanes() : lanes, depth + 1);
            case AND, OR, XOR, ANDNOT -> isMask(d.arg(0), lanes, depth + 1) && isMask(d.arg(1), lanes, depth + 1);
            case BITSELECT ->
                isMask(d.arg(0), lanes, depth + 1)
                        && isMask(d.arg(1), lanes, depth + 1)
                        && isMask(d.arg(2), lanes, depth + 1);
            case SHR_S -> asWide && constantCount(d) == l.lanes().bits() - 1;
            default -> false;
        };
    }

    private static boolean isMask(V128 v, Lanes lanes) {
        for (int i = 0; i < lanes.count(); i++) {
            if (v.lane(lanes, i) != 0 && v.lane(lanes, i) != -1) {
                return false;
            }
        }
        return true;
    }

    // NEG, ABS, POPCNT.

    static final Rules<Context> NEGATE = Rules.<Context>of("vectorNegate")
            .rule("floats: another sign", (c, inst) -> changeSign(c, inst, Op.XORPS))
            .base("0 - x", (c, inst) -> {
                Op op = Op.of(VectorOp.SUB.on(inst.lanes().lanes()));
                Reg zero = constant(c, V128.ZERO);
                c.emitBinary(op, c.def(inst.result()), zero, c.vectorSource(op, inst.arg(0)));
            });

    static final Rules<Context> ABSOLUTE = Rules.<Context>of("vectorAbsolute")
            .rule("floats: no sign", (c, inst) -> changeSign(c, inst, Op.ANDPS))
            .rule("one instruction", VectorRules::oneInstruction)
            .base("-x where x is negative", (c, inst) -> {
                // Only 64-bit lanes are left; the blend looks at signs.
                Reg x = c.reg(inst.arg(0));
                Reg negated = binary(c, Op.PSUBQ, constant(c, V128.ZERO), x);
                c.emitBlend(Op.BLENDVPD, c.def(inst.result()), x, Operand.of(negated), x);
            });

    private static boolean changeSign(Context c, Inst inst, Op op) {
        Lanes lanes = inst.lanes().lanes();
        if (lanes.isInt()) {
            return false;
        }
        long sign = FloatInsn.signBit(lanes.bytes());
        Reg x = c.reg(inst.arg(0));
        c.emitBinary(op, c.def(inst.result()), x, splatSource(c, lanes, op == Op.XORPS ? sign : ~sign));
        return true;
    }

    private static boolean oneInstruction(Context c, Inst inst) {
        Op op = c.instruction(inst.lanes());
        if (op == null) {
            return false;
        }
        Reg dst = c.def(inst.result());
        c.emitUnary(op, dst, c.vectorSource(op, inst.arg(0)));
        return true;
    }

    static final Rules<Context> COUNT_ONES = Rules.<Context>of("countOnes")
            .rule("one instruction", VectorRules::oneInstruction)
            .base("looked up for each half of a byte", (c, inst) -> {
                V128 table = V128.of(Lanes.I8X16, Integer::bitCount);
                Operand low = splatSource(c, Lanes.I8X16, 0xf);
                Reg x = c.reg(inst.arg(0));
                Reg lower = binary(c, Op.PAND, x, low);
                Reg upper = binary(c, Op.PAND, shift(c, Op.PSRLW, x, 4), low);
                Reg counts = c.vector(table);
                Reg first = binary(c, Op.PSHUFB, counts, lower);
                Reg second = binary(c, Op.PSHUFB, counts, upper);
                c.emitBinary(Op.PADDB, c.def(inst.result()), first, second);
            });

    // MUL.

    static final Rules<Context> MULTIPLY = Rules.<Context>of("vectorMultiply")
            .rule("one product of low halves", VectorRules::multiplyLowHalves)
            .rule("64 bits without an instruction", VectorRules::multiply64)
            .rule("y * x", (c, inst) -> {
                Op op = c.instruction(inst.lanes());
                Value x = inst.arg(0);
                Value y = inst.arg(1);
                return prefersRight(c, op, x, y) && binary(c, inst, op, y, x);
            })
            .base("x * y", (c, inst) -> binary(c, inst, c.instruction(inst.lanes()), inst.arg(0), inst.arg(1)));

    private static boolean multiplyLowHalves(Context c, Inst inst) {
        Value x = inst.arg(0);
        Value y = inst.arg(1);
        if (inst.lanes().lanes() != Lanes.I64X2 || !isLowHalf(x) || !isLowHalf(y)) {
            return false;
        }
        Reg left = c.reg(x);
        c.emitBinary(Op.PMULUDQ, c.def(inst.result()), left, c.vectorSource(Op.PMULUDQ, y));
        return true;
    }

    /** Whether the upper half of each lane of 64 bits is zero. */
    private static boolean isLowHalf(Value v) {
        Inst d = v.inst();
        if (d == null) {
            return false;
        }
        if (d.opcode() == Opcode.VCONST) {
            return d.vector().low() >>> 32 == 0 && d.vector().high() >>> 32 == 0;
        }
        if (!(d.data() instanceof LaneOp l)) {
            return false;
        }
        return switch (l.op()) {
            case AND -> isLowHalf(d.arg(0)) || isLowHalf(d.arg(1));
            case EXTEND_LOW_U, EXTEND_HIGH_U -> l.lanes() == Lanes.I64X2;
            case SHR_U -> l.lanes() == Lanes.I64X2 && constantCount(d) >= 32;
            default -> false;
        };
    }

    /** The low halves' product, and above it the sum of the mixed ones that are not zero. */
    private static boolean multiply64(Context c, Inst inst) {
        if (inst.lanes().lanes() != Lanes.I64X2 || c.instruction(inst.lanes()) != null) {
            return false;
        }
        Reg x = c.reg(inst.arg(0));
        Reg y = c.reg(inst.arg(1));
        Reg mixed = null;
        if (!isLowHalf(inst.arg(0))) {
            mixed = binary(c, Op.PMULUDQ, shift(c, Op.PSRLQ, x, 32), y);
        }
        if (!isLowHalf(inst.arg(1))) {
            Reg other = binary(c, Op.PMULUDQ, shift(c, Op.PSRLQ, y, 32), x);
            mixed = mixed == null ? other : binary(c, Op.PADDQ, mixed, other);
        }
        Reg high = shift(c, Op.PSLLQ, mixed, 32);
        Reg low = binary(c, Op.PMULUDQ, x, y);
        c.emitBinary(Op.PADDQ, c.def(inst.result()), low, high);
        return true;
    }

    static final Rules<Context> Q15_MULTIPLY = Rules.<Context>of("q15Multiply")
            .base("2^15 becomes 2^15 - 1", (c, inst) -> {
                Reg x = c.reg(inst.arg(0));
                Reg product = binary(c, Op.PMULHRSW, x, c.vectorSource(Op.PMULHRSW, inst.arg(1)));
                Reg overflow = binary(c, Op.PCMPEQW, product, splatSource(c, Lanes.I16X8, 0x8000));
                c.emitBinary(Op.PXOR, c.def(inst.result()), product, overflow);
            });

    // Comparisons.

    static final Rules<Context> COMPARE = Rules.<Context>of("vectorCompare")
            .base("x op y", (c, inst) -> compare(c, c.def(inst.result()), inst.lanes(), inst.arg(0), inst.arg(1)));

    /** GT_S, GE_S, GT_U or GE_U. */
    private static void compare(Context c, Reg dst, LaneOp op, Value x, Value y) {
        Lanes lanes = op.lanes();
        switch (op.op()) {
            case GT_S -> greater(c, dst, lanes, x, y);
            case GE_S -> {
                V128 below = neighbour(y, lanes, lowest(lanes), -1);
                if (below != null) {
                    c.emitBinary(greater(lanes), dst, c.reg(x), c.vectorSource(below));
                } else if (lanes == Lanes.I64X2) {
                    Reg less = newVector(c);
                    greater(c, less, lanes, y, x);
                    c.emitBinary(Op.PXOR, dst, less, c.vectorSource(ONES));
                } else {
                    notLess(c, dst, lanes, x, y, VectorOp.MAX_S, VectorOp.MIN_S);
                }
            }
            case GE_U -> notLess(c, dst, lanes, x, y, VectorOp.MAX_U, VectorOp.MIN_U);
            case GT_U -> {
                V128 above = neighbour(y, lanes, -1, 1);
                if (above != null) {
                    Reg left = c.reg(x);
                    Reg larger = binary(c, Op.of(VectorOp.MAX_U.on(lanes)), left, c.vectorSource(above));
                    c.emitBinary(equal(lanes), dst, larger, left);
                    return;
                }
                V128 below = neighbour(x, lanes, 0, -1);
                if (below != null) {
                    Reg right = c.reg(y);
                    Reg smaller = binary(c, Op.of(VectorOp.MIN_U.on(lanes)), right, c.vectorSource(below));
                    c.emitBinary(equal(lanes), dst, smaller, right);
                    return;
                }
                Reg not = newVector(c);
                notLess(c, not, lanes, y, x, VectorOp.MAX_U, VectorOp.MIN_U);
                c.emitBinary(Op.PXOR, dst, not, c.vectorSource(ONES));
            }
            default -> throw new IllegalArgumentException(op.toString());
        }
    }

    private static Op greater(Lanes lanes) {
        return Op.of(VectorOp.GT_S.on(lanes));
    }

    private static Op equal(Lanes lanes) {
        return Op.of(VectorOp.EQ.on(lanes));
    }

    private static void greater(Context c, Reg dst, Lanes lanes, Value x, Value y) {
        Reg left = c.reg(x);
        c.emitBinary(greater(lanes), dst, left, c.vectorSource(greater(lanes), y));
    }

    /** {@code x} is not less than {@code y}: it is the larger one, or {@code y} is the smaller one. */
    private static void notLess(Context c, Reg dst, Lanes lanes, Value x, Value y, VectorOp max, VectorOp min) {
        Op minOp = Op.of(min.on(lanes));
        boolean smaller = c.isVectorMemory(minOp, x);
        Op op = smaller ? minOp : Op.of(max.on(lanes));
        Reg same = c.reg(smaller ? y : x);
        Reg chosen = binary(c, op, same, c.vectorSource(op, smaller ? x : y));
        c.emitBinary(equal(lanes), dst, chosen, same);
    }

    private static long lowest(Lanes lanes) {
        return -1L << lanes.bits() - 1;
    }

    /** A constant with each lane changed by {@code change}; null for others and where a lane is {@code end}. */
    private static V128 neighbour(Value v, Lanes lanes, long end, int change) {
        if (!v.is(Opcode.VCONST)) {
            return null;
        }
        V128 k = v.inst().vector();
        for (int i = 0; i < lanes.count(); i++) {
            if (k.lane(lanes, i) == end) {
                return null;
            }
        }
        return V128.of(lanes, i -> k.lane(lanes, i) + change);
    }

    // Between lanes and others of twice or half the size.

    static final Rules<Context> EXTEND = Rules.<Context>of("vectorExtend")
            .rule("of eight bytes in memory", VectorRules::extendMemory)
            .rule("the low half", VectorRules::oneInstruction)
            .base("the high half", (c, inst) -> {
                LaneOp op = inst.lanes();
                extendHigh(c, c.def(inst.result()), inst.arg(0), op.lanes(), op.op() == VectorOp.EXTEND_HIGH_U);
            });

    /** The low half, which is all that was loaded. */
    private static boolean extendMemory(Context c, Inst inst) {
        Op op = Op.of(inst.lanes());
        Inst load = op == null ? null : LaneRules.foldableLow(c, inst.arg(0), 8);
        if (load == null) {
            return false;
        }
        c.emitUnary(op, c.def(inst.result()), c.fold(load));
        return true;
    }

    private static Op extension(Lanes to, boolean unsigned) {
        return Op.of((unsigned ? VectorOp.EXTEND_LOW_U : VectorOp.EXTEND_LOW_S).on(to));
    }

    private static void extendHigh(Context c, Reg dst, Value x, Lanes to, boolean unsigned) {
        if (unsigned && c.hasAvx()) {
            Reg left = c.reg(x);
            c.emitBinary(unpackHigh(to.narrower()), dst, left, constant(c, V128.ZERO));
        } else {
            Reg high = shuffle(c, Op.PSHUFD, c.vectorSource(Op.PSHUFD, x), HIGH_HALF);
            c.emitUnary(extension(to, unsigned), dst, Operand.of(high));
        }
    }

    private static Op unpackHigh(Lanes lanes) {
        return switch (lanes) {
            case I8X16 -> Op.PUNPCKHBW;
            case I16X8 -> Op.PUNPCKHWD;
            default -> Op.PUNPCKHDQ;
        };
    }

    static final Rules<Context> SUMS_OF_NEIGHBOURS = Rules.<Context>of("sumsOfNeighbours")
            .rule("signed bytes: as products with 1", (c, inst) -> {
                if (inst.lanes() != VectorOp.EXTADD_PAIRWISE_S.on(Lanes.I16X8)) {
                    return false;
                }
                Reg ones = c.vector(splat(Lanes.I8X16, 1));
                c.emitBinary(Op.PMADDUBSW, c.def(inst.result()), ones, c.vectorSource(Op.PMADDUBSW, inst.arg(0)));
                return true;
            })
            .rule("unsigned words", (c, inst) -> {
                if (inst.lanes() != VectorOp.EXTADD_PAIRWISE_U.on(Lanes.I32X4)) {
                    return false;
                }
                Reg x = c.reg(inst.arg(0));
                Reg odd = shift(c, Op.PSRLD, x, 16);
                Reg even = binary(c, Op.PAND, x, splatSource(c, Lanes.I32X4, 0xffff));
                c.emitBinary(Op.PADDD, c.def(inst.result()), even, odd);
                return true;
            })
            .base("products with 1", (c, inst) -> {
                Lanes from = inst.lanes().operandLanes();
                Op op = from == Lanes.I8X16 ? Op.PMADDUBSW : Op.PMADDWD;
                Reg x = c.reg(inst.arg(0));
                c.emitBinary(op, c.def(inst.result()), x, splatSource(c, from, 1));
            });

    static final Rules<Context> FULL_PRODUCTS = Rules.<Context>of("fullProducts")
            .rule("of bytes, extended", (c, inst) -> {
                if (inst.lanes().lanes() != Lanes.I16X8) {
                    return false;
                }
                Reg x = extended(c, inst, inst.arg(0));
                Reg y = inst.arg(0) == inst.arg(1) ? x : extended(c, inst, inst.arg(1));
                c.emitBinary(Op.PMULLW, c.def(inst.result()), x, y);
                return true;
            })
            .rule("of words: both halves of the products", (c, inst) -> {
                if (inst.lanes().lanes() != Lanes.I32X4) {
                    return false;
                }
                Reg x = c.reg(inst.arg(0));
                Reg y = c.reg(inst.arg(1));
                Reg low = binary(c, Op.PMULLW, x, y);
                Reg high = binary(c, isUnsigned(inst) ? Op.PMULHUW : Op.PMULHW, x, y);
                c.emitBinary(isHigh(inst) ? Op.PUNPCKHWD : Op.PUNPCKLWD, c.def(inst.result()), low, high);
                return true;
            })
            .base("of double words", (c, inst) -> {
                int lanes = isHigh(inst) ? HIGH_TWICE : LOW_TWICE;
                Reg x = shuffle(c, Op.PSHUFD, c.vectorSource(Op.PSHUFD, inst.arg(0)), lanes);
                Reg y = inst.arg(0) == inst.arg(1)
                        ? x
                        : shuffle(c, Op.PSHUFD, c.vectorSource(Op.PSHUFD, inst.arg(1)), lanes);
                c.emitBinary(isUnsigned(inst) ? Op.PMULUDQ : Op.PMULDQ, c.def(inst.result()), x, y);
            });

    private static boolean isUnsigned(Inst inst) {
        return inst.lanes().op() == VectorOp.EXTMUL_LOW_U || inst.lanes().op() == VectorOp.EXTMUL_HIGH_U;
    }

    private static boolean isHigh(Inst inst) {
        return inst.lanes().op() == VectorOp.EXTMUL_HIGH_S || inst.lanes().op() == VectorOp.EXTMUL_HIGH_U;
    }

    private static Reg extended(Context c, Inst inst, Value v) {
        Reg r = newVector(c);
        Lanes to = inst.lanes().lanes();
        if (isHigh(inst)) {
            extendHigh(c, r, v, to, isUnsigned(inst));
        } else {
            Op op = extension(to, isUnsigned(inst));
            c.emitUnary(op, r, c.vectorSource(op, v));
        }
        return r;
    }
}
