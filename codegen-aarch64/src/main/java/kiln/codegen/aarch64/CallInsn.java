package kiln.codegen.aarch64;

import java.util.List;
import kiln.artifact.FuncKey;
import kiln.codegen.EmitContext;
import kiln.codegen.FrameLayout;
import kiln.codegen.OperandVisitor;
import kiln.codegen.Places;
import kiln.codegen.Reg;
import kiln.codegen.RegClass;
import kiln.ir.Type;

/** Calls, and where a function starts and ends. */
final class CallInsn {
    private CallInsn() {}

    /** Values with the places that the calling convention gives them. */
    static final class Operands {
        private final List<Type> types;
        private final Places places;
        private final Reg[] regs;

        Operands(List<Type> types, Places places, Reg[] regs) {
            this.types = types;
            this.places = places;
            this.regs = regs;
        }

        int stackBytes() {
            return places.stackBytes();
        }

        private void visitUses(OperandVisitor v) {
            for (int i = 0; i < regs.length; i++) {
                Reg place = places.registers()[i];
                if (place != null) {
                    regs[i] = v.useFixed(regs[i], place);
                } else if (!Registers.isReserved(regs[i])) {
                    regs[i] = v.useAny(regs[i]);
                }
            }
        }

        private void visitDefs(OperandVisitor v) {
            for (int i = 0; i < regs.length; i++) {
                if (regs[i] != null && places.registers()[i] != null) {
                    regs[i] = v.defFixed(regs[i], places.registers()[i]);
                }
            }
        }

        /** Stores what goes on the stack; sp is already below it. */
        private void storeStackArguments(Assembler asm, FrameLayout frame) {
            for (int i = 0; i < regs.length; i++) {
                if (places.registers()[i] != null) {
                    continue;
                }
                Type type = types.get(i);
                boolean isInt = RegClass.of(type) == RegClass.INT;
                Reg r = regs[i];
                if (r.isSlot()) {
                    r = isInt ? Registers.IP0 : Registers.VTMP;
                    MoveInsn.load(asm, frame, stackBytes(), type, r, regs[i]);
                }
                LoadStoreOp op = isInt ? LoadStoreOp.STR_X : type == Type.V128 ? LoadStoreOp.STR_Q : LoadStoreOp.STR_D;
                Address.emit(asm, op, r, Registers.SP, places.offsets()[i]);
            }
        }

        @Override
        public String toString() {
            StringBuilder s = new StringBuilder("(");
            for (int i = 0; i < regs.length; i++) {
                Reg place = places.registers()[i];
                s.append(i == 0 ? "" : ", ")
                        .append(regs[i] == null ? "-" : regs[i])
                        .append(':');
                s.append(place == null ? "[" + places.offsets()[i] + "]" : place.toString());
            }
            return s.append(')').toString();
        }
    }

    /** Defines the parameters that arrive in registers. */
    static final class Entry extends Insn {
        private final Operands params;

        /** Parameters that nobody reads have no register. */
        Entry(Operands params) {
            this.params = params;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            params.visitDefs(v);
        }

        @Override
        void emit(Assembler asm, EmitContext context) {}

        @Override
        public String toString() {
            return "entry " + params;
        }
    }

    /** Returns, with results in their registers. */
    static final class Return extends Insn {
        private final Operands results;
        private final int argumentBytes;

        /**
         * @param results those that have registers
         * @param argumentBytes size of this function's own stack arguments
         */
        Return(Operands results, int argumentBytes) {
            this.results = results;
            this.argumentBytes = argumentBytes;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            results.visitUses(v);
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            Prologue.leave(asm, context.frame(), argumentBytes);
            asm.ret();
        }

        @Override
        public String toString() {
            return "ret " + results;
        }
    }

    /** Calls a wasm function. */
    static final class Call extends Insn {
        private final FuncKey target;
        private Reg code;
        private Reg calleeContext;
        private final int contextDistance;
        private final Operands args;
        private final Operands results;
        private final boolean restoreContext;

        /**
         * @param target the callee, or null
         * @param code its address if there is no {@code target}
         * @param calleeContext its VMContext if there is no {@code target}
         * @param contextDistance bytes from this VMContext to that of the {@code target}
         * @param restoreContext whether this function's VMContext must be read back from the frame
         */
        Call(
                FuncKey target,
                Reg code,
                Reg calleeContext,
                int contextDistance,
                Operands args,
                Operands results,
                boolean restoreContext) {
            this.target = target;
            this.code = code;
            this.calleeContext = calleeContext;
            this.contextDistance = contextDistance;
            this.args = args;
            this.results = results;
            this.restoreContext = restoreContext;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            if (target == null) {
                code = use(v, code);
                calleeContext = use(v, calleeContext);
            }
            args.visitUses(v);
            results.visitDefs(v);
            v.clobber(Registers.CALL_CLOBBERS);
        }

        @Override
        public boolean isSafepoint() {
            return true;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.addConstant(Registers.SP, Registers.SP, -args.stackBytes(), Registers.IP0);
            args.storeStackArguments(asm, context.frame());
            if (target != null) {
                asm.addConstant(Registers.VMCTX, Registers.VMCTX, contextDistance, Registers.IP0);
                asm.bl(target);
            } else {
                if (calleeContext != Registers.VMCTX) {
                    asm.mov(true, Registers.VMCTX, calleeContext);
                }
                asm.blr(code);
            }
            if (restoreContext) {
                Prologue.restoreContext(asm);
            }
        }

        @Override
        public String toString() {
            String called = target != null ? "bl " + target : "blr " + code + " in " + calleeContext;
            return called + (contextDistance != 0 ? " in context + " + contextDistance : "") + " " + args + " -> "
                    + results;
        }
    }

    /** Calls a C function, all of whose arguments lie in registers. */
    static final class NativeCall extends Insn {
        private Reg code;
        private final Operands args;
        private final Operands results;

        NativeCall(Reg code, Operands args, Operands results) {
            this.code = code;
            this.args = args;
            this.results = results;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            code = use(v, code);
            args.visitUses(v);
            results.visitDefs(v);
            v.clobber(Registers.CALL_CLOBBERS);
        }

        @Override
        public boolean isSafepoint() {
            return true;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.blr(code);
        }

        @Override
        public String toString() {
            return "native " + code + " " + args + " -> " + results;
        }
    }

    /**
     * Jumps to a wasm function after this frame and its stack arguments have been replaced by the callee's arguments.
     */
    static final class TailCall extends Insn {
        // Not among the argument registers, and not x30, which gets the caller's return address back before the jump.
        private static final Reg CODE = Registers.x(9);
        private static final Reg CONTEXT = Registers.x(10);
        // Free once the stack arguments are stored.
        private static final Reg DESTINATION = Registers.x(11);
        private static final Reg SCRATCH = Registers.x(12);

        private final FuncKey target;
        private Reg code;
        private Reg calleeContext;
        private final Operands args;
        private final int argumentBytes;

        /**
         * @param argumentBytes size of this function's own stack arguments
         */
        TailCall(FuncKey target, Reg code, Reg calleeContext, Operands args, int argumentBytes) {
            this.target = target;
            this.code = code;
            this.calleeContext = calleeContext;
            this.args = args;
            this.argumentBytes = argumentBytes;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            if (target == null) {
                code = v.useFixed(code, CODE);
                if (!Registers.isReserved(calleeContext)) {
                    calleeContext = v.useFixed(calleeContext, CONTEXT);
                }
            }
            args.visitUses(v);
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            int bytes = args.stackBytes();
            if (bytes == 0) {
                Prologue.leave(asm, context.frame(), argumentBytes);
            } else {
                replaceFrame(asm, context.frame(), bytes);
            }
            if (target != null) {
                asm.b(target);
            } else {
                if (calleeContext != Registers.VMCTX) {
                    asm.mov(true, Registers.VMCTX, calleeContext);
                }
                asm.br(code);
            }
        }

        /**
         * The new arguments may be read from anywhere in the frame, so they are collected below it first and then moved
         * up, highest first: they end where the caller's arguments ended, at least sixteen bytes higher.
         */
        private void replaceFrame(Assembler asm, FrameLayout frame, int bytes) {
            asm.addConstant(Registers.SP, Registers.SP, -bytes, Registers.IP0);
            args.storeStackArguments(asm, frame);
            asm.loadStoreScaled(LoadStoreOp.LDR_X, Registers.IP1, Registers.FP, 0);
            asm.loadStoreScaled(LoadStoreOp.LDR_X, Registers.LR, Registers.FP, 8);
            asm.addConstant(DESTINATION, Registers.FP, 16 + argumentBytes - bytes, SCRATCH);
            for (int at = bytes - 16; at >= 0; at -= 16) {
                asm.loadStoreScaled(LoadStoreOp.LDR_Q, Registers.VTMP, Registers.SP, at);
                asm.loadStoreScaled(LoadStoreOp.STR_Q, Registers.VTMP, DESTINATION, at);
            }
            asm.mov(true, Registers.SP, DESTINATION);
            asm.mov(true, Registers.FP, Registers.IP1);
        }

        @Override
        public String toString() {
            return (target != null ? "b " + target : "br " + code + " in " + calleeContext) + " " + args;
        }
    }
}
