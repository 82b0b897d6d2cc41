package kiln.types;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class TypeSpaceTest {
    private static final SubType UNIT = new SubType(true, -1, FuncType.EMPTY);
    private static final SubType BINARY = new SubType(true, -1, new FuncType(new int[] {ValType.I32}, new int[] {1}));

    private static SubType struct(boolean isFinal, int supertype, int... fields) {
        return new SubType(
                isFinal,
                supertype,
                new StructType(Arrays.stream(fields)
                        .mapToObj(f -> new FieldType(f, false))
                        .toList()));
    }

    /** A list, and a function over it: each mentions the other. */
    private static SubType[] pair(int start) {
        int list = ValType.ref(true, start);
        int function = ValType.ref(false, start + 1);
        return new SubType[] {
            struct(false, -1, ValType.I32, list, function),
            new SubType(true, -1, new FuncType(new int[] {list}, new int[] {list}))
        };
    }

    @Test
    void equalTypesOfAllModulesHaveOneIndex() {
        TypeSpace a = new TypeSpace();
        a.intern(UNIT);
        a.intern(pair(1));
        a.intern(struct(true, 1, ValType.I32, ValType.ref(true, 1), ValType.ref(false, 2), ValType.I8));
        TypeSpace b = new TypeSpace();
        b.intern(pair(0));
        b.intern(BINARY);
        b.intern(struct(true, 0, ValType.I32, ValType.ref(true, 0), ValType.ref(false, 1), ValType.I8));

        TypeSpace all = TypeSpace.shared();
        assertArrayEquals(new int[] {0, 1, 2, 3}, all.addAll(a));
        assertArrayEquals(new int[] {1, 2, 4, 3}, all.addAll(b));
        assertArrayEquals(new int[] {0, 1, 2, 3}, all.addAll(a));
        assertEquals(5, all.count());
        assertTrue(all.isHeapSubtype(3, 1));
        assertEquals(1, all.depth(3));
        assertEquals(ValType.ref(true, 1), all.func(2).param(0));
        assertEquals(ValType.ref(true, 4), TypeSpace.renumbered(ValType.ref(true, 2), all.addAll(b)));
        assertEquals(ValType.ANYREF, TypeSpace.renumbered(ValType.ANYREF, new int[0]));
        for (int i = 0; i < a.count(); i++) {
            assertEquals(a.canonicalKey(i), all.canonicalKey(i));
        }
    }

    /** A module may define the same group twice; what comes behind may mention either. */
    @Test
    void copiesOfAGroupAreOneType() {
        TypeSpace module = new TypeSpace();
        module.intern(UNIT);
        assertEquals(null, module.addGroup(pair(1)));
        assertEquals(null, module.addGroup(module.copyOfGroup(1, module.count())));
        assertEquals(5, module.count());
        assertEquals(1, module.canonical(3));
        assertEquals(2, module.canonical(4));
        assertArrayEquals(new int[] {0, 1, 2, 1, 2}, TypeSpace.shared().addAll(module));
    }

    @Test
    void checksumsSeeEveryPart() {
        List<SubType[]> all = List.of(
                new SubType[] {UNIT},
                new SubType[] {UNIT, UNIT},
                new SubType[] {BINARY},
                new SubType[] {struct(true, -1, ValType.I32)},
                new SubType[] {struct(true, -1, ValType.I8)},
                new SubType[] {struct(false, -1, ValType.I32)},
                new SubType[] {new SubType(true, -1, new ArrayType(new FieldType(ValType.I32, false)))},
                new SubType[] {new SubType(true, -1, new ArrayType(new FieldType(ValType.I32, true)))},
                pair(0));
        for (int i = 0; i < all.size(); i++) {
            for (int j = 0; j < all.size(); j++) {
                TypeSpace a = new TypeSpace();
                TypeSpace b = new TypeSpace();
                a.intern(all.get(i));
                b.intern(all.get(j));
                if (i == j) {
                    assertEquals(a, b);
                    assertEquals(a.checksum(), b.checksum());
                } else {
                    assertNotEquals(a, b);
                    assertNotEquals(a.checksum(), b.checksum(), i + ", " + j);
                }
            }
        }
    }

    /** The same structs in one group, and each in its own. */
    @Test
    void groupsMatter() {
        TypeSpace together = new TypeSpace();
        together.intern(struct(true, -1), struct(true, -1));
        TypeSpace apart = new TypeSpace();
        apart.addGroup(new SubType[] {struct(true, -1)});
        apart.addGroup(new SubType[] {struct(true, -1)});
        assertNotEquals(together.canonicalKey(0), together.canonicalKey(1));
        assertEquals(apart.canonicalKey(0), apart.canonicalKey(1));
        assertNotEquals(together.canonicalKey(0), apart.canonicalKey(0));
        assertNotEquals(together, apart);
        TypeSpace all = TypeSpace.shared();
        assertArrayEquals(new int[] {0, 1}, all.addAll(together));
        assertArrayEquals(new int[] {2, 2}, all.addAll(apart));
    }

    @Test
    void wrongSupertypesAreRefused() {
        TypeSpace t = new TypeSpace();
        t.intern(struct(true, -1));
        assertNotNull(t.addGroup(new SubType[] {struct(true, 0)}));
        TypeSpace second = new TypeSpace();
        assertThrows(IllegalArgumentException.class, () -> second.intern(struct(true, 0)));
    }

    /** What refers to itself, to an equal type in front of it, and to that again: numbers do not tell them apart. */
    @Test
    void referencesWithinAGroupAreNotThoseToEqualTypesBefore() {
        TypeSpace t = new TypeSpace();
        assertEquals(0, t.intern(struct(false, -1, ValType.ref(true, 0))));
        assertEquals(0, t.intern(struct(false, -1, ValType.ref(true, 1))), "its own number is another one");
        assertEquals(1, t.intern(struct(false, -1, ValType.ref(true, 0))), "it refers to the first one");
        assertEquals(1, t.intern(struct(false, -1, ValType.ref(true, 0))));
        assertEquals(2, t.intern(struct(false, -1, ValType.ref(true, 1))));
        assertNotEquals(t.canonicalKey(0), t.canonicalKey(1));
        assertNotEquals(t.canonicalKey(1), t.canonicalKey(2));
        // The same for supertypes: of the group, or in front of it.
        SubType base = struct(false, -1);
        assertEquals(3, t.intern(base));
        assertEquals(4, t.intern(base, struct(false, 4)));
        assertEquals(6, t.intern(base, struct(false, 3)));
        assertNotEquals(t.canonicalKey(5), t.canonicalKey(7));
        assertTrue(t.isHeapSubtype(5, 4) && !t.isHeapSubtype(5, 3) && t.isHeapSubtype(7, 3) && !t.isHeapSubtype(7, 6));
    }

    @Test
    void nearlyEqualTypesDiffer() {
        int[] two = {ValType.I32, ValType.I32};
        int[] one = {ValType.I32};
        int[] none = {};
        List<SubType> types = List.of(
                new SubType(true, -1, new FuncType(two, none)),
                new SubType(true, -1, new FuncType(one, one)),
                new SubType(true, -1, new FuncType(none, two)),
                new SubType(false, -1, new FuncType(two, none)),
                struct(true, -1, ValType.I32),
                struct(false, -1, ValType.I32),
                struct(true, -1, ValType.I8),
                struct(true, -1, ValType.I16),
                new SubType(true, -1, new StructType(List.of(new FieldType(ValType.I32, true)))),
                new SubType(true, -1, new ArrayType(new FieldType(ValType.I32, true))),
                new SubType(true, -1, new ArrayType(new FieldType(ValType.I32, false))),
                struct(true, -1, ValType.ANYREF),
                struct(true, -1, ValType.ref(false, ValType.heap(ValType.ANYREF))),
                struct(true, -1));
        TypeSpace t = new TypeSpace();
        for (int i = 0; i < types.size(); i++) {
            assertEquals(i, t.intern(types.get(i)));
        }
        for (int i = 0; i < types.size(); i++) {
            assertEquals(i, t.intern(types.get(i)));
            for (int k = 0; k < i; k++) {
                assertNotEquals(t.canonicalKey(i), t.canonicalKey(k));
            }
        }
    }

    @Test
    void aModuleHasAMillionTypesAtMost() {
        SubType[] group = new SubType[1000];
        Arrays.fill(group, UNIT);
        TypeSpace t = new TypeSpace();
        for (int i = 0; i < 1000; i++) {
            assertNull(t.addGroup(group));
        }
        assertEquals(999, t.canonical(999_999));
        assertEquals("more than 1000000 types", t.addGroup(new SubType[] {UNIT}));
        assertEquals(1_000_000, t.count());
        SubType[] tooLarge = new SubType[1_000_001];
        Arrays.fill(tooLarge, UNIT);
        assertEquals("more than 1000000 types", new TypeSpace().addGroup(tooLarge));
    }
}
