package kiln.tests.npm;

import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** Packages out of npm. */
public final class Npm {
    private Npm() {}

    /** Skips the test unless somebody asked for it. */
    public static void assumeWanted() {
        assumeTrue(Boolean.getBoolean("kiln.npm"), "fetches from npm and takes minutes: -Dkiln.npm=true");
    }

    /**
     * The folder of a package's files; without npm, or if it does not have the package, the test is skipped.
     *
     * @param dir for what is fetched, unless {@code -Dkiln.npm.folder} says another
     */
    public static Path fetch(Path dir, String name, String version) throws IOException, InterruptedException {
        String kept = System.getProperty("kiln.npm.folder");
        Path folder = kept == null ? dir.resolve("npm") : Path.of(kept).toAbsolutePath();
        Path files = folder.resolve("node_modules").resolve(name);
        if (Files.exists(files.resolve("package.json"))) {
            return files;
        }
        Files.createDirectories(folder);
        Path said = dir.resolve("npm.log");
        Process npm;
        try {
            npm = new ProcessBuilder(
                            "npm",
                            "install",
                            "--ignore-scripts",
                            "--no-audit",
                            "--no-fund",
                            "--prefix",
                            folder.toString(),
                            name + "@" + version)
                    .redirectErrorStream(true)
                    .redirectOutput(said.toFile())
                    .start();
        } catch (IOException e) {
            return abort("there is no npm here: " + e.getMessage());
        }
        if (!npm.waitFor(10, TimeUnit.MINUTES)) {
            npm.destroyForcibly();
            return abort("npm does not answer");
        }
        assumeTrue(npm.exitValue() == 0, () -> {
            try {
                return "npm has no " + name + "@" + version + " for us: " + Files.readString(said);
            } catch (IOException e) {
                return e.toString();
            }
        });
        return files;
    }
}
