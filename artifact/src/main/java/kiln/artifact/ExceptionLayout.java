package kiln.artifact;

/**
 * An exception: what an exnref is the address of (0 is null). Exceptions lie in their store's heap, 16-byte aligned,
 * and never move. Bytes, little-endian.
 *
 * <pre>
 *    0  tag      ptr  the tag's record ({@link VMContextLayout#TAG_BYTES})
 *    8  size     u32  bytes of the whole, a multiple of 16
 *   12  flags    u32  the runtime's; 0 when the exception is made
 *   16  payload       the tag's parameters, in order: eight bytes each, a v128 sixteen (with no more alignment)
 * </pre>
 *
 * Code that makes one writes all of the header before anything else can be allocated, so that the heap can be walked.
 */
public final class ExceptionLayout {
    public static final int TAG = 0;
    public static final int SIZE = 8;
    public static final int FLAGS = 12;
    public static final int PAYLOAD = 16;
    /** Alignment of exceptions and of their sizes. */
    public static final int ALIGNMENT = 16;

    private ExceptionLayout() {}

    /** Size of an exception with this many bytes of payload. */
    public static int size(int payload) {
        return Math.addExact(PAYLOAD + ALIGNMENT - 1, payload) & -ALIGNMENT;
    }
}
