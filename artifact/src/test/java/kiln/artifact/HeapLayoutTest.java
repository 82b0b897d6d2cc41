package kiln.artifact;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.List;
import kiln.artifact.HeapLayout.Slot;
import kiln.types.ArrayType;
import kiln.types.FieldType;
import kiln.types.FuncType;
import kiln.types.HeapType;
import kiln.types.SubType;
import kiln.types.TypeSpace;
import kiln.types.ValType;
import org.junit.jupiter.api.Test;

class HeapLayoutTest {
    private static final TypeSpace TYPES = new TypeSpace();

    static {
        TYPES.intern(new SubType(true, -1, FuncType.EMPTY));
        TYPES.intern(new SubType(true, -1, new ArrayType(new FieldType(ValType.I8, true))));
    }

    @Test
    void fieldsLieAtTheirNaturalAlignment() {
        HeapLayout.Struct s = HeapLayout.struct(
                List.of(Slot.I8, Slot.I16, Slot.REFERENCE, Slot.I8, Slot.F64, Slot.I32, Slot.V128, Slot.I8));
        assertArrayEquals(new int[] {4, 6, 8, 12, 16, 24, 32, 48}, s.offsets());
        assertEquals(56, s.bytes());
        assertEquals(8, HeapLayout.struct(List.of()).bytes());
        assertEquals(8, HeapLayout.struct(List.of(Slot.I32)).bytes());
    }

    @Test
    void fieldsOfSupertypesAreAPrefix() {
        Slot[] all = Slot.values();
        for (int n = 1; n < all.length; n++) {
            int[] longer = HeapLayout.struct(List.of(all).subList(0, n)).offsets();
            int[] shorter = HeapLayout.struct(List.of(all).subList(0, n - 1)).offsets();
            assertArrayEquals(shorter, Arrays.copyOf(longer, n - 1));
        }
    }

    @Test
    void whatAReferenceTakesDependsOnItsHierarchy() {
        assertEquals(Slot.FUNCTION, slot(0));
        assertEquals(Slot.REFERENCE, slot(1));
        assertEquals(Slot.FUNCTION, slot(HeapType.NOFUNC));
        assertEquals(Slot.REFERENCE, slot(HeapType.EXTERN));
        assertEquals(Slot.EXCEPTION, slot(HeapType.EXN));
        assertEquals(Slot.I8, HeapLayout.slot(TYPES, ValType.I8));
        assertEquals(Slot.I16, HeapLayout.slot(TYPES, ValType.I16));
    }

    private static Slot slot(int heap) {
        return HeapLayout.slot(TYPES, ValType.ref(true, heap));
    }

    @Test
    void sizesOfArrays() {
        assertEquals(8, HeapLayout.array(Slot.I64, 0));
        assertEquals(16, HeapLayout.array(Slot.I8, 1));
        assertEquals(8 + 16L * 0xFFFF_FFFFL, HeapLayout.array(Slot.V128, 0xFFFF_FFFFL));
    }

    @Test
    void onlyModulesThatNeedTheHeapHaveItsBase() {
        VMContextLayout without = new VMContextLayout(new VMContextLayout.Counts(1, 0, 1, 0, 0, 1, 2, 3, 1, 1, 0));
        VMContextLayout with = new VMContextLayout(new VMContextLayout.Counts(1, 0, 1, 0, 0, 1, 2, 3, 1, 1, 1));
        assertEquals(without.importedTag(1), with.heapBase());
        assertEquals(without.importedTag(0), with.importedTag(0));
        assertEquals(0, with.size() % 16);
    }
}
