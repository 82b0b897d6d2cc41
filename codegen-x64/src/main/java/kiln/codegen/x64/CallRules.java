package kiln.codegen.x64;

import java.util.ArrayList;
import java.util.List;
import kiln.artifact.StoreLayout;
import kiln.artifact.VMContextLayout;
import kiln.codegen.CodegenOptions;
import kiln.codegen.Places;
import kiln.codegen.Reg;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.Opcode;
import kiln.ir.Signature;
import kiln.ir.Type;
import kiln.ir.Value;

/** Rules for calls, returns and parameters. */
abstract class CallRules extends FloatRules {
    /** Where stack arguments begin, from the frame base: behind the caller's frame base and the return address. */
    private static final int INCOMING = 16;

    private final Places parameters;

    CallRules(Function function, CodegenOptions options) {
        super(function, options);
        parameters = CallingConvention.arguments(function.signature().params());
    }

    // Parameters.

    @Override
    protected final void lowerEntry(List<Value> params) {
        List<Reg> values = new ArrayList<>();
        List<Reg> places = new ArrayList<>();
        for (int i = 0; i < params.size(); i++) {
            if (isDemanded(params.get(i)) && parameters.registers()[i] != null) {
                values.add(def(params.get(i)));
                places.add(parameters.registers()[i]);
            }
        }
        if (!values.isEmpty()) {
            emit(new CallInsn.Entry(bound(values, places)));
        }
        for (int i = 0; i < params.size(); i++) {
            if (isDemanded(params.get(i)) && parameters.registers()[i] == null) {
                Address from = Address.of(Registers.RBP, INCOMING + parameters.offsets()[i]);
                load(params.get(i).type(), def(params.get(i)), from);
            }
        }
    }

    private void load(Type type, Reg dst, Address from) {
        emit(
                type.isFloat() || type == Type.V128
                        ? new MemoryInsn.LoadVector(type.bytes(), dst, from, false)
                        : new MemoryInsn.Extend(extension(type, type.bytes(), false), dst, from));
    }

    private static CallInsn.Bound bound(List<Reg> values, List<Reg> places) {
        return new CallInsn.Bound(values.toArray(Reg[]::new), places.toArray(Reg[]::new));
    }

    // call, call_indirect, call_native.

    @Override
    protected final void lowerCall(Inst inst) {
        boolean indirect = inst.opcode() == Opcode.CALL_INDIRECT;
        Signature signature = inst.call().signature();
        Places convention = CallingConvention.arguments(signature.params());
        int first = indirect ? 2 : 0;
        CallInsn.Bound arguments = registerArguments(inst, first, convention);
        storeStackArguments(inst, first, convention);
        CallInsn.Callee callee = callee(inst, indirect);
        Operand context = null;
        if (indirect) {
            Reg r = reg(inst.arg(1));
            context = r == Registers.CONTEXT ? null : Operand.of(r);
        }
        int distance = indirect
                ? 0
                : options.contextDistance(function.key(), inst.call().key());
        boolean reload = context != null || distance != 0 || options.reloadContext();
        if (reload) {
            saveContext();
        }
        Places results = CallingConvention.results(signature.results());
        emit(new CallInsn.Call(
                callee, context, distance, reload, arguments, registerResults(inst, results), Registers.CALL_CLOBBERS));
        loadResults(inst, results);
    }

    private CallInsn.Callee callee(Inst inst, boolean indirect) {
        return indirect
                ? new CallInsn.Callee(null, Operand.of(reg(inst.arg(0))))
                : new CallInsn.Callee(inst.call().key(), null);
    }

    private CallInsn.Bound registerArguments(Inst inst, int first, Places convention) {
        List<Reg> values = new ArrayList<>();
        List<Reg> places = new ArrayList<>();
        for (int i = 0; i < convention.registers().length; i++) {
            if (convention.registers()[i] != null) {
                values.add(movable(inst.arg(first + i)));
                places.add(convention.registers()[i]);
            }
        }
        return bound(values, places);
    }

    private void storeStackArguments(Inst inst, int first, Places convention) {
        if (convention.stackBytes() == 0) {
            return;
        }
        emit(new CallInsn.MakeRoom(convention.stackBytes()));
        for (int i = 0; i < convention.registers().length; i++) {
            if (convention.registers()[i] == null) {
                Value v = inst.arg(first + i);
                Operand o = fitsImm(v) && (v.type() != Type.I32 || constValue(v) >= 0)
                        ? Operand.imm((int) constValue(v))
                        : Operand.of(reg(v));
                int bytes = v.type() == Type.V128 ? 16 : 8;
                emit(new CallInsn.StackArgument(convention.offsets()[i], bytes, o));
            }
        }
    }

    private CallInsn.Bound registerResults(Inst inst, Places convention) {
        List<Reg> values = new ArrayList<>();
        List<Reg> places = new ArrayList<>();
        for (int i = 0; i < inst.resultCount(); i++) {
            if (convention.registers()[i] != null && isDemanded(inst.result(i))) {
                values.add(def(inst.result(i)));
                places.add(convention.registers()[i]);
            }
        }
        return bound(values, places);
    }

    /** Loads the results that did not come in registers. */
    private void loadResults(Inst inst, Places convention) {
        Reg store = null;
        for (int i = 0; i < inst.resultCount(); i++) {
            if (convention.registers()[i] == null && isDemanded(inst.result(i))) {
                store = store == null ? storeContext() : store;
                Address from =
                        Address.of(store, StoreLayout.RESULTS + convention.offsets()[i]);
                load(inst.result(i).type(), def(inst.result(i)), from);
            }
        }
    }

    private Reg storeContext() {
        Reg store = newReg(Type.I64);
        Address field = Address.of(Registers.CONTEXT, VMContextLayout.STORE);
        emit(new MemoryInsn.Extend(ExtendOp.FULL64, store, field, true));
        return store;
    }

    @Override
    protected final void lowerCallNative(Inst inst) {
        Signature signature = inst.call().signature();
        Places convention = CallingConvention.nativeArguments(signature.params());
        CallInsn.Bound arguments = registerArguments(inst, 1, convention);
        CallInsn.Callee callee = new CallInsn.Callee(null, Operand.of(reg(inst.arg(0))));
        CallInsn.Bound results = CallInsn.Bound.NONE;
        Reg narrow = null;
        if (inst.resultCount() > 0 && isDemanded(inst.result())) {
            Type type = inst.result().type();
            // C leaves the upper half of an int undefined.
            narrow = type == Type.I32 ? newReg(Type.I32) : null;
            Reg place = type.isFloat() ? Registers.XMM.get(0) : Registers.RAX;
            Reg value = narrow != null ? narrow : def(inst.result());
            results = bound(List.of(value), List.of(place));
        }
        emit(new CallInsn.Call(callee, null, 0, false, arguments, results, Registers.NATIVE_CLOBBERS));
        if (narrow != null) {
            emit(new MemoryInsn.Extend(ExtendOp.ZX32, def(inst.result()), Operand.of(narrow)));
        }
    }

    // return, return_call, return_call_indirect.

    @Override
    protected final void lowerReturn(Inst inst) {
        Places results = CallingConvention.results(function.signature().results());
        List<Reg> values = new ArrayList<>();
        List<Reg> places = new ArrayList<>();
        Reg store = null;
        for (int i = 0; i < inst.argCount(); i++) {
            Value v = inst.arg(i);
            if (results.registers()[i] != null) {
                values.add(movable(v));
                places.add(results.registers()[i]);
                continue;
            }
            store = store == null ? storeContext() : store;
            Address to = Address.of(store, StoreLayout.RESULTS + results.offsets()[i]);
            emit(
                    v.type().isFloat() || v.type() == Type.V128
                            ? new MemoryInsn.StoreVector(v.type().bytes(), to, reg(v))
                            : new MemoryInsn.Store(v.type().bytes(), to, reg(v)));
        }
        emit(new ControlInsn.Return(values.toArray(Reg[]::new), places.toArray(Reg[]::new), parameters.stackBytes()));
    }

    @Override
    protected final void lowerReturnCall(Inst inst) {
        boolean indirect = inst.opcode() == Opcode.RETURN_CALL_INDIRECT;
        Places convention = CallingConvention.arguments(inst.call().signature().params());
        int first = indirect ? 2 : 0;
        CallInsn.Bound arguments = registerArguments(inst, first, convention);
        storeStackArguments(inst, first, convention);
        Reg target = indirect ? movable(inst.arg(0)) : null;
        Reg context = indirect ? movable(inst.arg(1)) : null;
        emit(new CallInsn.TailCall(
                indirect ? null : inst.call().key(),
                target,
                context,
                arguments,
                convention.stackBytes(),
                parameters.stackBytes()));
    }
}
