package kiln.wasm;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every module of the specification's test suite, and of Wasmtime's, is accepted or rejected as its script says. */
class SpecSuiteTest {
    private static final Set<String> OUT_OF_SCOPE = Set.of("proposals-custom-descriptors");

    /**
     * Columns: group, features, the least number of modules (so that an empty run is no success), modules judged
     * otherwise, modules rejected as the other kind. The differences:
     * <ul>
     * <li>proposals-threads asks to reject second memories and tables, which 3.0 allows;
     * <li>wasm-1.0: one br_table in unreachable code that later versions accept, and one body that is invalid before
     *     the place where it is malformed;
     * <li>wasm-2.0: two invalid modules that also lack a data count section, which is malformed.
     * </ul>
     */
    @ParameterizedTest
    @CsvSource({
        "core,                      WASM3, 3300, 0, 0",
        "multi-memory,              WASM3, 120,  0, 0",
        "memory64,                  WASM3, 690,  0, 0",
        "gc,                        WASM3, 180,  0, 0",
        "bulk-memory,               WASM3, 450,  0, 0",
        "relaxed-simd,              WASM3, 8,    0, 0",
        "simd,                      WASM3, 1100, 0, 0",
        "exceptions,                WASM3, 30,   0, 0",
        "custom,                    WASM3, 9,    0, 0",
        "legacy,                    ALL,   18,   0, 0",
        "proposals-threads,         ALL,   260,  8, 0",
        "proposals-wide-arithmetic, ALL,   10,   0, 0",
        "proposals-custom-page-sizes, ALL, 170,  0, 0",
        "wasm-1.0,                  WASM1, 2500, 1, 1",
        "wasm-2.0,                  WASM2, 4500, 0, 2",
    })
    void group(String group, String features, int atLeast, int wrong, int otherKind) throws IOException {
        Path zip = Corpus.require("spec/json/" + group + ".zip");
        report(group, SpecScripts.check(SpecScripts.read(zip), _ -> preset(features)), atLeast, wrong, otherKind);
    }

    @ParameterizedTest
    @CsvSource({
        "custom-page-sizes,       35,  0, 0",
        "root,                    100, 0, 1",
        "function-references,     45,  0, 0",
        "gc,                      130, 0, 0",
        "memory64,                30,  0, 0",
        "multi-memory,            7,   0, 0",
        "shared-everything-threads, 1, 0, 0",
        "simd,                    23,  0, 0",
        "tail-call,               2,   0, 0",
        "threads,                 30,  0, 0",
        "winch,                   30,  0, 0",
    })
    void wasmtime(String group, int atLeast, int wrong, int otherKind) throws IOException {
        // In "root" one module asks for stack switching: out of scope.
        Path zip = Corpus.require("misc/wasmtime/json/" + group + ".zip");
        SpecScripts.Tally tally = SpecScripts.check(SpecScripts.read(zip), _ -> Features.ALL);
        report("wasmtime " + group, tally, atLeast, wrong, otherKind);
    }

    private static Features preset(String name) {
        return switch (name) {
            case "WASM1" -> Features.WASM1;
            case "WASM2" -> Features.WASM2;
            case "WASM3" -> Features.WASM3;
            default -> Features.ALL;
        };
    }

    private static void report(String group, SpecScripts.Tally tally, int atLeast, int wrong, int otherKind) {
        System.out.println(group + ": " + tally);
        assertAll(
                () -> assertTrue(tally.valid + tally.invalid + tally.malformed >= atLeast, "too few modules: " + tally),
                () -> assertEquals(wrong, tally.wrong.size(), () -> String.join("\n", tally.wrong)),
                () -> assertEquals(otherKind, tally.otherKind.size(), () -> String.join("\n", tally.otherKind)));
    }

    /** No group of the suite is forgotten here. */
    @Test
    void everyGroupIsRunOrNamedAsOutOfScope() throws Exception {
        Path folder = Corpus.require("spec/json");
        Set<String> expected = new TreeSet<>(OUT_OF_SCOPE);
        String[] rows = SpecSuiteTest.class
                .getDeclaredMethod("group", String.class, String.class, int.class, int.class, int.class)
                .getAnnotation(CsvSource.class)
                .value();
        for (String row : rows) {
            expected.add(row.substring(0, row.indexOf(',')));
        }
        Set<String> found = new TreeSet<>();
        try (Stream<Path> files = Files.list(folder)) {
            files.forEach(f -> found.add(f.getFileName().toString().replace(".zip", "")));
        }
        assertEquals(expected, found);
        System.out.println("excluded groups: " + OUT_OF_SCOPE);
    }

    /**
     * The proposals that each script is recorded to need: without one of them some module is rejected, and with these
     * alone every module is accepted.
     */
    @Test
    void disabledFeaturesAreNoticed() throws IOException {
        JsonNode recorded =
                new ObjectMapper().readTree(Corpus.require("spec/features.json").toFile());
        List<String> unnoticed = new ArrayList<>();
        List<String> tooStrict = new ArrayList<>();
        int noticed = 0;
        int accepted = 0;
        for (String group : List.of(
                "core",
                "multi-memory",
                "memory64",
                "gc",
                "bulk-memory",
                "relaxed-simd",
                "simd",
                "exceptions",
                "legacy",
                "proposals-threads",
                "proposals-wide-arithmetic")) {
            for (SpecScripts.Script script : SpecScripts.read(Corpus.require("spec/json/" + group + ".zip"))) {
                String file = group + '/' + script.name();
                EnumSet<Feature> needed = EnumSet.noneOf(Feature.class);
                for (JsonNode name : recorded.get(file + ".wast").get("requires")) {
                    needed.add(Objects.requireNonNull(Feature.ofProposal(name.asText()), name.asText()));
                }
                for (Feature f : needed) {
                    // Tags belong to both forms of exceptions.
                    Features less = f == Feature.EXCEPTIONS
                            ? Features.ALL.without(f, Feature.LEGACY_EXCEPTIONS)
                            : Features.ALL.without(f);
                    if (script.commands().stream().anyMatch(c -> c.mustBeValid() && rejected(c, less))) {
                        noticed++;
                    } else {
                        unnoticed.add(file + " without " + f.proposal());
                    }
                }
                Features only = Features.of(needed);
                for (SpecScripts.Command c : script.commands()) {
                    if (!c.type().equals("module")) {
                        continue;
                    }
                    if (rejected(c, only)) {
                        tooStrict.add(file + ':' + c.line() + " with only " + needed);
                    } else {
                        accepted++;
                    }
                }
            }
        }
        System.out.println(noticed + " times a disabled feature was noticed, " + unnoticed.size() + " times not; "
                + accepted + " modules accepted with only the recorded features, " + tooStrict.size() + " rejected");
        // In these only modules that are to be rejected anyway use the feature: another message is all the difference.
        assertEquals(
                List.of(
                        "core/address without memory64",
                        "core/align without multi-memory",
                        "core/align without memory64",
                        "core/memory without memory64",
                        "core/table without memory64",
                        "multi-memory/memory_size3 without multi-memory",
                        "simd/simd_address without memory64"),
                unnoticed);
        assertEquals(List.of(), tooStrict);
    }

    private static boolean rejected(SpecScripts.Command c, Features features) {
        return SpecScripts.problem(c.module(), "test", features) != null;
    }
}
