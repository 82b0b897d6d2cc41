package kiln.codegen.x64;

import kiln.codegen.CallSite;
import kiln.codegen.EmitContext;
import kiln.codegen.FrameLayout;
import kiln.codegen.MachBlock;
import kiln.codegen.Reg;
import kiln.codegen.RegClass;
import kiln.codegen.Relocation;
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
        final void storeStackArguments(Assembler asm, EmitContext context) {
            if (site.stackBytes() != 0) {
                asm.lea(8, Registers.RSP, Address.of(Registers.RSP, -site.stackBytes()));
            }
            for (CallSite.StackArgument argument : site.onStack()) {
                if (argument.isConstant()) {
                    storeConstant(asm, argument.offset(), argument.bits());
                } else {
                    int bytes = argument.type() == Type.V128 ? 16 : 8;
                    store(asm, context, argument.offset(), bytes, reg(argument.operand()));
                }
            }
        }

        private static void storeConstant(Assembler asm, int offset, long bits) {
            if ((int) bits == bits) {
                asm.store(8, Address.of(Registers.RSP, offset), (int) bits);
            } else {
                asm.store(4, Address.of(Registers.RSP, offset), (int) bits);
                asm.store(4, Address.of(Registers.RSP, offset + 4), (int) (bits >>> 32));
            }
        }

        private static void store(Assembler asm, EmitContext context, int offset, int bytes, Reg value) {
            Address to = Address.of(Registers.RSP, offset);
            if (value.isSlot()) {
                asm.loadVector(bytes, Registers.SCRATCH, Address.slot(context.frame(), value));
                asm.storeVector(bytes, to, Registers.SCRATCH);
            } else if (value.regClass() == RegClass.INT) {
                asm.store(8, to, value);
            } else {
                asm.storeVector(bytes, to, value);
            }
        }

        /** Has the VMContext register hold what the callee is to find there. */
        final void enterContext(Assembler asm, EmitContext context) {
            if (site.hasContext()) {
                if (reg(1) != Registers.CONTEXT) {
                    asm.op(Op.MOV, 8, Registers.CONTEXT, Operand.of(reg(1)).resolve(context));
                }
            } else if (site.contextDistance() != 0) {
                asm.lea(8, Registers.CONTEXT, Address.of(Registers.CONTEXT, site.contextDistance()));
            }
        }

        final void relocate(Assembler asm, int at) {
            asm.buffer().relocate(at, Relocation.Kind.X64_REL32, site.key(), 0);
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
            storeStackArguments(asm, context);
            enterContext(asm, context);
            if (site.key() != null) {
                relocate(asm, asm.callRel32());
            } else {
                asm.call(Operand.of(reg(0)).resolve(context));
            }
            site.returned(context);
            if (site.pad() != null) {
                asm.pad(site.pad().label());
            }
            if (site.reloadsContext()) {
                asm.mov(8, Registers.CONTEXT, Prologue.savedContext());
            }
        }

        @Override
        public String toString() {
            return site.text("call", this);
        }
    }

    /**
     * A tail call: a jump to another function, which leaves the stack as this one's caller arranged
     * it: the return address moves if the callee has more or fewer stack arguments.
     */
    static final class TailCall extends Calling {
        /** Neither these nor the registers of what is called carry arguments. */
        private static final Reg RETURN_ADDRESS = Registers.R12;

        private static final Reg CALLER_FRAME = Registers.R13;

        private final int ownStackBytes;

        TailCall(CallSite site, int ownStackBytes) {
            super(site);
            this.ownStackBytes = ownStackBytes;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            if (site.stackBytes() == 0 && ownStackBytes == 0) {
                Prologue.leave(asm, context.frame());
            } else {
                storeStackArguments(asm, context);
                replaceArguments(asm);
            }
            enterContext(asm, context);
            if (site.key() != null) {
                relocate(asm, asm.jmpRel32());
            } else {
                asm.jmp(Operand.of(reg(0)));
            }
        }

        /** The new arguments were built below the frame, since they may have come from where they are to go. */
        private void replaceArguments(Assembler asm) {
            asm.mov(8, CALLER_FRAME, Address.of(Registers.RBP, 0));
            asm.mov(8, RETURN_ADDRESS, Address.of(Registers.RBP, 8));
            int to = FrameLayout.ARGUMENTS + ownStackBytes - site.stackBytes();
            // Upwards in memory, so from the last word on.
            for (int i = site.stackBytes() - 8; i >= 0; i -= 8) {
                asm.loadVector(8, Registers.SCRATCH, Address.of(Registers.RSP, i));
                asm.storeVector(8, Address.of(Registers.RBP, to + i), Registers.SCRATCH);
            }
            asm.lea(8, Registers.RSP, Address.of(Registers.RBP, to - 8));
            asm.store(8, Address.of(Registers.RSP, 0), RETURN_ADDRESS);
            asm.mov(8, Registers.RBP, CALLER_FRAME);
        }

        @Override
        public String toString() {
            return site.text("tailcall", this);
        }
    }
}
