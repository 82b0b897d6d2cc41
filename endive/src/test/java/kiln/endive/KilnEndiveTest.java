package kiln.endive;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import kiln.wat.Wat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import run.endive.runtime.ByteArrayMemory;
import run.endive.runtime.CallResult;
import run.endive.runtime.GlobalInstance;
import run.endive.runtime.HostFunction;
import run.endive.runtime.ImportFunction;
import run.endive.runtime.ImportGlobal;
import run.endive.runtime.ImportMemory;
import run.endive.runtime.ImportTable;
import run.endive.runtime.ImportValues;
import run.endive.runtime.Instance;
import run.endive.runtime.InterpreterMachine;
import run.endive.runtime.Memory;
import run.endive.runtime.TableInstance;
import run.endive.runtime.TrapException;
import run.endive.runtime.WasmException;
import run.endive.runtime.WasmFunctionHandle;
import run.endive.runtime.WasmI31Ref;
import run.endive.runtime.WasmInterruptedException;
import run.endive.runtime.WasmRuntimeException;
import run.endive.runtime.WasmStruct;
import run.endive.wasi.WasiExitException;
import run.endive.wasi.WasiOptions;
import run.endive.wasi.WasiPreview1;
import run.endive.wasm.Parser;
import run.endive.wasm.UninstantiableException;
import run.endive.wasm.UnlinkableException;
import run.endive.wasm.WasmEngineException;
import run.endive.wasm.types.FunctionType;
import run.endive.wasm.types.MemoryLimits;
import run.endive.wasm.types.MutabilityType;
import run.endive.wasm.types.Table;
import run.endive.wasm.types.TableLimits;
import run.endive.wasm.types.ValType;
import run.endive.wasm.types.Value;

/** Each line of the table that says what of Endive is what of Kiln. */
class KilnEndiveTest {
    private static final ValType I31 = nullable(ValType.TypeIdxCode.I31);

    private static ValType nullable(ValType.TypeIdxCode heap) {
        return ValType.builder()
                .withOpcode(ValType.ID.RefNull)
                .withTypeIdx(heap.code())
                .build();
    }

    private static byte[] wasm(String text) {
        return Wat.encode("test.wat", text.getBytes(StandardCharsets.UTF_8));
    }

    private static Instance build(String text, ImportValues imports) {
        byte[] wasm = wasm(text);
        Instance i = KilnEndive.use(Instance.builder(Parser.parse(wasm)).withImportValues(imports), wasm)
                .build();
        assertTrue(KilnEndive.isNative(i), "runs on Kiln");
        return i;
    }

    private static Instance build(String text) {
        return build(text, ImportValues.empty());
    }

    private static HostFunction host(String name, FunctionType type, WasmFunctionHandle handle) {
        return new HostFunction("env", name, type, handle);
    }

    private static ImportValues functions(HostFunction... functions) {
        return ImportValues.builder().addFunction(functions).build();
    }

    @Test
    void theShimIsForOldJvms() throws Exception {
        for (Class<?> c : List.of(KilnEndive.class, KilnGroup.class, Door.class)) {
            try (InputStream in = c.getResourceAsStream(c.getSimpleName() + ".class")) {
                byte[] header = in.readNBytes(8);
                assertEquals(55, header[7], c + " is for Java 11");
            }
        }
    }

    @Test
    void callsAndMultipleResults() {
        Instance i = build("(module (func (export \"swap\") (param i32 f64) (result f64 i32)"
                + " (local.get 1) (local.get 0)) (func (export \"nothing\")))");
        assertArrayEquals(
                new long[] {Double.doubleToRawLongBits(1.5), -7},
                i.export("swap").apply(-7, Double.doubleToRawLongBits(1.5)));
        assertNull(i.export("nothing").apply());
    }

    @Test
    void memoryIsOne() {
        Instance i = build("(module (memory 1 3) (data (i32.const 8) \"hello\")"
                + " (func (export \"get\") (param i32) (result i32) (i32.load8_u (local.get 0)))"
                + " (func (export \"put\") (param i32 i32) (i32.store (local.get 0) (local.get 1)))"
                + " (func (export \"grow\") (result i32) (memory.grow (i32.const 1))))");
        Memory m = i.memory();
        assertEquals("hello", m.readString(8, 5));
        m.writeByte(8, (byte) 'j');
        assertEquals('j', i.export("get").apply(8)[0]);
        i.export("put").apply(100, 0x01020304);
        assertEquals(0x01020304, m.readInt(100));
        assertEquals(0x0304, m.readShort(100));
        m.writeCString(200, "grüße");
        assertEquals("grüße", m.readCString(200));
        assertEquals(1, i.export("grow").apply()[0]);
        assertEquals(2, m.pages());
        assertEquals(2, m.grow(1));
        assertEquals(-1, m.grow(1));
        assertEquals(3 * 65536 - 1, m.pages() * 65536 - 1);
        m.writeLong(3 * 65536 - 8, -1);
        WasmRuntimeException e = assertThrows(WasmRuntimeException.class, () -> m.readLong(3 * 65536 - 7));
        assertTrue(e.getMessage().startsWith("out of bounds memory access"), e.getMessage());
        assertThrows(WasmRuntimeException.class, () -> m.read(-1));
        m.fill((byte) 7, 10, 20);
        assertEquals(7, m.read(19));
        m.zero();
        assertEquals(0, m.read(19));
        i.memory().initialize(i, i.module().dataSection().dataSegments());
        assertEquals("hello", m.readString(8, 5));
    }

    @Test
    void trapsHaveEndivesTypesAndTheFrames() {
        Instance i = build("(module $m (memory 1) (table 1 funcref)"
                + " (func $u (export \"unreachable\") unreachable)"
                + " (func (export \"load\") (drop (i32.load (i32.const 65536))))"
                + " (func (export \"div\") (result i32) (i32.div_s (i32.const 1) (i32.const 0)))"
                + " (func (export \"null\") (call_indirect (i32.const 0)))"
                + " (func $r (export \"deep\") (call $r)))");
        TrapException t =
                assertThrows(TrapException.class, () -> i.export("unreachable").apply());
        assertTrue(t.getMessage().contains("unreachable"));
        assertEquals("u", t.getStackTrace()[0].getMethodName());
        assertText(WasmRuntimeException.class, "out of bounds memory access", i, "load");
        assertText(WasmRuntimeException.class, "integer divide by zero", i, "div");
        assertText(WasmEngineException.class, "uninitialized element", i, "null");
        assertText(WasmEngineException.class, "call stack exhausted", i, "deep");
    }

    private static void assertText(Class<? extends RuntimeException> type, String text, Instance i, String export) {
        RuntimeException e = assertThrows(type, () -> i.export(export).apply());
        assertTrue(e.getMessage().startsWith(text), e.getMessage());
    }

    @Test
    void hostFunctionsSeeTheInstanceAndThrow() {
        class Mine extends RuntimeException {
            private static final long serialVersionUID = 1;
        }
        Mine mine = new Mine();
        List<String> seen = new ArrayList<>();
        Instance i = build(
                "(module (import \"env\" \"log\" (func $log (param i32 i32)))"
                        + " (import \"env\" \"fail\" (func $fail)) (memory 1) (data (i32.const 4) \"abc\")"
                        + " (func (export \"run\") (call $log (i32.const 4) (i32.const 3)))"
                        + " (func (export \"fail\") (call $fail)))",
                functions(
                        host("log", FunctionType.of(List.of(ValType.I32, ValType.I32), List.of()), (inst, args) -> {
                            seen.add(inst.memory().readString((int) args[0], (int) args[1]));
                            return null;
                        }),
                        host("fail", FunctionType.empty(), (inst, args) -> {
                            throw mine;
                        })));
        i.export("run").apply();
        assertEquals(List.of("abc"), seen);
        assertSame(mine, assertThrows(Mine.class, () -> i.export("fail").apply()));
        i.export("run").apply();
    }

    @Test
    void hostFunctionsCallBackThroughTheTable() {
        Instance i = build(
                "(module (import \"env\" \"each\" (func $each (param i32) (result i32)))"
                        + " (type $f (func (param i32) (result i32)))"
                        + " (table 4 funcref) (elem (i32.const 1) $double $add)"
                        + " (func $double (type $f) (i32.mul (local.get 0) (i32.const 2)))"
                        + " (func $add (type $f) (i32.add (local.get 0) (i32.const 100)))"
                        + " (func (export \"run\") (param i32) (result i32) (call $each (local.get 0))))",
                functions(host("each", FunctionType.of(List.of(ValType.I32), List.of(ValType.I32)), (inst, args) -> {
                    int f = inst.table(0).requiredRef((int) args[0]);
                    return inst.table(0).instance((int) args[0]).getMachine().call(f, new long[] {21});
                })));
        assertEquals(42, i.export("run").apply(1)[0]);
        assertEquals(121, i.export("run").apply(2)[0]);
        assertThrows(WasmEngineException.class, () -> i.export("run").apply(3));
        assertThrows(WasmEngineException.class, () -> i.table(0).setRef(0, 1, i), "its own table is read only");
    }

    @Test
    void exportedTablesAreShared() {
        Instance i = build("(module (type $f (func (result i32))) (table (export \"t\") 3 5 funcref)"
                + " (elem (i32.const 0) $one) (elem declare func $two)"
                + " (func $one (export \"one\") (type $f) (i32.const 1))"
                + " (func $two (export \"two\") (type $f) (i32.const 2))"
                + " (func (export \"call\") (param i32) (result i32) (call_indirect (type $f) (local.get 0)))"
                + " (func (export \"set\") (table.set (i32.const 2) (ref.func $two))))");
        TableInstance t = i.exports().table("t");
        assertEquals(3, t.size());
        assertEquals(0, t.ref(0));
        assertSame(i, t.instance(0));
        assertEquals(Value.REF_NULL_VALUE, t.ref(1));
        t.setRef(1, 1, i);
        assertEquals(2, i.export("call").apply(1)[0]);
        i.export("set").apply();
        assertEquals(1, t.ref(2));
        assertEquals(3, t.grow(2, 0, i));
        assertEquals(1, i.export("call").apply(4)[0]);
        assertEquals(-1, t.grow(1, 0, i));
        assertEquals(5, t.limits().min());
        t.reset();
        assertThrows(WasmEngineException.class, () -> i.export("call").apply(1));
    }

    @Test
    void globalsAreShared() {
        Instance i = build("(module (global $g (export \"g\") (mut i32) (i32.const 5))"
                + " (global $h (mut f64) (f64.const 1)) (global (export \"c\") i64 (i64.const -1))"
                + " (func (export \"inc\") (global.set $g (i32.add (global.get $g) (i32.const 1)))))");
        GlobalInstance g = i.exports().global("g");
        assertEquals(5, g.getValue());
        i.export("inc").apply();
        assertEquals(6, g.getValue());
        g.setValue(40);
        i.export("inc").apply();
        assertEquals(41, i.global(0).getValue());
        assertEquals(-1, i.exports().global("c").getValue());
        assertEquals(Double.doubleToRawLongBits(1), i.global(1).getValue());
    }

    @Test
    void hostGlobalsAreNeverSilentlyCopied() {
        GlobalInstance plain = GlobalInstance.builder()
                .valueLow(1)
                .valType(ValType.I32)
                .mutabilityType(MutabilityType.Var)
                .build();
        GlobalInstance ours = KilnEndive.global(10, ValType.I32, MutabilityType.Var);
        List<Long> seen = new ArrayList<>();
        Instance i = build(
                "(module (import \"env\" \"see\" (func $see)) (import \"env\" \"p\" (global $p (mut i32)))"
                        + " (import \"env\" \"o\" (global $o (mut i32)))"
                        + " (func (export \"run\") (result i32)"
                        + "  (global.set $p (i32.add (global.get $p) (i32.const 1)))"
                        + "  (global.set $o (i32.add (global.get $o) (i32.const 1)))"
                        + "  (call $see) (i32.add (global.get $p) (global.get $o))))",
                ImportValues.builder()
                        .addFunction(host("see", FunctionType.empty(), (inst, args) -> {
                            seen.add(plain.getValue());
                            seen.add(ours.getValue());
                            plain.setValue(100);
                            ours.setValue(1000);
                            return null;
                        }))
                        .addGlobal(new ImportGlobal("env", "p", plain), new ImportGlobal("env", "o", ours))
                        .build());
        plain.setValue(2);
        assertEquals(1100, i.export("run").apply()[0]);
        assertEquals(List.of(3L, 11L), seen);
        assertEquals(100, plain.getValue());
    }

    @Test
    void memoriesAndTablesOfTheHost() {
        Memory memory = KilnEndive.memory(new MemoryLimits(1, 4));
        memory.writeI32(0, 77);
        TableInstance table = KilnEndive.table(new Table(ValType.FuncRef, new TableLimits(2, 4)), Value.REF_NULL_VALUE);
        String text = "(module (import \"env\" \"m\" (memory 1 4)) (data (i32.const 8) \"seg\")"
                + " (func (export \"get\") (result i32) (i32.load (i32.const 0))))";
        ImportValues imports = ImportValues.builder()
                .addMemory(new ImportMemory("env", "m", memory))
                .addTable(new ImportTable("env", "t", table))
                .build();
        Instance a = build(text, imports);
        Instance b = build(
                "(module (import \"env\" \"m\" (memory 1 4))"
                        + " (func (export \"put\") (i32.store (i32.const 0) (i32.const 78))))",
                imports);
        assertEquals(77, a.export("get").apply()[0]);
        assertEquals("seg", memory.readString(8, 3));
        b.export("put").apply();
        assertEquals(78, a.export("get").apply()[0]);
        assertSame(memory, a.memory());
        ImportValues foreign = ImportValues.builder()
                .addMemory(new ImportMemory("env", "m", new ByteArrayMemory(new MemoryLimits(1, 4))))
                .build();
        UnlinkableException e = assertThrows(UnlinkableException.class, () -> build(text, foreign));
        assertTrue(e.getMessage().contains("KilnEndive.memory"), e.getMessage());
    }

    @Test
    void aLaterMemoryFactoryIsAnErrorThatSaysWhich() {
        byte[] wasm = wasm("(module (memory 1))");
        WasmEngineException e = assertThrows(
                WasmEngineException.class,
                () -> KilnEndive.use(Instance.builder(Parser.parse(wasm)), wasm)
                        .withMemoryFactory(ByteArrayMemory::new)
                        .build());
        assertTrue(e.getMessage().contains("withMemoryFactory"), e.getMessage());
    }

    @Test
    void aLaterMachineFactoryIsAnErrorThatSaysWhich() {
        byte[] wasm = wasm("(module (table 1 funcref))");
        WasmEngineException e = assertThrows(
                WasmEngineException.class,
                () -> KilnEndive.use(Instance.builder(Parser.parse(wasm)), wasm)
                        .withMachineFactory(InterpreterMachine::new)
                        .build());
        assertTrue(e.getMessage().contains("withMachineFactory"), e.getMessage());
    }

    @Test
    void limitsOfMemories() {
        byte[] wasm = wasm("(module (memory 1 10) (func (export \"grow\") (param i32) (result i32)"
                + " (memory.grow (local.get 0))))");
        Instance i = KilnEndive.use(Instance.builder(Parser.parse(wasm)).withMemoryLimits(new MemoryLimits(2, 3)), wasm)
                .build();
        assertEquals(2, i.memory().pages());
        assertEquals(2, i.export("grow").apply(1)[0]);
        assertEquals(-1, i.export("grow").apply(1)[0]);
        Instance.Builder more =
                KilnEndive.use(Instance.builder(Parser.parse(wasm)).withMemoryLimits(new MemoryLimits(1, 30)), wasm);
        assertThrows(UnsupportedOperationException.class, more::build);
    }

    @Test
    void startFunctionsStartOnce() {
        List<String> seen = new ArrayList<>();
        String text = "(module (import \"env\" \"log\" (func $log)) (global $g (mut i32) (i32.const 3))"
                + " (func $init (global.set $g (i32.const 4)) (call $log))"
                + " (func (export \"_start\") (call $log)) (start $init))";
        byte[] wasm = wasm(text);
        ImportValues imports = functions(host("log", FunctionType.empty(), (inst, args) -> {
            seen.add("g=" + inst.global(0).getValue());
            return null;
        }));
        Instance i = KilnEndive.use(
                        Instance.builder(Parser.parse(wasm))
                                .withImportValues(imports)
                                .withStart(false),
                        wasm)
                .build();
        assertEquals(List.of("g=4"), seen);
        i.export("_start").apply();
        assertEquals(2, seen.size());
    }

    @Test
    void instantiationFailsWithTheText() {
        UninstantiableException e = assertThrows(
                UninstantiableException.class, () -> build("(module (memory 1) (data (i32.const 65536) \"x\"))"));
        assertEquals("out of bounds memory access", e.getMessage());
        assertThrows(UninstantiableException.class, () -> build("(module (func $f unreachable) (start $f))"));
    }

    @Test
    @Timeout(900)
    void interruptsStopLoops() throws Exception {
        Instance i = build("(module (func (export \"spin\") (loop (br 0))) (func (export \"ok\")))");
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        CountDownLatch begun = new CountDownLatch(1);
        Thread t = new Thread(() -> {
            begun.countDown();
            try {
                i.export("spin").apply();
            } catch (Throwable e) {
                thrown.set(e);
            }
        });
        t.start();
        begun.await();
        t.interrupt();
        t.join();
        assertInstanceOf(WasmInterruptedException.class, thrown.get());
        i.export("ok").apply();
        Thread.currentThread().interrupt();
        assertThrows(WasmInterruptedException.class, () -> i.export("ok").apply());
        assertTrue(Thread.interrupted());
        i.export("ok").apply();
    }

    @Test
    void anyThreadMayCallNext() throws Exception {
        Instance i = build("(module (memory 1) (func (export \"f\") (result i32)"
                + " (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))"
                + " (i32.load (i32.const 0))))");
        AtomicReference<Throwable> failed = new AtomicReference<>();
        for (int n = 0; n < 4; n++) {
            i.memory().readInt(0);
            Thread t = Thread.ofVirtual().start(() -> {
                try {
                    i.export("f").apply();
                    i.memory().readInt(0);
                } catch (Throwable e) {
                    failed.set(e);
                }
            });
            t.join();
            i.export("f").apply();
        }
        assertNull(failed.get());
        assertEquals(8, i.memory().readInt(0));
    }

    @Test
    void referencesCross() {
        Object object = new Object();
        Instance i = build(
                "(module (import \"env\" \"id\" (func $id (param externref) (result externref)))"
                        + " (func (export \"through\") (param i32 externref) (result externref i32)"
                        + "  (call $id (local.get 1)) (local.get 0))"
                        + " (func $f (export \"f\") (result i32) (i32.const 9))"
                        + " (elem declare func $f)"
                        + " (func (export \"ref\") (result funcref) (ref.func $f))"
                        + " (func (export \"isNull\") (param funcref) (result i32) (ref.is_null (local.get 0))))",
                functions(new HostFunction(
                        "env",
                        "id",
                        FunctionType.of(List.of(ValType.ExternRef), List.of(ValType.ExternRef)),
                        new WasmFunctionHandle() {
                            @Override
                            public long[] apply(Instance instance, long... args) {
                                throw new AssertionError("externrefs come as objects");
                            }

                            @Override
                            public CallResult applyWithRefs(Instance instance, long[] args, Object[] refs) {
                                return CallResult.of(new long[] {args[0]}, refs);
                            }
                        })));
        CallResult r = i.export("through").applyWithRefs(new long[] {3, 0}, new Object[] {null, object});
        assertSame(object, r.refResult(0));
        assertEquals(3, r.longResult(1));
        assertNull(i.export("through")
                .applyWithRefs(new long[] {3, 0}, new Object[] {null, null})
                .refResult(0));
        long f = i.export("ref").apply()[0];
        assertEquals(9, i.getMachine().call((int) f, new long[0])[0]);
        assertEquals(0, i.export("isNull").apply(f)[0]);
        assertEquals(1, i.export("isNull").apply(Value.REF_NULL_VALUE)[0]);
    }

    @Test
    void exceptionsOfWebAssembly() {
        Instance i = build(
                "(module (import \"env\" \"host\" (func $host)) (tag $t (export \"t\") (param i32))"
                        + " (func (export \"throw\") (throw $t (i32.const 7)))"
                        + " (func (export \"catch\") (result i32)"
                        + "  (block $h (result i32) (try_table (catch $t $h) (call $host)) (i32.const 0))))",
                functions(host("host", FunctionType.empty(), (inst, args) -> {
                    throw WasmException.builder()
                            .instance(inst)
                            .tagIdx(0)
                            .args(new long[] {55})
                            .build();
                })));
        WasmException e =
                assertThrows(WasmException.class, () -> i.export("throw").apply());
        assertSame(i, e.instance());
        assertEquals(0, e.tagIdx());
        assertArrayEquals(new long[] {7}, e.args());
        assertEquals(55, i.export("catch").apply()[0]);
    }

    @Test
    void instancesOfAGroupLink() {
        try (KilnGroup group = KilnEndive.group()) {
            byte[] a = wasm("(module (memory (export \"m\") 1) (table (export \"t\") 2 funcref)"
                    + " (global (export \"g\") (mut i32) (i32.const 1))"
                    + " (func (export \"f\") (result i32) (i32.load (i32.const 0))))");
            Instance first = group.use(Instance.builder(Parser.parse(a)), a).build();
            byte[] b = wasm("(module (import \"a\" \"m\" (memory 1)) (import \"a\" \"t\" (table 2 funcref))"
                    + " (import \"a\" \"g\" (global $g (mut i32))) (import \"a\" \"f\" (func $f (result i32)))"
                    + " (elem (i32.const 1) $k) (func $k (result i32) (i32.const 5))"
                    + " (func (export \"run\") (result i32) (global.set $g (i32.const 8))"
                    + "  (i32.store (i32.const 0) (i32.const 33)) (call $f)))");
            run.endive.runtime.Store store = new run.endive.runtime.Store().register("a", first);
            Instance second = group.use(Instance.builder(Parser.parse(b)).withImportValues(store.toImportValues()), b)
                    .build();
            assertEquals(33, second.export("run").apply()[0]);
            assertEquals(8, first.exports().global("g").getValue());
            assertSame(second, first.table(0).instance(1));
            assertEquals(1, first.table(0).ref(1));
            assertNotNull(ImportFunction.exportAsImport("x", "f", first, "f"));
        }
    }

    @Test
    void wasiExitsAndPrints(@TempDir Path folder) throws Exception {
        byte[] wasm = wasm("(module (import \"wasi_snapshot_preview1\" \"proc_exit\" (func $exit (param i32)))"
                + " (memory (export \"memory\") 1) (func (export \"_start\") (call $exit (i32.const 3))))");
        Path file = Files.write(folder.resolve("exit.wasm"), wasm);
        try (WasiPreview1 wasi = WasiPreview1.builder()
                .withOptions(WasiOptions.builder().build())
                .build()) {
            Instance.Builder b = KilnEndive.use(
                    Instance.builder(Parser.parse(wasm))
                            .withImportValues(ImportValues.builder()
                                    .addFunction(wasi.toHostFunctions())
                                    .build()),
                    file);
            WasiExitException e = assertThrows(WasiExitException.class, b::build);
            assertEquals(3, e.exitCode());
        }
    }

    @Test
    void closedInstancesSaySo() {
        Instance i = build("(module (func (export \"f\")))");
        i.close();
        i.close();
        assertThrows(IllegalStateException.class, () -> i.export("f").apply());
    }

    /** Objects that stay inside are Kiln's business alone: also those that globals and tables begin with. */
    @Test
    void objectsStayInside() {
        Instance i = build("(module (rec (type $pair (struct (field i32) (field (ref null $row))))"
                + " (type $row (array (mut i64))))"
                + " (global $first (mut (ref null $pair)) (struct.new $pair (i32.const 6) (ref.null $row)))"
                + " (global $row (ref $row) (array.new_fixed $row 2 (i64.const 30) (i64.const 12)))"
                + " (table 2 2 anyref (ref.i31 (i32.const 5)))"
                + " (func (export \"first\") (result i32) (struct.get $pair 0 (global.get $first)))"
                + " (func (export \"sum\") (result i64) (global.set $first (struct.new $pair (i32.const 7)"
                + "   (global.get $row)))"
                + "  (i64.add (array.get $row (struct.get $pair 1 (global.get $first)) (i32.const 0))"
                + "   (array.get $row (struct.get $pair 1 (global.get $first)) (i32.const 1))))"
                + " (func (export \"i31\") (result i32) (i31.get_s (ref.cast i31ref (table.get (i32.const 1)))))"
                + " (func (export \"none\") (result i32) (struct.get $pair 0 (ref.null $pair))))");
        assertEquals(6, i.export("first").apply()[0]);
        assertEquals(42, i.export("sum").apply()[0]);
        assertEquals(7, i.export("first").apply()[0]);
        assertEquals(5, i.export("i31").apply()[0]);
        assertThrows(TrapException.class, () -> i.export("none").apply());
    }

    @Test
    void i31sCross() {
        List<Object> seen = new ArrayList<>();
        FunctionType type = FunctionType.of(List.of(I31), List.of(I31));
        Instance i = build(
                "(module (import \"env\" \"id\" (func $id (param i31ref) (result i31ref)))"
                        + " (global (export \"g\") (mut i31ref) (ref.i31 (i32.const 3)))"
                        + " (func (export \"through\") (param i31ref i32) (result i31ref)"
                        + "  (global.set 0 (ref.i31 (local.get 1))) (call $id (local.get 0))))",
                functions(new HostFunction("env", "id", type, new WasmFunctionHandle() {
                    @Override
                    public long[] apply(Instance instance, long... args) {
                        throw new AssertionError("i31s come as objects");
                    }

                    @Override
                    public CallResult applyWithRefs(Instance instance, long[] args, Object[] refs) {
                        seen.add(refs[0]);
                        return CallResult.of(null, refs);
                    }
                })));
        GlobalInstance g = i.exports().global("g");
        assertEquals(new WasmI31Ref(3), g.getRefValue());
        WasmI31Ref minusTwo = new WasmI31Ref(-2);
        assertEquals(
                minusTwo,
                i.export("through")
                        .applyWithRefs(new long[] {0, 9}, new Object[] {minusTwo})
                        .refResult(0));
        assertEquals(new WasmI31Ref(9), g.getRefValue());
        assertNull(i.export("through")
                .applyWithRefs(new long[] {0, 9}, new Object[2])
                .refResult(0));
        assertEquals(List.of(minusTwo), seen.stream().filter(Objects::nonNull).toList());
        g.setRefValue(minusTwo);
        assertEquals(minusTwo, g.getRefValue());
        IllegalArgumentException e = assertThrows(
                IllegalArgumentException.class,
                () -> i.export("through").applyWithRefs(new long[2], new Object[] {new WasmStruct(0, new long[1])}));
        assertTrue(e.getMessage().contains("WasmStruct"), e.getMessage());
    }

    /** An exception that nobody catches may have objects of Kiln's, which the host can hand back as they are. */
    @Test
    void objectsInExceptions() {
        Instance i = build(
                "(module (type $s (struct (field i32))) (import \"env\" \"call\" (func $call))"
                        + " (tag $t (param (ref $s) i32))"
                        + " (func (export \"throw\") (throw $t (struct.new $s (i32.const 8)) (i32.const 4)))"
                        + " (func (export \"catch\") (result i32) (local $got (ref null $s))"
                        + "  (block $h (result (ref $s) i32) (try_table (catch $t $h) (call $call)) (unreachable))"
                        + "  (drop) (local.set $got) (struct.get $s 0 (local.get $got))))",
                functions(host("call", FunctionType.empty(), (instance, args) -> {
                    instance.export("throw").apply();
                    return null;
                })));
        WasmException e =
                assertThrows(WasmException.class, () -> i.export("throw").apply());
        assertNotNull(e.refArgs()[0]);
        assertEquals(4, e.args()[1]);
        assertEquals(8, i.export("catch").apply()[0]);
    }

    @Test
    void modulesWhoseObjectsComeOutAreLeftToEndive() {
        for (String text : List.of(
                "(func (export \"f\") (result (ref $s)) (struct.new $s (i32.const 6)))",
                "(func (export \"f\") (param anyref))",
                "(global (export \"f\") (ref null $s) (ref.null $s))",
                "(table (export \"f\") 1 eqref)",
                "(tag (export \"f\") (param arrayref))",
                "(import \"env\" \"f\" (func (param structref)))",
                "(global externref (extern.convert_any (ref.i31 (i32.const 1))))")) {
            byte[] wasm = wasm("(module (type $s (struct (field i32)))" + text + ")");
            FunctionType taken = FunctionType.of(List.of(nullable(ValType.TypeIdxCode.STRUCT)), List.of());
            List<String> said = new ArrayList<>();
            Handler listener = new Handler() {
                @Override
                public void publish(LogRecord r) {
                    said.add(r.getMessage());
                }

                @Override
                public void flush() {}

                @Override
                public void close() {}
            };
            Logger logger = Logger.getLogger("kiln.endive");
            logger.addHandler(listener);
            Instance i;
            try {
                i = KilnEndive.use(
                                Instance.builder(Parser.parse(wasm))
                                        .withImportValues(functions(host("f", taken, (at, a) -> null))),
                                wasm)
                        .withInitialize(false)
                        .build();
            } finally {
                logger.removeHandler(listener);
            }
            assertFalse(KilnEndive.isNative(i), text);
            assertEquals(1, said.size(), text);
            assertTrue(said.getFirst().contains(text.contains("\"f\"") ? "f, through" : "0xfb 27"), said.getFirst());
        }
        assertNull(KilnEndive.whyNot(), "which is about the process, not about one module");
    }

    /** As Endive's interpreter takes them; of references alone, no numbers need be given. */
    @Test
    void missingArgumentsAreZero() {
        Instance i = build("(module (func (export \"f\") (param i32 i64) (result i64)"
                + " (i64.add (i64.extend_i32_s (local.get 0)) (local.get 1)))"
                + " (func (export \"g\") (param externref) (result externref) (local.get 0)))");
        assertEquals(5, i.export("f").apply(5)[0]);
        assertEquals(0, i.export("f").apply()[0]);
        Object object = new Object();
        assertSame(
                object,
                i.export("g").applyWithRefs(new long[0], new Object[] {object}).refResult(0));
    }

    @Test
    void theHostsStackOverflow() {
        Instance i = build(
                "(module (import \"env\" \"f\" (func $f)) (func (export \"g\") (call $f)))",
                functions(host("f", FunctionType.empty(), (instance, args) -> {
                    throw new StackOverflowError("made up");
                })));
        WasmEngineException e =
                assertThrows(WasmEngineException.class, () -> i.export("g").apply());
        assertEquals("call stack exhausted", e.getMessage());
        assertInstanceOf(StackOverflowError.class, e.getCause());
    }

    @Test
    void codeOfAnotherModuleIsRefused() {
        byte[] wasm = wasm("(module (func (export \"f\")))");
        byte[] other = wasm("(module (func (export \"g\")))");
        IllegalArgumentException e = assertThrows(
                IllegalArgumentException.class,
                () -> KilnEndive.use(Instance.builder(Parser.parse(wasm)), other)
                        .build());
        assertTrue(e.getMessage().contains("another module"), e.getMessage());
    }

    /** Prints why Kiln cannot run. */
    static final class WhyNot {
        private WhyNot() {}

        public static void main(String[] args) {
            System.out.println(KilnEndive.whyNot());
        }
    }

    @Test
    void withoutNativeAccessItSaysWhatToDo() throws Exception {
        Process p = new ProcessBuilder(
                        // The command that starts an emulated JVM is not what such a JVM takes itself for.
                        System.getProperty("jvm", System.getProperty("java.home") + "/bin/java"),
                        "--illegal-native-access=deny",
                        "-cp",
                        System.getProperty("java.class.path"),
                        WhyNot.class.getName())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String why = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, p.waitFor());
        assertTrue(why.contains("start it with --enable-native-access=ALL-UNNAMED"), why);
    }
}
