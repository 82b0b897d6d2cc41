package kiln.codegen.aarch64;

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

/** Calls, returns and parameters. */
abstract class CallRules extends FloatRules {
    private final int argumentBytes;

    CallRules(Function function, CodegenOptions options) {
        super(function, options);
        argumentBytes =
                CallingConvention.arguments(function.signature().params()).stackBytes();
    }

    // Parameters.

    @Override
    protected final void lowerEntry(List<Value> params) {
        List<Type> types = function.signature().params();
        Places places = CallingConvention.arguments(types);
        Reg[] regs = new Reg[params.size()];
        for (int i = 0; i < regs.length; i++) {
            boolean inRegister = places.registers()[i] != null;
            regs[i] = inRegister && isDemanded(params.get(i)) ? def(params.get(i)) : null;
        }
        emit(new CallInsn.Entry(new CallInsn.Operands(types, places, regs)));
        for (int i = 0; i < regs.length; i++) {
            if (places.registers()[i] == null && isDemanded(params.get(i))) {
                LoadStoreOp op = fullLoad(types.get(i));
                int offset = 16 + places.offsets()[i];
                emit(new MemoryInsn.Load(op, def(params.get(i)), Address.of(Registers.FP, offset), null, true));
            }
        }
    }

    private static LoadStoreOp fullLoad(Type t) {
        return switch (t) {
            case I32 -> LoadStoreOp.LDR_W;
            case I64, REF -> LoadStoreOp.LDR_X;
            case F32 -> LoadStoreOp.LDR_S;
            case F64 -> LoadStoreOp.LDR_D;
            case V128 -> LoadStoreOp.LDR_Q;
        };
    }

    private static LoadStoreOp fullStore(Type t) {
        return switch (t) {
            case I32 -> LoadStoreOp.STR_W;
            case I64, REF -> LoadStoreOp.STR_X;
            case F32 -> LoadStoreOp.STR_S;
            case F64 -> LoadStoreOp.STR_D;
            case V128 -> LoadStoreOp.STR_Q;
        };
    }

    // CALL, CALL_INDIRECT.

    @Override
    protected final void lowerCall(Inst inst) {
        Signature signature = inst.call().signature();
        boolean direct = inst.opcode() == Opcode.CALL;
        Reg code = direct ? null : reg(inst.arg(0));
        Reg context = direct ? null : reg(inst.arg(1));
        int distance =
                direct ? options.contextDistance(function.key(), inst.call().key()) : 0;
        boolean restore = options.reloadContext() || distance != 0 || !direct && context != Registers.VMCTX;
        if (restore) {
            saveContext();
        }
        CallInsn.Operands args = arguments(inst, direct ? 0 : 2, CallingConvention.arguments(signature.params()));
        Places places = CallingConvention.results(signature.results());
        emit(new CallInsn.Call(
                direct ? inst.call().key() : null,
                code,
                context,
                distance,
                args,
                resultsInRegisters(inst, places),
                restore));
        loadFurtherResults(inst, places);
    }

    private CallInsn.Operands arguments(Inst inst, int first, Places places) {
        List<Type> types = inst.call().signature().params();
        Reg[] regs = new Reg[types.size()];
        for (int i = 0; i < regs.length; i++) {
            regs[i] = reg(inst.arg(first + i));
            if (Registers.isReserved(regs[i])) {
                Reg copy = newReg(types.get(i));
                emit(new MoveInsn.Move(types.get(i), copy, regs[i]));
                regs[i] = copy;
            }
        }
        return new CallInsn.Operands(types, places, regs);
    }

    private CallInsn.Operands resultsInRegisters(Inst inst, Places places) {
        Reg[] regs = new Reg[inst.resultCount()];
        for (int i = 0; i < regs.length; i++) {
            regs[i] = places.registers()[i] != null ? def(inst.result(i)) : null;
        }
        return new CallInsn.Operands(inst.call().signature().results(), places, regs);
    }

    private void loadFurtherResults(Inst inst, Places places) {
        Reg store = null;
        for (int i = 0; i < inst.resultCount(); i++) {
            if (places.registers()[i] == null && isDemanded(inst.result(i))) {
                store = store == null ? storeContext() : store;
                int offset = StoreLayout.RESULTS + places.offsets()[i];
                LoadStoreOp op = fullLoad(inst.result(i).type());
                emit(new MemoryInsn.Load(op, def(inst.result(i)), Address.of(store, offset), null, false));
            }
        }
    }

    private Reg storeContext() {
        Reg r = newReg(Type.I64);
        Address address = Address.of(Registers.VMCTX, VMContextLayout.STORE);
        emit(new MemoryInsn.Load(LoadStoreOp.LDR_X, r, address, null, true));
        return r;
    }

    // CALL_NATIVE.

    @Override
    protected final void lowerCallNative(Inst inst) {
        Signature signature = inst.call().signature();
        CallInsn.Operands args = arguments(inst, 1, CallingConvention.nativeArguments(signature.params()));
        Places places = CallingConvention.results(signature.results());
        if (inst.resultCount() == 1 && inst.result().type() == Type.I32) {
            // C leaves the upper half undefined.
            Reg raw = newReg(Type.I64);
            CallInsn.Operands result = new CallInsn.Operands(signature.results(), places, new Reg[] {raw});
            emit(new CallInsn.NativeCall(reg(inst.arg(0)), args, result));
            emit(new IntegerInsn.Alu(AluOp.ORR, false, def(inst.result()), Registers.ZR, raw));
        } else {
            emit(new CallInsn.NativeCall(reg(inst.arg(0)), args, resultsInRegisters(inst, places)));
        }
    }

    // RETURN.

    @Override
    protected final void lowerReturn(Inst inst) {
        List<Type> types = function.signature().results();
        Places places = CallingConvention.results(types);
        List<Type> inRegisters = new ArrayList<>();
        List<Reg> regs = new ArrayList<>();
        Reg store = null;
        for (int i = 0; i < types.size(); i++) {
            Reg r = reg(inst.arg(i));
            if (places.registers()[i] == null) {
                store = store == null ? storeContext() : store;
                int offset = StoreLayout.RESULTS + places.offsets()[i];
                emit(new MemoryInsn.Store(fullStore(types.get(i)), r, Address.of(store, offset), null));
                continue;
            }
            if (Registers.isReserved(r)) {
                Reg copy = newReg(types.get(i));
                emit(new MoveInsn.Move(types.get(i), copy, r));
                r = copy;
            }
            inRegisters.add(types.get(i));
            regs.add(r);
        }
        emit(new CallInsn.Return(
                new CallInsn.Operands(inRegisters, CallingConvention.results(inRegisters), regs.toArray(Reg[]::new)),
                argumentBytes));
    }

    // RETURN_CALL, RETURN_CALL_INDIRECT.

    @Override
    protected final void lowerReturnCall(Inst inst) {
        boolean direct = inst.opcode() == Opcode.RETURN_CALL;
        Reg code = direct ? null : reg(inst.arg(0));
        Reg context = direct ? null : reg(inst.arg(1));
        Places places = CallingConvention.arguments(inst.call().signature().params());
        CallInsn.Operands args = arguments(inst, direct ? 0 : 2, places);
        emit(new CallInsn.TailCall(direct ? inst.call().key() : null, code, context, args, argumentBytes));
    }
}
