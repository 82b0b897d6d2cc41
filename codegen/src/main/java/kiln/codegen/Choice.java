package kiln.codegen;

import java.util.ArrayList;
import java.util.List;

/**
 * As {@link Rules}, for something that several operations ask for: a comparison for branches, checks and selections.
 * Each rule either makes it, or declines by null, without having emitted anything.
 *
 * @param <C> what the rules of a back end read and write
 * @param <I> what is looked at
 * @param <R> what is made of it
 */
public final class Choice<C extends LoweringContext, I, R> extends RuleList {
    /** A rule: what it makes of {@code input}, or null. */
    @FunctionalInterface
    public interface Pattern<C, I, R> {
        R make(C context, I input);
    }

    private final Pattern<C, I, R>[] patterns;

    private Choice(Names names, List<Pattern<C, I, R>> patterns) {
        super(names);
        @SuppressWarnings({"unchecked", "rawtypes"})
        Pattern<C, I, R>[] array = patterns.toArray(new Pattern[0]);
        this.patterns = array;
    }

    /** Begins a list; {@code operation} is its name in messages. */
    public static <C extends LoweringContext, I, R> Builder<C, I, R> of(String operation) {
        return new Builder<>(operation);
    }

    /** What the first rule that takes {@code input} makes of it. */
    public R make(C context, I input) {
        for (int i = 0; i < patterns.length; i++) {
            R result = patterns[i].make(context, input);
            if (result != null) {
                taken(context, i);
                return result;
            }
        }
        throw declined(input);
    }

    /** Collects rules in their order. */
    public static final class Builder<C extends LoweringContext, I, R> {
        private final Names names;
        private final List<Pattern<C, I, R>> patterns = new ArrayList<>();

        private Builder(String operation) {
            names = new Names(operation);
        }

        /** Appends a rule. */
        public Builder<C, I, R> rule(String name, Pattern<C, I, R> pattern) {
            names.add(name);
            patterns.add(pattern);
            return this;
        }

        /** Appends the rule that takes what is left, and ends the list. */
        public Choice<C, I, R> base(String name, Pattern<C, I, R> pattern) {
            rule(name, pattern);
            return new Choice<>(names, patterns);
        }
    }
}
