package kiln.ir.pass;

import java.util.Set;
import kiln.ir.Function;

/**
 * A transformation of one function that keeps what the function does. A pass expects and leaves functions that the
 * verifier accepts. What else it expects and leaves it states here; {@link Pipeline} checks that passes fit together.
 */
public interface Pass {
    /** The name by which the pass is switched off. */
    String name();

    void run(Function f);

    /** What must be true before the pass. */
    default Set<Property> requires() {
        return Set.of(Property.REACHABLE);
    }

    /** What is true after the pass if it was before; most passes change instructions and edges at will. */
    default Set<Property> keeps() {
        return Set.of(Property.REACHABLE);
    }

    /** What is true after the pass in any case. */
    default Set<Property> establishes() {
        return Set.of();
    }
}
