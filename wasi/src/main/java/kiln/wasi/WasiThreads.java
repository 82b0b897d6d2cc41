package kiln.wasi;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import kiln.artifact.api.TrapCode;
import kiln.runtime.Caller;
import kiln.runtime.CompiledModule;
import kiln.runtime.FuncType;
import kiln.runtime.HostFunction;
import kiln.runtime.Instance;
import kiln.runtime.Linker;
import kiln.runtime.MemoryType;
import kiln.runtime.SharedMemory;
import kiln.runtime.Store;
import kiln.runtime.StoreLimits;
import kiln.runtime.TrapException;
import kiln.runtime.ValType;

/**
 * A guest program with threads, as the proposal wasi-threads has them. Each thread is a platform thread with a store
 * and an instance of its own; they share the memories that the module imports as shared ones, and the files of one
 * {@link Wasi}. A trap or exit in one of them, and the end of the program, stops all: that takes code that was compiled
 * with checks for interruption, as modules that import the function always are.
 *
 * <pre>{@code
 * try (WasiThreads threads = new WasiThreads(wasi, linker, module)) {
 *     int status = threads.run();
 * }
 * }</pre>
 */
public final class WasiThreads implements AutoCloseable {
    /** The module under whose name programs import {@link #FUNCTION}. */
    public static final String MODULE = "wasi";

    /** (argument) to the thread's number, or a negative one. */
    public static final String FUNCTION = "thread-spawn";

    /** What a thread calls: (number, argument). */
    private static final String START = "wasi_thread_start";

    /** Highest number of a thread; the others are for the guest's own use. */
    private static final int LAST_NUMBER = 0x1fffffff;

    private static final int MOST_AT_ONCE = 4096;
    /** The negated number of EAGAIN. */
    private static final int TRY_AGAIN = -6;

    private static final long STACK_BYTES = 8 << 20;

    private final Wasi wasi;
    private final Linker linker;
    private final CompiledModule module;
    private final StoreLimits limits;
    private final List<SharedMemory> memories = new ArrayList<>();

    // Guarded by this object's lock.
    private final Set<Thread> threads = new HashSet<>();
    private final Set<Store> stores = new HashSet<>();
    private int lastNumber;
    private boolean over;
    /** What ended the program: an exception of one of its threads; null if its main function returned. */
    private Throwable end;

    /** As the other constructor, with the machine's limits for each store. */
    public WasiThreads(Wasi wasi, Linker linker, CompiledModule module) {
        this(wasi, linker, module, StoreLimits.DEFAULT);
    }

    /**
     * Makes the shared memories that the module imports and nobody has defined, and defines them and the function in
     * {@code linker}, which must not change any more.
     *
     * @param wasi whose functions are defined in the linker
     * @param limits for the store of each thread
     * @throws OutOfMemoryError if there is no address space left
     */
    public WasiThreads(Wasi wasi, Linker linker, CompiledModule module, StoreLimits limits) {
        this.wasi = Objects.requireNonNull(wasi, "wasi");
        this.linker = linker;
        this.module = module;
        this.limits = limits;
        linker.func(MODULE, FUNCTION, FuncType.of(ValType.I32, ValType.I32), new Spawn());
        try (Store probe = new Store(linker.engine())) {
            for (CompiledModule.ImportType i : module.imports()) {
                if (i.type() instanceof MemoryType t && t.shared() && linker.get(probe, i.module(), i.name()) == null) {
                    SharedMemory memory = SharedMemory.of(t);
                    memories.add(memory);
                    linker.memory(i.module(), i.name(), memory);
                }
            }
        }
    }

    /** Whether a module wants to start threads, or to be given a shared memory. */
    public static boolean isNeededBy(CompiledModule module) {
        for (CompiledModule.ImportType i : module.imports()) {
            if (i.module().equals(MODULE) && i.name().equals(FUNCTION)
                    || i.type() instanceof MemoryType t && t.shared()) {
                return true;
            }
        }
        return false;
    }

    /** How the guest starts a thread. */
    private final class Spawn implements HostFunction {
        @Override
        public void call(Caller caller, long[] args, long[] results) {
            results[0] = spawn((int) args[0]);
        }
    }

    private synchronized int spawn(int argument) {
        if (over || threads.size() >= MOST_AT_ONCE || lastNumber == LAST_NUMBER) {
            return TRY_AGAIN;
        }
        int number = lastNumber + 1;
        Thread thread = Thread.ofPlatform()
                .name("kiln-guest-" + number)
                .stackSize(STACK_BYTES)
                .unstarted(new Body(number, argument));
        threads.add(thread);
        try {
            thread.start();
        } catch (OutOfMemoryError _) {
            threads.remove(thread);
            return TRY_AGAIN;
        }
        lastNumber = number;
        return number;
    }

    private final class Body implements Runnable {
        private final int number;
        private final int argument;

        Body(int number, int argument) {
            this.number = number;
            this.argument = argument;
        }

        @Override
        public void run() {
            try (Store store = new Store(linker.engine(), limits)) {
                if (!enter(store)) {
                    return;
                }
                try {
                    linker.instantiate(store, module).func(START).call(number, argument);
                } finally {
                    leave(store);
                }
            } catch (Throwable t) {
                finish(t);
            } finally {
                gone();
            }
        }
    }

    /** Another store runs, unless the program is over. */
    private synchronized boolean enter(Store store) {
        return !over && stores.add(store);
    }

    private synchronized void leave(Store store) {
        stores.remove(store);
    }

    private synchronized void gone() {
        threads.remove(Thread.currentThread());
        notifyAll();
    }

    /** The program is over, with an exception or because its main function has returned; only the first call counts. */
    private synchronized void finish(Throwable t) {
        if (!over) {
            over = true;
            end = t;
            for (Store s : stores) {
                s.interrupt();
            }
        }
    }

    private synchronized void awaitAll() {
        boolean interrupted = false;
        while (!threads.isEmpty()) {
            try {
                wait();
            } catch (InterruptedException _) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Runs the program in a store of its own: calls its function "_start" on this thread.
     *
     * @return the exit code of the thread that exited; 0 if the function returned
     * @throws java.util.NoSuchElementException if it is not a program
     * @throws kiln.runtime.LinkException if imports are missing
     * @throws TrapException if one of its threads traps
     * @throws IOException if what it wrote cannot be written
     */
    public int run() throws IOException {
        try (Store store = new Store(linker.engine(), limits)) {
            return run(linker.instantiate(store, module));
        }
    }

    /** As {@link #run()}, with an instance in a store that the caller has made. */
    public int run(Instance main) throws IOException {
        Store store = main.store();
        try {
            enter(store);
            main.func("_start").call();
            finish(null);
        } catch (Throwable t) {
            finish(t);
        } finally {
            leave(store);
            awaitAll();
            // If the program ended while this thread was on its way out anyway.
            store.clearInterrupt();
            wasi.flush();
        }
        return status();
    }

    private synchronized int status() {
        if (end == null) {
            return 0;
        } else if (end instanceof ExitException e) {
            return e.code();
        } else if (end instanceof RuntimeException e) {
            throw e;
        } else if (end instanceof Error e) {
            throw e;
        }
        throw new TrapException(TrapCode.UNREACHABLE, "a thread of the guest failed: " + end);
    }

    /** Frees the memories, which nothing uses any more after {@link #run()}. */
    @Override
    public void close() {
        finish(null);
        awaitAll();
        memories.forEach(SharedMemory::close);
    }
}
