package kiln.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.List;
import kiln.loader.Native;
import kiln.types.SubType;
import kiln.types.TypeSpace;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Values of every type through handles, host functions, cells and objects; no generated code is needed for this. */
class TypedCallsTest {
    private static final MethodHandles.Lookup LOOKUP = MethodHandles.lookup();

    private Engine engine;
    private Store store;

    @BeforeEach
    void open() {
        engine = new Engine();
        store = new Store(engine);
    }

    @AfterEach
    void close() {
        store.close();
        engine.close();
    }

    static double mix(Caller c, int i, long l, float f, double d, V128 v, Func g, Object o) {
        return (double) l + i + f + d + v.low() + v.high() + (g == null ? 0 : 1000) + (o == null ? 0 : 2000);
    }

    static long[] two(int a) {
        return new long[] {a, Double.doubleToRawLongBits(a * 0.5)};
    }

    static V128 swap(V128 v) {
        return new V128(v.high(), v.low());
    }

    static String same(String s) {
        return s;
    }

    static void fails() throws IOException {
        throw new IOException("checked");
    }

    private Func method(String name, Class<?> result, Class<?>... params) throws Exception {
        return Func.of(store, LOOKUP.findStatic(TypedCallsTest.class, name, MethodType.methodType(result, params)));
    }

    @Test
    void everyTypeGoesThrough() throws Throwable {
        Func f = method(
                "mix",
                double.class,
                Caller.class,
                int.class,
                long.class,
                float.class,
                double.class,
                V128.class,
                Func.class,
                Object.class);
        assertEquals(
                FuncType.of(
                        ValType.F64,
                        ValType.I32,
                        ValType.I64,
                        ValType.F32,
                        ValType.F64,
                        ValType.V128,
                        ValType.FUNCREF,
                        ValType.EXTERNREF),
                f.type());
        Object o = new Object();
        double d = (double) f.handle().invokeExact(-1, 2L << 40, 0.5f, 0.25, new V128(3, 4), f, o);
        assertEquals(-1 + (2L << 40) + 0.75 + 7 + 3000, d);
        assertEquals(1.0, f.invoke(1, 0L, 0f, 0.0, new V128(0, 0), null, null));
        long cells = f.call(
                -5,
                6,
                Float.floatToRawIntBits(1.5f),
                Double.doubleToRawLongBits(2.5),
                1,
                2,
                store.toCell(ValType.FUNCREF, f),
                store.toCell(ValType.EXTERNREF, o));
        assertEquals(8.0 + 3000, Double.longBitsToDouble(cells));
    }

    @Test
    void severalResults() throws Throwable {
        FuncType type = new FuncType(List.of(ValType.I32), List.of(ValType.I32, ValType.F64));
        MethodHandle two =
                LOOKUP.findStatic(TypedCallsTest.class, "two", MethodType.methodType(long[].class, int.class));
        Func f = Func.ofHost(store, type, HostAdapter.typed(type, two));
        long[] expected = {-3, Double.doubleToRawLongBits(-1.5)};
        assertArrayEquals(expected, (long[]) f.handle().invokeExact(-3));
        assertArrayEquals(new Object[] {-3, -1.5}, (Object[]) f.invoke(-3));
        assertThrows(IllegalStateException.class, () -> f.call(1));
    }

    @Test
    void vectorsAndReferencesComeBack() throws Throwable {
        Func swap = method("swap", V128.class, V128.class);
        assertEquals(new V128(2, 1), (V128) swap.handle().invokeExact(new V128(1, 2)));
        long[] results = new long[2];
        swap.callRaw(new long[] {5, 6}, results);
        assertArrayEquals(new long[] {6, 5}, results);
        Func same = method("same", String.class, String.class);
        String s = new String("x");
        assertSame(s, (Object) same.handle().invokeExact((Object) s));
        assertNull(same.invoke((Object) null));
        assertThrows(ClassCastException.class, () -> same.invoke(1));
    }

    @Test
    void vectorsGoThroughRawFunctionsOfBothKinds() throws Throwable {
        FuncType type = new FuncType(
                List.of(ValType.I32, ValType.V128, ValType.F32), List.of(ValType.V128, ValType.I64, ValType.I32));
        HostFunction turn = (_, args, results) -> {
            assertEquals(4, results.length);
            System.arraycopy(args, 0, results, 0, 4);
        };
        for (HostAdapter a : List.of(HostAdapter.raw(type, turn), RawHost.adapter(type, turn))) {
            long area = store.beginCall(48);
            Native.putInt(area, -1);
            Cells.writeV128(area + 16, new V128(5, 6));
            Native.putInt(area + 32, -7);
            a.invoke(new Caller(store, null), area);
            assertEquals(new V128(-1, 5), Cells.readV128(area));
            assertEquals(6, Native.getLong(area + 16));
            assertEquals(-7, Native.getInt(area + 32));
        }
    }

    @Test
    void checkedExceptionsPass() throws Exception {
        Func f = method("fails", void.class);
        assertEquals("checked", assertThrows(IOException.class, f::call).getMessage());
        assertEquals(FuncType.ofVoid(), f.type());
    }

    @Test
    void wrongMethodsAreRefused() throws Exception {
        MethodHandle two =
                LOOKUP.findStatic(TypedCallsTest.class, "two", MethodType.methodType(long[].class, int.class));
        Linker l = new Linker(engine);
        assertThrows(IllegalArgumentException.class, () -> l.func("m", "n", FuncType.ofVoid(ValType.I32), two));
        assertThrows(IllegalArgumentException.class, () -> FuncType.of(MethodType.methodType(boolean.class)));
        assertThrows(IllegalArgumentException.class, () -> l.func("m", "n", List.class, List.of()));
    }

    @Test
    void typesAreNumberedOnce() {
        TypeRegistry r = engine.types();
        int a = r.idOf(FuncType.of(ValType.I32, ValType.I64));
        assertEquals(a, r.idOf(FuncType.of(ValType.I32, ValType.I64)));
        assertEquals(FuncType.of(ValType.I32, ValType.I64), r.func(a));
        ValType.Ref concrete = new ValType.Ref(false, HeapType.FUNC, a);
        ValType.Ref none = new ValType.Ref(true, HeapType.NOFUNC, ValType.Ref.ABSTRACT);
        assertEquals(true, r.isSubtype(concrete, ValType.FUNCREF));
        assertEquals(false, r.isSubtype(ValType.FUNCREF, concrete));
        assertEquals(true, r.isSubtype(none, new ValType.Ref(true, HeapType.FUNC, a)));
        assertEquals(false, r.isSubtype(none, concrete));
        assertEquals(false, r.isSubtype(concrete, ValType.EXTERNREF));
        assertEquals(true, r.isSubtype(ValType.I32, ValType.I32));
        assertEquals(false, r.isSubtype(ValType.I32, ValType.I64));
    }

    @Test
    void membersOfARecursionGroupMayMentionLaterOnes() {
        TypeSpace group = new TypeSpace();
        int[] struct = {kiln.types.ValType.ref(true, 1)};
        group.intern(
                new SubType(true, -1, new kiln.types.FuncType(struct, new int[0])),
                new SubType(true, -1, new kiln.types.StructType(List.of())));
        TypeRegistry r = engine.types();
        int[] ids = r.register(group);
        assertArrayEquals(ids, r.register(group));
        assertEquals(FuncType.ofVoid(new ValType.Ref(true, HeapType.STRUCT, ids[1])), r.func(ids[0]));
    }

    @Test
    void referencesAreChecked() {
        Func f = Func.of(store, FuncType.ofVoid(), (_, _, _) -> {});
        int other = engine.types().idOf(FuncType.ofVoid(ValType.I32));
        assertThrows(
                IllegalArgumentException.class, () -> store.toCell(new ValType.Ref(true, HeapType.FUNC, other), f));
        assertThrows(
                IllegalArgumentException.class,
                () -> store.toCell(new ValType.Ref(false, HeapType.EXTERN, ValType.Ref.ABSTRACT), null));
        assertThrows(IllegalArgumentException.class, () -> store.fromCell(ValType.EXTERNREF, 77));
        try (Store second = new Store(engine)) {
            assertThrows(IllegalArgumentException.class, () -> second.toCell(ValType.FUNCREF, f));
        }
    }
}
