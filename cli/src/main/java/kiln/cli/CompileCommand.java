package kiln.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import kiln.artifact.PathBytes;
import kiln.artifact.Printable;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** {@code kiln compile}. */
// No annotations (see Options): where the server compiles, reading them takes longer than all the rest.
final class CompileCommand implements Callable<Integer> {
    private final PositionalParamSpec inputs = Options.parameters(
            "IN.wasm", "The module or component to compile, or several to link; - is standard input.");
    private final OptionSpec output = Options.value(
            Path.class,
            "-o",
            "OUT.cwasm",
            "Where to write (default: the input's name with .cwasm); - is standard output.");
    private final OptionSpec names = Options.list(
            "--name",
            "NAME",
            "What modules are imported by and called in backtraces, once for each in their order "
                    + "(default: the file's name without .wasm).");
    private final OptionSpec strip = Options.value(
            String.class, "--strip", "WHAT", "Leave out: names, offsets (of the wasm file, for backtraces) or all.");
    private final CompileOptions options = CompileOptions.forFiles();
    private final OptionSpec noServer = Compilation.noServerOption();

    CommandSpec spec() {
        CommandSpec spec = CommandSpec.wrapWithoutInspection(this).name("compile");
        spec.usageMessage()
                .description(
                        "Compiles a WebAssembly module or component to a .cwasm file.",
                        "Several modules are linked: what they import from each other, "
                                + "by the names of their files or --name, is bound now;",
                        "what several components import from each other, by the names of their interfaces.");
        spec.addPositional(inputs);
        Options.add(spec, output, names, strip, noServer);
        options.addTo(spec);
        Options.addStandard(spec);
        return spec;
    }

    @Override
    public Integer call() throws IOException {
        CompilerOptions how = options.toOptions();
        if (strip.getValue() != null) {
            how = how.withStrip(strip(strip.getValue()));
        }
        List<Path> inputs = this.inputs.<List<Path>>getValue().stream()
                .map(InputFile::named)
                .toList();
        List<String> names = Options.strings(this.names);
        Path output = output(this.output.getValue());
        if (inputs.size() > 1 && output == null) {
            throw new UserError("several modules or components are linked into one file: name it with -o");
        }
        if (output == null && inputs.getFirst().equals(InputFile.STDIN)) {
            throw new UserError("standard input has no name for the output: give one with -o");
        }
        if (names.size() > inputs.size()) {
            throw new UserError("there are more names than modules");
        }
        Path first = inputs.getFirst();
        Path target =
                output != null ? output : first.resolveSibling(PathBytes.path(ModuleFiles.stem(first) + ".cwasm"));
        List<Compiler.Input> modules = new ArrayList<>();
        for (int i = 0; i < inputs.size(); i++) {
            Path input = inputs.get(i);
            String stem = inputs.size() > 1 ? ModuleFiles.stem(input) : null;
            String name = i < names.size() ? names.get(i) : stem;
            modules.add(new Compiler.Input(name, PathBytes.text(input), ModuleFiles.read(input)));
            if (Files.isRegularFile(target) && Files.isSameFile(input, target)) {
                throw new UserError(target, "is the input: name another file with -o");
            }
        }
        Compilation.toFile(target, first, modules, how, noServer.<Boolean>getValue());
        return 0;
    }

    /** By the name of an option's value, which may stand for standard output. */
    static Path output(Path given) {
        if (given == null) {
            return null;
        } else if (given.toString().isEmpty()) {
            throw new UserError("-o: the name of a file is empty");
        } else if (!given.toString().equals("-")) {
            return given;
        } else if (Progress.isTerminal(Path.of("/proc/self/fd/1"))) {
            throw new UserError("-o -: standard output is a terminal, which shows no compiled files");
        }
        return Path.of("/dev/stdout");
    }

    private static CompilerOptions.Strip strip(String what) {
        return switch (what) {
            case "names" -> CompilerOptions.Strip.NAMES;
            case "offsets" -> CompilerOptions.Strip.OFFSETS;
            case "all" -> CompilerOptions.Strip.ALL;
            default -> throw new UserError("--strip " + Printable.name(what) + ": known are names, offsets, all");
        };
    }
}
