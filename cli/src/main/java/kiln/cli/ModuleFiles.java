package kiln.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import kiln.artifact.ArtifactException;
import kiln.compiler.CodeCache;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.runtime.Engine;
import kiln.runtime.Module;

/** Loads what the user named: a compiled file, or WebAssembly, which is compiled now unless the cache has it. */
final class ModuleFiles {
    private static final byte[] WASM_MAGIC = "\0asm".getBytes(StandardCharsets.ISO_8859_1);

    private ModuleFiles() {}

    /** Whether the file is a WebAssembly binary, by its content. */
    static boolean isWasm(byte[] content) {
        return content.length >= 4 && Arrays.equals(content, 0, 4, WASM_MAGIC, 0, 4);
    }

    static Module load(Engine engine, Path file, CompilerOptions options, boolean useCache) throws IOException {
        if (!startsWithWasmMagic(InputFile.check(file))) {
            return Module.load(engine, file);
        }
        byte[] content = Files.readAllBytes(file);
        String name = file.getFileName().toString();
        String stem = name.endsWith(".wasm") ? name.substring(0, name.length() - 5) : name;
        if (!useCache) {
            return Module.load(engine, Compiler.compile(name, content, options)).named(stem);
        }
        CodeCache cache = CodeCache.ofUser();
        Path entry;
        try {
            entry = cache.get(name, content, options);
        } catch (IOException e) {
            // A cache that cannot be written must not keep the program from running.
            return Module.load(engine, Compiler.compile(name, content, options)).named(stem);
        }
        try {
            return Module.load(engine, entry).named(stem);
        } catch (ArtifactException _) {
            return Module.load(engine, cache.replace(name, content, options)).named(stem);
        }
    }

    private static boolean startsWithWasmMagic(Path file) throws IOException {
        try (var in = Files.newInputStream(file)) {
            return isWasm(in.readNBytes(4));
        }
    }
}
