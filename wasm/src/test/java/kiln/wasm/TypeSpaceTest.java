package kiln.wasm;

import static kiln.wasm.ModuleBytes.bytes;
import static kiln.wasm.ModuleBytes.list;
import static kiln.wasm.ModuleBytes.module;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import kiln.types.HeapType;
import kiln.types.StructType;
import kiln.types.TypeSpace;
import kiln.types.ValType;
import org.junit.jupiter.api.Test;

class TypeSpaceTest {
    private static final byte[] EMPTY_FUNC = bytes(0x60, 0, 0);
    private static final byte[] I32_TO_I32 = bytes(0x60, 1, 0x7F, 1, 0x7F);

    private static TypeSpace types(byte[]... groups) {
        return ModuleDecoder.decode(module(list(1, groups)), "test", Features.ALL)
                .types();
    }

    private static void invalid(String problem, byte[]... groups) {
        WasmException e = assertThrows(WasmException.class, () -> types(groups));
        assertEquals(WasmException.Kind.INVALID, e.kind(), e.getMessage());
        assertTrue(e.getMessage().contains(problem), e.getMessage());
    }

    @Test
    void equalTypesShareTheFirstIndex() {
        TypeSpace t = types(EMPTY_FUNC, I32_TO_I32, EMPTY_FUNC);
        assertEquals(0, t.canonical(2));
        assertEquals(1, t.canonical(1));
        assertEquals("(func)", t.canonicalKey(2));
        assertEquals("(func (param i32) (result i32))", t.canonicalKey(1));
    }

    /** A reference is compared by what it refers to, not by its number. */
    @Test
    void referencesAreCanonical() {
        // 0: func; 1: func; 2: func (param (ref 0)); 3: func (param (ref 1))
        TypeSpace t = types(EMPTY_FUNC, EMPTY_FUNC, bytes(0x60, 1, 0x64, 0, 0), bytes(0x60, 1, 0x64, 1, 0));
        assertEquals(2, t.canonical(3));
        assertEquals(ValType.ref(false, 0), t.func(3).param(0));
    }

    /** The same group is the same whatever is before it; position in a group matters. */
    @Test
    void keysMeanTheSameInEveryModule() {
        byte[] list = bytes(0x5F, 2, 0x7F, 1, 0x63, 0, 1);
        byte[] shifted = bytes(0x5F, 2, 0x7F, 1, 0x63, 2, 1);
        TypeSpace a = types(list);
        TypeSpace b = types(EMPTY_FUNC, I32_TO_I32, shifted);
        assertEquals(a.canonicalKey(0), b.canonicalKey(2));
        assertEquals(a.canonicalKeyOfValType(ValType.ref(true, 0)), b.canonicalKeyOfValType(ValType.ref(true, 2)));

        TypeSpace pair = types(bytes(0x4E, 2, 0x60, 0, 0, 0x60, 0, 0));
        assertNotEquals(pair.canonicalKey(0), pair.canonicalKey(1));
        assertNotEquals(pair.canonicalKey(0), types(EMPTY_FUNC).canonicalKey(0));
    }

    /** A reference into the own group and one to an equal type before it are different types. */
    @Test
    void ownGroupAndEarlierTypeDiffer() {
        TypeSpace t = types(bytes(0x5F, 1, 0x63, 0, 0), bytes(0x5F, 1, 0x63, 0, 0), bytes(0x5F, 1, 0x63, 2, 0));
        assertEquals(0, t.canonical(2));
        assertEquals(1, t.canonical(1));
        assertNotEquals(t.canonicalKey(0), t.canonicalKey(1));
    }

    @Test
    void aChainOfReferencesHasShortKeys() {
        byte[][] groups = new byte[2000][];
        groups[0] = EMPTY_FUNC;
        for (int i = 1; i < groups.length; i++) {
            byte[] before = ModuleBytes.heapIndex(i - 1);
            groups[i] = ModuleBytes.concat(bytes(0x60, 2, 0x64), before, bytes(0x64), before, bytes(0));
        }
        assertTrue(types(groups).canonicalKey(1999).length() < 250);
    }

    @Test
    void subtyping() {
        byte[] open = bytes(0x50, 0, 0x5F, 1, 0x7F, 0);
        byte[] below = bytes(0x4F, 1, 0, 0x5F, 2, 0x7F, 0, 0x7E, 1);
        TypeSpace t = types(open, below, EMPTY_FUNC);
        assertTrue(t.isHeapSubtype(1, 0));
        assertFalse(t.isHeapSubtype(0, 1));
        assertTrue(t.isHeapSubtype(1, HeapType.STRUCT));
        assertTrue(t.isHeapSubtype(1, HeapType.EQ));
        assertTrue(t.isHeapSubtype(HeapType.NONE, 1));
        assertFalse(t.isHeapSubtype(HeapType.NONE, 2));
        assertTrue(t.isHeapSubtype(HeapType.NOFUNC, 2));
        assertTrue(t.isHeapSubtype(2, HeapType.FUNC));
        assertFalse(t.isHeapSubtype(2, HeapType.ANY));
        assertFalse(t.isHeapSubtype(HeapType.ANY, HeapType.EQ));
        assertFalse(t.isHeapSubtype(HeapType.NOEXTERN, HeapType.ANY));
        assertTrue(t.isSubtype(ValType.ref(false, 1), ValType.ref(true, 0)));
        assertFalse(t.isSubtype(ValType.ref(true, 1), ValType.ref(false, 0)));
        assertTrue(t.isSubtype(ValType.BOT, ValType.V128));
        assertFalse(t.isSubtype(ValType.I32, ValType.I64));
        assertEquals(
                1, t.get(1).type() instanceof StructType s ? s.fields().get(1).storage() - 1 : 0);
    }

    @Test
    void badSupertypes() {
        byte[] open = bytes(0x50, 0, 0x5F, 1, 0x7F, 0);
        invalid("sub type", open, bytes(0x4F, 1, 0, 0x5F, 0));
        invalid("sub type", bytes(0x5F, 0), bytes(0x4F, 1, 0, 0x5F, 0));
        invalid("sub type", open, bytes(0x4F, 1, 0, 0x5E, 0x7F, 0));
        invalid("unknown type", bytes(0x50, 1, 0, 0x5F, 0));
        invalid("unknown type", bytes(0x5F, 1, 0x63, 7, 0));
    }

    @Test
    void chainsOfSupertypesAreBounded() {
        byte[][] groups = new byte[70][];
        for (int i = 0; i < groups.length; i++) {
            groups[i] = i == 0 ? bytes(0x50, 0, 0x5F, 0) : bytes(0x50, 1, i - 1, 0x5F, 0);
        }
        invalid("chain", groups);
    }

    @Test
    void printing() {
        assertEquals("(ref null 3)", ValType.toString(ValType.ref(true, 3)));
        assertEquals("funcref", ValType.toString(ValType.FUNCREF));
        assertEquals("(ref extern)", ValType.toString(ValType.asNonNull(ValType.EXTERNREF)));
        assertEquals("nullref", ValType.toString(ValType.ref(true, HeapType.NONE)));
    }
}
