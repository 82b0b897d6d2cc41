package kiln.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import kiln.component.ComponentDecoder;
import kiln.component.UnsupportedComponentException;
import kiln.component.WitPrinter;
import kiln.wasm.Features;
import kiln.wasm.WasmException;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;

/**
 * Components of the component model's suite and of Wasmtime's: what they call invalid is refused, what they use is
 * accepted. What needs a part of the component model that is not read yet (asynchronous functions) is counted.
 */
@DisabledIfSystemProperty(named = "kiln.emulated", matches = "true", disabledReason = "no machine code is involved")
class ComponentSuiteTest {
    /** Refused there because Wasmtime does not implement it, or by a switch; by line of a script. */
    private static final Set<String> LIMITS_OF_WASMTIME = Set.of(
            "simple.json:24",
            "simple.json:30",
            "restrictions.json:1",
            "restrictions.json:5",
            "restrictions.json:9",
            "restrictions.json:16",
            "import.json:1",
            "implements-disabled.json:3");

    private static final Set<String> USES = Set.of("module", "module_definition", "assert_unlinkable");

    private int seen;
    private int unsupported;
    private final List<String> wrong = new ArrayList<>();

    @TestFactory
    Stream<DynamicTest> referenceSuite() {
        Path json = Corpus.require().resolve("misc/component-model/json");
        return Stream.of("validation 222 3", "linking 67 0", "resources 7 0", "values 28 3", "async 3 30")
                .map(row -> row.split(" "))
                .map(r -> DynamicTest.dynamicTest(
                        r[0],
                        () -> suite(json.resolve(r[0] + ".zip"), Integer.parseInt(r[1]), Integer.parseInt(r[2]))));
    }

    @Test
    void suiteOfWasmtime() throws IOException {
        suite(Corpus.require().resolve("misc/wasmtime/json/component-model.zip"), 173, 2);
    }

    private void suite(Path path, int expected, int expectedUnsupported) throws IOException {
        seen = 0;
        unsupported = 0;
        wrong.clear();
        try (FileSystem zip = FileSystems.newFileSystem(path);
                Stream<Path> files = Files.walk(zip.getPath("/"))) {
            for (Path json :
                    files.filter(p -> p.toString().endsWith(".json")).sorted().toList()) {
                for (JsonNode command :
                        Corpus.JSON.readTree(Files.readAllBytes(json)).get("commands")) {
                    run(json, command);
                }
            }
        }
        assertEquals(List.of(), wrong);
        assertEquals(
                expected + " as said, " + expectedUnsupported + " not read yet",
                seen + " as said, " + unsupported + " not read yet");
    }

    private void run(Path json, JsonNode command) throws IOException {
        String type = command.get("type").asText();
        boolean invalid = type.equals("assert_invalid");
        if (!invalid && !USES.contains(type)
                || !command.path("module_type").asText("binary").equals("binary")) {
            return;
        }
        byte[] bytes =
                Files.readAllBytes(json.resolveSibling(command.get("filename").asText()));
        String where = json.getFileName() + ":" + command.get("line").asInt();
        if (!ComponentDecoder.isComponent(bytes) || LIMITS_OF_WASMTIME.contains(where)) {
            return;
        }
        try {
            ComponentDecoder.decode(bytes, where, Features.ALL);
            if (invalid) {
                wrong.add("accepted: " + where + " " + command.path("text").asText());
            }
            seen++;
        } catch (WasmException e) {
            if (!invalid) {
                wrong.add("refused: " + e.getMessage());
            }
            seen++;
        } catch (UnsupportedComponentException e) {
            unsupported++;
        }
    }

    /** What is damaged is refused with a place or read as something else, and never fails otherwise. */
    @Test
    void damagedComponents() throws IOException {
        Path file = Corpus.require().resolve("programs/components/hello-c-p2.wasm");
        byte[] whole = Files.readAllBytes(file);
        assertTrue(WitPrinter.print(ComponentDecoder.decode(whole, "", Features.ALL))
                .contains("export wasi:cli/run@0.2."));
        Random random = new Random(5);
        for (int round = 0; round < (Corpus.WHOLE ? 20_000 : 300); round++) {
            byte[] damaged = whole.clone();
            // Core modules are most of it, and have tests of their own: the end has the component's sections.
            int from = random.nextInt(4) == 0 ? 0 : damaged.length * 9 / 10;
            for (int n = 1 + random.nextInt(3); n > 0; n--) {
                damaged[from + random.nextInt(damaged.length - from)] = (byte) random.nextInt(256);
            }
            try {
                WitPrinter.print(ComponentDecoder.decode(damaged, "damaged", Features.ALL));
            } catch (WasmException | UnsupportedComponentException e) {
                assertTrue(e.getMessage().contains(" at 0x"), e.getMessage());
            }
        }
        byte[] cut = Arrays.copyOf(whole, whole.length / 2);
        assertThrows(WasmException.class, () -> ComponentDecoder.decode(cut, "", Features.ALL));
    }

    /** Real components, among them two that need objects of the collected heap or a megabyte of JavaScript. */
    @Test
    void componentsOfToolchains() throws IOException {
        try (Stream<Path> files = Files.list(Corpus.require().resolve("programs/components"))) {
            List<Path> components =
                    files.filter(p -> p.toString().endsWith(".wasm")).sorted().toList();
            assertEquals(8, components.size());
            for (Path p : components) {
                String wit =
                        WitPrinter.print(ComponentDecoder.decode(Files.readAllBytes(p), p.toString(), Features.ALL));
                assertTrue(wit.contains("interface wasi:cli/run@0.2."), wit);
                assertTrue(wit.contains("run: func() -> result;"), wit);
            }
        }
    }
}
