package kiln.tests.runtime;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.Instance;
import kiln.runtime.Linker;
import kiln.runtime.Store;
import kiln.runtime.TrapException;
import kiln.wat.Wat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** An engine, a store and a linker for each test, and modules compiled from the resources of this package. */
abstract class RuntimeFixture {
    /** Compiles with interrupt checks. */
    protected Engine engine;

    protected Store store;
    protected Linker linker;

    @BeforeEach
    void open() {
        engine = new Engine(true);
        store = new Store(engine);
        linker = new Linker(engine);
    }

    @AfterEach
    void close() {
        store.close();
        engine.close();
    }

    protected CompiledModule module(String name) {
        return CompiledModule.load(engine, resource(name));
    }

    /** A module that is given in the text format. */
    protected CompiledModule text(String wat) {
        return CompiledModule.load(engine, encode(wat));
    }

    static byte[] encode(String wat) {
        return Wat.encode("test.wat", wat.getBytes(StandardCharsets.UTF_8));
    }

    /** What a call comes to, with these bytes in memory before: its result, or the code of its trap. */
    static Object outcome(Instance instance, String function, byte[] bytes, long[] args) {
        instance.memory("memory").writeBytes(0, bytes);
        try {
            return instance.func(function).call(args);
        } catch (TrapException t) {
            return t.code();
        }
    }

    protected static byte[] resource(String name) {
        try (InputStream in = RuntimeFixture.class.getResourceAsStream(name + ".wasm")) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
