package kiln.codegen.aarch64;

import java.util.stream.Stream;
import kiln.artifact.FuncKey;
import kiln.codegen.Bound;
import kiln.codegen.Callee;
import kiln.codegen.EmitContext;
import kiln.codegen.Form;
import kiln.codegen.FrameLayout;
import kiln.codegen.Reg;
import kiln.codegen.RegClass;
import kiln.codegen.RegSet;
import kiln.ir.Type;

/** Calls and tail calls. */
final class CallInsn {
    private CallInsn() {}

    /** The arguments of a call that lie on the stack; the call itself stores them. */
    record StackArguments(Reg[] values, Type[] types, int[] offsets, int bytes) {
        static final StackArguments NONE = new StackArguments(new Reg[0], new Type[0], new int[0], 0);
    }

    /** What calls have in common: operands that are the address and context to call, arguments and results. */
    abstract static class Calling extends Sequence {
        /** Null where an address is called. */
        final FuncKey key;

        private final int called;
        private final int arguments;
        private final StackArguments stackArguments;
        private final int results;

        /**
         * An instruction with the operands: {@code called}, arguments in registers, arguments on the stack, results.
         *
         * @param calledForm the form of {@code called}
         */
        Calling(
                FuncKey key,
                Form calledForm,
                Reg[] called,
                Bound arguments,
                StackArguments stackArguments,
                Bound results,
                RegSet clobbers) {
            super(
                    form(calledForm, arguments, stackArguments, results, clobbers),
                    regs(called, arguments.values(), stackArguments.values(), results.values()));
            this.key = key;
            this.called = called.length;
            this.arguments = arguments.count();
            this.stackArguments = stackArguments;
            this.results = results.count();
        }

        private static Form form(
                Form calledForm, Bound arguments, StackArguments stackArguments, Bound results, RegSet clobbers) {
            Form f = arguments.uses(calledForm);
            int onStack = stackArguments.values().length;
            if (onStack > 0) {
                f = f.anyUnshared(onStack);
            }
            f = results.defines(f);
            return clobbers == RegSet.EMPTY ? f : f.clobbering(clobbers);
        }

        private static Reg[] regs(Reg[]... parts) {
            return Stream.of(parts).flatMap(Stream::of).toArray(Reg[]::new);
        }

        /** Bytes of the arguments on the stack. */
        final int stackBytes() {
            return stackArguments.bytes;
        }

        /** Takes the room for the arguments on the stack and fills it. */
        final void storeStackArguments(Assembler asm, FrameLayout frame) {
            asm.addConstant(Registers.SP, Registers.SP, -stackArguments.bytes, Registers.IP0);
            for (int i = 0; i < stackArguments.types.length; i++) {
                Type type = stackArguments.types[i];
                boolean isInt = RegClass.of(type) == RegClass.INT;
                Reg value = reg(called + arguments + i);
                Reg r = value;
                if (value.isSlot()) {
                    r = isInt ? Registers.IP0 : Registers.SCRATCH;
                    MoveInsn.load(asm, frame, stackArguments.bytes, type, r, value);
                }
                LoadStoreOp op = isInt ? LoadStoreOp.STR_X : type == Type.V128 ? LoadStoreOp.STR_Q : LoadStoreOp.STR_D;
                Address.emit(asm, op, r, Registers.SP, stackArguments.offsets[i]);
            }
        }

        final String argumentText() {
            StringBuilder s = new StringBuilder(Bound.text(this, called, arguments));
            for (int i = 0; i < stackArguments.types.length; i++) {
                s.append(" [").append(stackArguments.offsets[i]).append("] = ").append(reg(called + arguments + i));
            }
            return s.toString();
        }

        final String resultText() {
            return Bound.text(this, form().count() - results, results);
        }
    }

    /** A call of a wasm function. */
    static final class Call extends Calling {
        private static final Form ADDRESS_AND_CONTEXT = Form.NONE.use().use();

        private final int contextDistance;
        private final boolean reloadContext;

        /** {@code reloadContext}: whether the VMContext must be restored afterwards. */
        Call(Callee callee, boolean reloadContext, Bound arguments, StackArguments stackArguments, Bound results) {
            boolean direct = callee.key() != null;
            super(
                    callee.key(),
                    direct ? Form.NONE : ADDRESS_AND_CONTEXT,
                    direct ? new Reg[0] : new Reg[] {callee.address(), callee.context()},
                    arguments,
                    stackArguments,
                    results,
                    Registers.CALL_CLOBBERS);
            this.contextDistance = callee.contextDistance();
            this.reloadContext = reloadContext;
        }

        @Override
        public boolean isSafepoint() {
            return true;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            storeStackArguments(asm, context.frame());
            if (key != null) {
                asm.addConstant(Registers.CONTEXT, Registers.CONTEXT, contextDistance, Registers.IP0);
                asm.bl(key);
            } else {
                if (reg(1) != Registers.CONTEXT) {
                    asm.mov(true, Registers.CONTEXT, reg(1));
                }
                asm.blr(reg(0));
            }
            if (reloadContext) {
                Prologue.restoreContext(asm);
            }
        }

        @Override
        public String toString() {
            String called = key != null ? "bl " + key : "blr " + reg(0) + " in " + reg(1);
            String distance = contextDistance != 0 ? " in context + " + contextDistance : "";
            return called + distance + " " + argumentText() + " -> " + resultText();
        }
    }

    /** A call of a C function, all of whose arguments lie in registers. */
    static final class NativeCall extends Calling {
        private static final Form ADDRESS = Form.NONE.use();

        NativeCall(Reg address, Bound arguments, Bound results) {
            super(null, ADDRESS, new Reg[] {address}, arguments, StackArguments.NONE, results, Registers.CALL_CLOBBERS);
        }

        @Override
        public boolean isSafepoint() {
            return true;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.blr(reg(0));
        }

        @Override
        public String toString() {
            return "native " + reg(0) + " " + argumentText() + " -> " + resultText();
        }
    }

    /**
     * Jumps to a wasm function after this frame and its stack arguments have been replaced by the callee's arguments.
     */
    static final class TailCall extends Calling {
        // Not among the argument registers, and not x30, which gets the caller's return address back before the jump.
        private static final Reg TARGET = Registers.x(9);
        private static final Reg TARGET_CONTEXT = Registers.x(10);
        // Free once the stack arguments are stored.
        private static final Reg DESTINATION = Registers.x(11);
        private static final Reg TMP = Registers.x(12);

        private static final Form ADDRESS_AND_CONTEXT =
                Form.NONE.useFixed(TARGET).useFixed(TARGET_CONTEXT);

        private final int argumentBytes;

        /**
         * @param argumentBytes size of this function's own stack arguments
         */
        TailCall(Callee callee, Bound arguments, StackArguments stackArguments, int argumentBytes) {
            boolean direct = callee.key() != null;
            super(
                    callee.key(),
                    direct ? Form.NONE : ADDRESS_AND_CONTEXT,
                    direct ? new Reg[0] : new Reg[] {callee.address(), callee.context()},
                    arguments,
                    stackArguments,
                    Bound.NONE,
                    RegSet.EMPTY);
            this.argumentBytes = argumentBytes;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            if (stackBytes() == 0) {
                Prologue.leave(asm, context.frame(), argumentBytes);
            } else {
                replaceFrame(asm, context.frame(), stackBytes());
            }
            if (key != null) {
                asm.b(key);
            } else {
                if (reg(1) != Registers.CONTEXT) {
                    asm.mov(true, Registers.CONTEXT, reg(1));
                }
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
            return (key != null ? "b " + key : "br " + reg(0) + " in " + reg(1)) + " " + argumentText();
        }
    }
}
