package kiln.tests.linking;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import kiln.artifact.Artifact;
import kiln.artifact.Fate;
import kiln.artifact.api.TrapCode;
import kiln.compiler.CompilerOptions;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.Instance;
import kiln.runtime.TrapException;
import kiln.runtime.WasmFrame;
import org.junit.jupiter.api.Test;

/** Calls that are replaced by copies of what they call: nobody can tell, except by the clock and the size. */
class InliningTest extends LinkingFixture {
    private static final List<String> COPIED =
            List.of("square", "clamp", "swap", "sum", "divide", "load", "both", "fail", "stop");

    private static void with(String name, CompilerOptions options, java.util.function.Consumer<Instance> body) {
        try (Engine engine = new Engine();
                CompiledModule module = CompiledModule.load(engine, compile(name, options));
                Instance instance = Instance.create(module)) {
            body.accept(instance);
        }
    }

    @Test
    void copiesGiveTheSameResults() {
        for (CompilerOptions options : List.of(OPTIONS, OPTIONS.withInlining(false), OPTIONS.withInterruptible(true))) {
            with("inlining", options, i -> {
                assertEquals(61, i.func("straight").invoke(5));
                assertEquals(255, i.func("branches").invoke(-4, 500));
                assertEquals(100 << 8, i.func("branches").invoke(100, -1));
                assertEquals(7L, i.func("results").invoke(3, 10L));
                assertEquals(0L, i.func("results").invoke(0, 10L));
                assertEquals(220, i.func("loops").invoke(10));
                assertEquals(3046, i.func("effects").invoke(3));
                assertEquals(6765, i.func("fib").invoke(20));
                assertEquals(0, i.func("even").invoke(101));
                assertEquals(1, i.func("even").invoke(100));
                assertEquals(6, i.func("stops").invoke(0));
            });
        }
    }

    @Test
    void whatIsCopiedEverywhereIsDropped() {
        Artifact artifact = open(compile("inlining", OPTIONS));
        Set<String> names = functions(artifact);
        COPIED.forEach(name -> assertFalse(names.contains(name), name));
        assertTrue(names.contains("increment"), "in the table");
        Fate fate = artifact.fates().getFirst().get(0);
        assertEquals(Fate.Kind.INLINED, fate.kind());
        assertEquals(1, fate.function(), "square went into the function behind it");
        assertTrue(functions(open(compile("inlining", OPTIONS.withInlining(false))))
                .containsAll(COPIED));
        assertTrue(
                functions(open(compile("inlining", OPTIONS.withKeepAll(true)))).containsAll(COPIED));
    }

    /** A call that another call follows in any case is not worth the room of a copy. */
    @Test
    void whatAlwaysCallsIsCopiedOnlyWhereItTakesNoMoreRoom() {
        Set<String> names = functions(open(compile("inlining-calls", OPTIONS)));
        assertTrue(names.containsAll(Set.of("slow", "mix")), names::toString);
        assertFalse(names.contains("skim"), "it may return without a call");
        for (CompilerOptions options : List.of(OPTIONS, OPTIONS.withInlining(false))) {
            with("inlining-calls", options, i -> {
                assertEquals(-863_997_106, i.func("mixes").invoke(40));
                assertEquals(7_950_246, i.func("skims").invoke(40));
            });
        }
    }

    private static List<WasmFrame> trap(Instance instance, TrapCode code, String function, Object... args) {
        TrapException e =
                assertThrows(TrapException.class, () -> instance.func(function).invoke(args));
        assertEquals(code, e.code());
        return e.frames();
    }

    /** Each frame of the stack holds several copies of the function, which count like calls. */
    @Test
    void endlessRecursionIsTracedNoFurtherThanJavaDoes() {
        with(
                "inlining",
                OPTIONS,
                i -> assertEquals(
                        1024, trap(i, TrapCode.STACK_CHECK, "fib", 1 << 30).size()));
    }

    private static List<List<WasmFrame>> traps(CompilerOptions options) {
        List<List<WasmFrame>> result = new ArrayList<>();
        with("inlining", options, i -> {
            result.add(trap(i, TrapCode.INTEGER_DIVIDE_BY_ZERO, "traps", 1, 0));
            result.add(trap(i, TrapCode.INTEGER_OVERFLOW, "traps", Integer.MIN_VALUE, -1));
            result.add(trap(i, TrapCode.MEMORY_OUT_OF_BOUNDS, "traps", 1 << 20, 3));
            result.add(trap(i, TrapCode.UNREACHABLE, "fails", 0));
            result.add(trap(i, TrapCode.UNREACHABLE, "stops", 4));
        });
        return result;
    }

    @Test
    void backtracesShowTheFunctionsAsWritten() {
        List<List<WasmFrame>> written = traps(OPTIONS.withOptLevel(0));
        List<List<WasmFrame>> copied = traps(OPTIONS);
        assertEquals(written, copied);
        assertEquals(
                List.of("divide", "both", "traps"),
                copied.getFirst().stream().map(WasmFrame::function).toList());
        assertEquals(written, traps(OPTIONS.withExplicitBounds(true)));
    }

    @Test
    void endlessRecursionIsStopped() {
        with("inlining", OPTIONS, i -> {
            List<WasmFrame> frames = trap(i, TrapCode.STACK_CHECK, "endless", 0);
            assertTrue(frames.size() > 100);
            assertTrue(frames.stream().allMatch(f -> f.function().equals("endless")));
            assertEquals(6765, i.func("fib").invoke(20), "the instance is intact");
        });
    }

    @Test
    void tailCallsInCopiesAndCopiesInPlaceOfTailCalls() {
        for (CompilerOptions options : List.of(OPTIONS, OPTIONS.withInlining(false))) {
            with("tailcalls", options, i -> {
                assertEquals(30_000_000, i.func("call").invoke(10_000_000));
                assertEquals(17, i.func("tail").invoke(0));
                assertEquals(1, i.func("tail").invoke(1));
                assertEquals(12, i.func("tail").invoke(5));
                assertEquals(2, i.func("ping").invoke(10_000_001));
            });
        }
    }

    @Test
    void sitesAreStrippedWithOffsets() {
        assertNotNull(open(compile("inlining", OPTIONS)).inlines());
        assertNull(open(compile("inlining", OPTIONS.withStrip(CompilerOptions.Strip.OFFSETS)))
                .inlines());
    }

    @Test
    void threadsMakeNoDifference() {
        for (String name : List.of("inlining", "tailcalls")) {
            byte[] one = compile(name, OPTIONS);
            for (int i = 0; i < 5; i++) {
                assertArrayEquals(one, compile(name, OPTIONS.withJobs(4)));
            }
        }
    }
}
