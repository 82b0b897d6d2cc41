package kiln.artifact;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Collects the bytes of data segments and memory images of a file. */
public final class DataSection {
    private record Part(long start, MemorySegment bytes) {}

    private final List<Part> parts = new ArrayList<>();
    private long size;
    private boolean images;

    /** Appends a data segment and returns where it starts: {@link ModuleInfo.DataSegment#start()}. */
    public long addSegment(MemorySegment bytes) {
        long start = size;
        parts.add(new Part(start, bytes));
        size += bytes.byteSize();
        return start;
    }

    /**
     * Appends what a memory contains at first, filled up with zeros to a multiple of {@link Artifact#ALIGNMENT}, and
     * returns where it starts: {@link ModuleInfo.MemoryImage#start()}.
     */
    public long addImage(MemorySegment bytes) {
        size = align(size);
        long start = addSegment(bytes);
        size = align(size);
        images = true;
        return start;
    }

    private static long align(long offset) {
        return offset + Artifact.ALIGNMENT - 1 & -Artifact.ALIGNMENT;
    }

    /** Bytes so far. */
    public long size() {
        return size;
    }

    boolean hasImages() {
        return images;
    }

    MemorySegment bytes() {
        MemorySegment result = MemorySegment.ofArray(new byte[Math.toIntExact(size)]);
        for (Part p : parts) {
            MemorySegment.copy(p.bytes, 0, result, p.start, p.bytes.byteSize());
        }
        return result;
    }
}
