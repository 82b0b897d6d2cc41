package kiln.component;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import kiln.wasm.Features;
import kiln.wasm.WasmException;
import org.junit.jupiter.api.Test;

/** Small components whose types would be huge if they were written out. */
class CostTest {
    private static final int TYPE = 7;
    private static final int IMPORT = 10;
    private static final int FUNCTION = 1;
    private static final int INSTANCE = 5;

    private final ByteArrayOutputStream types = new ByteArrayOutputStream();
    private int typeCount;

    private static void number(ByteArrayOutputStream out, int value) {
        int left = value;
        for (; left >= 0x80; left >>>= 7) {
            out.write(left & 0x7f | 0x80);
        }
        out.write(left);
    }

    /** A tuple of a type and itself, the index of which is returned. */
    private int pair(int of) {
        types.write(0x6f);
        types.write(2);
        index(of);
        index(of);
        return typeCount++;
    }

    private void index(int type) {
        // Indices are signed: two bytes are enough here.
        types.write(type & 0x7f | 0x80);
        types.write(type >> 7);
    }

    private byte[] component(int imports, int sort, int type) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(new byte[] {0, 'a', 's', 'm', 0x0d, 0, 1, 0});
        ByteArrayOutputStream section = new ByteArrayOutputStream();
        number(section, typeCount);
        section.writeBytes(types.toByteArray());
        out.write(TYPE);
        number(out, section.size());
        out.writeBytes(section.toByteArray());
        section.reset();
        number(section, imports);
        for (int i = 0; i < imports; i++) {
            String name = "f" + i;
            section.write(0);
            number(section, name.length());
            section.writeBytes(name.getBytes(StandardCharsets.ISO_8859_1));
            section.write(sort);
            number(section, type);
        }
        out.write(IMPORT);
        number(out, section.size());
        out.writeBytes(section.toByteArray());
        return out.toByteArray();
    }

    private int function(int param) {
        types.writeBytes(new byte[] {0x40, 1, 1, 'x'});
        index(param);
        types.writeBytes(new byte[] {1, 0});
        return typeCount++;
    }

    private int pairs(int depth) {
        types.write(0x7d);
        int last = typeCount++;
        for (int i = 0; i < depth; i++) {
            last = pair(last);
        }
        return last;
    }

    /** Looked at leaf by leaf, the imports would be 10,000,000,000 of them. */
    @Test
    void whatIsKnownToBeVisibleIsNotLookedAtAgain() {
        int f = function(pairs(18));
        ComponentType c = ComponentDecoder.decode(component(40_000, FUNCTION, f), "", Features.ALL);
        assertEquals(40_000, c.imports().size());
    }

    @Test
    void typesThatGrowBeyondAllBoundsAreRefused() {
        pairs(30);
        byte[] bytes = component(0, FUNCTION, 0);
        WasmException e =
                assertThrows(WasmException.class, () -> ComponentDecoder.decode(bytes, "big.wasm", Features.ALL));
        assertTrue(e.getMessage().contains("exceeds"), e.getMessage());
    }

    /**
     * The type of an instance that exports two instances of a type made in the same way, and so on.
     *
     * @return its index; it has 2 to the power of {@code depth} resources
     */
    private int instances(int depth) {
        // An instance that exports a resource.
        types.writeBytes(new byte[] {0x42, 1, 4, 0, 1, 'r', 3, 1});
        int last = typeCount++;
        for (int i = 0; i < depth; i++) {
            byte[] alias = {0x42, 3, 2, 3, 2, 1, (byte) last};
            byte[] exports = {4, 0, 1, 'a', 5, 0, 4, 0, 1, 'b', 5, 0};
            types.writeBytes(alias);
            types.writeBytes(exports);
            last = typeCount++;
        }
        return last;
    }

    private static void assertTooManyCopies(byte[] bytes) {
        WasmException e =
                assertThrows(WasmException.class, () -> ComponentDecoder.decode(bytes, "many.wasm", Features.ALL));
        assertTrue(e.getMessage().contains("the types of all instances exceed the limit"), e.getMessage());
    }

    /** 262,144 resources in 468 bytes, each copied once for every type that it is nested in. */
    @Test
    void resourcesOfNestedInstancesAreNotCopiedWithoutEnd() {
        instances(18);
        assertTooManyCopies(component(0, FUNCTION, 0));
    }

    /** A thousand copies of an instance with 4,096 resources. */
    @Test
    void importsOfLargeInstancesAreNotCopiedWithoutEnd() {
        assertTooManyCopies(component(1_000, INSTANCE, instances(12)));
    }
}
