package kiln.ir;

/** What the bytes of a STACK_ADDR are for. */
public enum StackArea implements SideData {
    /** Anything but references. */
    BYTES,
    /**
     * References or null, one in each eight bytes, which collections find and change. They are such from the first call
     * on: the entry block stores something in each. One of each function is of this kind at most.
     */
    REFERENCES
}
