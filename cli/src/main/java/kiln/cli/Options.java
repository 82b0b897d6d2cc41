package kiln.cli;

import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * Makes options without annotations, for the commands whose start-up counts: a process that has just started needs
 * longer to read annotations than to do all the rest of running a small program.
 */
final class Options {
    private Options() {}

    /** Adds options to a command. */
    static void add(CommandSpec spec, OptionSpec... options) {
        for (OptionSpec option : options) {
            spec.addOption(option);
        }
    }

    /** An option that is given or not; its value is a Boolean. */
    static OptionSpec flag(String name, String description) {
        return OptionSpec.builder(name)
                .type(boolean.class)
                .arity("0")
                .initialValue(false)
                .description(description)
                .build();
    }

    /** An option with a value; null if it is not given. */
    static OptionSpec value(Class<?> type, String name, String label, String description) {
        return value(type, name, label, description, null);
    }

    /** An option with a value and a default. */
    static OptionSpec value(Class<?> type, String name, String label, String description, String byDefault) {
        return OptionSpec.builder(name)
                .type(type)
                .paramLabel(label)
                .description(description)
                .defaultValue(byDefault)
                .build();
    }

    /** An option that may be given several times; its value is a list of strings, or null. */
    static OptionSpec list(String name, String label, String description) {
        return OptionSpec.builder(name)
                .type(List.class)
                .auxiliaryTypes(String.class)
                .paramLabel(label)
                .description(description)
                .build();
    }

    /** A parameter that must be given. */
    static PositionalParamSpec parameter(Class<?> type, String label, String description) {
        return PositionalParamSpec.builder()
                .index("0")
                .arity("1")
                .required(true)
                .type(type)
                .paramLabel(label)
                .description(description)
                .build();
    }

    /** All parameters, at least one; the value is a list of paths. */
    static PositionalParamSpec parameters(String label, String description) {
        return PositionalParamSpec.builder()
                .index("0..*")
                .arity("1..*")
                .required(true)
                .type(List.class)
                .auxiliaryTypes(Path.class)
                .paramLabel(label)
                .description(description)
                .build();
    }

    /** All parameters from the second on; the value is a list of strings, or null. */
    static PositionalParamSpec rest(String label, String description) {
        return PositionalParamSpec.builder()
                .index("1..*")
                .arity("0..*")
                .type(List.class)
                .auxiliaryTypes(String.class)
                .paramLabel(label)
                .description(description)
                .build();
    }

    /** Adds --help and --version. */
    static void addStandard(CommandSpec spec) {
        spec.addOption(OptionSpec.builder("-h", "--help")
                .type(boolean.class)
                .arity("0")
                .usageHelp(true)
                .description("Show this help message and exit.")
                .build());
        spec.addOption(OptionSpec.builder("-V", "--version")
                .type(boolean.class)
                .arity("0")
                .versionHelp(true)
                .description("Print version information and exit.")
                .build());
    }

    /** What was given, or an empty list. */
    static List<String> strings(picocli.CommandLine.Model.ArgSpec list) {
        List<String> given = list.getValue();
        return given == null ? List.of() : given;
    }
}
