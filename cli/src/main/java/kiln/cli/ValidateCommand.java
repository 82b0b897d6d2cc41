package kiln.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import kiln.artifact.Artifact;
import kiln.artifact.PathBytes;
import kiln.component.ComponentDecoder;
import kiln.wasm.Features;
import kiln.wasm.ModuleDecoder;
import kiln.wasm.Validator;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "validate",
        mixinStandardHelpOptions = true,
        description = {
            "Says what is wrong with files: whether WebAssembly modules and components are well-formed and valid, "
                    + "whether .cwasm files are whole.",
            "Silent if nothing is; else with status 2."
        })
final class ValidateCommand implements Callable<Integer> {
    @Parameters(
            paramLabel = "FILE",
            arity = "1..*",
            description = "The files: .wasm, .wat or .cwasm; - is standard input.")
    List<Path> files;

    @Option(
            names = "--features",
            paramLabel = "SET",
            description = "WebAssembly version to accept: 1.0, 2.0, 3.0 or all (default).",
            defaultValue = "all")
    String features;

    @Override
    public Integer call() {
        Features accepted = WastCommand.featureSet(features);
        int status = 0;
        for (Path file : files) {
            try {
                validate(InputFile.named(file), accepted);
            } catch (IOException | RuntimeException e) {
                status = Math.max(status, Mistakes.report(e));
            }
        }
        return status;
    }

    private static void validate(Path file, Features accepted) throws IOException {
        if (Files.isRegularFile(InputFile.check(file)) && !ModuleFiles.isWebAssembly(file) && isElf(file)) {
            Artifact.open(file, Artifact.OpenOptions.STRICT).close();
        } else {
            byte[] wasm = ModuleFiles.read(file);
            if (ComponentDecoder.isComponent(wasm)) {
                ComponentDecoder.decode(wasm, PathBytes.text(file), accepted);
            } else {
                Validator.validate(ModuleDecoder.decode(wasm, PathBytes.text(file), accepted));
            }
        }
    }

    /** What is neither is a malformed module. */
    private static boolean isElf(Path file) throws IOException {
        try (var in = Files.newInputStream(file)) {
            return java.util.Arrays.equals(in.readNBytes(4), new byte[] {0x7f, 'E', 'L', 'F'});
        }
    }
}
