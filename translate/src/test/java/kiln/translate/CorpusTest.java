package kiln.translate;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import kiln.artifact.Builtin;
import kiln.artifact.MemoryConstants;
import kiln.ir.Function;
import kiln.ir.analysis.Verifier;
import kiln.ir.pass.Pipeline;
import kiln.wasm.Features;
import kiln.wasm.ModuleDecoder;
import kiln.wasm.WasmException;
import kiln.wasm.WasmModule;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every valid module of the test corpus, if that is there, becomes IR that verifies, or is refused for a named reason.
 */
class CorpusTest {
    private static final Path CORPUS = corpus();

    private int translated;
    private int refused;
    private final List<String> problems = new ArrayList<>();

    static Path corpus() {
        for (Path p = Path.of("").toAbsolutePath(); p != null; p = p.getParent()) {
            Path candidate = p.resolve("shared/corpus");
            if (Files.isDirectory(candidate)) {
                return candidate;
            }
        }
        return null;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "core",
                "bulk-memory",
                "multi-memory",
                "wasm-1.0",
                "wasm-2.0",
                "simd",
                "exceptions",
                "gc",
                "memory64",
                "proposals-threads",
                "proposals-wide-arithmetic"
            })
    void specModules(String group) throws IOException {
        assumeTrue(CORPUS != null, "no corpus");
        try (FileSystem zip = FileSystems.newFileSystem(CORPUS.resolve("spec/json/" + group + ".zip"));
                Stream<Path> files = Files.walk(zip.getPath("/"))) {
            files.filter(f -> f.toString().endsWith(".wasm")).sorted().forEach(this::check);
        }
        assertTrue(problems.isEmpty(), () -> String.join("\n", problems));
        assertTrue(translated > 0);
        if (group.equals("wasm-1.0") || group.equals("multi-memory") || group.equals("proposals-wide-arithmetic")) {
            assertTrue(refused == 0, () -> refused + " refused");
        }
    }

    @Test
    void programs() throws IOException {
        assumeTrue(CORPUS != null, "no corpus");
        try (Stream<Path> files = Files.walk(CORPUS.resolve("programs"))) {
            files.filter(f -> f.toString().endsWith(".wasm") && !f.toString().contains("components"))
                    .sorted()
                    .forEach(this::check);
        }
        assertTrue(problems.isEmpty(), () -> String.join("\n", problems));
        assertFalse(translated < 50, () -> "only " + translated + " translated, " + refused + " refused");
    }

    private void check(Path file) {
        WasmModule module;
        try {
            module = ModuleDecoder.decode(Files.readAllBytes(file), file.toString(), Features.ALL);
        } catch (WasmException _) {
            // Modules that are meant to be rejected are not marked as such.
            return;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        try {
            translate(module);
            translated++;
        } catch (WasmException _) {
            return;
        } catch (UnsupportedFeatureException e) {
            refused++;
        } catch (RuntimeException e) {
            problems.add(file + ": " + e);
        }
    }

    private static void translate(WasmModule module) {
        ModuleEnvironment env = new ModuleEnvironment(module, 0, TranslateOptions.DEFAULT);
        FunctionTranslator translator = new FunctionTranslator(env);
        for (int f = module.importedFuncCount(); f < module.funcCount(); f++) {
            Function function = translator.translate(f);
            Verifier.verify(function);
            if (env.layout().hasHeap()) {
                // What objects are made of is seen by the passes only here.
                Pipeline.forLevel(2).verified().run(function);
                Pipeline.forLevel(0).verified().run(translator.translate(f));
            }
        }
        Verifier.verify(StartupTranslator.translate(env));
        for (int type : env.typesCalledFromHost()) {
            Verifier.verify(Trampolines.arrayToWasm(env, type));
        }
        for (int type : env.typesCalledInHost()) {
            Verifier.verify(Trampolines.wasmToArray(env, type));
        }
        for (Builtin builtin : Trampolines.builtins(env)) {
            Verifier.verify(Trampolines.builtin(env, builtin));
        }
        ModuleMetadata.of(env, 0, MemoryConstants.PAGE_SIZE);
    }
}
