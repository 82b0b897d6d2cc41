package kiln.runtime;

import kiln.artifact.VMContextLayout;
import kiln.loader.Native;
import kiln.loader.Stubs;

/** A host function as one importer sees it: a VMContext of its own, by whose number an upcall finds it. */
final class HostBinding {
    private final Func func;
    private final Caller caller;
    /** Null until it is settled where calls go. */
    private HostAdapter host;

    private long vmctx;
    private long record;

    HostBinding(Func func, Caller caller) {
        this.func = func;
        this.caller = caller;
    }

    Func func() {
        return func;
    }

    void call(long area) throws Throwable {
        HostAdapter h = host;
        if (h == null) {
            h = settle();
        }
        caller.store().heap().poll(area, func);
        try {
            h.invoke(caller, area);
        } catch (TrapException t) {
            Traces.locate(t, caller.store());
            throw t;
        }
    }

    private HostAdapter settle() {
        host = func.host().settle();
        return host == null ? func.host() : host;
    }

    /** Makes the VMContext and returns its address. */
    long makeContext(Store store) {
        vmctx = store.allocate(VMContextLayout.HOST_CONTEXT_BYTES);
        Native.putLong(vmctx + VMContextLayout.TRAP_STUB, Stubs.get().trap());
        Native.putLong(vmctx + VMContextLayout.STORE, store.block().memory().address());
        Native.putLong(vmctx + VMContextLayout.HOST_ID, Integer.toUnsignedLong(store.newHostId(this)));
        store.block().memory().addContext(vmctx);
        return vmctx;
    }

    /** Makes a funcref record, as yet without code: a call of it traps. */
    long makeRecord(Store store) {
        record = store.allocate(VMContextLayout.FUNCREF_BYTES);
        Native.putLong(record + VMContextLayout.FUNCREF_CODE, Stubs.get().trap());
        Native.putLong(record + VMContextLayout.FUNCREF_VMCTX, makeContext(store));
        Native.putInt(record + VMContextLayout.FUNCREF_TYPE, func.typeId());
        return record;
    }

    /** Looks for a module of the store that can call functions of this type; the caller is one. */
    boolean resolve(Store store) {
        for (Instance i : store.instances()) {
            long code = i.module().wasmToArray(func.typeId());
            if (code != 0) {
                Native.putLong(record + VMContextLayout.FUNCREF_CODE, code);
                return true;
            }
        }
        return false;
    }
}
