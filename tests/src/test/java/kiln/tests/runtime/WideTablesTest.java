package kiln.tests.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import kiln.artifact.api.TrapCode;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.runtime.CompiledModule;
import kiln.runtime.Func;
import kiln.runtime.Instance;
import kiln.runtime.LinkException;
import kiln.runtime.Linker;
import kiln.runtime.Table;
import kiln.runtime.TableType;
import kiln.runtime.TrapException;
import kiln.runtime.ValType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tables with 64-bit indices, all bits of which count. */
class WideTablesTest extends RuntimeFixture {
    /** Far beyond the end of any table; a shift by three, or 32 bits of them, would be a small number. */
    private static final long[] FAR = {
        1L << 32, (1L << 32) + 1, (1L << 32) + 3, 1L << 61, (1L << 61) + 2, Long.MIN_VALUE, Long.MIN_VALUE + 2, -1, -8
    };

    private Instance instance(int level) {
        CompilerOptions options =
                CompilerOptions.defaults().withJobs(1).withCheck(true).withOptLevel(level);
        return linker.instantiate(
                store, CompiledModule.load(engine, Compiler.compile("table64.wasm", resource("table64"), options)));
    }

    private static void traps(TrapCode code, Func func, long... args) {
        TrapException e = assertThrows(TrapException.class, () -> func.call(args), () -> Arrays.toString(args));
        assertEquals(code, e.code(), () -> Arrays.toString(args));
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 0})
    void callsCompareAllBits(int level) {
        Instance i = instance(level);
        assertEquals(10, i.func("call_open").call(1));
        assertEquals(11, i.func("call_open").call(2));
        traps(TrapCode.INDIRECT_CALL_TO_NULL, i.func("call_open"), 3);
        traps(TrapCode.UNDEFINED_ELEMENT, i.func("call_open"), 4);
        assertEquals(10, i.func("call_sealed").call(2));
        assertEquals(12, i.func("call_sealed").call(4));
        traps(TrapCode.INDIRECT_CALL_TO_NULL, i.func("call_sealed"), 1);
        traps(TrapCode.INDIRECT_CALL_TO_NULL, i.func("call_sealed"), 5);
        traps(TrapCode.UNDEFINED_ELEMENT, i.func("call_sealed"), 6);
        assertEquals(11, i.func("call_known").call());
        traps(TrapCode.UNDEFINED_ELEMENT, i.func("call_known_far"));
        for (long far : FAR) {
            traps(TrapCode.UNDEFINED_ELEMENT, i.func("call_open"), far);
            traps(TrapCode.UNDEFINED_ELEMENT, i.func("call_sealed"), far);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 0})
    void instructionsCompareAllBits(int level) {
        Instance i = instance(level);
        TrapCode outside = TrapCode.TABLE_OUT_OF_BOUNDS;
        for (long far : FAR) {
            traps(outside, i.func("is_null"), far);
            traps(outside, i.func("set"), far);
            traps(outside, i.func("fill"), far, 0);
            traps(outside, i.func("fill"), 1, far);
            traps(outside, i.func("init"), far, 0, 0);
            traps(outside, i.func("copy"), far, 0, 0);
            traps(outside, i.func("copy"), 0, far, 0);
            traps(outside, i.func("copy"), 1, 1, far);
            traps(outside, i.func("from_small"), far, 0, 0);
            traps(outside, i.func("to_small"), 0, far, 0);
            assertEquals(-1, i.func("grow").call(far));
        }
        assertEquals(1, i.func("is_null").call(0));
        assertEquals(0, i.func("is_null").call(1));
        i.func("set").call(0);
        assertEquals(12, i.func("call_open").call(0));
        i.func("init").call(1, 0, 3);
        assertEquals(12, i.func("call_open").call(3));
        i.func("copy").call(0, 1, 2);
        assertEquals(10, i.func("call_open").call(0));
        i.func("from_small").call(2, 1, 2);
        assertEquals(12, i.func("call_open").call(2));
        assertEquals(13, i.func("call_open").call(3));
        i.func("to_small").call(0, 3, 1);
        traps(outside, i.func("from_small"), 3, 0, 2);
        i.func("from_small").call(0, 0, 1);
        assertEquals(13, i.func("call_open").call(0));
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 0})
    void growing(int level) {
        Instance i = instance(level);
        Table table = i.table("open");
        assertEquals(4, i.func("size").call());
        assertEquals(-1, i.func("grow").call(5));
        assertEquals(4, i.func("grow").call(4));
        assertEquals(8, i.func("size").call());
        assertEquals(new TableType(ValType.FUNCREF, 8, 8, true), table.type());
        assertEquals(12, ((Func) table.get(7)).call());
        assertThrows(IndexOutOfBoundsException.class, () -> table.get(8));
        assertThrows(IndexOutOfBoundsException.class, () -> table.get(1L << 32));
        i.func("fill").call(0, 8);
        assertEquals(12, i.func("call_open").call(0));
        traps(TrapCode.TABLE_OUT_OF_BOUNDS, i.func("fill"), 1, 8);
    }

    /** A 32-bit table is no 64-bit one, nor the other way round. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void widthsMustBeTheSame(boolean is64) {
        linker.define("env", "t", Table.of(store, new TableType(ValType.FUNCREF, 1, 2, is64), null));
        CompiledModule wide = module("takes-table64");
        if (is64) {
            assertEquals(1, linker.instantiate(store, wide).func("size").call());
        } else {
            assertThrows(LinkException.class, () -> linker.instantiate(store, wide));
        }
    }

    /** 2^64-1 is a maximum like any other, and not the same as none. */
    @ParameterizedTest
    @ValueSource(strings = {"(table %s i64 0 %s funcref)", "(memory %s i64 0 %s (pagesize 1))"})
    void theLargestMaximumIsOne(String form) {
        String largest = "0xffff_ffff_ffff_ffff";
        for (String declared : new String[] {"", largest, "0xffff_ffff_ffff_fffe"}) {
            Instance exporter =
                    linker.instantiate(store, text("(module " + form.formatted("(export \"x\")", declared) + ")"));
            for (String wanted : new String[] {"", largest, "0xffff_ffff_ffff_fffe"}) {
                Linker l = new Linker(engine).instance("m", exporter);
                CompiledModule importer = text("(module " + form.formatted("(import \"m\" \"x\")", wanted) + ")");
                boolean fits =
                        wanted.isEmpty() || declared.equals(wanted) || wanted.equals(largest) && !declared.isEmpty();
                if (fits) {
                    l.instantiate(store, importer);
                } else {
                    assertThrows(LinkException.class, () -> l.instantiate(store, importer), declared + " as " + wanted);
                }
            }
            // And is shown.
            String shown = declared.isEmpty()
                    ? "0"
                    : "0.."
                            + Long.toUnsignedString(
                                    Long.parseUnsignedLong(declared.substring(2).replace("_", ""), 16));
            String type = exporter.module().exports().getFirst().type().toString();
            assertTrue(type.contains(" " + shown + " ") || type.endsWith(" " + shown), type);
        }
    }
}
