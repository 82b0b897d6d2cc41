package kiln.tests;

import java.nio.charset.StandardCharsets;
import kiln.wasm.ByteWriter;
import kiln.wat.Wat;

/** Writes binary components, section by section, for tests. */
public final class ComponentBytes {
    public static final int CORE_MODULE = 1;
    public static final int CORE_INSTANCE = 2;
    public static final int COMPONENT = 4;
    public static final int INSTANCE = 5;
    public static final int ALIAS = 6;
    public static final int TYPE = 7;
    public static final int CANON = 8;
    public static final int IMPORT = 10;
    public static final int EXPORT = 11;

    private final ByteWriter out = new ByteWriter();

    public ComponentBytes() {
        out.raw(new byte[] {0, 'a', 's', 'm', 0x0d, 0, 1, 0});
    }

    /** Bytes of numbers below 128, of names (a length and UTF-8), and of what was made of these. */
    public static byte[] bytes(Object... parts) {
        ByteWriter b = new ByteWriter();
        for (Object p : parts) {
            switch (p) {
                case Integer i -> b.u(i);
                case String s -> b.name(s);
                case byte[] raw -> b.raw(raw);
                default -> throw new IllegalArgumentException(p.toString());
            }
        }
        return b.toArray();
    }

    /** A section of one definition. */
    public ComponentBytes one(int section, Object... parts) {
        return section(section, bytes(1, bytes(parts)));
    }

    /** A core module in the text format. */
    public ComponentBytes module(String wat) {
        return section(CORE_MODULE, Wat.encode("module", wat.getBytes(StandardCharsets.UTF_8)));
    }

    /** A component within this one. */
    public ComponentBytes component(ComponentBytes inner) {
        return section(COMPONENT, inner.toArray());
    }

    /** A custom section. */
    public ComponentBytes custom(String name, Object... parts) {
        return section(0, bytes(name, bytes(parts)));
    }

    private ComponentBytes section(int id, byte[] content) {
        out.u8(id).sized(content);
        return this;
    }

    public byte[] toArray() {
        return out.toArray();
    }
}
