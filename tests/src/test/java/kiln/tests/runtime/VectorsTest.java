package kiln.tests.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.List;
import kiln.runtime.Func;
import kiln.runtime.FuncType;
import kiln.runtime.Global;
import kiln.runtime.GlobalType;
import kiln.runtime.Instance;
import kiln.runtime.V128;
import kiln.runtime.ValType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Vectors between Java and WebAssembly, in every form that calls, host functions and globals have. */
class VectorsTest extends RuntimeFixture {
    private static final V128 A = new V128(0x0706050403020100L, 0x0f0e0d0c0b0a0908L);
    private static final V128 B = new V128(-1, Long.MIN_VALUE);
    private static final V128 OWN = new V128(0x200000001L, 0x400000003L);

    private static final int MANY = 25_000;

    private Global imported;
    private Instance instance;

    static V128 typed(V128 v, long add) {
        return new V128(v.high() + add, v.low());
    }

    static V128 last(V128[] all) {
        return all[11];
    }

    @BeforeEach
    void instantiate() throws ReflectiveOperationException {
        ValType v = ValType.V128;
        linker.func(
                "env",
                "raw",
                new FuncType(List.of(ValType.I32, v, ValType.F32, v), List.of(v, ValType.I64, v)),
                (_, args, results) -> {
                    results[0] = args[4];
                    results[1] = args[5];
                    results[2] = args[0] + (long) Float.intBitsToFloat((int) args[3]);
                    results[3] = args[1];
                    results[4] = args[2];
                });
        MethodHandles.Lookup lookup = MethodHandles.lookup();
        MethodHandle typed = lookup.findStatic(
                VectorsTest.class, "typed", MethodType.methodType(V128.class, V128.class, long.class));
        linker.define("env", "typed", Func.of(store, typed));
        MethodHandle last =
                lookup.findStatic(VectorsTest.class, "last", MethodType.methodType(V128.class, V128[].class));
        linker.define("env", "twelve", Func.of(store, last.asCollector(V128[].class, 12)));
        imported = Global.of(store, new GlobalType(v, true), A);
        linker.define("env", "global", imported);
        linker.define("env", "fixed", Global.of(store, new GlobalType(v, false), B));
        instance = linker.instantiate(store, module("vectors"));
    }

    @Test
    void cellsObjectsAndHandles() throws Throwable {
        Func echo = instance.func("echo");
        assertEquals(FuncType.of(ValType.V128, ValType.V128), echo.type());
        assertEquals(A, echo.invoke(A));
        assertEquals(B, (V128) echo.handle().invokeExact(B));
        long[] cells = new long[2];
        echo.callRaw(new long[] {5, -6}, cells);
        assertArrayEquals(new long[] {5, -6}, cells);
        assertThrows(IllegalArgumentException.class, () -> echo.callRaw(new long[1], cells));
        assertThrows(IllegalArgumentException.class, () -> echo.callRaw(new long[2], new long[1]));
        assertThrows(IllegalStateException.class, () -> echo.call(1, 2));
        assertThrows(IllegalArgumentException.class, () -> echo.invoke(1L));
        Func swap = instance.func("swap");
        assertArrayEquals(new Object[] {B, A}, (Object[]) swap.invoke(A, B));
        assertArrayEquals(new long[] {B.low(), B.high(), A.low(), A.high()}, (long[])
                swap.handle().invokeExact(A, B));
        assertArrayEquals(
                new Object[] {B, A}, (Object[]) instance.func("indirect").invoke(A, B));
        assertEquals(A, instance.func("choose").invoke(1, A, B));
        assertEquals(B, instance.func("choose").invoke(0, A, B));
    }

    @Test
    void hostFunctionsBeforeAndAfterManyCalls() {
        Func through = instance.func("through");
        for (int i = 0; i < MANY; i++) {
            Object[] results = (Object[]) through.invoke(i, A, 2.5f, B);
            if (i % 5000 == 0 || i == MANY - 1) {
                assertArrayEquals(new Object[] {B, i + 2L, A}, results);
            }
        }
        assertArrayEquals(new Object[] {A, typed(B, 1), B}, (Object[])
                instance.func("kept").invoke(A, B));
    }

    @Test
    void tailCalls() {
        assertEquals(typed(A, 9), instance.func("tail").invoke(A, 9L));
        assertEquals(OWN, instance.func("more").invoke(A));
    }

    @Test
    void argumentsAndResultsThatFindNoRegister() {
        Object[] args = new Object[16];
        for (int i = 0; i < args.length; i++) {
            args[i] = switch (i) {
                case 1, 15 -> i;
                case 3 -> 3.5;
                case 6 -> 66L;
                case 11 -> 1.5f;
                default -> new V128(i, -i);
            };
        }
        int[] order = {14, 13, 15, 12, 10, 3, 9, 8, 6, 7, 5, 4, 2, 11, 0, 1};
        Object[] expected = new Object[16];
        for (int i = 0; i < expected.length; i++) {
            expected[i] = args[order[i]];
        }
        assertArrayEquals(expected, (Object[]) instance.func("many").invoke(args));
        assertArrayEquals(expected, (Object[]) instance.func("again").invoke(args));
    }

    @Test
    void globals() {
        assertEquals(B, instance.global("copy").get());
        Global own = instance.global("own");
        assertEquals(OWN, own.get());
        assertEquals(OWN.low(), own.getCell());
        assertThrows(IllegalStateException.class, () -> own.setCell(1));
        assertThrows(IllegalArgumentException.class, () -> own.set(1L));
        assertEquals(A, instance.func("exchange").invoke(B));
        assertEquals(OWN, imported.get());
        assertEquals(B, own.get());
        own.set(A);
        assertEquals(OWN, instance.func("exchange").invoke(B));
        assertEquals(A, imported.get());
    }
}
