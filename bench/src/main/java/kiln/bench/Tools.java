package kiln.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import kiln.compiler.Target;

/** Other programs that benchmarks use, which the scripts in {@code bench} find and name in system properties. */
final class Tools {
    private static final int TIMEOUT_SECONDS = 600;

    private Tools() {}

    /**
     * The command of a tool, or null where the machine has none.
     *
     * @param target what it is for, null if it is for all of them
     */
    static String find(String name, Target target) {
        String value = System.getProperty("kiln." + name + (target == null ? "" : "." + target.label()), "");
        return value.isBlank() ? null : value;
    }

    /**
     * Runs a command in {@code folder} and drops what it says on the error output.
     *
     * @param output the file for its output, null to drop that as well
     * @return its exit status, -1 if it was ended after ten minutes
     */
    static int run(Path folder, Path output, List<String> line) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(line)
                .directory(folder.toFile())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .redirectOutput(
                        output == null ? ProcessBuilder.Redirect.DISCARD : ProcessBuilder.Redirect.to(output.toFile()));
        Process process = builder.start();
        if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            return -1;
        }
        return process.exitValue();
    }
}
