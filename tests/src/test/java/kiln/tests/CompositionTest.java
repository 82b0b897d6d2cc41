package kiln.tests;

import static kiln.tests.ComponentBytes.ALIAS;
import static kiln.tests.ComponentBytes.CANON;
import static kiln.tests.ComponentBytes.CORE_INSTANCE;
import static kiln.tests.ComponentBytes.EXPORT;
import static kiln.tests.ComponentBytes.IMPORT;
import static kiln.tests.ComponentBytes.INSTANCE;
import static kiln.tests.ComponentBytes.TYPE;
import static kiln.tests.ComponentBytes.bytes;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import kiln.artifact.Artifact;
import kiln.artifact.component.ComponentPlan;
import kiln.artifact.component.ComponentPlan.LowerImport;
import kiln.artifact.component.ComponentPlan.LowerLift;
import kiln.compiler.CompileException;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.runtime.Engine;
import kiln.runtime.Store;
import kiln.runtime.component.Component;
import kiln.runtime.component.ComponentInstance;
import kiln.runtime.component.ComponentLinker;
import org.junit.jupiter.api.Test;

/** Components that are put together by the names of what they import and export. */
class CompositionTest {
    private static final int U32 = 0x79;
    private static final int STRING = 0x73;

    /** {@code f: func(x: u32) -> u32}, or with another type. */
    private static byte[] function(int type) {
        return bytes(0x40, 1, "x", type, 0, U32);
    }

    /** Exports {@code name} with {@code f}, which adds 1. */
    private static byte[] lib(String name) {
        return new ComponentBytes()
                .module("(module (func (export \"f\") (param i32) (result i32)"
                        + " (i32.add (local.get 0) (i32.const 1))))")
                .one(CORE_INSTANCE, 0, 0, 0)
                .one(ALIAS, 0, 0, 1, 0, "f")
                .one(TYPE, (Object) function(U32))
                .one(CANON, 0, 0, 0, 0, 0)
                .one(INSTANCE, 1, 1, 0, "f", 1, 0)
                .one(EXPORT, 0, name, 5, 0, 0)
                .toArray();
    }

    /** Imports {@code name} and exports {@code run}, which calls it twice. */
    private static byte[] app(String name) {
        return app(name, "run");
    }

    private static byte[] app(String name, String export) {
        ComponentBytes c = new ComponentBytes()
                .one(TYPE, 0x42, 2, 1, function(U32), 4, 0, "f", 1, 0)
                .one(IMPORT, 0, name, 5, 0)
                .one(ALIAS, 1, 0, 0, "f");
        return calling(c, "(call $f (call $f (local.get 0)))", 1, export);
    }

    /**
     * Ends a component whose only function is what it imports.
     *
     * @param body of the function that is exported, which calls {@code $f}
     * @param type number of the next type
     */
    private static byte[] calling(ComponentBytes c, String body, int type, String export) {
        return c.one(CANON, 1, 0, 0, 0)
                .one(CORE_INSTANCE, 1, 1, "f", 0, 0)
                .module("(module (func $f (import \"lib\" \"f\") (param i32) (result i32))"
                        + "(func (export \"run\") (param i32) (result i32) " + body + "))")
                .one(CORE_INSTANCE, 0, 0, 1, "lib", 0x12, 0)
                .one(ALIAS, 0, 0, 1, 1, "run")
                .one(TYPE, (Object) function(U32))
                .one(CANON, 0, 0, 1, 0, type)
                .one(EXPORT, 0, export, 1, 1, 0)
                .toArray();
    }

    private static ComponentPlan link(byte[]... components) {
        List<Compiler.Input> inputs = new ArrayList<>();
        for (byte[] c : components) {
            inputs.add(new Compiler.Input(null, "c" + inputs.size() + ".wasm", c));
        }
        byte[] compiled = Compiler.link(inputs, CompilerOptions.defaults().withJobs(1));
        try (Artifact a = Artifact.of(MemorySegment.ofArray(compiled), Artifact.OpenOptions.STRICT)) {
            return a.component();
        }
    }

    @Test
    void bindsByName() {
        for (boolean reverse : new boolean[] {false, true}) {
            byte[] lib = lib("demo:a/lib");
            byte[] app = app("demo:a/lib");
            ComponentPlan plan = reverse ? link(app, lib) : link(lib, app);
            assertEquals(List.of(-1, 0, 0), plan.parents());
            assertEquals(List.of(), plan.imports());
            assertEquals(2, plan.instances().size());
            // What the whole exports is the last one's, or the one's that can be run as a command.
            assertEquals(
                    reverse ? "[demo:a/lib]" : "[run]", plan.exports().keySet().toString());
            assertInstanceOf(LowerLift.class, plan.canons().getFirst());
        }
    }

    /** The call goes from one component's code to the other's. */
    @Test
    void runs() {
        byte[] compiled = Compiler.link(
                List.of(
                        new Compiler.Input(null, "lib.wasm", lib("demo:a/lib")),
                        new Compiler.Input(null, "app.wasm", app("demo:a/lib"))),
                CompilerOptions.defaults().withJobs(1));
        try (Engine engine = new Engine();
                Store store = new Store(engine);
                Component component = Component.load(engine, compiled)) {
            ComponentInstance app = new ComponentLinker(engine).instantiate(store, component);
            assertEquals(42, app.func("run").invoke(40));
        }
    }

    /** Versions that differ in what may differ between compatible ones. */
    @Test
    void bindsByVersionTrack() {
        assertEquals(
                List.of(),
                link(lib("demo:a/lib@1.2.0"), app("demo:a/lib@1.0.3")).imports());
        assertEquals(
                List.of(),
                link(lib("demo:a/lib@0.2.0"), app("demo:a/lib@0.2.3")).imports());
        assertEquals(
                1,
                link(lib("demo:a/lib@0.3.0"), app("demo:a/lib@0.2.3")).imports().size());
        assertEquals(
                1,
                link(lib("demo:a/lib@0.0.1"), app("demo:a/lib@0.0.2")).imports().size());
        assertEquals(
                1,
                link(lib("demo:a/lib@1.0.0-rc"), app("demo:a/lib@1.0.0"))
                        .imports()
                        .size());
    }

    /** What stays open is imported once, however many components import it. */
    @Test
    void openImportsAreShared() {
        ComponentPlan plan = link(app("demo:a/host", "other"), app("demo:a/host"));
        assertEquals(1, plan.imports().size());
        assertEquals(List.of("demo:a/host", "f"), plan.imports().getFirst().path());
        assertEquals(
                1, plan.instances().stream().filter(i -> i.component() == 1).count());
        // Nobody reaches the other component's functions, but its core instance is made.
        assertEquals(2, plan.instances().size());
        assertInstanceOf(LowerImport.class, plan.canons().getFirst());
        assertEquals("[run]", plan.exports().keySet().toString());
    }

    /** {@code demo:a/res} with a resource; {@code name} with {@code f: func(x: borrow<r>) -> u32} uses it. */
    private static byte[] resourceLib(String name) {
        return new ComponentBytes()
                .one(TYPE, 0x42, 1, 4, 0, "r", 3, 1)
                .one(IMPORT, 0, "demo:a/res", 5, 0)
                .one(ALIAS, 3, 0, 0, "r")
                .module("(module (func (export \"f\") (param i32) (result i32) (local.get 0)))")
                .one(CORE_INSTANCE, 0, 0, 0)
                .one(ALIAS, 0, 0, 1, 0, "f")
                .one(TYPE, 0x68, 1)
                .one(TYPE, 0x40, 1, "x", 2, 0, U32)
                .one(CANON, 0, 0, 0, 0, 3)
                .one(INSTANCE, 1, 2, 0, "r", 3, 1, 0, "f", 1, 0)
                .one(EXPORT, 0, name, 5, 1, 0)
                .toArray();
    }

    private static byte[] resourceApp(String name) {
        ComponentBytes c = new ComponentBytes()
                .one(TYPE, 0x42, 1, 4, 0, "r", 3, 1)
                .one(IMPORT, 0, "demo:a/res", 5, 0)
                .one(ALIAS, 3, 0, 0, "r")
                .one(
                        TYPE,
                        bytes(0x42, 5),
                        bytes(2, 3, 2, 1, 1),
                        bytes(4, 0, "r", 3, 0, 0),
                        bytes(1, 0x68, 1),
                        bytes(1, 0x40, 1, "x", 2, 0, U32),
                        bytes(4, 0, "f", 1, 3))
                .one(IMPORT, 0, name, 5, 2)
                .one(ALIAS, 1, 0, 1, "f");
        return calling(c, "(call $f (local.get 0))", 3, "run");
    }

    /** A resource that both import from outside is one, so that functions that speak of it fit. */
    @Test
    void resourcesOfOpenImportsAreTheSame() {
        ComponentPlan plan = link(resourceLib("demo:a/lib"), resourceApp("demo:a/lib"));
        assertEquals(1, plan.resources().size());
        assertEquals(List.of("demo:a/res", "r"), plan.resources().getFirst().path());
        assertInstanceOf(LowerLift.class, plan.canons().getFirst());
    }

    private static String refused(byte[]... components) {
        return assertThrows(CompileException.class, () -> link(components)).getMessage();
    }

    @Test
    void mistakes() {
        byte[] app = app("demo:a/lib");
        byte[] other = new ComponentBytes()
                .one(TYPE, (Object) function(STRING))
                .one(TYPE, 0x42, 2, 1, function(STRING), 4, 0, "f", 1, 0)
                .one(IMPORT, 0, "demo:a/host", 5, 1)
                .one(EXPORT, 0, "demo:a/lib", 5, 0, 0)
                .toArray();
        assertTrue(
                refused(other, app).startsWith("c1.wasm imports demo:a/lib, but what c0.wasm exports"),
                refused(other, app));
        assertEquals(
                "c0.wasm imports demo:a/lib, which both c1.wasm and c2.wasm export",
                refused(app, lib("demo:a/lib"), lib("demo:a/lib")));
        byte[] a = through("demo:a/one", "demo:a/two");
        byte[] b = through("demo:a/two", "demo:a/one");
        assertEquals(
                "components that import from each other cannot be put together: c0.wasm -> c1.wasm -> c0.wasm",
                refused(a, b));
    }

    /** Exports what it imports under another name. */
    private static byte[] through(String from, String to) {
        return new ComponentBytes()
                .one(TYPE, 0x42, 2, 1, function(U32), 4, 0, "f", 1, 0)
                .one(IMPORT, 0, from, 5, 0)
                .one(EXPORT, 0, to, 5, 0, 0)
                .toArray();
    }

    /** An import that is handed on twice ends where it began. */
    @Test
    void handedOn() {
        ComponentPlan plan = link(lib("demo:a/one"), through("demo:a/one", "demo:a/two"), app("demo:a/two"));
        assertEquals(1, plan.lifts().stream().filter(l -> l.component() == 1).count());
        assertEquals(List.of(), plan.imports());
        assertInstanceOf(LowerLift.class, plan.canons().getFirst());
    }
}
