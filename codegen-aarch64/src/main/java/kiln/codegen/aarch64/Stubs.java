package kiln.codegen.aarch64;

import static kiln.codegen.aarch64.Registers.CONTEXT;
import static kiln.codegen.aarch64.Registers.FP;
import static kiln.codegen.aarch64.Registers.IP0;
import static kiln.codegen.aarch64.Registers.LR;
import static kiln.codegen.aarch64.Registers.SP;
import static kiln.codegen.aarch64.Registers.ZR;
import static kiln.codegen.aarch64.Registers.v;
import static kiln.codegen.aarch64.Registers.x;

import kiln.artifact.StoreLayout;
import kiln.artifact.VMContextLayout;
import kiln.codegen.Label;
import kiln.codegen.Reg;
import kiln.codegen.StubImage;
import kiln.codegen.StubSource;

/**
 * The loader's own machine code for Linux: see docs/abi.md, "Stubs".
 *
 * <pre>
 *   frame of enter, from sp upwards
 *     activation, 32 bytes      [sp]        sp while wasm code runs
 *     VMStoreContext            [sp + 32]
 *     (8 bytes unused)
 *     x19-x28                   [sp + 48]
 *     d8-d15                    [sp + 128]
 *     caller's x29, x30         [sp + 192]  x29
 * </pre>
 */
public final class Stubs extends StubImage {
    /** The store, and FPCR beside it. */
    private static final int SAVED_STORE = 32;

    private static final int SAVED_INTEGERS = 48;
    private static final int SAVED_VECTORS = 128;
    private static final int SAVED_FRAME = 192;
    private static final int FRAME_BYTES = 208;

    // struct ucontext of AArch64 Linux.
    private static final int UC_X28 = 408;
    private static final int UC_PC = 440;

    private static final int SYS_RT_SIGACTION = 134;

    private final Assembler asm = new Assembler(buffer);

    private Stubs() {
        super(0);
    }

    /** The image for the loader. */
    public static byte[] image() {
        return new Stubs().build();
    }

    /** The image as source of the loader; the test writes it there with {@code -Dkiln.golden.update=true}. */
    static String source() {
        return StubSource.of("StubsAarch64", "AArch64", image());
    }

    private void load(Reg rt, Reg base, int displacement) {
        asm.loadStoreScaled(LoadStoreOp.LDR_X, rt, base, displacement);
    }

    private void store(Reg rt, Reg base, int displacement) {
        asm.loadStoreScaled(LoadStoreOp.STR_X, rt, base, displacement);
    }

    private void add(Reg rd, Reg rn, int imm) {
        asm.addSubImmediate(Op.ADD, true, rd, rn, imm);
    }

    /**
     * C: x0 = VMContext, x1 = trampoline, x2 = code, x3 = arguments. FPCR needs no saving: generated code leaves it
     * alone, and writing it is slow.
     */
    @Override
    protected void enter() {
        Label newThread = new Label();
        load(x(9), x(0), VMContextLayout.STORE);
        load(x(11), x(9), StoreLayout.THREAD);
        asm.readThreadPointer(x(10));
        asm.cmp(true, x(10), x(11));
        asm.b(Cond.NE, newThread);

        asm.addSubImmediate(Op.SUB, true, SP, SP, FRAME_BYTES);
        asm.pairOffset(PairOp.STP_X, FP, LR, SP, SAVED_FRAME);
        add(FP, SP, SAVED_FRAME);
        for (int i = 0; i < 10; i += 2) {
            asm.pairOffset(PairOp.STP_X, x(19 + i), x(20 + i), SP, SAVED_INTEGERS + 8 * i);
        }
        for (int i = 0; i < 8; i += 2) {
            asm.pairOffset(PairOp.STP_D, v(8 + i), v(9 + i), SP, SAVED_VECTORS + 8 * i);
        }
        store(x(9), SP, SAVED_STORE);

        load(x(10), x(9), StoreLayout.ACTIVATION);
        load(x(11), x(9), StoreLayout.EXIT_FRAME);
        asm.mov(true, x(12), SP);
        asm.pairOffset(PairOp.STP_X, x(10), x(11), SP, StoreLayout.ACTIVATION_PREVIOUS);
        asm.pairOffset(PairOp.STP_X, x(12), FP, SP, StoreLayout.ACTIVATION_SP);
        store(x(12), x(9), StoreLayout.ACTIVATION);

        asm.mov(true, CONTEXT, x(0));
        asm.mov(true, IP0, x(1));
        asm.mov(true, x(0), x(2));
        asm.mov(true, x(1), x(3));
        asm.blr(IP0);
        asm.movImmediate(true, x(0), StoreLayout.STATUS_OK);

        // Here with the status in x0, the activation at sp and this frame's base in x29.
        buffer.bind(exit);
        load(x(9), SP, SAVED_STORE);
        asm.pairOffset(PairOp.LDP_X, x(11), x(12), SP, StoreLayout.ACTIVATION_PREVIOUS);
        store(x(11), x(9), StoreLayout.ACTIVATION);
        store(x(12), x(9), StoreLayout.EXIT_FRAME);
        for (int i = 0; i < 10; i += 2) {
            asm.pairOffset(PairOp.LDP_X, x(19 + i), x(20 + i), SP, SAVED_INTEGERS + 8 * i);
        }
        for (int i = 0; i < 8; i += 2) {
            asm.pairOffset(PairOp.LDP_D, v(8 + i), v(9 + i), SP, SAVED_VECTORS + 8 * i);
        }
        asm.pairOffset(PairOp.LDP_X, FP, LR, SP, SAVED_FRAME);
        add(SP, SP, FRAME_BYTES);
        asm.ret();

        buffer.bind(newThread);
        newThread();
    }

    /** x9 = store, x10 = thread pointer. */
    private void newThread() {
        int saved = 16;
        int attributes = 32; // pthread_attr_t: 64 bytes
        int low = 96;
        int size = 104;
        int frame = 112;
        Label done = new Label();
        asm.pairPre(PairOp.STP_X, FP, LR, SP, -frame);
        asm.mov(true, FP, SP);
        asm.pairOffset(PairOp.STP_X, x(19), x(20), SP, saved);
        asm.mov(true, x(19), x(9));
        asm.mov(true, x(20), x(10));
        // If the C library cannot tell, nothing may run: no stack pointer is above this limit.
        asm.movImmediate(true, x(11), -1);
        store(x(11), x(19), StoreLayout.STACK_LIMIT);
        call(StoreLayout.PTHREAD_SELF);
        add(x(1), SP, attributes);
        call(StoreLayout.PTHREAD_GETATTR);
        asm.cbnz(false, x(0), done);
        add(x(0), SP, attributes);
        add(x(1), SP, low);
        add(x(2), SP, size);
        call(StoreLayout.PTHREAD_ATTR_GETSTACK);
        add(x(0), SP, attributes);
        call(StoreLayout.PTHREAD_ATTR_DESTROY);
        load(x(0), SP, low);
        add(x(0), x(0), STACK_RESERVE);
        store(x(0), x(19), StoreLayout.STACK_LIMIT);
        buffer.bind(done);
        store(x(20), x(19), StoreLayout.THREAD);
        asm.movImmediate(true, x(0), StoreLayout.STATUS_NEW_THREAD);
        asm.pairOffset(PairOp.LDP_X, x(19), x(20), SP, saved);
        asm.pairPost(PairOp.LDP_X, FP, LR, SP, frame);
        asm.ret();
    }

    /** Calls a C function that the store (x19) knows. */
    private void call(int field) {
        load(IP0, x(19), field);
        asm.blr(IP0);
    }

    /** Called by wasm code, whose frame base is in x29. */
    @Override
    protected void trap() {
        load(x(10), CONTEXT, VMContextLayout.STORE);
        store(LR, x(10), StoreLayout.TRAP_PC);
        asm.loadStoreScaled(LoadStoreOp.STR_W, ZR, x(10), StoreLayout.TRAP_SIGNAL);
        asm.movImmediate(true, x(8), StoreLayout.STATUS_TRAP);
        asm.b(leave);
    }

    /** Jumped to by wasm code, in the frame that called the host. */
    @Override
    protected void unwind() {
        Label thrown = new Label();
        load(x(10), CONTEXT, VMContextLayout.STORE);
        load(x(0), x(10), StoreLayout.EXCEPTION);
        asm.cbnz(true, x(0), thrown);
        asm.movImmediate(true, x(8), StoreLayout.STATUS_UNWIND);
        asm.b(leave);
        buffer.bind(thrown);
        store(ZR, x(10), StoreLayout.EXCEPTION);
        asm.movImmediate(true, x(9), 0);
        asm.b(find);
    }

    /**
     * Called by wasm code with the exception in x0. Follows the frame bases; a call that has a landing pad is followed
     * by the instructions of {@link Assembler#pad} that say where it is.
     */
    @Override
    protected void throwException() {
        Label next = new Label();
        Label far = new Label();
        Label found = new Label();
        Label uncaught = new Label();
        load(x(10), CONTEXT, VMContextLayout.STORE);
        asm.mov(true, x(9), LR);

        // Here with the exception in x0, the store in x10 and in x9 what a trace is to begin with.
        buffer.bind(find);
        load(x(12), x(10), StoreLayout.ACTIVATION);
        load(x(12), x(12), StoreLayout.ACTIVATION_FP);
        asm.mov(true, x(11), FP);
        // ADR xzr without its distance; MOVZ xzr without its number.
        asm.movImmediate(true, x(4), 0x1000_001f);
        asm.movImmediate(true, x(5), 0x9f00_001f);
        asm.movImmediate(true, x(6), 0xd280_001fL);
        asm.movImmediate(true, x(7), 0xffe0_001fL);
        buffer.bind(next);
        asm.cmp(true, x(11), x(12));
        asm.b(Cond.EQ, uncaught);
        asm.pairOffset(PairOp.LDP_X, x(11), x(13), x(11), 0);
        asm.loadStoreScaled(LoadStoreOp.LDR_W, x(14), x(13), 0);
        asm.alu(Op.AND, true, x(15), x(14), x(5));
        asm.cmp(true, x(15), x(4));
        asm.b(Cond.NE, far);
        // The distance: 19 bits above the two lowest.
        asm.bitfield(Op.SBFM, false, x(15), x(14), 5, 23);
        asm.bitfield(Op.UBFM, false, x(14), x(14), 29, 30);
        asm.alu(Op.ADD, true, x(14), x(13), x(14));
        asm.extended(Op.ADD, true, x(13), x(14), x(15), ExtendOp.SXTW, 2);
        buffer.bind(found);
        asm.mov(true, FP, x(11));
        Prologue.restoreContext(asm);
        asm.br(x(13));

        buffer.bind(far);
        asm.alu(Op.AND, true, x(15), x(14), x(7));
        asm.cmp(true, x(15), x(6));
        asm.b(Cond.NE, next);
        asm.loadStoreScaled(LoadStoreOp.LDR_W, x(15), x(13), 4);
        asm.bitfield(Op.UBFM, false, x(14), x(14), 5, 20);
        asm.bitfield(Op.UBFM, false, x(15), x(15), 5, 20);
        asm.bitfield(Op.UBFM, false, x(15), x(15), 16, 15);
        asm.alu(Op.ORR, false, x(14), x(14), x(15));
        asm.extended(Op.ADD, true, x(13), x(13), x(14), ExtendOp.SXTW, 0);
        asm.b(found);

        buffer.bind(uncaught);
        store(x(0), x(10), StoreLayout.EXCEPTION);
        store(x(9), x(10), StoreLayout.TRAP_PC);
        asm.loadStoreScaled(LoadStoreOp.STR_W, ZR, x(10), StoreLayout.TRAP_SIGNAL);
        asm.movImmediate(true, x(8), StoreLayout.STATUS_THROWN);
        asm.b(leave);
    }

    /** Where wasm code goes on after a fault, with the registers that it had then. */
    @Override
    protected void fault() {
        Label next = new Label();
        Label full = new Label();
        Label done = new Label();
        load(x(10), CONTEXT, VMContextLayout.STORE);
        asm.movImmediate(true, x(8), StoreLayout.STATUS_TRAP);

        // Here with the store in x10 and the status in x8.
        buffer.bind(leave);
        load(x(11), x(10), StoreLayout.ACTIVATION);
        load(x(12), x(11), StoreLayout.ACTIVATION_FP);
        load(x(13), x(10), StoreLayout.BACKTRACE);
        asm.movImmediate(true, x(14), 0);
        buffer.bind(next);
        asm.cmp(true, FP, x(12));
        asm.b(Cond.EQ, done);
        asm.cmpImmediate(true, x(14), StoreLayout.BACKTRACE_CAPACITY);
        asm.b(Cond.HS, full);
        load(x(15), FP, 8);
        asm.loadStoreIndexed(LoadStoreOp.STR_X, x(15), x(13), x(14), ExtendOp.UXTX, true);
        buffer.bind(full);
        add(x(14), x(14), 1);
        load(FP, FP, 0);
        asm.b(next);
        buffer.bind(done);
        store(x(14), x(10), StoreLayout.BACKTRACE_COUNT);
        load(x(9), x(11), StoreLayout.ACTIVATION_SP);
        asm.mov(true, SP, x(9));
        asm.mov(true, x(0), x(8));
        asm.b(exit);
    }

    /** C: w0 = signal, x1 = siginfo, x2 = ucontext. Uses little stack and nothing that is not async-signal-safe. */
    @Override
    protected void handler() {
        Label next = new Label();
        Label skip = new Label();
        Label found = new Label();
        Label chain = new Label();
        Label ignore = new Label();
        Label reset = new Label();
        asm.adr(x(3), start);
        add(x(3), x(3), DATA);
        // Sent by kill or the like: not our fault.
        asm.loadStoreScaled(LoadStoreOp.LDR_W, x(4), x(1), SI_CODE);
        asm.cmpImmediate(false, x(4), 0);
        asm.b(Cond.LE, chain);
        load(x(5), x(2), UC_PC);
        asm.mov(true, x(6), x(3));
        add(x(9), x(3), RANGES_BYTES);
        buffer.bind(next);
        asm.pairPost(PairOp.LDP_X, x(7), x(8), x(6), 16);
        asm.cmp(true, x(5), x(7));
        asm.b(Cond.LO, skip);
        asm.cmp(true, x(5), x(8));
        asm.b(Cond.LO, found);
        buffer.bind(skip);
        asm.cmp(true, x(6), x(9));
        asm.b(Cond.NE, next);

        buffer.bind(chain);
        add(x(4), x(3), PREVIOUS_HANDLERS);
        asm.loadStoreIndexed(LoadStoreOp.LDR_X, IP0, x(4), x(0), ExtendOp.SXTW, true);
        asm.cmpImmediate(true, IP0, 1);
        asm.b(Cond.LO, reset);
        asm.b(Cond.EQ, ignore);
        asm.br(IP0);

        buffer.bind(found);
        load(x(6), x(2), UC_X28);
        load(x(6), x(6), VMContextLayout.STORE);
        store(x(5), x(6), StoreLayout.TRAP_PC);
        load(x(7), x(1), SI_ADDR);
        store(x(7), x(6), StoreLayout.TRAP_ADDRESS);
        asm.loadStoreScaled(LoadStoreOp.STR_W, x(0), x(6), StoreLayout.TRAP_SIGNAL);
        asm.adr(x(7), entry("fault"));
        store(x(7), x(2), UC_PC);
        buffer.bind(ignore);
        asm.ret();

        // SIG_DFL: the instruction faults again after the return and meets the default action.
        buffer.bind(reset);
        asm.addSubImmediate(Op.SUB, true, SP, SP, KERNEL_SIGACTION_BYTES);
        for (int i = 0; i < KERNEL_SIGACTION_BYTES; i += 16) {
            asm.pairOffset(PairOp.STP_X, ZR, ZR, SP, i);
        }
        asm.mov(true, x(1), SP);
        asm.movImmediate(true, x(2), 0);
        asm.movImmediate(true, x(3), KERNEL_SIGSET_BYTES);
        asm.movImmediate(true, x(8), SYS_RT_SIGACTION);
        asm.svc();
        add(SP, SP, KERNEL_SIGACTION_BYTES);
        asm.ret();
    }

    /** C: x0 = start, x1 = length. Arm ARM, B2.7.4.2: clean data lines, then invalidate instruction lines. */
    @Override
    protected void flush() {
        Label nothing = new Label();
        asm.cbz(true, x(1), nothing);
        asm.alu(Op.ADD, true, x(5), x(0), x(1));
        asm.readCacheType(x(2));
        // Log2 of the words of a line: DminLine in bits 19..16, IminLine in bits 3..0.
        asm.bitfield(Op.UBFM, true, x(3), x(2), 16, 19);
        forEachLine(() -> asm.cleanDataLine(x(6)));
        asm.dataBarrier();
        asm.bitfield(Op.UBFM, true, x(3), x(2), 0, 3);
        forEachLine(() -> asm.invalidateInstructionLine(x(6)));
        asm.dataBarrier();
        asm.isb();
        buffer.bind(nothing);
        asm.ret();
    }

    /** C: x0 = number, x1 to x5 = arguments. */
    @Override
    protected void syscall() {
        asm.mov(true, x(8), x(0));
        for (int i = 0; i < 5; i++) {
            asm.mov(true, x(i), x(i + 1));
        }
        asm.svc();
        asm.ret();
    }

    /** Whatever the processor has that code may use is in the auxiliary vector. */
    @Override
    protected void savedState() {
        asm.movImmediate(true, x(0), 0);
        asm.ret();
    }

    /** Does something with x6 = each line of {@code 4 << x3} bytes from x0 up to x5. */
    private void forEachLine(Runnable maintain) {
        Label next = new Label();
        asm.movImmediate(true, x(4), 4);
        asm.alu(Op.LSL, true, x(3), x(4), x(3));
        asm.addSubImmediate(Op.SUB, true, x(4), x(3), 1);
        asm.alu(Op.BIC, true, x(6), x(0), x(4));
        buffer.bind(next);
        maintain.run();
        asm.alu(Op.ADD, true, x(6), x(6), x(3));
        asm.cmp(true, x(6), x(5));
        asm.b(Cond.LO, next);
    }
}
