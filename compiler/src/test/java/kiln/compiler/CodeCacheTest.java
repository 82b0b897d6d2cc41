package kiln.compiler;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CodeCacheTest {
    private static final CompilerOptions OPTIONS = CompilerOptions.defaults();

    @TempDir
    Path dir;

    @Test
    void entriesDifferByWhatDecidesAboutTheCode() {
        CodeCache cache = new CodeCache(dir);
        Path entry = cache.entry(new byte[] {1, 2}, OPTIONS);
        assertEquals(entry, cache.entry(new byte[] {1, 2}, OPTIONS));
        assertEquals(entry, cache.entry(new byte[] {1, 2}, OPTIONS.withJobs(7)));
        assertNotEquals(entry, cache.entry(new byte[] {1, 3}, OPTIONS));
        assertNotEquals(entry, cache.entry(new byte[] {1, 2, 0}, OPTIONS));
        assertNotEquals(entry, cache.entry(new byte[] {1, 2}, OPTIONS.withOptLevel(0)));
        assertEquals(dir, entry.getParent());
        assertFalse(Files.exists(entry));
    }

    @Test
    void whatIsThereIsReplaced() throws IOException {
        Path folder = dir.resolve("made/when/needed");
        CodeCache cache = new CodeCache(folder);
        Path entry = cache.entry(new byte[1], OPTIONS);
        for (byte content : new byte[] {1, 2}) {
            assertEquals(entry, cache.put(entry, new byte[] {content}));
            assertArrayEquals(new byte[] {content}, Files.readAllBytes(entry));
        }
        Files.delete(entry);
        Files.createDirectory(entry);
        cache.put(entry, new byte[] {3});
        assertArrayEquals(new byte[] {3}, Files.readAllBytes(entry));
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(List.of(entry), files.toList(), "something was left behind");
        }
    }

    @Test
    void whatCannotBeWrittenIsAnError() throws IOException {
        Path file = Files.writeString(dir.resolve("file"), "no folder");
        CodeCache cache = new CodeCache(file);
        Path entry = cache.entry(new byte[1], OPTIONS);
        assertThrows(IOException.class, () -> cache.put(entry, new byte[1]));
        // A folder with something in it is not ours to remove.
        Path full = new CodeCache(dir).entry(new byte[1], OPTIONS);
        Files.createDirectories(full.resolve("x"));
        assertThrows(IOException.class, () -> new CodeCache(dir).put(full, new byte[1]));
        assertTrue(Files.isDirectory(full.resolve("x")));
        try (Stream<Path> files = Files.list(dir)) {
            assertTrue(files.noneMatch(f -> f.toString().endsWith(".tmp")), "a temporary file was left");
        }
    }
}
