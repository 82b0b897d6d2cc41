package kiln.loader;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.KeyPair;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import kiln.artifact.Artifact;
import kiln.artifact.ArtifactWriter;
import kiln.artifact.Compat;
import kiln.artifact.FileSignature;
import kiln.artifact.FuncKey;
import kiln.artifact.StoreLayout;
import kiln.artifact.api.ArtifactException;
import kiln.artifact.api.SigningKeys;
import kiln.artifact.api.TrapCode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoadedArtifactTest {
    @TempDir
    Path dir;

    @Test
    void looksUpCodeByKeyAndKeysByCode() throws IOException {
        Path file = dir.resolve("a.cwasm");
        TestCode.writer().write(file);
        LoadedArtifact a = LoadedArtifact.load(file, Artifact.OpenOptions.DEFAULT);
        try (TestCode code = new TestCode(a)) {
            FuncKey key = FuncKey.wasmFunction(0, 2);
            long pc = a.code(key);
            assertEquals(key, a.functionAt(pc));
            int length = TestCode.TRAP.bytes().length;
            assertEquals(key, a.functionAt(pc + length - 1));
            assertNull(a.functionAt(pc + length));
            assertNull(a.functionAt(a.textBase() - 1));
            assertEquals(TrapCode.UNREACHABLE, a.trapAt(pc + TestCode.TRAP.trapOffset()));
            assertNull(a.trapAt(pc + TestCode.TRAP.trapOffset() - 1));
            assertEquals(2000, a.wasmOffset(pc + 3));
            assertEquals(2004, a.wasmOffset(pc + 7));
            assertEquals(-1, a.wasmOffset(pc + length));
            assertEquals("f2", a.functionName(0, 2));
            assertNull(a.functionName(0, 99));
            assertEquals(0, a.code(FuncKey.wasmFunction(1, 0)));
            assertEquals(a, LoadedArtifact.find(pc));
            assertEquals(StoreLayout.STATUS_OK, code.run(TestCode.INCREMENT, 1));
        }
        assertNull(LoadedArtifact.find(a.textBase()));
    }

    /**
     * What others can change is copied before anything looks at it; what is trusted is shared, and tools find its
     * symbols.
     */
    @Test
    void onlyTrustedFilesAreMappedThemselves() throws IOException {
        Path file = dir.resolve("mapped.cwasm");
        TestCode.writer().write(file);
        byte[] bytes = Files.readAllBytes(file);
        try (LoadedArtifact a = LoadedArtifact.load(file, Artifact.OpenOptions.DEFAULT)) {
            assertTrue(text(a.textBase()).contains("/memfd:kiln.cwasm"), text(a.textBase()));
            Files.write(file, new byte[bytes.length]);
            a.artifact().verify();
            assertEquals(-1, a.artifact().file().mismatch(MemorySegment.ofArray(bytes)));
        }
        Files.write(file, bytes);
        try (LoadedArtifact a = LoadedArtifact.map(file, Artifact.OpenOptions.SKIP_DIGEST)) {
            assertTrue(text(a.textBase()).contains("mapped.cwasm"), text(a.textBase()));
        }
        List<String> maps = Files.readAllLines(Path.of("/proc/self/maps"));
        assertFalse(maps.stream().anyMatch(l -> l.contains("mapped.cwasm") || l.contains("/memfd:kiln")));
        Artifact.OpenOptions signed = Artifact.OpenOptions.DEFAULT.signedBy(
                List.of(SigningKeys.generate().getPublic()));
        assertThrows(IllegalArgumentException.class, () -> LoadedArtifact.map(file, signed));
    }

    /** The line about the mapping of a text; nothing is writable and executable. */
    private static String text(long address) throws IOException {
        List<String> maps = Files.readAllLines(Path.of("/proc/self/maps"));
        assertFalse(maps.stream().anyMatch(l -> l.contains("cwasm") && l.contains("wx")));
        String start = Long.toHexString(address);
        return maps.stream()
                .filter(l -> l.startsWith(start) && l.contains("r-xp"))
                .findFirst()
                .orElse("");
    }

    /** A required signature is checked on the bytes that then run, whatever happens to the file meanwhile. */
    @Test
    void whatIsCheckedIsWhatRuns() throws IOException {
        Path file = dir.resolve("signed.cwasm");
        TestCode.writer().write(file);
        KeyPair keys = SigningKeys.generate();
        FileSignature.sign(file, keys);
        Artifact.OpenOptions options = Artifact.OpenOptions.DEFAULT.signedBy(List.of(keys.getPublic()));
        LoadedArtifact a = LoadedArtifact.load(file, options);
        try (TestCode code = new TestCode(a)) {
            byte[] original = Files.readAllBytes(file);
            Files.write(file, new byte[original.length], StandardOpenOption.WRITE);
            assertEquals(StoreLayout.STATUS_OK, code.run(TestCode.INCREMENT, 1));
            assertEquals(-1, a.artifact().file().mismatch(MemorySegment.ofArray(original)));
            assertFalse(Files.readString(Path.of("/proc/self/maps")).contains("signed.cwasm"));
            assertThrows(ArtifactException.class, () -> LoadedArtifact.load(file, options));
            original[original.length / 2] ^= 1;
            Files.write(file, original);
            String message = assertThrows(ArtifactException.class, () -> LoadedArtifact.load(file, options))
                    .getMessage();
            assertTrue(message.contains("signed.cwasm: the signature does not match"), message);
            Files.write(file, new byte[0]);
            assertThrows(ArtifactException.class, () -> LoadedArtifact.load(file, options));
        }
    }

    /** By its size, before it is read: what is large and no compiled file must not fill the memory. */
    @Test
    void whatCannotBeACompiledFileIsNotRead() throws IOException {
        Path file = dir.resolve("huge.cwasm");
        TestCode.writer().write(file);
        try (RandomAccessFile f = new RandomAccessFile(file.toFile(), "rw")) {
            f.setLength(1L << 40);
        }
        Artifact.OpenOptions options = Artifact.OpenOptions.DEFAULT;
        assertThrows(ArtifactException.class, () -> LoadedArtifact.load(file, options));
        assertThrows(ArtifactException.class, () -> LoadedArtifact.map(file, options));
        assertThrows(ArtifactException.class, () -> Artifact.open(file, options));
    }

    /** On a file system mounted noexec the text is copied. */
    @Test
    void textIsCopiedWhereFilesCannotBeExecuted() throws IOException {
        Path file = dir.resolve("noexec.cwasm");
        TestCode.writer().write(file);
        Host real = Host.current();
        int[] refused = new int[1];
        Class<?>[] hosts = {Host.class};
        Host host = (Host) Proxy.newProxyInstance(Host.class.getClassLoader(), hosts, (p, m, a) -> {
            if (m.getName().equals("mapFile") && a.length == 5) {
                refused[0]++;
                throw new HostException("Operation not permitted", 1);
            }
            return m.invoke(real, a);
        });
        CodeArena arena = new CodeArena(host);
        int f = real.openFile(file);
        try (Artifact a = Artifact.open(file)) {
            long text = arena.mapText(f, a.textOffset(), a.textLength());
            assertEquals(1, refused[0]);
            assertEquals(-1, a.text().mismatch(Native.segment(text, a.textLength())));
            assertTrue(text(text).contains("r-xp") && !text(text).contains("noexec.cwasm"), text(text));
            arena.release(text, a.textLength());
        } finally {
            real.closeFile(f);
        }
    }

    @Test
    void codeAddressSpaceIsUsedAgain() {
        byte[] bytes = TestCode.writer().toBytes();
        List<LoadedArtifact> all = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            all.add(load(bytes));
        }
        assertEquals(20, all.stream().map(LoadedArtifact::textBase).distinct().count());
        for (LoadedArtifact a : all) {
            assertEquals(a, LoadedArtifact.find(a.textEnd() - 1));
        }
        long low = all.stream().mapToLong(LoadedArtifact::textBase).min().orElseThrow();
        long high = all.stream().mapToLong(LoadedArtifact::textEnd).max().orElseThrow();
        for (int i = 0; i < 20; i += 2) {
            all.get(i).close();
            all.set(i, load(bytes));
        }
        for (LoadedArtifact a : all) {
            assertTrue(a.textBase() >= low && a.textEnd() <= high);
            a.close();
            a.close();
        }
    }

    private static LoadedArtifact load(byte[] bytes) {
        return LoadedArtifact.load(MemorySegment.ofArray(bytes), Artifact.OpenOptions.DEFAULT);
    }

    @Test
    void refusalsLeaveNothingBehind() throws IOException {
        byte[] bytes = TestCode.writer().toBytes();
        bytes[bytes.length / 2] ^= 1;
        String here = Host.current().architecture();
        String elsewhere = TestCode.ARM ? "x86_64" : "aarch64";
        byte[] foreign = new ArtifactWriter(Compat.of(elsewhere, List.of(), "", Map.of())).toBytes();
        long files = openFiles();
        for (int i = 0; i < 5; i++) {
            assertMessage("checksum", bytes);
            assertMessage("compiled for " + elsewhere + ", but this machine is " + here, foreign);
            assertMessage("empty", new byte[0]);
        }
        assertEquals(files, openFiles());
        Path missing = dir.resolve("missing.cwasm");
        HostException e =
                assertThrows(HostException.class, () -> LoadedArtifact.load(missing, Artifact.OpenOptions.DEFAULT));
        assertTrue(e.getMessage().contains("missing.cwasm") && e.getMessage().contains("No such file"), e.getMessage());
    }

    private static long openFiles() throws IOException {
        try (var list = Files.list(Path.of("/proc/self/fd"))) {
            return list.count();
        }
    }

    private static void assertMessage(String part, byte[] bytes) {
        String message =
                assertThrows(ArtifactException.class, () -> load(bytes)).getMessage();
        assertTrue(message.contains(part), message);
    }

    @Test
    void missingFeatureStopsLoading() {
        byte[] needs = new ArtifactWriter(Compat.of(Host.current().architecture(), List.of("levitation"), "", Map.of()))
                .toBytes();
        assertMessage("needs CPU features levitation", needs);
    }

    @Test
    void missingFeaturesAreNamed() {
        Compat compat = Compat.of("x86_64", List.of("bmi2", "avx512vbmi", "lzcnt"), "", Map.of());
        HostCpu cpu = new HostCpu("x86_64", Set.of("lzcnt"));
        String message = assertThrows(ArtifactException.class, () -> LoadedArtifact.checkMachine(compat, cpu))
                .getMessage();
        assertTrue(message.contains("avx512vbmi, bmi2"), message);
        LoadedArtifact.checkMachine(compat, new HostCpu("x86_64", Set.of("lzcnt", "bmi2", "avx512vbmi")));
    }

    @Test
    void cpuinfoIsRead() {
        Set<String> features = HostCpu.parse(List.of(
                "processor : 0", "flags\t\t: fpu abm bmi2 pni", "", "processor : 1", "flags\t\t: fpu abm pni avx"));
        assertEquals(Set.of("fpu", "lzcnt", "sse3"), features);
        assertEquals(Set.of(), HostCpu.parse(List.of("nothing here")));
        assertEquals(Set.of("fp", "asimd", "lse"), HostCpu.ofHwcap(0x103));
        Set<String> wide = Set.of("sse2", "avx", "avx2", "fma", "avx512f", "avx512bw", "avx512dq", "avx512vl", "bmi1");
        assertEquals(wide, HostCpu.parse(List.of("flags : " + String.join(" ", wide))));
        assertEquals(Set.of("avx2"), HostCpu.parse(List.of("flags : avx2 avx512f avx512vl avx512vbmi")));
        // XCR0: floats, xmm, ymm, masks and two parts of zmm.
        assertEquals(wide, HostCpu.usable(wide, 0xe7));
        assertEquals(Set.of("sse2", "avx", "avx2", "fma", "bmi1"), HostCpu.usable(wide, 0x67));
        assertEquals(Set.of("sse2", "bmi1"), HostCpu.usable(wide, 3));
        assertTrue(HostCpu.current().features().contains(TestCode.ARM ? "asimd" : "sse2"));
    }
}
