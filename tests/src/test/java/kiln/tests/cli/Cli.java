package kiln.tests.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import kiln.cli.Main;

/** Runs command lines in this process, and says what came of them. */
final class Cli {
    record Outcome(int status, String out, String err) {}

    private Cli() {}

    /**
     * {@code line} without {@code kiln}; words are separated by single spaces, {@code @x} is the file x in {@code dir}.
     */
    static Outcome kiln(Path dir, String line) {
        String[] args = line.isEmpty()
                ? new String[0]
                : Arrays.stream(line.split(" "))
                        .map(a ->
                                a.startsWith("@") ? dir.resolve(a.substring(1)).toString() : a)
                        .toArray(String[]::new);
        return run(args);
    }

    /** Any arguments. */
    static Outcome run(String... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        PrintStream oldOut = System.out;
        PrintStream oldErr = System.err;
        System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
        try {
            return new Outcome(
                    Main.run(args), out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
        } finally {
            System.setOut(oldOut);
            System.setErr(oldErr);
        }
    }

    static byte[] resource(String name) throws IOException {
        try (InputStream in = Cli.class.getResourceAsStream(name)) {
            return in.readAllBytes();
        }
    }
}
