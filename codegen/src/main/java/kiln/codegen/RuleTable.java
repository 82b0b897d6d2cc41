package kiln.codegen;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import kiln.ir.Inst;
import kiln.ir.Opcode;

/**
 * The rules of a back end by opcode; made once and shared by threads.
 *
 * @param <C> what the rules read and write
 */
public final class RuleTable<C extends LoweringContext> {
    /** By the opcode's ordinal; null for those that have none. */
    private final List<Rules<C>> rules = new ArrayList<>();

    /**
     * @param rules the rules for an opcode; null for those that emit nothing of their own. A back end gives a switch
     *     without default, so that the Java compiler sees to it that no instruction set forgets an operation.
     */
    public RuleTable(Function<Opcode, Rules<C>> rules) {
        for (Opcode op : Opcode.values()) {
            this.rules.add(rules.apply(op));
        }
    }

    /** Lowers {@code inst}. */
    public void lower(C context, Inst inst) {
        Rules<C> list = rules.get(inst.opcode().ordinal());
        if (list == null) {
            throw new IllegalArgumentException("has no rule: " + inst);
        }
        list.lower(context, inst);
    }

    /** Every list of rules once, in the order of the opcodes. */
    public List<Rules<C>> all() {
        return rules.stream().filter(Objects::nonNull).distinct().toList();
    }
}
