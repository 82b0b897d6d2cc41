package kiln.ir.pass;

import kiln.ir.Function;

/**
 * A transformation of one function that keeps what the function does. A pass expects and leaves functions that the
 * verifier accepts; those after {@link RemoveUnreachable} also expect and leave no unreachable blocks.
 */
public interface Pass {
    /** The name by which the pass is switched off. */
    String name();

    void run(Function f);
}
