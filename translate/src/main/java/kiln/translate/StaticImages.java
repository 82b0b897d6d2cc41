package kiln.translate;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import kiln.artifact.MemoryConstants;
import kiln.wasm.DataSegment;
import kiln.wasm.ElemSegment;
import kiln.wasm.SegmentMode;
import kiln.wasm.WasmModule;

/**
 * What memories contain from the start, so that instantiation maps it instead of copying: the active data segments of a
 * memory defined here, as long as their places are constant and in bounds. Whole pages; pages of zeros are left out.
 *
 * <p>Nobody can tell the difference, because the memory cannot be seen before start-up ends. The exception would be a
 * module that writes functions into an imported table and then fails to start: such modules get no images.
 */
public final class StaticImages {
    /** A mapped page costs less than copying 8 KiB; below that it only makes the file longer. */
    private static final int MIN_BYTES_PER_PAGE = 8 << 10;

    private static final int PAGE = MemoryConstants.PAGE_SIZE;

    /**
     * Consecutive pages of a memory.
     *
     * @param memory index in the module's memory space
     * @param offset where in the memory, a multiple of the page size
     * @param bytes the pages, not to be changed
     */
    public record Image(int memory, long offset, byte[] bytes) {}

    private final List<Image> images;
    private final BitSet segments;

    private StaticImages(List<Image> images, BitSet segments) {
        this.images = List.copyOf(images);
        this.segments = segments;
    }

    /** In the order of memories and offsets. */
    public List<Image> images() {
        return images;
    }

    /** Whether the active data segment is part of an image, so that start-up does not copy it. */
    public boolean contains(int segment) {
        return segments.get(segment);
    }

    static StaticImages of(ModuleEnvironment env) {
        WasmModule wasm = env.wasm();
        List<Image> images = new ArrayList<>();
        BitSet segments = new BitSet();
        if (!showsFunctions(wasm)) {
            for (int memory = wasm.importedMemoryCount(); memory < wasm.memoryCount(); memory++) {
                addMemory(env, memory, images, segments);
            }
        }
        return new StaticImages(images, segments);
    }

    /** Whether start-up hands functions of the instance to others before it has succeeded. */
    private static boolean showsFunctions(WasmModule wasm) {
        for (ElemSegment segment : wasm.elems()) {
            if (segment.mode() == SegmentMode.ACTIVE && segment.table() < wasm.importedTableCount()) {
                return true;
            }
        }
        return false;
    }

    private static void addMemory(ModuleEnvironment env, int memory, List<Image> images, BitSet segments) {
        BitSet ofMemory = new BitSet();
        long[] places = new long[env.wasm().datas().size()];
        long total = 0;
        for (int i = 0; i < places.length; i++) {
            DataSegment segment = env.wasm().datas().get(i);
            if (segment.mode() != SegmentMode.ACTIVE || segment.memory() != memory) {
                continue;
            }
            Constant at = env.constant(segment.at());
            if (at == null) {
                break;
            }
            MemoryPlan plan = env.memory(memory);
            places[i] = plan.is64 ? at.scalar() : at.scalar() & 0xffffffffL;
            // Images have whole pages of 64 KiB, even of memories whose pages are smaller.
            long wholePages = plan.minBytes & -PAGE;
            if (places[i] < 0 || places[i] > wholePages - segment.length()) {
                // This one traps, or goes where no image can be, after those before it were copied.
                break;
            }
            total += segment.length();
            ofMemory.set(i);
        }
        // Counted before any page is made, since a page is much larger than the byte that may be all of its content.
        Set<Long> used = new HashSet<>();
        ofMemory.stream().forEach(i -> addPages(env.wasm(), env.wasm().datas().get(i), places[i], used));
        if (total >= (long) used.size() * MIN_BYTES_PER_PAGE) {
            TreeMap<Long, byte[]> pages = new TreeMap<>();
            ofMemory.stream().forEach(i -> write(env.wasm(), env.wasm().datas().get(i), places[i], used, pages));
            pages.values().removeIf(StaticImages::isZero);
            segments.or(ofMemory);
            join(memory, pages, images);
        }
    }

    /** Adds the pages on which a segment has something but zeros. */
    private static void addPages(WasmModule wasm, DataSegment segment, long place, Set<Long> pages) {
        for (int done = 0; done < segment.length(); ) {
            long at = place + done;
            int n = (int) Math.min(segment.length() - done, PAGE - at % PAGE);
            int start = segment.offset() + done;
            if (!isZero(wasm.bytes(), start, start + n)) {
                pages.add(at / PAGE);
            }
            done += n;
        }
    }

    /** @param used pages that are made; all others are zeros */
    private static void write(
            WasmModule wasm, DataSegment segment, long place, Set<Long> used, TreeMap<Long, byte[]> pages) {
        for (int done = 0; done < segment.length(); ) {
            long at = place + done;
            int n = (int) Math.min(segment.length() - done, PAGE - at % PAGE);
            if (used.contains(at / PAGE)) {
                byte[] page = pages.computeIfAbsent(at / PAGE, _ -> new byte[PAGE]);
                System.arraycopy(wasm.bytes(), segment.offset() + done, page, (int) (at % PAGE), n);
            }
            done += n;
        }
    }

    private static boolean isZero(byte[] page) {
        return isZero(page, 0, page.length);
    }

    private static boolean isZero(byte[] bytes, int start, int end) {
        for (int i = start; i < end; i++) {
            if (bytes[i] != 0) {
                return false;
            }
        }
        return true;
    }

    private static void join(int memory, TreeMap<Long, byte[]> pages, List<Image> images) {
        List<byte[]> run = new ArrayList<>();
        long next = -1;
        for (Map.Entry<Long, byte[]> page : pages.entrySet()) {
            if (page.getKey() != next && !run.isEmpty()) {
                images.add(image(memory, next, run));
                run.clear();
            }
            run.add(page.getValue());
            next = page.getKey() + 1;
        }
        if (!run.isEmpty()) {
            images.add(image(memory, next, run));
        }
    }

    private static Image image(int memory, long endPage, List<byte[]> run) {
        byte[] bytes = new byte[Math.multiplyExact(run.size(), PAGE)];
        for (int i = 0; i < run.size(); i++) {
            System.arraycopy(run.get(i), 0, bytes, i * PAGE, PAGE);
        }
        return new Image(memory, (endPage - run.size()) * PAGE, bytes);
    }
}
