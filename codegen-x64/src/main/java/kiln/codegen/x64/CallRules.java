package kiln.codegen.x64;

import kiln.codegen.Bound;
import kiln.codegen.CallLowering;
import kiln.codegen.Callee;
import kiln.codegen.CodegenOptions;
import kiln.codegen.MachInst;
import kiln.codegen.Reg;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.Type;
import kiln.ir.Value;

/** Rules for calls and returns. */
abstract class CallRules extends FloatRules {
    CallRules(Function function, CodegenOptions options) {
        super(function, options);
    }

    // CALL, CALL_INDIRECT.

    @Override
    protected final void lowerCall(Inst inst) {
        CallLowering.Arguments arguments = calls.arguments(inst);
        storeStackArguments(arguments);
        Callee callee = calls.callee(inst);
        boolean reload = calls.reloadsContext(callee);
        emit(CallInsn.Call.of(
                callee, reload, arguments.inRegisters(), calls.registerResults(inst), Registers.CALL_CLOBBERS));
        calls.loadFurtherResults(inst);
    }

    private void storeStackArguments(CallLowering.Arguments arguments) {
        if (arguments.stackBytes() == 0) {
            return;
        }
        emit(new CallInsn.MakeRoom(arguments.stackBytes()));
        for (CallLowering.OnStack argument : arguments.onStack()) {
            Value v = argument.value();
            Operand o = fitsImm(v) && (v.type() != Type.I32 || constValue(v) >= 0)
                    ? Operand.imm((int) constValue(v))
                    : Operand.of(reg(v));
            emit(new CallInsn.StackArgument(argument.offset(), v.type() == Type.V128 ? 16 : 8, o));
        }
    }

    // CALL_NATIVE.

    @Override
    protected final void lowerCallNative(Inst inst) {
        Bound arguments = calls.nativeArguments(inst);
        Callee callee = new Callee(null, reg(inst.arg(0)), Registers.CONTEXT, 0);
        Bound results = calls.registerResults(inst);
        Reg narrow = null;
        if (!results.isEmpty() && inst.result().type() == Type.I32) {
            // C leaves the upper half of an int undefined.
            narrow = newReg(Type.I32);
            results = calls.nativeResult(inst, narrow);
        }
        emit(CallInsn.Call.of(callee, false, arguments, results, Registers.NATIVE_CLOBBERS));
        if (narrow != null) {
            emit(Insn.unary(Op.MOV, 4, def(inst.result()), Operand.of(narrow)));
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
        storeStackArguments(arguments);
        Callee callee = calls.callee(inst);
        if (callee.key() == null) {
            callee = new Callee(null, movable(inst.arg(0)), movable(inst.arg(1)), 0);
        }
        emit(CallInsn.TailCall.of(callee, arguments.inRegisters(), arguments.stackBytes(), calls.argumentBytes()));
    }

    // Whole values in memory.

    @Override
    public final MachInst loadValue(Type type, Reg target, Reg base, int offset, boolean readOnly) {
        return MemoryInsn.load(type, type.bytes(), false, target, Address.of(base, offset), readOnly);
    }

    @Override
    public final MachInst storeValue(Type type, Reg base, int offset, Reg source) {
        return MemoryInsn.store(type, type.bytes(), Address.of(base, offset), source);
    }
}
