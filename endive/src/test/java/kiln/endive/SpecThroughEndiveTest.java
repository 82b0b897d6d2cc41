package kiln.endive;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * The specification's scripts, run by a program that knows nothing but Endive, and one line of Kiln. What Endive's own
 * parser refuses, or its own interpreter does otherwise than the scripts say, is left out by asking the interpreter.
 */
class SpecThroughEndiveTest {
    private static final boolean EMULATED = Boolean.getBoolean("kiln.emulated");
    /** So many scripts to one that is run. */
    private static final int SAMPLE = Boolean.getBoolean("kiln.whole") ? 1 : EMULATED ? 40 : 4;

    private static Path corpus() {
        String property = System.getProperty("kiln.corpus");
        Path here = Path.of("").toAbsolutePath();
        Path root = here.getFileName().toString().equals("endive") ? here.getParent() : here;
        return property != null
                ? Path.of(property)
                : root.resolveSibling("shared").resolve("corpus");
    }

    /** Modules that Kiln leaves to Endive, by script: of what they export, something may be a structure or an array. */
    private static final Map<String, Integer> LEFT_TO_ENDIVE = Map.of(
            "core/ref_null",
            2,
            "gc/array",
            4,
            "gc/array_new_data",
            1,
            "gc/array_new_elem",
            2,
            "gc/extern",
            1,
            "gc/struct",
            2);

    @TestFactory
    Stream<DynamicTest> scripts() throws IOException {
        Path wast = corpus().resolve("spec/wast");
        assumeTrue(Files.isDirectory(wast), "the public suites are not here (" + wast + "): nothing to run");
        List<Path> files;
        try (Stream<Path> all = Files.walk(wast)) {
            files = all.filter(p -> p.toString().endsWith(".wast")).sorted().toList();
        }
        List<DynamicTest> tests = new ArrayList<>();
        for (Path p : files) {
            String name = wast.relativize(p).toString().replace(".wast", "");
            boolean chosen = System.getProperty("kiln.scripts") == null
                    ? new Random(name.hashCode() * 31L + 7).nextInt(SAMPLE) == 0 || !EMULATED && isAboutSharing(name)
                    : name.matches(System.getProperty("kiln.scripts"));
            if (chosen && !name.contains("custom-descriptors") && !name.startsWith("wasm-1.0")) {
                tests.add(DynamicTest.dynamicTest(name, () -> run(name, p)));
            }
        }
        return tests.stream();
    }

    /** What a door is about is never left out: what crosses it, and how it is put together. */
    private static boolean isAboutSharing(String name) {
        return name.matches(
                "gc/.*|.*(linking|imports|exports|global|table|elem|data|start|instance|ref_|memory_grow|traps|"
                        + "throw|tag|call_indirect|func_ptrs).*");
    }

    private static void run(String name, Path file) throws IOException {
        byte[] text = Files.readAllBytes(file);
        EndiveScript kiln = new EndiveScript(true);
        kiln.run(name, text);
        if (!kiln.failures().isEmpty()) {
            // The interpreter has the last word on what Endive does.
            EndiveScript interpreter = new EndiveScript(false);
            interpreter.run(name, text);
            List<String> ours = new ArrayList<>(kiln.failures());
            ours.removeIf(f -> interpreter.failures().stream().anyMatch(g -> line(g).equals(line(f))));
            assertTrue(
                    ours.isEmpty(),
                    () -> ours.size() + " failures:\n" + String.join("\n", ours.subList(0, Math.min(20, ours.size()))));
        }
        // What cannot be linked is no instance, native or not.
        assertEquals(
                LEFT_TO_ENDIVE.getOrDefault(name, 0),
                kiln.instances() - kiln.natives(),
                () -> name + ": instances that do not run on Kiln");
    }

    private static String line(String failure) {
        return failure.substring(0, failure.indexOf(':'));
    }
}
