package kiln.translate;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import kiln.ir.Lanes;
import kiln.ir.V128;
import kiln.ir.pass.Pipeline;
import kiln.ir.testing.IrExecution;
import kiln.types.FuncType;
import kiln.types.ValType;
import kiln.wasm.Features;
import kiln.wasm.ModuleDecoder;
import kiln.wasm.WasmException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The specification's test suite, if it is there, on the IR: what it means must not depend on any back end. */
class SpecScriptTest {
    private static final long STACK_BYTES = 1L << 30;
    private static final long F32_QUIET = 0x7fc00000L;
    private static final long F64_QUIET = 0x7ff8000000000000L;

    private final List<String> problems = new ArrayList<>();
    private int passed;
    private int skipped;

    @ParameterizedTest
    @CsvSource({
        "spec/json/core, 0, false",
        "spec/json/core, 1, false",
        "spec/json/core, 2, false",
        "spec/json/core, 2, true",
        "spec/json/bulk-memory, 0, false",
        "spec/json/bulk-memory, 2, false",
        "spec/json/multi-memory, 0, false",
        "spec/json/multi-memory, 2, true",
        "spec/json/memory64, 0, false",
        "spec/json/memory64, 2, false",
        "spec/json/memory64, 2, true",
        "spec/json/proposals-custom-page-sizes, 0, false",
        "spec/json/proposals-custom-page-sizes, 2, false",
        "spec/json/exceptions, 0, false",
        "spec/json/exceptions, 2, false",
        "spec/json/legacy, 0, false",
        "spec/json/legacy, 2, true",
        "spec/json/simd, 0, false",
        "spec/json/simd, 2, true",
        "spec/json/relaxed-simd, 0, true",
        "spec/json/relaxed-simd, 2, false",
        "spec/json/wasm-2.0, 0, true",
        "spec/json/wasm-2.0, 2, false",
        "spec/json/proposals-wide-arithmetic, 0, false",
        "spec/json/proposals-wide-arithmetic, 2, false",
        "misc/wasmtime/json/tail-call, 2, false",
        "misc/wasmtime/json/function-references, 2, false",
        "misc/wasmtime/json/multi-memory, 2, false",
        "misc/wasmtime/json/simd, 2, false",
        "misc/wasmtime/json/root, 2, false"
    })
    void runs(String group, int level, boolean explicitBounds) throws Exception {
        Path corpus = CorpusTest.corpus();
        assumeTrue(corpus != null, "no corpus");
        TranslateOptions options = TranslateOptions.DEFAULT.withExplicitBounds(explicitBounds);
        Thread thread = new Thread(null, () -> runGroup(corpus, group, level, options), "spec", STACK_BYTES);
        thread.start();
        thread.join();
        assertTrue(problems.isEmpty(), () -> problems.size() + " problems:\n" + String.join("\n", problems));
        // A third of one group needs proposals that are not executed.
        int most = group.endsWith("root") ? passed * 2 : passed / 10;
        assertTrue(passed > 0 && skipped <= most, () -> passed + " passed, " + skipped + " skipped");
    }

    private void runGroup(Path corpus, String group, int level, TranslateOptions options) {
        try (FileSystem zip = FileSystems.newFileSystem(corpus.resolve(group + ".zip"));
                Stream<Path> files = Files.walk(zip.getPath("/"))) {
            for (Path file :
                    files.filter(f -> f.toString().endsWith(".json")).sorted().toList()) {
                new Script(file, group.startsWith("spec"), level, options).run();
            }
        } catch (IOException | RuntimeException | Error e) {
            problems.add(group + ": " + e);
        }
    }

    /** One file: a store with its instances. */
    private final class Script {
        final Path file;
        /** Scripts of other origin expect other messages and register modules under their names at once. */
        final boolean official;

        final TranslateOptions options;
        final IrStore store;
        final Map<String, IrStore.Instance> named = new HashMap<>();
        final Map<String, JsonNode> definitions = new HashMap<>();
        final Map<String, IrStore.Instance> registered = new HashMap<>();
        final Map<String, IrStore.Extern> spectest;
        /** The last instance; null if it uses what is not executed. */
        IrStore.Instance current;

        Script(Path file, boolean official, int level, TranslateOptions options) {
            this.file = file;
            this.official = official;
            this.options = options;
            this.store = new IrStore(Pipeline.forLevel(level).verified());
            this.spectest = spectest(store);
        }

        void run() throws IOException {
            JsonNode json = new ObjectMapper().readTree(Files.readAllBytes(file));
            for (JsonNode c : json.get("commands")) {
                String type = c.get("type").asText();
                try {
                    command(type, c);
                } catch (UnsupportedFeatureException | UnsupportedOperationException | WasmException e) {
                    // Not executed, too large for this machine, or not decoded.
                    skipped++;
                    current = type.startsWith("module") ? null : current;
                } catch (RuntimeException | AssertionError e) {
                    problems.add(file.getFileName() + ":" + c.get("line") + " " + type + ": " + e
                            + (e.getStackTrace().length > 0 ? " at " + e.getStackTrace()[0] : ""));
                    if (type.startsWith("module")) {
                        current = null;
                    }
                }
            }
        }

        private void command(String type, JsonNode c) throws IOException {
            switch (type) {
                case "module" -> {
                    current = null;
                    IrStore.Instance instance = instantiate(c);
                    current = instance;
                    if (c.has("name")) {
                        named.put(c.get("name").asText(), instance);
                        if (!official) {
                            registered.put(c.get("name").asText(), instance);
                        }
                    }
                    instance.start();
                }
                case "module_definition" -> definitions.put(c.path("name").asText(), c);
                case "module_instance" -> {
                    current = null;
                    current = instantiate(definitions.get(c.path("module").asText()));
                    named.put(c.path("instance").asText(), current);
                    if (!official) {
                        registered.put(c.path("instance").asText(), current);
                    }
                    current.start();
                }
                case "register" -> {
                    IrStore.Instance i = c.has("name") ? named.get(c.get("name").asText()) : current;
                    if (i != null) {
                        registered.put(c.get("as").asText(), i);
                    }
                }
                case "action" -> act(c.get("action"));
                case "assert_return" -> {
                    long[] results = act(c.get("action"));
                    if (results != null) {
                        compare(c.get("expected"), results);
                        passed++;
                    }
                }
                case "assert_trap", "assert_exhaustion" -> expectTrap(c, () -> act(c.get("action")) != null);
                case "assert_exception" -> {
                    try {
                        act(c.get("action"));
                    } catch (IrExecution.Thrown _) {
                        passed++;
                        return;
                    }
                    throw new AssertionError("nothing thrown");
                }
                case "assert_uninstantiable" ->
                    expectTrap(c, () -> {
                        instantiate(c).start();
                        return true;
                    });
                default -> {}
            }
        }

        private interface Action {
            /** Returns whether it could be done at all. */
            boolean run() throws IOException;
        }

        private void expectTrap(JsonNode c, Action action) throws IOException {
            try {
                if (!action.run()) {
                    return;
                }
            } catch (IrExecution.Trap t) {
                String expected = c.get("text").asText();
                if (official
                        && !expected.startsWith(t.code.message())
                        && !t.code.message().startsWith(expected)
                        && !expected.equals("null function reference")) {
                    throw new AssertionError("expected " + expected + ", trapped with " + t.code);
                }
                passed++;
                return;
            }
            throw new AssertionError("no trap, expected " + c.get("text"));
        }

        private IrStore.Instance instantiate(JsonNode c) throws IOException {
            boolean text = "text".equals(c.path("module_type").asText());
            Path wasm = file.resolveSibling(
                    c.get(text ? "binary_filename" : "filename").asText());
            var module = ModuleDecoder.decode(Files.readAllBytes(wasm), wasm.toString(), Features.ALL);
            return store.new Instance(module, options, (from, name) -> {
                IrStore.Instance i = registered.get(from);
                return i != null ? i.export(name) : from.equals("spectest") ? spectest.get(name) : null;
            });
        }

        /** The results of an action, or null if its module is not executed. */
        private long[] act(JsonNode action) {
            IrStore.Instance i =
                    action.has("module") ? named.get(action.get("module").asText()) : current;
            if (i == null) {
                skipped++;
                return null;
            }
            String field = action.get("field").asText();
            if (action.get("type").asText().equals("get")) {
                return i.global(field);
            }
            LongStream.Builder words = LongStream.builder();
            for (JsonNode arg : action.get("args")) {
                if (arg.get("type").asText().equals("v128")) {
                    V128 v = vector(arg);
                    words.add(v.low()).add(v.high());
                } else {
                    words.add(argument(arg));
                }
            }
            return i.invoke(field, words.build().toArray());
        }
    }

    static long argument(JsonNode v) {
        String value = v.get("value").asText();
        return switch (v.get("type").asText()) {
            case "i32", "f32" -> (int) Long.parseLong(value);
            case "i64", "f64" -> parse64(value);
            default -> value.equals("null") ? 0 : Long.parseLong(value) + 1;
        };
    }

    private static long parse64(String value) {
        return value.startsWith("-") ? Long.parseLong(value) : Long.parseUnsignedLong(value);
    }

    /** The bits of a vector's lanes, of which none is a NaN in general. */
    private static V128 vector(JsonNode v) {
        return V128.of(shape(v), i -> parse64(v.get("value").get(i).asText()));
    }

    private static Lanes shape(JsonNode v) {
        String lane = v.get("lane_type").asText();
        int bits = Integer.parseInt(lane.substring(1));
        return Lanes.valueOf(lane.toUpperCase(Locale.ROOT) + "X" + 128 / bits);
    }

    static void compare(JsonNode expected, long[] actual) {
        int word = 0;
        for (JsonNode e : expected) {
            boolean either = e.get("type").asText().equals("either");
            JsonNode first = either ? e.get("values").get(0) : e;
            boolean isVector = first.get("type").asText().equals("v128");
            int words = isVector ? 2 : 1;
            boolean matches = word + words <= actual.length;
            if (matches) {
                V128 bits = new V128(actual[word], isVector ? actual[word + 1] : 0);
                matches = either
                        ? StreamSupport.stream(e.get("values").spliterator(), false)
                                .anyMatch(one -> matches(one, bits))
                        : matches(e, bits);
            }
            if (!matches) {
                throw new AssertionError("expected " + expected + ", got "
                        + Arrays.stream(actual).mapToObj(Long::toHexString).toList());
            }
            word += words;
        }
        if (word != actual.length) {
            throw new AssertionError("expected " + expected + ", got " + actual.length + " words");
        }
    }

    private static boolean matches(JsonNode expected, V128 actual) {
        if (!expected.get("type").asText().equals("v128")) {
            return matches(expected, actual.low());
        }
        Lanes shape = shape(expected);
        String type = expected.get("lane_type").asText();
        for (int i = 0; i < shape.count(); i++) {
            String value = expected.get("value").get(i).asText();
            long bits = actual.lane(shape, i);
            long wanted = value.startsWith("nan") ? 0 : parse64(value);
            boolean same = value.startsWith("nan")
                    ? isNan(type, value, bits)
                    : V128.ZERO.with(shape, 0, wanted).low()
                            == V128.ZERO.with(shape, 0, bits).low();
            if (!same) {
                return false;
            }
        }
        return true;
    }

    static boolean matches(JsonNode expected, long actual) {
        String type = expected.get("type").asText();
        if (!expected.has("value")) {
            return (actual == 0) == (type.startsWith("refnull") || type.startsWith("null"));
        }
        String value = expected.get("value").asText();
        return value.startsWith("nan") ? isNan(type, value, actual) : actual == argument(expected);
    }

    /** Whether a float is one of the NaNs that {@code value} names. */
    private static boolean isNan(String type, String value, long actual) {
        if (value.equals("nan")) {
            return type.equals("f32")
                    ? Float.isNaN(Float.intBitsToFloat((int) actual))
                    : Double.isNaN(Double.longBitsToDouble(actual));
        }
        if (value.equals("nan:canonical")) {
            return type.equals("f32") ? (actual & 0x7fffffffL) == F32_QUIET : (actual & Long.MAX_VALUE) == F64_QUIET;
        }
        return type.equals("f32") ? (actual & F32_QUIET) == F32_QUIET : (actual & F64_QUIET) == F64_QUIET;
    }

    private static Map<String, IrStore.Extern> spectest(IrStore store) {
        Map<String, IrStore.Extern> externs = new HashMap<>();
        externs.put("memory", store.hostMemory(1, 2));
        externs.put("table", store.hostTable(10, 20, false));
        externs.put("table64", store.hostTable(10, 20, true));
        externs.put("global_i32", store.hostGlobal(ValType.I32, 666));
        externs.put("global_i64", store.hostGlobal(ValType.I64, 666));
        externs.put("global_f32", store.hostGlobal(ValType.F32, Float.floatToIntBits(666.6f)));
        externs.put("global_f64", store.hostGlobal(ValType.F64, Double.doubleToLongBits(666.6)));
        Map<String, int[]> prints = Map.of(
                "print",
                new int[0],
                "print_i32",
                new int[] {ValType.I32},
                "print_i64",
                new int[] {ValType.I64},
                "print_f32",
                new int[] {ValType.F32},
                "print_f64",
                new int[] {ValType.F64},
                "print_i32_f32",
                new int[] {ValType.I32, ValType.F32},
                "print_f64_f64",
                new int[] {ValType.F64, ValType.F64});
        prints.forEach((name, params) ->
                externs.put(name, store.hostFunction(new FuncType(params, new int[0]), args -> {})));
        return externs;
    }
}
