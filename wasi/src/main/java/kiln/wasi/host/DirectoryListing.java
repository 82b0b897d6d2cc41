package kiln.wasi.host;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The names in a folder at one moment, so that the cookies by which the guest goes on reading (positions in the list)
 * stay good while it adds and removes files.
 */
public final class DirectoryListing {
    private static final int HEADER = 24;

    private final List<DirectoryEntry> entries;

    private DirectoryListing(List<DirectoryEntry> entries) {
        this.entries = entries;
    }

    public static DirectoryListing of(DirectoryHandle directory) throws IOException {
        List<DirectoryEntry> entries = new ArrayList<>();
        long self = directory.status().inode();
        entries.add(new DirectoryEntry(new byte[] {'.'}, self, FileType.DIRECTORY));
        // Nothing is told about what lies above; this folder may be one that the host gave, or be moved out of it.
        entries.add(new DirectoryEntry(new byte[] {'.', '.'}, self, FileType.DIRECTORY));
        entries.addAll(directory.entries());
        return new DirectoryListing(entries);
    }

    /**
     * Writes entries from a cookie on. The last may be cut off: that the buffer is full tells the guest that there is
     * more.
     *
     * @return number of bytes
     */
    public int write(GuestMemory memory, int address, int length, long cookie) {
        memory.check(address, length, 1);
        long room = Integer.toUnsignedLong(length);
        int at = address;
        for (long i = cookie; i >= 0 && i < entries.size() && room > 0; i++) {
            byte[] entry = entry((int) i);
            int n = (int) Math.min(entry.length, room);
            memory.putBytes(at, entry, 0, n);
            at += n;
            room -= n;
        }
        return at - address;
    }

    private byte[] entry(int index) {
        DirectoryEntry e = entries.get(index);
        byte[] name = e.name();
        byte[] entry = new byte[HEADER + name.length];
        putLittleEndian(entry, 0, index + 1, 8);
        putLittleEndian(entry, 8, e.inode(), 8);
        putLittleEndian(entry, 16, name.length, 4);
        putLittleEndian(entry, 20, e.type().code(), 4);
        System.arraycopy(name, 0, entry, HEADER, name.length);
        return entry;
    }

    private static void putLittleEndian(byte[] to, int at, long value, int bytes) {
        for (int i = 0; i < bytes; i++) {
            to[at + i] = (byte) (value >>> 8 * i);
        }
    }
}
