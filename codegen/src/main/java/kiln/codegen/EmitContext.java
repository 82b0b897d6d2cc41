package kiln.codegen;

/**
 * What an instruction needs while it is emitted.
 *
 * @param buffer where the bytes go
 * @param frame the function's frame
 * @param next the block that follows in the layout, so that a branch to it can be left out (see {@link #isNext}), or
 *     null
 */
public record EmitContext(CodeBuffer buffer, FrameLayout frame, MachBlock next) {
    /** Whether control that runs on past the end of the current block arrives at {@code target}. */
    public boolean isNext(MachBlock target) {
        return next != null && target.resolve() == next;
    }
}
