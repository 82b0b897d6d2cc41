package kiln.codegen;

import java.util.ArrayList;
import java.util.List;
import kiln.ir.Inst;
import kiln.ir.Value;

/**
 * How one operation is lowered: an ordered list of named rules. Each looks at the instruction and either emits code for
 * it or declines, without having emitted anything; the first one that takes it wins. The last rule, the base case,
 * takes all.
 *
 * <p>Made once per back end and shared by threads:
 *
 * <pre>{@code
 * static final Rules<Context> ADD = Rules.<Context>of("add")
 *         .commuted("x + constant", IntegerRules::addConstant)
 *         .rule("x + y as an address", IntegerRules::addAsAddress)
 *         .base("x + y", IntegerRules::addRegisters);
 * }</pre>
 *
 * @param <C> what the rules of a back end read and write
 */
public final class Rules<C extends LoweringContext> extends RuleList {
    /** A rule: emits code for {@code inst} and gives true, or emits nothing and gives false. */
    @FunctionalInterface
    public interface Pattern<C> {
        boolean lower(C context, Inst inst);
    }

    /**
     * A rule for an operation whose two operands may change places: {@code x} and {@code y} are they, in either order.
     */
    @FunctionalInterface
    public interface Commuted<C> {
        boolean lower(C context, Inst inst, Value x, Value y);
    }

    /** A rule that takes every instruction of its operation. */
    @FunctionalInterface
    public interface Base<C> {
        void lower(C context, Inst inst);
    }

    private final Pattern<C>[] patterns;

    private Rules(Names names, List<Pattern<C>> patterns) {
        super(names);
        @SuppressWarnings({"unchecked", "rawtypes"})
        Pattern<C>[] array = patterns.toArray(new Pattern[0]);
        this.patterns = array;
    }

    /** Begins the list for an operation; {@code operation} is its name in messages. */
    public static <C extends LoweringContext> Builder<C> of(String operation) {
        return new Builder<>(operation);
    }

    /** Lowers {@code inst} by the first rule that takes it. */
    public void lower(C context, Inst inst) {
        for (int i = 0; i < patterns.length; i++) {
            if (patterns[i].lower(context, inst)) {
                taken(context, i);
                return;
            }
        }
        throw declined(inst);
    }

    /** Collects the rules of an operation in their order. */
    public static final class Builder<C extends LoweringContext> {
        private final Names names;
        private final List<Pattern<C>> patterns = new ArrayList<>();

        private Builder(String operation) {
            names = new Names(operation);
        }

        /** Appends a rule. */
        public Builder<C> rule(String name, Pattern<C> pattern) {
            names.add(name);
            patterns.add(pattern);
            return this;
        }

        /** Appends a rule that is tried with the operands in their order, then the other way round. */
        public Builder<C> commuted(String name, Commuted<C> pattern) {
            return rule(name, (c, inst) -> {
                Value x = inst.arg(0);
                Value y = inst.arg(1);
                return pattern.lower(c, inst, x, y) || pattern.lower(c, inst, y, x);
            });
        }

        /** Appends the rule that takes what is left, and ends the list. */
        public Rules<C> base(String name, Base<C> base) {
            rule(name, (c, inst) -> {
                base.lower(c, inst);
                return true;
            });
            return new Rules<>(names, patterns);
        }
    }
}
