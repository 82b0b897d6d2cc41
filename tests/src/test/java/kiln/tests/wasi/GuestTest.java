package kiln.tests.wasi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import kiln.artifact.api.TrapCode;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.Instance;
import kiln.runtime.Linker;
import kiln.runtime.Store;
import kiln.runtime.TrapException;
import kiln.wasi.ExitException;
import kiln.wasi.Wasi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Programs and libraries that use WASI, through the runtime. */
@Timeout(900)
class GuestTest {
    private static final int FAULT = 21;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private Engine engine;
    private Store store;
    private Wasi wasi;
    private Instance instance;

    @BeforeEach
    void start() throws IOException {
        engine = new Engine(true);
        store = new Store(engine);
        wasi = Wasi.builder().stdout(new BufferedOutputStream(out)).build();
        instance = instance("guest");
    }

    private Instance instance(String name) throws IOException {
        Linker linker = new Linker(engine);
        wasi.addTo(linker);
        try (InputStream in = GuestTest.class.getResourceAsStream(name + ".wasm")) {
            return linker.instantiate(store, CompiledModule.load(engine, in.readAllBytes()));
        }
    }

    @AfterEach
    void close() throws IOException {
        wasi.close();
        store.close();
        engine.close();
    }

    @Test
    void programsEndWithTheirExitCode() throws IOException {
        assertEquals(300, wasi.run(instance));
        assertEquals("hello\n", out.toString(StandardCharsets.UTF_8));
    }

    @Test
    void exitingLeavesTheCallAndNothingElse() {
        assertEquals(
                300,
                assertThrows(ExitException.class, () -> instance.func("_start").call())
                        .code());
        assertEquals(0, instance.func("hello").call());
    }

    @Test
    void librariesAreInitialised() {
        wasi.initialize(instance);
        assertEquals(1, instance.func("ready").call());
    }

    @Test
    void addressesOutsideAreErrorsOfTheGuest() {
        assertEquals(FAULT, instance.func("outside").call());
    }

    @Test
    void memoriesOfOtherKinds() throws IOException {
        Instance wide = instance("wide-guest");
        assertEquals(0, wide.func("write").call(16, 6));
        assertEquals(FAULT, wide.func("write").call(65_530, 7));
        Instance bytes = instance("bytes-guest");
        assertEquals(0, bytes.func("write").call(16, 6));
        assertEquals(0, bytes.func("write").call(96, 4));
        assertEquals(FAULT, bytes.func("write").call(96, 5));
        wasi.flush();
        assertEquals("hello\nhello\n\0\0\0\0", out.toString(StandardCharsets.UTF_8));
    }

    @Test
    void memoryThatHasGrownIsSeen() throws IOException {
        assertEquals(0, instance.func("grow").call());
        wasi.flush();
        assertEquals("ok", out.toString(StandardCharsets.UTF_8));
    }

    @Test
    void deadlinesEndSleep() {
        store.setDeadline(Duration.ofMillis(100));
        TrapException e =
                assertThrows(TrapException.class, () -> instance.func("sleep").call());
        assertEquals(TrapCode.INTERRUPTED, e.code());
    }
}
