package kiln.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import kiln.compiler.CodeCache;
import kiln.compiler.CompileException;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Loading what a user named, with and without the cache of compiled code. */
class ModuleFilesTest {
    /** Exports a function "f" that does nothing. */
    private static final byte[] WASM =
            "\0asm\1\0\0\0\1\4\1\u0060\0\0\3\2\1\0\7\5\1\1f\0\0\n\4\1\2\0\13".getBytes(StandardCharsets.ISO_8859_1);

    private static final CompilerOptions OPTIONS = CompilerOptions.defaults();
    private static final FileTime OLD = FileTime.fromMillis(1_000_000_000_000L);

    @TempDir
    Path dir;

    private final Engine engine = new Engine();
    private Path file;
    private CodeCache cache;
    private Path entry;

    @BeforeEach
    void files() throws IOException {
        file = Files.write(dir.resolve("some.wasm"), WASM);
        cache = new CodeCache(dir.resolve("cache"));
        entry = cache.entry(WASM, OPTIONS);
    }

    @AfterEach
    void close() {
        engine.close();
    }

    private void load(CodeCache with) throws IOException {
        try (CompiledModule module = ModuleFiles.load(engine, file, OPTIONS, with, true)) {
            assertEquals("some", module.name());
            assertEquals("f", module.exports().getFirst().name());
        }
    }

    @Test
    void theCacheIsFilledAndUsed() throws IOException {
        load(null);
        assertFalse(Files.exists(entry.getParent()));
        load(cache);
        byte[] compiled = Files.readAllBytes(entry);
        assertArrayEquals(Compiler.compile("some.wasm", WASM, OPTIONS), compiled);
        Files.setLastModifiedTime(entry, OLD);
        load(cache);
        assertEquals(OLD, Files.getLastModifiedTime(entry), "it was compiled again");
    }

    @Test
    void damagedEntriesAreReplaced() throws IOException {
        load(cache);
        byte[] compiled = Files.readAllBytes(entry);
        byte[] flipped = compiled.clone();
        flipped[flipped.length / 2] ^= 1;
        for (byte[] damaged : new byte[][] {{}, flipped, Arrays.copyOf(compiled, compiled.length / 2), {1, 2, 3}}) {
            Files.write(entry, damaged);
            load(cache);
            assertArrayEquals(compiled, Files.readAllBytes(entry));
        }
    }

    @Test
    void aCacheThatCannotBeUsedIsDoneWithout() throws IOException {
        Path noFolder = Files.writeString(dir.resolve("file"), "");
        load(new CodeCache(noFolder));
        Files.createDirectories(entry.resolve("full"));
        load(cache);
        assertTrue(Files.isDirectory(entry));
    }

    @Test
    void compiledFilesAreNotCached() throws IOException {
        Path compiled = dir.resolve("some.cwasm");
        Compiler.compileTo(compiled, "some.wasm", WASM, OPTIONS.withInterruptible(true), (_, _) -> {});
        assertTrue(ModuleFiles.isInterruptible(compiled));
        Compiler.compileTo(compiled, "some.wasm", WASM, OPTIONS, (_, _) -> {});
        assertFalse(ModuleFiles.isInterruptible(compiled));
        assertTrue(ModuleFiles.isInterruptible(file), "which is compiled as one likes");
        try (CompiledModule module = ModuleFiles.load(engine, compiled, OPTIONS, cache, true)) {
            assertNotEquals("", module.name());
        }
        assertFalse(Files.exists(entry.getParent()));
    }

    @Test
    void whatIsNoModuleIsRefusedAndLeavesNothing() throws IOException {
        Files.write(file, Arrays.copyOf(WASM, WASM.length - 1));
        assertThrows(CompileException.class, () -> load(cache));
        assertFalse(Files.exists(entry.getParent()));
        Files.delete(file);
        assertThrows(UserError.class, () -> load(cache));
    }
}
