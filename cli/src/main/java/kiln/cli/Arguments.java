package kiln.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import kiln.artifact.PathBytes;
import picocli.CommandLine.ITypeConverter;

/**
 * The command line's arguments as they were given. Java has decoded them when {@code main} gets to see them, and put
 * U+FFFD in the place of what is not UTF-8; but the system keeps them.
 */
final class Arguments {
    private static final Path COMMAND_LINE = Path.of("/proc/self/cmdline");

    /** For parameters and options that are files. A class, because the first lambda costs a small program's time. */
    static final ITypeConverter<Path> TO_PATH = new ITypeConverter<>() {
        @Override
        public Path convert(String value) {
            return path(value);
        }
    };

    private Arguments() {}

    /** {@code args} in the form of {@link PathBytes#decode}, if that can be found out. */
    static String[] exact(String[] args) {
        boolean lossy = false;
        for (String arg : args) {
            lossy |= PathBytes.isLossy(arg);
        }
        if (!lossy) {
            return args;
        }
        try {
            return exact(args, Files.readAllBytes(COMMAND_LINE));
        } catch (IOException _) {
            return args;
        }
    }

    /**
     * The arguments at the end of a command line, each ended by a zero.
     *
     * @return {@code args} if that is another command line
     */
    static String[] exact(String[] args, byte[] commandLine) {
        String[] exact = new String[args.length];
        int end = commandLine.length;
        for (int i = args.length - 1; i >= 0; i--) {
            int start = end - 1;
            while (start > 0 && commandLine[start - 1] != 0) {
                start--;
            }
            if (start < 0) {
                return args;
            }
            byte[] bytes = Arrays.copyOfRange(commandLine, start, end - 1);
            exact[i] = PathBytes.decode(bytes);
            if (!PathBytes.isLossy(args[i]) && !args[i].equals(new String(bytes, StandardCharsets.UTF_8))) {
                return args;
            }
            end = start;
        }
        return exact;
    }

    /** The file that an argument names. */
    static Path path(String arg) {
        Path path = PathBytes.path(arg);
        // Java, too, starts relative paths in the current folder, but by a name that it may have decoded wrongly.
        return path.isAbsolute() || arg.isEmpty() || !PathBytes.isLossy(System.getProperty("user.dir"))
                ? path
                : Path.of("/proc/self/cwd").resolve(path);
    }
}
