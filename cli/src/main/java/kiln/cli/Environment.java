package kiln.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import kiln.artifact.PathBytes;

/** This process's environment variables as the user has them. */
final class Environment {
    /** What LC_ALL was before the launcher changed it; empty if there was none. */
    private static final String LOCALE_PROPERTY = "kiln.locale";

    private Environment() {}

    /**
     * The variables, in the form of {@link PathBytes#decode}: exactly, even what is not UTF-8, which Java does not
     * tell.
     */
    static Map<String, String> variables() {
        Map<String, String> variables;
        try {
            variables = parse(Files.readAllBytes(Path.of("/proc/self/environ")));
        } catch (IOException _) {
            variables = new LinkedHashMap<>(System.getenv());
        }
        String locale = System.getProperty(LOCALE_PROPERTY);
        if (locale != null) {
            variables.remove("LC_ALL");
            if (!locale.isEmpty()) {
                variables.put("LC_ALL", locale);
            }
        }
        return variables;
    }

    /** @param environment {@code NAME=VALUE}, each ended by a zero */
    static Map<String, String> parse(byte[] environment) {
        Map<String, String> variables = new LinkedHashMap<>();
        int start = 0;
        for (int i = 0; i < environment.length; i++) {
            if (environment[i] == 0) {
                String entry = PathBytes.decode(Arrays.copyOfRange(environment, start, i));
                int equals = entry.indexOf('=');
                if (equals > 0) {
                    // Of several with one name the first counts, as for getenv.
                    variables.putIfAbsent(entry.substring(0, equals), entry.substring(equals + 1));
                }
                start = i + 1;
            }
        }
        return variables;
    }
}
