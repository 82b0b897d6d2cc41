package kiln.tests.components;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import kiln.artifact.Artifact;
import kiln.artifact.api.ArtifactException;
import kiln.artifact.component.ComponentPlanCodec;
import kiln.compiler.CompileException;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.Global;
import kiln.runtime.GlobalType;
import kiln.runtime.Instance;
import kiln.runtime.LinkException;
import kiln.runtime.Linker;
import kiln.runtime.Store;
import kiln.runtime.TrapException;
import kiln.runtime.ValType;
import kiln.runtime.component.Component;
import kiln.runtime.component.ComponentInstance;
import kiln.runtime.component.ComponentLinker;
import kiln.tests.Corpus;
import kiln.tests.cross.CrossCompiler;
import kiln.wat.Wat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Core modules that components import and export: the suites have what is nested, this has Java's side of it. */
class CoreModulesTest {
    private static final CompilerOptions OPTIONS = CompilerOptions.defaults().withJobs(1);
    private static final int FUNC = 0;
    private static final int MEMORY = 2;
    private static final int GLOBAL = 3;
    private static final int I32 = 0x7F;
    private static final byte[] NOTHING = ComponentBytes.coreType(0x60, 0, 0);
    private static final byte[] I32_TO_I32 = ComponentBytes.coreType(0x60, 1, I32, 1, I32);
    private static final byte[] REALLOC = ComponentBytes.coreType(0x60, 4, I32, I32, I32, I32, 1, I32);
    private static final byte[] STRING_TO_STRING = ComponentBytes.coreType(0x60, 2, I32, I32, 1, I32);

    private static final byte[][] ECHO = {
        REALLOC,
        STRING_TO_STRING,
        ComponentBytes.coreExport("memory", MEMORY, 0, 1),
        ComponentBytes.coreExport("echo", FUNC, 1),
        ComponentBytes.coreExport("realloc", FUNC, 0)
    };

    private final Engine engine = new Engine();
    private final Store store = new Store(engine);
    private final ComponentLinker linker = new ComponentLinker(engine);

    @AfterEach
    void close() {
        store.close();
        engine.close();
    }

    private static byte[] wasm(String text) {
        return Wat.encode("module", text.getBytes(StandardCharsets.UTF_8));
    }

    private CompiledModule module(String text) {
        return CompiledModule.load(engine, CrossCompiler.compile("module", wasm(text), OPTIONS));
    }

    private Component component(ComponentBytes c) {
        return Component.load(engine, CrossCompiler.compile("component", c.bytes(), OPTIONS));
    }

    private ComponentInstance make(ComponentBytes c) {
        return linker.instantiate(store, component(c));
    }

    /** A module "m" of the component, of this type. */
    private static int imported(ComponentBytes c, byte[]... type) {
        return c.importModule("m", c.coreModuleType(type));
    }

    /** Exports what an instance of the module exports as f, of u32 to u32. */
    private static ComponentBytes lifting(byte[]... type) {
        ComponentBytes c = new ComponentBytes();
        int f = c.coreFunc(c.instantiate(imported(c, type), -1), "f");
        c.exportFunc("f", c.lift(f, c.funcType(ComponentBytes.U32, ComponentBytes.U32), List.of()));
        return c;
    }

    private String problem(ComponentBytes c) {
        return assertThrows(LinkException.class, () -> make(c)).getMessage();
    }

    @Test
    void functionsOfAnImportedModule() {
        ComponentBytes c = lifting(I32_TO_I32, ComponentBytes.coreExport("f", FUNC, 0));
        String missing = problem(c);
        assertTrue(missing.contains("unknown import m: core module"), missing);
        linker.module("", "m", module("""
                (module
                  (global $calls (mut i32) (i32.const 0))
                  (func (export "more") (result i32) (i32.const 1))
                  (func (export "f") (param i32) (result i32)
                    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
                    (i32.add (local.get 0) (global.get $calls))))
                """));
        ComponentInstance a = make(c);
        assertEquals(11, a.func("f").invoke(10));
        assertEquals(12, a.func("f").invoke(10));
        assertEquals(11, make(c).func("f").invoke(10));
    }

    /** Strings in the memory of the imported module, from Java and from another component through an adapter. */
    @Test
    void memoryOfAnImportedModule() {
        ComponentBytes lib = new ComponentBytes();
        int type = lib.funcType(ComponentBytes.STRING, ComponentBytes.STRING);
        int instance = lib.instantiate(imported(lib, ECHO), -1);
        int memory = lib.memory(instance, "memory");
        List<Integer> options = ComponentBytes.options(memory, lib.coreFunc(instance, "realloc"));
        lib.exportFunc("echo", lib.lift(lib.coreFunc(instance, "echo"), type, options));
        linker.module("", "m", module(ComponentBytes.MEMORY.replaceFirst("\\)\\s*$", "") + """
                (func (export "echo") (param i32 i32) (result i32)
                  (i32.store8 (local.get 0) (i32.const 33))
                  (i32.store (i32.const 16) (local.get 0))
                  (i32.store (i32.const 20) (local.get 1))
                  (i32.const 16)))
                """));
        assertEquals("!bc", make(lib).func("echo").invoke("abc"));

        ComponentBytes user = new ComponentBytes();
        int same = user.funcType(ComponentBytes.STRING, ComponentBytes.STRING);
        int own = user.instantiate(user.module(ComponentBytes.MEMORY), -1);
        List<Integer> ownOptions = ComponentBytes.options(user.memory(own, "memory"), user.coreFunc(own, "realloc"));
        int lowered = user.lower(user.importFunc("echo", same), ownOptions);
        int calling = user.module("""
                (module
                  (import "" "echo" (func $echo (param i32 i32 i32)))
                  (func (export "f") (param i32 i32) (result i32)
                    (call $echo
                      (i32.add (local.get 0) (i32.const 1)) (i32.sub (local.get 1) (i32.const 1)) (i32.const 32))
                    (i32.const 32)))
                """);
        int f = user.coreFunc(user.instantiate(calling, user.coreExports(Map.of("echo", lowered))), "f");
        user.exportFunc("f", user.lift(f, same, ownOptions));
        ComponentBytes c = new ComponentBytes();
        int echo = c.func(c.instance(c.component(lib), Map.of(), Map.of("m", imported(c, ECHO))), "echo");
        c.exportFunc("f", c.func(c.instance(c.component(user), Map.of("echo", echo), Map.of()), "f"));
        assertEquals("!cd", make(c).func("f").invoke("abcd"));
    }

    /** An imported module calls what the component imports, and another component's function through an adapter. */
    @Test
    void functionsThatAreGivenToAnImportedModule() {
        assertEquals(114, make(giving()).func("f").invoke(7));
    }

    private ComponentBytes giving() {
        byte[][] wanted = {
            I32_TO_I32,
            ComponentBytes.coreImport("env", "unused", GLOBAL, I32, 0),
            ComponentBytes.coreImport("", "other", FUNC, 0),
            ComponentBytes.coreImport("", "host", FUNC, 0),
            ComponentBytes.coreExport("f", FUNC, 0)
        };
        ComponentBytes inner = new ComponentBytes();
        int plus = inner.module("""
                (module (func (export "f") (param i32) (result i32) (i32.add (local.get 0) (i32.const 100))))
                """);
        int type = inner.funcType(ComponentBytes.U32, ComponentBytes.U32);
        inner.exportFunc("f", inner.lift(inner.coreFunc(inner.instantiate(plus, -1), "f"), type, List.of()));

        ComponentBytes user = new ComponentBytes();
        int u32 = user.funcType(ComponentBytes.U32, ComponentBytes.U32);
        int host = user.lower(user.importFunc("host", u32), List.of());
        int other = user.lower(user.importFunc("other", u32), List.of());
        int m = imported(user, wanted);
        int one = user.module("(module (global (export \"unused\") i32 (i32.const 1)))");
        int given = user.coreExports(Map.of("host", host, "other", other));
        int f = user.coreFunc(user.instantiate(m, Map.of("", given, "env", user.instantiate(one, -1))), "f");
        user.exportFunc("f", user.lift(f, u32, List.of()));

        ComponentBytes c = new ComponentBytes();
        int hosts = c.importFunc("host", c.funcType(ComponentBytes.U32, ComponentBytes.U32));
        int hundred = c.func(c.instance(c.component(inner), null, 0), "f");
        Map<String, Integer> funcs = Map.of("host", hosts, "other", hundred);
        int i = c.instance(c.component(user), funcs, Map.of("m", imported(c, wanted)));
        c.exportFunc("f", c.func(i, "f"));

        linker.func("", "host", (_, args) -> 2 * (Integer) args[0]);
        linker.module("", "m", module("""
                (module
                  (import "" "host" (func $host (param i32) (result i32)))
                  (import "" "other" (func $other (param i32) (result i32)))
                  (func (export "f") (param i32) (result i32) (call $other (call $host (local.get 0)))))
                """));
        return c;
    }

    /** Whatever the numbers of a plan are, the file is refused, not linked, or does something that is safe. */
    @Test
    void damagedPlans(@TempDir Path folder) throws IOException {
        ComponentBytes c = giving();
        c.exportModule("own", c.module("(module (import \"\" \"f\" (func)))"));
        byte[] whole = CrossCompiler.compile("component", c.bytes(), OPTIONS);
        Path file = folder.resolve("damaged.cwasm");
        byte[] plan;
        try (Artifact a = Artifact.of(MemorySegment.ofArray(whole), Artifact.OpenOptions.STRICT)) {
            plan = a.sectionBytes(ComponentPlanCodec.SECTION).toArray(ValueLayout.JAVA_BYTE);
        }
        int at = Collections.indexOfSubList(list(whole), list(plan));
        Random random = new Random(5);
        Map<String, Integer> outcomes = new TreeMap<>();
        for (int round = 0; round < (Corpus.WHOLE ? 20_000 : 1_000); round++) {
            byte[] damaged = whole.clone();
            damaged[at + random.nextInt(plan.length)] =
                    (byte) (random.nextBoolean() ? random.nextInt(8) : random.nextInt(256));
            Files.write(file, damaged);
            outcomes.merge(outcome(file), 1, Integer::sum);
        }
        assertEquals(Set.of("refused", "not linked", "works", "trapped", "other"), outcomes.keySet(), "" + outcomes);
    }

    private static List<Byte> list(byte[] bytes) {
        List<Byte> list = new ArrayList<>();
        for (byte b : bytes) {
            list.add(b);
        }
        return list;
    }

    private String outcome(Path file) {
        try (Component c = Component.loadTrusted(engine, file);
                Store own = new Store(engine)) {
            ComponentInstance i = linker.instantiate(own, c);
            c.modules().forEach(i::module);
            return Objects.equals(i.func("f").invoke(7), 114) ? "works" : "other";
        } catch (ArtifactException _) {
            return "refused";
        } catch (LinkException _) {
            return "not linked";
        } catch (TrapException _) {
            return "trapped";
        } catch (NoSuchElementException | IllegalArgumentException _) {
            // Its exports have other names or types.
            return "other";
        }
    }

    @Test
    void allDifferencesAreTold() {
        ComponentBytes c = new ComponentBytes();
        imported(
                c,
                NOTHING,
                I32_TO_I32,
                ComponentBytes.coreImport("env", "g", GLOBAL, I32, 0),
                ComponentBytes.coreExport("f", FUNC, 1),
                ComponentBytes.coreExport("gone", FUNC, 0),
                ComponentBytes.coreExport("memory", MEMORY, 0, 2));
        // What is not used need not be there; if it is, it must be of the type.
        make(c);
        linker.module("", "m", module("""
                (module
                  (import "env" "g" (global f32))
                  (import "env" "h" (func))
                  (func (export "f"))
                  (memory (export "memory") 1))
                """).named("wrong"));
        String problem = problem(c);
        for (String part : List.of(
                "core module wrong is no m: it imports env.g, which is",
                "is no m: it imports env.h, which it would not be given",
                "is no m: its export \"f\" is",
                "is no m: it has no export \"gone\"",
                "is no m: its export \"memory\" is")) {
            assertTrue(problem.contains(part), part + " in " + problem);
        }
        linker.instance("m", make(new ComponentBytes()));
        assertTrue(problem(c).contains("it has no export"), "a module is found before an instance");
        ComponentLinker other = new ComponentLinker(engine).func("", "m", (_, _) -> null);
        String kind = assertThrows(LinkException.class, () -> other.instantiate(store, component(c)))
                .getMessage();
        assertTrue(kind.contains("import m is of kind core module, but what is defined is of kind function"), kind);
    }

    /** A component takes a module for another one if and only if a core module could import its export. */
    @Test
    void typesOfExportsAreThoseOfImports() {
        String[] definitions = {
            "(func (export \"x\"))",
            "(func (export \"x\") (param i32))",
            "(memory (export \"x\") 1)",
            "(memory (export \"x\") 2 3)",
            "(memory (export \"x\") i64 1)",
            "(memory (export \"x\") 1 1 shared)",
            "(table (export \"x\") 1 funcref)",
            "(table (export \"x\") 1 1 funcref)",
            "(table (export \"x\") 1 externref)",
            "(table (export \"x\") i64 1 funcref)",
            "(global (export \"x\") i32 (i32.const 0))",
            "(global (export \"x\") (mut i32) (i32.const 0))",
            "(global (export \"x\") i64 (i64.const 0))",
            "(global (export \"x\") (ref null func) (ref.null func))",
            "(tag (export \"x\") (param i32))",
        };
        Map<String, int[]> wanted = Map.ofEntries(
                Map.entry("(func)", new int[] {FUNC, 0}),
                Map.entry("(func (param i32))", new int[] {FUNC, 1}),
                Map.entry("(memory 0)", new int[] {MEMORY, 0, 0}),
                Map.entry("(memory 2)", new int[] {MEMORY, 0, 2}),
                Map.entry("(memory 1 3)", new int[] {MEMORY, 1, 1, 3}),
                Map.entry("(memory 1 2)", new int[] {MEMORY, 1, 1, 2}),
                Map.entry("(memory i64 1)", new int[] {MEMORY, 4, 1}),
                Map.entry("(memory 1 1 shared)", new int[] {MEMORY, 3, 1, 1}),
                Map.entry("(table 0 funcref)", new int[] {1, 0x70, 0, 0}),
                Map.entry("(table 1 1 funcref)", new int[] {1, 0x70, 1, 1, 1}),
                Map.entry("(table 2 funcref)", new int[] {1, 0x70, 0, 2}),
                Map.entry("(table 1 externref)", new int[] {1, 0x6F, 0, 1}),
                Map.entry("(table i64 1 funcref)", new int[] {1, 0x70, 4, 1}),
                Map.entry("(global i32)", new int[] {GLOBAL, I32, 0}),
                Map.entry("(global (mut i32))", new int[] {GLOBAL, I32, 1}),
                Map.entry("(global i64)", new int[] {GLOBAL, 0x7E, 0}),
                Map.entry("(global funcref)", new int[] {GLOBAL, 0x70, 0}),
                Map.entry("(tag (param i32))", new int[] {4, 0, 1}),
                Map.entry("(tag)", new int[] {4, 0, 0}));
        List<CompiledModule> given = new ArrayList<>();
        for (String d : definitions) {
            given.add(module("(module " + d + ")"));
        }
        int fit = 0;
        for (Map.Entry<String, int[]> w : wanted.entrySet()) {
            CompiledModule importer = module("(module (import \"m\" \"x\" " + w.getKey() + "))");
            ComponentBytes c = new ComponentBytes();
            int m = imported(
                    c, NOTHING, ComponentBytes.coreType(0x60, 1, I32, 0), ComponentBytes.coreExport("x", w.getValue()));
            c.instantiate(m, -1);
            Component taking = component(c);
            for (int i = 0; i < definitions.length; i++) {
                Linker core = new Linker(engine).instance("m", Instance.create(store, given.get(i), List.of()));
                ComponentLinker outer = new ComponentLinker(engine).module("", "m", given.get(i));
                boolean fits = succeeds(() -> core.instantiate(store, importer));
                assertEquals(
                        fits, succeeds(() -> outer.instantiate(store, taking)), definitions[i] + " for " + w.getKey());
                fit += fits ? 1 : 0;
            }
        }
        assertEquals(18, fit);
    }

    private static boolean succeeds(Runnable action) {
        try {
            action.run();
            return true;
        } catch (LinkException _) {
            return false;
        }
    }

    /** A file of several modules is one module to its users. */
    @Test
    void aFileOfSeveralModules() {
        byte[] lib = wasm("""
                (module (import "env" "g" (global $g i32))
                  (func (export "f") (param i32) (result i32) (i32.add (local.get 0) (global.get $g))))
                """);
        byte[] app = wasm("""
                (module (import "lib" "f" (func $f (param i32) (result i32)))
                  (export "f" (func $f)))
                """);
        byte[] linked = Compiler.link(
                List.of(new Compiler.Input("lib", "lib.wasm", lib), new Compiler.Input("app", "app.wasm", app)),
                OPTIONS);
        linker.module("", "m", CompiledModule.load(engine, linked));
        String problem = problem(lifting(I32_TO_I32, ComponentBytes.coreExport("f", FUNC, 0)));
        assertTrue(problem.contains("it imports env.g, which it would not be given"), problem);
        ComponentBytes c = new ComponentBytes();
        int type = c.coreModuleType(
                I32_TO_I32,
                ComponentBytes.coreImport("env", "g", GLOBAL, I32, 0),
                ComponentBytes.coreExport("lib.f", FUNC, 0));
        int given = c.instantiate(c.module("(module (global (export \"g\") i32 (i32.const 5)))"), -1);
        int f = c.coreFunc(c.instantiate(c.importModule("m", type), Map.of("env", given)), "lib.f");
        c.exportFunc("f", c.lift(f, c.funcType(ComponentBytes.U32, ComponentBytes.U32), List.of()));
        assertEquals(12, make(c).func("f").invoke(7));
    }

    @Test
    void exportedModules() {
        ComponentBytes c = new ComponentBytes();
        int counter = c.module("""
                (module $counter
                  (import "env" "step" (global $step i32))
                  (memory (export "memory") 1)
                  (data (i32.const 8) "data")
                  (table 1 funcref)
                  (elem (i32.const 0) $next)
                  (global $n (mut i32) (i32.const 0))
                  (type $next (func (result i32)))
                  (func $next (type $next)
                    (global.set $n (i32.add (global.get $n) (global.get $step)))
                    (if (i32.gt_u (global.get $n) (i32.const 10)) (then unreachable))
                    (global.get $n))
                  (func (export "next") (result i32) (call_indirect (type $next) (i32.const 0))))
                """);
        c.exportModule("counter", counter);
        c.exportModule("again", imported(c));
        linker.module("", "m", module("(module)"));
        Component component = component(c);
        ComponentInstance i = linker.instantiate(store, component);
        assertEquals(List.of("counter", "again"), component.modules());
        CompiledModule m = i.module("counter");
        assertSame(linker.instantiate(store, component).module("counter"), m);
        assertEquals("counter", m.name());
        assertEquals("env.step: global i32", m.imports().getFirst().toString());
        Linker core = new Linker(engine).define("env", "step", Global.of(store, new GlobalType(ValType.I32, false), 4));
        Instance a = core.instantiate(store, m);
        Instance b = core.instantiate(store, m);
        assertEquals(4, a.func("next").invoke());
        assertEquals(8, a.func("next").invoke());
        assertEquals(4, b.func("next").invoke());
        assertEquals('d', a.memory().readByte(8));
        TrapException t = assertThrows(TrapException.class, () -> a.func("next").invoke());
        assertEquals("counter", t.frames().getFirst().module());
        assertEquals("next", t.frames().getFirst().function());
        String message =
                assertThrows(NoSuchElementException.class, () -> i.module("f")).getMessage();
        assertTrue(message.contains("has no core module \"f\"; it has [counter, again]"), message);
        // It goes with the component, whose instances stay.
        m.close();
        core.instantiate(store, m);
        component.close();
        assertThrows(IllegalStateException.class, () -> core.instantiate(store, m));
        assertEquals(8, b.func("next").invoke());
    }

    /** What one component exports another one instantiates, and exports again. */
    @Test
    void fromComponentToComponent() {
        ComponentBytes c = new ComponentBytes();
        c.exportModule("m", c.module("""
                (module (func (export "f") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3))))
                """));
        ComponentInstance lib = make(c);
        linker.module("", "m", lib.module("m"));
        ComponentBytes taking = lifting(I32_TO_I32, ComponentBytes.coreExport("f", FUNC, 0));
        taking.exportModule("n", 0);
        ComponentInstance i = make(taking);
        assertEquals(21, i.func("f").invoke(7));
        assertSame(lib.module("m"), i.module("n"));
    }

    /** Components that one exports are components of their own, with all that they use of the one around them. */
    @Test
    void exportedComponents() {
        ComponentBytes inner = new ComponentBytes();
        int module = inner.outerModule(1, 0);
        int f = inner.coreFunc(inner.instantiate(module, -1), "f");
        int type = inner.funcType(ComponentBytes.U32, ComponentBytes.U32);
        int g = inner.importFunc("g", type);
        inner.exportFunc("f", inner.lift(f, type, List.of()));
        inner.exportFunc("h", g);
        ComponentBytes c = new ComponentBytes();
        c.module("(module $m (func (export \"f\") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))");
        int nested = c.component(inner);
        c.exportComponent("a", nested);
        c.exportComponent("b", nested);
        Component outer = component(c);
        assertEquals(List.of("a", "b"), outer.components());
        Component a = outer.component("a");
        assertSame(a, outer.component("b"));
        assertEquals(List.of("f", "h"), a.exports());
        linker.func("", "g", (_, args) -> 2 * (Integer) args[0]);
        ComponentInstance i = linker.instantiate(store, a);
        assertEquals(8, i.func("f").invoke(7));
        assertEquals(14, i.func("h").invoke(7));
        String message = assertThrows(NoSuchElementException.class, () -> outer.component("f"))
                .getMessage();
        assertTrue(message.contains("has no component \"f\"; it has [a, b]"), message);
        outer.close();
        assertThrows(IllegalStateException.class, () -> linker.instantiate(store, a));
        assertEquals(9, i.func("f").invoke(8));
        Component closed = component(c);
        closed.close();
        assertThrows(IllegalStateException.class, () -> closed.component("a"));
    }

    @Test
    void exportedComponentsThatCannotStandAlone() {
        ComponentBytes inner = new ComponentBytes();
        inner.instantiate(inner.outerModule(1, 0), -1);
        ComponentBytes c = new ComponentBytes();
        imported(c);
        c.exportComponent("a", c.component(inner));
        String message = refusal(c);
        String expected = "the export of a component that uses what the component around it imports at 0x";
        assertTrue(message.startsWith("not supported: " + expected), message);
    }

    private static String refusal(ComponentBytes c) {
        return assertThrows(CompileException.class, () -> Compiler.compile("c.wasm", c.bytes(), OPTIONS))
                .getMessage();
    }

    /** Each exports the one before it and the one before that: more components than anyone wants to compile. */
    @Test
    void exportsOfComponentsAreLimited() {
        ComponentBytes c = new ComponentBytes();
        int last = c.component(new ComponentBytes());
        for (int i = 0; i < 20; i++) {
            ComponentBytes next = new ComponentBytes();
            next.exportComponent("a", next.outerComponent(1, last));
            next.exportComponent("b", next.outerComponent(1, Math.max(0, last - 1)));
            last = c.component(next);
        }
        c.exportComponent("c", last);
        String message = refusal(c);
        assertTrue(message.contains("more than 100 exports of components"), message);
    }

    @Test
    void startFunctionsThatTrapAndModulesThatAreClosed() {
        ComponentBytes c = new ComponentBytes();
        c.instantiate(imported(c), -1);
        CompiledModule trapping = module("(module (func $s unreachable) (start $s))");
        linker.module("", "m", trapping);
        assertThrows(TrapException.class, () -> make(c));
        trapping.close();
        assertThrows(IllegalStateException.class, () -> make(c));
        try (Engine other = new Engine()) {
            CompiledModule foreign =
                    CompiledModule.load(other, CrossCompiler.compile("module", wasm("(module)"), OPTIONS));
            assertThrows(IllegalArgumentException.class, () -> linker.module("", "m", foreign));
        }
    }
}
