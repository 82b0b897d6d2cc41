package kiln.codegen.x64;

import static kiln.codegen.x64.Registers.CONTEXT;
import static kiln.codegen.x64.Registers.R10;
import static kiln.codegen.x64.Registers.R11;
import static kiln.codegen.x64.Registers.R12;
import static kiln.codegen.x64.Registers.R13;
import static kiln.codegen.x64.Registers.R14;
import static kiln.codegen.x64.Registers.R15;
import static kiln.codegen.x64.Registers.R8;
import static kiln.codegen.x64.Registers.R9;
import static kiln.codegen.x64.Registers.RAX;
import static kiln.codegen.x64.Registers.RBP;
import static kiln.codegen.x64.Registers.RBX;
import static kiln.codegen.x64.Registers.RCX;
import static kiln.codegen.x64.Registers.RDI;
import static kiln.codegen.x64.Registers.RDX;
import static kiln.codegen.x64.Registers.RSI;
import static kiln.codegen.x64.Registers.RSP;

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
 *   frame of enter, from rbp downwards
 *     return address            [rbp + 8]
 *     caller's rbp              [rbp]
 *     rbx r12 r13 r14 r15       [rbp - 40 ...]
 *     VMStoreContext            [rbp - 48]
 *     activation, 32 bytes      [rbp - 80] = rsp while wasm code runs
 * </pre>
 */
public final class Stubs extends StubImage {
    private static final int SAVED_REGISTERS = -40;
    private static final int SAVED_STORE = -48;
    private static final int FRAME_BYTES = 80;

    // struct ucontext of x86-64 Linux.
    private static final int UC_R15 = 96;
    private static final int UC_RIP = 168;

    private static final int SYS_RT_SIGACTION = 13;

    private final Assembler asm = new Assembler(buffer);

    private Stubs() {
        super(0xcc);
    }

    /** The image for the loader. */
    public static byte[] image() {
        return new Stubs().build();
    }

    /** The image as source of the loader; the test writes it there with {@code -Dkiln.golden.update=true}. */
    static String source() {
        return StubSource.of("StubsX64", "x86-64", image());
    }

    private static Address at(Reg base, int disp) {
        return Address.of(base, disp);
    }

    /**
     * C: rdi = VMContext, rsi = trampoline, rdx = code, rcx = arguments. MXCSR and the direction flag need no saving:
     * generated code leaves them alone, and writing MXCSR takes as long as all the rest of a call.
     */
    @Override
    protected void enter() {
        Label newThread = new Label();
        asm.mov(8, RAX, at(RDI, VMContextLayout.STORE));
        asm.loadThreadPointer(R10);
        asm.op(Op.CMP, 8, R10, at(RAX, StoreLayout.THREAD));
        asm.jcc(Cond.NE, newThread);

        asm.push(RBP);
        asm.mov(8, RBP, RSP);
        asm.push(RBX);
        asm.push(R12);
        asm.push(R13);
        asm.push(R14);
        asm.push(R15);
        asm.lea(8, RSP, at(RBP, -FRAME_BYTES));
        asm.store(8, at(RBP, SAVED_STORE), RAX);

        asm.mov(8, R10, at(RAX, StoreLayout.ACTIVATION));
        asm.mov(8, R11, at(RAX, StoreLayout.EXIT_FRAME));
        asm.store(8, at(RSP, StoreLayout.ACTIVATION_PREVIOUS), R10);
        asm.store(8, at(RSP, StoreLayout.ACTIVATION_EXIT_FRAME), R11);
        asm.store(8, at(RSP, StoreLayout.ACTIVATION_SP), RSP);
        asm.store(8, at(RSP, StoreLayout.ACTIVATION_FP), RBP);
        asm.store(8, at(RAX, StoreLayout.ACTIVATION), RSP);

        asm.mov(8, CONTEXT, RDI);
        asm.mov(8, R11, RSI);
        asm.mov(8, RDI, RDX);
        asm.mov(8, RSI, RCX);
        asm.call(Operand.of(R11));
        asm.movImm(RAX, StoreLayout.STATUS_OK);

        // Here with the status in eax and the activation at rsp.
        buffer.bind(exit);
        asm.mov(8, R10, at(RBP, SAVED_STORE));
        asm.mov(8, RCX, at(RSP, StoreLayout.ACTIVATION_PREVIOUS));
        asm.mov(8, RDX, at(RSP, StoreLayout.ACTIVATION_EXIT_FRAME));
        asm.store(8, at(R10, StoreLayout.ACTIVATION), RCX);
        asm.store(8, at(R10, StoreLayout.EXIT_FRAME), RDX);
        asm.lea(8, RSP, at(RBP, SAVED_REGISTERS));
        asm.pop(R15);
        asm.pop(R14);
        asm.pop(R13);
        asm.pop(R12);
        asm.pop(RBX);
        asm.pop(RBP);
        asm.ret();

        buffer.bind(newThread);
        newThread();
    }

    /** rax = store, r10 = thread pointer. */
    private void newThread() {
        int attributes = 0; // pthread_attr_t: 56 bytes
        int low = 64;
        int size = 72;
        Label done = new Label();
        asm.push(RBP);
        asm.mov(8, RBP, RSP);
        asm.push(RBX);
        asm.push(R12);
        asm.op(Op.SUB, 8, RSP, 80);
        asm.mov(8, RBX, RAX);
        asm.mov(8, R12, R10);
        // If the C library cannot tell, nothing may run: no stack pointer is above this limit.
        asm.store(8, at(RBX, StoreLayout.STACK_LIMIT), -1);
        asm.call(at(RBX, StoreLayout.PTHREAD_SELF));
        asm.mov(8, RDI, RAX);
        asm.lea(8, RSI, at(RSP, attributes));
        asm.call(at(RBX, StoreLayout.PTHREAD_GETATTR));
        asm.test(4, RAX);
        asm.jcc(Cond.NE, done);
        asm.lea(8, RDI, at(RSP, attributes));
        asm.lea(8, RSI, at(RSP, low));
        asm.lea(8, RDX, at(RSP, size));
        asm.call(at(RBX, StoreLayout.PTHREAD_ATTR_GETSTACK));
        asm.lea(8, RDI, at(RSP, attributes));
        asm.call(at(RBX, StoreLayout.PTHREAD_ATTR_DESTROY));
        asm.mov(8, RAX, at(RSP, low));
        asm.op(Op.ADD, 8, RAX, STACK_RESERVE);
        asm.store(8, at(RBX, StoreLayout.STACK_LIMIT), RAX);
        buffer.bind(done);
        asm.store(8, at(RBX, StoreLayout.THREAD), R12);
        asm.movImm(RAX, StoreLayout.STATUS_NEW_THREAD);
        asm.lea(8, RSP, at(RBP, -16));
        asm.pop(R12);
        asm.pop(RBX);
        asm.pop(RBP);
        asm.ret();
    }

    /** Called by wasm code, whose frame base is in rbp. */
    @Override
    protected void trap() {
        asm.mov(8, R10, at(CONTEXT, VMContextLayout.STORE));
        asm.mov(8, RAX, at(RSP, 0));
        asm.store(8, at(R10, StoreLayout.TRAP_PC), RAX);
        asm.store(4, at(R10, StoreLayout.TRAP_SIGNAL), 0);
        asm.movImm(R8, StoreLayout.STATUS_TRAP);
        asm.jmp(leave);
    }

    /** Jumped to by wasm code, in the frame that called the host. */
    @Override
    protected void unwind() {
        Label thrown = new Label();
        asm.mov(8, R10, at(CONTEXT, VMContextLayout.STORE));
        asm.mov(8, RAX, at(R10, StoreLayout.EXCEPTION));
        asm.test(8, RAX);
        asm.jcc(Cond.NE, thrown);
        asm.movImm(R8, StoreLayout.STATUS_UNWIND);
        asm.jmp(leave);
        buffer.bind(thrown);
        asm.store(8, at(R10, StoreLayout.EXCEPTION), 0);
        asm.movImm(R9, 0);
        asm.jmp(find);
    }

    /**
     * Called by wasm code with the exception in rax. Follows the frame bases; a call that has a landing pad is followed
     * by the no-operation {@link Assembler#pad} that says where it is.
     */
    @Override
    protected void throwException() {
        Label next = new Label();
        Label uncaught = new Label();
        asm.mov(8, R10, at(CONTEXT, VMContextLayout.STORE));
        asm.mov(8, R9, at(RSP, 0));

        // Here with the exception in rax, the store in r10 and in r9 what a trace is to begin with.
        buffer.bind(find);
        asm.mov(8, RDX, at(R10, StoreLayout.ACTIVATION));
        asm.mov(8, RDX, at(RDX, StoreLayout.ACTIVATION_FP));
        asm.mov(8, RCX, RBP);
        buffer.bind(next);
        asm.op(Op.CMP, 8, RCX, RDX);
        asm.jcc(Cond.E, uncaught);
        asm.mov(8, RSI, at(RCX, 8));
        asm.mov(8, RCX, at(RCX, 0));
        asm.mov(4, RDI, at(RSI, 0));
        asm.op(Op.AND, 4, RDI, 0xffffff);
        asm.op(Op.CMP, 4, RDI, 0x051f0f);
        asm.jcc(Cond.NE, next);
        asm.mov(8, RBP, RCX);
        asm.mov(8, CONTEXT, Prologue.savedContext());
        asm.op(Op.MOVSXD, 8, RDI, at(RSI, 3));
        asm.lea(8, RSI, Address.of(RSI, RDI, 0, 7));
        asm.jmp(Operand.of(RSI));

        buffer.bind(uncaught);
        asm.store(8, at(R10, StoreLayout.EXCEPTION), RAX);
        asm.store(8, at(R10, StoreLayout.TRAP_PC), R9);
        asm.store(4, at(R10, StoreLayout.TRAP_SIGNAL), 0);
        asm.movImm(R8, StoreLayout.STATUS_THROWN);
        asm.jmp(leave);
    }

    /** Where wasm code goes on after a fault, with the registers that it had then. */
    @Override
    protected void fault() {
        Label next = new Label();
        Label full = new Label();
        Label done = new Label();
        asm.mov(8, R10, at(CONTEXT, VMContextLayout.STORE));
        asm.movImm(R8, StoreLayout.STATUS_TRAP);

        // Here with the store in r10 and the status in r8.
        buffer.bind(leave);
        asm.mov(8, R11, at(R10, StoreLayout.ACTIVATION));
        asm.mov(8, RDX, at(R11, StoreLayout.ACTIVATION_FP));
        asm.mov(8, RSI, at(R10, StoreLayout.BACKTRACE));
        asm.movImm(RAX, 0);
        buffer.bind(next);
        asm.op(Op.CMP, 8, RBP, RDX);
        asm.jcc(Cond.E, done);
        asm.op(Op.CMP, 8, RAX, StoreLayout.BACKTRACE_CAPACITY);
        asm.jcc(Cond.AE, full);
        asm.mov(8, RDI, at(RBP, 8));
        asm.store(8, Address.of(RSI, RAX, 3, 0), RDI);
        buffer.bind(full);
        asm.op(Op.ADD, 8, RAX, 1);
        asm.mov(8, RBP, at(RBP, 0));
        asm.jmp(next);
        buffer.bind(done);
        asm.store(8, at(R10, StoreLayout.BACKTRACE_COUNT), RAX);
        asm.mov(8, RSP, at(R11, StoreLayout.ACTIVATION_SP));
        asm.mov(4, RAX, R8);
        asm.jmp(exit);
    }

    /** C: edi = signal, rsi = siginfo, rdx = ucontext. Uses little stack and nothing that is not async-signal-safe. */
    @Override
    protected void handler() {
        Label next = new Label();
        Label skip = new Label();
        Label found = new Label();
        Label chain = new Label();
        Label ignore = new Label();
        Label reset = new Label();
        asm.lea(8, RCX, Address.of(start));
        // Sent by kill or the like: not our fault.
        asm.mi(Op.CMP, 4, at(RSI, SI_CODE), 0);
        asm.jcc(Cond.LE, chain);
        asm.mov(8, RAX, at(RDX, UC_RIP));
        asm.movImm(R8, 0);
        buffer.bind(next);
        asm.op(Op.CMP, 8, RAX, Address.of(RCX, R8, 0, DATA));
        asm.jcc(Cond.B, skip);
        asm.op(Op.CMP, 8, RAX, Address.of(RCX, R8, 0, DATA + 8));
        asm.jcc(Cond.B, found);
        buffer.bind(skip);
        asm.op(Op.ADD, 4, R8, 16);
        asm.op(Op.CMP, 4, R8, RANGES_BYTES);
        asm.jcc(Cond.NE, next);

        buffer.bind(chain);
        asm.op(Op.MOVSXD, 8, RAX, Operand.of(RDI));
        asm.mov(8, RAX, Address.of(RCX, RAX, 3, DATA + PREVIOUS_HANDLERS));
        asm.op(Op.CMP, 8, RAX, 1);
        asm.jcc(Cond.B, reset);
        asm.jcc(Cond.E, ignore);
        asm.jmp(Operand.of(RAX));

        buffer.bind(found);
        asm.mov(8, R8, at(RDX, UC_R15));
        asm.mov(8, R8, at(R8, VMContextLayout.STORE));
        asm.store(8, at(R8, StoreLayout.TRAP_PC), RAX);
        asm.mov(8, RAX, at(RSI, SI_ADDR));
        asm.store(8, at(R8, StoreLayout.TRAP_ADDRESS), RAX);
        asm.store(4, at(R8, StoreLayout.TRAP_SIGNAL), RDI);
        asm.lea(8, RAX, Address.of(entry("fault")));
        asm.store(8, at(RDX, UC_RIP), RAX);
        buffer.bind(ignore);
        asm.ret();

        // SIG_DFL: the instruction faults again after the return and meets the default action.
        buffer.bind(reset);
        asm.op(Op.SUB, 8, RSP, KERNEL_SIGACTION_BYTES + 8);
        for (int i = 0; i < KERNEL_SIGACTION_BYTES; i += 8) {
            asm.store(8, at(RSP, i), 0);
        }
        asm.mov(8, RSI, RSP);
        asm.movImm(RDX, 0);
        asm.movImm(R10, KERNEL_SIGSET_BYTES);
        asm.movImm(RAX, SYS_RT_SIGACTION);
        asm.zo(Op.SYSCALL);
        asm.op(Op.ADD, 8, RSP, KERNEL_SIGACTION_BYTES + 8);
        asm.ret();
    }

    /** The instruction cache is coherent. */
    @Override
    protected void flush() {
        asm.ret();
    }

    /**
     * C: rdi = number, rsi, rdx, rcx, r8, r9 = arguments. The kernel takes the fourth in r10 and overwrites rcx and
     * r11.
     */
    @Override
    protected void syscall() {
        asm.mov(8, RAX, RDI);
        asm.mov(8, RDI, RSI);
        asm.mov(8, RSI, RDX);
        asm.mov(8, RDX, RCX);
        asm.mov(8, R10, R8);
        asm.mov(8, R8, R9);
        asm.zo(Op.SYSCALL);
        asm.ret();
    }

    /** XGETBV reads register ecx into edx:eax; it faults where the operating system has not made it available. */
    @Override
    protected void savedState() {
        asm.movImm(RCX, 0);
        asm.xgetbv();
        asm.op(Op.SHL, 8, RDX, 32);
        asm.op(Op.OR, 8, RAX, RDX);
        asm.ret();
    }
}
