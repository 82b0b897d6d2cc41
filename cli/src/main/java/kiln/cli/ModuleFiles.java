package kiln.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import kiln.artifact.Artifact;
import kiln.artifact.PathBytes;
import kiln.artifact.Printable;
import kiln.artifact.api.ArtifactException;
import kiln.compiler.CodeCache;
import kiln.compiler.CompilerOptions;
import kiln.loader.HostException;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.component.Component;
import kiln.wat.Wat;
import kiln.wat.WatException;

/** Loads what the user named: a compiled file, or WebAssembly, which is compiled now unless the cache has it. */
final class ModuleFiles {
    private static final byte[] WASM_MAGIC = "\0asm".getBytes(StandardCharsets.ISO_8859_1);
    /** With the version and the layer of components. */
    private static final byte[] COMPONENT_MAGIC = "\0asm\r\0\1\0".getBytes(StandardCharsets.ISO_8859_1);

    /** How names of files end that hold modules in the text format. */
    private static final String TEXT = ".wat";

    private static final byte[] ELF_MAGIC = "\177ELF".getBytes(StandardCharsets.ISO_8859_1);

    private ModuleFiles() {}

    /** Whether the file is a WebAssembly binary, by its content. */
    static boolean isWasm(byte[] content) {
        return content.length >= 4 && Arrays.equals(content, 0, 4, WASM_MAGIC, 0, 4);
    }

    /** The file's name without {@code .wasm} or {@code .wat}: what a module without a name of its own is called. */
    static String stem(Path file) {
        String name = PathBytes.text(file.getFileName());
        for (String extension : new String[] {".wasm", TEXT}) {
            if (name.endsWith(extension)) {
                return name.substring(0, name.length() - extension.length());
            }
        }
        return name;
    }

    private static boolean isText(Path file) {
        return PathBytes.text(file.getFileName()).endsWith(TEXT);
    }

    /** Standard input has no name that tells: it is text if it begins like that. */
    private static boolean isText(Path file, byte[] start) {
        return isText(file) || file.equals(InputFile.STDIN) && beginsLikeText(start);
    }

    private static boolean beginsLikeText(byte[] start) {
        return start.length > 0 && " \t\r\n(;".indexOf(start[0]) >= 0;
    }

    /**
     * Says that a file is nothing that can be used, if it begins neither as WebAssembly nor as compiled files do.
     *
     * @throws UserError then
     */
    static void requireKnown(Path file, byte[] start) {
        if (!isWasm(start) && !Arrays.equals(start, 0, Math.min(start.length, 4), ELF_MAGIC, 0, 4)) {
            throw new UserError(
                    file,
                    start.length == 0
                            ? "is empty"
                            : beginsLikeText(start)
                                    ? "is neither WebAssembly nor a compiled file; if it is WebAssembly's text format,"
                                            + " name it *.wat"
                                    : "is neither WebAssembly nor a compiled file");
        }
    }

    /**
     * All of a file; a module in the text format ({@code .wat}) is given in the binary one.
     *
     * @throws UserError if it cannot be read, or the text is no module
     */
    static byte[] read(Path file) throws IOException {
        byte[] content = InputFile.read(file);
        return isText(file, content) ? encode(file, content) : content;
    }

    private static byte[] encode(Path file, byte[] text) {
        try {
            return Wat.encode(Printable.file(file), text);
        } catch (WatException e) {
            throw new UserError(e.getMessage());
        }
    }

    /** How the runtime loads what is compiled: a module, or a component. */
    private interface Loader<T> {
        T load(Engine engine, Path file);

        T load(Engine engine, byte[] compiled);

        T named(T loaded, String name);
    }

    private static final Loader<CompiledModule> MODULES = new Loader<>() {
        @Override
        public CompiledModule load(Engine engine, Path file) {
            return CompiledModule.load(engine, file);
        }

        @Override
        public CompiledModule load(Engine engine, byte[] compiled) {
            return CompiledModule.load(engine, compiled);
        }

        @Override
        public CompiledModule named(CompiledModule loaded, String name) {
            return loaded.named(name);
        }
    };

    private static final Loader<Component> COMPONENTS = new Loader<>() {
        @Override
        public Component load(Engine engine, Path file) {
            return Component.load(engine, file);
        }

        @Override
        public Component load(Engine engine, byte[] compiled) {
            return Component.load(engine, compiled);
        }

        @Override
        public Component named(Component loaded, String name) {
            return loaded.named(name);
        }
    };

    /** Whether a file is a component in WebAssembly. Not for pipes. */
    static boolean isComponentBinary(Path file) throws IOException {
        if (!Files.isRegularFile(file) || isText(file)) {
            return false;
        }
        try (InputStream in = Files.newInputStream(file)) {
            return Arrays.equals(in.readNBytes(COMPONENT_MAGIC.length), COMPONENT_MAGIC);
        } catch (IOException e) {
            throw InputFile.about(file, e);
        }
    }

    /** Whether a file is a component, compiled or not; what cannot be read, loading reports. Not for pipes. */
    static boolean isComponent(Path file) throws IOException {
        if (isComponentBinary(file)) {
            return true;
        } else if (!Files.isRegularFile(file) || isWebAssembly(file)) {
            return false;
        }
        try (Artifact artifact = Artifact.open(file, Artifact.OpenOptions.SKIP_DIGEST)) {
            return artifact.component() != null;
        } catch (ArtifactException | UncheckedIOException _) {
            return false;
        }
    }

    /** As {@link #load}, of a component. */
    static Component loadComponent(Engine engine, Path file, CompilerOptions options, CodeCache cache, boolean noServer)
            throws IOException {
        return load(engine, file, options, cache, noServer, COMPONENTS);
    }

    /**
     * @param cache for WebAssembly; null for none
     * @param noServer whether it is compiled here whatever compiles elsewhere
     */
    static CompiledModule load(Engine engine, Path file, CompilerOptions options, CodeCache cache, boolean noServer)
            throws IOException {
        return load(engine, file, options, cache, noServer, MODULES);
    }

    private static <T> T load(
            Engine engine, Path file, CompilerOptions options, CodeCache cache, boolean noServer, Loader<T> loader)
            throws IOException {
        byte[] wasm;
        // Opened once, because a pipe gives what it has only once.
        try (InputStream in = Files.newInputStream(InputFile.check(file))) {
            byte[] start = in.readNBytes(WASM_MAGIC.length);
            if (isText(file, start)) {
                wasm = encode(file, InputFile.rest(file, start, in));
            } else if (isWasm(start)) {
                wasm = InputFile.rest(file, start, in);
            } else {
                requireKnown(file, start);
                return Files.isRegularFile(file)
                        ? loader.load(engine, file)
                        : loader.named(loader.load(engine, InputFile.rest(file, start, in)), stem(file));
            }
        } catch (IOException e) {
            throw InputFile.about(file, e);
        }
        if (loader == MODULES && Arrays.equals(wasm, 0, Math.min(8, wasm.length), COMPONENT_MAGIC, 0, 8)) {
            throw new UserError(file, "is a component, which must be in a file, not in a pipe");
        }
        T loaded = cache != null
                ? cached(engine, file, wasm, options, cache, noServer, loader)
                : loader.load(engine, Compilation.toBytes(file, wasm, options, noServer));
        return loader.named(loaded, stem(file));
    }

    /** Whether this is WebAssembly, by its name if in text and else by its content; not for pipes. */
    static boolean isWebAssembly(Path file) throws IOException {
        if (isText(file)) {
            return true;
        }
        try (InputStream in = Files.newInputStream(file)) {
            byte[] start = in.readNBytes(WASM_MAGIC.length);
            return isWasm(start) || isText(file, start);
        } catch (IOException e) {
            throw InputFile.about(file, e);
        }
    }

    /** A compiled file that the user vouches for. */
    static CompiledModule loadTrusted(Engine engine, Path file) throws IOException {
        checkTrusted(file);
        return CompiledModule.loadTrusted(engine, file);
    }

    static void checkTrusted(Path file) throws IOException {
        if (!Files.isRegularFile(InputFile.check(file)) || isWebAssembly(file)) {
            throw new UserError(file, "--trusted is for .cwasm files");
        }
    }

    /**
     * Whether a compiled file has checks that let a deadline stop it; of WebAssembly, which is compiled as one likes,
     * true.
     */
    static boolean isInterruptible(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            return true;
        }
        if (isWebAssembly(file)) {
            return true;
        }
        try (Artifact artifact = Artifact.open(file, Artifact.OpenOptions.SKIP_DIGEST)) {
            return artifact.compat().isInterruptible();
        }
    }

    /** A cache that cannot be used does not keep the program from running. */
    private static <T> T cached(
            Engine engine,
            Path file,
            byte[] wasm,
            CompilerOptions options,
            CodeCache cache,
            boolean noServer,
            Loader<T> loader) {
        Path entry = cache.entry(wasm, options);
        if (Files.exists(entry)) {
            try {
                return loader.load(engine, entry);
            } catch (ArtifactException | HostException | UncheckedIOException _) {
                // Damaged, or not to be read: it is replaced.
            }
        }
        byte[] compiled = Compilation.toBytes(file, wasm, options, noServer);
        try {
            return loader.load(engine, cache.put(entry, compiled));
        } catch (ArtifactException | HostException | IOException | UncheckedIOException _) {
            return loader.load(engine, compiled);
        }
    }
}
