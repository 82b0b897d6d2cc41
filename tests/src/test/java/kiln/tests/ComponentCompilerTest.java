package kiln.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import kiln.artifact.Artifact;
import kiln.artifact.FileFields;
import kiln.artifact.api.ArtifactException;
import kiln.artifact.component.ComponentPlan;
import kiln.artifact.component.ComponentPlan.CoreExport;
import kiln.artifact.component.ComponentPlan.CoreInstance;
import kiln.artifact.component.ComponentPlanCodec;
import kiln.compiler.CompileException;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.component.ComponentDecoder;
import kiln.component.UnsupportedComponentException;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.wasm.Features;
import kiln.wasm.WasmException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;

/** Components become files: those of the suites and of toolchains, whole and damaged; and the files, damaged. */
@DisabledIfSystemProperty(named = "kiln.emulated", matches = "true", disabledReason = "no machine code is run")
class ComponentCompilerTest {
    private static final CompilerOptions OPTIONS = CompilerOptions.defaults().withJobs(1);

    private static byte[] hello() throws IOException {
        return Files.readAllBytes(Corpus.require().resolve("programs/components/hello-c-p2.wasm"));
    }

    private static ComponentPlan plan(byte[] compiled) {
        try (Artifact a = Artifact.of(MemorySegment.ofArray(compiled), Artifact.OpenOptions.STRICT)) {
            a.verify();
            return a.component();
        }
    }

    /** All that is valid compiles. */
    @Test
    void componentsOfTheSuites() throws IOException {
        List<String> seen = new ArrayList<>();
        Path misc = Corpus.require().resolve("misc");
        List<Path> suites = new ArrayList<>(List.of(misc.resolve("wasmtime/json/component-model.zip")));
        try (Stream<Path> files = Files.list(misc.resolve("component-model/json"))) {
            files.filter(p -> p.toString().endsWith(".zip")).forEach(suites::add);
        }
        for (Path suite : suites) {
            try (FileSystem zip = FileSystems.newFileSystem(suite);
                    Stream<Path> files = Files.walk(zip.getPath("/"))) {
                for (Path p : files.filter(f -> f.toString().endsWith(".wasm"))
                        .sorted()
                        .toList()) {
                    byte[] bytes = Files.readAllBytes(p);
                    if (!isValid(bytes)) {
                        continue;
                    }
                    plan(Compiler.compile(p.toString(), bytes, OPTIONS));
                    seen.add(p.toString());
                }
            }
        }
        assertEquals(338, seen.size());
    }

    private static boolean isValid(byte[] bytes) {
        try {
            ComponentDecoder.decode(bytes, "", Features.ALL);
            return ComponentDecoder.isComponent(bytes);
        } catch (WasmException | UnsupportedComponentException _) {
            return false;
        }
    }

    /** A program that a toolchain wrapped: itself, preview 1's adapter, a table of host functions and its filling. */
    @Test
    void planOfACommand() throws IOException {
        ComponentPlan plan = plan(Compiler.compile("hello", hello(), OPTIONS));
        assertEquals(4, plan.instances().size());
        assertEquals(List.of(-1, 0), plan.parents());
        assertEquals(1, plan.lifts().size());
        assertEquals(19, plan.imports().size());
        assertEquals("[wasi:cli/run@0.2.12]", plan.exports().keySet().toString());
    }

    @Test
    void isNoModule() throws IOException {
        byte[] compiled = Compiler.compile("hello", hello(), OPTIONS);
        try (Engine engine = new Engine()) {
            ArtifactException e = assertThrows(ArtifactException.class, () -> CompiledModule.load(engine, compiled));
            assertTrue(e.getMessage().contains("use Component.load"), e.getMessage());
        }
        Compiler.Input component = new Compiler.Input("a", "a.wasm", hello());
        Compiler.Input module = new Compiler.Input("b", "b.wasm", new byte[] {0, 'a', 's', 'm', 1, 0, 0, 0});
        CompileException e =
                assertThrows(CompileException.class, () -> Compiler.link(List.of(module, component), OPTIONS));
        assertTrue(e.getMessage().startsWith("a.wasm is a component"), e.getMessage());
    }

    /** Only what the component uses of its modules is in the file. */
    @Test
    void exportsThatNothingUsesAreDropped() throws IOException {
        byte[] compiled = Compiler.compile("hello", hello(), OPTIONS);
        try (Artifact a = Artifact.of(MemorySegment.ofArray(compiled), Artifact.OpenOptions.STRICT)) {
            List<String> used = new ArrayList<>();
            a.component().forEachCoreItem(item -> {
                if (item instanceof CoreExport e) {
                    used.add(e.toString());
                }
            });
            for (int m = 1; m < a.modules().size(); m++) {
                for (var e : a.modules().get(m).exports()) {
                    assertTrue(used.contains(new CoreExport(m - 1, e.name()).toString()), e.name());
                }
            }
        }
        assertTrue(compiled.length < 130_000, "bytes: " + compiled.length);
    }

    /** What is damaged is refused or compiled. */
    @Test
    void damagedComponents() throws IOException {
        byte[] whole = hello();
        Random random = new Random(16);
        int compiled = 0;
        for (int round = 0; round < (Corpus.WHOLE ? 20_000 : 200); round++) {
            byte[] damaged = whole.clone();
            // The end has the component's own sections.
            int from = damaged.length * 9 / 10;
            for (int n = 1 + random.nextInt(3); n > 0; n--) {
                damaged[from + random.nextInt(damaged.length - from)] = (byte) random.nextInt(256);
            }
            try {
                if (isValid(damaged)) {
                    plan(Compiler.compile("damaged", damaged, OPTIONS.withOptLevel(0)));
                    compiled++;
                }
            } catch (CompileException e) {
                assertTrue(e.getMessage().contains(" at 0x"), e.getMessage());
            }
        }
        assertTrue(compiled > 0);
    }

    /** Whatever numbers a file's plan has, it is refused or keeps the promises of a plan. */
    @Test
    void damagedPlans() throws IOException {
        byte[] compiled = Compiler.compile("hello", hello(), OPTIONS);
        Artifact a = Artifact.of(MemorySegment.ofArray(compiled), Artifact.OpenOptions.STRICT);
        List<FileFields.Field> fields = FileFields.of(MemorySegment.ofArray(compiled)).stream()
                .filter(f -> f.section().equals(ComponentPlanCodec.SECTION))
                .toList();
        assertTrue(fields.size() > 100, "fields: " + fields.size());
        MemorySegment section = a.sectionBytes(ComponentPlanCodec.SECTION);
        byte[] good = section.toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
        assertEquals(good.length, ComponentPlanCodec.encode(a.component()).length);
        Random random = new Random(16);
        int refused = 0;
        for (int round = 0; round < 20_000; round++) {
            byte[] bad = good.clone();
            bad[random.nextInt(bad.length)] = (byte) (random.nextBoolean() ? random.nextInt(4) : random.nextInt(256));
            try {
                check(ComponentPlanCodec.decode(MemorySegment.ofArray(bad), a.modules()));
            } catch (ArtifactException _) {
                refused++;
            }
        }
        assertTrue(refused > 5_000, "refused: " + refused);
        for (int length = 0; length < good.length; length++) {
            MemorySegment cut = section.asSlice(0, length);
            assertThrows(ArtifactException.class, () -> ComponentPlanCodec.decode(cut, a.modules()));
        }
    }

    private static void check(ComponentPlan plan) {
        for (int i = 0; i < plan.instances().size(); i++) {
            CoreInstance instance = plan.instances().get(i);
            plan.parents().get(instance.component());
            for (ComponentPlan.CoreItem item : instance.imports()) {
                assertTrue(!(item instanceof CoreExport e) || e.instance() < i);
            }
        }
        plan.lifts().forEach(l -> l.type().liftedParams());
        assertEquals(
                plan.canons().size(),
                plan.canons().stream()
                        .mapToInt(c -> plan.parents().get(c.component()) >= -1 ? 1 : 0)
                        .sum());
    }
}
