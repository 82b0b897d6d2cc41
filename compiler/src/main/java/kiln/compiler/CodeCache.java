package kiln.compiler;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import kiln.artifact.PathBytes;

/**
 * Compiled files by what they were compiled from: the digest of the input, the options and the compiler. An entry
 * appears whole or not at all; whether it is intact is for the reader to check, who may {@link #put} another in its
 * place.
 */
public final class CodeCache {
    /** Of a digest, in the names of entries. */
    private static final int DIGEST_BYTES = 20;

    private final Path folder;

    /** @param folder is made when something is kept, if it is not there */
    public CodeCache(Path folder) {
        this.folder = folder;
    }

    /** A file of the cache, with its size. */
    public record Entry(Path file, long bytes) {}

    /**
     * {@code $KILN_CACHE}, else {@code $XDG_CACHE_HOME/kiln}, else {@code ~/.cache/kiln}; null where there is no home,
     * and if {@code KILN_CACHE} is off, no or 0.
     */
    public static CodeCache ofUser() {
        String own = System.getenv("KILN_CACHE");
        if (own != null && own.startsWith("/") && !PathBytes.isLossy(own)) {
            return new CodeCache(Path.of(own));
        } else if (own != null && (own.equals("off") || own.equals("no") || own.equals("0"))) {
            return null;
        }
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
            return folder.resolve(HexFormat.of().formatHex(digest.digest(), 0, DIGEST_BYTES) + ".cwasm");
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

    /** Where the files are; need not exist. */
    public Path folder() {
        return folder;
    }

    /**
     * What is in the cache. Other files in its folder are left alone.
     *
     * @throws IOException if the folder exists and cannot be read
     */
    public List<Entry> entries() throws IOException {
        List<Entry> entries = new ArrayList<>();
        if (Files.isDirectory(folder)) {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
                for (Path file : files) {
                    if (isEntry(file.getFileName().toString())
                            && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                        entries.add(new Entry(file, Files.size(file)));
                    }
                }
            } catch (DirectoryIteratorException e) {
                throw e.getCause();
            }
        }
        return entries;
    }

    /** Whether {@link #entry} or {@link #put} gives such names. */
    private static boolean isEntry(String name) {
        boolean compiled = name.endsWith(".cwasm") && name.length() == 2 * DIGEST_BYTES + ".cwasm".length();
        return compiled || name.startsWith("new") && name.endsWith(".tmp");
    }

    /**
     * Removes what was neither made nor read for some time. Programs that run already are not disturbed.
     *
     * @return what was removed
     * @throws IOException if something cannot be removed
     */
    public List<Entry> remove(Duration unused) throws IOException {
        Instant limit = Instant.now().minus(unused);
        List<Entry> removed = new ArrayList<>();
        for (Entry e : entries()) {
            BasicFileAttributes a = Files.readAttributes(e.file(), BasicFileAttributes.class);
            Instant made = a.lastModifiedTime().toInstant();
            Instant used = a.lastAccessTime().toInstant();
            if (!(made.isAfter(limit) || used.isAfter(limit)) || unused.isZero()) {
                Files.deleteIfExists(e.file());
                removed.add(e);
            }
        }
        return removed;
    }
}
