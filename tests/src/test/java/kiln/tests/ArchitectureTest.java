package kiln.tests;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;

/** The arrows between modules, as docs/architecture.md draws them: a module sees what it stands on and nothing else. */
@DisabledIfSystemProperty(named = "kiln.emulated", matches = "true", disabledReason = "class files are the same there")
class ArchitectureTest {
    private static final Map<String, Set<String>> MAY_USE = Map.ofEntries(
            Map.entry("kiln.types", Set.of()),
            Map.entry("kiln.wasm", Set.of("kiln.types", "kiln.artifact")),
            Map.entry("kiln.artifact", Set.of("kiln.types")),
            Map.entry("kiln.wat", Set.of("kiln.types", "kiln.wasm", "kiln.artifact")),
            Map.entry("kiln.component", Set.of("kiln.types", "kiln.wasm", "kiln.artifact")),
            Map.entry("kiln.ir", Set.of("kiln.artifact")),
            Map.entry("kiln.translate", Set.of("kiln.types", "kiln.wasm", "kiln.ir", "kiln.artifact")),
            Map.entry("kiln.codegen", Set.of("kiln.ir", "kiln.artifact")),
            Map.entry("kiln.codegen.x64", Set.of("kiln.codegen", "kiln.ir", "kiln.artifact")),
            Map.entry("kiln.codegen.aarch64", Set.of("kiln.codegen", "kiln.ir", "kiln.artifact")),
            Map.entry("kiln.disasm", Set.of()),
            Map.entry("kiln.loader", Set.of("kiln.artifact")),
            Map.entry("kiln.runtime", Set.of("kiln.types", "kiln.loader", "kiln.artifact")),
            Map.entry("kiln.wasi", Set.of("kiln.runtime", "kiln.loader", "kiln.artifact")),
            Map.entry(
                    "kiln.endive",
                    Set.of("kiln.compiler", "kiln.runtime", "kiln.loader", "kiln.wasm", "kiln.types", "kiln.artifact")),
            Map.entry(
                    "kiln.build",
                    Set.of(
                            "kiln.endive",
                            "kiln.compiler",
                            "kiln.component",
                            "kiln.wasm",
                            "kiln.types",
                            "kiln.artifact")),
            Map.entry("kiln.build.support", Set.of()),
            Map.entry("kiln.maven", Set.of("kiln.build.support")),
            Map.entry("kiln.gradle", Set.of("kiln.build.support")));

    private static final List<String> LAYERS = List.of(
            "kiln.types",
            "kiln.wasm",
            "kiln.wat",
            "kiln.component",
            "kiln.artifact",
            "kiln.ir",
            "kiln.translate",
            "kiln.codegen",
            "kiln.disasm",
            "kiln.loader",
            "kiln.runtime",
            "kiln.compiler",
            "kiln.wasi",
            "kiln.endive",
            "kiln.build",
            "kiln.build.support",
            "kiln.maven",
            "kiln.gradle",
            "kiln.cli");

    /** What these tests do not depend on, but is built before them. */
    private static final List<String> BUILT_BEFORE =
            List.of("endive", "build-tool", "build-support", "maven-plugin", "gradle-plugin");

    /** Operands in memory; flags that are set and read within one instruction. */
    private static final Set<String> ONLY_X64 = Set.of("OpRow", "Operand", "KnownFlags", "ResultFlags", "TernaryLogic");
    /**
     * Flags that live between instructions; what changes an operand on its way in; immediates that must be searched
     * for; pairs; a family of encodings for atomic accesses, which are prefixes elsewhere.
     */
    private static final Set<String> ONLY_AARCH64 = Set.of(
            "Arrangement",
            "AtomicMemoryOp",
            "ExtendOp",
            "Flags",
            "Immediates",
            "LoadStoreOp",
            "Modifier",
            "PairOp",
            "Pairs",
            "ShiftOp",
            "TrappingAccess");

    private final JavaClasses classes = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("kiln");

    private final JavaClasses builtBefore = new ClassFileImporter()
            .importPaths(BUILT_BEFORE.stream()
                    .map(m -> Path.of("../" + m + "/target/classes"))
                    .toList());

    @TestFactory
    Stream<DynamicTest> modulesUseOnlyWhatTheyStandOn() {
        // Only the Gradle plugin may be left out of a build.
        BUILT_BEFORE.stream()
                .filter(m -> !m.equals("gradle-plugin"))
                .forEach(m -> assertTrue(
                        Files.isDirectory(Path.of("../" + m + "/target/classes/kiln")), m + " is built before"));
        return MAY_USE.entrySet().stream()
                .map(e -> DynamicTest.dynamicTest(
                        e.getKey(),
                        () -> noClasses()
                                .that()
                                .resideInAnyPackage(packagesOf(e.getKey()))
                                .should()
                                .dependOnClassesThat()
                                .resideInAnyPackage(forbiddenTo(e.getKey()))
                                .allowEmptyShould(e.getKey().equals("kiln.gradle"))
                                .check(isBuiltBefore(e.getKey()) ? builtBefore : classes)));
    }

    private static boolean isBuiltBefore(String module) {
        return Set.of("kiln.endive", "kiln.build", "kiln.build.support", "kiln.maven", "kiln.gradle")
                .contains(module);
    }

    /** Some share a prefix with what they stand on or serve, so they are named one by one. */
    private static String[] packagesOf(String module) {
        return switch (module) {
            case "kiln.codegen" -> new String[] {"kiln.codegen", "kiln.codegen.regalloc.."};
            case "kiln.build" -> new String[] {"kiln.build"};
            default -> new String[] {module + ".."};
        };
    }

    private static String[] forbiddenTo(String module) {
        List<String> forbidden =
                new ArrayList<>(List.of("picocli..", "com.fasterxml..", "com.sun.jna..", "org.junit.."));
        if (module.equals("kiln.disasm")) {
            forbidden.remove("com.sun.jna..");
        }
        Set<String> allowed = MAY_USE.get(module);
        for (String layer : LAYERS) {
            if (!layer.equals(module) && !allowed.contains(layer) && !layer.equals("kiln.codegen")) {
                forbidden.addAll(List.of(packagesOf(layer)));
            }
        }
        if (!module.startsWith("kiln.codegen")) {
            forbidden.add("kiln.codegen..");
        }
        for (String sibling : List.of("kiln.codegen.x64", "kiln.codegen.aarch64")) {
            if (!sibling.equals(module)) {
                forbidden.add(sibling + "..");
            }
        }
        return forbidden.toArray(String[]::new);
    }

    /**
     * The two code generators have the same files, but for what one instruction set has and the other lacks. The back
     * ends themselves are named after their instruction sets.
     */
    @Test
    void codeGeneratorsMirrorEachOther() throws IOException {
        Set<String> x64 = files("codegen-x64/src/main/java/kiln/codegen/x64", "X64");
        Set<String> aarch64 = files("codegen-aarch64/src/main/java/kiln/codegen/aarch64", "A64");
        Set<String> onlyX64 = new TreeSet<>(x64);
        onlyX64.removeAll(aarch64);
        aarch64.removeAll(x64);
        assertEquals(ONLY_X64, onlyX64);
        assertEquals(ONLY_AARCH64, aarch64);
    }

    private static Set<String> files(String folder, String prefix) throws IOException {
        try (Stream<Path> files = Files.list(Corpus.root().resolve(folder))) {
            return files.map(f -> f.getFileName()
                            .toString()
                            .replaceFirst("^" + prefix, "")
                            .replace(".java", ""))
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    @TestFactory
    Stream<DynamicTest> onlyTheLoaderMapsMemoryAndCallsNativeCode() {
        return Stream.of("Linker", "SymbolLookup")
                .map(name -> DynamicTest.dynamicTest(
                        name,
                        () -> noClasses()
                                .that()
                                .resideOutsideOfPackages("kiln.loader..", "kiln.disasm..", "kiln.bench..")
                                .should()
                                .dependOnClassesThat()
                                .haveFullyQualifiedName("java.lang.foreign." + name)
                                .check(classes)));
    }
}
