package kiln.cli;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/** The {@code kiln} command. */
public final class Main {
    private static final List<String> COMMANDS =
            List.of("compile", "run", "objdump", "info", "keygen", "sign", "wast", "bench");

    private Main() {}

    /** Runs the command line and exits with its status. */
    public static void main(String[] args) {
        // Output is read by programs as much as by people: digits and points do not depend on where it is made.
        Locale.setDefault(Locale.ROOT);
        int status;
        try {
            status = run(Arguments.exact(args));
        } catch (OutOfMemoryError e) {
            System.err.println("kiln: out of memory (" + e.getMessage() + "); KILN_JAVA_OPTS=-Xmx… gives more");
            status = Mistakes.USER_ERROR;
        }
        System.out.flush();
        System.err.flush();
        // Not exit, which loads the logging system first: nothing here registers a hook that would have to run.
        Runtime.getRuntime().halt(status);
    }

    /** Runs the command line in this process; returns its exit status. */
    public static int run(String... args) {
        CommandLine line = commandLine(args.length > 0 ? args[0] : "");
        if (args.length > 0 && args[0].equals("help")) {
            return help(line, Arrays.copyOfRange(args, 1, args.length));
        }
        line.registerConverter(Path.class, Arguments.TO_PATH);
        line.setExecutionExceptionHandler((e, _, _) -> Mistakes.report(e));
        line.setParameterExceptionHandler((e, _) -> Mistakes.report(e));
        line.setStopAtPositional(false);
        line.setUnmatchedOptionsArePositionalParams(false);
        if (line.getSubcommands().get("run") != null) {
            line.getSubcommands().get("run").setStopAtPositional(true);
        }
        int status = line.execute(args);
        // What goes to a stream of this kind may fail unnoticed.
        return System.out.checkError() && status == 0 ? Mistakes.unwritableOutput() : status;
    }

    /** {@code kiln help COMMAND} is {@code kiln COMMAND --help}. */
    private static int help(CommandLine line, String[] topic) {
        CommandLine command = topic.length == 0 ? line : line.getSubcommands().get(topic[0]);
        if (command == null) {
            return Mistakes.report(new CommandLine.ParameterException(line, "no command " + topic[0]));
        }
        command.usage(System.out);
        return 0;
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
            case "compile" -> new CommandLine(new CompileCommand().spec());
            case "run" -> new CommandLine(new RunCommand().spec());
            case "objdump" -> new CommandLine(new ObjdumpCommand());
            case "info" -> new CommandLine(new InfoCommand());
            case "keygen" -> new CommandLine(new KeygenCommand());
            case "sign" -> new CommandLine(new SignCommand());
            case "wast" -> new CommandLine(new WastCommand());
            case "bench" -> BenchCommand.commandLine();
            default -> throw new IllegalArgumentException(name);
        };
    }

    private static String[] version() {
        return new String[] {"kiln " + kiln.compiler.Compiler.VERSION};
    }
}
