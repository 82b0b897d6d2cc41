package kiln.compiler;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import kiln.artifact.Artifact;
import kiln.artifact.api.ArtifactException;
import kiln.loader.HostCpu;
import kiln.runtime.ModuleCompiler;
import kiln.runtime.WasmException;

/**
 * Lets the runtime load WebAssembly where the compiler is on the class path; found through
 * {@link java.util.ServiceLoader}.
 */
public final class ServiceCompiler implements ModuleCompiler {
    /** For {@link java.util.ServiceLoader}. */
    public ServiceCompiler() {}

    @Override
    public byte[] compile(byte[] wasm, String name, Settings settings) {
        CompilerOptions options = options(settings);
        if (settings.cache() == null) {
            return compile(wasm, name, options);
        }
        CodeCache cache = new CodeCache(settings.cache());
        Path entry = cache.entry(wasm, options);
        byte[] known = intact(entry);
        if (known != null) {
            return known;
        }
        byte[] compiled = compile(wasm, name, options);
        try {
            cache.put(entry, compiled);
        } catch (IOException | UncheckedIOException _) {
            // A cache that cannot be written does not keep the program from running.
        }
        return compiled;
    }

    private static byte[] compile(byte[] wasm, String name, CompilerOptions options) {
        try {
            return Compiler.compile(name, wasm, options);
        } catch (CompileException e) {
            throw new WasmException(e.getMessage(), e);
        }
    }

    /** What is in the cache, or null if it is not there, damaged or not to be read: it is replaced then. */
    private static byte[] intact(Path entry) {
        if (!Files.exists(entry)) {
            return null;
        }
        try (Artifact _ = Artifact.open(entry)) {
            return Files.readAllBytes(entry);
        } catch (IOException | UncheckedIOException | ArtifactException _) {
            return null;
        }
    }

    /** The classes behind the options are the compiler's, too. */
    private static CompilerOptions options(Settings settings) {
        return OwnStack.call(
                () -> {
                    CompilerOptions options = CompilerOptions.defaults()
                            .withInterruptible(settings.interruptible())
                            .withOptLevel(settings.level())
                            .withExplicitBounds(settings.explicitBounds());
                    return settings.hostCpu()
                            ? options.withCpu(Target.host()
                                    .usableFeatures(HostCpu.current().features()))
                            : options;
                },
                () -> {});
    }
}
