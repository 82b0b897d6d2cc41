package kiln.bench.index;

/** A way to lay a function index out in bytes that are searched where they lie. */
interface Layout {
    /** Text offset of the function with this key, or -1. */
    long find(long key);

    /** Key of the function that the text offset lies in, or -1 (padding). */
    long keyAt(long offset);

    /** Bytes of the whole index. */
    long bytes();
}
