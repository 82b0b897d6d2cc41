package kiln.codegen;

import java.util.Set;

/**
 * What an instruction needs while it is emitted.
 *
 * @param buffer where the bytes go
 * @param frame the function's frame
 * @param next the block that follows in the layout, so that a branch to it can be left out (see {@link #isNext}), or
 *     null
 * @param features names of the CPU features that may be used beyond the baseline
 */
public record EmitContext(CodeBuffer buffer, FrameLayout frame, MachBlock next, Set<String> features) {
    /** Whether control that runs on past the end of the current block arrives at {@code target}. */
    public boolean isNext(MachBlock target) {
        return next != null && target.resolve() == next;
    }
}
