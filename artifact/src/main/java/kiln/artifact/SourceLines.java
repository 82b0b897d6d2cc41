package kiln.artifact;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import kiln.artifact.api.ArtifactException;

/**
 * From which lines of which source files modules come, by offsets in their wasm files. For each module a list of file
 * names and rows in ascending order; a row is three numbers (LEB128): distance from the row before, file (0 for none,
 * else its number from 1), difference of lines (signed). Decoded as a whole when it is first asked.
 */
public final class SourceLines {
    static final String SECTION = ".kiln.lines";

    /** A place in a source file; lines count from 1. */
    public record Line(String file, int line) {}

    private record Module(List<String> files, int[] offsets, int[] fileNumbers, int[] lines) {}

    private final List<Module> modules;

    SourceLines(MemorySegment bytes) {
        Reader in = new Reader(bytes);
        List<Module> all = new ArrayList<>();
        for (int left = in.count(1); left > 0; left--) {
            all.add(module(in));
        }
        if (in.at != bytes.byteSize()) {
            throw damaged();
        }
        modules = all;
    }

    private static Module module(Reader in) {
        List<String> files = new ArrayList<>();
        for (int left = in.count(1); left > 0; left--) {
            files.add(in.string());
        }
        int rows = in.count(3);
        int[] offsets = new int[rows];
        int[] numbers = new int[rows];
        int[] lines = new int[rows];
        long offset = 0;
        long line = 0;
        for (int i = 0; i < rows; i++) {
            offset += in.unsigned();
            numbers[i] = (int) in.unsigned();
            line += in.signed();
            if (offset < 0 || offset > Integer.MAX_VALUE || numbers[i] < 0 || numbers[i] > files.size()) {
                throw damaged();
            }
            offsets[i] = (int) offset;
            lines[i] = (int) line;
        }
        return new Module(files, offsets, numbers, lines);
    }

    private static ArtifactException damaged() {
        return new ArtifactException("damaged file: " + SECTION);
    }

    /** Where the code at an offset of a module's wasm file comes from, or null if it is not known. */
    public Line find(int module, int wasmOffset) {
        if (module >= modules.size() || wasmOffset < 0) {
            return null;
        }
        Module m = modules.get(module);
        int at = Arrays.binarySearch(m.offsets, wasmOffset);
        int row = at >= 0 ? at : -at - 2;
        return row < 0 || m.fileNumbers[row] == 0 || m.lines[row] <= 0
                ? null
                : new Line(m.files.get(m.fileNumbers[row] - 1), m.lines[row]);
    }

    private static final class Reader {
        private final MemorySegment bytes;
        private long at;

        Reader(MemorySegment bytes) {
            this.bytes = bytes;
        }

        private byte next() {
            if (at >= bytes.byteSize()) {
                throw damaged();
            }
            return bytes.get(ValueLayout.JAVA_BYTE, at++);
        }

        long unsigned() {
            long value = 0;
            for (int shift = 0; shift < 35; shift += 7) {
                byte b = next();
                value |= (long) (b & 0x7f) << shift;
                if (b >= 0) {
                    return value;
                }
            }
            throw damaged();
        }

        long signed() {
            long zigzag = unsigned();
            return zigzag >>> 1 ^ -(zigzag & 1);
        }

        /** A number of items of at least so many bytes each. */
        int count(int itemBytes) {
            long n = unsigned();
            if (n > (bytes.byteSize() - at) / itemBytes) {
                throw damaged();
            }
            return (int) n;
        }

        String string() {
            byte[] text = new byte[count(1)];
            for (int i = 0; i < text.length; i++) {
                text[i] = next();
            }
            return new String(text, StandardCharsets.UTF_8);
        }
    }

    /** Collects the rows of one module, in any order. */
    public static final class Builder {
        private record Row(String file, int line) {}

        private final TreeMap<Integer, Row> rows = new TreeMap<>();

        /**
         * Says where code from an offset on comes from; what a line is known of goes before what is not.
         *
         * @param file null if nothing is known
         * @param line from 1; 0 for none
         */
        public void add(int wasmOffset, String file, int line) {
            if (file != null) {
                rows.put(wasmOffset, new Row(file, line));
            } else {
                rows.putIfAbsent(wasmOffset, new Row("", 0));
            }
        }

        /** Whether nothing was added. */
        public boolean isEmpty() {
            return rows.isEmpty();
        }

        private void encode(ByteSink out) {
            Map<String, Integer> files = new LinkedHashMap<>();
            for (Row r : rows.values()) {
                if (!r.file.isEmpty()) {
                    files.putIfAbsent(r.file, files.size() + 1);
                }
            }
            out.varint(files.size());
            for (String file : files.keySet()) {
                byte[] text = file.getBytes(StandardCharsets.UTF_8);
                out.varint(text.length);
                out.bytes(text);
            }
            List<int[]> kept = new ArrayList<>();
            int lastFile = 0;
            int lastLine = 0;
            for (Map.Entry<Integer, Row> e : rows.entrySet()) {
                Row r = e.getValue();
                int file = r.file.isEmpty() || r.line == 0 ? 0 : files.get(r.file);
                int line = file == 0 ? lastLine : r.line;
                if (file != lastFile || line != lastLine) {
                    kept.add(new int[] {e.getKey(), file, line});
                    lastFile = file;
                    lastLine = line;
                }
            }
            out.varint(kept.size());
            int offset = 0;
            int line = 0;
            for (int[] row : kept) {
                out.varint(row[0] - offset);
                out.varint(row[1]);
                long difference = (long) row[2] - line;
                out.varint(difference << 1 ^ difference >> 63);
                offset = row[0];
                line = row[2];
            }
        }
    }

    /** @param modules null for one of which nothing is known */
    static ByteSink encode(List<Builder> modules) {
        ByteSink out = new ByteSink();
        out.varint(modules.size());
        for (Builder b : modules) {
            (b == null ? new Builder() : b).encode(out);
        }
        return out;
    }
}
