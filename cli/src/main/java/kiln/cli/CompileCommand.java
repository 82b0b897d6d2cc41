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
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "compile",
        mixinStandardHelpOptions = true,
        description = {
            "Compiles a WebAssembly module to a .cwasm file.",
            "Several modules are linked: what they import from each other, "
                    + "by the names of their files or --name, is bound now."
        })
final class CompileCommand implements Callable<Integer> {
    @Parameters(paramLabel = "IN.wasm", arity = "1..*", description = "The module to compile, or the modules to link.")
    List<Path> inputs;

    @Option(
            names = "-o",
            paramLabel = "OUT.cwasm",
            description = "Where to write (default: the input's name with .cwasm).")
    Path output;

    @Option(
            names = "--name",
            paramLabel = "NAME",
            description = "What modules are imported by and called in backtraces, once for each in their order "
                    + "(default: the file's name without .wasm).")
    List<String> names = new ArrayList<>();

    @Option(
            names = "--strip",
            paramLabel = "WHAT",
            description = "Leave out: names, offsets (of the wasm file, for backtraces) or all.")
    String strip;

    private final CompileOptions options = CompileOptions.forFiles();

    static CommandLine commandLine() {
        CompileCommand command = new CompileCommand();
        CommandLine line = new CommandLine(command);
        command.options.addTo(line.getCommandSpec());
        return line;
    }

    @Override
    public Integer call() throws IOException {
        CompilerOptions how = options.toOptions();
        if (strip != null) {
            how = how.withStrip(
                    switch (strip) {
                        case "names" -> CompilerOptions.Strip.NAMES;
                        case "offsets" -> CompilerOptions.Strip.OFFSETS;
                        case "all" -> CompilerOptions.Strip.ALL;
                        default ->
                            throw new UserError("--strip " + Printable.name(strip) + ": known are names, offsets, all");
                    });
        }
        if (inputs.size() > 1 && output == null) {
            throw new UserError("several modules are linked into one file: name it with -o");
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
            modules.add(new Compiler.Input(name, PathBytes.text(input), InputFile.read(input)));
            if (Files.exists(target) && Files.isRegularFile(target) && Files.isSameFile(input, target)) {
                throw new UserError(target, "is the input: name another file with -o");
            }
        }
        try (Progress progress = Progress.onTerminal("compiling " + Printable.file(first.getFileName()))) {
            Compiler.linkTo(target, modules, how, progress);
        }
        return 0;
    }
}
