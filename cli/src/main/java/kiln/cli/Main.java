package kiln.cli;

import kiln.artifact.ArtifactException;
import kiln.compiler.CompileException;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The {@code kiln} command. */
@Command(
        name = "kiln",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        description = "Compiles WebAssembly to native code and runs it inside the JVM.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            CompileCommand.class,
            RunCommand.class,
            ObjdumpCommand.class,
            InfoCommand.class,
            WastCommand.class,
            BenchCommand.class
        })
public final class Main {
    /** Exit status for a mistake of the user's: bad options, unreadable or invalid input. */
    static final int USER_ERROR = 2;

    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"kiln " + kiln.compiler.Compiler.VERSION};
        }
    }

    private Main() {}

    /** Runs the command line and exits with its status. */
    public static void main(String[] args) {
        int status = run(args);
        System.out.flush();
        System.err.flush();
        // Not System.exit where all is well and no thread is left: halting is faster, but skips what users may have registered.
        System.exit(status);
    }

    /** Runs the command line in this process; returns its exit status. */
    public static int run(String... args) {
        CommandLine line = new CommandLine(new Main());
        line.setExecutionExceptionHandler((e, _, _) -> report(e));
        line.setStopAtPositional(false);
        line.setUnmatchedOptionsArePositionalParams(false);
        line.getSubcommands().get("run").setStopAtPositional(true);
        return line.execute(args);
    }

    /** One or two lines for the user's mistakes; a stack trace only for ours. */
    private static int report(Exception e) {
        switch (e) {
            case UserError u -> System.err.println("kiln: " + u.getMessage());
            case CompileException c -> System.err.println("kiln: " + c.getMessage());
            case ArtifactException a -> System.err.println("kiln: " + a.getMessage());
            case java.io.UncheckedIOException u -> {
                return report(u.getCause());
            }
            case java.nio.file.NoSuchFileException f -> System.err.println("kiln: " + f.getMessage() + ": no such file");
            case java.nio.file.AccessDeniedException f -> System.err.println("kiln: " + f.getMessage() + ": permission denied");
            case java.nio.file.FileSystemException f -> System.err.println("kiln: " + f.getMessage());
            case java.io.IOException io -> System.err.println("kiln: " + io.getMessage());
            default -> {
                System.err.println("kiln: internal error, please report it");
                e.printStackTrace();
                return 70;
            }
        }
        return USER_ERROR;
    }
}
