package kiln.wasi.host;

/** What a file is; the ordinal is the number that the guest sees. */
public enum FileType {
    UNKNOWN,
    BLOCK_DEVICE,
    CHARACTER_DEVICE,
    DIRECTORY,
    REGULAR_FILE,
    SOCKET_DGRAM,
    SOCKET_STREAM,
    SYMBOLIC_LINK;

    public int code() {
        return ordinal();
    }

    /** From the upper bits of a Unix file's mode. WASI has no type for pipes. */
    public static FileType ofMode(int mode) {
        return switch (mode & 0170000) {
            case 0060000 -> BLOCK_DEVICE;
            case 0020000 -> CHARACTER_DEVICE;
            case 0040000 -> DIRECTORY;
            case 0100000 -> REGULAR_FILE;
            case 0140000 -> SOCKET_STREAM;
            case 0120000 -> SYMBOLIC_LINK;
            default -> UNKNOWN;
        };
    }
}
