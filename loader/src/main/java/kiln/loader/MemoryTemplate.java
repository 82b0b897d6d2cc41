package kiln.loader;

import java.util.List;

/**
 * What a memory contains at first: ranges of an open file, mapped copy-on-write. Made by {@link LoadedArtifact};
 * compared by identity, so that a pooled reservation knows whose image it still holds.
 */
public final class MemoryTemplate {
    /**
     * Offsets and length are multiples of the host's page size.
     */
    record Range(long memoryOffset, long fileOffset, long length) {}

    private final int file;
    private final List<Range> ranges;
    private volatile boolean closed;

    MemoryTemplate(int file, List<Range> ranges) {
        this.file = file;
        this.ranges = List.copyOf(ranges);
    }

    /**
     * @throws IllegalStateException if the file is closed
     */
    int file() {
        if (closed) {
            throw new IllegalStateException("the file of this memory image is closed");
        }
        return file;
    }

    void close() {
        closed = true;
    }

    List<Range> ranges() {
        return ranges;
    }

    /** Bytes that a memory must have at least. */
    long end() {
        long end = 0;
        for (Range r : ranges) {
            end = Math.max(end, r.memoryOffset + r.length);
        }
        return end;
    }
}
