package kiln.wasm;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Puts binary modules together for tests, by hand. */
final class ModuleBytes {
    static final int I32 = 0x7F;
    static final int I64 = 0x7E;
    static final int END = 0x0B;

    private ModuleBytes() {}

    /** A whole module: header and sections. */
    static byte[] module(byte[]... sections) {
        return concat(bytes(0, 'a', 's', 'm', 1, 0, 0, 0), concat(sections));
    }

    /** A section with the given content. */
    static byte[] section(int id, byte[]... content) {
        byte[] body = concat(content);
        return concat(bytes(id), u32(body.length), body);
    }

    /** A section that is a list of entries. */
    static byte[] list(int id, byte[]... entries) {
        return section(id, u32(entries.length), concat(entries));
    }

    static byte[] bytes(int... values) {
        byte[] out = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            out[i] = (byte) values[i];
        }
        return out;
    }

    static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        List.of(parts).forEach(out::writeBytes);
        return out.toByteArray();
    }

    static byte[] repeat(int times, byte[] part) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int i = 0; i < times; i++) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    static byte[] u32(long value) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        long rest = value;
        while (rest >= 0x80) {
            out.write((int) (rest & 0x7F | 0x80));
            rest >>>= 7;
        }
        out.write((int) rest);
        return out.toByteArray();
    }

    /** A type index where a heap type may stand: a signed number. */
    static byte[] heapIndex(int index) {
        return bytes(index & 0x7F | 0x80, index >>> 7 & 0x7F | 0x80, index >>> 14);
    }

    static byte[] name(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        return concat(u32(utf8.length), utf8);
    }

    /** A function type of the type section. */
    static byte[] func(int[] params, int... results) {
        return concat(bytes(0x60), u32(params.length), bytes(params), u32(results.length), bytes(results));
    }

    /** An entry of the code section without locals; {@code end} is added. */
    static byte[] body(int... code) {
        return sized(concat(bytes(0), bytes(code), bytes(END)));
    }

    static byte[] sized(byte[] content) {
        return concat(u32(content.length), content);
    }

    /** A module with one function of the given type. */
    static byte[] oneFunc(byte[] type, byte[] body) {
        return module(list(1, type), list(3, u32(0)), list(10, body));
    }
}
