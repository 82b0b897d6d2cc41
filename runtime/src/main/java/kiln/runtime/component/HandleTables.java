package kiln.runtime.component;

import kiln.artifact.api.TrapCode;
import kiln.artifact.component.ComponentContext;
import kiln.artifact.component.ComponentPlan;
import kiln.loader.Native;
import kiln.runtime.Store;
import kiln.runtime.TrapException;
import kiln.runtime.internal.ComponentAccess;

/**
 * The handle tables and flags of a component's instances, which lie in the context of module 0 where compiled code
 * finds them: {@link ComponentContext}.
 */
final class HandleTables {
    /** As many entries as one table may have. */
    static final int MAX_ENTRIES = 1_000_000;

    private static final int FIRST_CAPACITY = 16;

    private final Store store;
    private final ComponentPlan plan;
    private final ComponentContext layout;
    private final long context;

    /** @param context address of module 0's context, zeroed behind the header */
    HandleTables(Store store, ComponentPlan plan, long context) {
        this.store = store;
        this.plan = plan;
        this.layout = new ComponentContext(plan);
        this.context = context;
        for (int c = 0; c < plan.parents().size(); c++) {
            setMayLeave(c, true);
        }
    }

    // ---- flags

    boolean isEntered() {
        return Native.getInt(context + ComponentContext.ENTERED) != 0;
    }

    void setEntered(boolean on) {
        Native.putInt(context + ComponentContext.ENTERED, on ? 1 : 0);
    }

    boolean mayLeave(int component) {
        return Native.getInt(at(component) + ComponentContext.MAY_LEAVE) != 0;
    }

    void setMayLeave(int component, boolean on) {
        Native.putInt(at(component) + ComponentContext.MAY_LEAVE, on ? 1 : 0);
    }

    /** @throws TrapException if the instance may not call what it imports */
    void requireMayLeave(int component) {
        if (!mayLeave(component)) {
            throw GuestMemory.trap(TrapCode.CANNOT_LEAVE_COMPONENT);
        }
    }

    /** Where the flags of a component instance lie. */
    long flags(int component) {
        return at(component);
    }

    /** As {@link #requireMayLeave(int)}, given {@link #flags}. */
    static void requireMayLeave(long flags) {
        if (Native.getInt(flags + ComponentContext.MAY_LEAVE) == 0) {
            throw GuestMemory.trap(TrapCode.CANNOT_LEAVE_COMPONENT);
        }
    }

    /** @throws TrapException if handles that were lent to the call that ends were not dropped */
    void requireNoBorrows(int component) {
        if (Native.getInt(at(component) + ComponentContext.BORROWS) != 0) {
            throw GuestMemory.trap(TrapCode.BORROWS_REMAIN);
        }
    }

    private long at(int component) {
        return context + layout.component(component);
    }

    // ---- entries

    /** A new handle. */
    int add(int component, int resource, int rep, int kind) {
        long table = at(component);
        int number = Native.getInt(table + ComponentContext.FREE);
        if (number == 0) {
            number = Math.max(1, Native.getInt(table + ComponentContext.USED));
            if (number >= Native.getInt(table + ComponentContext.CAPACITY)) {
                grow(table);
            }
            Native.putInt(table + ComponentContext.USED, number + 1);
        } else {
            Native.putInt(
                    table + ComponentContext.FREE, Native.getInt(entry(table, number) + ComponentContext.ENTRY_REP));
        }
        long entry = entry(table, number);
        Native.putInt(entry + ComponentContext.ENTRY_RESOURCE, resource + 1);
        Native.putInt(entry + ComponentContext.ENTRY_REP, rep);
        Native.putInt(entry + ComponentContext.ENTRY_LENDS, 0);
        Native.putInt(entry + ComponentContext.ENTRY_KIND, kind);
        if (kind == ComponentContext.BORROW) {
            Native.putInt(table + ComponentContext.BORROWS, Native.getInt(table + ComponentContext.BORROWS) + 1);
        }
        return number;
    }

    /** The old place stays as it is until the store ends: together they are as large as the new one. */
    private void grow(long table) {
        int capacity = Native.getInt(table + ComponentContext.CAPACITY);
        if (capacity >= MAX_ENTRIES) {
            throw new TrapException(
                    TrapCode.ALLOCATION_TOO_LARGE, "a component instance may have only " + MAX_ENTRIES + " handles");
        }
        int larger = Math.min(MAX_ENTRIES, Math.max(FIRST_CAPACITY, 2 * capacity));
        long entries = ComponentAccess.get().allocate(store, (long) larger * ComponentContext.ENTRY_BYTES);
        if (capacity != 0) {
            Native.copy(
                    Native.getLong(table + ComponentContext.ENTRIES),
                    entries,
                    (long) capacity * ComponentContext.ENTRY_BYTES);
        }
        Native.putLong(table + ComponentContext.ENTRIES, entries);
        Native.putInt(table + ComponentContext.CAPACITY, larger);
    }

    private static long entry(long table, int number) {
        return Native.getLong(table + ComponentContext.ENTRIES)
                + Integer.toUnsignedLong(number) * ComponentContext.ENTRY_BYTES;
    }

    /** The entry of a handle that must be one of {@code resource}. */
    private long find(int component, int handle, int resource) {
        int found = resourceOf(component, handle);
        if (found != resource) {
            throw new TrapException(
                    TrapCode.UNKNOWN_HANDLE,
                    "handle index " + handle + " used with the wrong type, expected " + kindOf(resource)
                            + " but found a different " + kindOf(found));
        }
        return entry(at(component), handle);
    }

    /** Of which resource a handle is. */
    private int resourceOf(int component, int handle) {
        long table = at(component);
        if (handle == 0
                || Integer.compareUnsigned(handle, Native.getInt(table + ComponentContext.USED)) >= 0
                || Native.getInt(entry(table, handle) + ComponentContext.ENTRY_RESOURCE) == 0) {
            throw new TrapException(
                    TrapCode.UNKNOWN_HANDLE,
                    TrapCode.UNKNOWN_HANDLE.message() + " " + Integer.toUnsignedString(handle));
        }
        return Native.getInt(entry(table, handle) + ComponentContext.ENTRY_RESOURCE) - 1;
    }

    private String kindOf(int resource) {
        return plan.resources().get(resource).component() >= 0 ? "guest-defined resource" : "host-defined resource";
    }

    /** The representation behind a handle. */
    int rep(int component, int handle, int resource) {
        return Native.getInt(find(component, handle, resource) + ComponentContext.ENTRY_REP);
    }

    /** Lends what a handle stands for, until {@link #giveBack}; returns the representation. */
    int lend(int component, int handle, int resource) {
        long entry = find(component, handle, resource);
        Native.putInt(entry + ComponentContext.ENTRY_LENDS, Native.getInt(entry + ComponentContext.ENTRY_LENDS) + 1);
        return Native.getInt(entry + ComponentContext.ENTRY_REP);
    }

    void giveBack(int component, int handle) {
        long entry = entry(at(component), handle);
        Native.putInt(entry + ComponentContext.ENTRY_LENDS, Native.getInt(entry + ComponentContext.ENTRY_LENDS) - 1);
    }

    /** Takes a handle that owns out of the table; returns the representation. */
    int removeOwn(int component, int handle, int resource) {
        long entry = find(component, handle, resource);
        requireNotLent(entry);
        if (Native.getInt(entry + ComponentContext.ENTRY_KIND) != ComponentContext.OWN) {
            throw new TrapException(
                    TrapCode.UNKNOWN_HANDLE, "handle index " + handle + " is borrowed and cannot be given away");
        }
        int rep = Native.getInt(entry + ComponentContext.ENTRY_REP);
        free(component, entry, handle);
        return rep;
    }

    /**
     * Takes a handle out of the table that is dropped.
     *
     * @return the representation if it owned, else null
     */
    Integer drop(int component, int handle, int resource) {
        long entry = find(component, handle, resource);
        requireNotLent(entry);
        boolean own = Native.getInt(entry + ComponentContext.ENTRY_KIND) == ComponentContext.OWN;
        int rep = Native.getInt(entry + ComponentContext.ENTRY_REP);
        free(component, entry, handle);
        if (own) {
            return rep;
        }
        long borrows = at(component) + ComponentContext.BORROWS;
        Native.putInt(borrows, Native.getInt(borrows) - 1);
        return null;
    }

    private static void requireNotLent(long entry) {
        if (Native.getInt(entry + ComponentContext.ENTRY_LENDS) != 0) {
            throw GuestMemory.trap(TrapCode.STILL_LENT);
        }
    }

    private void free(int component, long entry, int handle) {
        long table = at(component);
        Native.putInt(entry + ComponentContext.ENTRY_RESOURCE, 0);
        Native.putInt(entry + ComponentContext.ENTRY_REP, Native.getInt(table + ComponentContext.FREE));
        Native.putInt(table + ComponentContext.FREE, handle);
    }

    /**
     * The trap that says what is wrong with a handle.
     *
     * @param resource that it should have been of, or -1 for any
     */
    TrapException failure(int component, int handle, int resource) {
        try {
            int wanted = resource >= 0 ? resource : resourceOf(component, handle);
            long entry = find(component, handle, wanted);
            requireNotLent(entry);
        } catch (TrapException t) {
            return t;
        }
        return new TrapException(
                TrapCode.UNKNOWN_HANDLE, "handle index " + handle + " is borrowed and cannot be given away");
    }
}
