package kiln.artifact;

import java.util.Arrays;

/**
 * Where the VMContexts of modules that are linked into one file lie. They are one block of memory, the first module's
 * at its end, so that code reaches the context of a module that it is linked with at a constant distance from its own:
 *
 * <pre>
 *   ... | context of module 2 | context of module 1 | context of module 0 |
 *       low addresses                                        high addresses
 * </pre>
 *
 * A module is linked only with those of lower numbers, so distances are positive, and those from a module depend only
 * on the modules up to it.
 */
public final class LinkedContexts {
    public static final LinkedContexts NONE = new LinkedContexts(new int[0]);

    /** By module: bytes of its context and of those above it. */
    private final int[] sums;

    private LinkedContexts(int[] sums) {
        this.sums = sums;
    }

    /**
     * The same with one more module.
     *
     * @throws ArithmeticException if they exceed 2 GiB together
     */
    public LinkedContexts with(VMContextLayout layout) {
        return with(layout.size());
    }

    /**
     * The same with one more module.
     *
     * @param size of its context, a multiple of 16
     * @throws ArithmeticException if they exceed 2 GiB together
     */
    public LinkedContexts with(int size) {
        int[] more = Arrays.copyOf(sums, sums.length + 1);
        more[sums.length] = Math.addExact(bytes(), size);
        return new LinkedContexts(more);
    }

    /** Size of the block. */
    public int bytes() {
        return sums.length == 0 ? 0 : sums[sums.length - 1];
    }

    /** Offset of a module's context from the start of the block. */
    public int offset(int module) {
        return bytes() - sums[module];
    }

    /**
     * Bytes from the context of module {@code from} up to that of module {@code to}, which is the same or one before
     * it.
     */
    public int distance(int from, int to) {
        if (from == to) {
            return 0;
        } else if (to > from) {
            throw new IllegalArgumentException("module " + from + " is not linked with " + to);
        }
        return sums[from] - sums[to];
    }
}
