package kiln.runtime;

import kiln.artifact.VMContextLayout;
import kiln.loader.Native;
import kiln.loader.Upcalls;
import kiln.runtime.internal.HostIds;

/** Where calls from generated code arrive, and the way from its numbers and addresses to objects. */
final class Dispatch implements Upcalls.Dispatcher {

    /**
     * @param callee number of the object, and of a builtin in the upper half
     * @param args argument area
     */
    @Override
    public void call(long callee, long args) throws Throwable {
        Object target = HostIds.get((int) callee);
        int builtin = (int) (callee >>> 32);
        if (builtin == 0) {
            ((HostBinding) target).call(args);
        } else {
            Builtins.call((Instance) target, builtin, args);
        }
    }

    @Override
    public boolean rethrow(long callee, Throwable t) {
        return (int) (callee >>> 32) == 0
                && HostIds.get((int) callee) instanceof HostBinding b
                && b.func().store().rethrow(t);
    }

    /** The function behind a funcref record. */
    static Func func(long record) {
        long vmctx = Native.getLong(record + VMContextLayout.FUNCREF_VMCTX);
        Object owner = HostIds.get((int) Native.getLong(vmctx + VMContextLayout.HOST_ID));
        if (owner instanceof Instance i) {
            return i.funcOfRecord(record);
        } else if (owner instanceof HostBinding b) {
            return b.func();
        }
        throw new KilnBug("not a funcref: " + Long.toHexString(record));
    }
}
