package kiln.runtime;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import kiln.loader.HostException;
import kiln.loader.LinearMemory;
import kiln.runtime.internal.GcHeap;
import kiln.runtime.internal.HostObjects;
import kiln.runtime.internal.Reclaimer;
import kiln.runtime.internal.StoreBlock;
import kiln.runtime.internal.ZeroMemory;

/**
 * What is left of a store when it is closed, or when nobody can reach it any more: its native memory and what it holds
 * of others. Refers to nothing from which the store can be reached.
 */
final class Remains implements Runnable {
    /** About what a store takes without its memories, Java's part included. */
    private static final long BYTES = 16 << 10;
    /** For a collected heap, of which nobody knows how much is touched. */
    private static final long HEAP_BYTES = 1 << 20;

    private final Engine engine;
    private final StoreBlock block;
    private final HostObjects.Numbers hostIds;
    private final List<LinearMemory> memories = new ArrayList<>();
    private final List<SharedMemory> sharedMemories = new ArrayList<>();
    private final List<Elements> tables = new ArrayList<>();
    private final List<CompiledModule> modules = new ArrayList<>();
    private List<ExceptionHeap.Chunk> exceptions = List.of();
    private Set<Integer> typeRecords = Set.of();

    /** Bytes that the reclaimer counts. */
    private long counted;

    private final Watch watch;
    /** Address of the collected heap, or 0. */
    private long heap;

    /** Where a table has its elements. */
    static final class Elements {
        long base;
        long bytes;
    }

    Remains(Engine engine, StoreBlock block, HostObjects.Numbers hostIds, Watch watch) {
        this.engine = engine;
        this.block = block;
        this.hostIds = hostIds;
        this.watch = watch;
        count(BYTES);
    }

    /** Counts memory that goes with the store. */
    void count(long bytes) {
        counted += bytes;
        Reclaimer.count(bytes);
    }

    void add(LinearMemory m) {
        memories.add(m);
    }

    void add(SharedMemory m) {
        sharedMemories.add(m);
    }

    void add(Elements table) {
        tables.add(table);
    }

    void add(CompiledModule user) {
        modules.add(user);
    }

    /** @param chunks of exceptions, now and later */
    void setExceptions(List<ExceptionHeap.Chunk> chunks) {
        exceptions = chunks;
    }

    /** @param types that have a record in the heap, now and later */
    void setHeap(long address, Set<Integer> types) {
        heap = address;
        typeRecords = types;
        count(HEAP_BYTES);
    }

    /** @throws HostException if the system refused something; all that could be freed has been */
    @Override
    public void run() {
        watch.close();
        HostException refused = null;
        for (LinearMemory m : memories) {
            try {
                m.close();
            } catch (HostException e) {
                refused = e;
            }
        }
        for (SharedMemory m : sharedMemories) {
            try {
                m.detach();
            } catch (HostException e) {
                refused = e;
            }
        }
        try {
            freeRest();
        } finally {
            Reclaimer.count(-counted);
        }
        if (refused != null) {
            throw refused;
        }
    }

    private void freeRest() {
        for (Elements t : tables) {
            if (t.base != 0) {
                ZeroMemory.free(t.base, t.bytes);
            }
        }
        for (CompiledModule m : modules) {
            m.removeUser();
        }
        for (ExceptionHeap.Chunk c : exceptions) {
            ZeroMemory.free(c.start, c.end - c.start);
        }
        if (!exceptions.isEmpty()) {
            exceptions.clear();
        }
        if (heap != 0) {
            GcHeap.release(heap);
        }
        for (int type : typeRecords) {
            engine.records().give(type);
        }
        hostIds.remove();
        engine.giveBlock(block);
    }
}
