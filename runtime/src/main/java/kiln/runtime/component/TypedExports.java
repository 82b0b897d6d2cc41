package kiln.runtime.component;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import kiln.artifact.Printable;
import kiln.artifact.component.ComponentPlan;
import kiln.artifact.component.FunctionType;
import kiln.artifact.component.InterfaceType;

/** An interface of Java for functions that a component exports, found once for all instances. */
final class TypedExports {
    private final List<String> differences = new ArrayList<>();
    private final Conversions conversions = new Conversions(this::resource, differences);
    /** By the interface that stands for a resource. */
    private final Map<Class<?>, InterfaceShape> resources = new HashMap<>();
    /** Names of functions are the same in all. Null when everything was found. */
    private ComponentInstance instance;

    private int count;
    private final InterfaceShape shape;

    /** @throws IllegalArgumentException if the interface does not fit; the message lists all differences */
    private TypedExports(ComponentInstance any, String interfaceName, Class<?> type) {
        instance = any;
        shape = new InterfaceShape(type, false);
        findCalls(shape, interfaceName, null);
        instance = null;
        if (!differences.isEmpty()) {
            throw new IllegalArgumentException(type.getName() + " does not fit "
                    + Printable.name(interfaceName.isEmpty() ? "the component" : interfaceName) + ": "
                    + Printable.join("; ", differences));
        }
    }

    /** @throws IllegalArgumentException if the interface does not fit; the message lists all differences */
    static <T> T bind(ComponentInstance instance, String interfaceName, Class<T> type) {
        if (!type.isInterface()) {
            throw new IllegalArgumentException(type.getName() + " is no interface");
        }
        TypedExports exports = instance.component()
                .declared()
                .exports(interfaceName, type, () -> new TypedExports(instance, interfaceName, type));
        Binding binding = new Binding(instance, exports.count, instance + " as " + type.getName());
        return type.cast(exports.shape.object(binding, null));
    }

    /** @param resource if the interface stands for one, its name, else null */
    private void findCalls(InterfaceShape in, String interfaceName, String resource) {
        String prefix = interfaceName.isEmpty() ? "" : interfaceName + "#";
        for (Method m : in.type().getMethods()) {
            if (Modifier.isAbstract(m.getModifiers()) && !(resource != null && isClose(m))) {
                InterfaceShape.Call c = call(m, prefix, resource);
                if (c != null) {
                    in.calls().put(m, c);
                }
            }
        }
    }

    static boolean isClose(Method m) {
        return m.getName().equals("close") && m.getParameterCount() == 0;
    }

    private InterfaceShape.Call call(Method m, String prefix, String resource) {
        String where = m.getDeclaringClass().getSimpleName() + "." + m.getName();
        String path = find(m, prefix, resource);
        if (path == null) {
            differences.add(where + ": the component exports no function of that name");
            return null;
        }
        ComponentFunc function = instance.func(path);
        FunctionType type = function.type();
        int skipped = resource == null ? 0 : 1;
        if (type.params().size() - skipped != m.getParameterCount()) {
            differences.add(where + ": the function has " + (type.params().size() - skipped) + " parameters, not "
                    + m.getParameterCount());
            return null;
        }
        int number = count++;
        Conversion[] params = new Conversion[m.getParameterCount()];
        for (int i = 0; i < params.length; i++) {
            params[i] = conversions.of(
                    type.params().get(i + skipped),
                    m.getGenericParameterTypes()[i],
                    where + " parameter " + type.names().get(i + skipped));
        }
        Conversion result = conversions.returned(type.result(), m, where);
        return new InterfaceShape.Call(
                number, m, path, type, function.lift() != null, resource != null, params, result);
    }

    /** The whole name of the function for a method, or null. */
    private String find(Method m, String prefix, String resource) {
        for (String path : instance.functionsOf(prefix)) {
            FunctionName name = FunctionName.of(path.substring(path.lastIndexOf('#') + 1));
            boolean method = name.kind() == FunctionName.Kind.METHOD;
            boolean here =
                    resource == null ? !method : method && name.resource().equals(resource);
            if (here && JavaNames.matches(m, m.getName(), name.java(), name.name())) {
                return path;
            }
        }
        return null;
    }

    // ---- resources

    private Conversion resource(InterfaceType t, Class<?> java, String where) {
        ComponentPlan plan = instance.plan();
        Conversion same = new Conversion.Same(t, Object.class);
        if (plan.resources().get(t.resource()).component() < 0 || java == GuestResource.class || java == Object.class) {
            return same;
        }
        if (!java.isInterface()) {
            differences.add(
                    where + ": a resource of the component is an interface or a GuestResource, not " + java.getName());
            return same;
        }
        InterfaceShape found = resources.get(java);
        if (found == null) {
            String path = pathOf(t.resource());
            if (path == null) {
                differences.add(where + ": the component does not export the resource, which is a GuestResource only");
                return same;
            }
            int hash = path.lastIndexOf('#');
            found = new InterfaceShape(java, true);
            // A method may have the resource itself in its type.
            resources.put(java, found);
            findCalls(found, hash < 0 ? "" : path.substring(0, hash), path.substring(hash + 1));
        }
        return new Conversion.Resource(t, found);
    }

    /** Under which names a resource is exported, or null. */
    private String pathOf(int resource) {
        for (Map.Entry<String, Integer> e : instance.component().resourceItems().entrySet()) {
            if (e.getValue() == resource) {
                return e.getKey();
            }
        }
        return null;
    }
}
