package kiln.tests;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Starts Java programs in processes of their own, on the JVM that runs the tests (which may be an emulated one). */
public final class ChildJvm {
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

    /** The command line of such a child. */
    public static List<String> command(List<String> jvmOptions, String mainClass, List<String> args) {
        List<String> command = new ArrayList<>();
        // The command that starts an emulated JVM is not what such a JVM takes itself for.
        command.add(System.getProperty("jvm", System.getProperty("java.home") + "/bin/java"));
        command.addAll(List.of("-Xss2m", "-XX:+UseSerialGC", "-ea", "--enable-native-access=ALL-UNNAMED"));
        command.addAll(jvmOptions);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), mainClass));
        command.addAll(args);
        return command;
    }
}
