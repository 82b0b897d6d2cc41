package kiln.tests.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.lang.ref.WeakReference;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.stream.Stream;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.loader.MemoryPool;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.Func;
import kiln.runtime.Instance;
import kiln.runtime.Linker;
import kiln.runtime.Memory;
import kiln.runtime.MemoryType;
import kiln.runtime.Store;
import kiln.runtime.StoreLimits;
import kiln.runtime.ValType;
import kiln.tests.Corpus;
import kiln.wat.Wat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What nobody closes goes away when nobody can reach it, and not before. */
class ReclaimingTest {
    private static final String COUNTER = """
            (import "env" "f" (func $f (param i32) (result i32)))
            (memory 1)
            (global $sum (mut i32) (i32.const 0))
            (table 2 externref)
            (func (export "add") (param i32) (result i32)
              (global.set $sum (i32.add (global.get $sum) (call $f (local.get 0))))
              (i32.store (i32.const 8) (global.get $sum))
              (i32.load (i32.const 8)))
            (func (export "keep") (param externref) (table.set (i32.const 0) (local.get 0)))
            """;

    private final Engine engine = new Engine();

    /** Making something new frees what is old. */
    private void collect() throws InterruptedException {
        System.gc();
        Thread.sleep(10);
        for (int i = 0; i < 20; i++) {
            new Store(engine).close();
        }
    }

    private static byte[] compiled(String text) {
        byte[] wasm = Wat.encode("guest.wat", text.getBytes(StandardCharsets.UTF_8));
        return Compiler.compile("guest", wasm, CompilerOptions.defaults());
    }

    private Instance instance(CompiledModule module) {
        return new Linker(engine)
                .func("env", "f", IntUnaryOperator.class, x -> x)
                .instantiate(new Store(engine), module);
    }

    /** Each reserves 64 GiB of the 128 TiB that a process has: 2,000 exhaust it. */
    @Test
    void instancesThatNobodyClosesGoOnForEver() {
        CompiledModule module = CompiledModule.load(
                engine, compiled("(memory i64 1) (func (export \"f\") (result i32) (i32.load (i64.const 16)))"));
        for (int i = 0; i < (Corpus.EMULATED ? 2500 : 6000); i++) {
            assertEquals(0, Instance.create(module).func("f").call());
        }
        module.close();
    }

    /**
     * Each takes some KiB, of which Java's heap sees little: without being asked, Java would not collect before the
     * machine's memory is full.
     */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void instancesThatNobodyClosesTakeBoundedMemory(boolean explicitBounds) throws IOException {
        int count = Corpus.WHOLE && !Corpus.EMULATED ? 1_000_000 : Corpus.EMULATED ? 8_000 : 40_000;
        byte[] wasm = Wat.encode("guest.wat", """
                (memory 1)
                (func (export "f") (param i32) (result i32)
                  (i32.store8 (local.get 0) (local.get 0))
                  (i32.load8_u (local.get 0)))
                """.getBytes(StandardCharsets.UTF_8));
        byte[] file = Compiler.compile("guest", wasm, CompilerOptions.defaults().withExplicitBounds(explicitBounds));
        int before = MemoryPool.shared().inUse();
        int most = 0;
        try (CompiledModule module = CompiledModule.load(engine, file)) {
            for (int i = 0; i < count; i++) {
                assertEquals(i & 255, Instance.create(module).func("f").call(i & 65535));
                most = Math.max(most, MemoryPool.shared().inUse() - before);
            }
        }
        assertTrue(most < 7000, "so many instances waited for Java's collector: " + most);
    }

    @Test
    void storesAreCollectedThoughTheirGuestsHoldThem() throws Exception {
        CompiledModule module = CompiledModule.load(engine, compiled(COUNTER));
        MemoryPool pool = MemoryPool.shared();
        int before = pool.inUse();
        WeakReference<Store> one = fill(module, 200);
        for (int i = 0; (pool.inUse() > before || one.get() != null) && i < 200; i++) {
            collect();
        }
        assertTrue(pool.inUse() <= before, "memories in use: " + pool.inUse() + ", before " + before);
        assertEquals(null, one.get());
    }

    /** The last one holds itself: its guest has it as an externref. */
    private WeakReference<Store> fill(CompiledModule module, int count) {
        Instance last = null;
        for (int i = 0; i < count; i++) {
            last = instance(module);
            assertEquals(7, last.func("add").call(7));
            last.func("keep").invoke(last);
            last.store().toCell(ValType.EXTERNREF, last.store());
        }
        return new WeakReference<>(last.store());
    }

    @Test
    void aFunctionKeepsWhatItNeeds() {
        Func add = instance(CompiledModule.load(engine, compiled(COUNTER))).func("add");
        for (int i = 1; i <= 5; i++) {
            System.gc();
            // What is freed by mistake is used again.
            Instance other = instance(CompiledModule.load(engine, compiled(COUNTER)));
            other.func("add").call(1000);
            assertEquals(i, add.call(1));
        }
    }

    @Test
    void modulesThatNobodyClosesAreUnmapped() throws Exception {
        byte[] file = compiled(COUNTER);
        long before = codeMappings();
        for (int i = 0; i < 100; i++) {
            instance(CompiledModule.load(engine, file)).func("add").call(1);
        }
        for (int i = 0; codeMappings() > before + 20 && i < 200; i++) {
            collect();
        }
        assertTrue(codeMappings() <= before + 20, "mappings of code: " + codeMappings() + ", before " + before);
    }

    private static long codeMappings() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
            return lines.filter(l -> l.contains("r-xp")).count();
        }
    }

    @Test
    void aMemoryThatTheMachineCannotHaveCountsForNothing() {
        try (Store store = new Store(engine, StoreLimits.DEFAULT.withTotalMemoryBytes(1L << 50))) {
            MemoryType huge = new MemoryType(1L << 34, 1L << 34, true, true, false, 16);
            assertThrows(OutOfMemoryError.class, () -> Memory.of(store, huge));
            assertEquals(
                    1,
                    Memory.of(store, new MemoryType(1, 1, true, false, false, 16))
                            .pages());
        }
    }

    /** Where address space or mappings end, the message says how there would be more. */
    @Test
    void theEndOfGuardedMemoriesSaysWhatToDo() {
        assumeFalse(Corpus.EMULATED, "the emulator needs address space of its own");
        // 64 GiB of address space each, of which a process has 128 TiB.
        try (CompiledModule module = CompiledModule.load(engine, compiled("(memory i64 1)"));
                Store store = new Store(engine)) {
            Linker linker = new Linker(engine);
            List<Instance> all = new ArrayList<>();
            OutOfMemoryError e = assertThrows(OutOfMemoryError.class, () -> {
                while (all.size() < 5_000) {
                    all.add(linker.instantiate(store, module));
                }
            });
            assertTrue(all.size() > 1_000, "only " + all.size());
            assertTrue(
                    e.getMessage().contains("Engine.builder().explicitBounds(true)")
                            && e.getMessage().contains("--explicit-bounds"),
                    e::getMessage);
        }
    }

    @Test
    void anEngineThatNobodyClosesGoesAway() throws Exception {
        WeakReference<Engine> old = new WeakReference<>(use(new Engine()));
        for (int i = 0; old.get() != null && i < 200; i++) {
            collect();
        }
        assertEquals(null, old.get());
    }

    private static Engine use(Engine e) {
        new Store(e).close();
        Store open = new Store(e);
        return open.engine();
    }
}
