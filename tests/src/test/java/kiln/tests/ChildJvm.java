package kiln.tests;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Starts Java programs in processes of their own, on the JVM that runs the tests (which may be an emulated one). */
public final class ChildJvm {
    /** Properties that a child must know, too. */
    private static final List<String> INHERITED =
            List.of("jvm", "kiln.emulated", "kiln.whole", "kiln.native.java", "jdk.lang.Process.launchMechanism");

    private ChildJvm() {}

    /**
     * Starts the main class of a child with this process's class path.
     *
     * @param output where standard output and error go
     */
    public static Process start(Path output, List<String> jvmOptions, String mainClass, List<String> args)
            throws IOException {
        return new ProcessBuilder(command(jvmOptions, mainClass, args))
                .redirectInput(new File("/dev/null"))
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
    }

    /** Waits for a child's end, under emulation ten times as long; false, and no child, if it does not come. */
    public static boolean ends(Process child, int minutes) throws InterruptedException {
        boolean ended = child.waitFor(Corpus.EMULATED ? 10L * minutes : minutes, TimeUnit.MINUTES);
        if (!ended) {
            child.destroyForcibly().waitFor();
        }
        return ended;
    }

    /** The command line of such a child. */
    public static List<String> command(List<String> jvmOptions, String mainClass, List<String> args) {
        List<String> command = new ArrayList<>();
        // The command that starts an emulated JVM is not what such a JVM takes itself for.
        command.add(System.getProperty("jvm", System.getProperty("java.home") + "/bin/java"));
        command.addAll(List.of("-Xss2m", "-XX:+UseSerialGC", "-ea", "--enable-native-access=ALL-UNNAMED"));
        if (Corpus.EMULATED) {
            // Most are over before C2 has paid for itself.
            command.add("-XX:TieredStopAtLevel=1");
        }
        for (String name : INHERITED) {
            if (System.getProperty(name) != null) {
                command.add("-D" + name + "=" + System.getProperty(name));
            }
        }
        command.addAll(jvmOptions);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), mainClass));
        command.addAll(args);
        return command;
    }
}
