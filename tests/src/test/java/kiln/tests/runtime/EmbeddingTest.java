package kiln.tests.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntUnaryOperator;
import kiln.artifact.api.ArtifactException;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.EntityType;
import kiln.runtime.Func;
import kiln.runtime.FuncType;
import kiln.runtime.Global;
import kiln.runtime.GlobalType;
import kiln.runtime.HostFunction;
import kiln.runtime.Instance;
import kiln.runtime.LinkException;
import kiln.runtime.Linker;
import kiln.runtime.Memory;
import kiln.runtime.MemoryType;
import kiln.runtime.Store;
import kiln.runtime.StoreLimits;
import kiln.runtime.Table;
import kiln.runtime.TableType;
import kiln.runtime.ValType;
import kiln.runtime.WasmException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** What an embedder may get wrong is an exception that says what it was, never a crash. */
class EmbeddingTest extends RuntimeFixture {
    @TempDir
    Path dir;

    private Instance values(Store in) {
        return new Linker(engine).unknownImports(Linker.UnknownImports.DEFAULT).instantiate(in, module("values"));
    }

    @Test
    void useAfterCloseSaysSo() {
        Store own = new Store(engine);
        Instance values = values(own);
        Instance references = linker.instantiate(own, module("references"));
        Memory memory = values.memory("memory");
        MemorySegment segment = memory.segment();
        Func grow = values.func("grow");
        MethodHandle handle = grow.handle();
        Func host = Func.of(own, FuncType.ofVoid(), (_, _, _) -> {});
        Table table = references.table("funcs");
        Global global = Global.of(own, new GlobalType(ValType.I32, true), 3);
        Map<String, Executable> uses = new LinkedHashMap<>();
        uses.put("Func.call", () -> grow.call(1));
        uses.put("Func.invoke", () -> grow.invoke(1));
        uses.put("handle", () -> handle.invoke(1));
        uses.put("host function", host::call);
        uses.put("MemorySegment", () -> segment.get(ValueLayout.JAVA_BYTE, 0));
        uses.put("Memory.segment", memory::segment);
        uses.put("Memory.readInt", () -> memory.readInt(0));
        uses.put("Memory.size", memory::size);
        uses.put("Memory.type", memory::type);
        uses.put("Memory.grow", () -> memory.grow(1));
        uses.put("Table.get", () -> table.get(0));
        uses.put("Table.set", () -> table.set(0, null));
        uses.put("Table.grow", () -> table.grow(1, null));
        uses.put("Table.size", table::size);
        uses.put("Global.get", global::get);
        uses.put("Global.set", () -> global.set(1));
        uses.put("Instance.export", () -> values.export("grow"));
        uses.put("Linker.instantiate", () -> linker.instantiate(own, references.module()));
        uses.put("Memory.of", () -> Memory.of(own, new MemoryType(1, 2)));
        uses.put("Store.setDeadline", () -> own.setDeadline(Duration.ZERO));
        uses.put("Store.release", own::release);
        uses.put("Store.toCell", () -> own.toCell(ValType.EXTERNREF, "x"));
        own.close();
        own.close();
        uses.forEach((what, use) -> assertThrows(IllegalStateException.class, use, what));
        assertEquals(
                "the store is closed",
                assertThrows(IllegalStateException.class, () -> grow.call(1)).getMessage());
        own.interrupt();
        values.close();
    }

    @Test
    void aClosedModuleIsAskedNothingThatIsInTheFile() {
        CompiledModule module = module("values");
        Instance instance = values(store);
        List<String> names = instance.exportNames();
        assertEquals(
                names,
                module.exports().stream().map(CompiledModule.ExportType::name).toList());
        module.close();
        module.close();
        assertEquals(
                "the module values is closed",
                assertThrows(IllegalStateException.class, module::exports).getMessage());
        linker.unknownImports(Linker.UnknownImports.DEFAULT);
        assertThrows(IllegalStateException.class, () -> linker.instantiate(store, module));
        assertEquals(2, module.imports().size());
        assertEquals("module values", module.toString());
        store.close();
        instance.module().close();
        assertThrows(IllegalStateException.class, instance.module()::exports);
        assertEquals(names, instance.exportNames());
        assertTrue(instance.hasExport("grow"));
        assertFalse(instance.hasExport("shrink"));
    }

    @Test
    void lambdas() {
        linker.func("m", "compare", Comparator.class, (_, _) -> 7);
        Func f = (Func) linker.get(store, "m", "compare");
        assertEquals(FuncType.of(ValType.I32, ValType.EXTERNREF, ValType.EXTERNREF), f.type());
        assertEquals(7, f.invoke("x", "y"));
        assertThrows(IllegalArgumentException.class, () -> linker.func("m", "f", Map.class, Map.of()));
        assertThrows(IllegalArgumentException.class, () -> linker.func("m", "f", String.class, ""));
    }

    @Test
    void nullIsRefusedAtOnce() {
        FuncType type = FuncType.ofVoid();
        List<Executable> uses = List.of(
                () -> linker.func("m", "f", IntUnaryOperator.class, null),
                () -> linker.func(null, "f", IntUnaryOperator.class, x -> x),
                () -> linker.func("m", null, IntUnaryOperator.class, x -> x),
                () -> linker.func("m", "f", type, (HostFunction) null),
                () -> linker.define("m", "f", null),
                () -> Func.of(store, type, null),
                () -> new Linker(null),
                () -> new Store(null),
                () -> new Store(engine, null));
        for (Executable use : uses) {
            assertThrows(NullPointerException.class, use);
        }
    }

    @Test
    void limitsAndMachine() {
        try (Store small = new Store(engine, StoreLimits.DEFAULT.withTotalMemoryBytes(1 << 20))) {
            assertThrows(IllegalArgumentException.class, () -> Memory.of(small, new MemoryType(17, 17)));
            Memory.of(small, new MemoryType(15, 16));
            assertThrows(IllegalArgumentException.class, () -> Memory.of(small, new MemoryType(2, 2)));
            values(small);
            assertThrows(LinkException.class, () -> values(small));
        }
        try (Store none = new Store(engine, StoreLimits.DEFAULT.withMemories(0))) {
            assertThrows(LinkException.class, () -> values(none));
        }
        try (Store none = new Store(engine, StoreLimits.DEFAULT.withTables(0))) {
            CompiledModule references = module("references");
            assertThrows(LinkException.class, () -> linker.instantiate(none, references));
        }
        try (Store huge = new Store(engine, StoreLimits.DEFAULT.withTableElements(Long.MAX_VALUE))) {
            TableType beyond = new TableType(ValType.FUNCREF, 1L << 50, EntityType.UNBOUNDED, true);
            assertThrows(OutOfMemoryError.class, () -> Table.of(huge, beyond, null));
        }
    }

    @Test
    void engines() {
        try (Engine other = new Engine();
                Store foreign = new Store(other)) {
            CompiledModule module = module("values");
            assertThrows(IllegalArgumentException.class, () -> linker.instantiate(foreign, module));
            assertThrows(IllegalArgumentException.class, () -> new Linker(other).instantiate(store, module));
        }
    }

    @Test
    void filesThatAreNone() throws IOException {
        Path file = dir.resolve("file");
        assertThrows(UncheckedIOException.class, () -> CompiledModule.load(engine, file));
        assertThrows(UncheckedIOException.class, () -> CompiledModule.load(engine, dir));
        for (byte[] bytes : new byte[][] {{}, {1, 2, 3}, new byte[1000]}) {
            Files.write(file, bytes);
            assertThrows(ArtifactException.class, () -> CompiledModule.load(engine, file));
            assertThrows(ArtifactException.class, () -> CompiledModule.load(engine, bytes));
        }
        byte[] wasm = {0, 'a', 's', 'm', 1, 0, 0, 0, 9, 9, 9};
        assertEquals(
                "unexpected end, length out of bounds at 0x8",
                assertThrows(WasmException.class, () -> CompiledModule.load(engine, wasm))
                        .getMessage());
    }

    private Path compiled(String name) throws Exception {
        Path file = dir.resolve(name + ".cwasm");
        try (var in = EmbeddingTest.class.getResourceAsStream(name + ".wasm")) {
            Files.write(file, Compiler.compile(name, in.readAllBytes(), CompilerOptions.defaults()));
        }
        return file;
    }

    @Test
    void aFileThatIsReplacedOrLoadedTwice() throws Exception {
        Path file = compiled("values");
        try (CompiledModule first = CompiledModule.load(engine, file);
                CompiledModule second = CompiledModule.load(engine, file)) {
            linker.unknownImports(Linker.UnknownImports.DEFAULT);
            Instance one = linker.instantiate(store, first);
            Instance two = linker.instantiate(store, second);
            Path next = dir.resolve("next");
            Files.write(next, new byte[10]);
            Files.move(next, file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
            first.close();
            assertEquals(-5, one.func("negative").call());
            assertEquals(-5, two.func("negative").call());
            assertEquals(-5, linker.instantiate(store, second).func("negative").call());
        }
        assertThrows(ArtifactException.class, () -> CompiledModule.load(engine, file));
    }

    @Test
    void aFileThatIsTruncatedWhileItIsInUse() throws Exception {
        Path file = compiled("values");
        try (CompiledModule module = CompiledModule.load(engine, file)) {
            Instance i = linker.unknownImports(Linker.UnknownImports.DEFAULT).instantiate(store, module);
            truncate(file);
            assertEquals(-5, i.func("negative").call());
            assertEquals(0, i.memory("memory").readInt(0));
            assertTrue(module.exports().size() > 5);
        }
    }

    /** A host that loads a file without checks promises that this does not happen. */
    @Test
    void aTrustedFileThatIsTruncatedWhileItIsMapped() throws Exception {
        assumeFalse(Boolean.getBoolean("kiln.emulated"), "an emulator goes on executing what it has translated");
        Path file = compiled("values");
        try (CompiledModule module = CompiledModule.loadTrusted(engine, file)) {
            Instance i = linker.unknownImports(Linker.UnknownImports.DEFAULT).instantiate(store, module);
            Func negative = i.func("negative");
            assertEquals(-5, negative.call());
            truncate(file);
            assertTrue(assertThrows(WasmException.class, negative::call)
                    .getMessage()
                    .contains("truncated"));
            assertEquals(0, i.memory("memory").readInt(0));
            store.close();
        }
        Path again = compiled("values");
        try (CompiledModule module = CompiledModule.loadTrusted(engine, again);
                Store next = new Store(engine)) {
            assertEquals(-5, linker.instantiate(next, module).func("negative").call());
        }
    }

    private static void truncate(Path file) throws IOException {
        try (FileChannel c = FileChannel.open(file, StandardOpenOption.WRITE)) {
            c.truncate(0);
        }
    }

    @Test
    void codeThatNothingCouldStopIsNotWatched() throws IOException {
        byte[] wasm = resource("values");
        try (Engine fast = Engine.builder().interruptible(false).build();
                CompiledModule module = CompiledModule.load(fast, wasm);
                Store own = new Store(fast)) {
            Linker lenient = new Linker(fast).unknownImports(Linker.UnknownImports.DEFAULT);
            lenient.instantiate(own, module);
            for (Executable watching : List.<Executable>of(
                    () -> own.setDeadline(Duration.ofSeconds(1)), () -> own.setThreadInterruptible(true))) {
                String message =
                        assertThrows(IllegalStateException.class, watching).getMessage();
                assertTrue(message.contains("--interruptible"), message);
            }
            own.setDeadline(null);
            own.setThreadInterruptible(false);
            try (Store watched = new Store(fast)) {
                watched.setDeadline(Duration.ofSeconds(100));
                String message = assertThrows(LinkException.class, () -> lenient.instantiate(watched, module))
                        .getMessage();
                assertTrue(message.contains("--interruptible"), message);
                watched.setDeadline(null);
                lenient.instantiate(watched, module);
            }
        }
    }

    @Test
    void whatAnEngineCompilesCanBeStoppedUnlessItSaysOtherwise() throws IOException {
        try (Engine usual = new Engine();
                CompiledModule module =
                        CompiledModule.load(usual, "from a stream", new ByteArrayInputStream(resource("values")));
                Store own = new Store(usual)) {
            new Linker(usual).unknownImports(Linker.UnknownImports.DEFAULT).instantiate(own, module);
            own.setDeadline(Duration.ofSeconds(100));
        }
    }

    @Test
    void limitsOfAnEngineAreThoseOfItsStores() throws IOException {
        try (Engine small = Engine.builder()
                        .limits(StoreLimits.DEFAULT.withMemories(0))
                        .level(0)
                        .hostCpu(false)
                        .build();
                CompiledModule module = CompiledModule.load(small, resource("values"));
                Store own = new Store(small)) {
            Linker lenient = new Linker(small).unknownImports(Linker.UnknownImports.DEFAULT);
            assertThrows(LinkException.class, () -> lenient.instantiate(own, module));
        }
        assertThrows(IllegalArgumentException.class, () -> Engine.builder().level(3));
    }

    @Test
    void whatIsMissingForAnInstanceIsNamed() {
        LinkException e = assertThrows(LinkException.class, () -> Instance.create(module("values")));
        for (CompiledModule.ImportType i : module("values").imports()) {
            assertTrue(e.getMessage().contains(i.name()), e.getMessage());
        }
    }

    @Test
    void stringsOfC() {
        Memory memory = Memory.of(store, new MemoryType(1, 1));
        assertEquals(7, memory.writeCString(100, "h\u00e4llo"));
        assertEquals("h\u00e4llo", memory.readCString(100));
        assertEquals("", memory.readCString(106));
        memory.writeByte(65535, (byte) 'x');
        assertThrows(IndexOutOfBoundsException.class, () -> memory.readCString(65535));
        assertThrows(IndexOutOfBoundsException.class, () -> memory.readCString(65537));
        assertThrows(IndexOutOfBoundsException.class, () -> memory.writeCString(65535, "x"));
    }
}
