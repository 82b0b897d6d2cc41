package kiln.artifact;

import java.lang.foreign.MemorySegment;
import kiln.artifact.api.ArtifactException;

/**
 * Which byte of the wasm file instructions that trap or call come from, read in place. Blocks of {@link #BLOCK}
 * positions; the first position of a block is in the block's columns (text offset, wasm offset), each further one is a
 * sequence of bits: the text offset in units of {@link #UNIT} bytes, less the one before in such units, as an
 * exponential Golomb code ({@link BlockTable.Builder#expGolomb}); if that is 0, their distance in bytes, less one,
 * likewise; then the difference of the wasm offsets, the sign in its lowest bit, likewise.
 *
 * <p>Nearly all positions are multiples of the unit, since their maker may choose them between two instructions.
 */
public final class OffsetTable {
    static final String SECTION = ".kiln.offsets";
    static final int BLOCK = 64;
    private static final int UNIT_BITS = 2;
    private static final int UNIT = 1 << UNIT_BITS;
    /** Measured on large programs: positions are some 16 bytes of text and eight of wasm apart. */
    private static final int TEXT_ORDER = 2;

    private static final int WASM_ORDER = 4;

    private final BlockTable blocks;

    OffsetTable(MemorySegment bytes) {
        blocks = new BlockTable(SECTION, bytes, 2, BLOCK);
    }

    TableLayout layout() {
        return blocks.layout();
    }

    /** Number of positions. */
    public long positions() {
        return blocks.items();
    }

    /**
     * Byte offset in the wasm file of the code at text offset {@code offset}, or -1 if it is not known.
     *
     * @param functionStart text offset of the function that contains it: positions of earlier functions do not count
     */
    public int find(long offset, long functionStart) {
        int block = blocks.floor(offset);
        if (block < 0) {
            return -1;
        }
        long bit = blocks.firstBit(block);
        long text = blocks.first(block);
        long wasm = blocks.column(1, block);
        for (int left = blocks.items(block); left > 1; left--) {
            long units = blocks.expGolomb(bit, TEXT_ORDER);
            bit += BlockTable.expGolombLength(units, TEXT_ORDER);
            long next = (text & -UNIT) + (units << UNIT_BITS);
            if (units == 0) {
                long distance = blocks.expGolomb(bit, TEXT_ORDER);
                bit += BlockTable.expGolombLength(distance, TEXT_ORDER);
                next = text + 1 + distance;
            }
            if (next > offset) {
                break;
            }
            long difference = blocks.expGolomb(bit, WASM_ORDER);
            bit += BlockTable.expGolombLength(difference, WASM_ORDER);
            wasm += BlockTable.signed(difference);
            text = next;
        }
        blocks.requireWithin(bit, block);
        return text < functionStart ? -1 : (int) wasm;
    }

    /**
     * Decodes the whole table and checks that the positions are in order and as many as announced.
     *
     * @throws ArtifactException if not
     */
    void check() {
        blocks.check();
        long[] state = {-1, 0};
        forEach((offset, wasm) -> {
            if (offset <= state[0]) {
                throw new ArtifactException("damaged file: " + SECTION + ": positions out of order at " + offset);
            }
            state[0] = offset;
            state[1]++;
        });
        if (state[1] != positions()) {
            throw new ArtifactException("damaged file: " + SECTION + ": number of positions");
        }
    }

    /** Receives positions. */
    @FunctionalInterface
    public interface Visitor {
        void position(long textOffset, int wasmOffset);
    }

    /** Decodes the whole table, in order of text offset. */
    public void forEach(Visitor visitor) {
        for (int block = 0; block < blocks.count(); block++) {
            long bit = blocks.firstBit(block);
            long text = blocks.first(block);
            long wasm = blocks.column(1, block);
            visitor.position(text, (int) wasm);
            for (int left = blocks.items(block); left > 1; left--) {
                long units = blocks.expGolomb(bit, TEXT_ORDER);
                bit += BlockTable.expGolombLength(units, TEXT_ORDER);
                if (units == 0) {
                    long distance = blocks.expGolomb(bit, TEXT_ORDER);
                    bit += BlockTable.expGolombLength(distance, TEXT_ORDER);
                    text += 1 + distance;
                } else {
                    text = (text & -UNIT) + (units << UNIT_BITS);
                }
                long difference = blocks.expGolomb(bit, WASM_ORDER);
                bit += BlockTable.expGolombLength(difference, WASM_ORDER);
                blocks.requireWithin(bit, block);
                wasm += BlockTable.signed(difference);
                visitor.position(text, (int) wasm);
            }
        }
    }

    /** Collects positions in ascending order. */
    static final class Builder {
        private final BlockTable.Builder blocks = new BlockTable.Builder(2, BLOCK);
        private long lastText = -1;
        private long lastWasm;

        /**
         * @throws IllegalArgumentException if the text offset is not greater than the one before
         */
        void add(long text, int wasm) {
            if (text <= lastText || text > 0xffff_ffffL) {
                throw new IllegalArgumentException("positions not in order at " + text);
            }
            if (!blocks.next((int) text, wasm)) {
                long units = (text >> UNIT_BITS) - (lastText >> UNIT_BITS);
                if (units > 0 && text % UNIT == 0) {
                    blocks.expGolomb(units, TEXT_ORDER);
                } else {
                    blocks.expGolomb(0, TEXT_ORDER);
                    blocks.expGolomb(text - lastText - 1, TEXT_ORDER);
                }
                blocks.expGolomb(BlockTable.Builder.zigzag(wasm - lastWasm), WASM_ORDER);
            }
            lastText = text;
            lastWasm = wasm;
        }

        ByteSink build() {
            return blocks.build();
        }
    }
}
