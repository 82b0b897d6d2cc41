package kiln.codegen.x64;

import static kiln.codegen.LoweringContext.constValue;

import kiln.codegen.Bound;
import kiln.codegen.CallLowering;
import kiln.codegen.Callee;
import kiln.codegen.MachInst;
import kiln.codegen.Reg;
import kiln.codegen.Rules;
import kiln.ir.Inst;
import kiln.ir.Type;
import kiln.ir.Value;

/** Calls and returns. */
final class CallRules {
    private CallRules() {}

    // CALL, CALL_INDIRECT.

    static final Rules<Context> CALL = Rules.<Context>of("call").base("call", CallRules::call);

    private static void call(Context c, Inst inst) {
        CallLowering.Arguments arguments = c.calls.arguments(inst);
        storeStackArguments(c, arguments);
        Callee callee = c.calls.callee(inst);
        boolean reload = c.calls.reloadsContext(callee);
        Bound results = c.calls.registerResults(inst);
        c.emit(CallInsn.Call.of(callee, reload, arguments.inRegisters(), results, Registers.CALL_CLOBBERS));
        c.calls.loadFurtherResults(inst);
    }

    private static void storeStackArguments(Context c, CallLowering.Arguments arguments) {
        if (arguments.stackBytes() == 0) {
            return;
        }
        c.emit(new CallInsn.MakeRoom(arguments.stackBytes()));
        for (CallLowering.OnStack argument : arguments.onStack()) {
            Value v = argument.value();
            boolean constant = Context.fitsImm(v) && (v.type() != Type.I32 || constValue(v) >= 0);
            Operand o = constant ? Context.imm(v) : Operand.of(c.reg(v));
            c.emit(new CallInsn.StackArgument(argument.offset(), v.type() == Type.V128 ? 16 : 8, o));
        }
    }

    // CALL_NATIVE.

    static final Rules<Context> CALL_NATIVE = Rules.<Context>of("callNative")
            .rule("of an int", CallRules::callIntFunction)
            .base("call", (c, inst) -> {
                Bound arguments = c.calls.nativeArguments(inst);
                callNative(c, c.reg(inst.arg(0)), arguments, c.calls.registerResults(inst));
            });

    /** C leaves the upper half of an int undefined. */
    private static boolean callIntFunction(Context c, Inst inst) {
        if (inst.resultCount() == 0 || inst.result().type() != Type.I32 || !c.isDemanded(inst.result())) {
            return false;
        }
        Bound arguments = c.calls.nativeArguments(inst);
        Reg address = c.reg(inst.arg(0));
        Reg narrow = c.newReg(Type.I32);
        callNative(c, address, arguments, c.calls.nativeResult(inst, narrow));
        c.emit(Insn.unary(Op.MOV, 4, c.def(inst.result()), Operand.of(narrow)));
        return true;
    }

    private static void callNative(Context c, Reg address, Bound arguments, Bound results) {
        Callee callee = new Callee(null, address, Registers.CONTEXT, 0);
        c.emit(CallInsn.Call.of(callee, false, arguments, results, Registers.NATIVE_CLOBBERS));
    }

    // RETURN, RETURN_CALL, RETURN_CALL_INDIRECT.

    static final Rules<Context> RETURN =
            Rules.<Context>of("return").base("return", (c, inst) -> c.calls.lowerReturn(inst));

    static final Rules<Context> RETURN_CALL = Rules.<Context>of("returnCall").base("tail call", (c, inst) -> {
        CallLowering.Arguments arguments = c.calls.arguments(inst);
        storeStackArguments(c, arguments);
        Callee callee = c.calls.callee(inst);
        if (callee.key() == null) {
            callee = new Callee(null, c.movable(inst.arg(0)), c.movable(inst.arg(1)), 0);
        }
        int argumentBytes = c.calls.argumentBytes();
        c.emit(CallInsn.TailCall.of(callee, arguments.inRegisters(), arguments.stackBytes(), argumentBytes));
    });

    /** The instructions that all instruction sets' calls are made of. */
    static final CallLowering.Machine MACHINE = new CallLowering.Machine() {
        @Override
        public MachInst loadValue(Type type, Reg target, Reg base, int offset, boolean readOnly) {
            return MemoryInsn.load(type, type.bytes(), false, target, Address.of(base, offset), readOnly);
        }

        @Override
        public MachInst storeValue(Type type, Reg base, int offset, Reg source) {
            return MemoryInsn.store(type, type.bytes(), Address.of(base, offset), source);
        }

        @Override
        public MachInst returnFrom(Bound results, int argumentBytes) {
            return new ControlInsn.Return(results, argumentBytes);
        }
    };
}
