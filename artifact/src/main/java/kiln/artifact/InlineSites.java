package kiln.artifact;

import java.lang.foreign.MemorySegment;
import kiln.artifact.api.ArtifactException;

/**
 * Which code was copied from other functions, read in place. A site is one call that was replaced by a copy of its
 * callee. Backtraces show the callee of the innermost site at the offset that {@link OffsetTable} gives, then for each
 * site outwards the place of the call.
 *
 * <pre>
 *   0  bytes of runs u32, a multiple of 4
 *   runs   {@link BlockTable}: text offset, site + 1 or 0; code from there on belongs to that site
 *            further ones of a block: text difference varint, site difference zigzag
 *   sites  {@link BlockTable}: number; then for each:
 *            namespace varint, index varint (as in {@link FuncKey}), wasm offset of the call zigzag,
 *            distance to the site around or 0 varint
 * </pre>
 */
public final class InlineSites {
    static final String SECTION = ".kiln.inlines";
    private static final int BLOCK = 32;

    private final BlockTable runs;
    private final BlockTable sites;
    private final long siteCount;

    InlineSites(MemorySegment bytes) {
        long size = bytes.byteSize() < 4 ? -1 : Le.u32(bytes, 0);
        if (size < 0 || size % 4 != 0 || size > bytes.byteSize() - 4) {
            throw new ArtifactException("damaged file: " + SECTION + ": size of runs");
        }
        runs = new BlockTable(SECTION, bytes.asSlice(4, size), 2, BLOCK, 3);
        MemorySegment rest = bytes.asSlice(4 + size);
        sites = new BlockTable(SECTION, rest, 1, BLOCK, 0);
        siteCount = Le.u32(rest, 0);
    }

    /**
     * A call that was replaced.
     *
     * @param callee the function whose code stands there
     * @param wasmOffset of the call, in the wasm file of the function that it stood in
     * @param around number of the site that the call itself belongs to, or -1
     */
    public record Site(FuncKey callee, int wasmOffset, int around) {}

    TableLayout layout() {
        TableLayout layout = new TableLayout();
        layout.add("bytes of runs", 4, 1);
        layout.add(runs.layout());
        layout.add(sites.layout());
        return layout;
    }

    /** Number of sites. */
    public long count() {
        return siteCount;
    }

    /** Number of the innermost site that the code at a text offset belongs to, or -1. */
    public int find(long offset) {
        int block = runs.floor(offset);
        if (block < 0) {
            return -1;
        }
        BlockTable.Cursor in = runs.cursor(block);
        long text = runs.first(block);
        long site = runs.column(1, block);
        while (in.hasNext()) {
            text += in.varint();
            if (text > offset) {
                break;
            }
            site += in.zigzag();
        }
        return (int) site - 1;
    }

    /** @throws ArtifactException if there is no such site, or the file is damaged */
    public Site site(int number) {
        int block = number < 0 || number >= siteCount ? -1 : sites.floor(number);
        if (block < 0) {
            throw new ArtifactException("damaged file: " + SECTION + ": no site " + number);
        }
        BlockTable.Cursor in = sites.cursor(block);
        for (long i = sites.first(block); ; i++) {
            long namespace = in.varint();
            long index = in.varint();
            long wasmOffset = in.zigzag();
            long distance = in.varint();
            if (i == number) {
                if (distance < 0 || distance > number || !isCopied(namespace)) {
                    throw new ArtifactException("damaged file: " + SECTION + ": site " + number);
                }
                int around = distance == 0 ? -1 : (int) (number - distance);
                return new Site(new FuncKey((int) namespace, (int) index), (int) wasmOffset, around);
            }
        }
    }

    /** Functions of modules are copied, and those of components. */
    private static boolean isCopied(long namespace) {
        long kind = namespace >> FuncKey.PAYLOAD_BITS;
        return kind == FuncKey.Kind.WASM_FUNCTION.ordinal()
                || kind >= FuncKey.Kind.COMPONENT_ADAPTER.ordinal()
                        && kind <= FuncKey.Kind.COMPONENT_TRAMPOLINE.ordinal();
    }

    /** Decodes everything. */
    void check() {
        runs.check();
        sites.check();
        for (int block = 0; block < runs.count(); block++) {
            BlockTable.Cursor in = runs.cursor(block);
            long site = runs.column(1, block);
            while (true) {
                if (site < 0 || site > siteCount) {
                    throw new ArtifactException("damaged file: " + SECTION + ": no site " + (site - 1));
                }
                if (!in.hasNext()) {
                    break;
                }
                in.varint();
                site += in.zigzag();
            }
        }
        for (int i = 0; i < siteCount; i++) {
            site(i);
        }
    }

    /** Collects sites and runs in ascending order. */
    static final class Builder {
        private final BlockTable.Builder runs = new BlockTable.Builder(2, BLOCK);
        private final BlockTable.Builder sites = new BlockTable.Builder(1, BLOCK);
        private int siteCount;
        private long lastText;
        private int lastSite = -1;

        int addSite(FuncKey callee, int wasmOffset, int around) {
            if (around >= siteCount) {
                throw new IllegalArgumentException("no site " + around);
            }
            int number = siteCount++;
            sites.next(number);
            sites.body
                    .varint(Integer.toUnsignedLong(callee.namespace()))
                    .varint(callee.index())
                    .zigzag(wasmOffset)
                    .varint(around < 0 ? 0 : number - around);
            return number;
        }

        /** Code from {@code text} on belongs to {@code site}, or to none if that is -1. */
        void add(long text, int site) {
            if (site == lastSite) {
                return;
            }
            if (!runs.next((int) text, site + 1)) {
                runs.body.varint(text - lastText).zigzag(site - lastSite);
            }
            lastText = text;
            lastSite = site;
        }

        boolean isEmpty() {
            return siteCount == 0;
        }

        ByteSink build() {
            ByteSink first = runs.build();
            while (first.size() % 4 != 0) {
                first.u8(0);
            }
            return new ByteSink()
                    .u32(first.size())
                    .bytes(first.toArray())
                    .bytes(sites.build().toArray());
        }
    }
}
