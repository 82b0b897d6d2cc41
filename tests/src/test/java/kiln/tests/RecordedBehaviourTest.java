package kiln.tests;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import kiln.artifact.api.TrapCode;
import kiln.compiler.CompileException;
import kiln.compiler.CompilerOptions;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.Func;
import kiln.runtime.Instance;
import kiln.runtime.Linker;
import kiln.runtime.Store;
import kiln.runtime.ThrownException;
import kiln.runtime.TrapException;
import kiln.tests.cross.CrossCompiler;
import kiln.translate.UnsupportedFeatureException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Generated modules and another project's regressions, compiled and run natively: results, traps and what is left in
 * exported globals and memories, as recorded in another engine. Modules with imports are compiled only; what needs a
 * proposal that is not executed yet is counted.
 */
class RecordedBehaviourTest {
    private static final Map<String, int[]> SUMS = new TreeMap<>();

    private final List<String> problems = new ArrayList<>();
    /** Modules executed, modules only compiled, modules not executed yet, calls. */
    private final int[] sums = new int[4];

    @TestFactory
    Stream<DynamicTest> behaveAsRecorded() {
        Path misc = Corpus.require().resolve("misc");
        return Stream.of("smith/smith2.zip", "smith/smith3.zip", "wazero-regressions")
                .flatMap(where -> Stream.of(0, 2)
                        .map(level -> DynamicTest.dynamicTest(
                                where + " -O" + level, () -> new RecordedBehaviourTest().runAll(misc, where, level))));
    }

    private void runAll(Path misc, String where, int level) throws Exception {
        CompilerOptions options =
                CompilerOptions.defaults().withJobs(1).withOptLevel(level).withCheck(true);
        Path path = misc.resolve(where);
        if (Files.isDirectory(path)) {
            runFolder(path, options);
        } else {
            try (FileSystem zip = FileSystems.newFileSystem(path)) {
                runFolder(zip.getPath("/"), options);
            }
        }
        SUMS.put(where + " -O" + level, sums);
        assertTrue(problems.isEmpty(), () -> problems.size() + " problems:\n" + String.join("\n", problems));
        assertTrue(sums[0] > 0, "no module was executed");
    }

    private void runFolder(Path folder, CompilerOptions options) throws IOException {
        for (String line : Files.readAllLines(folder.resolve("expected.jsonl"), StandardCharsets.UTF_8)) {
            JsonNode expected = Corpus.JSON.readTree(line);
            String file = expected.path("file").asText();
            module(file, Files.readAllBytes(folder.resolve(file)), expected, options);
        }
    }

    private void module(String file, byte[] wasm, JsonNode expected, CompilerOptions options) {
        byte[] compiled;
        try {
            compiled = CrossCompiler.compile(file, wasm, options);
        } catch (CompileException e) {
            if (e.getCause() instanceof UnsupportedFeatureException) {
                sums[2]++;
            } else if (expected.path("valid").asBoolean()) {
                problems.add(file + ": refused: " + e.getMessage());
            }
            return;
        } catch (RuntimeException e) {
            problems.add(file + ": " + e);
            return;
        }
        if (!expected.path("valid").asBoolean()) {
            problems.add(file + ": compiled, though not valid");
            return;
        }
        try (Engine engine = new Engine();
                CompiledModule module = CompiledModule.load(engine, compiled)) {
            if (expected.path("imports").asInt() > 0) {
                sums[1]++;
                return;
            }
            sums[0]++;
            instantiate(engine, module, file, expected.path("instantiate").asText());
            for (JsonNode call : expected.path("calls")) {
                sums[3]++;
                call(engine, module, file + " " + call.path("field"), call);
            }
        } catch (Exception e) {
            problems.add(file + ": " + e);
        }
    }

    private void instantiate(Engine engine, CompiledModule module, String what, String expected) {
        try (Store store = new Store(engine)) {
            new Linker(engine).instantiate(store, module);
            if (!expected.equals("ok")) {
                problems.add(what + ": instantiated, expected " + expected);
            }
        } catch (TrapException e) {
            checkTrap(what, expected, e.code());
        } catch (ThrownException e) {
            checkThrown(what, expected);
        }
    }

    private void checkThrown(String what, String expected) {
        if (!expected.equals("exception")) {
            problems.add(what + ": threw, expected " + expected);
        }
    }

    private void call(Engine engine, CompiledModule module, String what, JsonNode call) throws Exception {
        try (Store store = new Store(engine)) {
            Instance instance = new Linker(engine).instantiate(store, module);
            Func func = instance.func(call.path("field").asText());
            Object[] args = new Object[call.path("args").size()];
            for (int i = 0; i < args.length; i++) {
                args[i] = argument(call.path("args").get(i));
            }
            try {
                Object result = func.invoke(args);
                if (call.has("trap")) {
                    problems.add(what + ": no trap, expected " + call.path("trap"));
                } else if (!matches(call.path("expected"), result)) {
                    problems.add(what + ": gave " + show(result) + ", expected " + call.path("expected"));
                }
            } catch (TrapException e) {
                checkTrap(what, call.path("trap").asText("no trap"), e.code());
            } catch (ThrownException e) {
                checkThrown(what, call.path("trap").asText("no exception"));
            }
            compareState(what, instance, call.path("state"));
        }
    }

    private void checkTrap(String what, String expected, TrapCode code) {
        String name = switch (code) {
            case BAD_SIGNATURE, INDIRECT_CALL_TO_NULL -> "indirect call";
            case UNDEFINED_ELEMENT -> "out of bounds table access";
            case STACK_CHECK -> "call stack exhausted";
            // The other engine has one name for both ways in which a conversion can fail.
            case INTEGER_OVERFLOW -> expected.equals("invalid conversion to integer") ? expected : code.message();
            default -> code.message();
        };
        if (!name.equals(expected)) {
            problems.add(what + ": trapped with " + code + ", expected " + expected);
        }
    }

    private void compareState(String what, Instance instance, JsonNode state) throws NoSuchAlgorithmException {
        for (var entry : state.path("globals").properties()) {
            Object actual = instance.global(entry.getKey()).get();
            if (!matchesOne(entry.getValue(), actual)) {
                problems.add(what + ": global " + entry + " is " + show(actual));
            }
        }
        for (var entry : state.path("memories").properties()) {
            MemorySegment memory = instance.memory(entry.getKey()).segment();
            String digest = HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(memory.toArray(ValueLayout.JAVA_BYTE)));
            if (!digest.equals(entry.getValue().path("sha256").asText())) {
                problems.add(what + ": memory " + entry.getKey() + " of " + memory.byteSize() + " bytes differs");
            }
        }
    }

    private static Object argument(JsonNode value) {
        String text = value.path("value").asText();
        return switch (value.path("type").asText()) {
            case "i32" -> (int) integer(text);
            case "i64" -> integer(text);
            case "f32" -> Float.intBitsToFloat((int) integer(text));
            case "f64" -> Double.longBitsToDouble(integer(text));
            default -> null;
        };
    }

    private static boolean matches(JsonNode expected, Object result) {
        Object[] actual = result instanceof Object[] many ? many : new Object[] {result};
        if (expected.isEmpty()) {
            return result == null;
        }
        boolean same = actual.length == expected.size();
        for (int i = 0; same && i < actual.length; i++) {
            same = matchesOne(expected.get(i), actual[i]);
        }
        return same;
    }

    private static boolean matchesOne(JsonNode expected, Object actual) {
        String text = expected.path("value").asText();
        return switch (expected.path("type").asText()) {
            case "i32" -> actual instanceof Integer i && i == (int) integer(text);
            case "i64" -> actual instanceof Long l && l == integer(text);
            case "f32" ->
                actual instanceof Float f
                        && (text.equals("nan") ? f.isNaN() : Float.floatToRawIntBits(f) == (int) integer(text));
            case "f64" ->
                actual instanceof Double d
                        && (text.equals("nan") ? d.isNaN() : Double.doubleToRawLongBits(d) == integer(text));
            default -> text.equals("null") == (actual == null);
        };
    }

    /** Signed or unsigned decimal. */
    private static long integer(String text) {
        return text.startsWith("-") ? Long.parseLong(text) : Long.parseUnsignedLong(text);
    }

    private static String show(Object value) {
        return switch (value) {
            case Float f -> f + " (" + Integer.toUnsignedString(Float.floatToRawIntBits(f)) + ")";
            case Double d -> d + " (" + Long.toUnsignedString(Double.doubleToRawLongBits(d)) + ")";
            case Object[] many ->
                Stream.of(many).map(RecordedBehaviourTest::show).toList().toString();
            case null -> "nothing";
            default -> value.toString();
        };
    }

    @AfterAll
    static void printSums() {
        SUMS.forEach((name, s) -> System.out.printf(
                "%-26s %3d modules executed with %d calls, %d with imports compiled, %d not executed yet%n",
                name, s[0], s[3], s[1], s[2]));
    }
}
