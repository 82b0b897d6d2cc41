package kiln.artifact;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import kiln.artifact.api.ArtifactException;

/**
 * Where frames hold references while they are suspended in a call, read in place: what the collector asks for each
 * return address on the stack. A map is a set of words of the frame; word {@code w} lies {@code 8 * (w + 1)} bytes
 * below the frame base. Many calls share a map; calls over which no reference is live have none.
 *
 * <pre>
 *   0  bytes of sites u32, a multiple of 4
 *   sites  {@link BlockTable}: text offset of the return address; then for each: map varint
 *            further ones of a block: text difference varint in front of that
 *   maps   {@link BlockTable}: number; then for each: bytes varint, and that many with a bit for each word, lowest
 *            first
 * </pre>
 */
public final class StackMaps {
    static final String SECTION = ".kiln.stackmaps";
    private static final int BLOCK = 32;
    /** No frame is larger: 16 MiB. */
    private static final int MAX_MAP_BYTES = 1 << 18;

    private static final int[] NONE = {};

    private final MemorySegment bytes;
    private final BlockTable sites;
    private final BlockTable maps;

    StackMaps(MemorySegment bytes) {
        this.bytes = bytes;
        long size = bytes.byteSize() < 4 ? -1 : Le.u32(bytes, 0);
        if (size < 0 || size % 4 != 0 || size > bytes.byteSize() - 4) {
            throw new ArtifactException("damaged file: " + SECTION + ": size of sites");
        }
        sites = new BlockTable(SECTION, bytes.asSlice(4, size), 1, BLOCK, 3);
        maps = new BlockTable(SECTION, bytes.asSlice(4 + size), 1, BLOCK, 0);
    }

    TableLayout layout() {
        TableLayout layout = new TableLayout();
        layout.add("bytes of sites", 4, 1);
        layout.add(sites.layout());
        layout.add(maps.layout());
        return layout;
    }

    /** Number of calls over which references are live. */
    public long sites() {
        return sites.items();
    }

    /** Number of different maps. */
    public long maps() {
        return maps.items();
    }

    /** Bytes of the section. */
    public long byteSize() {
        return bytes.byteSize();
    }

    /**
     * The words of a frame that hold references while it waits for the call with this return address, ascending; none
     * if there is no such call. The array is the caller's.
     *
     * @param returnAddress as text offset
     * @throws ArtifactException if the file is damaged
     */
    public int[] find(long returnAddress) {
        int block = sites.floor(returnAddress);
        if (block < 0) {
            return NONE;
        }
        BlockTable.Cursor in = sites.cursor(block);
        long site = sites.first(block);
        for (int left = sites.items(block); ; ) {
            long map = in.varint();
            if (site == returnAddress) {
                return map(map);
            }
            if (--left == 0) {
                return NONE;
            }
            site += in.varint();
            if (site > returnAddress) {
                return NONE;
            }
        }
    }

    private int[] map(long number) {
        int block = number < 0 || number >= maps.items() ? -1 : maps.floor(number);
        if (block < 0) {
            throw new ArtifactException("damaged file: " + SECTION + ": no map " + number);
        }
        BlockTable.Cursor in = maps.cursor(block);
        for (long i = maps.first(block); i < number; i++) {
            for (long n = length(in); n > 0; n--) {
                in.u8();
            }
        }
        int[] words = new int[8];
        int count = 0;
        int length = length(in);
        for (int i = 0; i < length; i++) {
            for (int bits = in.u8(); bits != 0; bits &= bits - 1) {
                if (count == words.length) {
                    words = Arrays.copyOf(words, 2 * count);
                }
                words[count++] = 8 * i + Integer.numberOfTrailingZeros(bits);
            }
        }
        return Arrays.copyOf(words, count);
    }

    private static int length(BlockTable.Cursor in) {
        long n = in.varint();
        if (n < 0 || n > MAX_MAP_BYTES) {
            throw new ArtifactException("damaged file: " + SECTION + ": size of a map");
        }
        return (int) n;
    }

    /** Receives the calls over which references are live. */
    @FunctionalInterface
    public interface Visitor {
        void site(long returnAddress, int[] words);
    }

    /** Decodes the whole table, in order of text offset. */
    public void forEach(Visitor visitor) {
        for (int block = 0; block < sites.count(); block++) {
            BlockTable.Cursor in = sites.cursor(block);
            long site = sites.first(block);
            for (int left = sites.items(block); left > 0; left--) {
                visitor.site(site, map(in.varint()));
                if (left > 1) {
                    site += in.varint();
                }
            }
        }
    }

    /**
     * Decodes everything and checks that sites are in order.
     *
     * @throws ArtifactException if not
     */
    void check() {
        sites.check();
        maps.check();
        long[] last = {-1};
        forEach((site, words) -> {
            if (site <= last[0] || words.length == 0) {
                throw new ArtifactException("damaged file: " + SECTION + ": site at " + site);
            }
            last[0] = site;
        });
        for (long i = 0; i < maps.items(); i++) {
            map(i);
        }
    }

    /** Collects calls in ascending order. */
    static final class Builder {
        private final BlockTable.Builder sites = new BlockTable.Builder(1, BLOCK);
        private final BlockTable.Builder maps = new BlockTable.Builder(1, BLOCK);
        private final Map<Words, Integer> numbers = new HashMap<>();
        private long last = -1;

        /**
         * Adds a call.
         *
         * @param words ascending, at least one
         * @throws IllegalArgumentException if the address is not above the one before
         */
        void add(long returnAddress, int[] words) {
            if (returnAddress <= last || returnAddress > 0xffff_ffffL) {
                throw new IllegalArgumentException("stack maps not in order at " + returnAddress);
            }
            Words key = new Words(words);
            Integer number = numbers.get(key);
            if (number == null) {
                number = numbers.size();
                numbers.put(key, number);
                addMap(number, words);
            }
            if (!sites.next((int) returnAddress)) {
                sites.body.varint(returnAddress - last);
            }
            sites.body.varint(number);
            last = returnAddress;
        }

        private void addMap(int number, int[] words) {
            byte[] bits = new byte[words[words.length - 1] / 8 + 1];
            if (bits.length > MAX_MAP_BYTES) {
                throw new IllegalArgumentException("frame of " + 64L * bits.length + " bytes");
            }
            for (int w : words) {
                bits[w / 8] |= (byte) (1 << w % 8);
            }
            maps.next(number);
            maps.body.varint(bits.length).bytes(bits);
        }

        boolean isEmpty() {
            return last < 0;
        }

        ByteSink build() {
            byte[] first = sites.build().toArray();
            int padded = first.length + 3 & -4;
            return new ByteSink()
                    .u32(padded)
                    .bytes(Arrays.copyOf(first, padded))
                    .bytes(maps.build().toArray());
        }

        /** An array by its contents. */
        private static final class Words {
            private final int[] words;

            Words(int[] words) {
                this.words = words;
            }

            @Override
            public boolean equals(Object o) {
                return o instanceof Words w && Arrays.equals(words, w.words);
            }

            @Override
            public int hashCode() {
                return Arrays.hashCode(words);
            }
        }
    }
}
