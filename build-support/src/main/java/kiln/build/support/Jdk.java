package kiln.build.support;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Looks for a JDK that Kiln can compile with. */
public final class Jdk {
    private static final int NEEDED = 25;

    private Jdk() {}

    /**
     * The {@code java} of the first place that is a JDK 25 or later: what the build says, the environment variable
     * {@code JAVA_HOME}, the JVM that runs the build.
     *
     * @param tool the build tool's name
     * @param configured what the build says, or null
     * @param tried what the build tool itself was asked for, in vain
     * @throws BuildFailure if there is none; the message names all places
     */
    public static Path find(String tool, Path configured, String tried) throws BuildFailure {
        List<String> looked = new ArrayList<>(List.of(tried));
        for (Map.Entry<String, String> place : List.of(
                Map.entry("kiln.jdk", configured == null ? "" : configured.toString()),
                Map.entry("JAVA_HOME", System.getenv().getOrDefault("JAVA_HOME", "")),
                Map.entry("the JVM that runs " + tool, System.getProperty("java.home")))) {
            if (place.getValue().isEmpty()) {
                looked.add(place.getKey() + " (not set)");
                continue;
            }
            Path home = Path.of(place.getValue());
            int version = version(home);
            if (version >= NEEDED) {
                return home.resolve("bin/java");
            }
            looked.add(
                    place.getKey() + " (" + home + (version > 0 ? ", which is " + version : ", which is none") + ")");
        }
        throw new BuildFailure(
                "Kiln compiles with a JDK 25, and there is none. Looked for: " + String.join("; ", looked));
    }

    /** The feature version that a JDK says it has, or 0. */
    private static int version(Path home) {
        try {
            for (String line : Files.readAllLines(home.resolve("release"))) {
                if (line.startsWith("JAVA_VERSION=\"")) {
                    return Integer.parseInt(line.substring(14).split("[.\"+-]")[0]);
                }
            }
        } catch (IOException | NumberFormatException e) {
            // What cannot be read is no JDK 25.
            return 0;
        }
        return 0;
    }
}
