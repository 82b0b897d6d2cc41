package kiln.compiler;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;
import kiln.artifact.Artifact;
import kiln.artifact.FuncKey;
import kiln.runtime.ModuleCompiler;
import kiln.runtime.WasmException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** From the bytes of small modules to files, and what is said of modules that cannot be compiled. */
class CompilerTest {
    private static final CompilerOptions OPTIONS = CompilerOptions.defaults().withJobs(1);

    @TempDir
    Path dir;

    /**
     * Functions without parameters and results, all exported as their numbers, with these bodies of one to three bytes.
     */
    private static byte[] module(int functions, int... body) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes("\0asm\1\0\0\0\1\4\1\u0060\0\0".getBytes(StandardCharsets.ISO_8859_1));
        section(out, 3, functions, i -> new byte[] {0});
        section(out, 7, functions, i -> {
            byte[] name = Integer.toString(i).getBytes(StandardCharsets.US_ASCII);
            byte[] entry = new byte[name.length + 3];
            entry[0] = (byte) name.length;
            System.arraycopy(name, 0, entry, 1, name.length);
            entry[name.length + 2] = (byte) i;
            return entry;
        });
        section(out, 10, functions, i -> {
            byte[] entry = new byte[body.length + 3];
            entry[0] = (byte) (body.length + 2);
            for (int k = 0; k < body.length; k++) {
                entry[k + 2] = (byte) body[k];
            }
            entry[entry.length - 1] = 0x0b;
            return entry;
        });
        return out.toByteArray();
    }

    private interface Entry {
        byte[] bytes(int i);
    }

    private static void section(ByteArrayOutputStream out, int id, int count, Entry entry) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        content.write(count);
        for (int i = 0; i < count; i++) {
            content.writeBytes(entry.bytes(i));
        }
        out.write(id);
        out.write(content.size() & 0x7f | 0x80);
        out.write(content.size() >> 7);
        out.writeBytes(content.toByteArray());
    }

    private static CompileException refused(byte[] wasm) {
        return assertThrows(CompileException.class, () -> Compiler.compile("some.wasm", wasm, OPTIONS));
    }

    @ParameterizedTest
    @EnumSource
    void aFileForEachTarget(Target target) {
        byte[] file = Compiler.compile("some.wasm", module(9), OPTIONS.withTarget(target));
        try (Artifact artifact = Artifact.of(MemorySegment.ofArray(file), Artifact.OpenOptions.STRICT)) {
            assertEquals(target.architecture(), artifact.compat().architecture());
            assertEquals(
                    OPTIONS.withTarget(target).describe(),
                    artifact.compat().options().get("options"));
            assertEquals(1, artifact.modules().size());
            assertEquals(9, artifact.modules().getFirst().exports().size());
            for (int i = 0; i < 9; i++) {
                int entry = artifact.index().find(FuncKey.wasmFunction(0, i).raw());
                assertTrue(entry >= 0 && artifact.index().length(entry) > 0, "function " + i);
            }
        }
    }

    /** Some processors tell the targets of an indirect call apart by nothing else. */
    @ParameterizedTest
    @EnumSource
    void equalFunctionsWithoutBranchesDifferInWhereTheyReturn(Target target) {
        byte[] file = Compiler.compile("some.wasm", module(9), OPTIONS.withTarget(target));
        try (Artifact artifact = Artifact.of(MemorySegment.ofArray(file), Artifact.OpenOptions.STRICT)) {
            for (int i = 0; i < 9; i++) {
                int entry = artifact.index().find(FuncKey.wasmFunction(0, i).raw());
                long end = artifact.index().start(entry) + artifact.index().length(entry);
                assertEquals(i & 3, end - 1 >> 2 & 3, "function " + i);
            }
        }
    }

    @Test
    void threadsDoNotMatter() {
        byte[] wasm = module(100, 0x10, 1);
        byte[] one = Compiler.compile("some.wasm", wasm, OPTIONS);
        for (int jobs = 2; jobs <= 4; jobs++) {
            assertArrayEquals(one, Compiler.compile("some.wasm", wasm, OPTIONS.withJobs(jobs)));
        }
        assertArrayEquals(one, Compiler.compile("another name.wasm", wasm, OPTIONS.withCheck(true)));
    }

    @Test
    void progressReachesItsEnd() {
        ConcurrentLinkedQueue<String> told = new ConcurrentLinkedQueue<>();
        Compiler.compile("some.wasm", module(50), OPTIONS.withJobs(3), (done, total) -> told.add(done + "/" + total));
        assertTrue(told.contains("50/50"), told.toString());
        assertTrue(told.stream().allMatch(t -> t.endsWith("/50")), told.toString());
    }

    @Test
    void whatCannotBeDecodedIsToldWithItsPlace() {
        byte[] wasm = module(2);
        CompileException cut = refused(Arrays.copyOf(wasm, wasm.length - 1));
        assertTrue(cut.getMessage().matches("(?s).* at 0x[0-9a-f]+ of some.wasm"), cut.getMessage());
        assertInstanceOf(kiln.wasm.WasmException.class, cut.getCause());
        // drop, with nothing there; 0x0a is the code section, whose first body's code begins 4 bytes later.
        byte[] invalid = module(1, 0x1a);
        int drop = invalid.length - 2;
        CompileException e = refused(invalid);
        assertTrue(
                e.getMessage().endsWith(" in function 0 at 0x" + Integer.toHexString(drop) + " of some.wasm"),
                e.getMessage());
    }

    @Test
    void nothingIsWrittenOfWhatIsRefused() throws IOException {
        Path out = dir.resolve("out.cwasm");
        assertThrows(
                CompileException.class,
                () -> Compiler.compileTo(out, "x.wasm", module(1, 0x1a), OPTIONS, CompileProgress.NONE));
        assertFalse(Files.exists(out));
        Compiler.compileTo(out, "x.wasm", module(1), OPTIONS, CompileProgress.NONE);
        byte[] before = Files.readAllBytes(out);
        assertThrows(
                CompileException.class,
                () -> Compiler.compileTo(out, "x.wasm", module(1, 0x1a), OPTIONS, CompileProgress.NONE));
        assertArrayEquals(before, Files.readAllBytes(out));
        Path nowhere = dir.resolve("missing/out.cwasm");
        assertEquals(
                nowhere.toString(),
                assertThrows(
                                NoSuchFileException.class,
                                () -> Compiler.compileTo(nowhere, "x.wasm", module(1), OPTIONS, CompileProgress.NONE))
                        .getFile());
    }

    @Test
    void linkedModulesNeedDifferentNames() {
        Compiler.Input input = new Compiler.Input("a", "a.wasm", module(1));
        CompileException e = assertThrows(
                CompileException.class,
                () -> Compiler.link(List.of(input, new Compiler.Input("a", "b.wasm", module(1))), OPTIONS));
        assertEquals(
                "a.wasm and b.wasm are both named \"a\": modules that are linked need different names", e.getMessage());
    }

    /** As the runtime finds it. */
    @Test
    void theServiceCompilesForThisMachine() {
        ServiceCompiler service = new ServiceCompiler();
        byte[] file = service.compile(module(1), "x", ModuleCompiler.Settings.DEFAULT);
        try (Artifact artifact = Artifact.of(MemorySegment.ofArray(file), Artifact.OpenOptions.STRICT)) {
            assertEquals(Target.host().architecture(), artifact.compat().architecture());
            assertTrue(artifact.compat().options().get("options").contains("interruptible"));
        }
        WasmException e = assertThrows(
                WasmException.class, () -> service.compile(module(1, 0x1a), "x.wasm", ModuleCompiler.Settings.DEFAULT));
        assertTrue(e.getMessage().endsWith(" of x.wasm"), e.getMessage());
    }

    @Test
    void theServiceKeepsWhatItCompiled(@TempDir Path dir) throws IOException {
        ServiceCompiler service = new ServiceCompiler();
        ModuleCompiler.Settings settings = new ModuleCompiler.Settings(false, 1, false, false, dir.resolve("cache"));
        byte[] first = service.compile(module(1), "x", settings);
        Path entry;
        try (Stream<Path> files = Files.list(settings.cache())) {
            entry = files.toList().getFirst();
        }
        assertArrayEquals(first, Files.readAllBytes(entry));
        FileTime made = FileTime.fromMillis(1);
        Files.setLastModifiedTime(entry, made);
        assertArrayEquals(first, service.compile(module(1), "x", settings));
        assertEquals(made, Files.getLastModifiedTime(entry));
        // A damaged entry is replaced.
        Files.write(entry, Arrays.copyOf(first, first.length - 1));
        assertArrayEquals(first, service.compile(module(1), "x", settings));
        assertArrayEquals(first, Files.readAllBytes(entry));
        // One that cannot be written keeps nothing from running.
        Path file = Files.writeString(dir.resolve("file"), "no folder");
        assertArrayEquals(
                first, service.compile(module(1), "x", new ModuleCompiler.Settings(false, 1, false, false, file)));
    }
}
