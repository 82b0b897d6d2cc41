package kiln.runtime;

import java.nio.file.Path;
import java.security.PublicKey;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Objects;
import kiln.loader.Host;
import kiln.runtime.internal.Reclaimer;
import kiln.runtime.internal.StoreBlock;
import kiln.runtime.internal.TypeRecords;

/**
 * What stores and modules share: the numbering of types, pooled memory and the thread that watches deadlines. Safe for
 * use by several threads. One engine a process is usual; it lives as long as anything made with it.
 *
 * <p>Types of modules stay known as long as the engine lives, each once: about half a KiB for each, at most
 * 2<sup>24</sup> of them.
 */
public final class Engine implements AutoCloseable {
    private static final int IDLE_BLOCKS = 64;

    private final TypeRegistry types = new TypeRegistry();
    private final TypeRecords records = new TypeRecords();
    private final IdleBlocks idle = new IdleBlocks();
    private final ModuleCompiler.Settings settings;
    private final List<PublicKey> signers;
    private final StoreLimits limits;
    private volatile boolean closed;

    /**
     * An engine as {@link #builder} makes it if nothing else is said.
     *
     * @throws UnsupportedOperationException as {@link Builder#build}
     */
    public Engine() {
        this(builder());
    }

    /**
     * @param interruptChecks whether WebAssembly that is compiled on loading checks for interruption in loops; compiled
     *     files do as they were compiled
     * @throws UnsupportedOperationException as {@link Builder#build}
     */
    public Engine(boolean interruptChecks) {
        this(builder().interruptible(interruptChecks));
    }

    private Engine(Builder from) {
        // Where Kiln cannot run, or may not call native code, this says so and what to do.
        Host.current();
        this.settings = from.settings;
        this.signers = from.signers;
        this.limits = from.limits;
        Reclaimer.register(this, idle);
    }

    /**
     * How an engine is to be. What concerns compilation is about WebAssembly that is compiled on loading; compiled
     * files do as they were compiled.
     */
    public static final class Builder {
        private ModuleCompiler.Settings settings = ModuleCompiler.Settings.DEFAULT;
        private List<PublicKey> signers = List.of();
        private StoreLimits limits = StoreLimits.DEFAULT;

        private Builder() {}

        /**
         * Whether loops check for interruption, at first true. Without it, stores with instances of such modules refuse
         * deadlines, and it is a little faster.
         */
        public Builder interruptible(boolean on) {
            return with(on, settings.level(), settings.hostCpu(), settings.explicitBounds(), settings.cache());
        }

        /**
         * How much to optimise, at first 2.
         *
         * @param level 0, 1 or 2
         * @throws IllegalArgumentException if it is none of them
         */
        public Builder level(int level) {
            return with(
                    settings.interruptible(), level, settings.hostCpu(), settings.explicitBounds(), settings.cache());
        }

        /**
         * Whether to use all instructions that this machine has, at first true; else those that every machine of its
         * kind has.
         */
        public Builder hostCpu(boolean on) {
            return with(settings.interruptible(), settings.level(), on, settings.explicitBounds(), settings.cache());
        }

        /**
         * Whether instructions check each access to memory, at first false: guard pages do, at no cost of time, but
         * with 4 GiB of address space for each memory, so that a process can have some 28,000. Checked memories share
         * mappings and take what they touch.
         */
        public Builder explicitBounds(boolean on) {
            return with(settings.interruptible(), settings.level(), settings.hostCpu(), on, settings.cache());
        }

        /**
         * Keeps what was compiled in a folder, which is created if it is not there, and looks there first. Several
         * processes may use it at once. It holds native code that is run as it is: nobody else may write to it.
         */
        public Builder cache(Path folder) {
            return with(
                    settings.interruptible(),
                    settings.level(),
                    settings.hostCpu(),
                    settings.explicitBounds(),
                    Objects.requireNonNull(folder));
        }

        private Builder with(boolean interruptible, int level, boolean hostCpu, boolean explicitBounds, Path cache) {
            settings = new ModuleCompiler.Settings(interruptible, level, hostCpu, explicitBounds, cache);
            return this;
        }

        /**
         * Loads nothing but compiled files that one of these keys has signed ({@code kiln sign}). What is checked is a
         * copy in memory, which is then what runs: changing the file while it is being loaded, or later, achieves
         * nothing.
         *
         * @param keys Ed25519 keys, as {@link kiln.artifact.api.SigningKeys#readPublic} reads them
         * @throws IllegalArgumentException if there are none
         */
        public Builder requireSignature(List<PublicKey> keys) {
            if (keys.isEmpty()) {
                throw new IllegalArgumentException("no key: no file would do");
            }
            signers = List.copyOf(keys);
            return this;
        }

        /** What stores may use that are made without limits of their own, at first {@link StoreLimits#DEFAULT}. */
        public Builder limits(StoreLimits perStore) {
            limits = Objects.requireNonNull(perStore);
            return this;
        }

        /**
         * The engine.
         *
         * @throws UnsupportedOperationException if Kiln does not run on this system, or this JVM was not started with
         *     {@code --enable-native-access} for it; the message says which and what to do
         */
        public Engine build() {
            return new Engine(this);
        }
    }

    /** Says how an engine is to be. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * An engine with {@link Builder#requireSignature}.
     *
     * @throws IllegalArgumentException if there are no keys
     */
    public static Engine requiringSignature(List<PublicKey> signers) {
        return builder().requireSignature(signers).build();
    }

    List<PublicKey> signers() {
        return signers;
    }

    ModuleCompiler.Settings settings() {
        return settings;
    }

    StoreLimits limits() {
        return limits;
    }

    TypeRegistry types() {
        return types;
    }

    TypeRecords records() {
        return records;
    }

    /** @throws OutOfMemoryError if the system has no memory left */
    StoreBlock takeBlock() {
        requireOpen();
        Reclaimer.relieve();
        try {
            return idle.take();
        } catch (OutOfMemoryError e) {
            if (!Reclaimer.collect()) {
                throw e;
            }
            return idle.take();
        }
    }

    void giveBlock(StoreBlock b) {
        idle.give(b);
    }

    void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the engine is closed");
        }
    }

    /**
     * Frees what is pooled. No store can be made any more; those that exist go on working. Idempotent. What is pooled
     * is also freed when Java collects the engine.
     */
    @Override
    public void close() {
        closed = true;
        idle.run();
    }

    /** Blocks that no store uses. */
    private static final class IdleBlocks implements Runnable {
        private final ArrayDeque<StoreBlock> blocks = new ArrayDeque<>();
        private boolean closed;

        StoreBlock take() {
            synchronized (this) {
                StoreBlock b = blocks.pollLast();
                if (b != null) {
                    return b;
                }
            }
            return new StoreBlock();
        }

        void give(StoreBlock b) {
            b.reset();
            synchronized (this) {
                if (!closed && blocks.size() < IDLE_BLOCKS) {
                    blocks.addLast(b);
                    return;
                }
            }
            b.free();
        }

        /** Frees them all, and from now on each that comes. */
        @Override
        public synchronized void run() {
            closed = true;
            while (!blocks.isEmpty()) {
                blocks.poll().free();
            }
        }
    }
}
