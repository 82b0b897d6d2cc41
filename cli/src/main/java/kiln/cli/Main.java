package kiln.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import kiln.artifact.Printable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/** The {@code kiln} command. */
public final class Main {
    private static final List<String> COMMANDS = List.of(
            "compile",
            "run",
            "serve",
            "objdump",
            "explore",
            "info",
            "validate",
            "bindgen",
            "keygen",
            "sign",
            "wast",
            "bench",
            "cache",
            "completion");

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
    public static int run(String... given) {
        String[] args = isProgram(given) ? withRun(given) : given;
        String first = args.length > 0 ? args[0] : "";
        CommandLine line = commandLine(needed(args));
        if (first.equals("help")) {
            return help(line, Arrays.copyOfRange(args, 1, args.length));
        } else if (!first.isEmpty() && !first.startsWith("-") && !COMMANDS.contains(first)) {
            return noCommand(line, first);
        }
        line.registerConverter(Path.class, Arguments.TO_PATH);
        line.setExecutionExceptionHandler((e, _, _) -> Mistakes.report(e));
        line.setParameterExceptionHandler((e, _) -> Mistakes.report(e));
        line.setStopAtPositional(false);
        line.setUnmatchedOptionsArePositionalParams(false);
        // What stands behind the program is for the program.
        for (CommandLine command : line.getSubcommands().values()) {
            String name = command.getCommandName();
            command.setStopAtPositional(name.equals("run") || name.equals("bench"));
        }
        int status = line.execute(args);
        // What goes to a stream of this kind may fail unnoticed.
        return System.out.checkError() && status == 0 ? Mistakes.unwritableOutput() : status;
    }

    /** Whether this is {@code kiln FILE ...} or {@code kiln --dir=. FILE ...}: {@code run} may be left out. */
    private static boolean isProgram(String[] args) {
        if (args.length == 0 || COMMANDS.contains(args[0]) || args[0].equals("help")) {
            return false;
        }
        String first = args[0];
        if (first.startsWith("-")) {
            return !(first.equals("-h") || first.equals("--help") || isVersion(first));
        }
        return first.endsWith(".wasm")
                || first.endsWith(".cwasm")
                || first.endsWith(".wat")
                || first.indexOf('/') >= 0
                || Files.isRegularFile(Arguments.path(first));
    }

    private static String[] withRun(String[] args) {
        String[] all = new String[args.length + 1];
        all[0] = "run";
        System.arraycopy(args, 0, all, 1, args.length);
        return all;
    }

    private static int noCommand(CommandLine line, String name) {
        return Mistakes.report(new CommandLine.ParameterException(
                line, "no command or file " + Printable.name(name) + Suggestions.text(name, COMMANDS)));
    }

    /** {@code kiln help COMMAND} is {@code kiln COMMAND --help}. */
    private static int help(CommandLine line, String[] topic) {
        CommandLine command = topic.length == 0 ? line : line.getSubcommands().get(topic[0]);
        if (command == null) {
            return noCommand(line, topic[0]);
        }
        command.usage(System.out);
        return 0;
    }

    /** All of the command, to be described. */
    static CommandLine whole() {
        return commandLine(COMMANDS);
    }

    /** The subcommands that these arguments may be about: each takes time to make. */
    private static List<String> needed(String[] args) {
        if (args.length == 1 && isVersion(args[0])) {
            return List.of();
        }
        int command = args.length > 1 && args[0].equals("help") ? 1 : 0;
        return args.length > command && COMMANDS.contains(args[command]) ? List.of(args[command]) : COMMANDS;
    }

    private static boolean isVersion(String arg) {
        return arg.equals("-V") || arg.equals("--version");
    }

    private static CommandLine commandLine(List<String> commands) {
        CommandSpec spec = CommandSpec.create().name("kiln").versionProvider(Main::version);
        spec.usageMessage()
                .description(
                        "Compiles WebAssembly to native code and runs it inside the JVM.",
                        "kiln FILE is kiln run FILE.")
                .synopsisSubcommandLabel("COMMAND");
        Options.addStandard(spec);
        for (String name : commands) {
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
            case "serve" -> new CommandLine(new ServeCommand().spec());
            case "objdump" -> ObjdumpCommand.commandLine();
            case "explore" -> ExploreCommand.commandLine();
            case "info" -> InfoCommand.commandLine();
            case "validate" -> new CommandLine(new ValidateCommand());
            case "bindgen" -> new CommandLine(new BindgenCommand());
            case "keygen" -> new CommandLine(new KeygenCommand());
            case "sign" -> new CommandLine(new SignCommand());
            case "wast" -> new CommandLine(new WastCommand());
            case "bench" -> BenchCommand.commandLine();
            case "cache" -> new CommandLine(new CacheCommand());
            case "completion" -> new CommandLine(new CompletionCommand());
            default -> throw new IllegalArgumentException(name);
        };
    }

    private static String[] version() {
        return new String[] {"kiln " + kiln.compiler.Compiler.VERSION};
    }
}
