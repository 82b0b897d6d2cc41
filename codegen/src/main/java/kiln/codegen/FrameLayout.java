package kiln.codegen;

/**
 * The frame of one function, the same picture on both instruction sets.
 *
 * <pre>
 *   higher addresses
 *     stack arguments                     [fp + 16 ...]   popped by the callee
 *     return address                      [fp + 8]
 *     caller's frame base                 [fp]           &lt;- fp (rbp, x29)
 *     saved VMContext (if it is needed)   [fp - 8]
 *     spill area, 8-byte words            [fp - contextBytes - 8 * (word + size/8)]
 *     STACK_ADDR bytes                    [sp ...]        references first
 *   lower addresses                       sp, 16-byte aligned
 *     outgoing stack arguments are pushed below sp for the time of a call
 * </pre>
 *
 * @param savesContext whether the VMContext register is kept in the frame, for reloading after calls that change it
 * @param spillWords words of spill area
 * @param stackBytes bytes for STACK_ADDR, a multiple of 16
 * @param references how many references the STACK_ADDR bytes begin with
 */
public record FrameLayout(boolean savesContext, int spillWords, int stackBytes, int references) {
    /** Distance of the stack arguments from fp. */
    public static final int ARGUMENTS = 16;
    /** Distance of the saved VMContext from fp. */
    public static final int SAVED_CONTEXT = -8;

    /** Bytes below fp, a multiple of 16. */
    public int bytes() {
        return (contextBytes() + 8 * spillWords + 15 & -16) + stackBytes;
    }

    /** Distance of a spill slot from fp, negative. {@code words} is 1 or 2. */
    public int slotOffset(int word, int words) {
        return -(contextBytes() + 8 * (word + words));
    }

    /** Number of a word of the spill area among those of the frame, as stack maps have it. */
    int word(int spillWord) {
        return contextBytes() / 8 + spillWord;
    }

    /** Number of the lowest word of those that are {@link #references}, as stack maps have it. */
    int firstReference() {
        return bytes() / 8 - references;
    }

    /** 16 rather than 8, so that slots of 16 bytes stay aligned. */
    private int contextBytes() {
        return savesContext ? 16 : 0;
    }
}
