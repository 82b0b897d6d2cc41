package kiln.ir.pass;

import kiln.ir.Function;

/**
 * A pass whose outcome is not to be copied to calls of a function: in the caller, where more may be known, what the
 * function was before is worth more. {@link Pipeline#runForCopies} stops in front of the first one that has work.
 */
interface LastingPass extends Pass {
    /** Whether the pass has anything to do; asked at most where the first such pass stands. */
    boolean hasWork(Function f);
}
