package kiln.tests.components;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.runtime.Engine;
import kiln.runtime.LinkException;
import kiln.runtime.Store;
import kiln.runtime.component.Component;
import kiln.runtime.component.ComponentInstance;
import kiln.runtime.component.ComponentLinker;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a component imports is compared with what is defined when it is linked, before any value passes. */
class ImportTypesTest {
    private static final List<Integer> LIST = List.of(0x70, -1);
    private static final List<Integer> TUPLE = List.of(0x6F, 2, -1, -1);
    private static final int TYPE_OF_STRING = ComponentBytes.STRING - 128;
    private static final int TYPE_OF_U32 = ComponentBytes.U32 - 128;

    private Engine engine;
    private Store store;

    @BeforeEach
    void open() {
        engine = new Engine();
        store = new Store(engine);
    }

    @AfterEach
    void close() {
        store.close();
        engine.close();
    }

    private static int u32(ComponentBytes c) {
        return c.funcType(ComponentBytes.U32, ComponentBytes.U32);
    }

    /** Imports f of type u32 to u32 and exports run, which calls it; or g, with lists, which is only called. */
    private static byte[] importer(boolean lists) {
        ComponentBytes c = new ComponentBytes();
        int type;
        if (lists) {
            int strings = c.type(LIST, List.of(TYPE_OF_STRING));
            int tuple = c.type(TUPLE, List.of(TYPE_OF_U32, strings));
            type = c.function(List.of(tuple), strings);
        } else {
            type = u32(c);
        }
        int f = c.importFunc("f", type);
        int memory = c.memory(
                c.instantiate(
                        c.module("(module (memory (export \"m\") 1)"
                                + "(func (export \"r\") (param i32 i32 i32 i32) (result i32) unreachable))"),
                        -1),
                "m");
        int realloc = c.coreFunc(0, "r");
        int lowered = c.lower(f, lists ? ComponentBytes.options(memory, realloc) : List.of());
        int given = c.coreExports(Map.of("f", lowered));
        String core = lists ? "(param i32 i32 i32 i32)" : "(param i32) (result i32)";
        int m = c.module("(module (func $f (import \"\" \"f\") " + core + ")"
                + "(func (export \"run\") (param i32) (result i32) "
                + (lists
                        ? "(call $f (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)) (i32.const 0)"
                        : "(call $f (local.get 0))")
                + "))");
        int run = c.coreFunc(c.instantiate(m, given), "run");
        c.exportFunc("run", c.lift(run, u32(c), List.of()));
        return c.bytes();
    }

    /** Exports f of type u32 to u32, which adds 1. */
    private static byte[] exporter(String name) {
        ComponentBytes c = new ComponentBytes();
        int m = c.module(
                "(module (func (export \"f\") (param i32) (result i32)" + " (i32.add (local.get 0) (i32.const 1))))");
        c.exportFunc(name, c.lift(c.coreFunc(c.instantiate(m, -1), "f"), u32(c), List.of()));
        return c.bytes();
    }

    private Component load(byte[] component) {
        return Component.load(
                engine,
                Compiler.compile("c.wasm", component, CompilerOptions.defaults().withJobs(1)));
    }

    private String problem(ComponentLinker linker, byte[] component) {
        try (Component c = load(component)) {
            return assertThrows(LinkException.class, () -> linker.instantiate(store, c))
                    .getMessage();
        }
    }

    private ComponentLinker with(String type) {
        return new ComponentLinker(engine).func("", "f", type, (_, args) -> args[0]);
    }

    @Test
    void functionsOfTheHost() {
        try (Component c = load(importer(false))) {
            assertEquals(
                    7,
                    with("func(any-name: u32) -> u32")
                            .instantiate(store, c)
                            .func("run")
                            .invoke(7));
        }
        assertTrue(problem(with("func(a: u32, b: u32) -> u32"), importer(false))
                .contains("import f is func(p0: u32) -> u32, but what is defined is func(a: u32, b: u32) -> u32"));
        assertTrue(problem(with("func(a: s32) -> u32"), importer(false)).contains("defined is func(a: s32) -> u32"));
        assertTrue(problem(with("func(a: u32)"), importer(false)).contains("defined is func(a: u32)"));
    }

    /** What was found is remembered, until something else is defined. */
    @Test
    void laterDefinitionsCount() {
        try (Component c = load(importer(false));
                Component other = load(importer(false))) {
            ComponentLinker linker = with("func(a: u32) -> u32");
            for (Component each : List.of(c, c, other, c)) {
                assertEquals(7, linker.instantiate(store, each).func("run").invoke(7));
            }
            linker.func("", "f", (_, _) -> 9);
            assertEquals(9, linker.instantiate(store, c).func("run").invoke(7));
            linker.func("", "f", "func()", (_, _) -> null);
            assertThrows(LinkException.class, () -> linker.instantiate(store, c));
        }
    }

    @Test
    void typesThatAreMadeOfOthers() {
        String type = "func(p0: tuple<u32, list<string>>) -> list<string>";
        try (Component c = load(importer(true))) {
            with(type).instantiate(store, c);
        }
        String problem = problem(with(type.replace("u32", "s32")), importer(true));
        assertTrue(
                problem.contains("import f is " + type + ", but what is defined is " + type.replace("u32", "s32")),
                problem);
        String missing = problem(new ComponentLinker(engine), importer(true));
        assertTrue(missing.contains("unknown import f: " + type), missing);
    }

    @Test
    void functionsOfOtherInstances() {
        try (Component lib = load(exporter("f"));
                Component app = load(importer(false))) {
            ComponentInstance made = new ComponentLinker(engine).instantiate(store, lib);
            ComponentLinker linker = new ComponentLinker(engine).instance("", made);
            assertEquals(8, linker.instantiate(store, app).func("run").invoke(7));
            String problem = problem(linker, importer(true));
            assertTrue(problem.contains("but what is defined is func(p0: u32) -> u32"), problem);
        }
    }

    /** Something of the same name that is no function. */
    @Test
    void otherKinds() {
        ComponentLinker linker = new ComponentLinker(engine).func("f", "g", (_, _) -> null);
        String problem = problem(linker, importer(false));
        assertTrue(problem.contains("import f is of kind function, but what is defined is of kind instance"), problem);
    }

    @Test
    void textsOfTypes() {
        for (String type : new String[] {
            "func()",
            "func() -> result<_, string>",
            "func(a: option<list<tuple<u8, char>>>, b: map<string, f64>) -> result",
            "func(a: variant { none, some(list<u8, 4>) }, b: flags { x, y }, c: enum { on, off })",
            "func(self: borrow<blob>) -> blob"
        }) {
            String problem = problem(with(type), importer(false));
            assertTrue(problem.contains("what is defined is " + type), problem);
        }
        for (String type : new String[] {
            "",
            "func",
            "func(",
            "func(a)",
            "func(a: u32,)",
            "func() -> ",
            "func() u32",
            "func(a: list)",
            "func(a: list<u8, 0>)",
            "func(a: record {})",
            "func(a: enum { a, a })",
            "func(a: option<u8, u8>)",
            "func(a: list<u64, 1000000000>)",
            "func(a: " + "list<".repeat(200) + "u8" + ">".repeat(200) + ")"
        }) {
            String message = assertThrows(IllegalArgumentException.class, () -> with(type))
                    .getMessage();
            assertTrue(message.matches("(?s).*\\(at character \\d+\\)"), message);
        }
    }
}
