package kiln.tests;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;

/**
 * The public suites that lie beside the checkout ({@code ../shared/corpus}, or where {@code -Dkiln.corpus} says). Tests
 * that need them say so and pass where they are absent; the README tells where they are to be had.
 */
public final class Corpus {
    static final ObjectMapper JSON = new ObjectMapper();

    /** Whether the JVM is emulated: several times slower when it has warmed up, and fifty times before. */
    public static final boolean EMULATED = Boolean.getBoolean("kiln.emulated");

    /** Whether everything was asked for, however long it takes. */
    public static final boolean WHOLE = Boolean.getBoolean("kiln.whole");

    /** Under emulation long suites run as a seeded sample, unless everything was asked for. */
    public static final boolean SAMPLED = EMULATED && !WHOLE;

    /** Proposals, by the names of the suites' feature lists, whose instructions are executed. */
    static final Set<String> EXECUTED = Set.of(
            "bulk-memory",
            "custom-page-sizes",
            "exceptions",
            "extended-const",
            "function-references",
            "gc",
            "legacy-exceptions",
            "memory64",
            "multi-memory",
            "multi-value",
            "mutable-global",
            // So spelled in the list of programs.
            "mutable-globals",
            "reference-types",
            "relaxed-simd",
            "saturating-float-to-int",
            "sign-extension",
            "simd",
            "tail-call",
            "threads");

    private Corpus() {}

    /** The corpus, or a skipped test. */
    public static Path require() {
        Path path = path();
        assumeTrue(Files.isDirectory(path), "the public suites are not here (" + path + "): nothing to run");
        return path;
    }

    static boolean isHere() {
        return Files.isDirectory(path());
    }

    /** Where the corpus is, if it is anywhere. */
    public static Path path() {
        String property = System.getProperty("kiln.corpus");
        return property != null
                ? Path.of(property)
                : root().resolveSibling("shared").resolve("corpus");
    }

    /** The project's own folder. */
    public static Path root() {
        Path here = Path.of("").toAbsolutePath();
        return here.getFileName().toString().equals("tests") ? here.getParent() : here;
    }

    static JsonNode read(Path file) {
        try {
            return JSON.readTree(file.toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether all of these proposals are executed. */
    static boolean isExecuted(JsonNode requires) {
        Set<String> names = new HashSet<>();
        requires.forEach(n -> names.add(n.asText()));
        return EXECUTED.containsAll(names);
    }

    /** Whether a sampled run takes this one: about one in {@code n}, the same ones every time. */
    static boolean isSampled(String name, int n) {
        return !SAMPLED || new Random(name.hashCode() * 31L + 7).nextInt(n) == 0;
    }
}
