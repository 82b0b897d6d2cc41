package kiln.tests.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import kiln.artifact.api.TrapCode;
import kiln.runtime.Func;
import kiln.runtime.FuncType;
import kiln.runtime.Global;
import kiln.runtime.GlobalType;
import kiln.runtime.Instance;
import kiln.runtime.LinkException;
import kiln.runtime.Memory;
import kiln.runtime.MemoryType;
import kiln.runtime.Table;
import kiln.runtime.TableType;
import kiln.runtime.TrapException;
import kiln.runtime.ValType;
import org.junit.jupiter.api.Test;

/** Instances share what they import, by reference, and nothing else. */
class LinkingTest extends RuntimeFixture {
    private Instance exporter;
    private Instance importer;

    private void link() {
        exporter = linker.instantiate(store, module("exporter"));
        linker.instance("e", exporter);
        importer = linker.instantiate(store, module("importer"));
    }

    @Test
    void calleesRunOnTheirOwnMemory() {
        link();
        assertEquals('e', importer.func("direct").call(100));
        assertEquals('i', importer.func("readOwn").call(100));
        assertEquals('e', importer.func("readShared").call(100));
        assertEquals('e', importer.func("indirect").call(0, 100));
        assertEquals('i', importer.func("indirect").call(2, 100));
        assertEquals('i', exporter.table("table").get(2) instanceof Func f ? f.call(100) : -1);
    }

    @Test
    void globalsAreShared() {
        link();
        importer.func("setGlobal").call(32);
        assertEquals(42, exporter.func("get").call(10));
        assertEquals(42, importer.func("indirect").call(1, 10));
        exporter.global("g").set(5);
        assertEquals(6, exporter.func("get").call(1));
        assertEquals(77L, importer.global("copied").get());
    }

    @Test
    void growthIsSeenByAll() {
        link();
        assertEquals(1, importer.func("growShared").call(2));
        assertEquals(3, exporter.memory("memory").pages());
        assertEquals(-1, importer.func("growShared").call(1));
        assertEquals(4, importer.func("growTable").call(3));
        assertEquals(7, exporter.table("table").size());
        assertNull(exporter.table("table").get(6));
        assertArrayEquals(
                new Object[] {3, 1, 7}, (Object[]) importer.func("sizes").invoke());
    }

    @Test
    void indirectCallsAreChecked() {
        link();
        Func f = importer.func("indirect");
        assertEquals(
                TrapCode.INDIRECT_CALL_TO_NULL,
                assertThrows(TrapException.class, () -> f.call(3, 0)).code());
        TrapCode outside = assertThrows(TrapException.class, () -> f.call(4, 0)).code();
        assertTrue(outside == TrapCode.UNDEFINED_ELEMENT || outside == TrapCode.TABLE_OUT_OF_BOUNDS, outside::name);
        exporter.table("table").set(3, exporter.func("set"));
        assertEquals(
                TrapCode.BAD_SIGNATURE,
                assertThrows(TrapException.class, () -> f.call(3, 0)).code());
    }

    @Test
    void exportsOfImportsAreTheSameObjects() {
        link();
        assertSame(exporter.func("load"), exporter.func("load"));
        assertSame(exporter.func("load"), exporter.table("table").get(0));
        assertSame(exporter.memory("memory"), exporter.memory("memory"));
    }

    @Test
    void allProblemsAreListed() {
        linker.define("e", "memory", Memory.of(store, new MemoryType(0, 1)));
        linker.define("e", "table", Table.of(store, new TableType(ValType.FUNCREF, 4, 9), null));
        linker.define("e", "g", Global.of(store, new GlobalType(ValType.I32, false), 1));
        linker.func("e", "load", FuncType.of(ValType.I64, ValType.I32), (_, _, _) -> {});
        LinkException e = assertThrows(LinkException.class, () -> linker.instantiate(store, module("importer")));
        assertEquals(5, e.problems().size(), e.getMessage());
        for (String name : new String[] {"e.memory", "e.table", "e.g", "e.load", "e.constant"}) {
            assertTrue(e.getMessage().contains(name), e.getMessage());
        }
    }

    @Test
    void hostMadeThingsCanBeImported() {
        Memory memory = Memory.of(store, new MemoryType(1, 5));
        Table table = Table.of(store, new TableType(ValType.FUNCREF, 4, 8), null);
        Global g = Global.of(store, new GlobalType(ValType.I32, true), 7);
        linker.define("e", "memory", memory)
                .define("e", "table", table)
                .define("e", "g", g)
                .define("e", "constant", Global.of(store, new GlobalType(ValType.I64, false), -1L))
                .func(
                        "e",
                        "load",
                        FuncType.of(ValType.I32, ValType.I32),
                        (c, args, results) ->
                                results[0] = c.instance().export("own") instanceof Memory m ? m.readByte(args[0]) : -1);
        importer = linker.instantiate(store, module("importer"));
        memory.writeByte(9, (byte) 99);
        assertEquals(99, importer.func("readShared").call(9));
        assertEquals('i', importer.func("direct").call(100));
        importer.func("setGlobal").call(-8);
        assertEquals(-8, g.get());
        assertEquals(1, importer.func("growShared").call(1));
        assertEquals(2, memory.pages());
        assertEquals(-1L, importer.global("copied").get());
        assertEquals('i', ((Func) table.get(2)).call(100));
    }

    @Test
    void failedInstantiationLeavesWhatItWrote() {
        exporter = linker.instantiate(store, module("exporter"));
        linker.instance("e", exporter);
        TrapException t = assertThrows(TrapException.class, () -> linker.instantiate(store, module("start")));
        assertEquals(TrapCode.UNREACHABLE, t.code());
        assertEquals("kept", exporter.memory("memory").readString(200, 4));
        assertEquals(21, ((Func) exporter.table("table").get(3)).call(7));
    }

    @Test
    void hostFunctionsCanBeCalledThroughTables() {
        Instance i = linker.instantiate(store, module("callhost"));
        Func f = Func.of(
                store,
                FuncType.of(ValType.I64, ValType.I32, ValType.I64),
                (_, args, results) -> results[0] = args[0] + args[1]);
        i.table("table").set(1, f);
        assertEquals(-1 + (5L << 40), i.func("call").call(1, -1, 5L << 40));
        i.table("table").set(1, Func.of(store, FuncType.ofVoid(), (_, _, _) -> {}));
        assertEquals(
                TrapCode.BAD_SIGNATURE,
                assertThrows(TrapException.class, () -> i.func("call").call(1, 0, 0))
                        .code());
    }

    @Test
    void aMemoryOfMoreThanTwoGigabytes() {
        Instance i = linker.instantiate(store, module("big"));
        int last = (int) ((40000L << 16) - 4);
        i.func("put").call(last, 1234);
        assertEquals(1234, i.func("at").call(last));
        assertEquals(1234, i.memory("memory").readInt((40000L << 16) - 4));
        assertEquals(40000L << 16, i.memory("memory").segment().byteSize());
        assertThrows(TrapException.class, () -> i.func("at").call(last + 1));
        assertThrows(TrapException.class, () -> i.func("at").call(-1));
    }
}
