package kiln.artifact;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Collects the bytes of data segments and memory images of a file. */
public final class DataSection {
    private record Part(long start, MemorySegment bytes) {}

    private final int pageBytes;
    private final List<Part> parts = new ArrayList<>();
    private long size;
    private boolean images;

    /**
     * @param pageBytes images start and end at multiples of it: {@link Compat#pageBytes()}
     */
    DataSection(int pageBytes) {
        this.pageBytes = pageBytes;
    }

    /** What the places and lengths of images are multiples of. */
    public int pageBytes() {
        return pageBytes;
    }

    /** Appends a data segment and returns where it starts: {@link ModuleInfo.DataSegment#start()}. */
    public long addSegment(MemorySegment bytes) {
        long start = size;
        parts.add(new Part(start, bytes));
        size += bytes.byteSize();
        return start;
    }

    /**
     * Appends what a memory contains at first, filled up with zeros to the end of a page, and returns where it starts:
     * {@link ModuleInfo.MemoryImage#start()}.
     */
    public long addImage(MemorySegment bytes) {
        size = nextPage();
        long start = addSegment(bytes);
        size = nextPage();
        images = true;
        return start;
    }

    /** Where an image would start now. */
    public long nextPage() {
        return size + pageBytes - 1 & -pageBytes;
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
