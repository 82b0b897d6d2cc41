package kiln.tests.faults;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A binary module taken apart into sections, to be changed and put together again. Only the outermost form must be
 * right.
 */
final class WasmFile {
    static final int TYPE = 1;
    static final int FUNCTION = 3;
    static final int EXPORT = 7;
    static final int CODE = 10;

    private static final int HEADER = 8;

    record Section(int id, byte[] content) {}

    final List<Section> sections = new ArrayList<>();

    /** Null if the bytes have not even the form of sections. */
    static WasmFile parse(byte[] wasm) {
        WasmFile file = new WasmFile();
        Reader in = new Reader(wasm, HEADER);
        try {
            while (in.at < wasm.length) {
                int id = wasm[in.at++];
                int length = (int) in.u32();
                file.sections.add(new Section(id, Arrays.copyOfRange(wasm, in.at, in.at + length)));
                in.at += length;
                if (in.at > wasm.length || length < 0) {
                    return null;
                }
            }
        } catch (RuntimeException e) {
            return null;
        }
        return file;
    }

    byte[] toBytes() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(new byte[] {0, 'a', 's', 'm', 1, 0, 0, 0});
        for (Section s : sections) {
            out.write(s.id);
            unsigned(out, s.content.length);
            out.writeBytes(s.content);
        }
        return out.toByteArray();
    }

    byte[] content(int id) {
        for (Section s : sections) {
            if (s.id == id) {
                return s.content;
            }
        }
        return null;
    }

    /** Replaces a section, or adds it at its place in the order of numbers. */
    void set(int id, byte[] content) {
        int place = 0;
        for (int i = 0; i < sections.size(); i++) {
            int other = sections.get(i).id;
            if (other == id) {
                sections.set(i, new Section(id, content));
                return;
            }
            if (other != 0 && other < id) {
                place = i + 1;
            }
        }
        sections.add(place, new Section(id, content));
    }

    /** The function bodies, sizes left out. */
    List<byte[]> bodies() {
        byte[] code = content(CODE);
        List<byte[]> bodies = new ArrayList<>();
        if (code != null) {
            Reader in = new Reader(code, 0);
            for (long n = in.u32(); n > 0; n--) {
                int length = (int) in.u32();
                bodies.add(Arrays.copyOfRange(code, in.at, in.at + length));
                in.at += length;
            }
        }
        return bodies;
    }

    void setBodies(List<byte[]> bodies) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        unsigned(out, bodies.size());
        for (byte[] b : bodies) {
            unsigned(out, b.length);
            out.writeBytes(b);
        }
        set(CODE, out.toByteArray());
    }

    /** Reads LEB128 numbers. */
    static final class Reader {
        final byte[] bytes;
        int at;

        Reader(byte[] bytes, int at) {
            this.bytes = bytes;
            this.at = at;
        }

        long u32() {
            long value = 0;
            for (int shift = 0; ; shift += 7) {
                byte b = bytes[at++];
                value |= (b & 0x7fL) << shift;
                if (b >= 0) {
                    return value;
                }
            }
        }
    }

    static void unsigned(ByteArrayOutputStream out, long value) {
        long rest = value;
        while (rest >>> 7 != 0) {
            out.write((int) (rest & 0x7f | 0x80));
            rest >>>= 7;
        }
        out.write((int) rest);
    }

    static void signed(ByteArrayOutputStream out, long value) {
        long rest = value;
        while (rest < -64 || rest > 63) {
            out.write((int) (rest & 0x7f | 0x80));
            rest >>= 7;
        }
        out.write((int) (rest & 0x7f));
    }
}
