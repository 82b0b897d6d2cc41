package kiln.component;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import kiln.wasm.ByteWriter;
import kiln.wasm.Features;
import kiln.wasm.WasmException;
import org.junit.jupiter.api.Test;

/** Small components whose types would be huge if they were written out. */
class CostTest {
    private static final int TYPE = 7;
    private static final int IMPORT = 10;
    private static final int FUNCTION = 1;
    private static final int INSTANCE = 5;

    private final ByteWriter types = new ByteWriter();
    private int typeCount;

    /** A tuple of a type and itself, the index of which is returned. */
    private int pair(int of) {
        types.u8(0x6f).u(2).s(of).s(of);
        return typeCount++;
    }

    private byte[] component(int imports, int sort, int type) {
        ByteWriter entries = new ByteWriter().u(imports);
        for (int i = 0; i < imports; i++) {
            entries.u8(0).name("f" + i).u8(sort).u(type);
        }
        return new ByteWriter()
                .u8s(0, 'a', 's', 'm', 0x0d, 0, 1, 0)
                .section(TYPE, new ByteWriter().u(typeCount).raw(types))
                .section(IMPORT, entries)
                .toArray();
    }

    private int function(int param) {
        types.u8(0x40).u(1).name("x").s(param).u8s(1, 0);
        return typeCount++;
    }

    private int pairs(int depth) {
        types.u8(0x7d);
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
        types.raw(new byte[] {0x42, 1, 4, 0, 1, 'r', 3, 1});
        int last = typeCount++;
        for (int i = 0; i < depth; i++) {
            byte[] alias = {0x42, 3, 2, 3, 2, 1, (byte) last};
            byte[] exports = {4, 0, 1, 'a', 5, 0, 4, 0, 1, 'b', 5, 0};
            types.raw(alias);
            types.raw(exports);
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
