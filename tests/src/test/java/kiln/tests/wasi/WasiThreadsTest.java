package kiln.tests.wasi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import kiln.artifact.api.TrapCode;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.Instance;
import kiln.runtime.Linker;
import kiln.runtime.MemoryType;
import kiln.runtime.SharedMemory;
import kiln.runtime.Store;
import kiln.runtime.TrapException;
import kiln.wasi.Wasi;
import kiln.wasi.WasiThreads;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Programs with threads: however one of them ends, all end, and the others do not show. */
@Timeout(900)
class WasiThreadsTest {
    private static final int SAY = 0;
    private static final int WAIT = 1;
    private static final int SPIN = 2;
    private static final int EXIT = 3;
    private static final int TRAP = 4;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private Engine engine;
    private CompiledModule module;
    private Wasi wasi;
    private SharedMemory memory;
    private WasiThreads threads;

    @BeforeEach
    void open() throws IOException {
        // Not interruptible: modules with threads are all the same.
        engine = new Engine();
        try (InputStream in = WasiThreadsTest.class.getResourceAsStream("threads.wasm")) {
            module = CompiledModule.load(engine, in.readAllBytes());
        }
        wasi = Wasi.builder().stdout(out).build();
        memory = SharedMemory.of(new MemoryType(1, 2, false, true, 16));
        Linker linker = new Linker(engine).memory("env", "memory", memory);
        wasi.addTo(linker);
        threads = new WasiThreads(wasi, linker, module);
    }

    @AfterEach
    void close() throws IOException {
        threads.close();
        memory.close();
        wasi.close();
        module.close();
        engine.close();
    }

    /** Runs threads that do these things; the main function ends when {@code counted} have been counted. */
    private int run(int counted, int... what) throws IOException {
        memory.writeInt(20, counted);
        for (int i = 0; i < what.length; i++) {
            memory.writeInt(64 + 4 * i, what[i]);
        }
        memory.writeInt(64 + 4 * what.length, -1);
        return threads.run();
    }

    @Test
    void threadsShareMemoryAndFiles() throws IOException {
        assertTrue(WasiThreads.isNeededBy(module));
        assertEquals(0, run(5, SAY, SAY, SAY, SAY, SAY));
        assertEquals("x\n".repeat(5), out.toString());
        assertEquals(5, memory.readInt(16));
    }

    @Test
    void theEndOfTheMainFunctionEndsTheOthers() throws IOException {
        assertEquals(0, run(1, WAIT, SPIN, WAIT, SAY));
    }

    @Test
    void exitsEndAll() throws IOException {
        assertEquals(7, run(100, WAIT, SPIN, SAY, EXIT));
    }

    @Test
    void trapsEndAll() {
        TrapException e = assertThrows(TrapException.class, () -> run(100, SPIN, WAIT, TRAP));
        assertEquals(TrapCode.UNREACHABLE, e.code());
        // Who waits meanwhile is not what is told about.
        assertEquals(1, e.frames().size());
    }

    @Test
    void deadlinesEndAll() throws IOException {
        memory.writeInt(20, 100);
        memory.writeInt(64, SPIN);
        memory.writeInt(68, WAIT);
        memory.writeInt(72, -1);
        Linker linker = new Linker(engine).memory("env", "memory", memory);
        wasi.addTo(linker);
        try (WasiThreads late = new WasiThreads(wasi, linker, module);
                Store store = new Store(engine)) {
            Instance main = linker.instantiate(store, module);
            store.setDeadline(Duration.ofMillis(100));
            assertEquals(
                    TrapCode.INTERRUPTED,
                    assertThrows(TrapException.class, () -> late.run(main)).code());
        }
    }
}
