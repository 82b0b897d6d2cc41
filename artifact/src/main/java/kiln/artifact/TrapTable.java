package kiln.artifact;

import java.lang.foreign.MemorySegment;

/**
 * Trap sites by text offset, read in place. Blocks of {@link #BLOCK} sites, each site a variable-length integer
 * {@code distance to the site before << 5 | code}; mostly two bytes a site.
 *
 * <pre>
 *   0  sites u32, blocks B u32
 *      offset u32[B]    text offset of the block's first site, whose distance is 0
 *      at     u32[B+1]  where the block's bytes start, from the end of this array
 *      bytes
 * </pre>
 */
public final class TrapTable {
    static final String SECTION = ".kiln.traps";
    static final int BLOCK = 32;
    static final int CODE_BITS = 5;
    private static final int HEADER_BYTES = 8;

    private final MemorySegment bytes;
    private final long sites;
    private final BlockTable blocks;

    TrapTable(MemorySegment bytes) {
        this.bytes = bytes;
        sites = bytes.byteSize() < HEADER_BYTES ? 0 : Le.u32(bytes, 0);
        blocks = new BlockTable(SECTION, bytes, 1, BLOCK);
    }

    /** Number of trap sites. */
    public long sites() {
        return sites;
    }

    /** Ordinal of the {@link TrapCode} of the site at exactly this text offset, or -1. */
    public int find(long offset) {
        int block = blocks.floor(offset);
        if (block < 0) {
            return -1;
        }
        BlockTable.Cursor in = blocks.cursor(block);
        long site = blocks.first(block);
        while (in.hasNext()) {
            long word = in.varint();
            site += word >>> CODE_BITS;
            if (site >= offset) {
                return site == offset ? (int) word & (1 << CODE_BITS) - 1 : -1;
            }
        }
        return -1;
    }

    /**
     * Decodes the whole table and checks that the sites are in order and as many as announced.
     *
     * @throws ArtifactException if not
     */
    void check() {
        blocks.check();
        long[] state = {-1, 0};
        forEach((offset, code) -> {
            if (offset <= state[0]) {
                throw new ArtifactException("damaged file: " + SECTION + ": sites out of order at " + offset);
            }
            state[0] = offset;
            state[1]++;
        });
        if (state[1] != sites) {
            throw new ArtifactException("damaged file: " + SECTION + ": number of sites");
        }
    }

    /** Receives trap sites. */
    @FunctionalInterface
    public interface Visitor {
        void site(long offset, int code);
    }

    /** Decodes the whole table, in order of offset. */
    public void forEach(Visitor visitor) {
        for (int block = 0; block < blocks.count(); block++) {
            BlockTable.Cursor in = blocks.cursor(block);
            long site = blocks.first(block);
            while (in.hasNext()) {
                long word = in.varint();
                site += word >>> CODE_BITS;
                visitor.site(site, (int) word & (1 << CODE_BITS) - 1);
            }
        }
    }

    /** Bytes of the section. */
    public long byteSize() {
        return bytes.byteSize();
    }

    /** Collects sites in ascending order. */
    static final class Builder {
        private final BlockTable.Builder blocks = new BlockTable.Builder(1, BLOCK);
        private long last = -1;

        /**
         * @throws IllegalArgumentException if the offset is not greater than the one before
         */
        void add(long offset, int code) {
            if (offset <= last || offset > 0xffff_ffffL) {
                throw new IllegalArgumentException("trap sites not in order at " + offset);
            }
            if (code >>> CODE_BITS != 0) {
                throw new IllegalArgumentException("trap code does not fit: " + code);
            }
            long distance = blocks.next((int) offset) ? 0 : offset - last;
            blocks.body.varint(distance << CODE_BITS | code);
            last = offset;
        }

        ByteSink build() {
            return blocks.build();
        }
    }
}
