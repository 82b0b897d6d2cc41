package kiln.codegen.x64;

import kiln.artifact.VMContextLayout;
import kiln.artifact.api.TrapCode;
import kiln.codegen.FrameLayout;

/** Making and removing a frame ({@link FrameLayout}), with the check of the stack limit. */
final class Prologue {
    /** Frames below this size need no check in a function that calls nothing, and are checked after they are made. */
    private static final int SMALL_FRAME = 4096;

    private Prologue() {}

    static void emit(Assembler asm, FrameLayout frame, boolean makesCalls) {
        int bytes = frame.bytes();
        Address limit = Address.of(Registers.CONTEXT, VMContextLayout.STACK_LIMIT);
        asm.push(Registers.RBP);
        asm.mov(8, Registers.RBP, Registers.RSP);
        if (bytes < SMALL_FRAME) {
            allocate(asm, bytes);
            if (makesCalls) {
                asm.op(Op.CMP, 8, Registers.RSP, limit);
                asm.jcc(Cond.B, Traps.label(asm, TrapCode.STACK_CHECK));
            }
        } else {
            // The call of the trap stub must find its stack. r11 carries no argument.
            asm.lea(8, Registers.R11, Address.of(Registers.RSP, -bytes));
            asm.op(Op.CMP, 8, Registers.R11, limit);
            asm.jcc(Cond.B, Traps.label(asm, TrapCode.STACK_CHECK));
            asm.mov(8, Registers.RSP, Registers.R11);
        }
        if (frame.savesContext()) {
            asm.store(8, savedContext(), Registers.CONTEXT);
        }
    }

    private static void allocate(Assembler asm, int bytes) {
        if (bytes == 128) {
            asm.op(Op.ADD, 8, Registers.RSP, -128);
        } else if (bytes != 0) {
            asm.op(Op.SUB, 8, Registers.RSP, bytes);
        }
    }

    /** Leaves the stack pointer at the return address. */
    static void leave(Assembler asm, FrameLayout frame) {
        if (frame.bytes() != 0) {
            asm.zo(Op.LEAVE);
        } else {
            asm.pop(Registers.RBP);
        }
    }

    /** Where the frame keeps the VMContext. */
    static Address savedContext() {
        return Address.of(Registers.RBP, FrameLayout.SAVED_CONTEXT);
    }
}
