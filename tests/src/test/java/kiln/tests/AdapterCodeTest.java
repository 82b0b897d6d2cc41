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

import java.lang.foreign.MemorySegment;
import java.util.List;
import kiln.artifact.Artifact;
import kiln.artifact.FuncKey;
import kiln.artifact.api.TrapCode;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.runtime.Engine;
import kiln.runtime.Store;
import kiln.runtime.TrapException;
import kiln.runtime.component.Component;
import kiln.runtime.component.ComponentInstance;
import kiln.runtime.component.ComponentLinker;
import org.junit.jupiter.api.Test;

/** Calls between components in machine code: which code there is for them, and that all ways to it lead there. */
class AdapterCodeTest {
    private static final int U32 = 0x79;
    private static final byte[] FUNCTION = bytes(0x40, 1, "x", U32, 0, U32);

    /** Exports f, which adds 1, and traps for 0. */
    private static final byte[] LIB = new ComponentBytes()
            .module("(module (func (export \"f\") (param i32) (result i32)"
                    + " (if (i32.eqz (local.get 0)) (then unreachable)) (i32.add (local.get 0) (i32.const 1))))")
            .one(CORE_INSTANCE, 0, 0, 0)
            .one(ALIAS, 0, 0, 1, 0, "f")
            .one(TYPE, (Object) FUNCTION)
            .one(CANON, 0, 0, 0, 0, 0)
            .one(INSTANCE, 1, 1, 0, "f", 1, 0)
            .one(EXPORT, 0, "demo:a/lib", 5, 0, 0)
            .toArray();

    /** Exports run, which does with $f what {@code body} says. */
    private static byte[] app(String fields, String body) {
        return new ComponentBytes()
                .one(TYPE, 0x42, 2, 1, FUNCTION, 4, 0, "f", 1, 0)
                .one(IMPORT, 0, "demo:a/lib", 5, 0)
                .one(ALIAS, 1, 0, 0, "f")
                .one(CANON, 1, 0, 0, 0)
                .one(CORE_INSTANCE, 1, 1, "f", 0, 0)
                .module("(module (type $t (func (param i32) (result i32)))"
                        + "(func $f (import \"lib\" \"f\") (type $t))" + fields
                        + "(func (export \"run\") (type $t) " + body + "))")
                .one(CORE_INSTANCE, 0, 0, 1, "lib", 0x12, 0)
                .one(ALIAS, 0, 0, 1, 1, "run")
                .one(TYPE, (Object) FUNCTION)
                .one(CANON, 0, 0, 1, 0, 1)
                .one(EXPORT, 0, "run", 1, 1, 0)
                .toArray();
    }

    private static byte[] compile(byte[] app, int level) {
        return Compiler.link(
                List.of(new Compiler.Input(null, "lib.wasm", LIB), new Compiler.Input(null, "app.wasm", app)),
                CompilerOptions.defaults().withJobs(1).withOptLevel(level).withCheck(true));
    }

    private static int adapters(byte[] compiled) {
        int n = 0;
        try (Artifact a = Artifact.of(MemorySegment.ofArray(compiled), Artifact.OpenOptions.STRICT)) {
            for (int i = 0; i < a.index().entries(); i++) {
                boolean isAdapter = FuncKey.ofRaw(a.index().key(i)).kind() == FuncKey.Kind.COMPONENT_ADAPTER;
                n += isAdapter && a.index().length(i) > 0 ? 1 : 0;
            }
        }
        return n;
    }

    private static void run(byte[] compiled) {
        try (Engine engine = new Engine();
                Store store = new Store(engine);
                Component component = Component.load(engine, compiled)) {
            ComponentInstance app = new ComponentLinker(engine).instantiate(store, component);
            assertEquals(41, app.func("run").invoke(40));
            TrapException e =
                    assertThrows(TrapException.class, () -> app.func("run").invoke(0));
            assertEquals(TrapCode.UNREACHABLE, e.code());
            assertEquals(
                    List.of("lib/instance0!f", "lib/instance0!adapter of f", "app/instance1!run"),
                    e.frames().stream()
                            .map(f -> f.module() + "!" + f.function())
                            .toList());
        }
    }

    @Test
    void directCallsAreInlined() {
        byte[] app = app("", "(call $f (local.get 0))");
        byte[] plain = compile(app, 0);
        assertEquals(1, adapters(plain));
        run(plain);
        byte[] inlined = compile(app, 2);
        assertEquals(0, adapters(inlined), "copied to its only call");
        run(inlined);
    }

    /** Toolchains make all calls that need a memory through a table, which has to exist before the memory does. */
    @Test
    void callsThroughTablesAreOfTheSameCode() {
        String table = "(table $table 1 1 funcref) (elem (i32.const 0) func $f)";
        for (int level : new int[] {0, 2}) {
            byte[] compiled =
                    compile(app(table, "(call_indirect $table (type $t) (local.get 0) (i32.const 0))"), level);
            assertEquals(1, adapters(compiled));
            run(compiled);
        }
    }

    @Test
    void tailCallsAreOfTheSameCode() {
        for (int level : new int[] {0, 2}) {
            byte[] compiled = compile(app("", "(return_call $f (local.get 0))"), level);
            assertEquals(1, adapters(compiled));
            try (Engine engine = new Engine();
                    Store store = new Store(engine);
                    Component component = Component.load(engine, compiled)) {
                ComponentInstance app = new ComponentLinker(engine).instantiate(store, component);
                assertEquals(41, app.func("run").invoke(40));
            }
        }
    }
}
