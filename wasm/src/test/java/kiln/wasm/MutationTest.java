package kiln.wasm;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * Damaged modules are accepted or rejected with a {@link WasmException}: nothing else escapes. The number of modules
 * and the seed are the system properties {@code kiln.mutations} and {@code kiln.seed}.
 */
class MutationTest {
    private static final int MAX_ORIGINAL = 40_000;
    /** Bytes that begin something: sections, types, opcodes, prefixes, the ends of number ranges. */
    private static final int[] TELLING = {
        0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0A, 0x0B, 0x0E, 0x10, 0x1F, 0x40, 0x4E, 0x50, 0x5E, 0x5F, 0x60,
        0x63, 0x64, 0x6E, 0x70, 0x7B, 0x7F, 0x80, 0xD0, 0xFB, 0xFC, 0xFD, 0xFE, 0xFF
    };

    @Test
    void onlyWasmExceptionsEscape() throws IOException {
        int rounds = Integer.getInteger("kiln.mutations", 5000);
        long seed = Long.getLong("kiln.seed", 1);
        List<byte[]> originals = originals();
        SplittableRandom random = new SplittableRandom(seed);
        int accepted = 0;
        for (int i = 0; i < rounds; i++) {
            byte[] module = originals.get(random.nextInt(originals.size()));
            for (int k = random.nextInt(4); k >= 0; k--) {
                module = mutate(module, originals, random);
            }
            try {
                WasmModule m = ModuleDecoder.decode(module, "mutant", Features.ALL);
                useEverything(m);
                Validator.validate(m);
                accepted++;
            } catch (WasmException e) {
                assertTrue(e.offset() >= 0 && e.offset() <= module.length, e::getMessage);
            } catch (Throwable t) {
                fail(
                        "round " + i + " of seed " + seed + ", module "
                                + HexFormat.of().formatHex(module, 0, Math.min(module.length, 2000)),
                        t);
            }
        }
        System.out.println(rounds + " mutants of " + originals.size() + " modules, " + accepted + " of them valid");
    }

    /** What is decoded only on demand must not fail either. */
    private static void useEverything(WasmModule m) {
        m.names().function(0);
        m.names().locals(0);
        for (int i = 0; i < m.types().count(); i++) {
            m.types().canonicalKey(i);
        }
        for (int i = m.importedGlobalCount(); i < m.globalCount(); i++) {
            m.constOps(m.globalInit(i));
        }
    }

    private static byte[] mutate(byte[] module, List<byte[]> originals, SplittableRandom random) {
        if (module.length < 9) {
            return module;
        }
        int at = 8 + random.nextInt(module.length - 8);
        byte[] copy = module.clone();
        switch (random.nextInt(7)) {
            case 0 -> copy[at] = (byte) random.nextInt(256);
            case 1 -> copy[at] = (byte) TELLING[random.nextInt(TELLING.length)];
            case 2 -> copy[at] ^= (byte) (1 << random.nextInt(8));
            case 3 -> copy = splice(module, at, Math.min(module.length, at + 1 + random.nextInt(8)), new byte[0]);
            case 4 -> {
                byte[] extra = new byte[1 + random.nextInt(4)];
                random.nextBytes(extra);
                copy = splice(module, at, at, extra);
            }
            case 5 -> copy = Arrays.copyOf(module, at);
            default -> {
                byte[] other = originals.get(random.nextInt(originals.size()));
                int from = random.nextInt(other.length);
                int to = Math.min(other.length, from + random.nextInt(40));
                int length = to - from;
                // In place, so that sizes still fit and the damage gets deeper than the section headers.
                System.arraycopy(other, from, copy, at, Math.min(length, copy.length - at));
            }
        }
        return copy;
    }

    private static byte[] splice(byte[] module, int from, int to, byte[] middle) {
        return ModuleBytes.concat(Arrays.copyOf(module, from), middle, Arrays.copyOfRange(module, to, module.length));
    }

    /** The modules of the suite's most varied groups; a single hand-made one where the corpus is missing. */
    private static List<byte[]> originals() throws IOException {
        List<byte[]> all = new ArrayList<>();
        for (String group : List.of(
                "core",
                "gc",
                "exceptions",
                "legacy",
                "memory64",
                "multi-memory",
                "bulk-memory",
                "proposals-threads",
                "simd",
                "relaxed-simd")) {
            Path zip = Corpus.find("spec/json/" + group + ".zip");
            if (zip != null && Files.exists(zip)) {
                for (SpecScripts.Script script : SpecScripts.read(zip)) {
                    script.commands().stream()
                            .map(SpecScripts.Command::module)
                            .filter(m -> m.length < MAX_ORIGINAL && m.length > 8)
                            .limit(40)
                            .forEach(all::add);
                }
            }
        }
        if (all.isEmpty()) {
            System.out.println("no ../shared/corpus beside the checkout: mutating one module only");
            all.add(ModuleBytes.oneFunc(
                    ModuleBytes.func(new int[] {ModuleBytes.I32}, ModuleBytes.I32),
                    ModuleBytes.body(0x02, 0x7F, 0x20, 0, 0x04, 0x40, 0x0B, 0x41, 1, 0x0B)));
        }
        return all;
    }
}
