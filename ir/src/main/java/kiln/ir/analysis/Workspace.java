package kiln.ir.analysis;

import java.util.Arrays;

/**
 * Arrays for the time of one computation, which each thread uses again for the next: a function's graph is made about
 * five times, and most of what that takes is of no use afterwards. Only small arrays are kept.
 */
final class Workspace {
    private static final int LENGTH = 2048;
    private static final int ARRAYS = 4;

    private static final ThreadLocal<int[][]> OF_THREAD = ThreadLocal.withInitial(() -> new int[ARRAYS][LENGTH]);

    private Workspace() {}

    /**
     * An array of at least {@code length} elements with whatever was in them.
     *
     * @param which from 0 to 3: arrays of one number are the same one
     */
    static int[] array(int which, int length) {
        return length <= LENGTH ? OF_THREAD.get()[which] : new int[length];
    }

    /** As {@link #array}, with 0 in the first {@code length} elements. */
    static int[] zeros(int which, int length) {
        if (length > LENGTH) {
            return new int[length];
        }
        int[] result = OF_THREAD.get()[which];
        Arrays.fill(result, 0, length, 0);
        return result;
    }
}
