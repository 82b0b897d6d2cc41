package kiln.tests.faults;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Makes one mutant of a component for each seed, always the same one: sections are exchanged, and numbers in them
 * changed, at any depth, so that most of what is around stays in form.
 */
final class ComponentMutator {
    private static final int MAX_BYTES = 40_000;
    private static final int COMPONENT = 4;
    private static final int FIRST_CORE_MODULE = 1;
    /** "\0asm", and the layer and version of components. */
    private static final byte[] HEADER = {0, 'a', 's', 'm', 0x0d, 0, 1, 0};

    private static final List<String> ZIPS = List.of(
            "misc/component-model/json/values.zip",
            "misc/component-model/json/linking.zip",
            "misc/component-model/json/resources.zip",
            "misc/component-model/json/validation.zip",
            "misc/wasmtime/json/component-model.zip");

    private record Section(int id, byte[] content) {}

    private final List<byte[]> originals;

    ComponentMutator(List<byte[]> originals) {
        this.originals = originals;
    }

    /** The components of the public suites, and of programs that are not large; always in the same order. */
    static List<byte[]> originals(Path corpus) throws IOException {
        List<byte[]> all = new ArrayList<>();
        for (String name : ZIPS) {
            try (ZipFile zip = new ZipFile(corpus.resolve(name).toFile())) {
                List<String> files = zip.stream()
                        .map(ZipEntry::getName)
                        .filter(n -> n.endsWith(".wasm"))
                        .sorted()
                        .toList();
                for (String f : files) {
                    add(zip.getInputStream(zip.getEntry(f)).readAllBytes(), all);
                }
            }
        }
        try (Stream<Path> files = Files.list(corpus.resolve("programs/components"))) {
            for (Path p :
                    files.filter(f -> f.toString().endsWith(".wasm")).sorted().toList()) {
                add(Files.readAllBytes(p), all);
            }
        }
        return all;
    }

    private static void add(byte[] wasm, List<byte[]> all) {
        if (wasm.length <= MAX_BYTES && Arrays.equals(Arrays.copyOf(wasm, HEADER.length), HEADER)) {
            all.add(wasm);
        }
    }

    byte[] mutant(long seed) {
        SplittableRandom random = new SplittableRandom(seed * 0x9e37_79b9_7f4a_7c15L + 1);
        byte[] mutant = pick(random);
        for (int n = 1 + random.nextInt(3); n > 0; n--) {
            mutant = changed(mutant, random);
        }
        return mutant;
    }

    private byte[] pick(SplittableRandom random) {
        return originals.get(random.nextInt(originals.size()));
    }

    /** A component with one change in it, or in one of the components in it. */
    private byte[] changed(byte[] wasm, SplittableRandom random) {
        List<Section> sections = parse(wasm);
        if (sections == null || sections.isEmpty()) {
            return wasm;
        }
        int at = random.nextInt(sections.size());
        Section s = sections.get(at);
        if (s.id == COMPONENT && random.nextInt(8) != 0) {
            sections.set(at, new Section(COMPONENT, changed(s.content, random)));
            return bytes(sections);
        }
        switch (random.nextInt(12)) {
            case 0 -> sections.remove(at);
            case 1 -> sections.add(random.nextInt(sections.size() + 1), s);
            case 2 -> {
                sections.remove(at);
                sections.add(random.nextInt(sections.size() + 1), s);
            }
            case 3 -> {
                List<Section> other = parse(pick(random));
                if (other != null && !other.isEmpty()) {
                    sections.add(random.nextInt(sections.size() + 1), other.get(random.nextInt(other.size())));
                }
            }
            case 4 -> {
                List<Section> other = parse(pick(random));
                if (other != null) {
                    other.stream().filter(o -> o.id == s.id).findFirst().ifPresent(o -> sections.set(at, o));
                }
            }
            default -> sections.set(at, new Section(s.id, numberChanged(s, random)));
        }
        return bytes(sections);
    }

    private static byte[] numberChanged(Section s, SplittableRandom random) {
        byte[] bytes = s.content.clone();
        if (bytes.length == 0) {
            return new byte[] {(byte) random.nextInt(4)};
        }
        int at = random.nextInt(bytes.length);
        switch (random.nextInt(s.id == FIRST_CORE_MODULE ? 3 : 8)) {
            case 0 -> bytes[at] = (byte) random.nextInt();
            case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
            case 2, 3 -> bytes[at] = (byte) (bytes[at] + random.nextInt(-2, 3));
            case 4, 5, 6 -> bytes[at] = (byte) random.nextInt(12);
            default -> {
                // A type of a value becomes another, where one is likely to be.
                bytes[at] = (byte) (0x64 + random.nextInt(0x1c));
            }
        }
        return bytes;
    }

    /** Null if it has not even the form of sections. */
    private static List<Section> parse(byte[] wasm) {
        List<Section> sections = new ArrayList<>();
        int at = HEADER.length;
        while (at < wasm.length) {
            int id = wasm[at++];
            long length = 0;
            for (int shift = 0; ; shift += 7) {
                if (at >= wasm.length || shift > 28) {
                    return null;
                }
                int b = wasm[at++];
                length |= (long) (b & 0x7f) << shift;
                if (b >= 0) {
                    break;
                }
            }
            if (length > wasm.length - at) {
                return null;
            }
            sections.add(new Section(id, Arrays.copyOfRange(wasm, at, at + (int) length)));
            at += (int) length;
        }
        return sections;
    }

    private static byte[] bytes(List<Section> sections) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(HEADER);
        for (Section s : sections) {
            out.write(s.id);
            int rest = s.content.length;
            for (; rest >= 0x80; rest >>>= 7) {
                out.write(rest & 0x7f | 0x80);
            }
            out.write(rest);
            out.writeBytes(s.content);
        }
        return out.toByteArray();
    }
}
