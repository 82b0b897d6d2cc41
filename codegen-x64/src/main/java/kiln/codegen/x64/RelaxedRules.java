package kiln.codegen.x64;

import kiln.codegen.Reg;
import kiln.codegen.Rules;
import kiln.ir.Inst;
import kiln.ir.LaneOp;
import kiln.ir.Lanes;
import kiln.ir.Type;
import kiln.ir.V128;
import kiln.ir.Value;
import kiln.ir.VectorOp;

/**
 * Operations of relaxed SIMD: what the processor does fastest among the results that WebAssembly allows. The same
 * operands must give the same result wherever they are, so none of these exchanges operands unless that changes
 * nothing.
 */
final class RelaxedRules {
    private static final V128 WORDS_OF_ONE = new V128(0x0001000100010001L, 0x0001000100010001L);

    private RelaxedRules() {}

    private static Lanes lanes(Inst inst) {
        return inst.lanes().lanes();
    }

    // RELAXED_SWIZZLE, RELAXED_MIN, RELAXED_MAX, RELAXED_Q15MULR_S.

    static final Rules<Context> BINARY = Rules.<Context>of("relaxedBinary").base("x op y", (c, inst) -> {
        Op op = binaryOp(inst);
        Reg left = c.reg(inst.arg(0));
        Operand right = c.vectorSource(op, inst.arg(1));
        c.emitBinary(op, c.def(inst.result()), left, right);
    });

    private static Op binaryOp(Inst inst) {
        return switch (inst.lanes().op()) {
            // An index above 15 is taken modulo 16 unless its highest bit is set.
            case RELAXED_SWIZZLE -> Op.PSHUFB;
            // The second operand if one is a NaN, or if both are zeros.
            case RELAXED_MIN -> VectorFloatRules.of(lanes(inst), Op.MINPS, Op.MINPD);
            case RELAXED_MAX -> VectorFloatRules.of(lanes(inst), Op.MAXPS, Op.MAXPD);
            // The one product that overflows does not saturate.
            case RELAXED_Q15MULR_S -> Op.PMULHRSW;
            default -> throw new IllegalArgumentException(inst.toString());
        };
    }

    // RELAXED_DOT, RELAXED_DOT_ADD: the second operand is taken as unsigned, its products are added with saturation.

    static final Rules<Context> DOT = Rules.<Context>of("relaxedDot")
            .rule("accumulated", (c, inst) -> {
                if (inst.lanes().op() != VectorOp.RELAXED_DOT_ADD) {
                    return false;
                }
                Reg pairs = c.newReg(Type.V128);
                Reg sums = c.newReg(Type.V128);
                dot(c, inst, pairs);
                c.emitBinary(Op.PMADDWD, sums, pairs, c.vectorSource(WORDS_OF_ONE));
                c.emitBinary(Op.PADDD, c.def(inst.result()), sums, c.reg(inst.arg(2)));
                return true;
            })
            .base("pairs", (c, inst) -> dot(c, inst, c.def(inst.result())));

    private static void dot(Context c, Inst inst, Reg dst) {
        Reg unsigned = c.reg(inst.arg(1));
        Operand signed = c.vectorSource(Op.PMADDUBSW, inst.arg(0));
        c.emitBinary(Op.PMADDUBSW, dst, unsigned, signed);
    }

    // RELAXED_TRUNC_S, RELAXED_TRUNC_ZERO_S, RELAXED_TRUNC_U, RELAXED_TRUNC_ZERO_U.

    static final Rules<Context> TRUNCATE = Rules.<Context>of("relaxedTruncate")
            .rule("one instruction", (c, inst) -> {
                Op op = switch (inst.lanes().op()) {
                    case RELAXED_TRUNC_S -> Op.CVTTPS2DQ;
                    case RELAXED_TRUNC_ZERO_S -> Op.CVTTPD2DQ;
                    case RELAXED_TRUNC_U -> Op.VCVTTPS2UDQ;
                    default -> Op.VCVTTPD2UDQ;
                };
                if (!c.has(op)) {
                    return false;
                }
                Operand src = c.vectorSource(op, inst.arg(0));
                c.emitUnary(op, c.def(inst.result()), src);
                return true;
            })
            .base("unsigned, saturating", VectorFloatRules.TRUNCATE::lower);

    // RELAXED_MADD, RELAXED_NMADD.

    static final Rules<Context> MULTIPLY_ADD = Rules.<Context>of("relaxedMultiplyAdd")
            .rule("fused", RelaxedRules::fused)
            .rule("x * y + z", (c, inst) -> {
                if (inst.lanes().op() != VectorOp.RELAXED_MADD) {
                    return false;
                }
                Reg product = product(c, inst);
                Reg z = c.reg(inst.arg(2));
                c.emitBinary(VectorFloatRules.of(lanes(inst), Op.ADDPS, Op.ADDPD), c.def(inst.result()), product, z);
                return true;
            })
            .base("z - x * y", (c, inst) -> {
                Reg product = product(c, inst);
                Reg z = c.reg(inst.arg(2));
                c.emitBinary(VectorFloatRules.of(lanes(inst), Op.SUBPS, Op.SUBPD), c.def(inst.result()), z, product);
            });

    /** {@code x * y + z} in the register of one of them, of which one may come from memory. */
    private static boolean fused(Context c, Inst inst) {
        FusedOps ops = FusedOps.of(inst.lanes());
        if (!c.has(ops.second)) {
            return false;
        }
        Value x = inst.arg(0);
        Value y = inst.arg(1);
        Value z = inst.arg(2);
        Op any = ops.second;
        if (c.isVectorMemory(any, z)) {
            boolean exchange = c.useCount(x) > 1 && c.useCount(y) == 1;
            fuse(c, inst, ops.second, exchange ? y : x, exchange ? x : y, z);
            return true;
        }
        if (c.isVectorMemory(any, x)) {
            x = inst.arg(1);
            y = inst.arg(0);
        }
        if (c.useCount(z) == 1 || c.useCount(x) > 1 && (c.useCount(y) > 1 || c.isVectorMemory(any, y))) {
            fuse(c, inst, ops.third, z, x, y);
        } else if (c.useCount(x) == 1) {
            fuse(c, inst, ops.first, x, z, y);
        } else {
            fuse(c, inst, ops.first, y, z, x);
        }
        return true;
    }

    private static void fuse(Context c, Inst inst, Op op, Value overwritten, Value middle, Value last) {
        Reg a = c.reg(overwritten);
        Reg b = c.reg(middle);
        Operand m = c.vectorSource(op, last);
        c.emit(Insn.ternary(op, c.def(inst.result()), a, b, m, 0));
    }

    /** The forms for a multiplication and addition: which two of the operands, as they are written, are multiplied. */
    private record FusedOps(Op first, Op second, Op third) {
        // 132: first * third + second; 213: second * first + third; 231: second * third + first.
        private static final FusedOps ADD_SINGLE = new FusedOps(Op.VFMADD132PS, Op.VFMADD213PS, Op.VFMADD231PS);
        private static final FusedOps ADD_WIDE = new FusedOps(Op.VFMADD132PD, Op.VFMADD213PD, Op.VFMADD231PD);
        private static final FusedOps SUBTRACT_SINGLE = new FusedOps(Op.VFNMADD132PS, Op.VFNMADD213PS, Op.VFNMADD231PS);
        private static final FusedOps SUBTRACT_WIDE = new FusedOps(Op.VFNMADD132PD, Op.VFNMADD213PD, Op.VFNMADD231PD);

        static FusedOps of(LaneOp op) {
            boolean single = op.lanes() == Lanes.F32X4;
            return switch (op.op()) {
                case RELAXED_NMADD -> single ? SUBTRACT_SINGLE : SUBTRACT_WIDE;
                default -> single ? ADD_SINGLE : ADD_WIDE;
            };
        }
    }

    private static Reg product(Context c, Inst inst) {
        Op op = VectorFloatRules.of(lanes(inst), Op.MULPS, Op.MULPD);
        Value x = inst.arg(0);
        Value y = inst.arg(1);
        boolean exchange = c.isVectorMemory(op, x) && !c.isVectorMemory(op, y);
        Reg product = c.newReg(Type.V128);
        Reg left = c.reg(exchange ? y : x);
        Operand right = c.vectorSource(op, exchange ? x : y);
        c.emitBinary(op, product, left, right);
        return product;
    }

    // RELAXED_LANESELECT: by the highest bit of each lane, for lanes of 16 bits by that of each byte.

    static final Rules<Context> LANE_SELECT = Rules.<Context>of("relaxedLaneSelect")
            .base("blend", (c, inst) -> {
                Op op = switch (lanes(inst)) {
                    case I32X4 -> Op.BLENDVPS;
                    case I64X2 -> Op.BLENDVPD;
                    default -> Op.PBLENDVB;
                };
                Reg mask = c.reg(inst.arg(2));
                Reg otherwise = c.reg(inst.arg(1));
                Operand src = c.vectorSource(op, inst.arg(0));
                c.emitBlend(op, c.def(inst.result()), otherwise, src, mask);
            });
}
