package kiln.codegen.x64;

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
            case ANDNOT -> VectorRules.AND_NOT;
            case NOT -> VectorRules.NOT;
            case BITSELECT -> VectorRules.SELECT;
            case NEG -> VectorRules.NEGATE;
            case ABS -> VectorRules.ABSOLUTE;
            case POPCNT -> VectorRules.COUNT_ONES;
            case MUL -> VectorRules.MULTIPLY;
            case Q15MULR_SAT_S -> VectorRules.Q15_MULTIPLY;
            case GT_S, GT_U, GE_S, GE_U -> VectorRules.COMPARE;
            case EXTEND_LOW_S, EXTEND_LOW_U, EXTEND_HIGH_S, EXTEND_HIGH_U -> VectorRules.EXTEND;
            case EXTADD_PAIRWISE_S, EXTADD_PAIRWISE_U -> VectorRules.SUMS_OF_NEIGHBOURS;
            case EXTMUL_LOW_S, EXTMUL_LOW_U, EXTMUL_HIGH_S, EXTMUL_HIGH_U -> VectorRules.FULL_PRODUCTS;
            case SHL, SHR_S, SHR_U -> VectorShiftRules.SHIFT;

            case CEIL, FLOOR, TRUNC, NEAREST -> VectorFloatRules.ROUND;
            case MIN, MAX -> VectorFloatRules.MIN_MAX;
            case PMIN, PMAX -> VectorFloatRules.PSEUDO_MIN_MAX;
            case EQ -> VectorFloatRules.EQUAL;
            case NE, GT, GE -> VectorFloatRules.COMPARE;
            case CONVERT_U -> VectorFloatRules.CONVERT_U;
            case CONVERT_LOW_U -> VectorFloatRules.CONVERT_LOW;
            case TRUNC_SAT_S, TRUNC_SAT_U, TRUNC_SAT_ZERO_S, TRUNC_SAT_ZERO_U -> VectorFloatRules.TRUNCATE;

            case ANY_TRUE, ALL_TRUE -> VectorReduceRules.TEST;
            case BITMASK -> VectorReduceRules.BITMASK;

            case RELAXED_SWIZZLE, RELAXED_MIN, RELAXED_MAX, RELAXED_Q15MULR_S -> RelaxedRules.BINARY;
            case RELAXED_DOT, RELAXED_DOT_ADD -> RelaxedRules.DOT;
            case RELAXED_TRUNC_S, RELAXED_TRUNC_U, RELAXED_TRUNC_ZERO_S, RELAXED_TRUNC_ZERO_U -> RelaxedRules.TRUNCATE;
            case RELAXED_MADD, RELAXED_NMADD -> RelaxedRules.MULTIPLY_ADD;
            case RELAXED_LANESELECT -> RelaxedRules.LANE_SELECT;

            case SWIZZLE -> ShuffleRules.SWIZZLE;
        };
    }

    /**
     * For operations that have no line above: in all of their shapes they are one instruction of the baseline, whose
     * row of {@link Op} names them.
     *
     * @throws IllegalStateException if one is not: it needs a line
     */
    private static Rules<Context> oneInstruction(VectorOp op) {
        for (Lanes lanes : op.shapes()) {
            Op row = Op.of(op.on(lanes));
            if (row == null || row.feature() != Op.Feature.BASE) {
                throw new IllegalStateException(op.on(lanes) + " has neither rules nor a row of the baseline");
            }
        }
        return switch (op.opcode()) {
            case VUNARY -> VectorFloatRules.UNARY;
            case VBINARY -> VectorRules.BINARY;
            default -> throw new IllegalStateException(op + " needs rules: it has not one or two vectors as operands");
        };
    }
}
