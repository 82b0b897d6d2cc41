package kiln.runtime.component;

import java.util.Objects;

/**
 * A resource that a component defines, in Java's hands. One that was returned belongs to Java: closing it runs its
 * destructor, and giving it to a function that takes it over ends its use here. One that was lent to a host function is
 * valid until that returns. It belongs to the thread that owns the instance's store, as everything of a store does.
 */
public final class GuestResource implements AutoCloseable {
    private enum State {
        OWNED,
        LENT,
        GONE
    }

    private final ComponentInstance instance;
    private final int resource;
    private final int rep;
    private State state;
    /** Calls that it is lent to. */
    private int lends;

    GuestResource(ComponentInstance instance, int resource, int rep, boolean owned) {
        this.instance = Objects.requireNonNull(instance);
        this.resource = resource;
        this.rep = rep;
        this.state = owned ? State.OWNED : State.LENT;
    }

    /** The instance whose component defines it. */
    public ComponentInstance instance() {
        return instance;
    }

    /** Whether it can still be used. */
    public boolean isValid() {
        return state != State.GONE;
    }

    int resource() {
        return resource;
    }

    int rep() {
        return rep;
    }

    /** Why it cannot be given away, or lent, as a resource of an instance; null if it can. */
    String problem(ComponentInstance to, int wanted, boolean own) {
        if (instance != to || resource != wanted) {
            return "this is a resource of another type or of another instance";
        } else if (state == State.GONE) {
            return "the resource was closed or given away, or the call that it was lent to is over";
        } else if (own && state == State.LENT) {
            return "the resource is only lent and cannot be given away";
        } else if (own && lends != 0) {
            return "the resource is lent to a call and cannot be given away";
        }
        return null;
    }

    void lend() {
        lends++;
    }

    void giveBack() {
        lends--;
    }

    /** It belongs to nobody here any more. */
    void leave() {
        state = State.GONE;
    }

    /**
     * Runs the destructor, if the component has one. Idempotent; does nothing if the instance can no longer be entered
     * because a call trapped, or its store is closed.
     *
     * @throws IllegalStateException if it is only lent, or lent to a call that is running, or a call is inside the
     *     instance
     * @throws kiln.runtime.TrapException if the destructor traps
     */
    @Override
    public void close() {
        if (state == State.GONE) {
            return;
        }
        if (state == State.LENT || lends != 0) {
            throw new IllegalStateException("the resource is lent, and cannot be closed");
        }
        instance.destroy(this);
    }

    @Override
    public String toString() {
        return "resource " + resource + " of " + instance + (state == State.GONE ? " (closed)" : "");
    }
}
