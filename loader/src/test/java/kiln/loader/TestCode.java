package kiln.loader;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import kiln.artifact.Artifact;
import kiln.artifact.ArtifactWriter;
import kiln.artifact.Compat;
import kiln.artifact.FuncKey;
import kiln.artifact.ModuleInfo;
import kiln.artifact.StoreLayout;
import kiln.artifact.TrapCode;
import kiln.artifact.TypeDef;
import kiln.artifact.VMContextLayout;

/** Machine code by hand, in a compiled file, with a store and a VMContext to run it in. x86-64 only. */
final class TestCode implements AutoCloseable {
    /** push rbp; mov rbp, rsp */
    static final String PROLOGUE = "55 4889e5 ";
    /** pop rbp; ret */
    static final String EPILOGUE = "5d c3 ";

    /** args[1] = args[0] + 1, where rsi is the argument area. */
    static final String INCREMENT = "488b06 48ffc0 48894610 c3";
    /** Reads the byte at address args[0]. */
    static final String READ = PROLOGUE + "488b06 8a00 " + EPILOGUE;
    /** Calls the trap stub. */
    static final String TRAP = PROLOGUE + "41ff5708 " + EPILOGUE;
    /** ud2 */
    static final String ILLEGAL = PROLOGUE + "0f0b";
    /** Divides args[0] by args[1], 32-bit. */
    static final String DIVIDE = PROLOGUE + "8b06 99 f77e10 " + EPILOGUE;
    /** Loops until the stack limit is above the stack pointer, then calls the trap stub. */
    static final String SPIN = PROLOGUE + "493b27 73fb 41ff5708";
    /** Calls itself until the stack limit is reached. */
    static final String RECURSE = PROLOGUE + "493b27 7206 e8f2ffffff c3 41ff5708";
    /**
     * Checks the stack, calls store.upcall(hostId, args) and unwinds if it returns nonzero:
     * cmp rsp,[r15]; jb T; mov rax,[r15+16]; mov rdi,[r15+24]; call [rax+8]; test eax,eax; jne U; pop rbp; ret;
     * U: mov rax,[r15+16]; jmp [rax+16]; T: call [r15+8]
     */
    static final String UPCALL =
            PROLOGUE + "493b27 7218 498b4710 498b7f18 ff5008 85c0 7502 5dc3 498b4710 ff6010 41ff5708";

    static final List<String> ALL = List.of(INCREMENT, READ, TRAP, ILLEGAL, DIVIDE, SPIN, RECURSE, UPCALL);

    final LoadedArtifact loaded;
    final StoreMemory store = new StoreMemory();
    final long vmctx = Host.current().allocate(256);
    final long args = Host.current().allocate(256);

    TestCode() {
        this(LoadedArtifact.load(MemorySegment.ofArray(writer().toBytes()), Artifact.OpenOptions.DEFAULT));
    }

    TestCode(LoadedArtifact loaded) {
        this.loaded = loaded;
        Native.putLong(vmctx + VMContextLayout.TRAP_STUB, Stubs.get().trap());
        Native.putLong(vmctx + VMContextLayout.STORE, store.address());
        store.addContext(vmctx);
    }

    static ArtifactWriter writer() {
        ArtifactWriter w = new ArtifactWriter(Compat.of("x86_64", List.of(), "test", Map.of()));
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        ModuleInfo.Builder m = new ModuleInfo.Builder("test");
        m.types.add(TypeDef.func(List.of(), List.of()));
        for (int i = 0; i < ALL.size(); i++) {
            while (text.size() % 16 != 0) {
                text.write(0xcc);
            }
            byte[] code = HexFormat.of().parseHex(ALL.get(i).replace(" ", ""));
            int start = text.size();
            w.function(FuncKey.wasmFunction(0, i), start, code.length);
            switch (ALL.get(i)) {
                case READ -> w.trap(start + 7, TrapCode.MEMORY_OUT_OF_BOUNDS);
                case TRAP -> w.trap(start + 8, TrapCode.UNREACHABLE);
                case DIVIDE -> w.trap(start + 7, TrapCode.INTEGER_DIVIDE_BY_ZERO);
                case SPIN -> w.trap(start + code.length, TrapCode.STACK_CHECK);
                case UPCALL -> w.trap(start + code.length, TrapCode.STACK_CHECK);
                case RECURSE -> w.trap(start + code.length, TrapCode.STACK_CHECK);
                default -> { }
            }
            w.position(start, 1000 * i);
            w.position(start + 4, 1000 * i + 4);
            w.name(0, i, "f" + i);
            text.writeBytes(code);
        }
        m.definedFunctions = ALL.size();
        w.text(MemorySegment.ofArray(text.toByteArray()));
        return w.module(m.build());
    }

    long address(String code) {
        return loaded.code(FuncKey.wasmFunction(0, ALL.indexOf(code)));
    }

    /** Runs code with up to two arguments and returns the status. */
    int run(String code, long... arguments) {
        for (int i = 0; i < arguments.length; i++) {
            Native.putLong(args + 16L * i, arguments[i]);
        }
        return Entry.call(store, vmctx, address(code), 0, args);
    }

    TrapCode trap() {
        return loaded.trapAt(store.trapPc());
    }

    long activation() {
        return Native.getLong(store.address() + StoreLayout.ACTIVATION);
    }

    @Override
    public void close() {
        loaded.close();
        store.close();
        Host.current().free(vmctx);
        Host.current().free(args);
    }
}
