package kiln.codegen;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Stream;
import kiln.ir.Inst;
import kiln.ir.LaneOp;
import kiln.ir.Opcode;
import kiln.ir.VectorOp;

/**
 * The rules of a back end by opcode; made once and shared by threads.
 *
 * @param <C> what the rules read and write
 */
public final class RuleTable<C extends LoweringContext> {
    /** By the opcode's ordinal; null for those that have none. */
    private final List<Rules<C>> rules = new ArrayList<>();
    /** By the ordinal of the operation on vectors. */
    private final List<Rules<C>> vectorRules = new ArrayList<>();

    private final List<Choice<C, ?, ?>> choices;

    /**
     * A back end forgets no operation: its switch over opcodes has no default, so that the Java compiler sees to it,
     * and the one over operations on vectors has one that throws unless the operation is a single instruction, at once
     * and not only when the operation is met.
     *
     * @param rules the rules for an opcode; null for those that emit nothing of their own, and for the forms of
     *     operations on vectors
     * @param vectorRules the rules for an operation on vectors
     * @param choices what these rules ask
     */
    public RuleTable(
            Function<Opcode, Rules<C>> rules, Function<VectorOp, Rules<C>> vectorRules, List<Choice<C, ?, ?>> choices) {
        this.choices = choices;
        for (Opcode op : Opcode.values()) {
            this.rules.add(rules.apply(op));
        }
        for (VectorOp op : VectorOp.values()) {
            this.vectorRules.add(vectorRules.apply(op));
        }
    }

    /** Lowers {@code inst}. */
    public void lower(C context, Inst inst) {
        Rules<C> list = inst.data() instanceof LaneOp op
                ? vectorRules.get(op.op().ordinal())
                : rules.get(inst.opcode().ordinal());
        if (list == null) {
            throw new IllegalArgumentException("has no rule: " + inst);
        }
        list.lower(context, inst);
    }

    /** Every list of rules once, in the order of the opcodes and of the operations on vectors, and what they ask. */
    public List<RuleList> all() {
        return Stream.<RuleList>concat(Stream.concat(rules.stream(), vectorRules.stream()), choices.stream())
                .filter(Objects::nonNull)
                .distinct()
                .toList();
    }
}
