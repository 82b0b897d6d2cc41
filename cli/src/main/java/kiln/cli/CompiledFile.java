package kiln.cli;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import kiln.artifact.Artifact;
import kiln.artifact.Printable;
import kiln.artifact.api.ArtifactException;

/** Files that commands look into: compiled ones, and WebAssembly, which is compiled for that. */
final class CompiledFile {
    private static final int ALIGNMENT = 64;

    private CompiledFile() {}

    /** @param how WebAssembly is compiled */
    static Artifact open(Path file, CompileOptions how) throws IOException {
        if (Files.isRegularFile(InputFile.check(file)) && !ModuleFiles.isWebAssembly(file)) {
            try (InputStream in = Files.newInputStream(file)) {
                ModuleFiles.requireKnown(file, in.readNBytes(4));
            }
            return Artifact.open(file);
        }
        byte[] content = ModuleFiles.read(file);
        ModuleFiles.requireKnown(file, Arrays.copyOf(content, Math.min(4, content.length)));
        byte[] compiled =
                ModuleFiles.isWasm(content) ? Compilation.toBytes(file, content, how.toOptions(), true) : content;
        return of(file, compiled);
    }

    /**
     * A compiled file that was read.
     *
     * @param file for messages
     */
    static Artifact of(Path file, byte[] compiled) {
        MemorySegment memory = Arena.ofAuto().allocate(Math.max(1, compiled.length), ALIGNMENT);
        MemorySegment.copy(MemorySegment.ofArray(compiled), 0, memory, 0, compiled.length);
        try {
            return Artifact.of(memory.asSlice(0, compiled.length), Artifact.OpenOptions.DEFAULT);
        } catch (ArtifactException e) {
            throw new ArtifactException(Printable.file(file) + ": " + e.getMessage(), e);
        }
    }
}
