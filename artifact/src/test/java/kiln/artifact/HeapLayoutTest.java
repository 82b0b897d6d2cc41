package kiln.artifact;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.List;
import kiln.artifact.HeapLayout.Slot;
import kiln.artifact.api.HeapType;
import org.junit.jupiter.api.Test;

class HeapLayoutTest {
    private static final List<TypeDef> TYPES = List.of(
            TypeDef.func(List.of(), List.of()),
            new TypeDef("array(i8)", true, -1, new TypeDef.Array(new TypeDef.Field(ValueType.I32, 8, true))));

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
        assertEquals(Slot.FUNCTION, slot(new HeapType.Concrete(0)));
        assertEquals(Slot.REFERENCE, slot(new HeapType.Concrete(1)));
        assertEquals(Slot.FUNCTION, slot(HeapType.Abstract.NOFUNC));
        assertEquals(Slot.REFERENCE, slot(HeapType.Abstract.EXTERN));
        assertEquals(Slot.EXCEPTION, slot(HeapType.Abstract.EXN));
        assertEquals(Slot.I8, HeapLayout.slot(TYPES, new TypeDef.Field(ValueType.I32, 8, true)));
        assertEquals(Slot.I16, HeapLayout.slot(TYPES, new TypeDef.Field(ValueType.I32, 16, true)));
    }

    private static Slot slot(HeapType heap) {
        return HeapLayout.slot(TYPES, new ValueType.Ref(true, heap));
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
