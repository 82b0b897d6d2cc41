package kiln.translate;

import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import kiln.ir.LaneOp;
import kiln.ir.Lanes;
import kiln.ir.Type;
import kiln.ir.VectorOp;
import kiln.wasm.Op;

/**
 * The instructions on vectors. Most have the name of the operation that they are; what else there is stands in
 * {@link #compose}.
 */
final class VectorInstructions {
    private static final Map<Op, Rule> RULES = new EnumMap<>(Op.class);

    private VectorInstructions() {}

    /** The rule for an instruction, or null if it is none on vectors. */
    static Rule of(Op op) {
        return RULES.get(op);
    }

    static {
        for (Op op : Op.values()) {
            LaneOp lanes = LaneOp.named(op.text());
            if (lanes != null) {
                RULES.put(op, named(lanes));
            }
        }
        compose();
        relaxed();
    }

    private static Rule named(LaneOp op) {
        return switch (op.op().opcode()) {
            case VEXTRACT -> new Rule.Extract(op);
            case VINSERT -> new Rule.Replace(op);
            default -> new Rule.Vector(op);
        };
    }

    private static void compose() {
        RULES.put(Op.V128_CONST, new Rule.VectorConstant());
        RULES.put(Op.I8X16_SHUFFLE, new Rule.Shuffle());
        RULES.put(Op.V128_LOAD, new Rule.Load(Type.V128, 4, false));
        RULES.put(Op.V128_STORE, new Rule.Store(4));
        for (Lanes lanes : Lanes.INTS) {
            RULES.put(named("v128.load" + lanes.bits() + "_splat"), new Rule.LoadSplat(VectorOp.SPLAT.on(lanes)));
            RULES.put(named("v128.load" + lanes.bits() + "_lane"), new Rule.LoadLane(lanes));
            RULES.put(named("v128.store" + lanes.bits() + "_lane"), new Rule.StoreLane(lanes));
            RULES.put(named(lanes + ".ne"), new Rule.NegatedVectors(VectorOp.EQ.on(lanes)));
            RULES.put(named(lanes + ".lt_s"), new Rule.SwappedVectors(VectorOp.GT_S.on(lanes)));
            RULES.put(named(lanes + ".le_s"), new Rule.SwappedVectors(VectorOp.GE_S.on(lanes)));
            if (lanes != Lanes.I64X2) {
                RULES.put(named(lanes + ".lt_u"), new Rule.SwappedVectors(VectorOp.GT_U.on(lanes)));
                RULES.put(named(lanes + ".le_u"), new Rule.SwappedVectors(VectorOp.GE_U.on(lanes)));
            }
        }
        for (Lanes lanes : Lanes.FLOATS) {
            RULES.put(named(lanes + ".lt"), new Rule.SwappedVectors(VectorOp.GT.on(lanes)));
            RULES.put(named(lanes + ".le"), new Rule.SwappedVectors(VectorOp.GE.on(lanes)));
        }
        RULES.put(Op.V128_LOAD32_ZERO, new Rule.LoadZero(Lanes.I32X4));
        RULES.put(Op.V128_LOAD64_ZERO, new Rule.LoadZero(Lanes.I64X2));
        for (Lanes to : new Lanes[] {Lanes.I16X8, Lanes.I32X4, Lanes.I64X2}) {
            String name = "v128.load" + to.bits() / 2 + "x" + to.count();
            RULES.put(named(name + "_s"), new Rule.LoadExtend(VectorOp.EXTEND_LOW_S.on(to)));
            RULES.put(named(name + "_u"), new Rule.LoadExtend(VectorOp.EXTEND_LOW_U.on(to)));
        }
    }

    /**
     * What the deterministic profile (specification 4.3, "Relaxed Operations", all parameters 0) has in place of
     * operations whose result depends on the machine.
     */
    private static void relaxed() {
        for (Lanes lanes : Lanes.FLOATS) {
            deterministic(VectorOp.RELAXED_MIN, VectorOp.MIN, lanes);
            deterministic(VectorOp.RELAXED_MAX, VectorOp.MAX, lanes);
            relaxed(VectorOp.RELAXED_MADD.on(lanes), new Rule.MultiplyAdd(VectorOp.ADD.on(lanes)));
            relaxed(VectorOp.RELAXED_NMADD.on(lanes), new Rule.MultiplyAdd(VectorOp.SUB.on(lanes)));
        }
        for (Lanes lanes : Lanes.INTS) {
            relaxed(VectorOp.RELAXED_LANESELECT.on(lanes), new Rule.Vector(VectorOp.BITSELECT.on(Lanes.V128)));
        }
        deterministic(VectorOp.RELAXED_SWIZZLE, VectorOp.SWIZZLE, Lanes.I8X16);
        deterministic(VectorOp.RELAXED_Q15MULR_S, VectorOp.Q15MULR_SAT_S, Lanes.I16X8);
        deterministic(VectorOp.RELAXED_TRUNC_S, VectorOp.TRUNC_SAT_S, Lanes.I32X4);
        deterministic(VectorOp.RELAXED_TRUNC_U, VectorOp.TRUNC_SAT_U, Lanes.I32X4);
        deterministic(VectorOp.RELAXED_TRUNC_ZERO_S, VectorOp.TRUNC_SAT_ZERO_S, Lanes.I32X4);
        deterministic(VectorOp.RELAXED_TRUNC_ZERO_U, VectorOp.TRUNC_SAT_ZERO_U, Lanes.I32X4);
        relaxed(VectorOp.RELAXED_DOT.on(Lanes.I16X8), new Rule.Dot(false));
        relaxed(VectorOp.RELAXED_DOT_ADD.on(Lanes.I32X4), new Rule.Dot(true));
    }

    private static void deterministic(VectorOp host, VectorOp deterministic, Lanes lanes) {
        relaxed(host.on(lanes), new Rule.Vector(deterministic.on(lanes)));
    }

    private static void relaxed(LaneOp host, Rule deterministic) {
        RULES.put(named(host.toString()), new Rule.Relaxed(new Rule.Vector(host), deterministic));
    }

    /** The instruction of this name; those of vectors are named in {@link Op} as in the text format. */
    private static Op named(String text) {
        return Op.valueOf(text.replace('.', '_').toUpperCase(Locale.ROOT));
    }
}
