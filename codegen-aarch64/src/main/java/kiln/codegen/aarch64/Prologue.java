package kiln.codegen.aarch64;

import kiln.artifact.VMContextLayout;
import kiln.artifact.api.TrapCode;
import kiln.codegen.FrameLayout;

/** Making and removing a frame ({@link FrameLayout}), with the check of the stack limit. */
final class Prologue {
    /** Frames below this size need no check if the function calls nothing. */
    private static final int UNCHECKED_FRAME = 4096;
    /** Frames up to this size may be taken before the check: the limit leaves far more room than that. */
    private static final int CHECK_AFTERWARDS = 16 * 1024;

    private Prologue() {}

    static void emit(Assembler asm, FrameLayout frame, boolean makesCalls, boolean far) {
        int bytes = frame.bytes();
        asm.pairPre(PairOp.STP_X, Registers.FP, Registers.LR, Registers.SP, -16);
        asm.mov(true, Registers.FP, Registers.SP);
        if (!makesCalls && bytes < UNCHECKED_FRAME) {
            asm.addConstant(Registers.SP, Registers.SP, -bytes, Registers.IP1);
        } else if (bytes <= CHECK_AFTERWARDS) {
            asm.addConstant(Registers.SP, Registers.SP, -bytes, Registers.IP1);
            checkStack(asm, far);
        } else {
            asm.mov(true, Registers.IP1, Registers.SP);
            asm.addConstant(Registers.IP1, Registers.IP1, -bytes, Registers.IP0);
            asm.loadStoreScaled(LoadStoreOp.LDR_X, Registers.IP0, Registers.CONTEXT, VMContextLayout.STACK_LIMIT);
            asm.cmp(true, Registers.IP1, Registers.IP0);
            trapIf(asm, Cond.LO, far);
            asm.mov(true, Registers.SP, Registers.IP1);
        }
        if (frame.savesContext()) {
            asm.loadStoreUnscaled(LoadStoreOp.STR_X, Registers.CONTEXT, Registers.FP, FrameLayout.SAVED_CONTEXT);
        }
    }

    /** Compares the stack pointer with the limit. */
    static void checkStack(Assembler asm, boolean far) {
        asm.loadStoreScaled(LoadStoreOp.LDR_X, Registers.IP0, Registers.CONTEXT, VMContextLayout.STACK_LIMIT);
        asm.extended(Op.SUBS, true, Registers.ZR, Registers.SP, Registers.IP0, ExtendOp.UXTX, 0);
        trapIf(asm, Cond.LO, far);
    }

    private static void trapIf(Assembler asm, Cond cond, boolean far) {
        new Condition.Flags(cond).branch(asm, Traps.label(asm, TrapCode.STACK_CHECK), far);
    }

    /** Takes the frame back, ready to return or jump: x29 and x30 are the caller's, its stack arguments are gone. */
    static void leave(Assembler asm, FrameLayout frame, int argumentBytes) {
        if (frame.bytes() > 0) {
            asm.mov(true, Registers.SP, Registers.FP);
        }
        asm.pairPost(PairOp.LDP_X, Registers.FP, Registers.LR, Registers.SP, 16);
        asm.addConstant(Registers.SP, Registers.SP, argumentBytes, Registers.IP0);
    }

    /** Brings back this function's VMContext after a call that may have changed it. */
    static void restoreContext(Assembler asm) {
        asm.loadStoreUnscaled(LoadStoreOp.LDR_X, Registers.CONTEXT, Registers.FP, FrameLayout.SAVED_CONTEXT);
    }
}
