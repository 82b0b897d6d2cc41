package kiln.artifact;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Names as people see them, and names that are not UTF-8. */
class PrintableTest {
    @Test
    void ordinaryNamesStayAsTheyAre() {
        for (String name : List.of(
                "",
                "main",
                "core::ptr::drop_in_place<alloc::vec::Vec<u8>>::h0123456789abcdef",
                "std::vector<int, std::allocator<int> >::operator=(std::vector<int>&&)",
                "operator\"\" _km",
                "a\\b",
                "größe",
                "площадь",
                "面积",
                "שלום",
                "😀",
                "x".repeat(Printable.MAX_NAME))) {
            assertEquals(name, Printable.name(name));
        }
        String same = "x".repeat(100);
        assertSame(same, Printable.name(same));
    }

    @Test
    void whatMovesCursorsOrEndsLinesIsEscaped() {
        assertEquals("\\u{1b}[31mred", Printable.name("\u001b[31mred"));
        assertEquals("a\\u{0}b\\u{a}c\\u{d}d\\u{9}e", Printable.name("a\0b\nc\rd\te"));
        assertEquals("\\u{7f}\\u{9b}\\u{85}", Printable.name("\u007f\u009b\u0085"));
        assertEquals("\\u{202e}txt\\u{2066}\\u{200f}", Printable.name("\u202etxt\u2066\u200f"));
        assertEquals("\\u{2028}\\u{2029}\\u{a0}\\u{feff}\\u{ad}", Printable.name("\u2028\u2029\u00a0\ufeff\u00ad"));
        assertEquals("\\u{e0001}\\u{10ffff}\\u{e000}", Printable.name("\udb40\udc01\udbff\udfff\ue000"));
        assertEquals("caf\\xe9", Printable.name(PathBytes.decode(new byte[] {'c', 'a', 'f', (byte) 0xe9})));
        assertEquals("null", Printable.name(null));
    }

    @Test
    void longNamesAreCutAndTellTheirLength() {
        String cut = Printable.name("x".repeat(200_000));
        assertTrue(cut.length() <= Printable.MAX_NAME);
        assertTrue(cut.endsWith("xxx... (200000 characters)"), cut);
        assertTrue(Printable.name("\u001b".repeat(1000)).length() <= Printable.MAX_NAME);
        assertTrue(Printable.line("é".repeat(100_000)).length() <= Printable.MAX_LINE);
    }

    @Test
    void listsEnd() {
        assertEquals("", Printable.names(List.of()));
        assertEquals("a, b\\u{a}", Printable.names(List.of("a", "b\n")));
        assertEquals("a -> b", Printable.join(" -> ", List.of("a", "b")));
        String many = Printable.names(Collections.nCopies(100_000, "name"));
        assertTrue(many.endsWith("name, ... (100000 in all)"), many);
        assertTrue(many.length() < 3 * Printable.MAX_NAME);
        assertTrue(Printable.names(Collections.nCopies(9, "y".repeat(9999))).length() < 4 * Printable.MAX_NAME);
    }

    @Test
    void appliedAgainItChangesNothing() {
        Random r = new Random(4);
        for (int round = 0; round < 2000; round++) {
            StringBuilder name = new StringBuilder();
            for (int n = r.nextInt(r.nextInt(10) == 0 ? 3000 : 20); n > 0; n--) {
                name.append((char) (r.nextBoolean() ? r.nextInt(128) : r.nextInt(0x10000)));
            }
            String once = Printable.name(name.toString());
            assertEquals(once, Printable.name(once));
            assertEquals(once, Printable.line(once));
            assertTrue(once.length() <= Printable.MAX_NAME);
            assertTrue(once.codePoints()
                    .noneMatch(c -> Character.isISOControl(c) || Character.getType(c) == Character.FORMAT));
        }
    }

    @Test
    void bytesThatAreNotUtf8AreKept() {
        Random r = new Random(5);
        for (int round = 0; round < 5000; round++) {
            byte[] bytes = new byte[r.nextInt(12)];
            r.nextBytes(bytes);
            if (r.nextBoolean()) {
                bytes = new String(bytes, StandardCharsets.UTF_16LE).getBytes(StandardCharsets.UTF_8);
            }
            assertArrayEquals(bytes, PathBytes.encode(PathBytes.decode(bytes)));
        }
        assertEquals("é\ufffd😀", PathBytes.decode("é\ufffd😀".getBytes(StandardCharsets.UTF_8)));
        // The first half of a character, twice, and an encoded surrogate.
        assertEquals(
                "\udce2\udc82\udce2\udc82",
                PathBytes.decode(new byte[] {(byte) 0xe2, (byte) 0x82, (byte) 0xe2, (byte) 0x82}));
        assertEquals("\udced\udca0\udc80", PathBytes.decode(new byte[] {(byte) 0xed, (byte) 0xa0, (byte) 0x80}));
    }

    @Test
    void filesWithSuchNamesAreFound(@TempDir Path folder) throws IOException {
        String name = PathBytes.decode(new byte[] {'a', (byte) 0xff, '%', ' ', (byte) 0xc3, (byte) 0xa9});
        Path file = PathBytes.path(folder + "//" + name);
        try (OutputStream out = Files.newOutputStream(file)) {
            out.write(7);
        }
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            Path listed = files.iterator().next();
            assertEquals(file, listed);
            assertEquals(folder + "/" + name, PathBytes.text(listed));
            assertEquals(folder + "/a\\xff% é", Printable.file(listed));
            assertArrayEquals(PathBytes.encode(folder + "/" + name), PathBytes.of(listed));
        }
        assertEquals(name, PathBytes.text(file.getFileName()));
        assertFalse(PathBytes.path(name).isAbsolute());
        assertEquals(file, folder.resolve(PathBytes.path(name)));
        assertEquals(Path.of("x/é"), PathBytes.path("x/é"));
        Path below = PathBytes.path(folder + "/" + name + ".d");
        Files.createDirectory(below);
        assertEquals(folder + "/" + name + ".d", PathBytes.text(below));
    }
}
