package kiln.artifact;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import kiln.artifact.api.ArtifactException;
import kiln.artifact.api.TrapCode;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ArtifactTest {
    @TempDir
    Path dir;

    private static Artifact open(byte[] bytes) {
        return Artifact.of(MemorySegment.ofArray(bytes), Artifact.OpenOptions.DEFAULT);
    }

    @Test
    void whatIsWrittenIsRead() throws IOException {
        Path file = dir.resolve("a.cwasm");
        SampleFile.writer(true).write(file);
        try (Artifact a = Artifact.open(file)) {
            assertEquals(List.of(SampleFile.module(new DataSection(4096), true)), a.modules());
            assertEquals("x86_64", a.compat().architecture());
            assertEquals(List.of("bmi2", "lzcnt"), a.compat().cpuFeatures());
            assertEquals(Map.of("opt", "2", "names", "on"), a.compat().options());
            assertEquals(1000, a.textLength());
            assertEquals(0, a.textOffset() % 4096);
            assertEquals(0, a.dataOffset() % 4096);
            assertEquals(1, a.data().get(ValueLayout.JAVA_BYTE, 4096));
            int entry = a.index().find(FuncKey.wasmFunction(0, 2).raw());
            assertEquals(112, a.index().start(entry));
            assertEquals(-1, a.index().find(FuncKey.wasmFunction(0, 1).raw()));
            assertEquals(TrapCode.UNREACHABLE.ordinal(), a.traps().find(5 * 45));
            assertArrayEquals(new int[] {1, 9, 74}, a.stackMaps().find(5 * 34));
            assertEquals(0, a.stackMaps().find(5 * 34 + 1).length);
            assertEquals(1003, a.offsets().find(7, 0));
            assertEquals(-1, a.offsets().find(700, 640));
            assertEquals("main", a.names().find(0, 1));
            assertEquals("naïve name", a.names().find(0, 3));
            assertNull(a.names().find(0, 2));
            assertNull(a.names().find(1, 0));
        }
        try (Stream<Path> left = Files.list(dir)) {
            assertEquals(List.of(file), left.toList());
        }
    }

    @Test
    void theSameCallsGiveTheSameBytes() throws IOException {
        byte[] bytes = SampleFile.writer(true).toBytes();
        assertArrayEquals(bytes, SampleFile.writer(true).toBytes());
        Path file = dir.resolve("b.cwasm");
        SampleFile.writer(true).write(file);
        assertArrayEquals(bytes, Files.readAllBytes(file));
    }

    /** Its digests are computed by several threads, on the way out and on the way in. */
    @Test
    void largeFilesCanBeWritten() throws IOException {
        ArtifactWriter w = new ArtifactWriter(Compat.of("x86_64", List.of(), "", Map.of()));
        w.text(MemorySegment.ofArray(new byte[40 << 20]));
        Path file = dir.resolve("large.cwasm");
        w.write(file);
        try (Artifact a = Artifact.open(file, new Artifact.OpenOptions(Artifact.Check.DIGESTS, List.of()))) {
            assertEquals(40 << 20, a.textLength());
        }
    }

    @Test
    void emptyFileIsFine() {
        Artifact a = open(new ArtifactWriter(Compat.of("aarch64", List.of(), "", Map.of())).toBytes());
        assertEquals(0, a.modules().size());
        assertNull(a.stackMaps());
        assertEquals(-1, a.index().find(0));
    }

    @Test
    void strippedPartsAreAbsent() {
        byte[] full = SampleFile.writer(false).toBytes();
        Artifact a =
                open(SampleFile.writer(false).strip(ArtifactWriter.Strip.NAMES).toBytes());
        assertNull(a.names());
        assertEquals(1000, a.offsets().find(1, 0));
        byte[] least = SampleFile.writer(false)
                .strip(ArtifactWriter.Strip.NAMES)
                .strip(ArtifactWriter.Strip.OFFSETS)
                .toBytes();
        assertNull(open(least).offsets());
        assertTrue(least.length < full.length);
    }

    @Test
    void everyTruncationIsRefused() {
        byte[] bytes = SampleFile.writer(false).toBytes();
        for (int length = 0; length < bytes.length; length += length < 4096 || length > bytes.length - 4096 ? 1 : 101) {
            byte[] cut = Arrays.copyOf(bytes, length);
            assertThrows(ArtifactException.class, () -> open(cut));
            MemorySegment s = MemorySegment.ofArray(cut);
            assertThrows(ArtifactException.class, () -> Artifact.of(s, Artifact.OpenOptions.SKIP_DIGEST));
        }
        byte[] longer = Arrays.copyOf(bytes, bytes.length + 1);
        assertThrows(ArtifactException.class, () -> open(longer));
    }

    @Test
    void everyFlippedByteIsFound() {
        byte[] bytes = SampleFile.writer(false).toBytes();
        Random r = new Random(5);
        for (int i = 0; i < bytes.length; i++) {
            boolean padding = i > 4096 && i < bytes.length - 8192 && i % 61 != 0;
            if (padding) {
                continue;
            }
            bytes[i] ^= (byte) (1 << r.nextInt(8));
            int at = i;
            assertThrows(ArtifactException.class, () -> open(bytes), () -> "byte " + at);
            bytes[i] = SampleBytes.ORIGINAL[i];
        }
    }

    private static final class SampleBytes {
        static final byte[] ORIGINAL = SampleFile.writer(false).toBytes();
    }

    /** Tables of functions are filled from these without looking at them again. */
    @Test
    void functionReferencesAreCheckedWithoutChecksums() {
        byte[] bytes = SampleBytes.ORIGINAL.clone();
        Artifact a = open(bytes);
        int refs =
                (int) (a.sectionBytes(References.SECTION).address() - a.file().address());
        for (int word = 0; word < 3; word++) {
            byte[] damaged = bytes.clone();
            Arrays.fill(
                    damaged,
                    refs + References.HEAD_BYTES + 4 * word,
                    refs + References.HEAD_BYTES + 4 * word + 4,
                    (byte) 0x7f);
            ArtifactException e = assertThrows(
                    ArtifactException.class,
                    () -> Artifact.of(MemorySegment.ofArray(damaged), Artifact.OpenOptions.SKIP_DIGEST));
            assertTrue(e.getMessage().contains("slot 0"), e.getMessage());
        }
    }

    /**
     * Generated code and Java find an instance's records by the head, so that one wrong bit of it would lead anywhere.
     */
    @Test
    void headsOfFunctionReferencesAreChecked() {
        Artifact a = open(SampleBytes.ORIGINAL);
        int refs =
                (int) (a.sectionBytes(References.SECTION).address() - a.file().address());
        for (int at = 0; at < References.HEAD_BYTES; at++) {
            byte[] damaged = SampleBytes.ORIGINAL.clone();
            damaged[refs + at] ^= 0x10;
            MemorySegment file = MemorySegment.ofArray(damaged);
            assertThrows(ArtifactException.class, () -> Artifact.of(file, Artifact.OpenOptions.SKIP_DIGEST));
            FileFields.seal(damaged);
            String message =
                    assertThrows(ArtifactException.class, () -> open(damaged)).getMessage();
            assertTrue(message.contains(References.SECTION), message);
        }
    }

    @Test
    void everyByteOfTheTablesBelongsToAField() {
        List<FileFields.Field> fields = FileFields.of(MemorySegment.ofArray(SampleBytes.ORIGINAL));
        Artifact a = open(SampleBytes.ORIGINAL);
        for (String section : a.sections()) {
            long bytes = fields.stream()
                    .filter(f -> f.section().equals(section))
                    .mapToLong(f -> f.bytes() * f.count())
                    .sum();
            // What else there is is code, data, or for tools only.
            if (section.startsWith(".kiln.")
                    && !List.of(Artifact.DATA, Digest.SECTION).contains(section)) {
                assertEquals(a.sectionBytes(section).byteSize(), bytes, section);
            }
        }
    }

    /** Damage that no checksum finds is refused or does no harm. {@code -Dkiln.fuzz=N} asks for more rounds. */
    @Test
    void mutationsNeverEscape() {
        int rounds = Integer.getInteger("kiln.fuzz", 3000);
        byte[] original = SampleBytes.ORIGINAL;
        byte[] bytes = original.clone();
        MemorySegment segment = MemorySegment.ofArray(bytes);
        Artifact a = open(original);
        long headers = Le.i64(segment, 40);
        int metadata = (int) a.sectionBytes(NameTable.SECTION).byteSize()
                + (int) (a.sectionBytes(NameTable.SECTION).address() - a.file().address());
        int refused = 0;
        for (int round = 0; round < rounds; round++) {
            Random r = new Random(round);
            int changes = 1 + r.nextInt(4);
            int[] places = new int[changes];
            for (int c = 0; c < changes; c++) {
                int at = r.nextInt(4) == 0
                        ? (int) headers + r.nextInt(bytes.length - (int) headers)
                        : r.nextInt(metadata);
                places[c] = at;
                bytes[at] = switch (r.nextInt(4)) {
                    case 0 -> (byte) r.nextInt();
                    case 1 -> (byte) 0xff;
                    case 2 -> 0;
                    default -> (byte) (bytes[at] ^ 1 << r.nextInt(8));
                };
            }
            try {
                Artifact mutant = Artifact.of(segment, Artifact.OpenOptions.SKIP_DIGEST);
                use(mutant, r);
                mutant.verify();
            } catch (ArtifactException e) {
                assertTrue(e.getMessage() != null && e.getMessage().length() > 10);
                refused++;
            }
            for (int at : places) {
                bytes[at] = original[at];
            }
        }
        assertTrue(refused > rounds / 4, "refused " + refused);
    }

    private static void use(Artifact a, Random r) {
        for (int e = 0; e < a.index().entries(); e++) {
            long key = a.index().key(e);
            a.index().find(key);
            assertTrue(a.index().end(e) <= a.textLength());
        }
        for (int i = 0; i < 20; i++) {
            a.index().find(FuncKey.wasmFunction(0, i).raw());
            long offset = r.nextInt(1100);
            a.index().entryAt(offset);
            a.traps().find(offset);
            if (a.offsets() != null) {
                a.offsets().find(offset, r.nextInt(1100));
            }
            if (a.names() != null) {
                a.names().find(0, i);
            }
        }
        a.traps().forEach((offset, code) -> {});
        for (ModuleInfo m : a.modules()) {
            new VMContextLayout(m.counts());
        }
    }

    @Test
    void messagesNameTheCause() {
        assertMessage(
                "not a compiled WebAssembly file",
                "hello, this is some text".repeat(10).getBytes(StandardCharsets.UTF_8));
        assertMessage("only 4 bytes", new byte[4]);
        byte[] wasm = Arrays.copyOf(HexFormat.of().parseHex("0061736d01000000"), 100);
        assertMessage("compile it first", wasm);
        byte[] other = SampleBytes.ORIGINAL.clone();
        other[18] = 40;
        assertMessage("unknown machine", other);
        byte[] old = SampleBytes.ORIGINAL.clone();
        Artifact a = open(SampleBytes.ORIGINAL);
        int compat = (int) (a.sectionBytes(Compat.SECTION).address() - a.file().address());
        old[compat + 4] = 9;
        assertMessage("the file has format 9, this version reads format " + Compat.FORMAT_VERSION, old);
        assertMessage("truncated", Arrays.copyOf(SampleBytes.ORIGINAL, 1000));
        byte[] text = SampleBytes.ORIGINAL.clone();
        text[(int) a.textOffset() + 5]++;
        assertMessage("checksum", text);
    }

    private static void assertMessage(String part, byte[] bytes) {
        String message =
                assertThrows(ArtifactException.class, () -> open(bytes)).getMessage();
        assertTrue(message.contains(part), message);
    }

    @Test
    void binutilsReadTheFile() throws Exception {
        Path file = dir.resolve("c.cwasm");
        SampleFile.writer(true).write(file);
        String readelf = run("readelf", "-aW", file.toString());
        assertTrue(readelf.contains("DYN"), readelf);
        assertTrue(readelf.matches("(?s).*FUNC\\s+LOCAL\\s+DEFAULT\\s+\\d+ main.*"), readelf);
        assertTrue(
                !readelf.toLowerCase(Locale.ROOT).contains("warning")
                        && !readelf.toLowerCase(Locale.ROOT).contains("error"),
                readelf);
        String objdump = run("objdump", "-d", file.toString());
        assertTrue(objdump.contains("<main>:"), objdump.substring(0, Math.min(2000, objdump.length())));
        assertTrue(objdump.contains("<module_startup[0,0]>:"), "symbol of a function without a name");
        assertNotEquals(-1, objdump.indexOf("nop"));
    }

    private String run(String... command) throws Exception {
        Path tool = Path.of("/usr/bin", command[0]);
        Assumptions.assumeTrue(Files.isExecutable(tool), command[0] + " is not installed");
        Path out = dir.resolve(command[0] + ".txt");
        Process p = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(out.toFile())
                .start();
        assertTrue(p.waitFor(10, TimeUnit.MINUTES));
        String text = Files.readString(out, StandardCharsets.ISO_8859_1);
        assertEquals(0, p.exitValue(), text);
        return text;
    }
}
