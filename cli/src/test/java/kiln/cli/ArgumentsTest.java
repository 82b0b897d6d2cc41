package kiln.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Arguments as they were given, from the process's command line. */
class ArgumentsTest {
    private static final String LOST = "\ufffd";

    /** A command line of the system: each character is a byte. */
    private static byte[] line(String... words) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (String word : words) {
            out.writeBytes(word.getBytes(StandardCharsets.ISO_8859_1));
            out.write(0);
        }
        return out.toByteArray();
    }

    @Test
    void whatJavaLostIsFound() {
        String[] args = {"run", "a" + LOST, "é", "", LOST + LOST};
        byte[] line = line("java", "-cp", "x", "kiln.cli.Main", "run", "a\u00ff", "\u00c3\u00a9", "", "\u00e2\u0082");
        assertArrayEquals(new String[] {"run", "a\udcff", "é", "", "\udce2\udc82"}, Arguments.exact(args, line));
    }

    /** A character U+FFFD may be what was meant. */
    @Test
    void whatIsNotLostStays() {
        assertArrayEquals(
                new String[] {"\ufffd"}, Arguments.exact(new String[] {LOST}, line("java", "\u00ef\u00bf\u00bd")));
        String[] plain = {"run", "é"};
        assertSame(plain, Arguments.exact(plain));
    }

    @Test
    void anotherCommandLineIsNotBelieved() {
        String[] args = {"run", LOST};
        assertSame(args, Arguments.exact(args, line("java", "compile", "\u00ff")));
        assertSame(args, Arguments.exact(args, line("\u00ff")));
        assertSame(args, Arguments.exact(args, new byte[0]));
        assertSame(args, Arguments.exact(args, new byte[] {0}));
        // This process was started with other arguments.
        assertSame(args, Arguments.exact(args));
    }

    @Test
    void argumentsAreFiles() {
        assertEquals(Path.of("a/b.wasm"), Arguments.path("a/b.wasm"));
        assertEquals(Path.of(""), Arguments.path(""));
        assertEquals("/tmp/\ufffd", Arguments.path("/tmp/\udcff").toString());
    }
}
