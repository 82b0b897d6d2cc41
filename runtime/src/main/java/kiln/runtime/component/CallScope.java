package kiln.runtime.component;

import java.util.ArrayList;
import java.util.List;
import kiln.artifact.component.ComponentContext;
import kiln.artifact.component.ComponentPlan;
import kiln.artifact.component.InterfaceType;

/**
 * What the handles of one call mean on the side of one component instance. What it lends is given back when the call
 * ends.
 */
final class CallScope implements Handles {
    private final ComponentInstance instance;
    private final HandleTables tables;
    private final int component;
    private final boolean forGuest;
    /** Handles of this side that are lent to the other. */
    private final List<Integer> lent = new ArrayList<>(0);
    /** Numbers of objects of Java that are lent to the guest. */
    private final List<Runnable> lentByJava = new ArrayList<>(0);
    /** What Java was lent. */
    private final List<GuestResource> lentToJava = new ArrayList<>(0);

    /**
     * @param component the component instance on this side
     * @param forGuest whether the other side is a component, too: values are then representations
     */
    CallScope(ComponentInstance instance, int component, boolean forGuest) {
        this.instance = instance;
        this.tables = instance.tables();
        this.component = component;
        this.forGuest = forGuest;
    }

    private ComponentPlan.Resource resource(InterfaceType type) {
        return instance.plan().resources().get(type.resource());
    }

    @Override
    public Object liftOwn(InterfaceType type, int handle) {
        int rep = tables.removeOwn(component, handle, type.resource());
        if (forGuest) {
            return rep;
        }
        if (resource(type).component() >= 0) {
            return new GuestResource(instance, type.resource(), rep, true);
        }
        HostResources objects = instance.objects(type.resource());
        Object object = objects.get(rep);
        objects.release(rep);
        return object;
    }

    @Override
    public Object liftBorrow(InterfaceType type, int handle) {
        int rep = tables.lend(component, handle, type.resource());
        lent.add(handle);
        if (forGuest) {
            return rep;
        }
        if (resource(type).component() >= 0) {
            GuestResource r = new GuestResource(instance, type.resource(), rep, false);
            lentToJava.add(r);
            return r;
        }
        return instance.objects(type.resource()).get(rep);
    }

    @Override
    public int lowerOwn(InterfaceType type, Object value) {
        int rep;
        if (forGuest) {
            rep = (Integer) value;
        } else if (value instanceof GuestResource r && resource(type).component() >= 0) {
            instance.requireUsable(type, value);
            r.leave();
            rep = r.rep();
        } else {
            rep = instance.objects(type.resource()).own(value);
        }
        return tables.add(component, type.resource(), rep, ComponentContext.OWN);
    }

    @Override
    public int lowerBorrow(InterfaceType type, Object value) {
        int rep;
        if (forGuest) {
            rep = (Integer) value;
        } else if (value instanceof GuestResource r && resource(type).component() >= 0) {
            instance.requireUsable(type, value);
            r.lend();
            lentByJava.add(r::giveBack);
            rep = r.rep();
        } else {
            HostResources objects = instance.objects(type.resource());
            int number = objects.lend(value);
            lentByJava.add(() -> objects.giveBack(number));
            rep = number;
        }
        return resource(type).component() == component
                ? rep
                : tables.add(component, type.resource(), rep, ComponentContext.BORROW);
    }

    @Override
    public boolean fits(InterfaceType type, Object value) {
        return instance.fits(type, value);
    }

    /** The call has returned. */
    void end() {
        for (int i = 0; i < lent.size(); i++) {
            tables.giveBack(component, lent.get(i));
        }
        release();
    }

    /** The call is over, however it ended: Java's side of it is as before. */
    void release() {
        if (!lentByJava.isEmpty()) {
            lentByJava.forEach(Runnable::run);
            lentByJava.clear();
        }
        if (!lentToJava.isEmpty()) {
            lentToJava.forEach(GuestResource::leave);
            lentToJava.clear();
        }
        lent.clear();
    }
}
