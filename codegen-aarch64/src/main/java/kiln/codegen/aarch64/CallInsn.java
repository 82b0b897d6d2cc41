package kiln.codegen.aarch64;

import kiln.codegen.CallSite;
import kiln.codegen.EmitContext;
import kiln.codegen.FrameLayout;
import kiln.codegen.MachBlock;
import kiln.codegen.Reg;
import kiln.codegen.RegClass;
import kiln.ir.Type;

/** Calls and tail calls. */
final class CallInsn {
    private CallInsn() {}

    /** What calls have in common. */
    abstract static class Calling extends Sequence {
        final CallSite site;

        Calling(CallSite site) {
            super(site.form(), site.regs());
            this.site = site;
        }

        /** Takes the room for the arguments on the stack and fills it. */
        final void storeStackArguments(Assembler asm, FrameLayout frame) {
            asm.addConstant(Registers.SP, Registers.SP, -site.stackBytes(), Registers.IP0);
            for (CallSite.StackArgument argument : site.onStack()) {
                Type type = argument.type();
                boolean isInt = argument.isConstant() || RegClass.of(type) == RegClass.INT;
                LoadStoreOp op = isInt ? LoadStoreOp.STR_X : type == Type.V128 ? LoadStoreOp.STR_Q : LoadStoreOp.STR_D;
                Address.emit(asm, op, source(asm, frame, argument), Registers.SP, argument.offset());
            }
        }

        private Reg source(Assembler asm, FrameLayout frame, CallSite.StackArgument argument) {
            if (argument.isConstant()) {
                if (argument.bits() == 0) {
                    return Registers.ZR;
                }
                asm.movImmediate(true, Registers.IP0, argument.bits());
                return Registers.IP0;
            }
            Reg value = reg(argument.operand());
            if (!value.isSlot()) {
                return value;
            }
            Reg r = value.regClass() == RegClass.INT ? Registers.IP0 : Registers.SCRATCH;
            MoveInsn.load(asm, frame, site.stackBytes(), argument.type(), r, value);
            return r;
        }

        /** Has the VMContext register hold what the callee is to find there. */
        final void enterContext(Assembler asm) {
            if (site.hasContext()) {
                if (reg(1) != Registers.CONTEXT) {
                    asm.mov(true, Registers.CONTEXT, reg(1));
                }
            } else {
                asm.addConstant(Registers.CONTEXT, Registers.CONTEXT, site.contextDistance(), Registers.IP0);
            }
        }
    }

    /** A call of a wasm or C function. */
    static final class Call extends Calling {
        Call(CallSite site) {
            super(site);
        }

        @Override
        public MachBlock landingPad() {
            return site.pad();
        }

        @Override
        public CallSite callSite() {
            return site;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            storeStackArguments(asm, context.frame());
            enterContext(asm);
            if (site.key() != null) {
                asm.bl(site.key());
            } else {
                asm.blr(reg(0));
            }
            site.returned(context);
            if (site.pad() != null) {
                asm.pad(site.pad().label(), isFar());
            }
            if (site.reloadsContext()) {
                Prologue.restoreContext(asm);
            }
        }

        @Override
        public String toString() {
            return site.text(site.key() != null ? "bl" : "blr", this);
        }
    }

    /**
     * Jumps to a wasm function after this frame and its stack arguments have been replaced by the callee's arguments.
     */
    static final class TailCall extends Calling {
        // Free once the stack arguments are stored: not among the registers of arguments or of what is called.
        private static final Reg DESTINATION = Registers.x(11);
        private static final Reg TMP = Registers.x(12);

        private final int argumentBytes;

        TailCall(CallSite site, int argumentBytes) {
            super(site);
            this.argumentBytes = argumentBytes;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            if (site.stackBytes() == 0) {
                Prologue.leave(asm, context.frame(), argumentBytes);
            } else {
                replaceFrame(asm, context.frame(), site.stackBytes());
            }
            enterContext(asm);
            if (site.key() != null) {
                asm.b(site.key());
            } else {
                asm.br(reg(0));
            }
        }

        /**
         * The new arguments may be read from anywhere in the frame, so they are collected below it first and then moved
         * up, highest first: they end where the caller's arguments ended, at least sixteen bytes higher.
         */
        private void replaceFrame(Assembler asm, FrameLayout frame, int bytes) {
            storeStackArguments(asm, frame);
            asm.loadStoreScaled(LoadStoreOp.LDR_X, Registers.IP1, Registers.FP, 0);
            asm.loadStoreScaled(LoadStoreOp.LDR_X, Registers.LR, Registers.FP, 8);
            asm.addConstant(DESTINATION, Registers.FP, FrameLayout.ARGUMENTS + argumentBytes - bytes, TMP);
            for (int at = bytes - 16; at >= 0; at -= 16) {
                asm.loadStoreScaled(LoadStoreOp.LDR_Q, Registers.SCRATCH, Registers.SP, at);
                asm.loadStoreScaled(LoadStoreOp.STR_Q, Registers.SCRATCH, DESTINATION, at);
            }
            asm.mov(true, Registers.SP, DESTINATION);
            asm.mov(true, Registers.FP, Registers.IP1);
        }

        @Override
        public String toString() {
            return site.text(site.key() != null ? "b" : "br", this);
        }
    }
}
