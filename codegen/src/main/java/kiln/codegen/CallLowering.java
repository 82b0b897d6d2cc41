package kiln.codegen;

import java.util.ArrayList;
import java.util.List;
import kiln.artifact.FuncKey;
import kiln.artifact.StoreLayout;
import kiln.artifact.VMContextLayout;
import kiln.ir.Inst;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.Value;

/**
 * Calls, returns and parameters: what goes by the calling convention. A call is one instruction with all of its
 * operands ({@link CallSite}); results beyond the registers are loaded from the store behind it.
 */
final class CallLowering {
    private final LoweringContext context;
    private final CommonInsts insts;
    private final CallingConvention convention;
    private final ArgumentLocations parameters;

    CallLowering(LoweringContext context) {
        this.context = context;
        this.insts = context.insts;
        this.convention = context.convention;
        this.parameters =
                convention.argumentLocations(context.function.signature().params());
    }

    // Calls.

    /** Lowers a CALL or CALL_INDIRECT. */
    void lowerCall(Inst inst) {
        lowerCall(inst, null);
    }

    /**
     * Lowers an INVOKE or INVOKE_INDIRECT. What the results need is done behind the call, where control goes on to the
     * normal target; the edge to the landing pad leaves from the call itself.
     */
    void lowerInvoke(Inst inst) {
        // The stub that throws takes it from there.
        context.saveContext();
        lowerCall(inst, context.targets[1]);
        context.emit(insts.jump(context.targets[0]));
    }

    /** Lowers a CAUGHT. */
    void lowerCaught(Inst inst) {
        OperandList result = new OperandList();
        if (context.isDemanded(inst.result())) {
            result.defFixed(context.def(inst.result()), convention.results().getFirst());
        }
        context.emit(new ExceptionInst(ExceptionInst.Kind.LANDING_PAD, insts, result));
    }

    /** Lowers a THROW. */
    void lowerThrow(Inst inst) {
        OperandList exception = new OperandList();
        exception.useFixed(context.movable(inst.arg(0)), convention.results().getFirst());
        context.emit(new ExceptionInst(ExceptionInst.Kind.THROW, insts, exception));
    }

    private void lowerCall(Inst inst, MachBlock pad) {
        OperandList operands = new OperandList();
        boolean reloads;
        if (inst.opcode() == Opcode.CALL_INDIRECT || inst.opcode() == Opcode.INVOKE_INDIRECT) {
            Reg callee = context.reg(inst.arg(1));
            called(operands, context.reg(inst.arg(0)));
            called(operands, callee);
            reloads = callee != convention.context();
        } else {
            reloads = contextDistance(inst) != 0;
        }
        if (reloads || context.options.reloadContext()) {
            context.saveContext();
            reloads = true;
        }
        ArgumentLocations locations =
                convention.argumentLocations(inst.call().signature().params());
        context.emit(insts.call(site(inst, operands, locations, reloads, pad, null, convention.clobbers())));
        loadFurtherResults(inst);
    }

    /** Lowers a CALL_NATIVE, all of whose arguments are in registers. */
    void lowerNativeCall(Inst inst) {
        lowerNativeCall(inst, null);
    }

    /** Lowers a CALL_NATIVE with an i32 for a result, of which C leaves the upper half undefined; or declines. */
    boolean lowerIntCall(Inst inst) {
        if (inst.resultCount() == 0 || inst.result().type() != Type.I32 || !context.isDemanded(inst.result())) {
            return false;
        }
        Reg raw = context.newReg(Type.I64);
        lowerNativeCall(inst, raw);
        context.emit(insts.zeroExtend(context.def(inst.result()), raw));
        return true;
    }

    private void lowerNativeCall(Inst inst, Reg result) {
        OperandList operands = new OperandList();
        called(operands, context.reg(inst.arg(0)));
        ArgumentLocations locations =
                convention.nativeArgumentLocations(inst.call().signature().params());
        context.emit(insts.call(site(inst, operands, locations, false, null, result, convention.nativeClobbers())));
    }

    /** Lowers a RETURN_CALL or RETURN_CALL_INDIRECT. What is called must not be in registers that the jump needs. */
    void lowerTailCall(Inst inst) {
        OperandList operands = new OperandList();
        if (inst.opcode() == Opcode.RETURN_CALL_INDIRECT) {
            operands.useFixed(context.movable(inst.arg(0)), convention.tailAddress());
            Reg callee = context.reg(inst.arg(1));
            if (callee.isReserved()) {
                operands.use(callee);
            } else {
                operands.useFixed(callee, convention.tailContext());
            }
        }
        ArgumentLocations locations =
                convention.argumentLocations(inst.call().signature().params());
        context.emit(insts.tailCall(
                site(inst, operands, locations, false, null, null, RegSet.EMPTY), parameters.stackBytes()));
    }

    private void called(OperandList operands, Reg r) {
        if (convention.callsThroughSlots()) {
            operands.any(r);
        } else {
            operands.use(r);
        }
    }

    /**
     * A call of what {@code operands} say.
     *
     * @param pad where it goes on if the callee throws, or null
     * @param result in place of the first result's own register, or null
     */
    private CallSite site(
            Inst inst,
            OperandList operands,
            ArgumentLocations locations,
            boolean reloads,
            MachBlock pad,
            Reg result,
            RegSet clobbers) {
        int called = operands.count();
        int first = inst.argCount() - locations.registers().length;
        for (int i = 0; i < locations.registers().length; i++) {
            if (locations.registers()[i] != null) {
                operands.useFixed(
                        context.movable(inst.arg(first + i)), locations.registers()[i]);
            }
        }
        int inRegisters = operands.count() - called;
        List<Reg> onStack = new ArrayList<>();
        List<CallSite.StackArgument> stackArguments = new ArrayList<>();
        for (int i = 0; i < locations.registers().length; i++) {
            if (locations.registers()[i] == null) {
                Value v = inst.arg(first + i);
                boolean constant = LoweringContext.isConst(v);
                int operand = constant ? -1 : operands.count() + onStack.size();
                stackArguments.add(new CallSite.StackArgument(
                        v.type(), locations.offsets()[i], operand, constant ? LoweringContext.bits(v) : 0));
                if (!constant) {
                    onStack.add(context.reg(v));
                }
            }
        }
        operands.anyUnshared(onStack);
        int results = clobbers == RegSet.EMPTY ? 0 : results(inst, operands, result);
        return new CallSite(
                inst.call().key(),
                contextDistance(inst),
                reloads,
                pad,
                clobbers == RegSet.EMPTY ? operands : operands.clobbering(clobbers),
                called,
                inRegisters,
                stackArguments,
                locations.stackBytes(),
                results);
    }

    /** Bytes from this function's VMContext to that of the function that is called, if that is known. */
    private int contextDistance(Inst inst) {
        FuncKey key = inst.call().key();
        return key == null ? 0 : context.options.contextDistance(context.function.key(), key);
    }

    /** Adds the results that come in registers, and says how many that are. */
    private int results(Inst inst, OperandList operands, Reg first) {
        int before = operands.count();
        Reg[] registers = resultLocations(inst).registers();
        for (int i = 0; i < inst.resultCount(); i++) {
            if (registers[i] != null && context.isDemanded(inst.result(i))) {
                operands.defFixed(first != null ? first : context.def(inst.result(i)), registers[i]);
            }
        }
        return operands.count() - before;
    }

    private ArgumentLocations resultLocations(Inst inst) {
        return convention.resultLocations(inst.call().signature().results());
    }

    /** Loads the results that did not come in registers. */
    private void loadFurtherResults(Inst inst) {
        ArgumentLocations locations = resultLocations(inst);
        Reg store = null;
        for (int i = 0; i < inst.resultCount(); i++) {
            Value v = inst.result(i);
            if (locations.registers()[i] == null && context.isDemanded(v)) {
                store = store == null ? storeContext() : store;
                context.emit(insts.loadValue(
                        v.type(),
                        context.def(v),
                        store,
                        StoreLayout.RESULTS + locations.offsets()[i],
                        false));
            }
        }
    }

    private Reg storeContext() {
        Reg store = context.newReg(Type.I64);
        context.emit(insts.loadValue(Type.I64, store, convention.context(), VMContextLayout.STORE, true));
        return store;
    }

    // This function's own parameters and results.

    /** Defines those of the function's parameters that are demanded, at its start. */
    void lowerEntry(List<Value> params) {
        OperandList inRegisters = new OperandList();
        for (int i = 0; i < params.size(); i++) {
            if (context.isDemanded(params.get(i)) && parameters.registers()[i] != null) {
                inRegisters.defFixed(context.def(params.get(i)), parameters.registers()[i]);
            }
        }
        if (inRegisters.count() > 0) {
            context.emit(new Entry(inRegisters));
        }
        for (int i = 0; i < params.size(); i++) {
            Value v = params.get(i);
            if (context.isDemanded(v) && parameters.registers()[i] == null) {
                context.emit(insts.loadValue(
                        v.type(),
                        context.def(v),
                        convention.frame(),
                        FrameLayout.ARGUMENTS + parameters.offsets()[i],
                        // A collection does not look there: a reference has to be copied to where it does.
                        v.type() != Type.REF));
            }
        }
    }

    /** Lowers a RETURN. */
    void lowerReturn(Inst inst) {
        ArgumentLocations locations =
                convention.resultLocations(context.function.signature().results());
        OperandList inRegisters = new OperandList();
        Reg store = null;
        for (int i = 0; i < inst.argCount(); i++) {
            Value v = inst.arg(i);
            if (locations.registers()[i] != null) {
                inRegisters.useFixed(context.movable(v), locations.registers()[i]);
            } else {
                store = store == null ? storeContext() : store;
                context.emit(insts.storeValue(
                        v.type(), store, StoreLayout.RESULTS + locations.offsets()[i], context.reg(v)));
            }
        }
        context.emit(insts.returnFrom(inRegisters, parameters.stackBytes()));
    }

    /** The physical register that always holds the result of {@code inst}, or null. */
    Reg pinned(Inst inst) {
        return switch (inst.opcode()) {
            case VMCTX -> convention.context();
            case FRAME_POINTER -> convention.frame();
            default -> null;
        };
    }
}
