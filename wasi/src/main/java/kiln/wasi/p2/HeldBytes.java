package kiln.wasi.p2;

/**
 * Bytes of Java's heap that a guest's resources hold, as far as the guest decides how many: each resource has a limit
 * of its own, but there may be a million of them.
 */
final class HeldBytes {
    private static final long MOST = 32 << 20;

    private long used;

    /** A resource holds more from now on; less if {@code bytes} is negative. */
    void take(long bytes) {
        if (used + bytes > MOST) {
            throw Traps.trap("header fields, addresses and lists of files take more than 32 MiB");
        }
        used += bytes;
    }
}
