package kiln.runtime.component;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import kiln.artifact.Printable;
import kiln.artifact.component.ComponentPlan;
import kiln.artifact.component.FunctionType;
import kiln.artifact.component.InterfaceType;

/** Objects of Java's interfaces whose methods are functions of a component's instance. */
final class TypedExports {
    private final ComponentInstance instance;
    private final List<String> differences = new ArrayList<>();
    private final Conversions conversions = new Conversions(this::resource, differences);
    /** By the interface that stands for a resource. */
    private final Map<Class<?>, Map<Method, Call>> resources = new HashMap<>();

    private TypedExports(ComponentInstance instance) {
        this.instance = instance;
    }

    /** @throws IllegalArgumentException if the interface does not fit; the message lists all differences */
    static <T> T bind(ComponentInstance instance, String interfaceName, Class<T> type) {
        if (!type.isInterface()) {
            throw new IllegalArgumentException(type.getName() + " is no interface");
        }
        TypedExports exports = new TypedExports(instance);
        Map<Method, Call> calls = exports.calls(type, interfaceName, null);
        if (!exports.differences.isEmpty()) {
            throw new IllegalArgumentException(type.getName() + " does not fit "
                    + Printable.name(interfaceName.isEmpty() ? "the component" : interfaceName) + ": "
                    + Printable.join("; ", exports.differences));
        }
        return type.cast(proxy(type, new Handler(instance + " as " + type.getName(), null, calls)));
    }

    private static Object proxy(Class<?> type, Handler handler) {
        return Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler);
    }

    /** A method as a function. */
    private record Call(ComponentFunc function, Conversion[] params, Conversion result) {
        Object invoke(Object self, Object[] java) {
            int skipped = self == null ? 0 : 1;
            Object[] args = new Object[params.length + skipped];
            if (self != null) {
                args[0] = self;
            }
            for (int i = 0; i < params.length; i++) {
                args[i + skipped] = params[i].toGeneric(java[i]);
            }
            return result.toJava(function.invoke(args));
        }
    }

    /**
     * What the methods of an interface call.
     *
     * @param resource if it stands for one, its name, else null
     */
    private Map<Method, Call> calls(Class<?> type, String interfaceName, String resource) {
        Map<Method, Call> calls = new HashMap<>();
        if (resource != null) {
            // A method may have the resource itself in its type.
            resources.put(type, calls);
        }
        String prefix = interfaceName.isEmpty() ? "" : interfaceName + "#";
        for (Method m : type.getMethods()) {
            boolean ours = Modifier.isAbstract(m.getModifiers())
                    && !(m.getName().equals("close") && m.getParameterCount() == 0 && resource != null);
            if (ours) {
                Call c = call(m, prefix, resource);
                if (c != null) {
                    calls.put(m, c);
                }
            }
        }
        return calls;
    }

    private Call call(Method m, String prefix, String resource) {
        String where = m.getDeclaringClass().getSimpleName() + "." + m.getName();
        ComponentFunc f = find(m, prefix, resource);
        if (f == null) {
            differences.add(where + ": the component exports no function of that name");
            return null;
        }
        FunctionType type = f.type();
        int skipped = resource == null ? 0 : 1;
        if (type.params().size() - skipped != m.getParameterCount()) {
            differences.add(where + ": the function has " + (type.params().size() - skipped) + " parameters, not "
                    + m.getParameterCount());
            return null;
        }
        Conversion[] params = new Conversion[m.getParameterCount()];
        for (int i = 0; i < params.length; i++) {
            params[i] = conversions.of(
                    type.params().get(i + skipped),
                    m.getGenericParameterTypes()[i],
                    where + " parameter " + type.names().get(i + skipped));
        }
        return new Call(f, params, conversions.returned(type.result(), m, where));
    }

    private ComponentFunc find(Method m, String prefix, String resource) {
        for (String path : instance.functionsOf(prefix)) {
            FunctionName name = FunctionName.of(path.substring(path.lastIndexOf('#') + 1));
            boolean method = name.kind() == FunctionName.Kind.METHOD;
            boolean here =
                    resource == null ? !method : method && name.resource().equals(resource);
            if (here && JavaNames.matches(m, m.getName(), name.java(), name.name())) {
                return instance.func(path);
            }
        }
        return null;
    }

    // ---- resources

    private Conversion resource(InterfaceType t, Class<?> java, String where) {
        if (instance.plan().resources().get(t.resource()).component() < 0
                || java == GuestResource.class
                || java == Object.class) {
            return Conversion.SAME;
        }
        if (!java.isInterface()) {
            differences.add(
                    where + ": a resource of the component is an interface or a GuestResource, not " + java.getName());
            return Conversion.SAME;
        }
        if (!resources.containsKey(java)) {
            String path = pathOf(t.resource(), "", instance.plan().exports());
            if (path == null) {
                differences.add(where + ": the component does not export the resource, which is a GuestResource only");
                return Conversion.SAME;
            }
            int hash = path.lastIndexOf('#');
            calls(java, hash < 0 ? "" : path.substring(0, hash), path.substring(hash + 1));
        }
        Map<Method, Call> calls = resources.get(java);
        return new Conversion() {
            @Override
            public Object toJava(Object generic) {
                return proxy(java, new Handler(generic.toString(), (GuestResource) generic, calls));
            }

            @Override
            public Object toGeneric(Object value) {
                return value != null
                                && Proxy.isProxyClass(value.getClass())
                                && Proxy.getInvocationHandler(value) instanceof Handler h
                        ? h.resource
                        : value;
            }
        };
    }

    /** Under which names a resource is exported, or null. */
    private static String pathOf(int resource, String prefix, Map<String, ComponentPlan.Item> items) {
        for (Map.Entry<String, ComponentPlan.Item> e : items.entrySet()) {
            String found = switch (e.getValue()) {
                case ComponentPlan.ResourceItem r when r.resource() == resource -> prefix + e.getKey();
                case ComponentPlan.InstanceItem i -> pathOf(resource, prefix + e.getKey() + "#", i.exports());
                default -> null;
            };
            if (found != null) {
                return found;
            }
        }
        return null;
    }

    /** What the methods of one object do. */
    private record Handler(String description, GuestResource resource, Map<Method, Call> calls)
            implements InvocationHandler {
        @Override
        public Object invoke(Object proxy, Method method, Object[] args) throws Throwable {
            Call c = calls.get(method);
            if (c != null) {
                return c.invoke(resource, args == null ? new Object[0] : args);
            }
            if (method.isDefault()) {
                return InvocationHandler.invokeDefault(proxy, method, args);
            }
            return switch (method.getName()) {
                case "equals" -> proxy == args[0];
                case "hashCode" -> System.identityHashCode(proxy);
                case "toString" -> description;
                default -> {
                    resource.close();
                    yield null;
                }
            };
        }
    }
}
