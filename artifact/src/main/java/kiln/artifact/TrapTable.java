package kiln.artifact;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import kiln.artifact.api.ArtifactException;
import kiln.artifact.api.TrapCode;

/**
 * Trap sites by text offset, read in place. Blocks of {@link #BLOCK} sites, a sequence of bits for each site: the
 * distance to the site before in units, less one, as an exponential Golomb code ({@link BlockTable.Builder#expGolomb};
 * not for the first of a block), and one bit, or one bit and five: 0 for an access out of bounds, which most sites are
 * about, or 1 and the code.
 *
 * <pre>
 *   0  unit u32: text offsets of sites are multiples of 1 &lt;&lt; unit
 *   4  {@link BlockTable}: text offset of the block's first site
 * </pre>
 */
public final class TrapTable {
    static final String SECTION = ".kiln.traps";
    static final int BLOCK = 64;
    static final int CODE_BITS = 5;
    private static final int HEADER_BYTES = 4;
    /** Measured on large programs: sites are some eight bytes apart. */
    private static final int ORDER = 3;

    private static final int COMMON = TrapCode.MEMORY_OUT_OF_BOUNDS.ordinal();

    private final MemorySegment bytes;
    private final int unit;
    private final BlockTable blocks;

    TrapTable(MemorySegment bytes) {
        this.bytes = bytes;
        unit = bytes.byteSize() < HEADER_BYTES ? -1 : Le.i32(bytes, 0);
        if (unit < 0 || unit > ORDER) {
            throw new ArtifactException("damaged file: " + SECTION + ": unit");
        }
        blocks = new BlockTable(SECTION, bytes.asSlice(HEADER_BYTES), 1, BLOCK);
    }

    TableLayout layout() {
        TableLayout layout = new TableLayout();
        layout.add("unit", 4, 1);
        layout.add(blocks.layout());
        return layout;
    }

    /** Number of trap sites. */
    public long sites() {
        return blocks.items();
    }

    /** Ordinal of the {@link TrapCode} of the site at exactly this text offset, or -1. */
    public int find(long offset) {
        int block = blocks.floor(offset);
        if (block < 0) {
            return -1;
        }
        long bit = blocks.firstBit(block);
        long site = blocks.first(block);
        for (int left = blocks.items(block); site <= offset; ) {
            int code = code(bit);
            if (site == offset) {
                blocks.requireWithin(bit + codeBits(code), block);
                return code;
            }
            if (--left == 0) {
                break;
            }
            bit += codeBits(code);
            long distance = blocks.expGolomb(bit, ORDER - unit);
            bit += BlockTable.expGolombLength(distance, ORDER - unit);
            site += distance + 1 << unit;
        }
        return -1;
    }

    private int code(long bit) {
        return blocks.bits(bit, 1) == 0 ? COMMON : (int) blocks.bits(bit + 1, CODE_BITS);
    }

    private static int codeBits(int code) {
        return code == COMMON ? 1 : 1 + CODE_BITS;
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
        if (state[1] != sites()) {
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
            long bit = blocks.firstBit(block);
            long site = blocks.first(block);
            for (int left = blocks.items(block); left > 0; left--) {
                int code = code(bit);
                bit += codeBits(code);
                blocks.requireWithin(bit, block);
                visitor.site(site, code);
                if (left > 1) {
                    long distance = blocks.expGolomb(bit, ORDER - unit);
                    bit += BlockTable.expGolombLength(distance, ORDER - unit);
                    site += distance + 1 << unit;
                }
            }
        }
    }

    /** Bytes of the section. */
    public long byteSize() {
        return bytes.byteSize();
    }

    /** Collects sites in ascending order. */
    static final class Builder {
        private long[] sites = new long[64];
        private int count;
        private int bits = 1 << ORDER;

        /**
         * @throws IllegalArgumentException if the offset is not greater than the one before
         */
        void add(long offset, int code) {
            if (count > 0 && offset <= sites[count - 1] >>> CODE_BITS || offset > 0xffff_ffffL) {
                throw new IllegalArgumentException("trap sites not in order at " + offset);
            }
            if (code >>> CODE_BITS != 0) {
                throw new IllegalArgumentException("trap code does not fit: " + code);
            }
            if (count == sites.length) {
                sites = Arrays.copyOf(sites, 2 * count);
            }
            sites[count++] = offset << CODE_BITS | code;
            bits |= (int) offset;
        }

        ByteSink build() {
            int unit = Integer.numberOfTrailingZeros(bits);
            BlockTable.Builder blocks = new BlockTable.Builder(1, BLOCK);
            for (int i = 0; i < count; i++) {
                long offset = sites[i] >>> CODE_BITS;
                int code = (int) sites[i] & (1 << CODE_BITS) - 1;
                if (!blocks.next((int) offset)) {
                    blocks.expGolomb((offset - (sites[i - 1] >>> CODE_BITS) >> unit) - 1, ORDER - unit);
                }
                if (code == COMMON) {
                    blocks.bits(0, 1);
                } else {
                    blocks.bits(1 | code << 1, 1 + CODE_BITS);
                }
            }
            return new ByteSink().u32(unit).bytes(blocks.build().toArray());
        }
    }
}
