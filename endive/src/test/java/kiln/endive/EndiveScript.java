package kiln.endive;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import kiln.wat.Wast;
import kiln.wat.WatException;
import run.endive.runtime.CallResult;
import run.endive.runtime.GlobalInstance;
import run.endive.runtime.HostFunction;
import run.endive.runtime.ImportGlobal;
import run.endive.runtime.ImportMemory;
import run.endive.runtime.ImportTable;
import run.endive.runtime.Instance;
import run.endive.runtime.Memory;
import run.endive.runtime.Store;
import run.endive.runtime.TableInstance;
import run.endive.runtime.WasmException;
import run.endive.runtime.WasmExternRef;
import run.endive.wasm.Parser;
import run.endive.wasm.WasmEngineException;
import run.endive.wasm.types.FunctionType;
import run.endive.wasm.types.MemoryLimits;
import run.endive.wasm.types.MutabilityType;
import run.endive.wasm.types.Table;
import run.endive.wasm.types.TableLimits;
import run.endive.wasm.types.ValType;
import run.endive.wasm.types.Value;

/** Runs the commands of a script through Endive's interfaces, with Kiln's line or without. */
final class EndiveScript {
    private final KilnGroup group;
    private final Store store = new Store();
    private final Map<String, Instance> instances = new HashMap<>();
    private final List<String> failures = new ArrayList<>();
    private final Map<String, WasmExternRef> externs = new HashMap<>();
    private Instance current;
    private int made;
    private int natives;

    EndiveScript(boolean kiln) {
        group = kiln ? KilnEndive.group() : null;
        spectest();
    }

    List<String> failures() {
        return failures;
    }

    /** Instances that were made. */
    int instances() {
        return made;
    }

    /** Those of them that run on Kiln. */
    int natives() {
        return natives;
    }

    private void spectest() {
        host("print");
        host("print_i32", ValType.I32);
        host("print_i64", ValType.I64);
        host("print_f32", ValType.F32);
        host("print_f64", ValType.F64);
        host("print_i32_f32", ValType.I32, ValType.F32);
        host("print_f64_f64", ValType.F64, ValType.F64);
        global("global_i32", Value.i32(666).raw(), ValType.I32);
        global("global_i64", 666, ValType.I64);
        global("global_f32", Float.floatToRawIntBits(666.6f), ValType.F32);
        global("global_f64", Double.doubleToRawLongBits(666.6), ValType.F64);
        MemoryLimits limits = new MemoryLimits(1, 2);
        store.addMemory(new ImportMemory(
                "spectest",
                "memory",
                group == null ? new run.endive.runtime.ByteArrayMemory(limits) : group.memory(limits)));
        MemoryLimits sharedLimits = new MemoryLimits(1, 2, true);
        Memory shared =
                group == null ? new run.endive.runtime.ByteArrayMemory(sharedLimits) : group.memory(sharedLimits);
        store.addMemory(new ImportMemory("spectest", "shared_memory", shared));
        Table table = new Table(ValType.FuncRef, new TableLimits(10, 20));
        store.addTable(new ImportTable(
                "spectest",
                "table",
                group == null
                        ? new TableInstance(table, Value.REF_NULL_VALUE)
                        : group.table(table, Value.REF_NULL_VALUE)));
    }

    private void host(String name, ValType... params) {
        store.addFunction(new HostFunction(
                "spectest", name, FunctionType.of(List.of(params), List.of()), (instance, args) -> null));
    }

    private void global(String name, long value, ValType type) {
        GlobalInstance g = GlobalInstance.builder()
                .valueLow(value)
                .valType(type)
                .mutabilityType(MutabilityType.Const)
                .build();
        store.addGlobal(new ImportGlobal("spectest", name, g));
    }

    void run(String file, byte[] text) {
        for (Wast.Command c : Wast.parse(file, text)) {
            try {
                command(c);
            } catch (AssertionError | RuntimeException e) {
                failures.add(c.line() + ": " + c.type() + ": " + e);
            }
        }
        if (group != null) {
            group.close();
        }
    }

    private void command(Wast.Command c) {
        switch (c.type()) {
            case "module" -> {
                current = null;
                if (c.name() != null) {
                    instances.remove(c.name());
                }
                current = instantiate(c.module());
                if (c.name() != null) {
                    instances.put(c.name(), current);
                }
            }
            case "register" -> store.register(c.as(), instance(c.name()));
            case "action" -> act(c.action());
            case "assert_return" -> assertReturn(c);
            case "assert_trap", "assert_exhaustion" -> {
                if (c.module() != null) {
                    assertInstantiationFails(c);
                } else {
                    assertTrap(c);
                }
            }
            case "assert_exception" -> {
                try {
                    act(c.action());
                } catch (WasmException _) {
                    return;
                }
                throw new AssertionError("no exception");
            }
            case "assert_unlinkable", "assert_uninstantiable" -> assertInstantiationFails(c);
            default -> {
                // What is about texts and validation is not about running, and threads have stores of their own.
            }
        }
    }

    /** There is no instance: an earlier command has failed already. */
    private static final class Missing extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    private Instance instance(String name) {
        Instance i = name == null ? current : instances.get(name);
        if (i == null) {
            throw new Missing();
        }
        return i;
    }

    private Instance instantiate(Wast.Module module) {
        byte[] wasm;
        try {
            wasm = module.encode();
        } catch (WatException e) {
            throw new AssertionError(e.getMessage());
        }
        Instance.Builder b = Instance.builder(Parser.parse(wasm)).withImportValues(store.toImportValues());
        Instance i = (group == null ? b : group.use(b, wasm)).build();
        made++;
        natives += KilnEndive.isNative(i) ? 1 : 0;
        return i;
    }

    // ---- actions

    private CallResult act(Wast.Action a) {
        Instance i = instance(a.module());
        if (a.type().equals("get")) {
            GlobalInstance g = i.exports().global(a.field());
            return CallResult.of(
                    g.getType().equals(ValType.V128)
                            ? new long[] {g.getValueLow(), g.getValueHigh()}
                            : new long[] {g.getValue()},
                    new Object[] {g.getRefValue(), null});
        }
        List<Long> longs = new ArrayList<>();
        List<Object> refs = new ArrayList<>();
        boolean hasRefs = false;
        for (Wast.Value v : a.args()) {
            String text = v.values().isEmpty() ? "null" : v.values().getFirst();
            switch (v.type()) {
                case "i32", "f32" -> longs.add((long) (int) integer(text));
                case "i64", "f64" -> longs.add(integer(text));
                case "v128" -> {
                    long[] halves = vector(v);
                    longs.add(halves[0]);
                    longs.add(halves[1]);
                    refs.add(null);
                }
                case "externref" -> {
                    hasRefs = true;
                    longs.add(text.equals("null") ? Value.REF_NULL_VALUE : 0L);
                    refs.add(text.equals("null") ? null : extern(text));
                    continue;
                }
                default -> {
                    hasRefs |= v.type().contains("extern") || v.type().equals("refnull");
                    longs.add(text.equals("null") ? (long) Value.REF_NULL_VALUE : integer(text));
                }
            }
            refs.add(null);
        }
        long[] args = longs.stream().mapToLong(Long::longValue).toArray();
        FunctionType type = i.exportType(a.field());
        if (type.hasObjectRefParams() || type.hasObjectRefReturns()) {
            return i.export(a.field()).applyWithRefs(args, hasRefs ? refs.toArray() : null);
        }
        return CallResult.of(i.export(a.field()).apply(args), null);
    }

    private WasmExternRef extern(String number) {
        return externs.computeIfAbsent(number, n -> new WasmExternRef(Long.parseLong(n)));
    }

    private void assertReturn(Wast.Command c) {
        CallResult r = act(c.action());
        int slot = 0;
        for (Wast.Value v : c.expected()) {
            if (!matches(v, r, slot)) {
                throw new AssertionError(c.action().field() + ": expected " + v + ", got slot " + slot + " of "
                        + java.util.Arrays.toString(r.longs()) + java.util.Arrays.toString(r.refs()));
            }
            slot += v.type().equals("v128") ? 2 : 1;
        }
        int slots = r.longs() == null ? 0 : r.longs().length;
        if (slots != slot) {
            throw new AssertionError(c.action().field() + ": " + slots + " results, not " + slot);
        }
    }

    private boolean matches(Wast.Value v, CallResult r, int slot) {
        if (!v.either().isEmpty()) {
            return v.either().stream().anyMatch(e -> matches(e, r, slot));
        }
        long actual = r.longs()[slot];
        String text = v.values().isEmpty() ? null : v.values().getFirst();
        switch (v.type()) {
            case "i32":
                return (int) actual == (int) integer(text);
            case "i64":
                return actual == integer(text);
            case "f32":
                return floatMatches(text, (int) actual);
            case "f64":
                return doubleMatches(text, actual);
            case "v128":
                return vectorMatches(v, actual, r.longs()[slot + 1]);
            case "refnull":
                return actual == Value.REF_NULL_VALUE || r.refs() != null && r.refResult(slot) == null;
            case "externref":
                Object ref = r.refResult(slot);
                return text == null ? ref != null : text.equals("null") ? ref == null : ref == extern(text);
            default:
                return text == null || !text.equals("null")
                        ? actual != Value.REF_NULL_VALUE
                        : actual == Value.REF_NULL_VALUE;
        }
    }

    private void assertTrap(Wast.Command c) {
        try {
            act(c.action());
        } catch (WasmEngineException e) {
            requireText(c.text(), e);
            return;
        }
        throw new AssertionError("no trap, expected " + c.text());
    }

    private void assertInstantiationFails(Wast.Command c) {
        try {
            instantiate(c.module());
        } catch (WasmEngineException e) {
            if (!c.type().equals("assert_unlinkable")) {
                requireText(c.text(), e);
            }
            return;
        }
        throw new AssertionError("instantiated, expected " + c.text());
    }

    /** As Endive's own suite compares: it contains the text, or says it with other words. */
    private static void requireText(String text, RuntimeException e) {
        String m = String.valueOf(e.getMessage());
        boolean ok = m.contains(text)
                || text.contains(m)
                || text.startsWith("uninitialized element") && m.contains("uninitialized element")
                || text.startsWith("null ") && m.startsWith("null ")
                || text.equals("undefined element") && m.contains("undefined element")
                || text.startsWith("out of bounds") && m.contains("undefined element");
        if (!ok) {
            throw new AssertionError("trapped with \"" + m + "\", expected \"" + text + "\"");
        }
    }

    // ---- values

    private static long integer(String text) {
        return text.startsWith("-") ? Long.parseLong(text) : Long.parseUnsignedLong(text);
    }

    private static boolean floatMatches(String text, int bits) {
        return switch (text) {
            case "nan:canonical" -> (bits & 0x7fff_ffff) == 0x7fc0_0000;
            case "nan:arithmetic" -> (bits & 0x7fc0_0000) == 0x7fc0_0000;
            default -> bits == (int) integer(text);
        };
    }

    private static boolean doubleMatches(String text, long bits) {
        return switch (text) {
            case "nan:canonical" -> (bits & Long.MAX_VALUE) == 0x7ff8_0000_0000_0000L;
            case "nan:arithmetic" -> (bits & 0x7ff8_0000_0000_0000L) == 0x7ff8_0000_0000_0000L;
            default -> bits == integer(text);
        };
    }

    private static int bits(Wast.Value v) {
        return Integer.parseInt(v.laneType().substring(1));
    }

    private static long[] vector(Wast.Value v) {
        int bits = bits(v);
        long[] halves = new long[2];
        for (int lane = 0; lane < v.values().size(); lane++) {
            long raw = integer(v.values().get(lane));
            halves[lane * bits / 64] |= (bits == 64 ? raw : raw & (1L << bits) - 1) << lane * bits % 64;
        }
        return halves;
    }

    private static boolean vectorMatches(Wast.Value v, long low, long high) {
        int bits = bits(v);
        long[] halves = {low, high};
        for (int lane = 0; lane < v.values().size(); lane++) {
            long raw = halves[lane * bits / 64] >>> lane * bits % 64;
            String text = v.values().get(lane);
            long mask = bits == 64 ? -1 : (1L << bits) - 1;
            boolean ok = switch (v.laneType()) {
                case "f32" -> floatMatches(text, (int) raw);
                case "f64" -> doubleMatches(text, raw);
                default -> (raw & mask) == (integer(text) & mask);
            };
            if (!ok) {
                return false;
            }
        }
        return true;
    }
}
