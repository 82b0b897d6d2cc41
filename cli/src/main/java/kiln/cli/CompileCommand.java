package kiln.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "compile", mixinStandardHelpOptions = true, description = "Compiles a WebAssembly module to a .cwasm file.")
final class CompileCommand implements Callable<Integer> {
    @Parameters(paramLabel = "IN.wasm", description = "The module to compile.")
    Path input;

    @Option(names = "-o", paramLabel = "OUT.cwasm", description = "Where to write (default: the input's name with .cwasm).")
    Path output;

    @Option(names = "--strip", paramLabel = "WHAT", description = "Leave out: names, offsets (of the wasm file, for backtraces) or all.")
    String strip;

    private final CompileOptions options = new CompileOptions();

    static CommandLine commandLine() {
        CompileCommand command = new CompileCommand();
        CommandLine line = new CommandLine(command);
        command.options.addTo(line.getCommandSpec());
        return line;
    }

    @Override
    public Integer call() throws IOException {
        byte[] wasm = Files.readAllBytes(InputFile.check(input));
        CompilerOptions how = options.toOptions();
        if (strip != null) {
            how = how.withStrip(switch (strip) {
                case "names" -> CompilerOptions.Strip.NAMES;
                case "offsets" -> CompilerOptions.Strip.OFFSETS;
                case "all" -> CompilerOptions.Strip.ALL;
                default -> throw new UserError("--strip " + strip + ": known are names, offsets, all");
            });
        }
        Path target = output != null ? output : sibling(input);
        try (Progress progress = Progress.onTerminal("compiling " + input.getFileName())) {
            Compiler.compileTo(target, input.toString(), wasm, how, progress);
        }
        return 0;
    }

    private static Path sibling(Path input) {
        String name = input.getFileName().toString();
        String stem = name.endsWith(".wasm") ? name.substring(0, name.length() - 5) : name;
        return input.resolveSibling(stem + ".cwasm");
    }
}
