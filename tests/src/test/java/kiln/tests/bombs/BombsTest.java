package kiln.tests.bombs;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;

/**
 * Compilation costs in proportion to its input, whatever the input: of each family of modules, twice the size is at
 * most {@link #GROWTH} times the steps and the allocated bytes. {@link BombReport} prints the numbers.
 */
@DisabledIfSystemProperty(named = "kiln.emulated", matches = "true", disabledReason = "takes the same steps there")
class BombsTest {
    private static final double GROWTH = 2.6;

    private final WorkMeter meter = new WorkMeter();

    @TestFactory
    Stream<DynamicTest> costGrowsWithTheInput() {
        return BombReport.families().stream()
                .map(bomb -> DynamicTest.dynamicTest(bomb.name(), () -> {
                    List<String> failures = new ArrayList<>();
                    for (String way : CompileTask.WAYS) {
                        measure(bomb, way, failures);
                    }
                    assertTrue(failures.isEmpty(), () -> String.join("\n", failures));
                }));
    }

    private void measure(Bomb bomb, String way, List<String> failures) {
        byte[][] modules = bomb.modules().apply(bomb.n());
        // What is made once only is made here.
        meter.run(modules, way);
        WorkMeter.Measure last = meter.run(modules, way);
        for (int n = 2 * bomb.n(); n <= 4 * bomb.n(); n *= 2) {
            WorkMeter.Measure m = meter.run(bomb.modules().apply(n), way);
            // The file alone takes that much: less, and the wrong threads were counted.
            assertTrue(way.equals(CompileTask.VALIDATE) || m.result() < 0 || m.allocated() > m.result(), bomb::name);
            if (m.work() > GROWTH * last.work()) {
                failures.add("%s, %s: %d steps, of half the size %d%s"
                        .formatted(bomb, way, m.work(), last.work(), WorkMeter.grown(last, m)));
            }
            if (m.allocated() > GROWTH * last.allocated()) {
                failures.add("%s, %s: %d bytes allocated, of half the size %d"
                        .formatted(bomb, way, m.allocated(), last.allocated()));
            }
            last = m;
        }
    }
}
