package kiln.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import kiln.artifact.OutputFile;
import kiln.artifact.PathBytes;
import kiln.artifact.Printable;
import kiln.cli.server.CompileClient;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import picocli.CommandLine.Model.OptionSpec;

/** Compiles for a command: the compile server does where there is one, else this process. */
final class Compilation {
    private Compilation() {}

    static OptionSpec noServerOption() {
        return Options.flag(
                "--no-server", "Compile in this process, and start no server (KILN_SERVER=off does the same).");
    }

    /** The compiled form of one module. */
    static byte[] toBytes(Path file, byte[] wasm, CompilerOptions options, boolean noServer) {
        List<Compiler.Input> modules = List.of(new Compiler.Input(null, PathBytes.text(file), wasm));
        try (Progress progress = progress(file)) {
            byte[] compiled = noServer ? null : CompileClient.compile(modules, options, progress);
            return compiled != null ? compiled : Compiler.compile(PathBytes.text(file), wasm, options, progress);
        }
    }

    /**
     * Compiles and links modules, the first of which is {@code first}, into a file that appears whole or not at all.
     */
    static void toFile(Path output, Path first, List<Compiler.Input> modules, CompilerOptions options, boolean noServer)
            throws IOException {
        try (Progress progress = progress(first)) {
            byte[] compiled = noServer ? null : CompileClient.compile(modules, options, progress);
            if (compiled != null) {
                OutputFile.write(output, compiled);
            } else {
                Compiler.linkTo(output, modules, options, progress);
            }
        }
    }

    private static Progress progress(Path file) {
        return Progress.onTerminal("compiling " + Printable.file(file.getFileName()));
    }
}
