package kiln.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.zip.ZipException;
import kiln.artifact.Printable;
import kiln.cli.wast.Script;
import kiln.cli.wast.ScriptResult;
import kiln.cli.wast.ScriptRunner;
import kiln.compiler.CompilerOptions;
import kiln.compiler.Target;
import kiln.wasm.Features;
import kiln.wat.WatException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "wast",
        mixinStandardHelpOptions = true,
        description =
                "Runs specification scripts: .wast, .json files beside their modules, or zips of folders of these.")
final class WastCommand implements Callable<Integer> {
    @Parameters(paramLabel = "FILE", arity = "1..*", description = "A .wast or .json file, or a .zip of the latter.")
    List<Path> files;

    @Option(names = "-O", paramLabel = "LEVEL", defaultValue = "2", description = "Optimisation level (default: 2).")
    int level;

    @Option(
            names = "--features",
            paramLabel = "SET",
            description = "WebAssembly version to accept: 1.0, 2.0, 3.0 or all (default).",
            defaultValue = "all")
    String features;

    @Option(
            names = "--cpu",
            paramLabel = "CPU",
            description = CompileOptions.CPU_DESCRIPTION + "baseline.",
            defaultValue = "baseline")
    String cpu;

    @Option(
            names = "--relaxed-simd",
            paramLabel = "host|deterministic",
            description = CompileOptions.RELAXED_SIMD_DESCRIPTION,
            defaultValue = "host")
    String relaxedSimd;

    @Option(names = "--check", description = "Verify the IR and the register allocation on the way.")
    boolean check;

    @Option(
            names = {"-q", "--quiet"},
            description = "Only the sum and the failures.")
    boolean quiet;

    @Override
    public Integer call() throws IOException {
        CompilerOptions options = CompilerOptions.defaults()
                .withCpu(CompileOptions.cpuFeatures(Target.host(), cpu))
                .withRelaxedSimd(CompileOptions.relaxedSimd(relaxedSimd))
                .withOptLevel(level)
                .withJobs(1)
                .withCheck(check)
                .withFeatures(featureSet(features).names());
        int[] sum = new int[3];
        int[] scripts = {0};
        for (Path file : files) {
            int before = scripts[0];
            forEach(InputFile.check(file), script -> {
                ScriptResult result = ScriptRunner.run(script, options);
                if (!quiet) {
                    System.out.println(result);
                }
                result.failures().forEach(System.out::println);
                scripts[0]++;
                sum[0] += result.passed();
                sum[1] += result.failed();
                sum[2] += result.notExecutedCount();
            });
            if (scripts[0] == before) {
                throw new UserError(file, "no script (.json) is in it");
            }
        }
        System.out.printf(
                "%d scripts: %d passed, %d failed, %d not executed yet%n", scripts[0], sum[0], sum[1], sum[2]);
        return sum[1] == 0 ? 0 : 1;
    }

    private static void forEach(Path file, Script.Consumer consumer) throws IOException {
        try {
            Script.forEach(file, consumer);
        } catch (JsonProcessingException e) {
            throw new UserError(file, "neither a .wast nor a script in JSON form: " + e.getOriginalMessage());
        } catch (WatException e) {
            throw new UserError(e.getMessage());
        } catch (ZipException e) {
            throw new UserError(file, "not a zip file: " + e.getMessage());
        } catch (FileSystemException e) {
            throw e;
        } catch (IOException e) {
            throw new UserError(file, e.getMessage());
        }
    }

    static Features featureSet(String name) {
        return switch (name) {
            case "1.0" -> Features.WASM1;
            case "2.0" -> Features.WASM2;
            case "3.0" -> Features.WASM3;
            case "all" -> Features.ALL;
            default -> throw new UserError("--features " + Printable.name(name) + ": known are 1.0, 2.0, 3.0, all");
        };
    }
}
