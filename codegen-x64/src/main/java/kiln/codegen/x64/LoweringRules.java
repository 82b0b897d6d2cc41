package kiln.codegen.x64;

import kiln.codegen.RuleTable;
import kiln.codegen.Rules;
import kiln.ir.Opcode;

/** Where the rules for each operation stand. */
final class LoweringRules {
    static final RuleTable<Context> TABLE = new RuleTable<>(LoweringRules::of);

    private LoweringRules() {}

    private static Rules<Context> of(Opcode opcode) {
        return switch (opcode) {
            case ICONST -> IntegerRules.CONSTANT;
            case FCONST -> FloatRules.CONSTANT;
            case VCONST -> FloatRules.VECTOR_CONSTANT;
            case STACK_ADDR -> MemoryRules.STACK_ADDRESS;

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

            case VBINARY -> VectorRules.BINARY;

            case LOAD -> MemoryRules.LOAD;
            case STORE -> MemoryRules.STORE;
            case CALL, CALL_INDIRECT -> CallRules.CALL;
            case CALL_NATIVE -> CallRules.CALL_NATIVE;
            case TRAP_IF, TRAP_IF_ZERO -> ControlRules.TRAP_IF;
            case INTERRUPT_CHECK -> ControlRules.INTERRUPT_CHECK;

            case BRANCH -> ControlRules.BRANCH;
            case SWITCH -> ControlRules.BRANCH_TABLE;
            case RETURN -> CallRules.RETURN;
            case RETURN_CALL, RETURN_CALL_INDIRECT -> CallRules.RETURN_CALL;
            case TRAP -> ControlRules.TRAP;
            case UNWIND -> ControlRules.UNWIND;

            // These have the register of another value; jumps are the walk's.
            case VMCTX, FRAME_POINTER, ZEXT, JUMP -> null;
        };
    }
}
