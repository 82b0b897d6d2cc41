package kiln.codegen.aarch64;

import java.util.ArrayList;
import java.util.List;

/**
 * A comparison that has not been emitted yet: instructions that set the flags, and the condition under which it
 * succeeds. Producers and the one consumer of the flags are emitted by one call, so that nothing can come between them.
 *
 * @param producers in their order; each but the first is a conditional comparison
 */
record Flags(List<Insn> producers, Cond cond) {
    static Flags of(Insn producer, Cond cond) {
        return new Flags(List.of(producer), cond);
    }

    /** The same with a conditional comparison behind it, which decides by {@code cond}. */
    Flags then(Insn conditional, Cond cond) {
        List<Insn> all = new ArrayList<>(producers);
        all.add(conditional);
        return new Flags(List.copyOf(all), cond);
    }

    Flags negate() {
        return new Flags(producers, cond.negate());
    }

    /** Emits the producers and right behind them {@code consumer}, which reads the flags. */
    void emit(Context c, Sequence consumer) {
        for (Insn producer : producers) {
            c.emit(producer);
        }
        c.emit(consumer);
    }
}
