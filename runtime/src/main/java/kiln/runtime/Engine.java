package kiln.runtime;

import java.security.PublicKey;
import java.util.ArrayDeque;
import java.util.List;

/**
 * What stores and modules share: the numbering of types, pooled memory and the thread that watches deadlines. Safe for
 * use by several threads. One engine a process is usual; it lives as long as anything made with it.
 */
public final class Engine implements AutoCloseable {
    private static final int IDLE_BLOCKS = 64;

    private final TypeRegistry types = new TypeRegistry();
    private final ArrayDeque<StoreBlock> idle = new ArrayDeque<>();
    private final boolean interruptChecks;
    private final List<PublicKey> signers;
    private volatile boolean closed;

    /** An engine whose WebAssembly, if it compiles any, has no interrupt checks in loops. */
    public Engine() {
        this(false);
    }

    /**
     * @param interruptChecks whether WebAssembly that is compiled on loading checks for interruption in loops; compiled
     *     files do as they were compiled
     */
    public Engine(boolean interruptChecks) {
        this(interruptChecks, List.of());
    }

    private Engine(boolean interruptChecks, List<PublicKey> signers) {
        this.interruptChecks = interruptChecks;
        this.signers = signers;
    }

    /**
     * An engine that loads nothing but compiled files that one of these keys has signed ({@code kiln sign}). What is
     * checked is a copy in memory, which is then what runs: changing the file while it is being loaded, or later,
     * achieves nothing.
     *
     * @param signers Ed25519 keys, as {@link kiln.artifact.SigningKeys#readPublic} reads them
     * @throws IllegalArgumentException if there are none
     */
    public static Engine requiringSignature(List<PublicKey> signers) {
        if (signers.isEmpty()) {
            throw new IllegalArgumentException("no key: no file would do");
        }
        return new Engine(false, List.copyOf(signers));
    }

    List<PublicKey> signers() {
        return signers;
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
