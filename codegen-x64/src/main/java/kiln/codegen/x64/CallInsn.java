package kiln.codegen.x64;

import java.util.List;
import kiln.artifact.FuncKey;
import kiln.codegen.CodeBuffer;
import kiln.codegen.EmitContext;
import kiln.codegen.OperandVisitor;
import kiln.codegen.Reg;
import kiln.codegen.RegClass;
import kiln.codegen.RegSet;
import kiln.codegen.Relocation;

/** Calls, tail calls, and the start of a function, where its parameters come to be. */
abstract sealed class CallInsn extends Insn {
    /** An argument on the stack. */
    record StackArgument(int offset, int bytes, Operand value) {}

    /** Values bound to registers by the calling convention. */
    record Bound(Reg[] values, Reg[] places) {
        static final Bound NONE = new Bound(new Reg[0], new Reg[0]);

        void use(OperandVisitor v) {
            for (int i = 0; i < values.length; i++) {
                values[i] = v.useFixed(values[i], places[i]);
            }
        }

        void define(OperandVisitor v) {
            for (int i = 0; i < values.length; i++) {
                values[i] = v.defFixed(values[i], places[i]);
            }
        }

        @Override
        public String toString() {
            StringBuilder s = new StringBuilder("(");
            for (int i = 0; i < values.length; i++) {
                s.append(i == 0 ? "" : ", ").append(values[i]);
                if (values[i] != places[i]) {
                    s.append(':').append(places[i]);
                }
            }
            return s.append(')').toString();
        }
    }

    /** What is called: a function of this module, or an address. */
    record Callee(FuncKey key, Operand address) {
        @Override
        public String toString() {
            return key != null ? key.toString() : address.toString();
        }
    }

    private static void visit(List<StackArgument> arguments, OperandVisitor v) {
        arguments.forEach(a -> a.value.visit(v));
    }

    /** Makes room below the stack pointer and fills it. */
    private static void push(Assembler asm, EmitContext context, List<StackArgument> arguments, int bytes) {
        if (bytes == 0) {
            return;
        }
        asm.lea(8, Registers.RSP, Address.of(Registers.RSP, -bytes));
        for (StackArgument a : arguments) {
            Address to = Address.of(Registers.RSP, a.offset);
            switch (a.value.resolve(context)) {
                case Operand.Imm i -> asm.store(8, to, i.value());
                case Operand.InReg r when r.reg().regClass() == RegClass.INT -> asm.store(8, to, r.reg());
                case Operand.InReg r -> asm.storeVector(a.bytes, to, r.reg());
                case Address from -> {
                    asm.loadVector(a.bytes, Registers.SCRATCH, from);
                    asm.storeVector(a.bytes, to, Registers.SCRATCH);
                }
                case Operand.Pooled _ -> throw new IllegalStateException("constant as stack argument");
            }
        }
    }

    private static void relocate(CodeBuffer buffer, int at, FuncKey key) {
        buffer.relocate(at, Relocation.Kind.X64_REL32, key, 0);
    }

    /** Defines the parameters that came in registers. */
    static final class Entry extends CallInsn {
        private final Bound params;

        Entry(Bound params) {
            this.params = params;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            params.define(v);
        }

        @Override
        void emit(Assembler asm, EmitContext context) {}

        @Override
        public String toString() {
            return format("entry %s", params);
        }
    }

    /** A call of a wasm or C function. */
    static final class Call extends CallInsn {
        private final Callee callee;
        private final Operand calleeContext;
        private final boolean reloadContext;
        private final Bound arguments;
        private final List<StackArgument> stackArguments;
        private final int stackBytes;
        private final Bound results;
        private final RegSet clobbers;

        /**
         * @param calleeContext the VMContext to call in, or null for this one
         * @param reloadContext whether the VMContext must be restored afterwards
         */
        Call(
                Callee callee,
                Operand calleeContext,
                boolean reloadContext,
                Bound arguments,
                List<StackArgument> stackArguments,
                int stackBytes,
                Bound results,
                RegSet clobbers) {
            this.callee = callee;
            this.calleeContext = calleeContext;
            this.reloadContext = reloadContext;
            this.arguments = arguments;
            this.stackArguments = stackArguments;
            this.stackBytes = stackBytes;
            this.results = results;
            this.clobbers = clobbers;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            arguments.use(v);
            visit(stackArguments, v);
            if (callee.address != null) {
                callee.address.visit(v);
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
            push(asm, context, stackArguments, stackBytes);
            if (calleeContext != null) {
                asm.extend(ExtendOp.FULL64, Registers.CONTEXT, calleeContext.resolve(context));
            }
            if (callee.key != null) {
                relocate(asm.buffer(), asm.callRel32(), callee.key);
            } else {
                asm.call(callee.address.resolve(context));
            }
            if (reloadContext) {
                asm.mov(8, Registers.CONTEXT, Prologue.savedContext());
            }
        }

        @Override
        public String toString() {
            StringBuilder s = new StringBuilder();
            if (results.values.length > 0) {
                s.append(results).append(" = ");
            }
            s.append("call ").append(callee);
            if (calleeContext != null) {
                s.append(" in ").append(calleeContext);
            }
            s.append(arguments);
            for (StackArgument a : stackArguments) {
                s.append(" [").append(a.offset).append("]=").append(a.value);
            }
            return s.toString();
        }
    }

    /**
     * A jump to another function that takes the place of this one, which leaves the stack as this one's caller arranged
     * it: the return address moves if the callee has more or fewer stack arguments.
     */
    static final class TailCall extends CallInsn {
        private static final Reg TARGET = Registers.R11;
        private static final Reg TARGET_CONTEXT = Registers.RBX;
        /** Neither these nor the two above carry arguments. */
        private static final Reg RETURN_ADDRESS = Registers.R12;

        private static final Reg CALLER_FRAME = Registers.R13;

        private final FuncKey key;
        private Reg target;
        private Reg targetContext;
        private final Bound arguments;
        private final List<StackArgument> stackArguments;
        private final int stackBytes;
        private final int ownStackBytes;

        /**
         * @param key the callee, or null for {@code target} in {@code targetContext}
         * @param ownStackBytes bytes of this function's own stack arguments
         */
        TailCall(
                FuncKey key,
                Reg target,
                Reg targetContext,
                Bound arguments,
                List<StackArgument> stackArguments,
                int stackBytes,
                int ownStackBytes) {
            this.key = key;
            this.target = target;
            this.targetContext = targetContext;
            this.arguments = arguments;
            this.stackArguments = stackArguments;
            this.stackBytes = stackBytes;
            this.ownStackBytes = ownStackBytes;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            arguments.use(v);
            visit(stackArguments, v);
            if (key == null) {
                target = v.useFixed(target, TARGET);
                targetContext = v.useFixed(targetContext, TARGET_CONTEXT);
            }
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            if (stackBytes == 0 && ownStackBytes == 0) {
                Prologue.emitEpilogue(asm, context.frame());
            } else {
                replaceArguments(asm, context);
            }
            if (key != null) {
                relocate(asm.buffer(), asm.jmpRel32(), key);
            } else {
                asm.mov(8, Registers.CONTEXT, TARGET_CONTEXT);
                asm.jmp(Operand.of(TARGET));
            }
        }

        /** The new arguments are built below the frame first, since they may come from where they are to go. */
        private void replaceArguments(Assembler asm, EmitContext context) {
            push(asm, context, stackArguments, stackBytes);
            asm.mov(8, CALLER_FRAME, Address.of(Registers.RBP, 0));
            asm.mov(8, RETURN_ADDRESS, Address.of(Registers.RBP, 8));
            int to = 16 + ownStackBytes - stackBytes;
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
            s.append(arguments);
            for (StackArgument a : stackArguments) {
                s.append(" [").append(a.offset).append("]=").append(a.value);
            }
            return s.toString();
        }
    }
}
