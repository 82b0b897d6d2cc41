package kiln.tests.linking;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.IntUnaryOperator;
import kiln.artifact.Artifact;
import kiln.artifact.ModuleInfo;
import kiln.compiler.CompileException;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.Func;
import kiln.runtime.Instance;
import kiln.runtime.LinkException;
import kiln.runtime.Linker;
import kiln.runtime.Store;
import kiln.runtime.TrapException;
import kiln.runtime.WasmFrame;
import org.junit.jupiter.api.Test;

/** Several modules in one file do what they do when they are instantiated one by one. */
class LinkedModulesTest extends LinkingFixture {
    private static final List<CompilerOptions> VARIANTS = List.of(
            OPTIONS,
            OPTIONS.withInlining(false),
            OPTIONS.withOptLevel(0),
            OPTIONS.withInterruptible(true),
            OPTIONS.withExplicitBounds(true),
            OPTIONS.withKeepAll(true));

    private static Compiler.Input input(String name) {
        return new Compiler.Input(name, name + ".wasm", wasm(name));
    }

    private static byte[] link(CompilerOptions options, String... names) {
        List<Compiler.Input> inputs = new ArrayList<>();
        for (String name : names) {
            inputs.add(input(name));
        }
        return Compiler.link(inputs, options);
    }

    private static Linker linker(Engine engine) {
        return new Linker(engine).func("env", "host", IntUnaryOperator.class, x -> x + 1000);
    }

    private interface Body {
        void run(Instance app) throws Exception;
    }

    private static void linked(CompilerOptions options, Body body) throws Exception {
        try (Engine engine = new Engine();
                CompiledModule module = CompiledModule.load(engine, link(options, "app", "lib"));
                Store store = new Store(engine)) {
            body.run(linker(engine).instantiate(store, module));
        }
    }

    private static void separate(CompilerOptions options, Body body) throws Exception {
        try (Engine engine = new Engine();
                CompiledModule lib = CompiledModule.load(engine, compile("lib", options));
                CompiledModule app = CompiledModule.load(engine, compile("app", options));
                Store store = new Store(engine)) {
            Linker linker = linker(engine);
            linker.instance("lib", linker.instantiate(store, lib));
            body.run(linker.instantiate(store, app));
        }
    }

    /** Each function more than once, because they change what they share. */
    private static List<Object> results(Instance app) {
        List<Object> results = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            results.add(app.func("pure").invoke(20 + i));
            results.add(app.func("globals").invoke(7));
            results.add(app.func("hidden").invoke());
            results.add(app.func("memories").invoke(40 + i));
            results.add(app.func("data").invoke());
            results.add(app.func("grows").invoke());
            results.add(app.func("tables").invoke(5));
            results.add(app.func("sealed").invoke(3));
            results.add(app.func("calls").invoke());
            results.add(app.func("hosts").invoke(i));
            results.add(app.func("tail").invoke(9));
            results.add(app.func("aftertail").invoke(i));
            results.add(app.func("large").invoke(i, 5));
            results.add(((Func) app.func("reference").invoke()).invoke(21));
        }
        return results;
    }

    private static List<List<WasmFrame>> traps(Instance app) {
        List<List<WasmFrame>> frames = new ArrayList<>();
        frames.add(assertThrows(TrapException.class, () -> app.func("traps").invoke(1, 0))
                .frames());
        frames.add(assertThrows(TrapException.class, () -> app.func("outside").invoke(-4))
                .frames());
        return frames;
    }

    @Test
    void linkedModulesDoTheSameAsSeparateOnes() throws Exception {
        List<List<Object>> results = new ArrayList<>();
        separate(OPTIONS, app -> results.add(results(app)));
        assertEquals(List.of(41, 7012, 166L, 40_0320, 49), results.getFirst().subList(0, 5));
        for (CompilerOptions options : VARIANTS) {
            linked(options, app -> assertEquals(results.getFirst(), results(app), options.describe()));
        }
    }

    @Test
    void backtracesNameTheModules() throws Exception {
        for (CompilerOptions options : VARIANTS) {
            linked(options, app -> {
                List<WasmFrame> frames = traps(app).getFirst();
                assertEquals(
                        List.of("lib", "app"),
                        frames.stream().map(WasmFrame::module).toList());
                List<List<WasmFrame>> separate = new ArrayList<>();
                separate(options, other -> separate.addAll(traps(other)));
                assertEquals(
                        separate.stream()
                                .map(l -> l.stream()
                                        .map(f -> f.functionIndex() + "@" + f.offset())
                                        .toList())
                                .toList(),
                        traps(app).stream()
                                .map(l -> l.stream()
                                        .map(f -> f.functionIndex() + "@" + f.offset())
                                        .toList())
                                .toList());
            });
        }
    }

    @Test
    void orderAndNumberOfThreadsMakeNoDifference() {
        byte[] one = link(OPTIONS, "lib", "app");
        assertArrayEquals(one, link(OPTIONS, "app", "lib"));
        for (int i = 0; i < 3; i++) {
            assertArrayEquals(one, link(OPTIONS.withJobs(4), "lib", "app"));
        }
    }

    @Test
    void theFileExportsItsMainModuleAndEachByName() throws Exception {
        linked(OPTIONS, app -> {
            assertEquals(41, app.func("app.pure").invoke(20));
            assertSame(app.func("pure"), app.func("app.pure"));
            assertEquals(12, app.func("lib.bump").invoke(7));
            assertEquals(12, app.global("lib.count").get());
            assertEquals(65536L, app.memory("lib.memory").size());
            assertTrue(app.hasExport("lib.table"));
            assertFalse(app.hasExport("bump"));
            assertFalse(app.hasExport("lib.pure"));
            assertEquals(Set.copyOf(app.exportNames()).size(), app.exportNames().size());
            assertTrue(app.exportNames().containsAll(List.of("pure", "app.pure", "lib.bump")));
            assertEquals(2, app.module().imports().size(), "host, for each module");
            assertEquals("env", app.module().imports().getFirst().module());
        });
    }

    @Test
    void openImportsAreCheckedBeforeAnythingStarts() {
        try (Engine engine = new Engine();
                CompiledModule module = CompiledModule.load(engine, link(OPTIONS, "lib", "app"));
                Store store = new Store(engine)) {
            LinkException e = assertThrows(LinkException.class, () -> new Linker(engine).instantiate(store, module));
            assertTrue(e.getMessage().contains("env.host"), e.getMessage());
            assertEquals(1041, (int)
                    linker(engine).instantiate(store, module).func("lib.out").invoke(41));
        }
    }

    @Test
    void smallFunctionsAreCopiedAcrossModules() {
        Artifact artifact = open(link(OPTIONS, "lib", "app"));
        assertEquals(
                List.of("lib", "app"),
                artifact.modules().stream().map(ModuleInfo::name).toList());
        assertTrue(artifact.inlines().count() > 0);
    }

    private static String failure(String... names) {
        return assertThrows(CompileException.class, () -> link(OPTIONS, names)).getMessage();
    }

    @Test
    void whatCannotBeLinkedIsExplained() {
        assertEquals(
                "missing.wasm imports lib.nothing, but lib.wasm has no export \"nothing\"", failure("missing", "lib"));
        assertEquals(
                "mismatch.wasm imports lib.double as (func (param i64) (result i32)), but lib.wasm exports "
                        + "(func (param i32) (result i32))",
                failure("lib", "mismatch"));
        assertEquals(
                "modules that import from each other cannot be linked: ping.wasm -> pong.wasm -> ping.wasm",
                failure("ping", "pong"));
        List<Compiler.Input> same = List.of(
                new Compiler.Input("lib", "a/lib.wasm", wasm("lib")),
                new Compiler.Input("lib", "b/lib.wasm", wasm("lib")));
        assertEquals(
                "a/lib.wasm and b/lib.wasm are both named \"lib\": modules that are linked need different names",
                assertThrows(CompileException.class, () -> Compiler.link(same, OPTIONS))
                        .getMessage());
    }

    @Test
    void whatIsImportedMayBePassedOn() throws Exception {
        try (Engine engine = new Engine();
                CompiledModule module = CompiledModule.load(engine, link(OPTIONS, "over", "lib", "relay"));
                Store store = new Store(engine)) {
            Instance instance = linker(engine).instantiate(store, module);
            assertEquals(2 * 4 + 1000 + 4 + 12 + 12, (int) instance.func("run").invoke(4));
            assertEquals(12, instance.global("lib.count").get());
        }
    }
}
