package kiln.codegen.x64;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import kiln.artifact.StoreLayout;
import kiln.artifact.VMContextLayout;
import kiln.codegen.CodeBuffer;
import kiln.codegen.Label;
import kiln.codegen.Reg;
import kiln.codegen.testing.NativeCode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Runs the stubs in this process, with machine code in place of wasm functions. */
class StubsTest {
    private static final long DATA = 1 << 16;

    private final Map<String, Long> stub = new HashMap<>();
    private final Arena arena = Arena.ofConfined();
    private NativeCode code;
    private MethodHandle enter;
    private long vmctx;
    private long store;

    @BeforeEach
    void map() {
        assumeTrue(System.getProperty("os.arch").equals("amd64"), "machine code of another architecture");
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
        code = new NativeCode(bytes, DATA, 4096);
        offsets.forEach((name, offset) -> stub.put(name, code.address() + offset));
        enter = NativeCode.function(stub.get("enter"), 4);
        vmctx = arena.allocate(64, 16).address();
        store = arena.allocate(StoreLayout.SIZE, 16).address();
        NativeCode.putLong(vmctx + VMContextLayout.STORE, store);
        NativeCode.putLong(vmctx + VMContextLayout.TRAP_STUB, stub.get("trap"));
        NativeCode.putLong(store + StoreLayout.UNWIND_STUB, stub.get("unwind"));
        NativeCode.putLong(
                store + StoreLayout.BACKTRACE,
                arena.allocate(StoreLayout.BACKTRACE_CAPACITY * 8, 8).address());
        libc(StoreLayout.PTHREAD_SELF, "pthread_self");
        libc(StoreLayout.PTHREAD_GETATTR, "pthread_getattr_np");
        libc(StoreLayout.PTHREAD_ATTR_GETSTACK, "pthread_attr_getstack");
        libc(StoreLayout.PTHREAD_ATTR_DESTROY, "pthread_attr_destroy");
    }

    @AfterEach
    void unmap() {
        code.close();
        arena.close();
    }

    private void libc(int field, String name) {
        NativeCode.putLong(store + field, NativeCode.libcAddress(name).address());
    }

    private long enter(long trampoline, long a, long b) throws Throwable {
        return (long) enter.invokeExact(vmctx, trampoline, a, b);
    }

    private static NativeCode assemble(Consumer<Assembler> body) {
        CodeBuffer buffer = new CodeBuffer();
        body.accept(new Assembler(buffer));
        buffer.emitConstants();
        buffer.resolveLabels();
        return new NativeCode(buffer.toByteArray());
    }

    private void settleThread() throws Throwable {
        assertEquals(StoreLayout.STATUS_NEW_THREAD, enter(0, 0, 0));
    }

    @Test
    void asksForTheStackLimitOnANewThread() throws Throwable {
        settleThread();
        long limit = NativeCode.getLong(store + StoreLayout.STACK_LIMIT);
        long[] sp = new long[1];
        try (NativeCode leaf = assemble(a -> {
            a.store(8, Address.of(Registers.RSI, 0), Registers.RSP);
            a.ret();
        })) {
            long cell = arena.allocate(8).address();
            assertEquals(StoreLayout.STATUS_OK, enter(leaf.address(), 0, cell));
            sp[0] = NativeCode.getLong(cell);
        }
        assertTrue(limit < sp[0] && sp[0] - limit < 1L << 30, Long.toHexString(limit) + " " + Long.toHexString(sp[0]));
        assertEquals(8, sp[0] & 15);
        Thread other = new Thread(() -> {
            try {
                settleThread();
            } catch (Throwable t) {
                throw new IllegalStateException(t);
            }
        });
        other.start();
        other.join();
    }

    @Test
    void callsTheTrampolineAndReturns() throws Throwable {
        settleThread();
        NativeCode.putLong(store + StoreLayout.EXIT_FRAME, 77);
        try (NativeCode f = assemble(a -> {
            a.store(8, Address.of(Registers.RSI, 0), Registers.RDI);
            a.store(8, Address.of(Registers.RSI, 8), Registers.CONTEXT);
            a.mov(8, Registers.RAX, Address.of(Registers.CONTEXT, VMContextLayout.STORE));
            a.store(8, Address.of(Registers.RAX, StoreLayout.EXIT_FRAME), 5);
            a.ret();
        })) {
            long cell = arena.allocate(16).address();
            assertEquals(StoreLayout.STATUS_OK, enter(f.address(), 42, cell));
            assertEquals(42, NativeCode.getLong(cell));
            assertEquals(vmctx, NativeCode.getLong(cell + 8));
        }
        assertEquals(0, NativeCode.getLong(store + StoreLayout.ACTIVATION));
        assertEquals(77, NativeCode.getLong(store + StoreLayout.EXIT_FRAME));
    }

    /** Loses every register that C code keeps. */
    private static void dirty(Assembler a) {
        for (Reg r : List.of(Registers.RBX, Registers.R12, Registers.R13, Registers.R14)) {
            a.movImm(r, 0x5555);
        }
    }

    /** C code that calls enter with marked registers and returns whether they came back. */
    private NativeCode checker() {
        List<Reg> saved = List.of(Registers.RBX, Registers.R12, Registers.R13, Registers.R14, Registers.R15);
        return assemble(a -> {
            Label bad = new Label();
            a.push(Registers.RBP);
            saved.forEach(a::push);
            for (Reg r : saved) {
                a.movImm(r, 1000 + r.index());
            }
            a.movImm(Registers.RBP, 2000);
            a.movImm(Registers.RAX, stub.get("enter"));
            a.call(Operand.of(Registers.RAX));
            a.op(Op.CMP, 8, Registers.RBP, 2000);
            a.jcc(Cond.NE, bad);
            for (Reg r : saved) {
                a.op(Op.CMP, 8, r, 1000 + r.index());
                a.jcc(Cond.NE, bad);
            }
            Label out = new Label();
            a.jmp(out);
            a.buffer().bind(bad);
            a.movImm(Registers.RAX, 99);
            a.buffer().bind(out);
            saved.reversed().forEach(a::pop);
            a.pop(Registers.RBP);
            a.ret();
        });
    }

    private long enterChecked(long trampoline, long a, long b) throws Throwable {
        try (NativeCode checker = checker()) {
            return (long) NativeCode.function(checker.address(), 4).invokeExact(vmctx, trampoline, a, b);
        }
    }

    /** A function that calls another one, in a frame of its own. */
    private NativeCode caller(long callee) {
        return assemble(a -> {
            a.push(Registers.RBP);
            a.mov(8, Registers.RBP, Registers.RSP);
            a.op(Op.SUB, 8, Registers.RSP, 4096);
            a.movImm(Registers.RAX, callee);
            a.call(Operand.of(Registers.RAX));
            a.zo(Op.LEAVE);
            a.ret();
        });
    }

    private NativeCode leaf(Consumer<Assembler> body) {
        return assemble(a -> {
            a.push(Registers.RBP);
            a.mov(8, Registers.RBP, Registers.RSP);
            dirty(a);
            body.accept(a);
        });
    }

    @Test
    void keepsWhatCCodeKeeps() throws Throwable {
        settleThread();
        try (NativeCode f = leaf(a -> {
            a.movImm(Registers.R15, vmctx);
            a.zo(Op.LEAVE);
            a.ret();
        })) {
            assertEquals(StoreLayout.STATUS_OK, enterChecked(f.address(), 0, 0));
        }
    }

    @Test
    void trapLeavesWithBacktrace() throws Throwable {
        settleThread();
        NativeCode.putLong(store + StoreLayout.TRAP_SIGNAL, 11);
        try (NativeCode f = leaf(a -> a.call(Address.of(Registers.CONTEXT, VMContextLayout.TRAP_STUB)));
                NativeCode g = caller(f.address());
                NativeCode h = caller(g.address())) {
            assertEquals(StoreLayout.STATUS_TRAP, enterChecked(h.address(), 0, 0));
            long pc = NativeCode.getLong(store + StoreLayout.TRAP_PC);
            assertTrue(pc > f.address() && pc < f.address() + 200);
            assertEquals(0, NativeCode.getInt(store + StoreLayout.TRAP_SIGNAL));
            assertBacktrace(g.address(), h.address());
        }
    }

    private void assertBacktrace(long... functions) {
        assertEquals(0, NativeCode.getLong(store + StoreLayout.ACTIVATION));
        // The last one returns into the stub.
        assertEquals(functions.length + 1, NativeCode.getLong(store + StoreLayout.BACKTRACE_COUNT));
        for (int i = 0; i < functions.length; i++) {
            long pc = NativeCode.getLong(NativeCode.getLong(store + StoreLayout.BACKTRACE) + 8L * i);
            assertTrue(pc > functions[i] && pc < functions[i] + 200);
        }
    }

    /** A function that calls another one and catches what comes: the exception, plus {@code mark}, goes to memory. */
    private NativeCode catcher(long callee, long cell, int mark) {
        return assemble(a -> {
            Label pad = new Label();
            a.push(Registers.RBP);
            a.mov(8, Registers.RBP, Registers.RSP);
            a.op(Op.SUB, 8, Registers.RSP, 4096);
            a.store(8, Prologue.savedContext(), Registers.CONTEXT);
            a.movImm(Registers.RAX, callee);
            a.call(Operand.of(Registers.RAX));
            a.pad(pad);
            a.movImm(Registers.RAX, 1);
            a.zo(Op.LEAVE);
            a.ret();
            a.buffer().bind(pad);
            a.lea(8, Registers.RSP, Address.of(Registers.RBP, -4096));
            a.movImm(Registers.RCX, cell);
            a.op(Op.ADD, 8, Registers.RAX, mark);
            a.store(8, Address.of(Registers.RCX, 0), Registers.RAX);
            a.store(8, Address.of(Registers.RCX, 8), Registers.CONTEXT);
            a.zo(Op.LEAVE);
            a.ret();
        });
    }

    private NativeCode thrower(long exception) {
        return leaf(a -> {
            a.movImm(Registers.RAX, exception);
            a.mov(8, Registers.RCX, Address.of(Registers.CONTEXT, VMContextLayout.STORE));
            a.call(Address.of(Registers.RCX, StoreLayout.THROW_STUB));
            a.zo(Op.INT3);
        });
    }

    @Test
    void throwingGoesToTheInnermostLandingPad() throws Throwable {
        settleThread();
        NativeCode.putLong(store + StoreLayout.THROW_STUB, stub.get("throw"));
        long exception = 0x7777_1234_5678L;
        long cell = arena.allocate(32).address();
        try (NativeCode f = thrower(exception);
                NativeCode through = caller(f.address());
                NativeCode inner = catcher(through.address(), cell, 1);
                NativeCode middle = caller(inner.address());
                NativeCode outer = catcher(middle.address(), cell + 16, 2)) {
            assertEquals(StoreLayout.STATUS_OK, enterChecked(outer.address(), 0, 0));
            assertEquals(exception + 1, NativeCode.getLong(cell));
            assertEquals(vmctx, NativeCode.getLong(cell + 8));
            assertEquals(0, NativeCode.getLong(cell + 16));
            assertEquals(0, NativeCode.getLong(store + StoreLayout.EXCEPTION));
            assertEquals(0, NativeCode.getLong(store + StoreLayout.ACTIVATION));
        }
    }

    @Test
    void whatNobodyCatchesLeavesWithBacktrace() throws Throwable {
        settleThread();
        NativeCode.putLong(store + StoreLayout.THROW_STUB, stub.get("throw"));
        try (NativeCode f = thrower(4242);
                NativeCode g = caller(f.address());
                NativeCode h = caller(g.address())) {
            assertEquals(StoreLayout.STATUS_THROWN, enterChecked(h.address(), 0, 0));
            assertEquals(4242, NativeCode.getLong(store + StoreLayout.EXCEPTION));
            long pc = NativeCode.getLong(store + StoreLayout.TRAP_PC);
            assertTrue(pc > f.address() && pc < f.address() + 200);
            assertBacktrace(g.address(), h.address());
        }
    }

    /** What a host function has thrown: the stub that unwinds finds it in the store and goes on as if it was thrown. */
    @Test
    void whatTheHostHasThrownIsCaught() throws Throwable {
        settleThread();
        NativeCode.putLong(store + StoreLayout.EXCEPTION, 99);
        long cell = arena.allocate(16).address();
        try (NativeCode f = leaf(a -> {
                    a.mov(8, Registers.RAX, Address.of(Registers.CONTEXT, VMContextLayout.STORE));
                    a.jmp(Address.of(Registers.RAX, StoreLayout.UNWIND_STUB));
                });
                NativeCode g = catcher(f.address(), cell, 1)) {
            assertEquals(StoreLayout.STATUS_OK, enterChecked(g.address(), 0, 0));
            assertEquals(100, NativeCode.getLong(cell));
            assertEquals(0, NativeCode.getLong(store + StoreLayout.EXCEPTION));
        }
    }

    @Test
    void unwindLeaves() throws Throwable {
        settleThread();
        try (NativeCode f = leaf(a -> {
                    a.mov(8, Registers.RAX, Address.of(Registers.CONTEXT, VMContextLayout.STORE));
                    a.jmp(Address.of(Registers.RAX, StoreLayout.UNWIND_STUB));
                });
                NativeCode g = caller(f.address())) {
            assertEquals(StoreLayout.STATUS_UNWIND, enterChecked(g.address(), 0, 0));
            assertBacktrace(g.address());
        }
    }

    @Test
    void faultLeaves() throws Throwable {
        settleThread();
        try (NativeCode f = leaf(a -> {
            a.movImm(Registers.RAX, stub.get("fault"));
            a.jmp(Operand.of(Registers.RAX));
        })) {
            assertEquals(StoreLayout.STATUS_TRAP, enterChecked(f.address(), 0, 0));
            assertBacktrace();
        }
    }

    @Test
    void countsDeepBacktracesButKeepsToTheBuffer() throws Throwable {
        settleThread();
        int depth = StoreLayout.BACKTRACE_CAPACITY + 100;
        long behind = NativeCode.getLong(store + StoreLayout.BACKTRACE) + 8L * StoreLayout.BACKTRACE_CAPACITY;
        long before = NativeCode.getLong(behind - 8);
        // rdi counts down the recursion.
        try (NativeCode f = assemble(a -> {
            Label self = new Label();
            Label deeper = new Label();
            a.buffer().bind(self);
            a.push(Registers.RBP);
            a.mov(8, Registers.RBP, Registers.RSP);
            a.op(Op.SUB, 8, Registers.RDI, 1);
            a.jcc(Cond.NE, deeper);
            a.call(Address.of(Registers.CONTEXT, VMContextLayout.TRAP_STUB));
            a.buffer().bind(deeper);
            a.lea(8, Registers.RAX, Address.of(self));
            a.call(Operand.of(Registers.RAX));
        })) {
            assertEquals(StoreLayout.STATUS_TRAP, enterChecked(f.address(), depth, 0));
            assertEquals(depth, NativeCode.getLong(store + StoreLayout.BACKTRACE_COUNT));
            assertTrue(NativeCode.getLong(behind - 8) != before);
        }
    }

    @Test
    void handlerSendsFaultsOfGeneratedCodeToTheFaultStub() throws Throwable {
        long data = code.address() + DATA;
        NativeCode.putLong(data + 16 * 7, 0x1000);
        NativeCode.putLong(data + 16 * 7 + 8, 0x2000);
        for (long pc : new long[] {0x1000, 0x1fff}) {
            long context = signal(11, 1, 0xabcdef, pc);
            assertEquals(stub.get("fault"), NativeCode.getLong(context + 168));
            assertEquals(pc, NativeCode.getLong(store + StoreLayout.TRAP_PC));
            assertEquals(0xabcdef, NativeCode.getLong(store + StoreLayout.TRAP_ADDRESS));
            assertEquals(11, NativeCode.getInt(store + StoreLayout.TRAP_SIGNAL));
        }
    }

    @Test
    void handlerPassesOnWhatIsNotOurs() throws Throwable {
        long data = code.address() + DATA;
        NativeCode.putLong(data, 0x1000);
        NativeCode.putLong(data + 8, 0x2000);
        // The previous handler writes a mark into the context.
        try (NativeCode previous = assemble(a -> {
            a.store(8, Address.of(Registers.RDX, 0), 123);
            a.ret();
        })) {
            NativeCode.putLong(data + 2048 + 8 * 11, previous.address());
            for (long[] c : new long[][] {{1, 0xfff}, {1, 0x2000}, {0, 0x1000}, {-6, 0x1000}}) {
                long context = signal(11, (int) c[0], 0, c[1]);
                assertEquals(c[1], NativeCode.getLong(context + 168));
                assertEquals(123, NativeCode.getLong(context));
            }
            NativeCode.putLong(data + 2048 + 8 * 11, 1);
            assertEquals(0, NativeCode.getLong(signal(11, 1, 0, 0)));
        }
    }

    /** Calls the handler as the kernel would; returns the context that it may have changed. */
    private long signal(int number, int siCode, long address, long pc) throws Throwable {
        long info = arena.allocate(128, 16).address();
        long context = arena.allocate(1024, 16).address();
        NativeCode.putLong(info + 8, siCode & 0xffffffffL);
        NativeCode.putLong(info + 16, address);
        NativeCode.putLong(context + 96, vmctx);
        NativeCode.putLong(context + 168, pc);
        long unused = (long) NativeCode.function(stub.get("handler"), 3).invokeExact((long) number, info, context);
        return context;
    }

    @Test
    void handlerRestoresTheDefaultActionWhereThereWasNone() throws Throwable {
        // SIGSTKFLT: nobody uses it, so that setting it again changes nothing here.
        assertEquals(0, NativeCode.getLong(signal(16, 1, 0, 0)));
    }

    @Test
    void asksTheSystemWithAllArguments() throws Throwable {
        MethodHandle syscall = NativeCode.function(stub.get("syscall"), 6);
        long[] cells = {arena.allocate(16).address(), arena.allocate(16).address()};
        // pselect6 reads what its fourth and fifth arguments point to: no descriptors, and no time to wait.
        assertEquals(0, (long) syscall.invokeExact(270L, 0L, 0L, 0L, 0L, cells[0]));
        assertEquals(-22, (long) syscall.invokeExact(270L, -1L, 0L, 0L, 0L, cells[0]), "EINVAL");
        NativeCode.putLong(cells[0], -1);
        assertEquals(-22, (long) syscall.invokeExact(270L, 0L, 0L, 0L, 0L, cells[0]), "not a time");
        assertEquals(-9, (long) syscall.invokeExact(3L, -1L, 0L, 0L, 0L, 0L), "EBADF");
    }

    /** Floats and xmm are always saved, and ymm where Linux shows AVX. */
    @Test
    void savedStateIsRead() throws Throwable {
        String cpu = Files.readString(Path.of("/proc/cpuinfo"));
        assumeTrue(cpu.contains(" xsave "), "the processor has no XSAVE");
        long state = (long) NativeCode.function(stub.get("savedState"), 0).invokeExact();
        assertEquals(3, state & 3);
        assertEquals(cpu.contains(" avx "), (state & 4) != 0);
    }

    @Test
    void theLoaderHasTheseStubs() throws IOException {
        Path source = Path.of("../loader/src/main/java/kiln/loader/StubsX64.java");
        assumeTrue(Files.exists(source), "the sources are not here");
        if (Boolean.getBoolean("kiln.golden.update")) {
            Files.writeString(source, Stubs.source());
        }
        assertEquals(Stubs.source(), Files.readString(source));
    }
}
