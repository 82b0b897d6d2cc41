package kiln.codegen.aarch64;

import java.util.List;
import kiln.codegen.Bound;
import kiln.codegen.CallLowering;
import kiln.codegen.Callee;
import kiln.codegen.CodegenOptions;
import kiln.codegen.MachInst;
import kiln.codegen.Reg;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.Type;

/** Rules for calls and returns. */
abstract class CallRules extends FloatRules {
    CallRules(Function function, CodegenOptions options) {
        super(function, options);
    }

    // CALL, CALL_INDIRECT.

    @Override
    protected final void lowerCall(Inst inst) {
        Callee callee = calls.callee(inst);
        CallLowering.Arguments arguments = calls.arguments(inst);
        boolean reload = calls.reloadsContext(callee);
        emit(new CallInsn.Call(
                callee, reload, arguments.inRegisters(), stackArguments(arguments), calls.registerResults(inst)));
        calls.loadFurtherResults(inst);
    }

    private CallInsn.StackArguments stackArguments(CallLowering.Arguments arguments) {
        if (arguments.stackBytes() == 0) {
            return CallInsn.StackArguments.NONE;
        }
        List<CallLowering.OnStack> onStack = arguments.onStack();
        return new CallInsn.StackArguments(
                onStack.stream().map(a -> movable(a.value())).toArray(Reg[]::new),
                onStack.stream().map(a -> a.value().type()).toArray(Type[]::new),
                onStack.stream().mapToInt(CallLowering.OnStack::offset).toArray(),
                arguments.stackBytes());
    }

    // CALL_NATIVE.

    @Override
    protected final void lowerCallNative(Inst inst) {
        Bound arguments = calls.nativeArguments(inst);
        Reg address = reg(inst.arg(0));
        Bound results = calls.registerResults(inst);
        if (!results.isEmpty() && inst.result().type() == Type.I32) {
            // C leaves the upper half of an int undefined.
            Reg raw = newReg(Type.I64);
            emit(new CallInsn.NativeCall(address, arguments, calls.nativeResult(inst, raw)));
            emit(Insn.of(Op.ORR, false, def(inst.result()), Registers.ZR, raw));
        } else {
            emit(new CallInsn.NativeCall(address, arguments, results));
        }
    }

    // RETURN, RETURN_CALL, RETURN_CALL_INDIRECT.

    @Override
    public final MachInst returnFrom(Bound results, int argumentBytes) {
        return new ControlInsn.Return(results, argumentBytes);
    }

    @Override
    protected final void lowerReturnCall(Inst inst) {
        CallLowering.Arguments arguments = calls.arguments(inst);
        emit(new CallInsn.TailCall(
                calls.callee(inst), arguments.inRegisters(), stackArguments(arguments), calls.argumentBytes()));
    }

    // Whole values in memory.

    @Override
    public final MachInst loadValue(Type type, Reg target, Reg base, int offset, boolean readOnly) {
        LoadStoreOp op = switch (type) {
            case I32 -> LoadStoreOp.LDR_W;
            case I64, REF -> LoadStoreOp.LDR_X;
            case F32 -> LoadStoreOp.LDR_S;
            case F64 -> LoadStoreOp.LDR_D;
            case V128 -> LoadStoreOp.LDR_Q;
        };
        return new MemoryInsn.Load(op, target, Address.of(base, offset), null, readOnly);
    }

    @Override
    public final MachInst storeValue(Type type, Reg base, int offset, Reg source) {
        LoadStoreOp op = switch (type) {
            case I32 -> LoadStoreOp.STR_W;
            case I64, REF -> LoadStoreOp.STR_X;
            case F32 -> LoadStoreOp.STR_S;
            case F64 -> LoadStoreOp.STR_D;
            case V128 -> LoadStoreOp.STR_Q;
        };
        return new MemoryInsn.Store(op, source, Address.of(base, offset), null);
    }
}
