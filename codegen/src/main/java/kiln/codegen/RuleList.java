package kiln.codegen;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLongArray;

/** The names of rules that are tried in order, and how often each was taken. */
public abstract sealed class RuleList permits Rules, Choice {
    private final String operation;
    private final List<String> names;
    /** How often each rule was taken in compilations that are checked. */
    private final AtomicLongArray hits;

    RuleList(Names names) {
        this.operation = names.operation;
        this.names = List.copyOf(names.names);
        this.hits = new AtomicLongArray(this.names.size());
    }

    final void taken(LoweringContext context, int rule) {
        if (context.options.check()) {
            hits.incrementAndGet(rule);
        }
    }

    final IllegalStateException declined(Object what) {
        return new IllegalStateException("the base case of " + operation + " declined " + what);
    }

    public final String operation() {
        return operation;
    }

    /** The rules' names, in order. */
    public final List<String> names() {
        return names;
    }

    /** How often rule {@code i} was taken in compilations with {@link CodegenOptions#check()}. */
    public final long hits(int i) {
        return hits.get(i);
    }

    /** Collects names, which must differ. */
    static final class Names {
        private final String operation;
        private final List<String> names = new ArrayList<>();
        private final Set<String> seen = new HashSet<>();

        Names(String operation) {
            this.operation = operation;
        }

        void add(String name) {
            if (!seen.add(name)) {
                throw new IllegalArgumentException("two rules \"" + name + "\" for " + operation);
            }
            names.add(name);
        }
    }
}
