package kiln.artifact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import kiln.artifact.api.HeapType;
import org.junit.jupiter.api.Test;

class TypeKeysTest {
    private static TypeDef def(TypeDef.Body body) {
        return new TypeDef("", true, -1, body);
    }

    private static TypeDef structOf(int... references) {
        List<TypeDef.Field> fields = new ArrayList<>();
        for (int r : references) {
            fields.add(new TypeDef.Field(new ValueType.Ref(true, new HeapType.Concrete(r)), 0, true));
        }
        return def(new TypeDef.Struct(fields));
    }

    @Test
    void signaturesReadAsText() {
        TypeDef t = TypeDef.func(List.of(ValueType.I32, ValueType.FUNCREF), List.of(ValueType.V128));
        assertEquals("func(i32,ref? func)->(v128)", t.key());
    }

    @Test
    void placeInTheModuleDoesNotMatter() {
        TypeDef unit = def(new TypeDef.Func(List.of(), List.of()));
        List<TypeDef> a = TypeKeys.assign(List.of(structOf(0)), List.of(1));
        List<TypeDef> b = TypeKeys.assign(List.of(unit, structOf(1)), List.of(1, 1));
        assertEquals(a.get(0).key(), b.get(1).key());
        List<TypeDef> c = TypeKeys.assign(List.of(unit, structOf(0)), List.of(1, 1));
        List<TypeDef> d = TypeKeys.assign(List.of(structOf(), unit, structOf(1)), List.of(1, 1, 1));
        assertEquals(c.get(1).key(), d.get(2).key());
    }

    @Test
    void groupsMatter() {
        List<TypeDef> together = TypeKeys.assign(List.of(structOf(), structOf()), List.of(2));
        List<TypeDef> apart = TypeKeys.assign(List.of(structOf(), structOf()), List.of(1, 1));
        assertNotEquals(together.get(0).key(), together.get(1).key());
        assertEquals(apart.get(0).key(), apart.get(1).key());
        assertNotEquals(together.get(0).key(), apart.get(0).key());
    }

    @Test
    void everyPartMatters() {
        TypeDef.Field f = new TypeDef.Field(ValueType.I32, 0, false);
        List<TypeDef> types = List.of(
                def(new TypeDef.Struct(List.of(f))),
                def(new TypeDef.Array(f)),
                def(new TypeDef.Struct(List.of(new TypeDef.Field(ValueType.I32, 0, true)))),
                def(new TypeDef.Struct(List.of(new TypeDef.Field(ValueType.I32, 8, false)))),
                new TypeDef("", false, -1, new TypeDef.Struct(List.of(f))),
                new TypeDef("", true, 4, new TypeDef.Struct(List.of(f))),
                def(new TypeDef.Func(List.of(ValueType.I32), List.of())),
                def(new TypeDef.Func(List.of(), List.of(ValueType.I32))));
        List<TypeDef> keyed = TypeKeys.assign(types, List.of(1, 1, 1, 1, 1, 1, 1, 1));
        assertEquals(types.size(), keyed.stream().map(TypeDef::key).distinct().count());
    }

    @Test
    void keysStaySmall() {
        List<TypeDef> chain = new ArrayList<>();
        List<Integer> groups = new ArrayList<>();
        chain.add(structOf());
        groups.add(1);
        for (int i = 0; i < 1000; i++) {
            chain.add(structOf(i, i, i));
            groups.add(1);
        }
        assertTrue(TypeKeys.assign(chain, groups).getLast().key().length() < 200);
    }

    @Test
    void keysOfOneGroupStaySmall() {
        List<TypeDef> ring = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            ring.add(structOf((i + 1) % 1000));
        }
        List<TypeDef> keyed = TypeKeys.assign(ring, List.of(1000));
        assertEquals(1000, keyed.stream().map(TypeDef::key).distinct().count());
        assertTrue(keyed.stream().allMatch(t -> t.key().length() < 200 && !TypeKeys.isAlone(t.key())));
        assertTrue(TypeKeys.isAlone(
                TypeKeys.assign(List.of(structOf()), List.of(1)).getFirst().key()));
    }

    @Test
    void laterTypesCannotBeNamed() {
        List<TypeDef> two = List.of(structOf(1), structOf());
        assertThrows(IllegalArgumentException.class, () -> TypeKeys.assign(two, List.of(1, 1)));
        assertThrows(IllegalArgumentException.class, () -> TypeKeys.assign(List.of(structOf()), List.of(2)));
        assertThrows(IllegalArgumentException.class, () -> TypeKeys.assign(List.of(structOf()), List.of()));
    }
}
