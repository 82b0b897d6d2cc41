package kiln.tests.faults;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import kiln.wasm.Features;
import kiln.wasm.ModuleDecoder;
import kiln.wasm.Validator;
import kiln.wasm.WasmException;
import kiln.wasm.WasmModule;

/** Makes one mutant for each seed, always the same one: damaged bytes, exchanged sections, changed instructions. */
final class ModuleMutator {
    private static final int LARGE = 6_000;

    private final List<byte[]> originals;

    ModuleMutator(List<byte[]> originals) {
        this.originals = originals;
    }

    byte[] mutant(long seed) {
        SplittableRandom random = new SplittableRandom(seed * 0x9e37_79b9_7f4a_7c15L + 1);
        byte[] original = pick(random);
        try {
            return switch (random.nextInt(20)) {
                case 0, 1 -> damaged(original, random);
                case 2, 3 -> sectionsChanged(original, random);
                case 4 -> sectionsChanged(instructionsChanged(original, random), random);
                case 5 -> instructionsChanged(original, random);
                default -> validMutant(original, random);
            };
        } catch (WasmException | ArrayIndexOutOfBoundsException | IllegalArgumentException e) {
            // The original itself is malformed, as many of a test suite are: any other bytes will do.
            return damaged(original, random);
        }
    }

    private byte[] pick(SplittableRandom random) {
        byte[] one = originals.get(random.nextInt(originals.size()));
        // Large ones take most of the time and show little more.
        return one.length > LARGE && random.nextInt(10) != 0 ? pick(random) : one;
    }

    // Bytes

    private byte[] damaged(byte[] original, SplittableRandom random) {
        byte[] bytes = original.clone();
        for (int n = 1 + random.nextInt(4); n > 0 && bytes.length > 9; n--) {
            int at = 8 + random.nextInt(bytes.length - 8);
            switch (random.nextInt(7)) {
                case 0 -> bytes[at] = (byte) random.nextInt();
                case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 2 -> bytes[at] = (byte) (bytes[at] + random.nextInt(-2, 3));
                case 3 -> bytes[at] = (byte) 0xff;
                case 4 -> bytes = Arrays.copyOf(bytes, at);
                case 5 ->
                    bytes = BodyMutator.concat(
                            Arrays.copyOf(bytes, at),
                            Arrays.copyOfRange(
                                    bytes, Math.min(bytes.length, at + 1 + random.nextInt(8)), bytes.length));
                default -> {
                    byte[] other = originals.get(random.nextInt(originals.size()));
                    int from = random.nextInt(other.length);
                    int length = Math.min(Math.min(other.length - from, random.nextInt(40)), bytes.length - at);
                    System.arraycopy(other, from, bytes, at, length);
                }
            }
        }
        return bytes;
    }

    // Sections

    private byte[] sectionsChanged(byte[] original, SplittableRandom random) {
        WasmFile file = WasmFile.parse(original);
        if (file == null || file.sections.isEmpty()) {
            return damaged(original, random);
        }
        for (int n = 1 + random.nextInt(2); n > 0; n--) {
            int at = random.nextInt(file.sections.size());
            WasmFile.Section s = file.sections.get(at);
            switch (random.nextInt(10)) {
                case 0 -> file.sections.remove(at);
                case 1 -> file.sections.add(at, s);
                case 2, 3 -> {
                    WasmFile other = WasmFile.parse(originals.get(random.nextInt(originals.size())));
                    if (other != null && !other.sections.isEmpty()) {
                        WasmFile.Section theirs = other.sections.get(random.nextInt(other.sections.size()));
                        file.set(theirs.id(), theirs.content());
                    }
                }
                default -> {
                    if (s.content().length > 0 && s.id() != WasmFile.CODE) {
                        byte[] content = s.content().clone();
                        int place = random.nextInt(content.length);
                        content[place] = switch (random.nextInt(4)) {
                            case 0 -> (byte) random.nextInt(128);
                            case 1 -> (byte) (content[place] + 1);
                            case 2 -> (byte) (content[place] - 1);
                            default -> (byte) (content[place] ^ 1 << random.nextInt(7));
                        };
                        file.sections.set(at, new WasmFile.Section(s.id(), content));
                    }
                }
            }
            if (file.sections.isEmpty()) {
                break;
            }
        }
        return file.toBytes();
    }

    // Instructions

    /** Tries a few times for a valid one: the others end before the compiler has seen much of them. */
    private byte[] validMutant(byte[] original, SplittableRandom random) {
        byte[] mutant = original;
        for (int tries = 0; tries < 8; tries++) {
            mutant = instructionsChanged(original, random);
            try {
                Validator.validate(ModuleDecoder.decode(mutant, "mutant", Features.ALL));
                break;
            } catch (WasmException _) {
                // Another one.
            }
        }
        return mutant;
    }

    private byte[] instructionsChanged(byte[] original, SplittableRandom random) {
        WasmFile file = WasmFile.parse(original);
        WasmModule module = ModuleDecoder.decode(original, "original", Features.ALL);
        int defined = module.funcCount() - module.importedFuncCount();
        if (file == null || defined == 0) {
            return damaged(original, random);
        }
        List<byte[]> bodies = file.bodies();
        for (int n = 1 + random.nextInt(2); n > 0; n--) {
            int func = random.nextInt(defined);
            byte[] donor = random.nextInt(3) != 0
                    ? null
                    : new BodyMutator(module, module.importedFuncCount() + random.nextInt(defined), random)
                            .someInstructions();
            bodies.set(
                    func,
                    new BodyMutator(module, module.importedFuncCount() + func, random)
                            .mutate(1 + random.nextInt(4), donor));
        }
        file.setBodies(bodies);
        if (random.nextInt(3) != 0) {
            exportAll(file, module);
        }
        return file.toBytes();
    }

    /** Exports all functions, so that they are compiled and can be called. */
    private static void exportAll(WasmFile file, WasmModule module) {
        List<String> names = new ArrayList<>();
        module.exports().forEach(e -> names.add(e.name()));
        byte[] old = file.content(WasmFile.EXPORT);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int added = Math.min(module.funcCount(), 40);
        WasmFile.unsigned(out, names.size() + added);
        if (old != null) {
            WasmFile.Reader in = new WasmFile.Reader(old, 0);
            in.u32();
            out.write(old, in.at, old.length - in.at);
        }
        for (int f = 0; f < added; f++) {
            byte[] name =
                    ("$" + f + (names.contains("$" + f) ? "'" : "")).getBytes(java.nio.charset.StandardCharsets.UTF_8);
            WasmFile.unsigned(out, name.length);
            out.writeBytes(name);
            out.write(0);
            WasmFile.unsigned(out, f);
        }
        file.set(WasmFile.EXPORT, out.toByteArray());
    }
}
