package kiln.artifact;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Objects;
import kiln.artifact.api.ArtifactException;

/**
 * The function index, read in place: every function of a file by key and by text offset, without allocation. An
 * <em>entry</em> is a function's place in key order, which is text order. Five and a half to six bytes a function where
 * keys are dense, four more where they are sparse. docs/index-layouts.md has the measurements that chose it.
 *
 * <pre>
 *   0  entries N u32, namespaces M u32, sparse entries S u32, wide gaps W u32, shift u32
 *      namespace  u32[M]    ascending, unsigned
 *      first      u32[M+1]  first entry of the namespace
 *      base       u32[M]    dense: index of the first entry; sparse: place of the first entry's index in `index`
 *      dense      u32[M]    1: entry = first + (index - base), with empty entries where there is no function; 0: sparse
 *      start      u32[N+1]  text offset; the last is the length of the text
 *      index      u32[S]    of sparse entries, ascending within a namespace
 *      piece      u32[P+2]  last entry that starts at or before text offset piece * 2^shift, or 0;
 *                              P = text length / 2^shift
 *      wideEntry  u32[W]    entries followed by more than 254 bytes of padding, ascending
 *      wideGap    u32[W]    that padding
 *      gap        u8[N]     bytes of padding between the function and the next entry's start, or 255: see wideEntry
 * </pre>
 *
 * Padding belongs to no function. An empty entry has the start of the next one and no padding.
 */
public final class FunctionIndex {
    static final String SECTION = ".kiln.index";
    static final int HEADER_BYTES = 20;
    static final int MAX_SHIFT = 32;
    static final int WIDE = 255;
    /** More than any component's definitions and types ask for, which are limited when it is compiled. */
    private static final long MAX_COMPONENT_FUNCTIONS = 1L << 28;

    private final MemorySegment bytes;
    private final TableLayout layout = new TableLayout();
    private final int entries;
    private final int namespaces;
    private final int sparse;
    private final int wideGaps;
    private final long textLength;
    private final long namespaceAt;
    private final long firstAt;
    private final long baseAt;
    private final long denseAt;
    private final long startAt;
    private final long indexAt;
    private final int shift;
    private final long pieceAt;
    private final long wideEntryAt;
    private final long wideGapAt;
    private final long gapAt;

    /**
     * @param bytes the section
     * @throws ArtifactException if the index is damaged
     */
    FunctionIndex(MemorySegment bytes, long textLength) {
        this.bytes = bytes;
        if (bytes.byteSize() < HEADER_BYTES) {
            throw damaged("too short");
        }
        long n = Le.u32(bytes, 0);
        long m = Le.u32(bytes, 4);
        long s = Le.u32(bytes, 8);
        long w = Le.u32(bytes, 12);
        for (String name : new String[] {"entries", "namespaces", "sparse entries", "wide gaps", "shift"}) {
            layout.add(name, 4, 1);
        }
        namespaceAt = layout.add("namespace", 4, m);
        firstAt = layout.add("first", 4, m + 1);
        baseAt = layout.add("base", 4, m);
        denseAt = layout.add("dense", 4, m);
        startAt = layout.add("start", 4, n + 1);
        indexAt = layout.add("index", 4, s);
        shift = Le.i32(bytes, 16);
        if (shift < 0 || shift > MAX_SHIFT) {
            throw damaged("size of pieces");
        }
        pieceAt = layout.add("piece", 4, pieces(textLength, shift));
        wideEntryAt = layout.add("wideEntry", 4, w);
        wideGapAt = layout.add("wideGap", 4, w);
        gapAt = layout.add("gap", 1, n);
        if (Math.max(Math.max(n, m), Math.max(s, w)) >= Integer.MAX_VALUE || layout.end() != bytes.byteSize()) {
            throw damaged("size does not match the counts");
        }
        entries = (int) n;
        namespaces = (int) m;
        sparse = (int) s;
        wideGaps = (int) w;
        this.textLength = textLength;
        checkNamespaces();
    }

    TableLayout layout() {
        return layout;
    }

    /** Number of elements of that column. */
    static long pieces(long textLength, int shift) {
        return (textLength >> shift) + 2;
    }

    private static ArtifactException damaged(String what) {
        return new ArtifactException("damaged file: " + SECTION + ": " + what);
    }

    private void checkNamespaces() {
        long previous = -1;
        long entry = 0;
        long used = 0;
        for (int i = 0; i < namespaces; i++) {
            long namespace = Le.u32(bytes, namespaceAt + 4L * i);
            long end = first(i + 1);
            long count = end - first(i);
            if (namespace <= previous || first(i) != entry || count < 0 || end > entries) {
                throw damaged("namespace " + i + " out of order");
            }
            previous = namespace;
            entry = end;
            if (dense(i)) {
                if (base(i) + count > 1L << 32) {
                    throw damaged("indices of namespace " + i + " out of range");
                }
                continue;
            }
            if (base(i) != used || count > sparse - used) {
                throw damaged("sparse indices of namespace " + i + " out of place");
            }
            used += count;
        }
        if (entry != entries || used != sparse) {
            throw damaged("namespaces do not cover all entries");
        }
    }

    /**
     * Checks that all keys are those of functions which the modules can have.
     *
     * @throws ArtifactException if not
     */
    void checkKeys(List<ModuleInfo> modules) {
        for (int i = 0; i < namespaces; i++) {
            long count = first(i + 1) - first(i);
            long limit = limit(namespace(i), modules);
            if (dense(i)) {
                checkIndex(base(i) + count - 1, limit, i);
                continue;
            }
            for (long k = base(i); k < base(i) + count; k++) {
                checkIndex(sparseIndex(k), limit, i);
            }
        }
    }

    private static void checkIndex(long index, long limit, int namespace) {
        if (index >= limit) {
            throw damaged("namespace " + namespace + " has a function that the file's modules cannot have");
        }
    }

    /** How many functions a namespace can have. */
    private static long limit(FuncKey namespace, List<ModuleInfo> modules) {
        int kind = namespace.namespace() >>> FuncKey.PAYLOAD_BITS;
        if (kind >= FuncKey.Kind.values().length || namespace.payload() >= modules.size()) {
            return 0;
        }
        ModuleInfo module = modules.get(namespace.payload());
        return switch (namespace.kind()) {
            case WASM_FUNCTION -> module.definedFunctions();
            case ARRAY_TO_WASM, WASM_TO_ARRAY -> module.types().count();
            case BUILTIN -> Builtin.values().length;
            case MODULE_STARTUP -> 1;
            case COMPONENT_ADAPTER, COMPONENT_HELPER, COMPONENT_TRAMPOLINE -> MAX_COMPONENT_FUNCTIONS;
        };
    }

    private FuncKey namespace(int namespace) {
        return FuncKey.ofRaw(Le.u32(bytes, namespaceAt + 4L * namespace) << 32);
    }

    /**
     * Checks every entry. The constructor checks namespaces only, so that opening a file does not take longer the more
     * functions it has; look-ups check the entries that they touch.
     *
     * @throws ArtifactException if the index is damaged
     */
    void check() {
        for (int i = 0; i < namespaces; i++) {
            if (!dense(i)) {
                for (long k = base(i) + 1; k < base(i) + first(i + 1) - first(i); k++) {
                    if (sparseIndex(k) <= sparseIndex(k - 1)) {
                        throw damaged("sparse indices of namespace " + i + " out of order");
                    }
                }
            }
        }
        int wide = 0;
        for (int i = 0; i < entries; i++) {
            if (Le.u8(bytes, gapAt + i) == WIDE) {
                if (wide == wideGaps || Le.u32(bytes, wideEntryAt + 4L * wide++) != i) {
                    throw damaged("wide gap of entry " + i + " is missing");
                }
            }
            end(i);
        }
        int floor = 0;
        for (long p = 0; p < pieces(textLength, shift); p++) {
            while (floor + 1 < entries && start(floor + 1) <= p << shift) {
                floor++;
            }
            if (piece(p) != floor) {
                throw damaged("piece " + p + " of the text");
            }
        }
        if (start(entries) != textLength || wide != wideGaps) {
            throw damaged("entries do not end with the text");
        }
    }

    /** Number of entries, empty ones included. */
    public int entries() {
        return entries;
    }

    /** The entry of a function, by raw key ({@link FuncKey#raw()}), or -1 if the file has no such function. */
    public int find(long key) {
        int namespace = findNamespace((int) (key >>> 32));
        if (namespace < 0) {
            return -1;
        }
        long first = first(namespace);
        long count = first(namespace + 1) - first;
        long index = key & 0xffff_ffffL;
        long base = base(namespace);
        long entry;
        if (dense(namespace)) {
            long place = index - base;
            if (place < 0 || place >= count) {
                return -1;
            }
            entry = first + place;
        } else {
            long lo = base;
            long hi = base + count - 1;
            while (lo < hi) {
                long mid = lo + hi + 1 >>> 1;
                if (sparseIndex(mid) <= index) {
                    lo = mid;
                } else {
                    hi = mid - 1;
                }
            }
            if (count == 0 || sparseIndex(lo) != index) {
                return -1;
            }
            entry = first + (lo - base);
        }
        return length((int) entry) == 0 ? -1 : (int) entry;
    }

    /**
     * The text offsets (u32) of the functions with keys {@code key}, {@code key + 1}, ...; all ones where there is
     * none. A hundred thousand look-ups at once, without a call for each as long as keys are dense.
     *
     * @throws ArtifactException if an entry does not lie in the text
     */
    public int[] starts(long key, int count) {
        int[] result = new int[count];
        int namespace = findNamespace((int) (key >>> 32));
        if (namespace >= 0 && dense(namespace)) {
            long place = (key & 0xffff_ffffL) - base(namespace);
            long entry = first(namespace) + place;
            if (place >= 0 && count <= first(namespace + 1) - entry) {
                return denseStarts((int) entry, result);
            }
        }
        for (int i = 0; i < count; i++) {
            int entry = find(key + i);
            result[i] = entry < 0 ? -1 : (int) start(entry);
        }
        return result;
    }

    private int[] denseStarts(int entry, int[] result) {
        MemorySegment.copy(bytes, Le.INT, startAt + 4L * entry, result, 0, result.length);
        long next = start(entry + result.length);
        for (int i = result.length - 1; i >= 0; i--) {
            long start = Integer.toUnsignedLong(result[i]);
            if (start > next || next > textLength) {
                throw damaged("entry " + (entry + i) + " does not lie in the text");
            }
            if (start == next) {
                result[i] = -1;
            }
            next = start;
        }
        return result;
    }

    /** The entry of the function that contains the text offset, or -1 if it lies in padding or outside. */
    public int entryAt(long offset) {
        if (entries == 0 || offset < start(0) || offset >= textLength) {
            return -1;
        }
        long piece = offset >>> shift;
        int lo = piece(piece);
        int hi = piece(piece + 1);
        if (lo < 0 || hi < lo || hi >= entries) {
            throw damaged("piece " + piece + " of the text");
        }
        while (lo < hi) {
            int mid = lo + hi + 1 >>> 1;
            if (start(mid) <= offset) {
                lo = mid;
            } else {
                hi = mid - 1;
            }
        }
        if (start(lo) > offset || start(lo + 1) <= offset) {
            throw damaged("entry " + lo + " is not where its piece of the text says");
        }
        return offset < end(lo) ? lo : -1;
    }

    /** Text offset of the first byte of an entry. */
    public long start(int entry) {
        return Le.u32(bytes, startAt + 4L * entry);
    }

    /**
     * Text offset after the last byte of an entry, padding not counted.
     *
     * @throws ArtifactException if the entry does not lie in the text
     */
    public long end(int entry) {
        long gap = Le.u8(bytes, gapAt + entry);
        long next = start(entry + 1);
        long end = next - (gap == WIDE ? wideGap(entry) : gap);
        if (end < start(entry) || next > textLength) {
            throw damaged("entry " + entry + " does not lie in the text");
        }
        return end;
    }

    /** Bytes of code; 0 for an empty entry. */
    public long length(int entry) {
        return end(entry) - start(entry);
    }

    /** The raw key of an entry, see {@link FuncKey#ofRaw}. */
    public long key(int entry) {
        Objects.checkIndex(entry, entries);
        int lo = 0;
        int hi = namespaces - 1;
        while (lo < hi) {
            int mid = lo + hi + 1 >>> 1;
            if (first(mid) <= entry) {
                lo = mid;
            } else {
                hi = mid - 1;
            }
        }
        long place = base(lo) + (entry - first(lo));
        long index = dense(lo) ? place : sparseIndex(place);
        return Le.u32(bytes, namespaceAt + 4L * lo) << 32 | index;
    }

    /** How many namespaces have entries. */
    public int namespaces() {
        return namespaces;
    }

    private int findNamespace(int namespace) {
        int lo = 0;
        int hi = namespaces - 1;
        while (lo <= hi) {
            int mid = lo + hi >>> 1;
            int c = Integer.compareUnsigned(Le.i32(bytes, namespaceAt + 4L * mid), namespace);
            if (c == 0) {
                return mid;
            }
            if (c < 0) {
                lo = mid + 1;
            } else {
                hi = mid - 1;
            }
        }
        return -1;
    }

    private long wideGap(int entry) {
        if (wideGaps == 0) {
            throw damaged("wide gap of entry " + entry + " is missing");
        }
        int lo = 0;
        int hi = wideGaps - 1;
        while (lo < hi) {
            int mid = lo + hi + 1 >>> 1;
            if (Le.u32(bytes, wideEntryAt + 4L * mid) <= entry) {
                lo = mid;
            } else {
                hi = mid - 1;
            }
        }
        return Le.u32(bytes, wideGapAt + 4L * lo);
    }

    private long first(int namespace) {
        return Le.u32(bytes, firstAt + 4L * namespace);
    }

    private long base(int namespace) {
        return Le.u32(bytes, baseAt + 4L * namespace);
    }

    private boolean dense(int namespace) {
        return Le.i32(bytes, denseAt + 4L * namespace) == 1;
    }

    private int piece(long piece) {
        return Le.i32(bytes, pieceAt + 4 * piece);
    }

    private long sparseIndex(long place) {
        return Le.u32(bytes, indexAt + 4 * place);
    }
}
