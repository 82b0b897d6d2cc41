package kiln.cli;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import kiln.artifact.PathBytes;
import kiln.loader.Host;
import kiln.loader.HostException;

/** Starts the command again in this process's place, so that who waits for it, or stops it, notices nothing. */
final class Relaunch {
    private Relaunch() {}

    /**
     * Runs the launcher with these arguments, and has it ask no server.
     *
     * <p>Returns only if that cannot be done, such as without a launcher.
     */
    static void withoutServer(String[] given) {
        String launcher = System.getProperty("kiln.launcher");
        if (launcher == null) {
            return;
        }
        List<byte[]> program = new ArrayList<>();
        program.add(PathBytes.encode(launcher));
        for (String arg : Arguments.exact(given)) {
            program.add(PathBytes.encode(arg));
        }
        String locale = System.getProperty(Environment.LOCALE_PROPERTY, "");
        Map<String, byte[]> environment = new HashMap<>();
        environment.put("KILN_SERVER", PathBytes.encode("off"));
        environment.put("LC_ALL", locale.isEmpty() ? null : PathBytes.encode(locale));
        System.out.flush();
        System.err.flush();
        try {
            Host.current().execute(program, environment);
        } catch (HostException _) {
            // The caller goes on.
        }
    }
}
