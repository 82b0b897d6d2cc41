package kiln.codegen.aarch64;

import kiln.artifact.FuncKey;
import kiln.codegen.Bound;
import kiln.codegen.Callee;
import kiln.codegen.EmitContext;
import kiln.codegen.FrameLayout;
import kiln.codegen.OperandVisitor;
import kiln.codegen.Reg;
import kiln.codegen.RegClass;
import kiln.ir.Type;

/** Calls and tail calls. */
final class CallInsn {
    private CallInsn() {}

    /** The arguments of a call that lie on the stack; the call itself stores them. */
    static final class StackArguments {
        static final StackArguments NONE = new StackArguments(new Reg[0], new Type[0], new int[0], 0);

        private final Reg[] values;
        private final Type[] types;
        private final int[] offsets;
        private final int bytes;

        /**
         * @param offsets where each goes, in bytes from the stack pointer at the call
         * @param bytes size of all, a multiple of 16
         */
        StackArguments(Reg[] values, Type[] types, int[] offsets, int bytes) {
            this.values = values;
            this.types = types;
            this.offsets = offsets;
            this.bytes = bytes;
        }

        private void use(OperandVisitor v) {
            for (int i = 0; i < values.length; i++) {
                values[i] = v.useAny(values[i]);
            }
        }

        /** Takes the room and fills it. */
        private void store(Assembler asm, FrameLayout frame) {
            asm.addConstant(Registers.SP, Registers.SP, -bytes, Registers.IP0);
            for (int i = 0; i < values.length; i++) {
                boolean isInt = RegClass.of(types[i]) == RegClass.INT;
                Reg r = values[i];
                if (r.isSlot()) {
                    r = isInt ? Registers.IP0 : Registers.SCRATCH;
                    MoveInsn.load(asm, frame, bytes, types[i], r, values[i]);
                }
                LoadStoreOp op =
                        isInt ? LoadStoreOp.STR_X : types[i] == Type.V128 ? LoadStoreOp.STR_Q : LoadStoreOp.STR_D;
                Address.emit(asm, op, r, Registers.SP, offsets[i]);
            }
        }

        /** As what follows the arguments in registers. */
        @Override
        public String toString() {
            StringBuilder s = new StringBuilder();
            for (int i = 0; i < values.length; i++) {
                s.append(" [").append(offsets[i]).append("] = ").append(values[i]);
            }
            return s.toString();
        }
    }

    /** A call of a wasm function. */
    static final class Call extends Insn {
        private final FuncKey key;
        private Reg address;
        private Reg calleeContext;
        private final int contextDistance;
        private final boolean reloadContext;
        private final Bound arguments;
        private final StackArguments stackArguments;
        private final Bound results;

        /** {@code reloadContext}: whether the VMContext must be restored afterwards. */
        Call(Callee callee, boolean reloadContext, Bound arguments, StackArguments stackArguments, Bound results) {
            this.key = callee.key();
            this.address = callee.address();
            this.calleeContext = callee.context();
            this.contextDistance = callee.contextDistance();
            this.reloadContext = reloadContext;
            this.arguments = arguments;
            this.stackArguments = stackArguments;
            this.results = results;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            if (key == null) {
                address = use(v, address);
                calleeContext = use(v, calleeContext);
            }
            arguments.use(v);
            stackArguments.use(v);
            results.define(v);
            v.clobber(Registers.CALL_CLOBBERS);
        }

        @Override
        public boolean isSafepoint() {
            return true;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            stackArguments.store(asm, context.frame());
            if (key != null) {
                asm.addConstant(Registers.CONTEXT, Registers.CONTEXT, contextDistance, Registers.IP0);
                asm.bl(key);
            } else {
                if (calleeContext != Registers.CONTEXT) {
                    asm.mov(true, Registers.CONTEXT, calleeContext);
                }
                asm.blr(address);
            }
            if (reloadContext) {
                Prologue.restoreContext(asm);
            }
        }

        @Override
        public String toString() {
            String called = key != null ? "bl " + key : "blr " + address + " in " + calleeContext;
            String distance = contextDistance != 0 ? " in context + " + contextDistance : "";
            return called + distance + " " + arguments + stackArguments + " -> " + results;
        }
    }

    /** A call of a C function, all of whose arguments lie in registers. */
    static final class NativeCall extends Insn {
        private Reg address;
        private final Bound arguments;
        private final Bound results;

        NativeCall(Reg address, Bound arguments, Bound results) {
            this.address = address;
            this.arguments = arguments;
            this.results = results;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            address = use(v, address);
            arguments.use(v);
            results.define(v);
            v.clobber(Registers.CALL_CLOBBERS);
        }

        @Override
        public boolean isSafepoint() {
            return true;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.blr(address);
        }

        @Override
        public String toString() {
            return "native " + address + " " + arguments + " -> " + results;
        }
    }

    /**
     * Jumps to a wasm function after this frame and its stack arguments have been replaced by the callee's arguments.
     */
    static final class TailCall extends Insn {
        // Not among the argument registers, and not x30, which gets the caller's return address back before the jump.
        private static final Reg TARGET = Registers.x(9);
        private static final Reg TARGET_CONTEXT = Registers.x(10);
        // Free once the stack arguments are stored.
        private static final Reg DESTINATION = Registers.x(11);
        private static final Reg TMP = Registers.x(12);

        private final FuncKey key;
        private Reg address;
        private Reg calleeContext;
        private final Bound arguments;
        private final StackArguments stackArguments;
        private final int argumentBytes;

        /**
         * @param argumentBytes size of this function's own stack arguments
         */
        TailCall(Callee callee, Bound arguments, StackArguments stackArguments, int argumentBytes) {
            this.key = callee.key();
            this.address = callee.address();
            this.calleeContext = callee.context();
            this.arguments = arguments;
            this.stackArguments = stackArguments;
            this.argumentBytes = argumentBytes;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            if (key == null) {
                address = v.useFixed(address, TARGET);
                if (!Registers.isReserved(calleeContext)) {
                    calleeContext = v.useFixed(calleeContext, TARGET_CONTEXT);
                }
            }
            arguments.use(v);
            stackArguments.use(v);
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            int bytes = stackArguments.bytes;
            if (bytes == 0) {
                Prologue.leave(asm, context.frame(), argumentBytes);
            } else {
                replaceFrame(asm, context.frame(), bytes);
            }
            if (key != null) {
                asm.b(key);
            } else {
                if (calleeContext != Registers.CONTEXT) {
                    asm.mov(true, Registers.CONTEXT, calleeContext);
                }
                asm.br(address);
            }
        }

        /**
         * The new arguments may be read from anywhere in the frame, so they are collected below it first and then moved
         * up, highest first: they end where the caller's arguments ended, at least sixteen bytes higher.
         */
        private void replaceFrame(Assembler asm, FrameLayout frame, int bytes) {
            stackArguments.store(asm, frame);
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
            return (key != null ? "b " + key : "br " + address + " in " + calleeContext) + " " + arguments
                    + stackArguments;
        }
    }
}
