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
 * The part of the rules for calls, returns and parameters that goes by the calling convention and is the same for all
 * instruction sets, which differ in how stack arguments are stored and in the calls themselves.
 */
public final class CallLowering {
    /** The instructions that a back end supplies. */
    public interface Machine {
        /**
         * A load of a whole value.
         *
         * @param readOnly whether the same load gives the same value anywhere in the function
         */
        MachInst loadValue(Type type, Reg target, Reg base, int offset, boolean readOnly);

        /** A store of a whole value. */
        MachInst storeValue(Type type, Reg base, int offset, Reg source);

        /**
         * The end of the function, with results in their registers.
         *
         * @param argumentBytes size of this function's own stack arguments, which it takes off
         */
        MachInst returnFrom(Bound results, int argumentBytes);
    }

    private final LoweringContext context;
    private final Machine machine;
    private final CallingConvention convention;
    private final Places parameters;

    public CallLowering(LoweringContext context, Machine machine, CallingConvention convention) {
        this.context = context;
        this.machine = machine;
        this.convention = convention;
        this.parameters =
                convention.placesOfArguments(context.function.signature().params());
    }

    // Calls.

    /** What a call passes to its callee. */
    public record Arguments(Bound inRegisters, List<OnStack> onStack, int stackBytes) {}

    /**
     * An argument without register.
     *
     * @param offset bytes from the stack pointer at the call
     */
    public record OnStack(Value value, int offset) {}

    /** The arguments of a CALL, CALL_INDIRECT, RETURN_CALL or RETURN_CALL_INDIRECT. */
    public Arguments arguments(Inst inst) {
        int first = isIndirect(inst) ? 2 : 0;
        return arguments(
                inst,
                first,
                convention.placesOfArguments(inst.call().signature().params()));
    }

    /** The arguments of a CALL_NATIVE, all of them in registers. */
    public Bound nativeArguments(Inst inst) {
        Places places =
                convention.placesOfNativeArguments(inst.call().signature().params());
        return arguments(inst, 1, places).inRegisters;
    }

    private Arguments arguments(Inst inst, int first, Places places) {
        Bound.Builder inRegisters = new Bound.Builder();
        List<OnStack> onStack = places.stackBytes() == 0 ? List.of() : new ArrayList<>();
        for (int i = 0; i < places.registers().length; i++) {
            Value v = inst.arg(first + i);
            if (places.registers()[i] != null) {
                inRegisters.add(context.movable(v), places.registers()[i]);
            } else {
                onStack.add(new OnStack(v, places.offsets()[i]));
            }
        }
        return new Arguments(inRegisters.build(), onStack, places.stackBytes());
    }

    private static boolean isIndirect(Inst inst) {
        return inst.opcode() == Opcode.CALL_INDIRECT || inst.opcode() == Opcode.RETURN_CALL_INDIRECT;
    }

    /** What a CALL, CALL_INDIRECT, RETURN_CALL or RETURN_CALL_INDIRECT calls. */
    public Callee callee(Inst inst) {
        if (isIndirect(inst)) {
            return new Callee(null, context.reg(inst.arg(0)), context.reg(inst.arg(1)), 0);
        }
        FuncKey key = inst.call().key();
        return new Callee(key, null, null, context.options.contextDistance(context.function.key(), key));
    }

    /** Whether the VMContext must be read back from the frame after a call, where it is kept then. */
    public boolean reloadsContext(Callee callee) {
        boolean changes =
                callee.key() == null ? callee.context() != convention.context() : callee.contextDistance() != 0;
        boolean reloads = changes || context.options.reloadContext();
        if (reloads) {
            context.saveContext();
        }
        return reloads;
    }

    /** The results of a call that come in registers. */
    public Bound registerResults(Inst inst) {
        Places places = convention.placesOfResults(inst.call().signature().results());
        Bound.Builder results = new Bound.Builder();
        for (int i = 0; i < inst.resultCount(); i++) {
            if (places.registers()[i] != null && context.isDemanded(inst.result(i))) {
                results.add(context.def(inst.result(i)), places.registers()[i]);
            }
        }
        return results.build();
    }

    /** The result of a CALL_NATIVE, in {@code value} instead of the result's own register. */
    public Bound nativeResult(Inst inst, Reg value) {
        Places places = convention.placesOfResults(inst.call().signature().results());
        return new Bound(new Reg[] {value}, new Reg[] {places.registers()[0]});
    }

    /** Behind the call: loads the results that did not come in registers. */
    public void loadFurtherResults(Inst inst) {
        Places places = convention.placesOfResults(inst.call().signature().results());
        Reg store = null;
        for (int i = 0; i < inst.resultCount(); i++) {
            Value v = inst.result(i);
            if (places.registers()[i] == null && context.isDemanded(v)) {
                store = store == null ? storeContext() : store;
                context.emit(machine.loadValue(
                        v.type(), context.def(v), store, StoreLayout.RESULTS + places.offsets()[i], false));
            }
        }
    }

    private Reg storeContext() {
        Reg store = context.newReg(Type.I64);
        context.emit(machine.loadValue(Type.I64, store, convention.context(), VMContextLayout.STORE, true));
        return store;
    }

    // This function's own parameters and results.

    /** Size of this function's own stack arguments. */
    public int argumentBytes() {
        return parameters.stackBytes();
    }

    /** Defines the function's parameters, as {@link LoweringContext#lowerEntry} asks for. */
    public void lowerEntry(List<Value> params) {
        Bound.Builder inRegisters = new Bound.Builder();
        for (int i = 0; i < params.size(); i++) {
            if (context.isDemanded(params.get(i)) && parameters.registers()[i] != null) {
                inRegisters.add(context.def(params.get(i)), parameters.registers()[i]);
            }
        }
        Bound bound = inRegisters.build();
        if (!bound.isEmpty()) {
            context.emit(new Entry(bound));
        }
        for (int i = 0; i < params.size(); i++) {
            Value v = params.get(i);
            if (context.isDemanded(v) && parameters.registers()[i] == null) {
                context.emit(machine.loadValue(
                        v.type(),
                        context.def(v),
                        convention.frame(),
                        FrameLayout.ARGUMENTS + parameters.offsets()[i],
                        true));
            }
        }
    }

    /** Lowers a RETURN. */
    public void lowerReturn(Inst inst) {
        Places places = convention.placesOfResults(context.function.signature().results());
        Bound.Builder inRegisters = new Bound.Builder();
        Reg store = null;
        for (int i = 0; i < inst.argCount(); i++) {
            Value v = inst.arg(i);
            if (places.registers()[i] != null) {
                inRegisters.add(context.movable(v), places.registers()[i]);
            } else {
                store = store == null ? storeContext() : store;
                context.emit(
                        machine.storeValue(v.type(), store, StoreLayout.RESULTS + places.offsets()[i], context.reg(v)));
            }
        }
        context.emit(machine.returnFrom(inRegisters.build(), argumentBytes()));
    }

    // Registers.

    /** The physical register that always holds the result of {@code inst}, or null. */
    public Reg pinned(Inst inst) {
        return switch (inst.opcode()) {
            case VMCTX -> convention.context();
            case FRAME_POINTER -> convention.frame();
            default -> null;
        };
    }
}
