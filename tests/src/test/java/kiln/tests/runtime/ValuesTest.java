package kiln.tests.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Arrays;
import java.util.List;
import kiln.artifact.api.TrapCode;
import kiln.runtime.Func;
import kiln.runtime.FuncType;
import kiln.runtime.Instance;
import kiln.runtime.TrapException;
import kiln.runtime.ValType;
import org.junit.jupiter.api.Test;

/** Values of every type and number on their way through generated code, and the routines served by the runtime. */
class ValuesTest extends RuntimeFixture {
    static double mix(int a, long b, float c, double d) {
        return (double) a + b + c + d;
    }

    private Instance values() throws Exception {
        linker.func(
                "env",
                "mix",
                MethodHandles.lookup()
                        .findStatic(
                                ValuesTest.class,
                                "mix",
                                MethodType.methodType(double.class, int.class, long.class, float.class, double.class)));
        linker.func(
                "env",
                "three",
                new FuncType(List.of(ValType.I32), List.of(ValType.I32, ValType.F64, ValType.I64)),
                (_, args, results) -> {
                    results[0] = -args[0];
                    results[1] = Double.doubleToRawLongBits(args[0] / 2.0);
                    results[2] = args[0] << 33;
                });
        return linker.instantiate(store, module("values"));
    }

    @Test
    void allTypes() throws Throwable {
        Func f = values().func("mix");
        double expected = -1 + (1L << 40) + 3.5 + 4.25;
        assertEquals(expected, (double) f.handle().invokeExact(-1, 1L << 40, 3.5f, 4.25));
        assertEquals(expected, f.invoke(-1, 1L << 40, 3.5f, 4.25));
        assertEquals(-5, values().func("negative").call());
        assertEquals(-5, (int) values().func("negative").handle().invokeExact());
    }

    @Test
    void severalResults() throws Throwable {
        Func f = values().func("three");
        assertArrayEquals(new Object[] {-6, 3.0, 6L << 33}, (Object[]) f.invoke(6));
        assertArrayEquals(new long[] {6, Double.doubleToRawLongBits(-3.0), -6L << 33}, (long[])
                f.handle().invokeExact(-6));
    }

    @Test
    void moreValuesThanRegisters() throws Exception {
        Object[] args = new Object[21];
        for (int i = 0; i < 21; i++) {
            args[i] = i < 10 ? (Object) (i - 5) : i == 10 ? (Object) (1L << 50) : (Object) (i * 0.5);
        }
        Object[] expected = args.clone();
        for (int i = 0; i < 10; i++) {
            expected[i] = args[9 - i];
            expected[11 + i] = args[20 - i];
        }
        assertArrayEquals(expected, (Object[]) values().func("many").invoke(args));
    }

    @Test
    void bulkMemory() throws Exception {
        Instance i = values();
        i.func("init").call(10, 1, 4);
        assertEquals("assi", i.memory("memory").readString(10, 4));
        i.func("copy").call(12, 10, 4);
        assertEquals("asassi", i.memory("memory").readString(10, 6));
        i.func("fill").call(10, 'x', 3);
        assertEquals("xxxssi", i.memory("memory").readString(10, 6));
        for (long[] bad : new long[][] {{65536, 0, 1}, {0, 7, 1}, {0, 0, 8}, {-1, 0, 1}, {0, -1, 1}, {65530, 0, 7}}) {
            TrapException t =
                    assertThrows(TrapException.class, () -> i.func("init").call(bad));
            assertEquals(TrapCode.MEMORY_OUT_OF_BOUNDS, t.code());
            assertEquals("values", t.getStackTrace()[0].getClassName(), () -> Arrays.toString(t.getStackTrace()));
        }
        i.func("init").call(65536, 7, 0);
        i.func("drop").call();
        i.func("init").call(0, 0, 0);
        assertThrows(TrapException.class, () -> i.func("init").call(0, 0, 1));
        assertThrows(TrapException.class, () -> i.func("fill").call(65530, 0, 7));
        assertThrows(TrapException.class, () -> i.func("copy").call(0, 65530, 7));
        assertEquals(1, i.func("grow").call(3));
        i.func("fill").call(65530, 'y', 100);
        assertEquals('y', i.memory("memory").readByte(65629));
        assertEquals(-1, i.func("grow").call(65536));
    }

    @Test
    void externrefs() throws Throwable {
        Instance i = linker.instantiate(store, module("references"));
        Object o = new Object();
        assertSame(o, i.func("same").invoke(o));
        assertSame(o, (Object) i.func("same").handle().invokeExact(o));
        assertNull(i.func("same").invoke((Object) null));
        assertEquals(1, i.func("isNull").invoke((Object) null));
        assertEquals(0, i.func("isNull").invoke(o));
        i.func("keep").invoke(1, o);
        assertSame(o, i.func("kept").invoke(1));
        assertSame(o, i.table("objects").get(1));
        assertEquals(3, i.func("growObjects").invoke("new", 4));
        assertEquals("new", i.table("objects").get(6));
        assertEquals(-1, i.func("growObjects").invoke("new", 14));
        i.func("fillObjects").invoke(2, null, 3);
        assertNull(i.table("objects").get(4));
        assertEquals("new", i.table("objects").get(5));
        i.func("copyObjects").call(0, 1, 6);
        assertSame(o, i.table("objects").get(0));
        assertThrows(TrapException.class, () -> i.func("copyObjects").call(0, 1, 7));
        assertThrows(TrapException.class, () -> i.func("fillObjects").invoke(6, null, 2));
        i.table("objects").set(2, "from Java");
        assertEquals("from Java", i.func("kept").invoke(2));
    }

    @Test
    void funcrefs() {
        Instance i = linker.instantiate(store, module("references"));
        assertEquals(
                TrapCode.INDIRECT_CALL_TO_NULL,
                assertThrows(TrapException.class, () -> i.func("call").call(0)).code());
        i.func("init").call(1, 0, 2);
        assertEquals(1, i.func("call").call(1));
        assertEquals(2, i.func("call").call(2));
        Func two = (Func) i.func("two").invoke();
        assertEquals(2, two.call());
        assertSame(two, i.table("funcs").get(2));
        i.func("put").invoke(0, two);
        assertEquals(2, i.func("call").call(0));
        i.func("put").invoke(0, Func.of(store, FuncType.of(ValType.I32), (_, _, results) -> results[0] = 33));
        assertEquals(33, i.func("call").call(0));
        i.func("put").invoke(0, null);
        assertNull(i.table("funcs").get(0));
        TrapException t = assertThrows(TrapException.class, () -> i.func("init").call(2, 0, 2));
        assertEquals(TrapCode.TABLE_OUT_OF_BOUNDS, t.code());
        assertEquals("references", t.getStackTrace()[0].getClassName());
        i.func("drop").call();
        assertThrows(TrapException.class, () -> i.func("init").call(0, 0, 1));
        assertTrue(i.func("init").call(0, 0, 0) == 0);
    }
}
