package kiln.runtime;

import java.util.ArrayDeque;

/**
 * What stores and modules share: the numbering of types, pooled memory and the thread that watches deadlines. Safe for use by
 * several threads. One engine a process is usual; it lives as long as anything made with it.
 */
public final class Engine implements AutoCloseable {
    private static final int IDLE_BLOCKS = 64;

    private final TypeRegistry types = new TypeRegistry();
    private final ArrayDeque<StoreBlock> idle = new ArrayDeque<>();
    private final boolean interruptChecks;
    private boolean closed;

    public Engine() {
        this(false);
    }

    /**
     * @param interruptChecks whether WebAssembly that is compiled on loading checks for interruption in loops; compiled files
     *     do as they were compiled
     */
    public Engine(boolean interruptChecks) {
        this.interruptChecks = interruptChecks;
    }

    boolean interruptChecks() {
        return interruptChecks;
    }

    TypeRegistry types() {
        return types;
    }

    StoreBlock takeBlock() {
        synchronized (idle) {
            requireOpen();
            StoreBlock b = idle.pollLast();
            if (b != null) {
                return b;
            }
        }
        return new StoreBlock();
    }

    void giveBlock(StoreBlock b) {
        b.reset();
        synchronized (idle) {
            if (!closed && idle.size() < IDLE_BLOCKS) {
                idle.addLast(b);
                return;
            }
        }
        b.free();
    }

    void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the engine is closed");
        }
    }

    /** Frees what is pooled. No store can be made any more; those that exist go on working. Idempotent. */
    @Override
    public void close() {
        synchronized (idle) {
            closed = true;
            while (!idle.isEmpty()) {
                idle.poll().free();
            }
        }
    }
}
