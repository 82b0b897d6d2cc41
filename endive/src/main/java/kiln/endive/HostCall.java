package kiln.endive;

import kiln.runtime.Caller;
import kiln.runtime.FuncType;
import kiln.runtime.HostFunction;
import run.endive.runtime.CallResult;
import run.endive.runtime.Instance;
import run.endive.runtime.WasmException;
import run.endive.runtime.WasmFunctionHandle;
import run.endive.wasm.types.FunctionType;

/** A function of the host's, as Kiln calls it. */
final class HostCall implements HostFunction {
    private final StoreGroup group;
    private final FuncType ours;
    private final FunctionType theirs;
    private final Instance instance;
    private final WasmFunctionHandle target;
    private final boolean numbers;

    /** @param instance that the function is told it was called by */
    HostCall(StoreGroup group, FuncType ours, FunctionType theirs, Instance instance, WasmFunctionHandle target) {
        this.group = group;
        this.ours = ours;
        this.theirs = theirs;
        this.instance = instance;
        this.target = target;
        this.numbers = Values.areNumbers(ours.params()) && Values.areNumbers(ours.results());
    }

    @Override
    public void call(Caller caller, long[] args, long[] results) throws Throwable {
        group.enterHost();
        try {
            if (numbers) {
                long[] longs = target.apply(instance, args);
                if (longs != null) {
                    System.arraycopy(longs, 0, results, 0, Math.min(longs.length, results.length));
                }
            } else {
                Object[] refs = Values.refsOf(group, ours.params(), args, instance);
                CallResult r = target.applyWithRefs(instance, args, refs);
                if (r != null) {
                    Values.toCells(group, ours.results(), instance, r.longs(), r.refs(), results);
                }
            }
        } catch (WasmException e) {
            throw Values.thrown(group, e);
        } finally {
            group.exitHost();
        }
    }

    @Override
    public String toString() {
        return theirs.toString();
    }
}
