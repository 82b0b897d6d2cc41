package kiln.runtime.component;

import java.lang.invoke.MethodHandle;
import java.lang.reflect.Method;
import java.util.LinkedHashMap;
import java.util.Map;
import kiln.artifact.component.FunctionType;

/**
 * An interface of Java whose methods are functions of a component, or methods of a resource of it. The same for all
 * instances of the component.
 */
final class InterfaceShape {
    /**
     * A method as a function.
     *
     * @param number among all methods of the interface that was bound, and of its resources
     * @param method null if the function is called with generic values
     * @param function the function's name with its interface's
     * @param lifted whether it is the component's own, not one that it imports and exports again
     * @param ofResource whether the resource is the function's first parameter
     * @param params of the method's parameters
     */
    record Call(
            int number,
            Method method,
            String function,
            FunctionType type,
            boolean lifted,
            boolean ofResource,
            Conversion[] params,
            Conversion result) {
        /** Calls it by way of generic values. */
        Object interpret(Binding binding, GuestResource self, Object[] java) {
            Object[] args = generic(self, java);
            return result.toJava(binding.instance().func(function).invoke(args), binding);
        }

        /** The arguments as generic values. */
        Object[] generic(GuestResource self, Object[] java) {
            int skipped = ofResource ? 1 : 0;
            Object[] args = new Object[params.length + skipped];
            if (ofResource) {
                args[0] = self;
            }
            for (int i = 0; i < params.length; i++) {
                args[i + skipped] = params[i].toGeneric(java[i]);
            }
            return args;
        }
    }

    private final Class<?> type;
    private final boolean isResource;
    private final Map<Method, Call> calls = new LinkedHashMap<>();
    /** Null as long as nobody has asked for it. */
    private Facade facade;

    InterfaceShape(Class<?> type, boolean isResource) {
        this.type = type;
        this.isResource = isResource;
    }

    Class<?> type() {
        return type;
    }

    /** Whether its objects are resources, which can be closed. */
    boolean isResource() {
        return isResource;
    }

    Map<Method, Call> calls() {
        return calls;
    }

    /** An object whose methods are the functions of an instance; {@code resource} is null if it stands for none. */
    Object object(Binding binding, GuestResource resource) {
        if (!binding.isInterpreted()) {
            MethodHandle maker = facade().maker();
            if (maker != null) {
                try {
                    return (Object) maker.invokeExact((Object) binding, (Object) resource);
                } catch (Throwable t) {
                    throw Calls.<RuntimeException>sneak(t);
                }
            }
        }
        return Facade.proxy(this, binding, resource);
    }

    private synchronized Facade facade() {
        if (facade == null) {
            facade = new Facade(this);
        }
        return facade;
    }

    /** The resource behind an object that {@link #object} made; any other value unchanged. */
    Object unwrap(Object value) {
        return value == null ? null : facade().resource(value);
    }
}
