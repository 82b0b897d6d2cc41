package kiln.runtime.component;

import kiln.artifact.Printable;
import kiln.artifact.component.ComponentPlan;
import kiln.loader.Native;
import kiln.runtime.Func;
import kiln.runtime.internal.ComponentAccess;

/**
 * An exported function as generated code calls it: what {@link ComponentFunc#invoke} does around the conversion of
 * values. Arguments and results lie in room of the store's argument area that is taken for the whole call.
 */
final class BoundExport {
    private static final ComponentAccess ACCESS = ComponentAccess.get();

    private final ComponentInstance instance;
    private final InterfaceShape.Call call;
    private final CallShape shape;
    private final int component;
    private final HandleTables tables;
    private final GuestMemory memory;
    private final Func core;
    /** Null if there is none. */
    private final Func postReturn;

    private final CallScope scope;
    private final int bytes;
    /** Read by generated code. */
    final Lifting in;
    /** Read by generated code. */
    final Lowering out;

    BoundExport(Binding binding, InterfaceShape.Call call) {
        this.instance = binding.instance();
        this.call = call;
        ComponentPlan.Lift lift = instance.func(call.function()).lift();
        this.shape = new CallShape(call.type());
        this.component = lift.component();
        this.tables = instance.tables();
        this.memory = instance.memory(component, lift.options());
        this.core = instance.func(lift.function());
        this.postReturn = instance.func(lift.options().postReturn());
        this.scope = new CallScope(instance, component, false);
        this.bytes = 16 * Math.max(1, core.type().params().size());
        this.in = new Lifting(memory, lift.options().encoding(), scope, false, binding);
        this.out = new Lowering(memory, lift.options().encoding(), scope);
    }

    /** The call begins: the address of the argument area. */
    long begin() {
        long area = ACCESS.begin(instance.store(), bytes);
        try {
            instance.enter(call.function());
        } catch (Throwable t) {
            end();
            throw t;
        }
        in.begin();
        return area;
    }

    /** Makes room for the parameters in memory: the native address. */
    long spill(long area) {
        int address = memory.allocate(shape.tuple().alignment(), shape.tuple().bytes());
        Lowering.cell(area, address);
        return memory.at(address);
    }

    /** Runs the function, with core values in the area. */
    void run(long area) {
        ComponentInstance.enter(core, area);
    }

    /** The native address of a result in memory. */
    long returned(long area) {
        return in.start(call.type().result().layout(), Native.getInt(area));
    }

    /** The result was read. */
    void finish(long area) {
        tables.requireNoBorrows(component);
        if (postReturn != null) {
            tables.setMayLeave(component, false);
            ComponentInstance.enter(postReturn, area);
            tables.setMayLeave(component, true);
        }
        scope.end();
        instance.leave();
    }

    /** Gives the area back. */
    void end() {
        ACCESS.end(instance.store(), bytes);
    }

    /** The call did not end as it should; returns nothing but throws {@code t}. */
    RuntimeException failed(Throwable t) {
        scope.release();
        instance.fail(t);
        end();
        throw Calls.<RuntimeException>sneak(t);
    }

    /** What is wrong with the arguments; nothing was called yet. */
    RuntimeException mismatch(Object self, Object[] java) {
        Object[] args = call.generic((GuestResource) self, java);
        instance.values().checkArguments(Printable.name(call.function()), call.type(), args);
        if (call.method() == null) {
            return GenericExport.UnusualException.INSTANCE;
        }
        return new IllegalArgumentException(
                Printable.name(call.function()) + ": an argument changed while it was looked at");
    }
}
