package kiln.tests.cli;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import kiln.cli.Main;
import kiln.tests.ChildJvm;

/** Runs shell scripts in which {@code kiln} is the command in a process of its own, without the launcher. */
final class Shell {
    private Shell() {}

    /**
     * Runs a script in a folder.
     *
     * @param minutes after which it is stopped and the test fails
     * @return what it printed to both outputs; "status N" is the last line if that is not 0
     */
    static String run(Path folder, String script, int minutes) throws IOException, InterruptedException {
        String java =
                String.join("' '", ChildJvm.command(List.of("-XX:-UsePerfData"), Main.class.getName(), List.of()));
        Path file = Files.createTempFile("kiln", ".sh");
        Path output = Files.createTempFile("kiln", ".out");
        try {
            Files.writeString(file, "kiln() { '" + java + "' \"$@\"; }\nexport LC_ALL=C.UTF-8\n" + script);
            Process p = new ProcessBuilder("sh", file.toString())
                    .directory(folder.toFile())
                    .redirectInput(Path.of("/dev/null").toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            assertTrue(ChildJvm.ends(p, minutes), () -> "does not end: " + script);
            String text = Files.readString(output);
            return p.exitValue() == 0 ? text : text + "status " + p.exitValue() + "\n";
        } finally {
            Files.delete(file);
            Files.delete(output);
        }
    }
}
