package kiln.wat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.ZipFile;
import kiln.wasm.ByteWriter;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The specification's scripts as they were written, beside what another tool made of them. */
class SpecScriptsTest {
    private static final Path SPEC = Path.of("../../shared/corpus/spec");
    /** Of another proposal, which nothing here knows. */
    private static final String UNKNOWN_PROPOSAL = "proposals-custom-descriptors";

    /** Where the other tool writes the same module in other bytes, or a script is older than what is allowed today. */
    private static final Map<String, String> DIFFERENT = Map.of(
            "br_table:3", "(ref null func) is funcref, which is shorter",
            "type-subtyping:344", "another order of types that are not named",
            "type-subtyping:373", "another order of types that are not named",
            "try_catch:10", "made with another tool, which names table 0 in no segment",
            "try_delegate:3", "made with another tool, which names table 0 in no segment",
            "memory:83", "limits have 64 bits today; the validator refuses them",
            "memory:87", "limits have 64 bits today; the validator refuses them",
            "memory:91", "limits have 64 bits today; the validator refuses them");

    /** The folder of the scripts; a test that asks for it is skipped, saying so, where it is missing. */
    static Path scripts() {
        Path scripts = SPEC.resolve("wast");
        if (!Files.isDirectory(scripts)) {
            String message = "no ../shared/corpus/spec/wast beside the checkout: nothing was tested here";
            System.out.println(message);
            Assumptions.abort(message);
        }
        return scripts;
    }

    @TestFactory
    Stream<DynamicTest> modulesAreEncodedLikeElsewhere() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        try (Stream<Path> groups = Files.list(scripts())) {
            for (Path group : groups.sorted().toList()) {
                if (group.endsWith(UNKNOWN_PROPOSAL)) {
                    continue;
                }
                tests.add(DynamicTest.dynamicTest(group.getFileName().toString(), () -> group(group)));
            }
        }
        return tests.stream();
    }

    private static void group(Path folder) throws IOException {
        List<String> problems = new ArrayList<>();
        int[] equal = new int[1];
        try (Stream<Path> files = Files.list(folder);
                ZipFile zip = new ZipFile(
                        SPEC.resolve("json/" + folder.getFileName() + ".zip").toFile())) {
            for (Path file : files.sorted().toList()) {
                if (file.toString().endsWith(".wast")) {
                    script(file, zip, problems, equal);
                }
            }
        }
        assertTrue(equal[0] > 0);
        assertEquals(List.of(), problems);
    }

    private static void script(Path file, ZipFile zip, List<String> problems, int[] equal) throws IOException {
        String name = file.getFileName().toString().replace(".wast", "");
        JsonNode json = new ObjectMapper()
                .readTree(zip.getInputStream(zip.getEntry(name + "/" + name + ".json")))
                .path("commands");
        List<Wast.Command> commands;
        try {
            commands = Wast.parse(name + ".wast", Files.readAllBytes(file));
        } catch (RuntimeException e) {
            problems.add(name + ": " + e);
            return;
        }
        if (json.size() != commands.size()) {
            problems.add(name + ": " + commands.size() + " commands instead of " + json.size());
            return;
        }
        for (int i = 0; i < json.size(); i++) {
            String problem;
            try {
                problem = compare(commands.get(i), json.get(i), zip, name);
            } catch (RuntimeException e) {
                problem = e.toString();
            }
            String place = name + ":" + commands.get(i).line();
            if (problem == null || DIFFERENT.containsKey(place) && isKnown(problem)) {
                equal[0]++;
            } else {
                problems.add(place + ": " + commands.get(i).type() + ": " + problem);
            }
        }
    }

    private static boolean isKnown(String problem) {
        return problem.startsWith("differs") || problem.startsWith("accepted");
    }

    private static String compare(Wast.Command c, JsonNode json, ZipFile zip, String name) throws IOException {
        if (!c.type().equals(json.path("type").asText())) {
            return "is " + json.path("type").asText() + " elsewhere";
        }
        if (c.type().equals("assert_malformed") && c.module().isText()) {
            try {
                c.module().encode();
                return "accepted, expected: " + c.text();
            } catch (WatException _) {
                return null;
            }
        }
        String file = json.path("binary_filename").asText(json.path("filename").asText(""));
        if (c.module() == null || !file.endsWith(".wasm")) {
            return null;
        }
        byte[] expected =
                withoutNames(zip.getInputStream(zip.getEntry(name + "/" + file)).readAllBytes());
        byte[] actual = withoutNames(c.module().encode());
        return Arrays.equals(expected, actual)
                ? null
                : "differs: " + Arrays.mismatch(expected, actual) + " of " + expected.length + "/" + actual.length;
    }

    /** A module without its custom sections. */
    static byte[] withoutNames(byte[] module) {
        ByteWriter out = new ByteWriter();
        int at = Math.min(8, module.length);
        for (int i = 0; i < at; i++) {
            out.u8(module[i]);
        }
        while (at < module.length) {
            int start = at;
            int id = module[at++];
            long size = 0;
            for (int shift = 0; at < module.length; shift += 7) {
                byte b = module[at++];
                size |= (b & 0x7fL) << shift;
                if (b >= 0) {
                    break;
                }
            }
            long end = at + size;
            if (end > module.length) {
                end = module.length;
            }
            for (int i = start; id != 0 && i < end; i++) {
                out.u8(module[i]);
            }
            at = (int) end;
        }
        return out.toArray();
    }
}
