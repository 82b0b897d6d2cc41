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
import kiln.artifact.VMContextLayout;
import kiln.artifact.api.TrapCode;
import kiln.types.FuncType;
import kiln.types.SubType;

/** Machine code by hand, in a compiled file, with a store and a VMContext to run it in. */
final class TestCode implements AutoCloseable {
    /** Whether this JVM runs on AArch64; else on x86-64. */
    static final boolean ARM = Host.current().architecture().equals("aarch64");

    /**
     * A function in both machine codes.
     *
     * @param x64Trap offset of its trap site, or -1
     * @param a64Trap offset of its trap site, or -1
     */
    record Sample(String x64, int x64Trap, String a64, int a64Trap, TrapCode trap) {
        byte[] bytes() {
            return HexFormat.of().parseHex((ARM ? a64 : x64).replace(" ", ""));
        }

        int trapOffset() {
            return ARM ? a64Trap : x64Trap;
        }
    }

    /** push rbp; mov rbp,rsp | stp x29,x30,[sp,#-16]!; mov x29,sp */
    private static final String PRO_X64 = "55 4889e5 ";

    private static final String PRO_A64 = "fd7bbfa9 fd030091 ";
    /** pop rbp; ret | ldp x29,x30,[sp],#16; ret */
    private static final String EPI_X64 = "5d c3 ";

    private static final String EPI_A64 = "fd7bc1a8 c0035fd6 ";
    /** Calls the trap stub: call [r15+8] | ldr x16,[x28,#8]; blr x16 */
    private static final String STUB_X64 = "41ff5708 ";

    private static final String STUB_A64 = "900740f9 00023fd6 ";
    /** Compares the stack pointer with the limit: cmp rsp,[r15] | mov x2,sp; ldr x3,[x28]; cmp x2,x3 */
    private static final String LIMIT_X64 = "493b27 ";

    private static final String LIMIT_A64 = "e2030091 830340f9 5f0003eb ";

    /** args[1] = args[0] + 1, where rsi or x1 is the argument area. */
    static final Sample INCREMENT =
            new Sample("488b06 48ffc0 48894610 c3", -1, "220040f9 42040091 220800f9 c0035fd6", -1, null);
    /** Reads the byte at address args[0]: mov rax,[rsi]; mov al,[rax] | ldr x2,[x1]; ldrb w2,[x2] */
    static final Sample READ = new Sample(
            PRO_X64 + "488b06 8a00 " + EPI_X64,
            7,
            PRO_A64 + "220040f9 42004039 " + EPI_A64,
            12,
            TrapCode.MEMORY_OUT_OF_BOUNDS);
    /** Calls the trap stub. */
    static final Sample TRAP =
            new Sample(PRO_X64 + STUB_X64 + EPI_X64, 8, PRO_A64 + STUB_A64 + EPI_A64, 16, TrapCode.UNREACHABLE);
    /** ud2 | udf #0, which is no trap site. */
    static final Sample ILLEGAL = new Sample(PRO_X64 + "0f0b", -1, PRO_A64 + "00000000", -1, null);
    /** Divides args[0] by args[1]: AArch64 has no fault for it and checks. */
    static final Sample DIVIDE = new Sample(
            PRO_X64 + "8b06 99 f77e10 " + EPI_X64,
            7,
            PRO_A64 + "220040b9 231040b9 63000035 " + STUB_A64 + "420cc31a " + EPI_A64,
            28,
            TrapCode.INTEGER_DIVIDE_BY_ZERO);
    /** Loops until the limit is above the stack pointer. */
    static final Sample SPIN = new Sample(
            PRO_X64 + LIMIT_X64 + "73fb" + STUB_X64,
            13,
            PRO_A64 + LIMIT_A64 + "a2ffff54 " + STUB_A64,
            32,
            TrapCode.STACK_CHECK);
    /** Calls itself until the limit is reached. */
    static final Sample RECURSE = new Sample(
            PRO_X64 + LIMIT_X64 + "7206 e8f2ffffff c3 " + STUB_X64,
            19,
            PRO_A64 + LIMIT_A64 + "83000054 faffff97 " + EPI_A64 + STUB_A64,
            44,
            TrapCode.STACK_CHECK);
    /**
     * Checks the stack, calls store.upcall(hostId, args) and unwinds if it returns nonzero:
     * jb T; mov rax,[r15+16]; mov rdi,[r15+24]; call [rax+8]; test eax,eax; jne U; pop rbp; ret;
     * U: mov rax,[r15+16]; jmp [rax+16]; T: call [r15+8], and the same for AArch64.
     */
    static final Sample UPCALL = new Sample(
            PRO_X64 + LIMIT_X64 + "7218 498b4710 498b7f18 ff5008 85c0 7502 5dc3 498b4710 ff6010 " + STUB_X64,
            37,
            PRO_A64 + LIMIT_A64 + "63010054 820b40f9 800f40f9 430440f9 60003fd6 60000035 " + EPI_A64
                    + "820b40f9 430840f9 60001fd6 " + STUB_A64,
            72,
            TrapCode.STACK_CHECK);

    static final List<Sample> ALL = List.of(INCREMENT, READ, TRAP, ILLEGAL, DIVIDE, SPIN, RECURSE, UPCALL);

    final LoadedArtifact loaded;
    final StoreMemory store = new StoreMemory(Host.current().allocate(StoreMemory.BYTES));
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
        ArtifactWriter w = new ArtifactWriter(Compat.of(Host.current().architecture(), List.of(), "test", Map.of()));
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        ModuleInfo.Builder m = new ModuleInfo.Builder("test");
        m.types.intern(new SubType(true, -1, FuncType.EMPTY));
        for (int i = 0; i < ALL.size(); i++) {
            while (text.size() % 16 != 0) {
                text.write(0);
            }
            byte[] code = ALL.get(i).bytes();
            int start = text.size();
            w.function(FuncKey.wasmFunction(0, i), start, code.length);
            if (ALL.get(i).trapOffset() >= 0) {
                w.trap(start + ALL.get(i).trapOffset(), ALL.get(i).trap());
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

    long address(Sample code) {
        return loaded.code(FuncKey.wasmFunction(0, ALL.indexOf(code)));
    }

    /** Runs code with up to two arguments and returns the status. */
    int run(Sample code, long... arguments) {
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
