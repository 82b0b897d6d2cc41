package kiln.loader;

import java.lang.invoke.MethodHandle;
import kiln.artifact.StoreLayout;

/** The one way from Java into generated code. */
public final class Entry {
    private static final MethodHandle ENTER = Downcalls.handle(Stubs.get().enter());
    private static final MethodHandle FLUSH = Downcalls.handle(Stubs.get().flush());

    private static final int MAX_NEW_THREADS = 1000;

    private Entry() {}

    /**
     * Calls {@code trampoline(code, args)} in the given VMContext.
     *
     * @param store the store that the context belongs to, not used by another thread at the same time
     * @param vmctx address of the VMContext
     * @param trampoline code address with the wasm convention: ARRAY_TO_WASM, or code that ignores its arguments
     * @param code first argument: the function to call
     * @param args second argument: the address of the argument area
     * @return {@link StoreLayout#STATUS_OK}, {@link StoreLayout#STATUS_TRAP} or {@link StoreLayout#STATUS_UNWIND}
     */
    public static int call(StoreMemory store, long vmctx, long trampoline, long code, long args) {
        store.checkThread();
        int status = enter(vmctx, trampoline, code, args);
        for (int i = 0; status == StoreLayout.STATUS_NEW_THREAD; i++) {
            // More than once only if a virtual thread changes its carrier between the two calls.
            if (i == MAX_NEW_THREADS) {
                throw new IllegalStateException("a store is used by two threads at the same time");
            }
            store.publishStackLimit();
            status = enter(vmctx, trampoline, code, args);
        }
        return status;
    }

    private static int enter(long vmctx, long trampoline, long code, long args) {
        try {
            return (int) (long) ENTER.invokeExact(vmctx, trampoline, code, args, 0L, 0L);
        } catch (Throwable t) {
            // A downcall throws nothing itself, but a StackOverflowError or an asynchronous VirtualMachineError may
            // arise here.
            throw Upcalls.sneak(t);
        }
    }

    /** Makes instructions written to [address, address + length) visible to instruction fetch. */
    static void flush(long address, long length) {
        try {
            long _ = (long) FLUSH.invokeExact(address, length, 0L, 0L, 0L, 0L);
        } catch (Throwable t) {
            throw Upcalls.sneak(t);
        }
    }
}
