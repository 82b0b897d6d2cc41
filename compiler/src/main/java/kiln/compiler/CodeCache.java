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
import kiln.artifact.PathBytes;

/**
 * Compiled files by what they were compiled from: the digest of the input, the options and the compiler. An entry
 * appears whole or not at all; whether it is intact is for the reader to check, who may {@link #put} another in its
 * place.
 */
public final class CodeCache {
    private final Path folder;

    public CodeCache(Path folder) {
        this.folder = folder;
    }

    /** {@code $XDG_CACHE_HOME/kiln}, else {@code ~/.cache/kiln}; null where there is no home. */
    public static CodeCache ofUser() {
        // The JVM's user.home is what the user database says, whatever $HOME is.
        String home = System.getenv("HOME") != null ? System.getenv("HOME") : System.getProperty("user.home");
        for (String base : new String[] {System.getenv("XDG_CACHE_HOME"), home + "/.cache"}) {
            // A relative path means nothing here, as the XDG base directory specification has it.
            // And of one that is not UTF-8 Java has lost a part.
            if (base != null && base.startsWith("/") && !PathBytes.isLossy(base)) {
                return new CodeCache(Path.of(base, "kiln"));
            }
        }
        return null;
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

    /**
     * Makes {@code artifact} the entry, whatever was there before.
     *
     * @param entry of {@link #entry}
     * @return {@code entry}
     * @throws IOException if it cannot be written; the old entry is then still there
     */
    public Path put(Path entry, byte[] artifact) throws IOException {
        Files.createDirectories(folder);
        Path temporary = Files.createTempFile(folder, "new", ".tmp");
        try {
            Files.write(temporary, artifact);
            if (Files.isDirectory(entry)) {
                Files.delete(entry);
            }
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
}
