package kiln.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import kiln.cli.wast.Script;
import kiln.cli.wast.ScriptResult;
import kiln.cli.wast.ScriptRunner;
import kiln.compiler.CompilerOptions;
import kiln.compiler.Target;
import kiln.loader.HostCpu;
import kiln.tests.cross.CrossCompiler;
import kiln.wasm.Feature;
import kiln.wasm.Features;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * The specification's test suite and Wasmtime's, run natively. A script whose proposals are all executed must pass
 * whole; of the others everything that runs must pass, and what needs a proposal that is not executed yet is counted.
 */
class SpecSuiteTest {
    /** Groups about proposals that are not part of any version that Kiln accepts. */
    private static final Set<String> LEFT_OUT = Set.of(
            "proposals-custom-descriptors",
            // Wasmtime's: components, and proposals of its own.
            "component-model",
            "component-model-async",
            "component-model-gc",
            "component-model-threading",
            "shared-everything-threads",
            "stack-switching");

    /**
     * Assertions that contradict the version of WebAssembly that Kiln executes, or say something that it does not look
     * at: by script, how many. A script with another number of failures fails.
     */
    private static final Map<String, Integer> KNOWN_DIFFERENCES = Map.ofEntries(
            // Version 1.0 checked the bounds of all segments before linking; since 2.0 a segment that does not fit
            // traps when its turn comes, and what was written before stays.
            Map.entry("wasm-1.0/data", 14),
            Map.entry("wasm-1.0/elem", 12),
            Map.entry("wasm-1.0/linking", 10),
            // Unreachable br_table: 2.0 relaxed its typing.
            Map.entry("wasm-1.0/unreached-invalid", 1),
            // Branch hints are advice, and a custom section is never a reason to refuse a module.
            Map.entry("custom/branch_hint", 2),
            // Wasmtime looks at all data segments before it starts; the specification has them trap in turn.
            Map.entry("memory64/bounds", 1),
            // Wasmtime's own limits: what it gives up at is a limit of the store's here, or works.
            Map.entry("memory64/table-too-big", 2),
            Map.entry("custom-page-sizes/max-size-invalid", 3),
            Map.entry("custom-page-sizes/max-size-invalid-shared-memory", 3),
            // A component.
            Map.entry("gc/component-async-suspended-fiber-roots", 2));

    /** The only groups to run, or null for all. */
    private static final Set<String> ASKED_FOR = System.getProperty("kiln.groups") == null
            ? null
            : Set.of(System.getProperty("kiln.groups").split(","));

    /** Groups that are about vectors. */
    private static final Set<String> VECTORS = Set.of("simd", "relaxed-simd", "winch");

    private static final Map<String, int[]> SUMS = new TreeMap<>();

    @TestFactory
    Stream<DynamicTest> specification() throws IOException {
        Path spec = Corpus.require().resolve("spec");
        return tests("spec", spec.resolve("json"), Corpus.read(spec.resolve("features.json")));
    }

    @TestFactory
    Stream<DynamicTest> wasmtime() throws IOException {
        Path misc = Corpus.require().resolve("misc/wasmtime");
        return tests("wasmtime", misc.resolve("json"), Corpus.read(misc.resolve("features.json")));
    }

    private static Stream<DynamicTest> tests(String suite, Path folder, JsonNode features) throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        try (Stream<Path> zips = Files.list(folder)) {
            for (Path zip :
                    zips.filter(p -> p.toString().endsWith(".zip")).sorted().toList()) {
                String group = zip.getFileName().toString().replace(".zip", "");
                if (!LEFT_OUT.contains(group) && (ASKED_FOR == null || ASKED_FOR.contains(group))) {
                    tests.add(DynamicTest.dynamicTest(suite + " " + group, () -> group(suite, zip, group, features)));
                }
            }
        }
        return tests.stream();
    }

    private static void group(String suite, Path zip, String group, JsonNode features) throws IOException {
        List<String> failures = new ArrayList<>();
        int[] sum = SUMS.computeIfAbsent(suite + " " + group, _ -> new int[4]);
        Script.forEach(zip, script -> {
            for (CompilerOptions options : variants(group, script.name())) {
                ScriptResult r = ScriptRunner.run(script, options, CrossCompiler::compile);
                sum[0]++;
                sum[1] += r.passed();
                sum[2] += r.failed();
                sum[3] += r.notExecutedCount();
                int known = KNOWN_DIFFERENCES.getOrDefault(script.name(), 0);
                if (r.failed() != known) {
                    r.failures().stream().limit(5).forEach(f -> failures.add(options.describe() + ": " + f));
                }
                JsonNode requires = features.path(script.name().replace("root/", "") + ".wast");
                if (suite.equals("spec") && requires.isObject() && Corpus.isExecuted(requires.path("requires"))) {
                    assertEquals(0, r.notExecutedCount(), script.name() + " needs nothing that is not executed");
                }
            }
        });
        assertTrue(
                failures.isEmpty(),
                () -> failures.size() + " failures:\n"
                        + String.join("\n", failures.subList(0, Math.min(40, failures.size()))));
    }

    /**
     * Levels 2 and 0; vectors also with all that this machine's CPU has (in a sampled run only so at level 2), and
     * relaxed ones as on all machines.
     */
    private static List<CompilerOptions> variants(String group, String script) {
        List<CompilerOptions> variants = new ArrayList<>();
        for (int level : levels(group, script)) {
            CompilerOptions plain = options(group, script, level);
            boolean vectors = VECTORS.contains(group);
            if (!Corpus.SAMPLED || !vectors || level == 0) {
                variants.add(plain);
            }
            if (vectors && (!Corpus.SAMPLED || level == 2)) {
                variants.add(plain.withCpu(
                        Target.host().usableFeatures(HostCpu.current().features())));
            }
            if (group.equals("relaxed-simd")) {
                variants.add(plain.withRelaxedSimd(CompilerOptions.RelaxedSimd.DETERMINISTIC));
            }
        }
        return variants;
    }

    /**
     * Both; in a sampled run one of them for scripts of the older suites, which the newest one has as well, but for
     * what has changed since.
     */
    private static int[] levels(String group, String script) {
        if (!Corpus.SAMPLED || !group.equals("wasm-1.0") && !group.equals("wasm-2.0")) {
            return new int[] {2, 0};
        }
        return new int[] {script.hashCode() % 2 == 0 ? 2 : 0};
    }

    private static CompilerOptions options(String group, String script, int level) {
        Features features = switch (group) {
            case "wasm-1.0" -> Features.WASM1;
            case "wasm-2.0" -> Features.WASM2;
            // Its copy of the suite predates several tables and memories.
            case "proposals-threads" ->
                Features.WASM2.without(Feature.REFERENCE_TYPES, Feature.SIMD).with(Feature.THREADS);
            // Before the legacy instructions came back as a feature of their own, the suite has them as unknown
            // opcodes.
            case "legacy" -> Features.ALL;
            default -> Features.ALL.without(Feature.LEGACY_EXCEPTIONS);
        };
        return CompilerOptions.defaults()
                .withJobs(1)
                .withOptLevel(level)
                .withCheck(true)
                .withCanonicalNans(script.contains("canonicalize-nan"))
                .withFeatures(features.names());
    }

    @AfterAll
    static void printSums() {
        SUMS.forEach((group, s) -> System.out.printf(
                "%-34s %4d runs: %6d passed, %d failed, %d not executed yet%n", group, s[0], s[1], s[2], s[3]));
    }
}
