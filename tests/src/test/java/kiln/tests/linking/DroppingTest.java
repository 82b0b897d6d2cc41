package kiln.tests.linking;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import kiln.artifact.Artifact;
import kiln.artifact.Fate;
import kiln.artifact.FuncKey;
import kiln.artifact.api.TrapCode;
import kiln.compiler.CompileException;
import kiln.compiler.CompilerOptions;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.Instance;
import kiln.runtime.TrapException;
import org.junit.jupiter.api.Test;

/** Functions that can never run are left out of the file. */
class DroppingTest extends LinkingFixture {
    /** Without optimisation, so that nothing but reachability decides. */
    private static final CompilerOptions PLAIN = OPTIONS.withOptLevel(0);

    private static final Set<String> DEAD =
            Set.of("uncalled", "uninitialised", "deadReferred", "deadRefers", "deadGlobal", "dead", "deadToo");

    @Test
    void whatCannotRunIsDropped() {
        Set<String> names = functions(open(compile("dropping", PLAIN)));
        DEAD.forEach(name -> assertFalse(names.contains(name), name));
        Set.of("start", "fromStart", "leaf", "middle", "tabled", "tabled2", "initialised", "referred", "global")
                .forEach(name -> assertTrue(names.contains(name), name));
    }

    @Test
    void everythingIsKeptOnRequest() {
        assertTrue(functions(open(compile("dropping", PLAIN.withKeepAll(true)))).containsAll(DEAD));
    }

    @Test
    void whatIsLeftRuns() {
        for (boolean keepAll : new boolean[] {false, true}) {
            try (Engine engine = new Engine();
                    CompiledModule module =
                            CompiledModule.load(engine, compile("dropping", OPTIONS.withKeepAll(keepAll)));
                    Instance instance = Instance.create(module)) {
                assertEquals(7, instance.func("started").invoke());
                assertEquals(33, instance.func("run").invoke(10));
                assertEquals(100, instance.func("indirect").invoke(0));
                assertEquals(102, instance.func("indirect").invoke(2));
                // The function is gone, but its place in the table still is not null.
                TrapException e = assertThrows(
                        TrapException.class, () -> instance.func("indirect").invoke(1));
                assertEquals(TrapCode.BAD_SIGNATURE, e.code());
                instance.func("init").invoke();
                assertEquals(0, instance.func("refer").invoke());
                assertEquals(0, instance.func("global").invoke());
            }
        }
    }

    @Test
    void droppedFunctionsAreValidated() {
        CompileException e = assertThrows(CompileException.class, () -> compile("invalid-dropped", OPTIONS));
        assertTrue(e.getMessage().contains("type mismatch"), e.getMessage());
        assertTrue(e.getMessage().contains("function 1"), e.getMessage());
    }

    @Test
    void exportedTableKeepsItsFunctions() {
        assertEquals(Set.of("a", "b"), functions(open(compile("open-table", PLAIN))));
    }

    @Test
    void trampolinesAreThereForWhatEscapes() {
        Artifact artifact = open(compile("dropping", PLAIN));
        List<FuncKey> keys = keys(artifact);
        assertTrue(keys.stream().noneMatch(k -> k.kind() == FuncKey.Kind.WASM_TO_ARRAY), "nothing is imported");
        // Of the six signatures of functions, those of exports: () -> i32, i32 -> i32, () -> ().
        assertEquals(
                3,
                keys.stream()
                        .filter(k -> k.kind() == FuncKey.Kind.ARRAY_TO_WASM)
                        .count());
    }

    @Test
    void theFileTellsWhy() {
        List<Fate> fates = open(compile("dropping", PLAIN)).fates().getFirst();
        assertEquals(new Fate(Fate.Kind.START, 0), fates.get(0));
        assertEquals(new Fate(Fate.Kind.CALL, 0, 4), fates.get(3), "leaf, by middle");
        assertEquals(Fate.Kind.EXPORT, fates.get(5).kind());
        assertEquals(new Fate(Fate.Kind.TABLE, 0, 11), fates.get(7), "tabled2, through the table by indirect");
        assertEquals(Fate.UNREACHABLE, fates.get(8));
        assertEquals(new Fate(Fate.Kind.TABLE, 1, 12), fates.get(9), "initialised, by init");
        assertEquals(new Fate(Fate.Kind.REFERENCE, 0, 14), fates.get(13));
        assertEquals(new Fate(Fate.Kind.GLOBAL, 0, 19), fates.get(17));
    }

    @Test
    void threadsMakeNoDifference() {
        assertArrayEquals(compile("dropping", OPTIONS), compile("dropping", OPTIONS.withJobs(4)));
    }
}
