package kiln.codegen.x64;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import kiln.artifact.FuncKey;
import kiln.codegen.Bound;
import kiln.codegen.Callee;
import kiln.codegen.CodeBuffer;
import kiln.codegen.EmitContext;
import kiln.codegen.Form;
import kiln.codegen.FrameLayout;
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
    static final class MakeRoom extends Sequence {
        private final int bytes;

        MakeRoom(int bytes) {
            super(Form.NONE);
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
    static final class StackArgument extends Sequence {
        private final int offset;
        private final int bytes;
        private final Operand value;

        /** {@code bytes} is 8 or 16. */
        StackArgument(int offset, int bytes, Operand value) {
            this(value.append(Form.NONE), offset, bytes, value);
        }

        private StackArgument(Form form, int offset, int bytes, Operand value) {
            super(form, regs(form, value, null));
            this.offset = offset;
            this.bytes = bytes;
            this.value = value;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            Address to = Address.of(Registers.RSP, offset);
            switch (value.resolve(this, 0, context)) {
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
            return format("arg [%d] = %s", offset, value.over(this, 0));
        }
    }

    /** A call of a wasm or C function. */
    static final class Call extends Sequence {
        private final FuncKey key;
        /** How many arguments are in registers: the first operands. */
        private final int arguments;
        /** The operand with the VMContext to call in, or -1 for this one, or one at a distance from it. */
        private final int calleeContext;

        private final int contextDistance;
        private final boolean reloadContext;

        private Call(Form form, Callee callee, boolean reloadContext, int arguments, Reg... regs) {
            super(form, regs);
            this.key = callee.key();
            this.arguments = arguments;
            this.calleeContext = hasContext(callee) ? arguments + 1 : -1;
            this.contextDistance = callee.contextDistance();
            this.reloadContext = reloadContext;
        }

        /** {@code reloadContext}: whether the VMContext must be restored afterwards. */
        static Call of(Callee callee, boolean reloadContext, Bound arguments, Bound results, RegSet clobbers) {
            Form form = arguments.uses(Form.NONE);
            List<Reg> regs = new ArrayList<>(Arrays.asList(arguments.values()));
            if (callee.key() == null) {
                form = form.any();
                regs.add(callee.address());
            }
            if (hasContext(callee)) {
                form = form.any();
                regs.add(callee.context());
            }
            form = results.defines(form).clobbering(clobbers);
            regs.addAll(Arrays.asList(results.values()));
            return new Call(form, callee, reloadContext, arguments.count(), regs.toArray(Reg[]::new));
        }

        private static boolean hasContext(Callee callee) {
            return callee.key() == null && callee.context() != Registers.CONTEXT;
        }

        private Operand operand(int i, EmitContext context) {
            return Operand.of(reg(i)).resolve(context);
        }

        @Override
        public boolean isSafepoint() {
            return true;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            if (calleeContext >= 0) {
                asm.op(Op.MOV, 8, Registers.CONTEXT, operand(calleeContext, context));
            } else if (contextDistance != 0) {
                asm.lea(8, Registers.CONTEXT, Address.of(Registers.CONTEXT, contextDistance));
            }
            if (key != null) {
                relocate(asm.buffer(), asm.callRel32(), key);
            } else {
                asm.call(operand(arguments, context));
            }
            if (reloadContext) {
                asm.mov(8, Registers.CONTEXT, Prologue.savedContext());
            }
        }

        @Override
        public String toString() {
            int results = calleeContext >= 0 ? calleeContext + 1 : key == null ? arguments + 1 : arguments;
            StringBuilder s = new StringBuilder();
            if (results < form().count()) {
                s.append(Bound.text(this, results, form().count() - results)).append(" = ");
            }
            s.append("call ").append(key != null ? key : reg(arguments));
            if (calleeContext >= 0) {
                s.append(" in ").append(reg(calleeContext));
            } else if (contextDistance != 0) {
                s.append(" in context + ").append(contextDistance);
            }
            return s.append(Bound.text(this, 0, arguments)).toString();
        }
    }

    /**
     * A jump to another function that takes the place of this one, which leaves the stack as this one's caller arranged
     * it: the return address moves if the callee has more or fewer stack arguments.
     */
    static final class TailCall extends Sequence {
        private static final Reg TARGET = Registers.R11;
        private static final Reg TARGET_CONTEXT = Registers.RBX;
        /** Neither these nor the two above carry arguments. */
        private static final Reg RETURN_ADDRESS = Registers.R12;

        private static final Reg CALLER_FRAME = Registers.R13;

        private final FuncKey key;
        private final int stackBytes;
        private final int ownStackBytes;

        /**
         * @param stackBytes bytes of stack arguments that have been stored below the frame, see {@link MakeRoom}
         * @param ownStackBytes bytes of this function's own stack arguments
         */
        static TailCall of(Callee callee, Bound arguments, int stackBytes, int ownStackBytes) {
            Form form = arguments.uses(Form.NONE);
            Reg[] regs = arguments.values();
            if (callee.key() == null) {
                form = form.useFixed(TARGET).useFixed(TARGET_CONTEXT);
                regs = Arrays.copyOf(regs, form.count());
                regs[form.count() - 2] = callee.address();
                regs[form.count() - 1] = callee.context();
            }
            return new TailCall(form, callee.key(), stackBytes, ownStackBytes, regs);
        }

        private TailCall(Form form, FuncKey key, int stackBytes, int ownStackBytes, Reg... regs) {
            super(form, regs);
            this.key = key;
            this.stackBytes = stackBytes;
            this.ownStackBytes = ownStackBytes;
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
            int arguments = key != null ? form().count() : form().count() - 2;
            Object callee = key != null ? key : reg(arguments) + " in " + reg(arguments + 1);
            return "tailcall " + callee + Bound.text(this, 0, arguments);
        }
    }
}
