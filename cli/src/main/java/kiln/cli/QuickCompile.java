package kiln.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import kiln.artifact.OutputFile;
import kiln.artifact.PathBytes;
import kiln.cli.server.CompileClient;
import kiln.cli.server.Settings;
import kiln.compiler.CompileProgress;
import kiln.compiler.Compiler;

/**
 * {@code kiln compile} of one module where there is a compile server: with as few classes as possible, in a JVM without
 * a JIT, since all that is to be done takes less time than making either ready. The launcher starts it for command
 * lines that have nothing but what this understands. What cannot be done so, above all because the server does not
 * answer, is done by the same command in the usual JVM, which takes this process's place.
 */
final class QuickCompile {
    /** A command line. */
    private static final class Parsed {
        final Settings settings = new Settings();
        boolean leveled;
        String input;
        String output;
    }

    private QuickCompile() {}

    public static void main(String[] args) {
        int status = run(args);
        if (status < 0) {
            Relaunch.withoutServer(args);
            Main.main(args);
        } else {
            System.err.flush();
            Runtime.getRuntime().halt(status);
        }
    }

    /** The exit status; negative if somebody else has to do it. */
    static int run(String[] given) {
        try {
            Parsed parsed = parse(Arguments.exact(given));
            return parsed == null ? -1 : run(parsed);
        } catch (IOException | RuntimeException e) {
            return Mistakes.report(e);
        } catch (OutOfMemoryError _) {
            return -1; // The usual way says so, or does with less.
        }
    }

    /** As {@link CompileCommand} would, or null if there is anything but these options, each once. */
    private static Parsed parse(String[] args) {
        Parsed parsed = new Parsed();
        for (int i = 1; i < args.length; i++) {
            String arg = args[i];
            if (arg.equals("-o") || arg.equals("-O")) {
                i++;
                if (i == args.length || !(arg.equals("-o") ? output(parsed, args[i]) : level(parsed, args[i]))) {
                    return null;
                }
            } else if (arg.startsWith("-")) {
                if (!parsed.settings.set(arg)) {
                    return null;
                }
            } else if (parsed.input != null || !arg.endsWith(".wasm") || arg.startsWith("@")) {
                return null;
            } else {
                parsed.input = arg;
            }
        }
        return parsed.input == null ? null : parsed;
    }

    private static boolean output(Parsed parsed, String value) {
        boolean usual = parsed.output == null && !value.isEmpty() && value.charAt(0) != '-' && value.charAt(0) != '@';
        parsed.output = value;
        return usual;
    }

    private static boolean level(Parsed parsed, String value) {
        boolean usual = !parsed.leveled && value.length() == 1 && value.charAt(0) >= '0' && value.charAt(0) <= '2';
        if (usual) {
            parsed.settings.level(value.charAt(0) - '0');
        }
        parsed.leveled = true;
        return usual;
    }

    private static int run(Parsed parsed) throws IOException {
        Path input = Arguments.path(parsed.input);
        if (!Files.isRegularFile(input)) {
            // A pipe gives what it has only once; of anything else the usual way says what is wrong with it.
            return -1;
        }
        Path target = parsed.output != null ? Arguments.path(parsed.output) : CompileCommand.besides(input);
        byte[] wasm = InputFile.read(input);
        CompileCommand.requireOther(input, target);
        CompileClient.prepare();
        byte[] compiled;
        try (LateProgress progress = new LateProgress(input)) {
            compiled = CompileClient.compile(
                    List.of(new Compiler.Input(null, PathBytes.text(input), wasm)), parsed.settings, progress);
        }
        if (compiled == null) {
            return -1;
        }
        OutputFile.write(target, compiled);
        return 0;
    }

    /** What is there to be shown once the server has reported anything, which takes it longer than a small module. */
    private static final class LateProgress implements CompileProgress, AutoCloseable {
        private final Path input;
        private Progress shown;

        LateProgress(Path input) {
            this.input = input;
        }

        @Override
        public void compiled(int done, int total) {
            if (shown == null) {
                shown = Compilation.progress(input);
            }
            shown.compiled(done, total);
        }

        @Override
        public void close() {
            if (shown != null) {
                shown.close();
            }
        }
    }
}
