package kiln.translate;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import kiln.ir.Function;
import kiln.ir.Printer;
import kiln.ir.analysis.Verifier;
import kiln.wasm.Features;
import kiln.wasm.ModuleDecoder;
import kiln.wasm.WasmModule;

/** Modules from this package's resources, and what their functions become. */
final class Fixtures {
    /** Rewrites expected files instead of comparing with them. */
    private static final boolean UPDATE = Boolean.getBoolean("kiln.golden.update");

    private Fixtures() {}

    static byte[] bytes(String file) {
        try (InputStream in = Fixtures.class.getResourceAsStream(file)) {
            if (in == null) {
                throw new IllegalArgumentException("no resource " + file);
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static WasmModule decode(String name) {
        return ModuleDecoder.decode(bytes(name + ".wasm"), name + ".wasm", Features.ALL);
    }

    static ModuleEnvironment environment(String name, TranslateOptions options) {
        return new ModuleEnvironment(decode(name), 0, options);
    }

    static ModuleEnvironment environment(String name) {
        return environment(name, TranslateOptions.DEFAULT);
    }

    /** All defined functions, verified, as text; then the start-up function, if there is one. */
    static String translate(ModuleEnvironment env) {
        StringBuilder out = new StringBuilder();
        FunctionTranslator translator = new FunctionTranslator(env);
        WasmModule wasm = env.wasm();
        for (int f = wasm.importedFuncCount(); f < wasm.funcCount(); f++) {
            append(out, translator.translate(f));
        }
        if (StartupTranslator.isNeeded(env)) {
            append(out, StartupTranslator.translate(env));
        }
        return out.toString();
    }

    static void append(StringBuilder out, Function function) {
        Verifier.verify(function);
        out.append(out.isEmpty() ? "" : "\n").append(Printer.print(function));
    }

    /**
     * The expected content of a golden file; with {@code -Dkiln.golden.update=true} writes {@code actual} there first.
     */
    static String golden(String file, String actual) {
        if (UPDATE) {
            try {
                Files.writeString(Path.of("src/test/resources/kiln/translate", file), actual);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return actual;
        }
        return new String(bytes(file), StandardCharsets.UTF_8);
    }
}
