package kiln.compiler;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Compiled files by what they were compiled from: the digest of the input, the options and the compiler. An entry appears
 * whole or not at all; whether it is intact is for the reader to check, who may {@link #remove} it.
 */
public final class CodeCache {
    private final Path folder;

    public CodeCache(Path folder) {
        this.folder = folder;
    }

    /** {@code $XDG_CACHE_HOME/kiln}, else {@code ~/.cache/kiln}. */
    public static CodeCache ofUser() {
        String xdg = System.getenv("XDG_CACHE_HOME");
        Path base = xdg != null && !xdg.isEmpty() ? Path.of(xdg) : Path.of(System.getProperty("user.home"), ".cache");
        return new CodeCache(base.resolve("kiln"));
    }

    /** Where the compiled form of {@code wasm} is or would be. */
    public Path entry(byte[] wasm, CompilerOptions options) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update((Compiler.VERSION + " " + Compiler.buildId() + " " + options.describe())
                    .getBytes(StandardCharsets.UTF_8));
            digest.update((byte) 0);
            digest.update(wasm);
            return folder.resolve(HexFormat.of().formatHex(digest.digest(), 0, 20) + ".cwasm");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The entry for {@code wasm}, compiled now if it is not there. */
    public Path get(String name, byte[] wasm, CompilerOptions options) throws IOException {
        Path entry = entry(wasm, options);
        return Files.exists(entry) ? entry : put(entry, Compiler.compile(name, wasm, options));
    }

    /** Compiles {@code wasm} and replaces the entry, damaged or not. */
    public Path replace(String name, byte[] wasm, CompilerOptions options) throws IOException {
        return put(entry(wasm, options), Compiler.compile(name, wasm, options));
    }

    private Path put(Path entry, byte[] artifact) throws IOException {
        Files.createDirectories(folder);
        Path temporary = Files.createTempFile(folder, "new", ".tmp");
        try {
            Files.write(temporary, artifact);
            try {
                Files.move(temporary, entry, StandardCopyOption.ATOMIC_MOVE);
            } catch (AtomicMoveNotSupportedException _) {
                Files.move(temporary, entry, StandardCopyOption.REPLACE_EXISTING);
            }
        } finally {
            Files.deleteIfExists(temporary);
        }
        return entry;
    }

    public void remove(Path entry) throws IOException {
        Files.deleteIfExists(entry);
    }
}
