package kiln.artifact.component;

import kiln.artifact.VMContextLayout;

/**
 * Where everything lies in the context of module 0 of a component's file, which all core instances of the component
 * reach at a constant distance. It begins as every VMContext does; all fields are little-endian.
 *
 * <pre>
 *   0  header       as of {@link VMContextLayout}, 48 bytes
 *  48  entered      u32  1 while a call from outside is inside; stays 1 after a trap: nobody enters again
 *  52  reserved     u32
 *  56  components   for each component instance {@link #COMPONENT_BYTES}:
 *                     mayLeave u32  0 while realloc or post-return runs: the instance may not call what it imports
 *                     borrows  u32  handles lent to the call that is inside and not yet dropped
 *                     entries  ptr  the handle table; entry 0 is never used
 *                     capacity u32  entries that there is room for
 *                     free     u32  number of a free entry, or 0; a free entry's rep is the next one's number
 *                     used     u32  entries that were ever used, entry 0 counted
 *                     reserved u32
 *      destructors  for each resource {code ptr, vmctx ptr}; code is null if nothing is to be done
 * </pre>
 *
 * An entry of a handle table has {@link #ENTRY_BYTES}: {resource u32 (number + 1; 0 if the entry is free), rep u32,
 * lends u32, kind u32 ({@link #OWN} or {@link #BORROW})}.
 */
public final class ComponentContext {
    public static final int ENTERED = VMContextLayout.HEADER_BYTES;
    private static final int COMPONENTS = ENTERED + 8;
    public static final int COMPONENT_BYTES = 32;

    /** Within a component instance's part. */
    public static final int MAY_LEAVE = 0;
    /** Within a component instance's part. */
    public static final int BORROWS = 4;
    /** Within a component instance's part. */
    public static final int ENTRIES = 8;
    /** Within a component instance's part. */
    public static final int CAPACITY = 16;
    /** Within a component instance's part. */
    public static final int FREE = 20;
    /** Within a component instance's part. */
    public static final int USED = 24;

    public static final int ENTRY_BYTES = 16;
    /** Within an entry of a handle table. */
    public static final int ENTRY_RESOURCE = 0;
    /** Within an entry of a handle table. */
    public static final int ENTRY_REP = 4;
    /** Within an entry of a handle table. */
    public static final int ENTRY_LENDS = 8;
    /** Within an entry of a handle table. */
    public static final int ENTRY_KIND = 12;
    /** A handle that owns its resource. */
    public static final int OWN = 0;
    /** A handle that is lent for the time of a call. */
    public static final int BORROW = 1;

    public static final int DESTRUCTOR_BYTES = 16;
    /** Within a destructor's record. */
    public static final int DESTRUCTOR_CODE = 0;
    /** Within a destructor's record. */
    public static final int DESTRUCTOR_VMCTX = 8;

    private final int components;
    private final int destructors;
    private final int size;

    /** @throws ArithmeticException if the context would exceed 2 GiB */
    public ComponentContext(int components, int resources) {
        this.components = components;
        destructors = Math.addExact(COMPONENTS, Math.multiplyExact(components, COMPONENT_BYTES));
        size = Math.addExact(destructors, Math.multiplyExact(resources, DESTRUCTOR_BYTES)) + 15 & -16;
    }

    public ComponentContext(ComponentPlan plan) {
        this(plan.parents().size(), plan.resources().size());
    }

    /** The part of component instance {@code i}. */
    public int component(int i) {
        if (i < 0 || i >= components) {
            throw new IndexOutOfBoundsException(i);
        }
        return COMPONENTS + i * COMPONENT_BYTES;
    }

    /** The destructor's record of resource {@code i}. */
    public int destructor(int i) {
        return destructors + i * DESTRUCTOR_BYTES;
    }

    /** Bytes of the whole context, a multiple of 16. */
    public int size() {
        return size;
    }
}
