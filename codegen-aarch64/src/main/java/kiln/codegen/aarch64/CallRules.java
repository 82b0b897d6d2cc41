package kiln.codegen.aarch64;

import java.util.List;
import kiln.codegen.Bound;
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
        Callee callee = callee(inst);
        Arguments arguments = arguments(inst);
        boolean reload = reloadsContext(callee);
        emit(new CallInsn.Call(
                callee, reload, arguments.inRegisters(), stackArguments(arguments), registerResults(inst)));
        loadFurtherResults(inst);
    }

    private CallInsn.StackArguments stackArguments(Arguments arguments) {
        if (arguments.stackBytes() == 0) {
            return CallInsn.StackArguments.NONE;
        }
        List<OnStack> onStack = arguments.onStack();
        return new CallInsn.StackArguments(
                onStack.stream().map(a -> movable(a.value())).toArray(Reg[]::new),
                onStack.stream().map(a -> a.value().type()).toArray(Type[]::new),
                onStack.stream().mapToInt(OnStack::offset).toArray(),
                arguments.stackBytes());
    }

    // CALL_NATIVE.

    @Override
    protected final void lowerCallNative(Inst inst) {
        Bound arguments = nativeArguments(inst);
        Reg address = reg(inst.arg(0));
        Bound results = registerResults(inst);
        if (!results.isEmpty() && inst.result().type() == Type.I32) {
            // C leaves the upper half of an int undefined.
            Reg raw = newReg(Type.I64);
            emit(new CallInsn.NativeCall(address, arguments, nativeResult(inst, raw)));
            emit(new IntegerInsn.Alu(AluOp.ORR, false, def(inst.result()), Registers.ZR, raw));
        } else {
            emit(new CallInsn.NativeCall(address, arguments, results));
        }
    }

    // RETURN, RETURN_CALL, RETURN_CALL_INDIRECT.

    @Override
    protected final MachInst returnFrom(Bound results, int argumentBytes) {
        return new ControlInsn.Return(results, argumentBytes);
    }

    @Override
    protected final void lowerReturnCall(Inst inst) {
        Arguments arguments = arguments(inst);
        emit(new CallInsn.TailCall(callee(inst), arguments.inRegisters(), stackArguments(arguments), argumentBytes()));
    }

    // Whole values in memory.

    @Override
    protected final MachInst loadValue(Type type, Reg target, Reg base, int offset, boolean readOnly) {
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
    protected final MachInst storeValue(Type type, Reg base, int offset, Reg source) {
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
