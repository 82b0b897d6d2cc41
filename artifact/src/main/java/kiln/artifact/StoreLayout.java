package kiln.artifact;

/**
 * The VMStoreContext: one per store, shared by its instances. Bytes, little-endian.
 *
 * <pre>
 *    0  activation       ptr  innermost {@code Activation} on the native stack, or null: see below
 *    8  upcall           ptr  C function (callee i64, args ptr) -> i32 status: {@link #UPCALL_OK} and so on
 *   16  unwindStub       ptr  jumped to by UNWIND: leaves the innermost activation with status {@link #STATUS_UNWIND}
 *   24  trapPc           u64  code address of the last trap (of the instruction, or a call's return address)
 *   32  trapAddress      u64  data address of the last memory fault
 *   40  trapSignal       u32  0 for an explicit trap, else the signal's number
 *   44  interrupt        u32  nonzero if an interruption was asked for
 *   48  exitFrame        ptr  frame base of the trampoline through which wasm last called out, for stack traces
 *   56  thread           u64  thread pointer of the thread for which the stack limit was computed
 *   64  stackLimit       u64  that limit, as in VMContext
 *   72  memmove          ptr  C library
 *   80  memset           ptr  C library
 *   88  backtraceCount   u64  return addresses that the last trap found (may exceed the capacity: true depth)
 *   96  backtrace        ptr  u64[BACKTRACE_CAPACITY]
 *  104  pthread_self, 112 pthread_getattr_np, 120 pthread_attr_getstack, 128 pthread_attr_destroy   C library
 *  136  heapTop          u64  where the next exception is put, a multiple of 16
 *  144  heapLimit        u64  end of the free bytes there; both are 0 until the first exception is made
 *  152  exception        u64  exception on its way between generated code and Java, or 0: thrown by a host function, or
 *                             not caught ({@link #STATUS_THROWN})
 *  160  throwStub        ptr  jumped to by THROW with an exception: leaves frames up to its handler
 *  168  gcTop            u64  where the next object is put: an offset in the heap of objects ({@link HeapLayout})
 *  176  gcLimit          u64  end of the free bytes there; equal until the first object is made
 *  184  reserved
 *  256  results          results of a call that do not fit into registers, 16 bytes each, up to 1,000
 * </pre>
 *
 * Activation, pushed on the native stack by the entry stub:
 *
 * <pre>
 *    0  previous activation
 *    8  exitFrame of the previous activation at entry
 *   16  stack pointer to restore (entry stub's own frame)
 *   24  frame base of the entry stub: where a walk of this activation's wasm frames ends
 * </pre>
 */
public final class StoreLayout {
    public static final int ACTIVATION = 0;
    public static final int UPCALL = 8;
    public static final int UNWIND_STUB = 16;
    public static final int TRAP_PC = 24;
    public static final int TRAP_ADDRESS = 32;
    public static final int TRAP_SIGNAL = 40;
    public static final int INTERRUPT = 44;
    public static final int EXIT_FRAME = 48;
    public static final int THREAD = 56;
    public static final int STACK_LIMIT = 64;
    public static final int MEMMOVE = 72;
    public static final int MEMSET = 80;
    public static final int BACKTRACE_COUNT = 88;
    public static final int BACKTRACE = 96;
    public static final int PTHREAD_SELF = 104;
    public static final int PTHREAD_GETATTR = 112;
    public static final int PTHREAD_ATTR_GETSTACK = 120;
    public static final int PTHREAD_ATTR_DESTROY = 128;
    public static final int HEAP_TOP = 136;
    public static final int HEAP_LIMIT = 144;
    public static final int EXCEPTION = 152;
    public static final int THROW_STUB = 160;
    public static final int GC_TOP = 168;
    public static final int GC_LIMIT = 176;
    public static final int RESULTS = 256;
    public static final int MAX_RESULTS = 1000;
    public static final int SIZE = RESULTS + MAX_RESULTS * 16;

    public static final int BACKTRACE_CAPACITY = 4096;

    public static final int ACTIVATION_PREVIOUS = 0;
    public static final int ACTIVATION_EXIT_FRAME = 8;
    public static final int ACTIVATION_SP = 16;
    public static final int ACTIVATION_FP = 24;

    /** Status of the entry stub: the function returned. */
    public static final int STATUS_OK = 0;
    /** Status of the entry stub: a trap; trapPc names it. */
    public static final int STATUS_TRAP = 1;
    /** Status of the entry stub: a host function asked to unwind; Java knows why. */
    public static final int STATUS_UNWIND = 2;
    /** Status of the entry stub: nothing ran, the stack limit is for another thread and must be set again. */
    public static final int STATUS_NEW_THREAD = 3;
    /** Status of the entry stub: an exception that nothing caught; {@link #EXCEPTION} has it. */
    public static final int STATUS_THROWN = 4;

    /** Status of an upcall: results are written. */
    public static final int UPCALL_OK = 0;
    /** Status of an upcall, as any other that is not named: unwind, Java knows why. */
    public static final int UPCALL_UNWIND = 1;
    /** Status of an upcall of a host function: throw {@link #EXCEPTION}. */
    public static final int UPCALL_THROWN = 2;

    private StoreLayout() {}
}
