package kiln.ir;

/**
 * How often a block runs or an edge is taken, for each time that its function is entered: a number from 0 up to {@link
 * #MOST}. Blocks and edges of the IR and blocks of machine instructions carry one; whatever prefers some code to other
 * code goes by it. {@link kiln.ir.pass.EstimateFrequencies} says where the numbers come from.
 */
public final class Frequency {
    /** What runs as often as its function. */
    public static final float ONCE = 1;
    /**
     * What is as good as never run: ways to traps, and what is done once for many runs. So small that it stays below
     * everything else in loops, and in copies of a function within loops.
     */
    public static final float RARE = 0x1p-60f;

    /** The least share of a switch's frequency that a target, or a switch behind it, gets: more than what is cold. */
    public static final float LEAST_SHARE = 0x1p-20f;

    /** Of a loop, rounds for each time that it is entered, if nothing is known; a power of two. */
    private static final int LOG_PER_LOOP = 3;
    /** Loops within more loops than these are taken to run no more often. */
    private static final int MAX_LOOPS = 8;

    private static final float MOST = 1 << LOG_PER_LOOP * MAX_LOOPS;
    private static final float COLD = 0x1p-21f;

    private Frequency() {}

    /** Whether code is cold: as rarely run as not to be in the way of other code. */
    public static boolean isCold(float frequency) {
        return frequency < COLD;
    }

    /** The frequency of what runs {@code once} for each round of the innermost of {@code loops} loops. */
    public static float inLoops(int loops, float once) {
        return Math.scalb(once, LOG_PER_LOOP * Math.min(loops, MAX_LOOPS));
    }

    /** About how many loops are around code of this frequency. */
    public static int loops(float frequency) {
        return Math.max(0, Math.getExponent(frequency) / LOG_PER_LOOP);
    }

    /** The frequency of a part, given as of the whole, where the whole has the frequency {@code whole}. */
    public static float within(float whole, float part) {
        return isCold(whole) || isCold(part) ? RARE : Math.clamp(whole * part, LEAST_SHARE, MOST);
    }
}
