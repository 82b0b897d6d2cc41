package kiln.codegen.aarch64;

import kiln.artifact.TrapCode;
import kiln.artifact.VMContextLayout;
import kiln.codegen.FrameLayout;

/** Code that makes and removes frames; the picture is at {@link FrameLayout}. */
final class Prologue {
    /** Frames below this size need no check if the function calls nothing. */
    private static final int UNCHECKED_FRAME = 4096;
    /** Frames up to this size may be taken before the check: the limit leaves far more room than that. */
    private static final int CHECK_AFTERWARDS = 16 * 1024;
    /** Where FrameLayout has the VMContext, from x29. */
    private static final int SAVED_CONTEXT = -8;

    private Prologue() {}

    static void emit(Assembler a, FrameLayout frame, boolean makesCalls, boolean far) {
        int bytes = frame.bytes();
        a.pairPre(PairOp.STP_X, Registers.FP, Registers.LR, Registers.SP, -16);
        a.mov(true, Registers.FP, Registers.SP);
        if (!makesCalls && bytes < UNCHECKED_FRAME) {
            a.addConstant(Registers.SP, Registers.SP, -bytes, Registers.IP1);
        } else if (bytes <= CHECK_AFTERWARDS) {
            a.addConstant(Registers.SP, Registers.SP, -bytes, Registers.IP1);
            checkStack(a, far);
        } else {
            a.mov(true, Registers.IP1, Registers.SP);
            a.addConstant(Registers.IP1, Registers.IP1, -bytes, Registers.IP0);
            a.loadStoreScaled(LoadStoreOp.LDR_X, Registers.IP0, Registers.VMCTX, VMContextLayout.STACK_LIMIT);
            a.cmp(true, Registers.IP1, Registers.IP0);
            trapIf(a, Cond.LO, far);
            a.mov(true, Registers.SP, Registers.IP1);
        }
        if (frame.savesContext()) {
            a.loadStoreUnscaled(LoadStoreOp.STR_X, Registers.VMCTX, Registers.FP, SAVED_CONTEXT);
        }
    }

    /** Compares the stack pointer with the limit. */
    static void checkStack(Assembler a, boolean far) {
        a.loadStoreScaled(LoadStoreOp.LDR_X, Registers.IP0, Registers.VMCTX, VMContextLayout.STACK_LIMIT);
        a.aluExtended(AluOp.SUBS, true, Registers.ZR, Registers.SP, Registers.IP0, ExtendOp.UXTX, 0);
        trapIf(a, Cond.LO, far);
    }

    private static void trapIf(Assembler a, Cond cond, boolean far) {
        new Test.Flags(cond).branch(a, Traps.label(a, TrapCode.STACK_CHECK), far);
    }

    /** Takes the frame back, ready to return or jump: x29 and x30 are the caller's, its stack arguments are gone. */
    static void leave(Assembler a, FrameLayout frame, int argumentBytes) {
        if (frame.bytes() > 0) {
            a.mov(true, Registers.SP, Registers.FP);
        }
        a.pairPost(PairOp.LDP_X, Registers.FP, Registers.LR, Registers.SP, 16);
        a.addConstant(Registers.SP, Registers.SP, argumentBytes, Registers.IP0);
    }

    /** Brings back this function's VMContext after a call that may have changed it. */
    static void restoreContext(Assembler a) {
        a.loadStoreUnscaled(LoadStoreOp.LDR_X, Registers.VMCTX, Registers.FP, SAVED_CONTEXT);
    }
}
