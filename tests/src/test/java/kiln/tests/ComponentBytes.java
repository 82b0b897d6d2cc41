package kiln.tests;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
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

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    public ComponentBytes() {
        out.writeBytes(new byte[] {0, 'a', 's', 'm', 0x0d, 0, 1, 0});
    }

    /** Bytes of numbers below 128, of names (a length and UTF-8), and of what was made of these. */
    public static byte[] bytes(Object... parts) {
        ByteArrayOutputStream b = new ByteArrayOutputStream();
        for (Object p : parts) {
            switch (p) {
                case Integer i -> number(b, i);
                case String s -> {
                    byte[] utf8 = s.getBytes(StandardCharsets.UTF_8);
                    number(b, utf8.length);
                    b.writeBytes(utf8);
                }
                case byte[] raw -> b.writeBytes(raw);
                default -> throw new IllegalArgumentException(p.toString());
            }
        }
        return b.toByteArray();
    }

    private static void number(ByteArrayOutputStream out, int value) {
        int left = value;
        for (; left >= 0x80; left >>>= 7) {
            out.write(left & 0x7f | 0x80);
        }
        out.write(left);
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
        out.write(id);
        out.writeBytes(bytes(content.length, content));
        return this;
    }

    public byte[] toArray() {
        return out.toByteArray();
    }
}
