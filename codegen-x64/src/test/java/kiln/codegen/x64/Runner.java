package kiln.codegen.x64;

import java.lang.foreign.Arena;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
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
import kiln.ir.Function;
import kiln.ir.Parser;

/**
 * Compiles IR and runs it in this process, in a VMContext of its own. A function that is run is {@code (i64 code, i64 args)}
 * and finds the argument area at {@code args}.
 */
final class Runner implements AutoCloseable {
    static final Set<String> BASELINE = Set.of();
    static final Set<String> ALL = CpuFeatures.NAMES;
    static final int AREA_BYTES = 4096;
    /** Free for tests, in the VMContext. */
    static final int CONTEXT_DATA = 64;

    private static final long STUB_SPACE = 1 << 16;

    private final X64Backend backend = new X64Backend();
    private final Arena arena = Arena.ofConfined();
    private final Map<String, Long> stubs = new HashMap<>();
    private final NativeCode stubCode;
    private final MethodHandle enter;
    final long vmctx;
    final long store;
    final long args;
    private NativeCode code;
    private final Map<Long, TrapCode> traps = new HashMap<>();
    private final Map<FuncKey, Long> addresses = new HashMap<>();

    Runner() {
        ByteBuffer image = ByteBuffer.wrap(Stubs.image()).order(ByteOrder.LITTLE_ENDIAN);
        int count = image.getInt();
        Map<String, Integer> offsets = new HashMap<>();
        for (int i = 0; i < count; i++) {
            byte[] name = new byte[16];
            image.get(name);
            offsets.put(new String(name, StandardCharsets.US_ASCII).trim(), image.getInt());
        }
        byte[] bytes = new byte[image.remaining()];
        image.get(bytes);
        stubCode = new NativeCode(bytes, STUB_SPACE, 4096);
        offsets.forEach((name, offset) -> stubs.put(name, stubCode.address() + offset));
        enter = NativeCode.function(stubs.get("enter"), 4);
        vmctx = newContext(arena.allocate(StoreLayout.SIZE, 16).address());
        store = NativeCode.getLong(vmctx + VMContextLayout.STORE);
        args = arena.allocate(AREA_BYTES, 16).address();
        NativeCode.putLong(store + StoreLayout.UNWIND_STUB, stubs.get("unwind"));
        NativeCode.putLong(
                store + StoreLayout.BACKTRACE,
                arena.allocate(StoreLayout.BACKTRACE_CAPACITY * 8L, 8).address());
        libc(StoreLayout.PTHREAD_SELF, "pthread_self");
        libc(StoreLayout.PTHREAD_GETATTR, "pthread_getattr_np");
        libc(StoreLayout.PTHREAD_ATTR_GETSTACK, "pthread_attr_getstack");
        libc(StoreLayout.PTHREAD_ATTR_DESTROY, "pthread_attr_destroy");
        enter(0);
        NativeCode.putLong(vmctx + VMContextLayout.STACK_LIMIT, stackLimit());
    }

    private void libc(int field, String name) {
        NativeCode.putLong(store + field, NativeCode.libcAddress(name).address());
    }

    /** Another VMContext of the given store. */
    long newContext(long store) {
        long context = arena.allocate(256, 16).address();
        NativeCode.putLong(context + VMContextLayout.STORE, store);
        NativeCode.putLong(context + VMContextLayout.TRAP_STUB, stubs.get("trap"));
        return context;
    }

    long stackLimit() {
        return NativeCode.getLong(store + StoreLayout.STACK_LIMIT);
    }

    private long enter(long function) {
        try {
            return (long) enter.invokeExact(vmctx, function, 0L, args);
        } catch (Throwable t) {
            throw new IllegalStateException(t);
        }
    }

    static CodegenOptions options(Set<String> features) {
        return new CodegenOptions(2, features, false, true);
    }

    CompiledFunction compile(Function f, Set<String> features) {
        return backend.compile(f, options(features));
    }

    /** Compiles the functions in {@code text} and makes them the ones that can be run. */
    List<CompiledFunction> load(String text, Set<String> features) {
        return load(text, options(features));
    }

    List<CompiledFunction> load(String text, CodegenOptions options) {
        List<CompiledFunction> functions = new ArrayList<>();
        for (Function f : Parser.parseAll(text)) {
            try {
                functions.add(backend.compile(f, options));
            } catch (RuntimeException e) {
                throw new IllegalStateException("cannot compile\n" + text, e);
            }
        }
        link(functions);
        return functions;
    }

    private void link(List<CompiledFunction> functions) {
        unload();
        Map<FuncKey, Integer> offsets = new HashMap<>();
        int size = 0;
        for (CompiledFunction f : functions) {
            size = size + 31 & -32;
            offsets.put(f.key(), size);
            size += f.code().length;
        }
        byte[] text = new byte[size];
        for (CompiledFunction f : functions) {
            int at = offsets.get(f.key());
            System.arraycopy(f.code(), 0, text, at, f.code().length);
            for (Relocation r : f.relocations()) {
                backend.relocate(text, at + r.offset(), r, offsets.get(r.target()));
            }
        }
        code = new NativeCode(text);
        for (CompiledFunction f : functions) {
            long at = code.address() + offsets.get(f.key());
            addresses.put(f.key(), at);
            f.traps().forEach(t -> traps.put(at + t.offset(), t.code()));
        }
    }

    long address(int function) {
        return addresses.get(FuncKey.wasmFunction(0, function));
    }

    /** Runs function 0; null, or the trap that it ended with. */
    TrapCode run() {
        long status = enter(address(0));
        if (status == StoreLayout.STATUS_OK) {
            return null;
        }
        if (status == StoreLayout.STATUS_TRAP) {
            TrapCode code = traps.get(NativeCode.getLong(store + StoreLayout.TRAP_PC));
            if (code != null) {
                return code;
            }
        }
        throw new IllegalStateException("status " + status);
    }

    long get(int offset) {
        return NativeCode.getLong(args + offset);
    }

    void put(int offset, long value) {
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
        stubCode.close();
        arena.close();
    }
}
