package kiln.tests.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import kiln.artifact.api.TrapCode;
import kiln.runtime.CompiledModule;
import kiln.runtime.Extern;
import kiln.runtime.Func;
import kiln.runtime.FuncType;
import kiln.runtime.Global;
import kiln.runtime.GlobalType;
import kiln.runtime.HostFunction;
import kiln.runtime.Instance;
import kiln.runtime.LinkException;
import kiln.runtime.Linker;
import kiln.runtime.Store;
import kiln.runtime.Table;
import kiln.runtime.TableType;
import kiln.runtime.TrapException;
import kiln.runtime.ValType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** References from Java, as numbers or objects: what is none of the store's own is refused wherever it enters. */
class ReferenceCellsTest extends RuntimeFixture {
    /** So many calls of a raw host function make the runtime spin an adapter for it. */
    private static final int MANY_CALLS = 10_100;

    private static final ValType.Ref FUNCREF = ValType.FUNCREF;
    private static final ValType.Ref EXTERNREF = ValType.EXTERNREF;

    private CompiledModule module;
    /** What the host functions answer. */
    private long given;

    private long taken;
    private Instance instance;

    @BeforeEach
    void instantiate() {
        module = module("cells");
        instance = cells(store, (_, _, results) -> results[results.length - 1] = given);
    }

    /** An instance whose imports answer so. */
    private Instance cells(Store s, HostFunction give) {
        FuncType one = (FuncType) module.imports().get(1).type();
        Linker l = new Linker(engine)
                .func("e", "give", new FuncType(List.of(), List.of(FUNCREF)), give)
                .func("e", "give one", one, give)
                .func("e", "give two", new FuncType(List.of(), List.of(ValType.I32, FUNCREF)), give)
                .func("e", "give object", new FuncType(List.of(), List.of(EXTERNREF)), give)
                .func("e", "take", FuncType.of(ValType.I32, FUNCREF, ValType.I32), (_, args, results) -> {
                    taken = args[0];
                    results[0] = args[1];
                });
        return l.instantiate(s, module);
    }

    private long call(String function, long... args) {
        return instance.func(function).call(args);
    }

    private static long[] raw(Func f, long... args) {
        long[] results = new long[f.type().resultCells()];
        f.callRaw(args, results);
        return results;
    }

    @Test
    void cellsOfTheStoreGoInAndOut() throws Throwable {
        long one = call("refer one");
        assertEquals(one, store.toCell(FUNCREF, instance.func("one")));
        assertSame(instance.func("one"), store.fromCell(FUNCREF, one));
        long wide = call("refer wide");
        assertArrayEquals(new long[] {one, wide}, raw(instance.func("refer both")));
        assertArrayEquals(new long[] {one, wide}, (long[])
                instance.func("refer both").handle().invokeExact());
        call("set", 2, one);
        assertSame(instance.func("one"), instance.table("table").get(2));
        assertEquals(1, call("call", 2));
        assertEquals(4, call("grow", wide));
        assertSame(instance.func("wide"), instance.table("table").get(4));
        call("set global", one);
        assertEquals(one, instance.global("global").getCell());
        assertEquals(1, call("call typed", one));
        assertEquals(1, raw(instance.func("call nullable"), 7, one)[0]);
        given = one;
        for (int i = 0; i < MANY_CALLS; i++) {
            assertEquals(1, call("ask one"));
        }
        for (int i = 0; i < MANY_CALLS; i++) {
            taken = 0;
            assertEquals(5, call("show"));
            assertEquals(one, taken);
        }
        call("ask two");
        assertEquals(1, call("call", 0));
        given = 0;
        call("ask");
        call("set", 2, 0);
        call("set global", 0);
        assertNull(instance.table("table").get(0));
        assertNull(instance.table("table").get(2));
        assertNull(instance.global("global").get());
        assertNull(store.fromCell(FUNCREF, 0));
        assertEquals(0, instance.global("global").getCell());
    }

    @Test
    void functionsOfTheHostAndManyInstancesHaveCells() {
        List<Long> cells = new ArrayList<>();
        List<Func> funcs = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            int answer = 100 + i;
            Func f = i % 2 == 0
                    ? cells(store, (_, _, _) -> {}).func("one")
                    : Func.of(store, FuncType.of(ValType.I32), (_, _, results) -> results[0] = answer);
            funcs.add(f);
            cells.add(store.toCell(FUNCREF, f));
            call("set", 0, cells.getFirst());
        }
        for (int i = cells.size() - 1; i >= 0; i--) {
            assertSame(funcs.get(i), store.fromCell(FUNCREF, cells.get(i)));
            call("set", 0, cells.get(i));
            assertEquals(i % 2 == 0 ? 1 : 100 + i, call("call", 0));
            assertEquals(i % 2 == 0 ? 1 : 100 + i, call("call typed", cells.get(i)));
        }
    }

    /** By what they are. */
    private Map<String, Long> wrong(Store closed, Store open) {
        long own = call("refer one");
        long ofClosed = cells(closed, (_, _, _) -> {}).func("refer one").call();
        closed.close();
        Map<String, Long> wrong = new LinkedHashMap<>();
        wrong.put("a small number", 0x1234L);
        wrong.put("one", 1L);
        wrong.put("all ones", -1L);
        wrong.put("the sign", Long.MIN_VALUE);
        for (int distance : new int[] {1, 8, 16, -8, 1 << 20, 1 << 30, -(1 << 30)}) {
            wrong.put("a reference and " + distance, own + distance);
        }
        for (int bit = 40; bit < 64; bit++) {
            wrong.put("a reference without bit " + bit, own ^ 1L << bit);
        }
        wrong.put("an address", own & -1L >>> 16);
        wrong.put("another kind", store.toCell(EXTERNREF, "object"));
        wrong.put("of a closed store", ofClosed);
        // It has the memory of the closed one, and the same at the same places.
        wrong.put(
                "of another store",
                cells(open, (_, _, _) -> {}).func("refer one").call());
        return wrong;
    }

    private void assertRefused(Map<String, Long> cells, Map<String, LongConsumer> ways) {
        cells.forEach((what, cell) -> ways.forEach((where, way) -> {
            String message = assertThrows(
                            IllegalArgumentException.class, () -> way.accept(cell), what + " by way of " + where)
                    .getMessage();
            assertTrue(message.startsWith("0x" + Long.toHexString(cell) + " is no "), message);
            assertTrue(message.contains(" of this store"), message);
            assertNull(instance.table("table").get(0), where);
            assertNull(instance.table("objects").get(0), where);
            assertNull(instance.global("global").get(), where);
            assertEquals(4, instance.table("table").size());
        }));
    }

    /** Gives an answer of host functions. */
    private LongConsumer answering(Func f) {
        return cell -> {
            given = cell;
            f.call();
        };
    }

    private Map<String, LongConsumer> waysIn() throws ReflectiveOperationException {
        Map<String, LongConsumer> ways = new LinkedHashMap<>();
        ways.put("fromCell", cell -> store.fromCell(FUNCREF, cell));
        ways.put("table.set", cell -> call("set", 0, cell));
        ways.put("table.fill", cell -> call("fill", cell));
        ways.put("table.grow", cell -> call("grow", cell));
        ways.put("global.set", cell -> call("set global", cell));
        ways.put("callRaw", cell -> raw(instance.func("set"), 0, cell));
        ways.put("call_ref", cell -> call("call typed", cell));
        ways.put("call_ref of a second parameter", cell -> call("call nullable", 0, cell));
        ways.put("host function", answering(instance.func("ask")));
        ways.put("host function of a type", answering(instance.func("ask one")));
        ways.put("host function of several results", answering(instance.func("ask two")));
        Func host = Func.of(store, FuncType.of(FUNCREF), (_, _, results) -> results[0] = given);
        ways.put("host function that Java calls", answering(host));
        MethodHandle two = MethodHandles.lookup()
                .findVirtual(ReferenceCellsTest.class, "two", MethodType.methodType(long[].class))
                .bindTo(this);
        linker.func("e", "give", FuncType.of(FUNCREF), (_, _, _) -> {})
                .func("e", "give one", (FuncType) module.imports().get(1).type(), (_, _, _) -> {})
                .func("e", "give two", new FuncType(List.of(), List.of(ValType.I32, FUNCREF)), two)
                .func("e", "give object", FuncType.of(EXTERNREF), (_, _, _) -> {})
                .func("e", "take", FuncType.of(ValType.I32, FUNCREF, ValType.I32), (_, _, _) -> {});
        Instance typed = linker.instantiate(store, module);
        ways.put("method with several results", answering(typed.func("ask two")));
        ways.put(
                "host function as parameter",
                cell -> Func.of(store, FuncType.ofVoid(FUNCREF), (_, _, _) -> {})
                        .call(cell));
        return ways;
    }

    @SuppressWarnings("unused") // found by its name
    private long[] two() {
        return new long[] {1, given};
    }

    @Test
    void otherNumbersAreRefusedWhereverTheyEnter() throws ReflectiveOperationException {
        try (Store closed = new Store(engine);
                Store open = new Store(engine)) {
            assertRefused(wrong(closed, open), waysIn());
            given = call("refer one");
            for (int i = 0; i < MANY_CALLS; i++) {
                call("ask");
            }
            call("set", 0, 0);
            // Now with an adapter of its own.
            Map<String, LongConsumer> ask = Map.of("frequent host function", answering(instance.func("ask")));
            try (Store second = new Store(engine)) {
                assertRefused(wrong(second, open), ask);
            }
        }
    }

    @Test
    void memoryOfAClosedStoreIsAnotherStoresThen() {
        Store closed = new Store(engine);
        long cell = cells(closed, (_, _, _) -> {}).func("refer one").call();
        Func f = cells(closed, (_, _, _) -> {}).func("one");
        closed.close();
        for (int i = 0; i < 3; i++) {
            try (Store next = new Store(engine)) {
                Instance there = cells(next, (_, _, _) -> {});
                assertThrows(
                        IllegalArgumentException.class, () -> there.func("set").call(0, cell));
                assertThrows(IllegalArgumentException.class, () -> next.fromCell(FUNCREF, cell));
                assertThrows(
                        IllegalArgumentException.class,
                        () -> there.table("table").set(0, f));
                assertNull(there.table("table").get(0));
            }
        }
        assertThrows(IllegalStateException.class, () -> closed.fromCell(FUNCREF, cell));
    }

    @Test
    void externrefsThatAreNoneAreRefusedWhereTheyEnter() {
        Map<String, LongConsumer> ways = new LinkedHashMap<>();
        ways.put("fromCell", cell -> store.fromCell(EXTERNREF, cell));
        ways.put("table.set", cell -> call("set object", cell));
        ways.put("host function", answering(instance.func("ask object")));
        long object = store.toCell(EXTERNREF, "object");
        try (Store other = new Store(engine)) {
            Map<String, Long> wrong = new LinkedHashMap<>();
            wrong.put("a number", 1L);
            wrong.put("the next number", object + 1);
            wrong.put("the number below", object - 1);
            wrong.put("a function", call("refer one"));
            wrong.put("of another store", other.toCell(EXTERNREF, "object"));
            assertRefused(wrong, ways);
        }
        for (int i = 0; i < MANY_CALLS; i++) {
            given = object;
            call("ask object");
            assertEquals("object", instance.table("objects").get(0));
        }
        assertEquals("object", store.fromCell(EXTERNREF, object));
    }

    @Test
    void cellsHaveTypes() {
        long wide = call("refer wide");
        String message = "func [i64] -> [i64] is no (ref type ";
        given = wide;
        for (Executable use : List.<Executable>of(
                () -> call("call typed", wide),
                () -> call("ask one"),
                () -> instance.func("call typed").invoke(instance.func("wide")),
                () -> store.fromCell(typed(), wide))) {
            String m = assertThrows(IllegalArgumentException.class, use).getMessage();
            assertTrue(m.startsWith(message), m);
        }
        given = 0;
        for (Executable use : List.<Executable>of(
                () -> call("call typed", 0),
                () -> call("ask one"),
                () -> instance.func("call typed").invoke((Object) null),
                () -> store.fromCell(typed(), 0))) {
            String m = assertThrows(IllegalArgumentException.class, use).getMessage();
            assertTrue(m.startsWith("null is no (ref type "), m);
        }
        assertEquals(
                TrapCode.NULL_REFERENCE,
                assertThrows(TrapException.class, () -> call("call nullable", 0, 0))
                        .code());
    }

    private ValType.Ref typed() {
        return (ValType.Ref) instance.func("call typed").type().params().getFirst();
    }

    @Test
    void objectsOfOtherStoresAreRefused() {
        try (Store open = new Store(engine)) {
            Store closed = new Store(engine);
            List<Instance> others = List.of(cells(open, (_, _, _) -> {}), cells(closed, (_, _, _) -> {}));
            List<List<Extern>> exports = others.stream()
                    .map(o -> List.of(o.func("one"), o.table("table"), o.global("global")))
                    .toList();
            closed.close();
            for (List<Extern> foreign : exports) {
                Object f = foreign.getFirst();
                for (Executable use : List.<Executable>of(
                        () -> store.toCell(FUNCREF, f),
                        () -> instance.table("table").set(0, f),
                        () -> instance.table("table").grow(1, f),
                        () -> instance.global("global").set(f),
                        () -> instance.func("set").invoke(0, f),
                        () -> instance.func("set global").handle().invoke((Func) f),
                        () -> Table.of(store, new TableType(FUNCREF, 1, 1), f),
                        () -> Global.of(store, new GlobalType(FUNCREF, true), f))) {
                    assertEquals(
                            "the function belongs to another store",
                            assertThrows(IllegalArgumentException.class, use).getMessage());
                }
                for (Extern e : foreign) {
                    Linker l = new Linker(engine).define("m", "n", e);
                    assertThrows(LinkException.class, () -> importer(l, e));
                }
            }
        }
    }

    /** Links {@code cells} with something in each place where it might fit. */
    private void importer(Linker l, Extern e) {
        for (String name : List.of("give", "give one", "give two", "give object", "take")) {
            l.define("e", name, e);
        }
        l.instantiate(store, module);
    }

    @Test
    void importsMustBeThere() {
        assertThrows(NullPointerException.class, () -> Instance.create(store, module, Arrays.asList(new Extern[5])));
        assertThrows(IllegalArgumentException.class, () -> Instance.create(store, module, List.of()));
    }
}
