package kiln.codegen.aarch64;

import kiln.codegen.CallRules;
import kiln.codegen.RuleTable;
import kiln.codegen.Rules;
import kiln.ir.Lanes;
import kiln.ir.Opcode;
import kiln.ir.VectorOp;

/** Where the rules for each operation stand. */
final class LoweringRules {
    private static final CallRules<Context> CALLS = new CallRules<>();

    static final RuleTable<Context> TABLE =
            new RuleTable<>(LoweringRules::of, LoweringRules::of, ConditionRules.CHOICES);

    private LoweringRules() {}

    private static Rules<Context> of(Opcode opcode) {
        return switch (opcode) {
            case ICONST -> IntegerRules.CONSTANT;
            case FCONST -> FloatRules.CONSTANT;
            case VCONST -> ShuffleRules.CONSTANT;
            case STACK_ADDR -> MemoryRules.STACK_ADDRESS;
            case DATA_ADDR -> MemoryRules.DATA_ADDRESS;

            case ADD -> IntegerRules.ADD;
            case SUB -> IntegerRules.SUB;
            case MUL -> IntegerRules.MUL;
            case UMULH, SMULH -> IntegerRules.MUL_HIGH;
            case UDIV, SDIV, UREM, SREM -> IntegerRules.DIVIDE;
            case AND -> IntegerRules.AND;
            case OR -> IntegerRules.OR;
            case XOR -> IntegerRules.XOR;
            case SHL, LSHR, ASHR, ROTL, ROTR -> IntegerRules.SHIFT;
            case CLZ, CTZ, POPCNT -> IntegerRules.COUNT;
            case SEXT8, SEXT16, SEXT32, SEXT -> IntegerRules.SIGN_EXTEND;
            case WRAP -> IntegerRules.WRAP;

            case ICMP, FCMP -> ConditionRules.COMPARE;
            case SELECT -> ConditionRules.SELECT;

            case FADD, FSUB, FMUL, FDIV -> FloatRules.BINARY;
            case FMIN, FMAX -> FloatRules.MIN_MAX;
            case FCOPYSIGN -> FloatRules.COPY_SIGN;
            case FABS, FNEG -> FloatRules.SIGN;
            case FSQRT -> FloatRules.SQUARE_ROOT;
            case FCEIL, FFLOOR, FTRUNC, FNEAREST -> FloatRules.ROUND;
            case FPROMOTE, FDEMOTE -> FloatRules.CHANGE_PRECISION;
            case FROM_SINT, FROM_UINT -> FloatRules.FROM_INT;
            case TO_SINT, TO_UINT, TO_SINT_SAT, TO_UINT_SAT -> FloatRules.TO_INT;
            case BITCAST -> FloatRules.BITCAST;

            case VSHUFFLE -> ShuffleRules.SHUFFLE;

            case LOAD, HEAP_LOAD -> MemoryRules.LOAD;
            case STORE, HEAP_STORE -> MemoryRules.STORE;
            case REF_OF_BITS -> MemoryRules.REFERENCE;
            case ATOMIC_LOAD -> AtomicRules.LOAD;
            case ATOMIC_STORE -> AtomicRules.STORE;
            case ATOMIC_RMW -> AtomicRules.MODIFY;
            case ATOMIC_CMPXCHG -> AtomicRules.COMPARE_AND_EXCHANGE;
            case ATOMIC_FENCE -> AtomicRules.FENCE;
            case CALL, CALL_INDIRECT -> CALLS.call;
            case CALL_NATIVE -> CALLS.nativeCall;
            case CAUGHT -> CALLS.caught;
            case TRAP_IF, TRAP_IF_ZERO -> ControlRules.TRAP_IF;
            case INTERRUPT_CHECK -> ControlRules.INTERRUPT_CHECK;

            case BRANCH -> ControlRules.BRANCH;
            case SWITCH -> ControlRules.BRANCH_TABLE;
            case RETURN -> CALLS.ret;
            case RETURN_CALL, RETURN_CALL_INDIRECT -> CALLS.tailCall;
            case INVOKE, INVOKE_INDIRECT -> CALLS.invoke;
            case THROW -> CALLS.throwException;
            case TRAP -> ControlRules.TRAP;
            case UNWIND -> ControlRules.UNWIND;

            // These have the register of another value; jumps are the walk's.
            case VMCTX, FRAME_POINTER, ZEXT, REF_BITS, JUMP -> null;

            // Replaced by what it consists of.
            case ALLOCATE -> null;

            // Their rules are those of the operation on lanes.
            case VSPLAT, VEXTRACT, VINSERT, VUNARY, VBINARY, VTERNARY, VSHIFT, VREDUCE -> null;
        };
    }

    private static Rules<Context> of(VectorOp op) {
        return switch (op) {
            default -> oneInstruction(op);

            case SPLAT -> LaneRules.SPLAT;
            case EXTRACT_LANE, EXTRACT_LANE_S, EXTRACT_LANE_U -> LaneRules.EXTRACT;
            case REPLACE_LANE -> LaneRules.REPLACE;

            case AND -> VectorRules.AND;
            case OR -> VectorRules.OR;
            case XOR -> VectorRules.XOR;
            case NOT -> VectorRules.NOT;
            case BITSELECT, RELAXED_LANESELECT -> VectorRules.SELECT;
            case ADD -> VectorRules.ADD;
            case SUB -> VectorRules.SUB;
            case MUL -> VectorRules.MUL;
            case EQ, GT_S, GT_U, GE_S, GE_U, GT, GE -> VectorRules.COMPARE;
            case NE -> VectorRules.NOT_EQUAL;
            case EXTEND_LOW_S, EXTEND_LOW_U, EXTEND_HIGH_S, EXTEND_HIGH_U -> VectorRules.EXTEND;
            case EXTADD_PAIRWISE_S, EXTADD_PAIRWISE_U -> VectorRules.SUMS_OF_NEIGHBOURS;
            case EXTMUL_LOW_S, EXTMUL_LOW_U, EXTMUL_HIGH_S, EXTMUL_HIGH_U -> VectorRules.FULL_PRODUCTS;
            case NARROW_S, NARROW_U -> VectorRules.NARROW;
            case DOT_S -> VectorRules.DOT;

            case SHL -> VectorShiftRules.LEFT;
            case SHR_S, SHR_U -> VectorShiftRules.RIGHT;

            case PMIN, PMAX -> VectorFloatRules.PSEUDO;
            case RELAXED_MADD, RELAXED_NMADD -> VectorFloatRules.FUSED;
            case TRUNC_SAT_S, TRUNC_SAT_U, TRUNC_SAT_ZERO_S, TRUNC_SAT_ZERO_U -> VectorFloatRules.TO_INT;
            case RELAXED_TRUNC_S, RELAXED_TRUNC_U, RELAXED_TRUNC_ZERO_S, RELAXED_TRUNC_ZERO_U ->
                VectorFloatRules.TO_INT;
            case CONVERT_LOW_S, CONVERT_LOW_U -> VectorFloatRules.FROM_LOW_INTS;
            case DEMOTE_ZERO, PROMOTE_LOW -> VectorFloatRules.CHANGE_PRECISION;

            case ANY_TRUE, ALL_TRUE -> VectorReduceRules.TRUTH;
            case BITMASK -> VectorReduceRules.BITMASK;

            case RELAXED_DOT -> RelaxedRules.DOT;
            case RELAXED_DOT_ADD -> RelaxedRules.DOT_ADD;

            case SWIZZLE, RELAXED_SWIZZLE -> ShuffleRules.SWIZZLE;
        };
    }

    /**
     * For operations that have no line above: in all of their shapes they are one instruction, whose row of {@link Op}
     * names them.
     *
     * @throws IllegalStateException if one is not: it needs a line
     */
    private static Rules<Context> oneInstruction(VectorOp op) {
        for (Lanes lanes : op.shapes()) {
            if (Op.of(op.on(lanes)) == null) {
                throw new IllegalStateException(op.on(lanes) + " has neither rules nor a row");
            }
        }
        return switch (op.opcode()) {
            case VUNARY, VBINARY -> VectorRules.ROW;
            default -> throw new IllegalStateException(op + " needs rules: it has not one or two vectors as operands");
        };
    }
}
