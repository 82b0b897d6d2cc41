package kiln.artifact;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Writes files that a user named. A regular file is written under a temporary name beside it, which is then renamed: a
 * file that another process has mapped never changes, a half-written one is never seen, and what was there before is
 * lost only when the new one is whole. Its permissions are those of a new file. Links are followed and stay. What
 * cannot be replaced is written to: devices, pipes, and the descriptors that the process was given
 * ({@code /dev/stdout}, {@code /dev/fd/N}), whatever they lead to.
 */
public final class OutputFile {
    private static final int WRITE_BYTES = 1 << 24;
    /** As Linux has it. */
    private static final int MAX_LINKS = 40;

    /** O_ACCMODE: 0 is O_RDONLY. */
    private static final int ACCESS_MODE = 3;

    /** A folder of a process's descriptors. A class, since few files are links: patterns take long to make. */
    private static final class Descriptors {
        static final Pattern FOLDER = Pattern.compile("/proc/\\d+(/task/\\d+)?/fd");
    }

    private OutputFile() {}

    /**
     * Makes these bytes the file.
     *
     * @throws IOException naming {@code path}; what was there before is still there
     */
    public static void write(Path path, MemorySegment bytes) throws IOException {
        write(path, null, channel -> copy(channel, bytes));
    }

    /** The same for bytes in an array. */
    public static void write(Path path, byte[] bytes) throws IOException {
        write(path, bytes, null);
    }

    /**
     * The same for somebody else.
     *
     * @param permissions those of a regular file, instead of what this process's umask leaves; null for that
     */
    public static void write(Path path, byte[] bytes, Set<PosixFilePermission> permissions) throws IOException {
        // Not as a segment, which takes a process that has just started several milliseconds.
        write(path, permissions, channel -> {
            for (int at = 0; at < bytes.length; at += WRITE_BYTES) {
                copy(channel, ByteBuffer.wrap(bytes, at, Math.min(WRITE_BYTES, bytes.length - at)));
            }
        });
    }

    /** What is written. */
    private interface Content {
        void to(WritableByteChannel channel) throws IOException;
    }

    private static void write(Path path, Set<PosixFilePermission> permissions, Content content) throws IOException {
        try {
            Path target = follow(path);
            if (isDescriptor(target)) {
                intoDescriptor(target, content);
            } else if (Files.isDirectory(target)) {
                throw new FileSystemException(null, null, "is a directory");
            } else if (Files.exists(target) && !Files.isRegularFile(target)) {
                open(target, content, StandardOpenOption.WRITE);
            } else {
                replace(target, permissions, content);
            }
        } catch (IOException e) {
            throw about(path, e);
        }
    }

    /** Where links lead, which need not exist; a descriptor is not followed further. */
    private static Path follow(Path path) throws IOException {
        Path at = path;
        for (int links = 0; Files.isSymbolicLink(at) && !isDescriptor(at); links++) {
            if (links == MAX_LINKS) {
                throw new FileSystemException(null, null, "too many levels of symbolic links");
            }
            at = at.resolveSibling(Files.readSymbolicLink(at));
        }
        return at;
    }

    private static boolean isDescriptor(Path path) throws IOException {
        Path folder = path.toAbsolutePath().getParent();
        return folder != null
                && Files.isSymbolicLink(path)
                && Descriptors.FOLDER.matcher(folder.toRealPath().toString()).matches();
    }

    /**
     * What others write to the same descriptor comes before and after, not in the same place: the process's own output
     * streams are written to as they are; of others a file is opened anew, and appended to. That would also open for
     * writing what the process has open for reading, such as its own classes, so a descriptor must be open for writing.
     */
    private static void intoDescriptor(Path descriptor, Content content) throws IOException {
        Path process = descriptor.toAbsolutePath().getParent().toRealPath().getParent();
        boolean own = process.startsWith("/proc/" + ProcessHandle.current().pid());
        String number = descriptor.getFileName().toString();
        if ((flags(process.resolve("fdinfo").resolve(number)) & ACCESS_MODE) == 0) {
            throw new FileSystemException(null, null, "not open for writing");
        }
        if (own && (number.equals("1") || number.equals("2"))) {
            // Not closed: it is not ours.
            FileOutputStream stream =
                    new FileOutputStream(number.equals("1") ? FileDescriptor.out : FileDescriptor.err);
            content.to(stream.getChannel());
        } else {
            open(descriptor, content, StandardOpenOption.APPEND);
        }
    }

    /** What a descriptor was opened with, as the system tells it. */
    private static int flags(Path info) throws IOException {
        for (String line : Files.readAllLines(info)) {
            if (line.startsWith("flags:")) {
                return Integer.parseInt(line.substring("flags:".length()).strip(), 8);
            }
        }
        throw new FileSystemException(null, null, "cannot be used");
    }

    private static void open(Path path, Content content, OpenOption how) throws IOException {
        try (FileChannel channel = FileChannel.open(path, how)) {
            content.to(channel);
        }
    }

    private static void replace(Path target, Set<PosixFilePermission> permissions, Content content) throws IOException {
        Path temporary = newFile(target.toAbsolutePath().getParent());
        try {
            open(temporary, content, StandardOpenOption.WRITE);
            if (permissions != null) {
                Files.setPosixFilePermissions(temporary, permissions);
            }
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    /**
     * An empty file of a name that no other process uses. Nobody is kept from guessing it, as by Files.createTempFile,
     * whose random numbers take ten milliseconds: what is there already is not opened.
     */
    private static Path newFile(Path folder) throws IOException {
        long number = System.nanoTime();
        while (true) {
            Path file = folder.resolve(".kiln" + number + ".tmp");
            try {
                return Files.createFile(file);
            } catch (FileAlreadyExistsException _) {
                number++;
            }
        }
    }

    private static void copy(WritableByteChannel channel, MemorySegment bytes) throws IOException {
        for (long at = 0; at < bytes.byteSize(); at += WRITE_BYTES) {
            copy(
                    channel,
                    bytes.asSlice(at, Math.min(WRITE_BYTES, bytes.byteSize() - at))
                            .asByteBuffer());
        }
    }

    private static void copy(WritableByteChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /** The same failure, in terms of the file that was asked for instead of a temporary one. */
    private static IOException about(Path path, IOException e) {
        String name = PathBytes.text(path);
        return switch (e) {
            case NoSuchFileException _ -> new NoSuchFileException(name);
            case AccessDeniedException _ -> new AccessDeniedException(name);
            case FileSystemException f -> new FileSystemException(name, null, f.getReason());
            default -> new FileSystemException(name, null, e.getMessage());
        };
    }
}
