package kiln.tests.bombs;

import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;

/** No depth of nesting, of control or of expressions, or of calls that are inlined, needs more than a small stack. */
@DisabledIfSystemProperty(named = "kiln.emulated", matches = "true", disabledReason = "recurses as deeply there")
class DeepNestingTest {
    /** Less than what HotSpot gives a thread by default, by far. */
    private static final long STACK_BYTES = 256 << 10;
    /** As if sizes of {@link BombsTest} were multiplied. */
    private static final int FACTOR = 16;

    private static final Set<String> DEEP = Set.of(
            "nested blocks, nothing in them",
            "nested loops, nothing in them",
            "nested ifs, nothing in them",
            "nested ifs in else",
            "nested loops with branches out",
            "operand stack of thousands",
            "deep expression to the right",
            "deep expression to the left",
            "constants added up",
            "selects in a chain",
            "extensions in a chain",
            "comparisons in a chain",
            "values doubled",
            "br_if in a chain",
            "a chain of functions, each called once",
            "a chain of functions, called twice",
            "functions in a ring",
            "a chain of types, each referring to the last",
            "globals, each with the value of the last",
            "a long constant expression",
            "a long constant expression of an imported global");

    static List<Bomb> families() {
        return BombReport.families().stream()
                .filter(b -> DEEP.contains(b.name()))
                .toList();
    }

    @TestFactory
    Stream<DynamicTest> aSmallStackIsEnough() {
        return families().stream()
                .map(bomb -> DynamicTest.dynamicTest(bomb.name(), () -> {
                    byte[][] modules = bomb.modules().apply(bomb.n() * FACTOR);
                    for (String way : CompileTask.WAYS) {
                        assertNull(compile(modules, way), way);
                    }
                }));
    }

    /** What went wrong, or null. */
    private static Throwable compile(byte[][] modules, String way) throws InterruptedException {
        Throwable[] failure = new Throwable[1];
        Thread t = new Thread(
                null,
                () -> {
                    try {
                        new CompileTask().applyAsInt(modules, way);
                    } catch (Throwable e) {
                        failure[0] = e;
                    }
                },
                "small stack",
                STACK_BYTES);
        t.start();
        t.join();
        return failure[0];
    }
}
