package kiln.translate;

import java.util.ArrayList;
import java.util.List;
import kiln.artifact.FuncKey;
import kiln.artifact.api.TrapCode;
import kiln.artifact.component.ComponentContext;
import kiln.artifact.component.FunctionType;
import kiln.artifact.component.InterfaceType;
import kiln.artifact.component.ValueLayout;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.Signature;
import kiln.ir.Value;

/**
 * A function of one component as another one calls it: copies arguments to the callee's side, calls, and copies the
 * result back.
 */
final class AdapterCode extends ValueCode {
    /**
     * What an adapter stands between.
     *
     * @param mayEnter false if one instance is the other or an ancestor of it: the call traps
     * @param function the lifted core function
     * @param postReturn called with its results once they are copied; null if there is none
     */
    record Adapter(
            FunctionType type,
            boolean mayEnter,
            ComponentSide caller,
            ComponentSide callee,
            Callee function,
            Callee postReturn) {
        Signature signature() {
            return new Signature(IrTypes.of(type.loweredParams()), IrTypes.of(type.loweredResults()));
        }
    }

    private final Adapter adapter;

    private AdapterCode(ComponentFunctions component, FuncKey key, Adapter adapter) {
        super(component, key, adapter.signature());
        this.adapter = adapter;
    }

    static Function translate(ComponentFunctions component, FuncKey key, Adapter adapter) {
        AdapterCode c = new AdapterCode(component, key, adapter);
        c.checkMayLeave(adapter.caller.instance());
        if (adapter.mayEnter) {
            c.call();
        } else {
            c.b.trap(TrapCode.CANNOT_ENTER_COMPONENT);
        }
        return c.function;
    }

    private void call() {
        FunctionType type = adapter.type;
        direction(adapter.caller, adapter.callee);
        Inst call = call(adapter.function, type.spillsParams() ? spilledParams() : flatParams());
        if (type.params().stream().anyMatch(InterfaceType::hasBorrows)) {
            b.trapIf(TrapCode.BORROWS_REMAIN, field(adapter.callee.instance(), ComponentContext.BORROWS));
        }
        Value[] core = new Value[call.resultCount()];
        for (int i = 0; i < core.length; i++) {
            core[i] = call.result(i);
        }
        direction(adapter.callee, adapter.caller);
        Value[] results = {};
        if (type.spillsResult()) {
            Value target = function.entry().params().getLast();
            ValueLayout layout = type.result().layout();
            check(source(), core[0], layout);
            check(target(), target, layout);
            memory(type.result(), core[0], 0, target, 0);
        } else if (type.result() != null) {
            results = flat(type.result(), core);
        }
        if (adapter.postReturn != null) {
            callInside(adapter.callee.instance(), adapter.postReturn, core);
        }
        b.ret(results);
    }

    private Value[] flatParams() {
        List<Value> args = new ArrayList<>();
        int at = 0;
        for (InterfaceType p : adapter.type.params()) {
            Value[] values = new Value[p.layout().flat().size()];
            for (int i = 0; i < values.length; i++) {
                values[i] = param(at++);
            }
            args.addAll(List.of(flat(p, values)));
        }
        return args.toArray(Value[]::new);
    }

    /** A tuple of all parameters in the caller's memory, and another one in the callee's. */
    private Value[] spilledParams() {
        List<InterfaceType> params = adapter.type.params();
        long bytes = 0;
        int alignment = 1;
        long[] offsets = new long[params.size()];
        for (int i = 0; i < offsets.length; i++) {
            ValueLayout layout = params.get(i).layout();
            offsets[i] = ValueLayout.align(bytes, layout.alignment());
            bytes = offsets[i] + layout.bytes();
            alignment = Math.max(alignment, layout.alignment());
        }
        ValueLayout tuple = new ValueLayout(ValueLayout.align(bytes, alignment), alignment, List.of(), true);
        check(source(), param(0), tuple);
        Value copy = allocate(TrapCode.MEMORY_OUT_OF_BOUNDS, alignment, b.i32((int) tuple.bytes()));
        for (int i = 0; i < offsets.length; i++) {
            memory(params.get(i), param(0), offsets[i], copy, offsets[i]);
        }
        return new Value[] {copy};
    }

    private void check(ComponentSide side, Value pointer, ValueLayout layout) {
        checkAlignment(pointer, layout.alignment());
        checkRange(TrapCode.MEMORY_OUT_OF_BOUNDS, side.memory(), pointer, b.i64(layout.bytes()));
    }
}
