package kiln.loader;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Set;

/**
 * A folder with copies of compiled files, which are mapped instead of files in memory: processes then share their
 * pages, and {@code perf} and {@code gdb}, which know files by their names, find their symbols. A copy's name is its
 * digest.
 */
final class Extraction {
    private static final String PROPERTY = "kiln.extract";
    private static final Set<PosixFilePermission> OF_OTHERS = PosixFilePermissions.fromString("----w--w-");

    private final Path folder;

    private Extraction(Path folder) {
        this.folder = folder;
    }

    /** The folder that the property {@code kiln.extract} names, or null. */
    static Extraction current() {
        String folder = System.getProperty(PROPERTY);
        return folder == null ? null : new Extraction(Path.of(folder).toAbsolutePath());
    }

    int open(Host host, Path file) {
        try {
            return open(host, MemorySegment.ofArray(Files.readAllBytes(file)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * A descriptor of the copy of a file with these bytes, which is made if it is not there.
     *
     * @throws HostException if others could write to the folder, or it cannot be used
     */
    int open(Host host, MemorySegment bytes) {
        try {
            requireOwn();
            Path copy = folder.resolve(digest(bytes.asByteBuffer()) + ".cwasm");
            if (!Files.isRegularFile(copy, LinkOption.NOFOLLOW_LINKS) || Files.size(copy) != bytes.byteSize()) {
                write(bytes, copy);
            }
            return host.openFile(copy);
        } catch (IOException e) {
            throw new HostException(PROPERTY + "=" + folder + ": " + e, 0);
        }
    }

    /** What is mapped is run: a user who may write to the folder may run anything here. */
    private void requireOwn() throws IOException {
        if (!Files.isDirectory(folder)) {
            Files.createDirectories(
                    folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(folder);
        permissions.retainAll(OF_OTHERS);
        // A process owns what it makes.
        Path probe = Files.createTempFile(folder, "owner", null);
        try {
            if (!permissions.isEmpty() || !Files.getOwner(probe).equals(Files.getOwner(folder))) {
                throw new IOException("others may write there, or own it");
            }
        } finally {
            Files.delete(probe);
        }
    }

    /** Several processes may do so at once: the copy appears whole. */
    private void write(MemorySegment bytes, Path copy) throws IOException {
        Path part = Files.createTempFile(folder, "part", null);
        try {
            try (FileChannel out = FileChannel.open(part, StandardOpenOption.WRITE)) {
                ByteBuffer from = bytes.asByteBuffer();
                while (from.hasRemaining()) {
                    out.write(from);
                }
            }
            Files.move(part, copy, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(part);
        }
    }

    private static String digest(ByteBuffer bytes) {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            sha.update(bytes);
            return HexFormat.of().formatHex(sha.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
