package kiln.codegen.testing;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import kiln.artifact.FuncKey;
import kiln.artifact.StoreLayout;
import kiln.artifact.VMContextLayout;
import kiln.artifact.api.TrapCode;
import kiln.codegen.Backend;
import kiln.codegen.CodegenOptions;
import kiln.codegen.CompiledFunction;
import kiln.codegen.Relocation;
import kiln.ir.Builder;
import kiln.ir.CallTarget;
import kiln.ir.Function;
import kiln.ir.MemoryOp;
import kiln.ir.Parser;
import kiln.ir.Region;
import kiln.ir.Signature;
import kiln.ir.Type;
import kiln.ir.Value;
import kiln.ir.pass.Pipeline;
import kiln.ir.testing.IrExecution;
import kiln.ir.testing.ProgramExecution;

/**
 * Compiles IR and runs it in this process, through the loader's stubs and in a VMContext of its own. The JVM must run
 * on the instruction set of the back end, natively or emulated.
 */
public final class Machine implements AutoCloseable {
    /**
     * What runs code of one instruction set.
     *
     * @param arch what the system property {@code os.arch} must be
     * @param stubs the image of the loader's stubs
     * @param features all CPU features that the back end knows, without those that this machine lacks if it is of the
     *     instruction set
     * @param vectorFeatures sets of features between none and all, with each of which vectors are lowered differently
     */
    public record Target(
            String arch, Backend backend, byte[] stubs, Set<String> features, List<Set<String>> vectorFeatures) {
        /** Whether this JVM can execute the code. */
        public boolean isHost() {
            return System.getProperty("os.arch").equals(arch);
        }

        /** The sets of features to test with: none and all. */
        public List<Set<String>> featureSets() {
            return List.of(Set.of(), features);
        }

        /** The sets of features to test vectors with, as far as this machine has them. */
        public List<Set<String>> vectorFeatureSets() {
            Set<Set<String>> all = new LinkedHashSet<>();
            all.add(Set.of());
            vectorFeatures.stream().filter(features::containsAll).forEach(all::add);
            all.add(features);
            return List.copyOf(all);
        }
    }

    /**
     * The outcome of a call.
     *
     * @param results as in {@link IrExecution}, null if it trapped
     * @param backtraceCount how many return addresses were above the trap
     */
    public record Outcome(long[] results, TrapCode trap, long backtraceCount) {
        @Override
        public String toString() {
            return trap != null ? trap.toString() : Arrays.toString(results);
        }
    }

    /** Bytes that a function finds at {@link #args}. */
    public static final int AREA_BYTES = 16 * 1024;

    /** From here on the VMContext is free for tests. */
    public static final int CONTEXT_DATA = 64;

    private static final int CONTEXT_BYTES = 4096;
    private static final int CELL = 16;
    private static final long STUB_SPACE = 1 << 16;

    private final Target target;
    private final Arena arena = Arena.ofConfined();
    private final Map<String, Long> stubs = new HashMap<>();
    private final NativeCode stubCode;
    private final MethodHandle enter;
    public final long vmctx;
    public final long store;
    /** The address of {@link #AREA_BYTES} for arguments, results and data. */
    public final long args;

    /** What the last run has thrown, or null. */
    private Long thrown;

    private NativeCode code;
    private final Map<Long, TrapCode> traps = new HashMap<>();
    private final Map<FuncKey, Long> addresses = new HashMap<>();
    private final Map<Signature, NativeCode> trampolines = new HashMap<>();
    private final Map<Long, TrapCode> trampolineTraps = new HashMap<>();

    public Machine(Target target) {
        this.target = target;
        ByteBuffer image = ByteBuffer.wrap(target.stubs()).order(ByteOrder.LITTLE_ENDIAN);
        int count = image.getInt();
        Map<String, Integer> offsets = new HashMap<>();
        for (int i = 0; i < count; i++) {
            byte[] name = new byte[16];
            image.get(name);
            offsets.put(new String(name, StandardCharsets.US_ASCII).replace("\0", ""), image.getInt());
        }
        byte[] bytes = new byte[image.remaining()];
        image.get(bytes);
        stubCode = new NativeCode(bytes, STUB_SPACE, STUB_SPACE);
        offsets.forEach((name, offset) -> stubs.put(name, stubCode.address() + offset));
        enter = NativeCode.function(stubs.get("enter"), 4);
        vmctx = newContext(arena.allocate(StoreLayout.SIZE, 16).address());
        store = NativeCode.getLong(vmctx + VMContextLayout.STORE);
        args = arena.allocate(AREA_BYTES, 16).address();
        NativeCode.putLong(store + StoreLayout.UNWIND_STUB, stubs.get("unwind"));
        NativeCode.putLong(store + StoreLayout.THROW_STUB, stubs.get("throw"));
        NativeCode.putLong(
                store + StoreLayout.BACKTRACE,
                arena.allocate(StoreLayout.BACKTRACE_CAPACITY * 8L, 8).address());
        libc(StoreLayout.PTHREAD_SELF, "pthread_self");
        libc(StoreLayout.PTHREAD_GETATTR, "pthread_getattr_np");
        libc(StoreLayout.PTHREAD_ATTR_GETSTACK, "pthread_attr_getstack");
        libc(StoreLayout.PTHREAD_ATTR_DESTROY, "pthread_attr_destroy");
        // The first call of a thread finds out about its stack, and calls nothing.
        enter(0, 0);
        NativeCode.putLong(vmctx + VMContextLayout.STACK_LIMIT, stackLimit());
    }

    private void libc(int field, String name) {
        NativeCode.putLong(store + field, NativeCode.libcAddress(name).address());
    }

    /** Another VMContext of the given store. */
    public long newContext(long store) {
        long context = arena.allocate(CONTEXT_BYTES, 16).address();
        NativeCode.putLong(context + VMContextLayout.STORE, store);
        NativeCode.putLong(context + VMContextLayout.TRAP_STUB, stubs.get("trap"));
        return context;
    }

    public long stackLimit() {
        return NativeCode.getLong(store + StoreLayout.STACK_LIMIT);
    }

    /** Raises the limit above every address, as an interruption does. */
    public void interrupt() {
        NativeCode.putLong(vmctx + VMContextLayout.STACK_LIMIT, -1);
    }

    private long enter(long function, long argument) {
        try {
            return (long) enter.invokeExact(vmctx, function, argument, args);
        } catch (Throwable t) {
            throw new IllegalStateException(t);
        }
    }

    // Compiling and loading.

    /** {@code f}, after the passes without which no back end can compile it. */
    public static Function prepared(Function f) {
        Pipeline.forLevel(0).verified().run(f);
        return f;
    }

    /** Optimised, with the register allocation checked. */
    public static CodegenOptions options(Set<String> features) {
        return new CodegenOptions(2, features, false, true);
    }

    /** Compiles the functions in {@code text} and makes them the ones that can be run. */
    public List<CompiledFunction> load(String text, Set<String> features) {
        return load(text, options(features));
    }

    public List<CompiledFunction> load(String text, CodegenOptions options) {
        return load(Parser.parseAll(text), options);
    }

    public List<CompiledFunction> load(List<Function> functions, CodegenOptions options) {
        List<CompiledFunction> compiled = new ArrayList<>();
        for (Function f : functions) {
            compiled.add(target.backend().compile(prepared(f), options));
        }
        link(compiled);
        return compiled;
    }

    /** Makes compiled functions the ones that can be run. */
    public void link(List<CompiledFunction> functions) {
        unload();
        Map<FuncKey, Integer> offsets = new HashMap<>();
        int size = 0;
        for (CompiledFunction f : functions) {
            size = size + f.alignment() - 1 & -f.alignment();
            offsets.put(f.key(), size);
            size += f.code().length;
        }
        byte[] text = new byte[size];
        for (CompiledFunction f : functions) {
            int at = offsets.get(f.key());
            System.arraycopy(f.code(), 0, text, at, f.code().length);
            for (Relocation r : f.relocations()) {
                target.backend().relocate(text, at + r.offset(), r, offsets.get(r.target()));
            }
        }
        code = map(text);
        for (CompiledFunction f : functions) {
            long at = code.address() + offsets.get(f.key());
            addresses.put(f.key(), at);
            f.traps().forEach(t -> traps.put(at + t.offset(), t.code()));
        }
    }

    /** Makes code executable, on machines that must be told so as well. */
    private NativeCode map(byte[] text) {
        NativeCode mapped = new NativeCode(text);
        Long flush = stubs.get("flush");
        if (flush != null) {
            MethodHandle f = Linker.nativeLinker()
                    .downcallHandle(MemorySegment.ofAddress(flush), FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG));
            try {
                f.invokeExact(mapped.address(), (long) text.length);
            } catch (Throwable t) {
                throw new IllegalStateException(t);
            }
        }
        return mapped;
    }

    public long address(int function) {
        return address(FuncKey.wasmFunction(0, function));
    }

    public long address(FuncKey key) {
        return addresses.get(key);
    }

    // Running.

    /** Runs function 0, which is {@code (i64 code, i64 args)}; null, or the trap that it ended with. */
    public TrapCode run() {
        return trap(enter(address(0), 0));
    }

    /** The exception that the last run ended with, or null. */
    public Long thrown() {
        return thrown;
    }

    private TrapCode trap(long status) {
        thrown = null;
        if (NativeCode.getLong(store + StoreLayout.ACTIVATION) != 0) {
            throw new IllegalStateException("activation left behind");
        }
        if (status == StoreLayout.STATUS_OK) {
            return null;
        }
        if (status == StoreLayout.STATUS_THROWN) {
            thrown = NativeCode.getLong(store + StoreLayout.EXCEPTION);
            NativeCode.putLong(store + StoreLayout.EXCEPTION, 0);
            return null;
        }
        if (status == StoreLayout.STATUS_TRAP) {
            long pc = NativeCode.getLong(store + StoreLayout.TRAP_PC);
            TrapCode trap = traps.getOrDefault(pc, trampolineTraps.get(pc));
            if (trap != null) {
                return trap;
            }
        }
        throw new IllegalStateException("status " + status);
    }

    /** Calls a function with arguments, and gives results, as in {@link IrExecution}. */
    public Outcome call(FuncKey key, Signature signature, long... values) {
        int at = 0;
        for (int i = 0; i < signature.params().size(); i++) {
            Type t = signature.params().get(i);
            long value = values[at++];
            // What is beyond four bytes is undefined: make it visible if somebody reads it.
            put(CELL * i, t.bytes() == 4 ? value & 0xffff_ffffL | 0xdead_beefL << 32 : value);
            if (t == Type.V128) {
                put(CELL * i + 8, values[at++]);
            }
        }
        TrapCode trap = trap(enter(trampoline(signature), address(key)));
        if (trap != null) {
            return new Outcome(null, trap, NativeCode.getLong(store + StoreLayout.BACKTRACE_COUNT));
        }
        List<Long> results = new ArrayList<>();
        for (int i = 0; i < signature.results().size(); i++) {
            Type t = signature.results().get(i);
            results.add(t.normalize(get(CELL * i)));
            if (t == Type.V128) {
                results.add(get(CELL * i + 8));
            }
        }
        return new Outcome(results.stream().mapToLong(Long::longValue).toArray(), null, 0);
    }

    /** Calls a function without parameters, and says whether it is unwound. */
    public boolean unwinds(FuncKey key, Signature signature) {
        return enter(trampoline(signature), address(key)) == StoreLayout.STATUS_UNWIND;
    }

    /** The outcome by the meaning of the IR, on the memory of this process. */
    public static Outcome expected(Function f, long... args) {
        try {
            return new Outcome(new ProgramExecution(List.of(f)).run(f, args), null, 0);
        } catch (IrExecution.Trap t) {
            return new Outcome(null, t.code, 0);
        }
    }

    private long trampoline(Signature signature) {
        return trampolines
                .computeIfAbsent(signature, s -> {
                    CompiledFunction t = target.backend().compile(trampolineOf(s), options(Set.of()));
                    NativeCode mapped = map(t.code());
                    t.traps().forEach(site -> trampolineTraps.put(mapped.address() + site.offset(), site.code()));
                    return mapped;
                })
                .address();
    }

    /** Reads parameters from memory, calls, writes the results. */
    private static Function trampolineOf(Signature signature) {
        Signature own = new Signature(List.of(Type.I64, Type.I64), List.of());
        Function f = new Function(FuncKey.arrayToWasm(0, 0), own);
        Builder b = new Builder(f);
        b.setBlock(f.newBlock());
        Value code = b.block().addParam(Type.I64);
        Value area = b.block().addParam(Type.I64);
        Value[] values = new Value[signature.params().size()];
        for (int i = 0; i < values.length; i++) {
            Type t = signature.params().get(i);
            values[i] = b.load(t, MemoryOp.of(t, Region.STACK), area, (long) CELL * i);
        }
        var call = b.callIndirect(new CallTarget(null, signature), code, b.vmctx(), values);
        for (int i = 0; i < call.resultCount(); i++) {
            b.store(MemoryOp.of(call.result(i).type(), Region.STACK), area, (long) CELL * i, call.result(i));
        }
        b.ret();
        return f;
    }

    // The area.

    public long get(int offset) {
        return NativeCode.getLong(args + offset);
    }

    public void put(int offset, long value) {
        NativeCode.putLong(args + offset, value);
    }

    private void unload() {
        if (code != null) {
            code.close();
            code = null;
        }
        traps.clear();
        addresses.clear();
    }

    @Override
    public void close() {
        unload();
        trampolines.values().forEach(NativeCode::close);
        stubCode.close();
        arena.close();
    }
}
