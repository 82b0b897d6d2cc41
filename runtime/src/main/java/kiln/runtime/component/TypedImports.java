package kiln.runtime.component;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.List;
import kiln.artifact.Printable;
import kiln.artifact.component.ComponentPlan;
import kiln.artifact.component.FunctionType;
import kiln.artifact.component.InterfaceType;
import kiln.runtime.Store;

/**
 * An interface of WIT's that an object of Java's implements.
 *
 * @param type the interface of Java that declares it
 */
record TypedImports(Class<?> type, Object implementation) {

    /** The interface for a resource, or null: a member of {@link #type}. */
    Class<?> resource(String name) {
        for (Class<?> c : type.getClasses()) {
            if (JavaNames.matches(c, c.getSimpleName(), JavaNames.pascal(name), name)) {
                return c;
            }
        }
        return null;
    }

    /** A function that one of its methods is. */
    record Function(ImportShape shape, Object implementation) implements ComponentHostFunction {
        @Override
        public Object call(Store store, Object[] args) {
            return shape.interpret(implementation, args);
        }
    }

    /**
     * The function of the host's for a function that a component imports; null with differences noted if it does not
     * fit.
     */
    ComponentHostFunction function(Component component, int imported, List<String> differences) {
        ImportShape shape = component.declared().imported(imported, type, () -> find(component, imported, differences));
        return shape == null ? null : new Function(shape, implementation);
    }

    private ImportShape find(Component component, int imported, List<String> differences) {
        ComponentPlan.ImportedFunc f = component.plan().imports().get(imported);
        String wit = f.path().getLast();
        FunctionType function = f.type();
        List<ComponentPlan.Resource> resources = component.plan().resources();
        FunctionName name = FunctionName.of(wit);
        boolean method = name.kind() == FunctionName.Kind.METHOD;
        Class<?> owner = method ? resource(name.resource()) : type;
        String where = Printable.name(type.getName()) + " for " + Printable.name(wit);
        if (owner == null) {
            differences.add(where + ": there is no interface " + JavaNames.pascal(name.resource()) + " in it");
            return null;
        }
        int skipped = method ? 1 : 0;
        int count = function.params().size() - skipped;
        Method found = find(owner, name, count);
        if (found == null) {
            differences.add(where + ": there is no method " + name.java() + " with " + count + " parameters");
            return null;
        }
        int before = differences.size();
        Conversions conversions =
                new Conversions((t, java, at) -> resource(t, java, at, resources, differences), differences);
        Conversion[] params = new Conversion[count];
        for (int i = 0; i < count; i++) {
            params[i] = conversions.of(
                    function.params().get(i + skipped),
                    found.getGenericParameterTypes()[i],
                    where + " parameter " + function.names().get(i + skipped));
        }
        Conversion result = conversions.returned(function.result(), found, where);
        MethodHandle handle = handle(found, where, differences);
        return differences.size() > before
                ? null
                : new ImportShape(String.join("#", f.path()), function, method, handle, params, result);
    }

    private static Conversion resource(
            InterfaceType t,
            Class<?> java,
            String where,
            List<ComponentPlan.Resource> resources,
            List<String> problems) {
        boolean ofGuest = resources.get(t.resource()).component() >= 0;
        if (java.isPrimitive() || ofGuest && java != GuestResource.class && java != Object.class) {
            problems.add(where + ": a resource of the "
                    + (ofGuest ? "component is a GuestResource" : "host is an object") + ", not " + java.getName());
        }
        return new Conversion.Same(t, Object.class);
    }

    /** The method that stands for a function. */
    static Method find(Class<?> owner, FunctionName name, int parameters) {
        for (Method m : owner.getMethods()) {
            if (!Modifier.isStatic(m.getModifiers())
                    && m.getParameterCount() == parameters
                    && JavaNames.matches(m, m.getName(), name.java(), name.name())) {
                return m;
            }
        }
        return null;
    }

    private static MethodHandle handle(Method m, String where, List<String> differences) {
        try {
            m.setAccessible(true);
            return MethodHandles.lookup().unreflect(m).asFixedArity();
        } catch (IllegalAccessException | RuntimeException e) {
            differences.add(where + ": " + m + " cannot be called: " + e.getMessage());
            return null;
        }
    }

    /** What is done when the last owner of an object drops it. */
    static void drop(Object resource) {
        if (resource instanceof AutoCloseable c) {
            try {
                c.close();
            } catch (Exception e) {
                throw Calls.<RuntimeException>sneak(e);
            }
        }
    }
}
