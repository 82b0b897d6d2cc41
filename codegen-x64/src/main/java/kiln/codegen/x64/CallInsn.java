package kiln.codegen.x64;

import kiln.artifact.FuncKey;
import kiln.codegen.Bound;
import kiln.codegen.Callee;
import kiln.codegen.CodeBuffer;
import kiln.codegen.EmitContext;
import kiln.codegen.FrameLayout;
import kiln.codegen.OperandVisitor;
import kiln.codegen.Reg;
import kiln.codegen.RegClass;
import kiln.codegen.RegSet;
import kiln.codegen.Relocation;

/** Calls and tail calls. */
final class CallInsn {
    private CallInsn() {}

    private static void relocate(CodeBuffer buffer, int at, FuncKey key) {
        buffer.relocate(at, Relocation.Kind.X64_REL32, key, 0);
    }

    /** Makes room for stack arguments; nothing else depends on the stack pointer. The callee removes them. */
    static final class MakeRoom extends Shape.Plain {
        private final int bytes;

        MakeRoom(int bytes) {
            this.bytes = bytes;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.lea(8, Registers.RSP, Address.of(Registers.RSP, -bytes));
        }

        @Override
        public String toString() {
            return text("room", bytes);
        }
    }

    /** Stores an argument on the stack. */
    static final class StackArgument extends Insn {
        private final int offset;
        private final int bytes;
        private final Operand value;

        /** {@code bytes} is 8 or 16. */
        StackArgument(int offset, int bytes, Operand value) {
            this.offset = offset;
            this.bytes = bytes;
            this.value = value;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            value.visit(v);
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            Address to = Address.of(Registers.RSP, offset);
            switch (value.resolve(context)) {
                case Operand.Imm i -> asm.store(8, to, i.value());
                case Operand.InReg r when r.reg().regClass() == RegClass.INT -> asm.store(8, to, r.reg());
                case Operand.InReg r -> asm.storeVector(bytes, to, r.reg());
                case Address from -> {
                    asm.loadVector(bytes, Registers.SCRATCH, from);
                    asm.storeVector(bytes, to, Registers.SCRATCH);
                }
                case Operand.Pooled _ -> throw new IllegalStateException("constant as stack argument");
            }
        }

        @Override
        public String toString() {
            return format("arg [%d] = %s", offset, value);
        }
    }

    /** A call of a wasm or C function. */
    static final class Call extends Insn {
        private final FuncKey key;
        private final Operand address;
        /** The VMContext to call in, or null for this one, or one at a distance from it. */
        private final Operand calleeContext;

        private final int contextDistance;
        private final boolean reloadContext;
        private final Bound arguments;
        private final Bound results;
        private final RegSet clobbers;

        /** {@code reloadContext}: whether the VMContext must be restored afterwards. */
        Call(Callee callee, boolean reloadContext, Bound arguments, Bound results, RegSet clobbers) {
            this.key = callee.key();
            this.address = key == null ? Operand.of(callee.address()) : null;
            this.calleeContext =
                    key == null && callee.context() != Registers.CONTEXT ? Operand.of(callee.context()) : null;
            this.contextDistance = callee.contextDistance();
            this.reloadContext = reloadContext;
            this.arguments = arguments;
            this.results = results;
            this.clobbers = clobbers;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            arguments.use(v);
            if (address != null) {
                address.visit(v);
            }
            if (calleeContext != null) {
                calleeContext.visit(v);
            }
            results.define(v);
            v.clobber(clobbers);
        }

        @Override
        public boolean isSafepoint() {
            return true;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            if (calleeContext != null) {
                asm.op(Op.MOV, 8, Registers.CONTEXT, calleeContext.resolve(context));
            } else if (contextDistance != 0) {
                asm.lea(8, Registers.CONTEXT, Address.of(Registers.CONTEXT, contextDistance));
            }
            if (key != null) {
                relocate(asm.buffer(), asm.callRel32(), key);
            } else {
                asm.call(address.resolve(context));
            }
            if (reloadContext) {
                asm.mov(8, Registers.CONTEXT, Prologue.savedContext());
            }
        }

        @Override
        public String toString() {
            StringBuilder s = new StringBuilder();
            if (!results.isEmpty()) {
                s.append(results).append(" = ");
            }
            s.append("call ").append(key != null ? key : address);
            if (calleeContext != null) {
                s.append(" in ").append(calleeContext);
            } else if (contextDistance != 0) {
                s.append(" in context + ").append(contextDistance);
            }
            return s.append(arguments).toString();
        }
    }

    /**
     * A jump to another function that takes the place of this one, which leaves the stack as this one's caller arranged
     * it: the return address moves if the callee has more or fewer stack arguments.
     */
    static final class TailCall extends Insn {
        private static final Reg TARGET = Registers.R11;
        private static final Reg TARGET_CONTEXT = Registers.RBX;
        /** Neither these nor the two above carry arguments. */
        private static final Reg RETURN_ADDRESS = Registers.R12;

        private static final Reg CALLER_FRAME = Registers.R13;

        private final FuncKey key;
        private Reg target;
        private Reg targetContext;
        private final Bound arguments;
        private final int stackBytes;
        private final int ownStackBytes;

        /**
         * @param stackBytes bytes of stack arguments that have been stored below the frame, see {@link MakeRoom}
         * @param ownStackBytes bytes of this function's own stack arguments
         */
        TailCall(Callee callee, Bound arguments, int stackBytes, int ownStackBytes) {
            this.key = callee.key();
            this.target = callee.address();
            this.targetContext = callee.context();
            this.arguments = arguments;
            this.stackBytes = stackBytes;
            this.ownStackBytes = ownStackBytes;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            arguments.use(v);
            if (key == null) {
                target = v.useFixed(target, TARGET);
                targetContext = v.useFixed(targetContext, TARGET_CONTEXT);
            }
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            if (stackBytes == 0 && ownStackBytes == 0) {
                Prologue.leave(asm, context.frame());
            } else {
                replaceArguments(asm);
            }
            if (key != null) {
                relocate(asm.buffer(), asm.jmpRel32(), key);
            } else {
                asm.mov(8, Registers.CONTEXT, TARGET_CONTEXT);
                asm.jmp(Operand.of(TARGET));
            }
        }

        /** The new arguments were built below the frame, since they may have come from where they are to go. */
        private void replaceArguments(Assembler asm) {
            asm.mov(8, CALLER_FRAME, Address.of(Registers.RBP, 0));
            asm.mov(8, RETURN_ADDRESS, Address.of(Registers.RBP, 8));
            int to = FrameLayout.ARGUMENTS + ownStackBytes - stackBytes;
            // Upwards in memory, so from the last word on.
            for (int i = stackBytes - 8; i >= 0; i -= 8) {
                asm.loadVector(8, Registers.SCRATCH, Address.of(Registers.RSP, i));
                asm.storeVector(8, Address.of(Registers.RBP, to + i), Registers.SCRATCH);
            }
            asm.lea(8, Registers.RSP, Address.of(Registers.RBP, to - 8));
            asm.store(8, Address.of(Registers.RSP, 0), RETURN_ADDRESS);
            asm.mov(8, Registers.RBP, CALLER_FRAME);
        }

        @Override
        public String toString() {
            StringBuilder s = new StringBuilder("tailcall ");
            if (key != null) {
                s.append(key);
            } else {
                s.append(target).append(" in ").append(targetContext);
            }
            return s.append(arguments).toString();
        }
    }
}
