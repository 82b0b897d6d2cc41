package kiln.codegen;

import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import kiln.ir.Inst;
import kiln.ir.Opcode;

/**
 * The rules of a back end: a list for each operation of the IR. Which operations share a list is decided here, so that the
 * Java compiler sees to it that no instruction set forgets one.
 *
 * @param <C> what the rules of a back end read and write
 */
public interface Operations<C extends LoweringContext> {
    // Constants and addresses.

    /** ICONST. */
    Rules<C> intConstant();

    /** FCONST. */
    Rules<C> floatConstant();

    /** VCONST. */
    Rules<C> vectorConstant();

    /** STACK_ADDR. */
    Rules<C> stackAddress();

    // Integers.

    /** ADD. */
    Rules<C> add();

    /** SUB. */
    Rules<C> sub();

    /** MUL. */
    Rules<C> mul();

    /** UMULH, SMULH. */
    Rules<C> mulHigh();

    /** UDIV, SDIV, UREM, SREM: with their traps. */
    Rules<C> divide();

    /** AND. */
    Rules<C> and();

    /** OR. */
    Rules<C> or();

    /** XOR. */
    Rules<C> xor();

    /** SHL, LSHR, ASHR, ROTL, ROTR. */
    Rules<C> shift();

    /** CLZ, CTZ, POPCNT. */
    Rules<C> count();

    /** SEXT8, SEXT16, SEXT32, SEXT. */
    Rules<C> signExtend();

    /** WRAP: to a register of its own: the upper half becomes zero. */
    Rules<C> wrap();

    // Conditions.

    /** ICMP, FCMP. */
    Rules<C> compare();

    /** SELECT. */
    Rules<C> select();

    // Floats.

    /** FADD, FSUB, FMUL, FDIV. */
    Rules<C> floatBinary();

    /** FMIN, FMAX. */
    Rules<C> minMax();

    /** FCOPYSIGN. */
    Rules<C> copySign();

    /** FABS, FNEG. */
    Rules<C> sign();

    /** FSQRT. */
    Rules<C> squareRoot();

    /** FCEIL, FFLOOR, FTRUNC, FNEAREST. */
    Rules<C> round();

    /** FPROMOTE, FDEMOTE. */
    Rules<C> changePrecision();

    /** FROM_SINT, FROM_UINT. */
    Rules<C> intToFloat();

    /** TO_SINT, TO_UINT, TO_SINT_SAT, TO_UINT_SAT: the first two trap, the others saturate. */
    Rules<C> floatToInt();

    /** BITCAST. */
    Rules<C> bitcast();

    // Vectors.

    /** VBINARY. */
    Rules<C> vectorBinary();

    // Memory and calls.

    /** LOAD. */
    Rules<C> load();

    /** STORE. */
    Rules<C> store();

    /** CALL, CALL_INDIRECT. */
    Rules<C> call();

    /** CALL_NATIVE. */
    Rules<C> callNative();

    // Checks.

    /** TRAP_IF, TRAP_IF_ZERO. */
    Rules<C> trapIf();

    /** INTERRUPT_CHECK. */
    Rules<C> interruptCheck();

    // Ends of blocks, whose targets the context knows ({@link LoweringContext#target}).

    /** BRANCH: with two different targets. */
    Rules<C> branch();

    /** SWITCH: with at least one case. */
    Rules<C> branchTable();

    /** RETURN. */
    Rules<C> ret();

    /** RETURN_CALL, RETURN_CALL_INDIRECT. */
    Rules<C> returnCall();

    /** TRAP. */
    Rules<C> trap();

    /** UNWIND: leaves the activation. */
    Rules<C> unwind();

    /**
     * The rules for an opcode; null for those that emit nothing of their own (they have the register of another value, or are
     * a {@code JUMP}, which the walk lowers).
     */
    default Rules<C> rules(Opcode opcode) {
        return switch (opcode) {
            case ICONST -> intConstant();
            case FCONST -> floatConstant();
            case VCONST -> vectorConstant();
            case STACK_ADDR -> stackAddress();

            case ADD -> add();
            case SUB -> sub();
            case MUL -> mul();
            case UMULH, SMULH -> mulHigh();
            case UDIV, SDIV, UREM, SREM -> divide();
            case AND -> and();
            case OR -> or();
            case XOR -> xor();
            case SHL, LSHR, ASHR, ROTL, ROTR -> shift();
            case CLZ, CTZ, POPCNT -> count();
            case SEXT8, SEXT16, SEXT32, SEXT -> signExtend();
            case WRAP -> wrap();

            case ICMP, FCMP -> compare();
            case SELECT -> select();

            case FADD, FSUB, FMUL, FDIV -> floatBinary();
            case FMIN, FMAX -> minMax();
            case FCOPYSIGN -> copySign();
            case FABS, FNEG -> sign();
            case FSQRT -> squareRoot();
            case FCEIL, FFLOOR, FTRUNC, FNEAREST -> round();
            case FPROMOTE, FDEMOTE -> changePrecision();
            case FROM_SINT, FROM_UINT -> intToFloat();
            case TO_SINT, TO_UINT, TO_SINT_SAT, TO_UINT_SAT -> floatToInt();
            case BITCAST -> bitcast();

            case VBINARY -> vectorBinary();

            case LOAD -> load();
            case STORE -> store();
            case CALL, CALL_INDIRECT -> call();
            case CALL_NATIVE -> callNative();

            case TRAP_IF, TRAP_IF_ZERO -> trapIf();
            case INTERRUPT_CHECK -> interruptCheck();

            case BRANCH -> branch();
            case SWITCH -> branchTable();
            case RETURN -> ret();
            case RETURN_CALL, RETURN_CALL_INDIRECT -> returnCall();
            case TRAP -> trap();
            case UNWIND -> unwind();

            case VMCTX, FRAME_POINTER, ZEXT, JUMP -> null;
        };
    }

    /** The rules by opcode, for use in every compilation: to be made once per back end. */
    default Table<C> table() {
        Map<Opcode, Rules<C>> map = new EnumMap<>(Opcode.class);
        for (Opcode op : Opcode.values()) {
            Rules<C> rules = rules(op);
            if (rules != null) {
                map.put(op, rules);
            }
        }
        return new Table<>(map);
    }

    /** The rules by opcode. */
    final class Table<C extends LoweringContext> {
        private final Map<Opcode, Rules<C>> rules;

        private Table(Map<Opcode, Rules<C>> rules) {
            this.rules = rules;
        }

        /** Lowers {@code inst}. */
        public void lower(C context, Inst inst) {
            Rules<C> r = rules.get(inst.opcode());
            if (r == null) {
                throw new IllegalArgumentException("has no rule: " + inst);
            }
            r.lower(context, inst);
        }

        /** Every list of rules once, in the order of the opcodes. */
        public List<Rules<C>> all() {
            return List.copyOf(new LinkedHashSet<>(rules.values()));
        }
    }
}
