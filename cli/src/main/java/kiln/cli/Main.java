package kiln.cli;

import java.util.List;
import java.util.Locale;
import kiln.artifact.ArtifactException;
import kiln.compiler.CompileException;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/** The {@code kiln} command. */
public final class Main {
    /** Exit status for a mistake of the user's: bad options, unreadable or invalid input. */
    static final int USER_ERROR = 2;
    private static final List<String> COMMANDS = List.of("compile", "run", "objdump", "info", "wast", "bench");

    private Main() {}

    /** Runs the command line and exits with its status. */
    public static void main(String[] args) {
        // Output is read by programs as much as by people: digits and points do not depend on where it is made.
        Locale.setDefault(Locale.ROOT);
        int status = run(args);
        System.out.flush();
        System.err.flush();
        // Not exit, which loads the logging system first: nothing here registers a hook that would have to run.
        Runtime.getRuntime().halt(status);
    }

    /** Runs the command line in this process; returns its exit status. */
    public static int run(String... args) {
        CommandLine line = commandLine(args.length > 0 ? args[0] : "");
        line.setExecutionExceptionHandler((e, _, _) -> report(e));
        line.setStopAtPositional(false);
        line.setUnmatchedOptionsArePositionalParams(false);
        if (line.getSubcommands().get("run") != null) {
            line.getSubcommands().get("run").setStopAtPositional(true);
        }
        return line.execute(args);
    }

    /** With one subcommand only if that is the first argument, which makes starting faster; else with all. */
    private static CommandLine commandLine(String first) {
        CommandSpec spec = CommandSpec.create().name("kiln").versionProvider(Main::version);
        spec.usageMessage()
                .description("Compiles WebAssembly to native code and runs it inside the JVM.")
                .synopsisSubcommandLabel("COMMAND");
        Options.addStandard(spec);
        for (String name : COMMANDS.contains(first) ? List.of(first) : COMMANDS) {
            CommandLine command = command(name);
            command.getCommandSpec().versionProvider(Main::version);
            spec.addSubcommand(name, command);
        }
        return new CommandLine(spec);
    }

    private static CommandLine command(String name) {
        return switch (name) {
            case "compile" -> CompileCommand.commandLine();
            case "run" -> new CommandLine(new RunCommand().spec());
            case "objdump" -> new CommandLine(new ObjdumpCommand());
            case "info" -> new CommandLine(new InfoCommand());
            case "wast" -> new CommandLine(new WastCommand());
            case "bench" -> BenchCommand.commandLine();
            default -> throw new IllegalArgumentException(name);
        };
    }

    private static String[] version() {
        return new String[] {"kiln " + kiln.compiler.Compiler.VERSION};
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
