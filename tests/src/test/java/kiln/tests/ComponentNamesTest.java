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
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.runtime.Engine;
import kiln.runtime.Store;
import kiln.runtime.TrapException;
import kiln.runtime.component.Component;
import kiln.runtime.component.ComponentLinker;
import org.junit.jupiter.api.Test;

/** Backtraces name the component instances that functions belong to, and the adapters between them. */
class ComponentNamesTest {
    private static final int U32 = 0x79;
    private static final byte[] FUNCTION = bytes(0x40, 1, "x", U32, 0, U32);

    private static byte[] subsection(int id, Object... parts) {
        byte[] contents = bytes(parts);
        return bytes(id, contents.length, contents);
    }

    /** Exports f, which traps. */
    private static ComponentBytes lib() {
        return new ComponentBytes()
                .module("(module $own (func $trap (export \"f\") (param i32) (result i32) unreachable))")
                .one(CORE_INSTANCE, 0, 0, 0)
                .one(ALIAS, 0, 0, 1, 0, "f")
                .one(TYPE, (Object) FUNCTION)
                .one(CANON, 0, 0, 0, 0, 0)
                .one(EXPORT, 0, "f", 1, 0, 0);
    }

    /** Exports run, which calls the f that it imports. */
    private static ComponentBytes app() {
        return new ComponentBytes()
                .one(TYPE, (Object) FUNCTION)
                .one(IMPORT, 0, "f", 1, 0)
                .one(CANON, 1, 0, 0, 0)
                .one(CORE_INSTANCE, 1, 1, "f", 0, 0)
                .module("(module (func $f (import \"lib\" \"f\") (param i32) (result i32))"
                        + "(func $go (export \"run\") (param i32) (result i32) (call $f (local.get 0))))")
                .one(CORE_INSTANCE, 0, 0, 1, "lib", 0x12, 0)
                .one(ALIAS, 0, 0, 1, 1, "run")
                .one(CANON, 0, 0, 1, 0, 0)
                .one(EXPORT, 0, "run", 1, 1, 0);
    }

    /** An instance of the first and one of the second that imports from it; exports run. */
    private static ComponentBytes both(ComponentBytes lib, ComponentBytes app) {
        return new ComponentBytes()
                .component(lib)
                .component(app)
                .one(INSTANCE, 0, 0, 0)
                .one(ALIAS, 0x01, 0x00, 0, "f")
                .one(INSTANCE, 0, 1, 1, "f", 1, 0)
                .one(ALIAS, 0x01, 0x00, 1, "run")
                .one(EXPORT, 0, "run", 1, 1, 0);
    }

    private static List<String> frames(byte[] component, int level) {
        CompilerOptions options =
                CompilerOptions.defaults().withJobs(1).withOptLevel(level).withCheck(true);
        try (Engine engine = new Engine();
                Store store = new Store(engine);
                Component c = Component.load(engine, Compiler.compile("a.wasm", component, options))) {
            var run = new ComponentLinker(engine).instantiate(store, c).func("run");
            TrapException e = assertThrows(TrapException.class, () -> run.invoke(1));
            assertEquals("app/parser", e.getStackTrace()[2].getClassName());
            return e.frames().stream().map(f -> f.module() + "!" + f.function()).toList();
        }
    }

    @Test
    void instancesAreCalledWhatTheComponentSays() {
        byte[] named = both(
                        lib().custom("component-name", subsection(0, "lib"), subsection(1, 0, 0x12, 1, 0, "calc")),
                        app().custom("component-name", subsection(1, 0, 0x11, 1, 0, "unused"))
                                .custom("component-name", subsection(1, 0, 0x12, 1, 1, "parser")))
                .custom("component-name", subsection(1, 5, 1, 1, "app"), subsection(1, 4, 1, 0, "unused"))
                .toArray();
        for (int level : new int[] {0, 2}) {
            assertEquals(List.of("lib/calc!trap", "lib/calc!adapter of f", "app/parser!go"), frames(named, level));
        }
    }

    /** Without names of instances: those of components and modules; else their numbers. */
    @Test
    void othersAreCalledWhatTheyAreMadeOf() {
        byte[] component = both(
                        lib(), app().custom("component-name", subsection(1, 0, 0x11, 1, 0, "parser"), subsection(1, 5)))
                .custom("component-name", subsection(1, 4, 1, 1, "app"), bytes(1, 0x7F, 1))
                .toArray();
        assertEquals(
                List.of("component1/own!trap", "component1/own!adapter of f", "app/parser!go"), frames(component, 2));
    }
}
