package kiln.artifact;

import java.lang.foreign.MemorySegment;

/**
 * Which byte of the wasm file code comes from, read in place. Blocks of {@link #BLOCK} positions; the first position of
 * a block is in the block's columns (text offset, wasm offset), each further one is two differences to the one before:
 *
 * <pre>
 *   1tttt www                    text difference t + 1 (1..16), wasm difference w (0..7)
 *   0 0 tttttt, zigzag wasm      text difference t (0..63)
 *   0 1 tttttt, varint, zigzag   text difference t | varint << 6
 * </pre>
 */
public final class OffsetTable {
    static final String SECTION = ".kiln.offsets";
    static final int BLOCK = 32;

    private final BlockTable blocks;
    private final long positions;

    OffsetTable(MemorySegment bytes) {
        blocks = new BlockTable(SECTION, bytes, 2, BLOCK);
        positions = Le.u32(bytes, 0);
    }

    /** Number of positions. */
    public long positions() {
        return positions;
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
        BlockTable.Cursor in = blocks.cursor(block);
        long text = blocks.first(block);
        long wasm = blocks.column(1, block);
        while (in.hasNext()) {
            int b = in.u8();
            long nextText = text + textDelta(b, in);
            if (nextText > offset) {
                break;
            }
            wasm += wasmDelta(b, in);
            text = nextText;
        }
        return text < functionStart ? -1 : (int) wasm;
    }

    private static long textDelta(int b, BlockTable.Cursor in) {
        if (b >= 0x80) {
            return (b >> 3 & 15) + 1;
        }
        return b < 0x40 ? b : b & 0x3f | in.varint() << 6;
    }

    private static long wasmDelta(int b, BlockTable.Cursor in) {
        return b >= 0x80 ? b & 7 : in.zigzag();
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
        if (state[1] != positions) {
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
            BlockTable.Cursor in = blocks.cursor(block);
            long text = blocks.first(block);
            long wasm = blocks.column(1, block);
            visitor.position(text, (int) wasm);
            while (in.hasNext()) {
                int b = in.u8();
                text += textDelta(b, in);
                wasm += wasmDelta(b, in);
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
                long t = text - lastText;
                long w = wasm - lastWasm;
                if (t <= 16 && w >= 0 && w < 8) {
                    blocks.body.u8((int) (0x80 | t - 1 << 3 | w));
                } else {
                    if (t < 0x40) {
                        blocks.body.u8((int) t);
                    } else {
                        blocks.body.u8((int) (0x40 | t & 0x3f)).varint(t >>> 6);
                    }
                    blocks.body.varint(w << 1 ^ w >> 63);
                }
            }
            lastText = text;
            lastWasm = wasm;
        }

        ByteSink build() {
            return blocks.build();
        }
    }
}
