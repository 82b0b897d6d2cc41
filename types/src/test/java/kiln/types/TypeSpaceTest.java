package kiln.types;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class TypeSpaceTest {
    private static final SubType UNIT = new SubType(true, -1, FuncType.EMPTY);
    private static final SubType BINARY = new SubType(true, -1, new FuncType(new int[] {ValType.I32}, new int[] {1}));

    private static SubType struct(boolean isFinal, int supertype, int... fields) {
        return new SubType(
                isFinal,
                supertype,
                new StructType(java.util.Arrays.stream(fields)
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
}
