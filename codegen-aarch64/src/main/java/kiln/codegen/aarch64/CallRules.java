package kiln.codegen.aarch64;

import java.util.List;
import kiln.codegen.Bound;
import kiln.codegen.CallLowering;
import kiln.codegen.Callee;
import kiln.codegen.MachInst;
import kiln.codegen.Reg;
import kiln.codegen.Rules;
import kiln.ir.Inst;
import kiln.ir.Type;

/** Calls and returns. */
final class CallRules {
    private CallRules() {}

    // CALL, CALL_INDIRECT.

    static final Rules<Context> CALL = Rules.<Context>of("call").base("call", CallRules::call);

    private static void call(Context c, Inst inst) {
        Callee callee = c.calls.callee(inst);
        CallLowering.Arguments arguments = c.calls.arguments(inst);
        boolean reload = c.calls.reloadsContext(callee);
        Bound results = c.calls.registerResults(inst);
        c.emit(new CallInsn.Call(callee, reload, arguments.inRegisters(), stackArguments(c, arguments), results));
        c.calls.loadFurtherResults(inst);
    }

    private static CallInsn.StackArguments stackArguments(Context c, CallLowering.Arguments arguments) {
        if (arguments.stackBytes() == 0) {
            return CallInsn.StackArguments.NONE;
        }
        List<CallLowering.OnStack> onStack = arguments.onStack();
        return new CallInsn.StackArguments(
                onStack.stream().map(a -> c.movable(a.value())).toArray(Reg[]::new),
                onStack.stream().map(a -> a.value().type()).toArray(Type[]::new),
                onStack.stream().mapToInt(CallLowering.OnStack::offset).toArray(),
                arguments.stackBytes());
    }

    // CALL_NATIVE.

    static final Rules<Context> CALL_NATIVE = Rules.<Context>of("callNative")
            .rule("of an int", CallRules::callIntFunction)
            .base("call", (c, inst) -> {
                Bound arguments = c.calls.nativeArguments(inst);
                Reg address = c.reg(inst.arg(0));
                c.emit(new CallInsn.NativeCall(address, arguments, c.calls.registerResults(inst)));
            });

    /** C leaves the upper half of an int undefined. */
    private static boolean callIntFunction(Context c, Inst inst) {
        if (inst.resultCount() == 0 || inst.result().type() != Type.I32 || !c.isDemanded(inst.result())) {
            return false;
        }
        Bound arguments = c.calls.nativeArguments(inst);
        Reg address = c.reg(inst.arg(0));
        Reg raw = c.newReg(Type.I64);
        c.emit(new CallInsn.NativeCall(address, arguments, c.calls.nativeResult(inst, raw)));
        c.emit(Insn.of(Op.ORR, false, c.def(inst.result()), Registers.ZR, raw));
        return true;
    }

    // RETURN, RETURN_CALL, RETURN_CALL_INDIRECT.

    static final Rules<Context> RETURN =
            Rules.<Context>of("return").base("return", (c, inst) -> c.calls.lowerReturn(inst));

    static final Rules<Context> RETURN_CALL = Rules.<Context>of("returnCall").base("tail call", (c, inst) -> {
        CallLowering.Arguments arguments = c.calls.arguments(inst);
        Callee callee = c.calls.callee(inst);
        int argumentBytes = c.calls.argumentBytes();
        c.emit(new CallInsn.TailCall(callee, arguments.inRegisters(), stackArguments(c, arguments), argumentBytes));
    });

    /** The instructions that all instruction sets' calls are made of. */
    static final CallLowering.Machine MACHINE = new CallLowering.Machine() {
        @Override
        public MachInst loadValue(Type type, Reg target, Reg base, int offset, boolean readOnly) {
            return new MemoryInsn.Load(loadOp(type), target, Address.of(base, offset), null, readOnly);
        }

        @Override
        public MachInst storeValue(Type type, Reg base, int offset, Reg source) {
            return new MemoryInsn.Store(storeOp(type), source, Address.of(base, offset), null);
        }

        @Override
        public MachInst returnFrom(Bound results, int argumentBytes) {
            return new ControlInsn.Return(results, argumentBytes);
        }
    };

    private static LoadStoreOp loadOp(Type type) {
        return switch (type) {
            case I32 -> LoadStoreOp.LDR_W;
            case I64, REF -> LoadStoreOp.LDR_X;
            case F32 -> LoadStoreOp.LDR_S;
            case F64 -> LoadStoreOp.LDR_D;
            case V128 -> LoadStoreOp.LDR_Q;
        };
    }

    private static LoadStoreOp storeOp(Type type) {
        return switch (type) {
            case I32 -> LoadStoreOp.STR_W;
            case I64, REF -> LoadStoreOp.STR_X;
            case F32 -> LoadStoreOp.STR_S;
            case F64 -> LoadStoreOp.STR_D;
            case V128 -> LoadStoreOp.STR_Q;
        };
    }
}
