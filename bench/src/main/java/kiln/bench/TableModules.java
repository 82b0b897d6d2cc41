package kiln.bench;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Modules with a table of 65,536 slots and empty functions in it. Exported {@code run (count, mask)} makes
 * {@code count} calls through it, number {@code i} through slot {@code i & mask}.
 */
final class TableModules {
    static final int SLOTS = 1 << 16;

    /** What is in the slots. */
    enum Content {
        /** One function in slot 0, nothing in the others. */
        SAME("same callee"),
        /** One function behind all slots. */
        ONE("one function"),
        /** A function for each slot. */
        DISTINCT("distinct");

        final String label;

        Content(String label) {
            this.label = label;
        }
    }

    /** Whose the table is. */
    enum Owner {
        /** The calling module's own, which nobody else sees. */
        PRIVATE,
        /** Exported by one module, imported by the one that calls. */
        SHARED
    }

    private static final int FUNC = 0x60;
    private static final int FUNCREF = 0x70;
    private static final int I32 = 0x7f;
    private static final byte[] LIMITS = bytes(1, leb(SLOTS), leb(SLOTS));

    private TableModules() {}

    /**
     * The modules in the order of instantiation; a second one imports the table of the first. The last one has
     * {@code run}.
     */
    static List<byte[]> modules(Content content, Owner owner) {
        return owner == Owner.PRIVATE ? List.of(table(content, true)) : List.of(table(content, false), caller());
    }

    private static byte[] table(Content content, boolean calls) {
        int functions = content == Content.DISTINCT ? SLOTS : 1;
        int elements = content == Content.SAME ? 1 : SLOTS;
        List<byte[]> types = new ArrayList<>();
        List<byte[]> bodies = new ArrayList<>();
        List<byte[]> elems = new ArrayList<>();
        for (int i = 0; i < functions; i++) {
            types.add(leb(0));
            bodies.add(bytes(2, 0, 0x0b));
        }
        for (int i = 0; i < elements; i++) {
            elems.add(leb(functions == 1 ? 0 : i));
        }
        byte[] export = bytes(name("table"), 1, 0);
        if (calls) {
            types.add(leb(1));
            bodies.add(run());
            export = bytes(name("run"), 0, leb(functions));
        }
        return module(
                types(),
                section(3, vector(types)),
                section(4, bytes(1, FUNCREF, LIMITS)),
                section(7, bytes(1, export)),
                section(9, bytes(1, 0, 0x41, 0, 0x0b, vector(elems))),
                section(10, vector(bodies)));
    }

    private static byte[] caller() {
        return module(
                types(),
                section(2, bytes(1, name("tables"), name("table"), 1, FUNCREF, LIMITS)),
                section(3, vector(List.of(leb(1)))),
                section(7, bytes(1, name("run"), 0, 0)),
                section(10, vector(List.of(run()))));
    }

    /** Type 0 is the callees', type 1 that of run. */
    private static byte[] types() {
        return section(1, bytes(2, FUNC, 0, 0, FUNC, 2, I32, I32, 0));
    }

    private static byte[] run() {
        byte[] code = bytes(
                1, 1, I32, 0x02, 0x40, 0x03, 0x40, 0x20, 2, 0x20, 0, 0x4f, 0x0d, 1, 0x20, 2, 0x20, 1, 0x71, 0x11, 0, 0,
                0x20, 2, 0x41, 1, 0x6a, 0x21, 2, 0x0c, 0, 0x0b, 0x0b, 0x0b);
        return bytes(leb(code.length), code);
    }

    private static byte[] module(byte[]... sections) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(new byte[] {0, 'a', 's', 'm', 1, 0, 0, 0});
        for (byte[] s : sections) {
            out.writeBytes(s);
        }
        return out.toByteArray();
    }

    private static byte[] section(int id, byte[] content) {
        return bytes(id, leb(content.length), content);
    }

    private static byte[] vector(List<byte[]> items) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(leb(items.size()));
        items.forEach(out::writeBytes);
        return out.toByteArray();
    }

    private static byte[] name(String s) {
        return bytes(leb(s.length()), s.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] leb(int value) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int v = value; ; v >>>= 7) {
            if (v < 128) {
                out.write(v);
                return out.toByteArray();
            }
            out.write(v & 127 | 128);
        }
    }

    /** Bytes (numbers) and pieces of bytes in a row. */
    private static byte[] bytes(Object... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (Object part : parts) {
            if (part instanceof byte[] b) {
                out.writeBytes(b);
            } else {
                out.write((Integer) part);
            }
        }
        return out.toByteArray();
    }
}
