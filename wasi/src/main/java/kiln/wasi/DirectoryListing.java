package kiln.wasi;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The names in a folder at one moment, so that the cookies by which the guest goes on reading (positions in the list)
 * stay good while it adds and removes files.
 */
final class DirectoryListing {
    private static final int HEADER = 24;
    private static final FileStatus.Entry GONE = new FileStatus.Entry(0, FileType.UNKNOWN);

    private final Path folder;
    private final boolean isRoot;
    private final List<String> names;

    private DirectoryListing(Path folder, boolean isRoot, List<String> names) {
        this.folder = folder;
        this.isRoot = isRoot;
        this.names = names;
    }

    static DirectoryListing of(Directory directory) throws IOException {
        List<String> names = new ArrayList<>();
        names.add(".");
        names.add("..");
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory.path())) {
            for (Path p : entries) {
                names.add(p.getFileName().toString());
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return new DirectoryListing(directory.path(), directory.path().equals(directory.root()), names);
    }

    /**
     * Writes entries from a cookie on. The last may be cut off: that the buffer is full tells the guest that there is
     * more.
     *
     * @return number of bytes
     */
    int write(GuestMemory memory, int address, int length, long cookie) {
        memory.check(address, length, 1);
        long room = Integer.toUnsignedLong(length);
        int at = address;
        for (long i = cookie; i >= 0 && i < names.size() && room > 0; i++) {
            byte[] entry = entry((int) i);
            int n = (int) Math.min(entry.length, room);
            memory.putBytes(at, entry, 0, n);
            at += n;
            room -= n;
        }
        return at - address;
    }

    private byte[] entry(int index) {
        String name = names.get(index);
        byte[] encoded = name.getBytes(StandardCharsets.UTF_8);
        byte[] entry = new byte[HEADER + encoded.length];
        FileStatus.Entry file = status(name);
        putLittleEndian(entry, 0, index + 1, 8);
        putLittleEndian(entry, 8, file.inode(), 8);
        putLittleEndian(entry, 16, encoded.length, 4);
        putLittleEndian(entry, 20, file.type().code(), 4);
        System.arraycopy(encoded, 0, entry, HEADER, encoded.length);
        return entry;
    }

    private FileStatus.Entry status(String name) {
        try {
            return FileStatus.entry(
                    switch (name) {
                        case "." -> folder;
                        // Nothing is told about what lies above the folders that the host gave.
                        case ".." -> isRoot ? folder : folder.getParent();
                        default -> folder.resolve(name);
                    });
        } catch (IOException _) {
            return GONE;
        }
    }

    private static void putLittleEndian(byte[] to, int at, long value, int bytes) {
        for (int i = 0; i < bytes; i++) {
            to[at + i] = (byte) (value >>> 8 * i);
        }
    }
}
