package kiln.tests.components;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import kiln.artifact.api.TrapCode;
import kiln.compiler.CompileException;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.runtime.Engine;
import kiln.runtime.Store;
import kiln.runtime.TrapException;
import kiln.runtime.component.Component;
import kiln.runtime.component.ComponentFunc;
import kiln.runtime.component.ComponentLinker;
import kiln.tests.cross.CrossCompiler;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * What adapters of other engines got wrong, where it needs whole memories; tests/README.md has the list of all, with
 * the tests for them.
 */
class KnownBugsTest {
    private static final int U32 = -7;
    private static final int STRING = -13;
    /** Strings and lists have fewer bytes. */
    private static final int LIMIT = 1 << 28;

    private final Engine engine = new Engine();
    private final Store store = new Store(engine);

    @AfterEach
    void close() {
        store.close();
        engine.close();
    }

    /**
     * Two components in one: {@code run(pointer, length)} passes what lies there in the caller to the callee.
     *
     * @param type of the value, in both
     * @param memory of the caller: its limits and page size
     * @param realloc body of the callee's function of that name
     */
    private ComponentFunc pass(
            int from, int to, java.util.function.ToIntFunction<ComponentBytes> type, String memory, String realloc) {
        ComponentBytes callee = new ComponentBytes(to);
        int t = type.applyAsInt(callee);
        int code = callee.instantiate(callee.module("""
                (module
                  (memory (export "memory") 1)
                  (func (export "realloc") (param i32 i32 i32 i32) (result i32) %s)
                  (func (export "f") (param i32 i32) (result i32) (local.get 1)))
                """.formatted(realloc)), -1);
        List<Integer> options = ComponentBytes.options(callee.memory(code, "memory"), callee.coreFunc(code, "realloc"));
        callee.exportFunc("f", callee.lift(callee.coreFunc(code, "f"), callee.function(List.of(t), U32), options));

        ComponentBytes caller = new ComponentBytes(from);
        t = type.applyAsInt(caller);
        int imported = caller.importFunc("f", caller.function(List.of(t), U32));
        int data = caller.instantiate(caller.module("(module (memory (export \"memory\") " + memory + "))"), -1);
        int lowered = caller.lower(imported, ComponentBytes.memoryOption(caller.memory(data, "memory")));
        code = caller.instantiate(caller.module("""
                (module
                  (import "" "f" (func $f (param i32 i32) (result i32)))
                  (func (export "run") (param i32 i32) (result i32) (call $f (local.get 0) (local.get 1))))
                """), caller.coreExports(Map.of("f", lowered)));
        caller.exportFunc(
                "run", caller.lift(caller.coreFunc(code, "run"), caller.function(List.of(U32, U32), U32), List.of()));

        ComponentBytes c = new ComponentBytes();
        int inner = c.instance(c.component(callee), null, 0);
        int outer = c.instance(c.component(caller), "f", c.func(inner, "f"));
        c.exportFunc("run", c.func(outer, "run"));
        Component component = Component.load(
                engine,
                CrossCompiler.compile(
                        "bug", c.bytes(), CompilerOptions.defaults().withJobs(1)));
        return new ComponentLinker(engine).instantiate(store, component).func("run");
    }

    private static TrapCode trap(ComponentFunc run, int pointer, int length) {
        return assertThrows(TrapException.class, () -> run.invoke(pointer, length))
                .code();
    }

    /** bytecodealliance/wasmtime#12886: whether a string is too long was off by one, in two of the conversions. */
    @Test
    void theLongestString() {
        int[][] longest = {
            // By what is read, or by the room that is made first, whichever is larger.
            {LIMIT - 1, LIMIT / 2 - 1, LIMIT - 1},
            {LIMIT / 2 - 1, LIMIT / 2 - 1, LIMIT / 2 - 1},
            {LIMIT - 1, LIMIT / 2 - 1, LIMIT - 1}
        };
        String pages = Integer.toString(LIMIT / 65536 + 1);
        for (int from = 0; from < 3; from++) {
            for (int to = 0; to < 3; to++) {
                String pair = from + " to " + to;
                // That it is asked for room shows that the length was right; so nothing needs to be copied.
                assertEquals(
                        TrapCode.UNREACHABLE,
                        trap(pass(from, to, _ -> STRING, pages, "unreachable"), 0, longest[from][to]),
                        pair);
                assertEquals(
                        TrapCode.STRING_OUT_OF_BOUNDS,
                        trap(pass(from, to, _ -> STRING, pages, "unreachable"), 0, longest[from][to] + 1),
                        pair);
            }
        }
    }

    /** bytecodealliance/wasmtime#13059: ends of memories whose pages are no multiples of 64 KiB. */
    @Test
    void endsOfMemoriesWithSmallPages() {
        java.util.function.ToIntFunction<ComponentBytes> bytes = c -> c.type(List.of(0x70, -1), List.of(-3));
        for (java.util.function.ToIntFunction<ComponentBytes> type :
                Arrays.<java.util.function.ToIntFunction<ComponentBytes>>asList(bytes, _ -> STRING)) {
            String memory = "100 (pagesize 1)";
            assertEquals(4, pass(0, 0, type, memory, "(i32.const 64)").invoke(96, 4));
            assertEquals(0, pass(0, 0, type, memory, "(i32.const 64)").invoke(100, 0));
            for (int[] beyond : new int[][] {{97, 4}, {0, 101}, {101, 0}, {4096, 1}}) {
                TrapCode code = trap(pass(0, 0, type, memory, "(i32.const 64)"), beyond[0], beyond[1]);
                assertTrue(
                        code == TrapCode.LIST_OUT_OF_BOUNDS || code == TrapCode.STRING_OUT_OF_BOUNDS, code::toString);
            }
        }
    }

    /** bytecodealliance/wasmtime#13905: no realloc where one is needed was found while code was written. */
    @Test
    void aMissingReallocIsFoundByValidation() {
        ComponentBytes lifted = new ComponentBytes();
        int code = lifted.instantiate(
                lifted.module("(module (memory (export \"m\") 1) (func (export \"f\") (param i32 i32)))"), -1);
        int memory = lifted.memory(code, "m");
        int type = lifted.funcType(ComponentBytes.NONE, ComponentBytes.STRING);
        lifted.lift(lifted.coreFunc(code, "f"), type, ComponentBytes.memoryOption(memory));
        ComponentBytes lowered = new ComponentBytes();
        int imported = lowered.importFunc("f", lowered.function(List.of(), STRING));
        code = lowered.instantiate(lowered.module("(module (memory (export \"m\") 1))"), -1);
        lowered.lower(imported, ComponentBytes.memoryOption(lowered.memory(code, "m")));
        for (ComponentBytes c : List.of(lifted, lowered)) {
            CompileException e = assertThrows(
                    CompileException.class, () -> Compiler.compile("bug", c.bytes(), CompilerOptions.defaults()));
            assertTrue(e.getMessage().contains("realloc"), e.getMessage());
        }
    }

    /** bytecodealliance/wasmtime#8322: the end of the input in the middle of anything. */
    @Test
    void everyBeginningOfAComponentIsRefusedOrOne() {
        ComponentBytes c = new ComponentBytes();
        int code = c.instantiate(c.module("(module (func (export \"f\") (param i32) (result i32) (local.get 0)))"), -1);
        int f = c.function(List.of(U32), U32);
        int record = c.named("r", 0x72, 2, "a", U32, "b", STRING);
        c.type(List.of(0x6B, -1), List.of(record));
        c.exportFunc("f", c.lift(c.coreFunc(code, "f"), f, List.of()));
        byte[] whole = c.bytes();
        int valid = 0;
        for (int end = 0; end < whole.length; end++) {
            byte[] part = Arrays.copyOf(whole, end);
            try {
                Compiler.compile("part", part, CompilerOptions.defaults().withJobs(1));
                valid++;
            } catch (CompileException e) {
                assertTrue(e.getMessage().contains("part"), e.getMessage());
            }
        }
        assertTrue(valid > 3 && valid < 15, "between sections: " + valid);
    }
}
