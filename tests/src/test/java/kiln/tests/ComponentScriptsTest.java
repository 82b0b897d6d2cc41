package kiln.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import kiln.cli.wast.Script;
import kiln.cli.wast.ScriptResult;
import kiln.cli.wast.ScriptRunner;
import kiln.compiler.CompilerOptions;
import kiln.tests.cross.CrossCompiler;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * The scripts of the component model's suite and of Wasmtime's, run: every command that is synchronous does what it
 * should, what is asynchronous or gated is refused by name and counted.
 */
class ComponentScriptsTest {
    /** Commands in which Wasmtime's scripts say something else than holds for Kiln, by script and line. */
    private static final Set<String> DIFFERENCES = Stream.of(
                    // Strings of 2^28 bytes and more are refused; Wasmtime's limit is 2^31 still.
                    lines(
                            "big-strings",
                            207,
                            218,
                            228,
                            242,
                            256,
                            276,
                            289,
                            299,
                            313,
                            327,
                            337,
                            350,
                            358,
                            374,
                            387,
                            398,
                            408,
                            416),
                    // Refused there because Wasmtime does not implement it, or by a switch.
                    lines("implements-disabled", 3),
                    lines("import", 1),
                    lines("restrictions", 1, 5, 9, 16),
                    lines("simple", 24, 30),
                    // What the component does not use need not be there.
                    lines("linking", 1, 16),
                    lines("resources", 166))
            .flatMap(s -> s)
            .collect(Collectors.toSet());

    private static Stream<String> lines(String script, int... lines) {
        return IntStream.of(lines).mapToObj(line -> "component-model/" + script + ":" + line);
    }

    /** Rows: file, commands that pass, commands that need something that is not executed. */
    @TestFactory
    Stream<DynamicTest> scripts() {
        Path misc = Corpus.require().resolve("misc");
        return Stream.of(
                        "component-model/json/linking.zip 272 0",
                        "component-model/json/resources.zip 31 0",
                        "component-model/json/values.zip 128 62",
                        "component-model/json/validation.zip 226 3",
                        "component-model/json/async.zip 8 235",
                        "wasmtime/json/component-model-async.zip 0 346",
                        "wasmtime/json/component-model-gc.zip 0 6",
                        "wasmtime/json/component-model-threading.zip 0 21",
                        "wasmtime/json/component-model.zip 404 11")
                .map(row -> row.split(" "))
                .flatMap(row -> IntStream.of(2, 0)
                        .mapToObj(level -> DynamicTest.dynamicTest(
                                row[0] + " at level " + level,
                                () -> run(
                                        misc.resolve(row[0]),
                                        CompilerOptions.defaults()
                                                .withJobs(1)
                                                .withCheck(true)
                                                .withOptLevel(level),
                                        row[1] + " passed, " + row[2] + " not executed"))));
    }

    private static void run(Path zip, CompilerOptions options, String expected) throws IOException {
        int[] sum = new int[2];
        Set<String> wrong = new TreeSet<>();
        Set<String> different = new TreeSet<>();
        Script.forEach(zip, script -> {
            ScriptResult r = ScriptRunner.run(script, options, CrossCompiler::compile);
            sum[0] += r.passed();
            sum[1] += r.notExecutedCount();
            for (String failure : r.failures()) {
                String place = failure.substring(0, failure.indexOf(": "));
                (DIFFERENCES.contains(place) ? different : wrong).add(failure);
            }
        });
        assertEquals("", String.join("\n", wrong));
        assertEquals(expected, sum[0] + " passed, " + sum[1] + " not executed");
        if (zip.endsWith("wasmtime/json/component-model.zip")) {
            assertEquals(DIFFERENCES.size(), different.size(), () -> "the known differences: " + different);
        }
    }
}
