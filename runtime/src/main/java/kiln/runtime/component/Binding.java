package kiln.runtime.component;

import kiln.runtime.internal.ComponentAccess;

/** An interface of Java, bound to an instance. */
final class Binding implements Conversion.Wrapper {
    private final ComponentInstance instance;
    private final String description;
    private final BoundExport[] functions;
    private final boolean isInterpreted = Marshalling.isInterpreted();

    /**
     * @param count of methods, those of resources counted
     * @param description of the object for the interface itself
     */
    Binding(ComponentInstance instance, int count, String description) {
        this.instance = instance;
        this.functions = new BoundExport[count];
        this.description = description;
    }

    /** Whether values go by way of generic ones. */
    boolean isInterpreted() {
        return isInterpreted;
    }

    ComponentInstance instance() {
        return instance;
    }

    /** What generated code works on when it calls a function. Called by generated code. */
    BoundExport function(InterfaceShape.Call call) {
        BoundExport f = functions[call.number()];
        if (f == null) {
            f = make(call);
            functions[call.number()] = f;
        }
        return f;
    }

    /** By the thread that owns the store, and as a use of it that ends. */
    private BoundExport make(InterfaceShape.Call call) {
        ComponentAccess.get().begin(instance.store());
        try {
            return new BoundExport(this, call);
        } finally {
            ComponentAccess.get().end(instance.store());
        }
    }

    @Override
    public Object wrap(GuestResource resource, InterfaceShape shape) {
        return shape.object(this, resource);
    }

    /** What the object for a resource, or for the interface if it is null, says of itself. */
    String describe(GuestResource resource) {
        return resource == null ? description : resource.toString();
    }
}
