package kiln.translate;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import kiln.artifact.ExternType;
import kiln.artifact.VMContextLayout;
import kiln.artifact.api.TrapCode;
import kiln.ir.pass.Pipeline;
import kiln.ir.testing.IrExecution;
import kiln.types.ValType;
import kiln.wasm.Features;
import kiln.wasm.ModuleDecoder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Generated modules whose behaviour was recorded in another engine: results, traps, state of what is exported. */
class RandomModulesTest {
    private static final long STACK_BYTES = 1L << 30;

    private final List<String> problems = new ArrayList<>();
    private int calls;

    @ParameterizedTest
    @CsvSource({
        "misc/smith/smith2.zip, 0, false, 0", "misc/smith/smith3.zip, 2, false, 0",
        "misc/wazero-regressions, 0, true, 40", "misc/wazero-regressions, 2, false, 40"
    })
    void behaveAsRecorded(String where, int level, boolean explicitBounds, int atLeast) throws Exception {
        Path corpus = CorpusTest.corpus();
        assumeTrue(corpus != null, "no corpus");
        TranslateOptions options = TranslateOptions.DEFAULT.withExplicitBounds(explicitBounds);
        Path path = corpus.resolve(where);
        Thread thread = new Thread(null, () -> runAll(path, level, options), "random", STACK_BYTES);
        thread.start();
        thread.join();
        assertTrue(problems.isEmpty(), () -> problems.size() + " problems:\n" + String.join("\n", problems));
        assertTrue(calls >= atLeast, () -> "only " + calls + " calls");
    }

    private void runAll(Path path, int level, TranslateOptions options) {
        try {
            if (Files.isDirectory(path)) {
                runFolder(path, level, options);
            } else {
                try (FileSystem zip = FileSystems.newFileSystem(path)) {
                    runFolder(zip.getPath("/"), level, options);
                }
            }
        } catch (Exception | Error e) {
            problems.add(path + ": " + e);
        }
    }

    private void runFolder(Path folder, int level, TranslateOptions options) throws Exception {
        ObjectMapper mapper = new ObjectMapper();
        for (String line : Files.readAllLines(folder.resolve("expected.jsonl"), StandardCharsets.UTF_8)) {
            JsonNode module = mapper.readTree(line);
            if (module.get("imports").asInt() > 0 || !module.get("valid").asBoolean()) {
                continue;
            }
            byte[] bytes = Files.readAllBytes(folder.resolve(module.get("file").asText()));
            String name = module.get("file").asText();
            try {
                if (!module.get("instantiate").asText().equals("ok")) {
                    checkTrap(name, module.get("instantiate").asText(), () -> instantiate(bytes, level, options));
                }
                for (JsonNode call : module.get("calls")) {
                    check(name + " " + call.get("field"), call, bytes, level, options);
                    calls++;
                }
            } catch (UnsupportedFeatureException | UnsupportedOperationException _) {
                // Not executed, or too large for this machine.
            }
        }
    }

    private static IrStore.Instance instantiate(byte[] bytes, int level, TranslateOptions options) {
        IrStore store = new IrStore(Pipeline.forLevel(level).verified());
        var wasm = ModuleDecoder.decode(bytes, "random.wasm", Features.ALL);
        IrStore.Instance instance = store.new Instance(wasm, options, (_, _) -> null);
        instance.start();
        return instance;
    }

    private void checkTrap(String what, String expected, Runnable action) {
        try {
            action.run();
            problems.add(what + ": no trap, expected " + expected);
        } catch (IrExecution.Trap t) {
            String message = switch (t.code) {
                case BAD_SIGNATURE, INDIRECT_CALL_TO_NULL -> "indirect call";
                case UNDEFINED_ELEMENT -> "out of bounds table access";
                default -> t.code.message();
            };
            // The other engine calls two traps of conversions by one name.
            boolean same = message.equals(expected)
                    || t.code == TrapCode.INTEGER_OVERFLOW && expected.equals("invalid conversion to integer");
            if (!same) {
                problems.add(what + ": trapped with " + t.code + ", expected " + expected);
            }
        }
    }

    private void check(String what, JsonNode call, byte[] bytes, int level, TranslateOptions options) throws Exception {
        IrStore.Instance instance = instantiate(bytes, level, options);
        JsonNode args = call.get("args");
        long[] values = new long[args.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = SpecScriptTest.argument(args.get(i));
        }
        String field = call.get("field").asText();
        try {
            if (call.has("trap")) {
                checkTrap(what, call.get("trap").asText(), () -> instance.invoke(field, values));
            } else {
                SpecScriptTest.compare(call.get("expected"), instance.invoke(field, values));
            }
            compareState(what, instance, call.path("state"));
        } catch (AssertionError e) {
            problems.add(what + ": " + e);
        }
    }

    private void compareState(String what, IrStore.Instance instance, JsonNode state) throws Exception {
        AddressSpace memory = instance.memory();
        for (var entry : state.path("globals").properties()) {
            IrStore.Extern e = instance.export(entry.getKey());
            int type = ((ExternType.Global) e.type()).type();
            if (type == ValType.V128) {
                continue;
            }
            boolean narrow = type == ValType.I32 || type == ValType.F32;
            long actual = narrow ? memory.i32(e.address()) : memory.i64(e.address());
            if (!SpecScriptTest.matches(entry.getValue(), actual)) {
                problems.add(what + ": global " + entry + " is 0x" + Long.toHexString(actual));
            }
        }
        for (var entry : state.path("memories").properties()) {
            long record = instance.export(entry.getKey()).address();
            int length = (int) memory.i64(record + VMContextLayout.LENGTH);
            byte[] content = new byte[length];
            if (length > 0) {
                AddressSpace.Chunk c = memory.find(memory.i64(record + VMContextLayout.BASE), 0);
                c.bytes.get(0, content);
            }
            String digest = HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(content));
            if (!digest.equals(entry.getValue().get("sha256").asText())) {
                problems.add(what + ": memory " + entry.getKey() + " of " + length + " bytes differs");
            }
        }
    }
}
