package kiln.codegen.aarch64;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import kiln.artifact.FuncKey;
import kiln.artifact.StoreLayout;
import kiln.artifact.TrapCode;
import kiln.artifact.VMContextLayout;
import kiln.codegen.CodegenOptions;
import kiln.codegen.CompiledFunction;
import kiln.codegen.Relocation;
import kiln.ir.Builder;
import kiln.ir.CallTarget;
import kiln.ir.Function;
import kiln.ir.MemoryOp;
import kiln.ir.Region;
import kiln.ir.Signature;
import kiln.ir.Type;
import kiln.ir.Value;
import kiln.ir.testing.IrExecution;
import kiln.ir.testing.ProgramExecution;

/** Maps compiled functions executable and runs them through the stubs, on an AArch64 JVM. */
final class Machine implements AutoCloseable {
    static final CodegenOptions OPTIONS = new CodegenOptions(2, Set.of(), false, true);
    static final A64Backend BACKEND = new A64Backend();

    /** The outcome of a call: results as bits, or a trap with the return addresses above it. */
    record Outcome(long[] results, TrapCode trap, long backtraceCount) {
        @Override
        public String toString() {
            return trap != null ? trap.toString() : Arrays.toString(results);
        }
    }

    private static final Linker LINKER = Linker.nativeLinker();
    private static final SymbolLookup C = LINKER.defaultLookup();
    private static final MethodHandle MMAP = handle(
            "mmap", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));
    private static final MethodHandle MPROTECT =
            handle("mprotect", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT));
    private static final MethodHandle MUNMAP = handle("munmap", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG));

    private static final int STUB_AREA = 2 << 16;
    private static final int READ_WRITE = 3;
    private static final int READ_EXECUTE = 5;
    private static final int PRIVATE_ANONYMOUS = 0x22;

    private static Map<String, Long> stubs;
    private static MethodHandle enter;
    private static MethodHandle flush;
    private static final Map<Signature, CompiledFunction> TRAMPOLINES = new HashMap<>();

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment context = arena.allocate(4096, 16);
    private final MemorySegment store = arena.allocate(StoreLayout.SIZE, 16);
    private final MemorySegment args = arena.allocate(16 * 1024, 16);
    private final Map<FuncKey, Integer> starts = new HashMap<>();
    private final Map<Integer, CompiledFunction> functionAt = new HashMap<>();
    private final Map<Signature, Integer> trampolineAt = new HashMap<>();
    private final long text;
    private final int size;

    /** Links {@code functions} with a trampoline for each of {@code signatures}. */
    Machine(List<CompiledFunction> functions, Signature... signatures) {
        loadStubs();
        int end = 0;
        for (CompiledFunction f : functions) {
            end = place(f, end);
            starts.put(f.key(), end - f.code().length);
        }
        for (Signature s : signatures) {
            CompiledFunction t = TRAMPOLINES.computeIfAbsent(s, Machine::trampoline);
            end = place(t, end);
            trampolineAt.put(s, end - t.code().length);
        }
        byte[] bytes = new byte[end];
        functionAt.forEach((at, f) -> {
            System.arraycopy(f.code(), 0, bytes, at, f.code().length);
            for (Relocation r : f.relocations()) {
                BACKEND.relocate(bytes, at + r.offset(), r, starts.get(r.target()));
            }
        });
        size = Math.max(end, 1);
        text = map(bytes);
        context.set(JAVA_LONG, VMContextLayout.STORE, store.address());
        context.set(JAVA_LONG, VMContextLayout.TRAP_STUB, stubs.get("trap"));
        store.set(JAVA_LONG, StoreLayout.UNWIND_STUB, stubs.get("unwind"));
        store.set(
                JAVA_LONG,
                StoreLayout.BACKTRACE,
                arena.allocate(8L * StoreLayout.BACKTRACE_CAPACITY, 8).address());
        store.set(JAVA_LONG, StoreLayout.PTHREAD_SELF, symbol("pthread_self"));
        store.set(JAVA_LONG, StoreLayout.PTHREAD_GETATTR, symbol("pthread_getattr_np"));
        store.set(JAVA_LONG, StoreLayout.PTHREAD_ATTR_GETSTACK, symbol("pthread_attr_getstack"));
        store.set(JAVA_LONG, StoreLayout.PTHREAD_ATTR_DESTROY, symbol("pthread_attr_destroy"));
    }

    private int place(CompiledFunction f, int end) {
        int start = end + f.alignment() - 1 & -f.alignment();
        functionAt.put(start, f);
        return start + f.code().length;
    }

    /** Compiles and runs one function. */
    static Outcome run(Function f, long... args) {
        try (Machine m = new Machine(List.of(compile(f)), f.signature())) {
            return m.call(f.key(), f.signature(), args);
        }
    }

    /** The outcome by the meaning of the IR, on the same memory. */
    static Outcome expected(Function f, long... args) {
        try {
            return new Outcome(new ProgramExecution(List.of(f)).run(f, args), null, 0);
        } catch (IrExecution.Trap t) {
            return new Outcome(null, t.code, 0);
        }
    }

    static CompiledFunction compile(Function f) {
        return BACKEND.compile(f, OPTIONS);
    }

    long contextAddress() {
        return context.address();
    }

    /** Bytes of the VMContext behind the header. */
    MemorySegment context() {
        return context;
    }

    MemorySegment store() {
        return store;
    }

    long address(FuncKey key) {
        return text + starts.get(key);
    }

    /** Raises the limit above every address, as an interruption does. */
    void interrupt() {
        context.set(JAVA_LONG, VMContextLayout.STACK_LIMIT, -1L);
    }

    Outcome call(FuncKey key, Signature signature, long... values) {
        for (int i = 0; i < values.length; i++) {
            Type t = signature.params().get(i);
            // What is beyond four bytes is undefined: make it visible if somebody reads it.
            boolean half = t == Type.I32 || t == Type.F32;
            args.set(JAVA_LONG, 16L * i, half ? values[i] & 0xffff_ffffL | 0xdead_beefL << 32 : values[i]);
        }
        long trampoline = text + trampolineAt.get(signature);
        long status = enter(trampoline, address(key));
        if (status == StoreLayout.STATUS_NEW_THREAD) {
            if (context.get(JAVA_LONG, VMContextLayout.STACK_LIMIT) != -1L) {
                long limit = store.get(JAVA_LONG, StoreLayout.STACK_LIMIT);
                context.set(JAVA_LONG, VMContextLayout.STACK_LIMIT, limit);
            }
            status = enter(trampoline, address(key));
        }
        if (store.get(JAVA_LONG, StoreLayout.ACTIVATION) != 0) {
            throw new AssertionError("activation left behind");
        }
        if (status == StoreLayout.STATUS_TRAP) {
            long pc = store.get(JAVA_LONG, StoreLayout.TRAP_PC) - text;
            return new Outcome(null, trapAt((int) pc), store.get(JAVA_LONG, StoreLayout.BACKTRACE_COUNT));
        }
        if (status != StoreLayout.STATUS_OK) {
            throw new AssertionError("status " + status);
        }
        long[] results = new long[signature.results().size()];
        for (int i = 0; i < results.length; i++) {
            long raw = args.get(JAVA_LONG, 16L * i);
            results[i] = switch (signature.results().get(i)) {
                case I32 -> (int) raw;
                case F32 -> raw & 0xffff_ffffL;
                default -> raw;
            };
        }
        return new Outcome(results, null, 0);
    }

    /** Calls and expects to be unwound. */
    boolean unwinds(FuncKey key, Signature signature) {
        long trampoline = text + trampolineAt.get(signature);
        long status = enter(trampoline, address(key));
        return (status == StoreLayout.STATUS_NEW_THREAD ? enter(trampoline, address(key)) : status)
                == StoreLayout.STATUS_UNWIND;
    }

    private TrapCode trapAt(int pc) {
        for (Map.Entry<Integer, CompiledFunction> e : functionAt.entrySet()) {
            for (CompiledFunction.TrapSite site : e.getValue().traps()) {
                if (e.getKey() + site.offset() == pc) {
                    return site.code();
                }
            }
        }
        throw new AssertionError("no trap site at " + Integer.toHexString(pc));
    }

    private long enter(long trampoline, long code) {
        try {
            return (long) enter.invokeExact(context.address(), trampoline, code, args.address());
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    /** Reads parameters from memory, calls, writes the results. */
    private static CompiledFunction trampoline(Signature signature) {
        Signature own = new Signature(List.of(Type.I64, Type.I64), List.of());
        Function f = new Function(FuncKey.arrayToWasm(0, 0), own);
        Builder b = new Builder(f);
        b.setBlock(f.newBlock());
        Value code = b.block().addParam(Type.I64);
        Value area = b.block().addParam(Type.I64);
        Value[] values = new Value[signature.params().size()];
        for (int i = 0; i < values.length; i++) {
            Type t = signature.params().get(i);
            values[i] = b.load(t, MemoryOp.of(t, Region.STACK), area, 16L * i);
        }
        var call = b.callIndirect(new CallTarget(null, signature), code, b.vmctx(), values);
        for (int i = 0; i < call.resultCount(); i++) {
            b.store(MemoryOp.of(call.result(i).type(), Region.STACK), area, 16L * i, call.result(i));
        }
        b.ret();
        return compile(f);
    }

    // Memory.

    private static void loadStubs() {
        if (stubs != null) {
            return;
        }
        ByteBuffer image = ByteBuffer.wrap(Stubs.image()).order(ByteOrder.LITTLE_ENDIAN);
        Map<String, Integer> offsets = new HashMap<>();
        int count = image.getInt();
        for (int i = 0; i < count; i++) {
            byte[] name = new byte[16];
            image.get(name);
            offsets.put(new String(name, StandardCharsets.US_ASCII).replace("\0", ""), image.getInt());
        }
        byte[] code = new byte[STUB_AREA];
        image.get(code, 0, image.remaining());
        long base = mapWritable(code);
        protect(base, 1 << 16);
        Map<String, Long> result = new HashMap<>();
        offsets.forEach((name, at) -> result.put(name, base + at));
        enter = LINKER.downcallHandle(
                MemorySegment.ofAddress(result.get("enter")),
                FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
        flush = LINKER.downcallHandle(
                MemorySegment.ofAddress(result.get("flush")), FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG));
        stubs = result;
    }

    private static long map(byte[] bytes) {
        long address = mapWritable(bytes);
        protect(address, Math.max(bytes.length, 1));
        try {
            flush.invokeExact(address, (long) bytes.length);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
        return address;
    }

    private static long mapWritable(byte[] bytes) {
        try {
            long address = (long)
                    MMAP.invokeExact(0L, (long) Math.max(bytes.length, 1), READ_WRITE, PRIVATE_ANONYMOUS, -1, 0L);
            MemorySegment.ofAddress(address).reinterpret(bytes.length).copyFrom(MemorySegment.ofArray(bytes));
            return address;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    private static void protect(long address, long length) {
        try {
            if ((int) MPROTECT.invokeExact(address, length, READ_EXECUTE) != 0) {
                throw new AssertionError("mprotect failed");
            }
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    private static long symbol(String name) {
        return C.find(name).orElseThrow().address();
    }

    private static MethodHandle handle(String name, FunctionDescriptor descriptor) {
        return LINKER.downcallHandle(C.find(name).orElseThrow(), descriptor);
    }

    @Override
    public void close() {
        arena.close();
        try {
            int _ = (int) MUNMAP.invokeExact(text, (long) size);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }
}
