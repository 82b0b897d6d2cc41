package kiln.runtime.component;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import kiln.runtime.Engine;
import kiln.runtime.LinkException;
import kiln.runtime.Store;
import kiln.runtime.TrapException;

/**
 * What components import: functions and resources of the host. Names are those of WIT; an interface may carry a
 * version, and then serves every component that imports a compatible one: the same major version, or the same minor
 * version if the major one is 0. Defined once, it serves every store. One thread defines; after that, several may
 * instantiate at once.
 */
public final class ComponentLinker {
    private record Name(String interfaceName, String name) {
        Name {
            Objects.requireNonNull(interfaceName, "interfaceName");
            Objects.requireNonNull(name, "name");
        }
    }

    /** A resource of the host's. */
    record HostResource(Class<?> type, Consumer<Object> drop) {}

    private final Engine engine;
    private final Map<Name, ComponentHostFunction> functions = new HashMap<>();
    private final Map<Name, HostResource> resources = new HashMap<>();
    /** By the name of the interface. */
    private final Map<String, TypedImports> typed = new HashMap<>();

    public ComponentLinker(Engine engine) {
        this.engine = Objects.requireNonNull(engine, "engine");
    }

    /** The engine of the stores it links in. */
    public Engine engine() {
        return engine;
    }

    /**
     * Defines a function; replaces what had the name before.
     *
     * @param interfaceName for example {@code wasi:io/streams@0.2.6}; "" for a function that components import by
     *     itself
     * @param name as WIT's: {@code read}, {@code [method]input-stream.read}, {@code [static]a.b},
     *     {@code [constructor]a}
     */
    public ComponentLinker func(String interfaceName, String name, ComponentHostFunction function) {
        functions.put(new Name(interfaceName, name), Objects.requireNonNull(function, "function"));
        return this;
    }

    /**
     * Defines a resource whose values are objects of Java; replaces what had the name before. An object is the same
     * resource whenever and wherever it is passed.
     *
     * @param type of which the objects are
     * @param drop is called when WebAssembly drops the last handle that owns the object; not for what is left when a
     *     store is closed
     */
    public ComponentLinker resource(String interfaceName, String name, Class<?> type, Consumer<Object> drop) {
        resources.put(
                new Name(interfaceName, name),
                new HostResource(Objects.requireNonNull(type, "type"), Objects.requireNonNull(drop, "drop")));
        return this;
    }

    /**
     * Makes an instance in {@code store} and runs the start functions of its modules.
     *
     * @throws IllegalArgumentException if the store or the component belongs to another engine than the linker
     * @throws IllegalStateException if the store or the component is closed, or another thread owns the store
     * @throws OutOfMemoryError if there is no memory or address space left
     * @throws LinkException if something is missing that the component uses, or a limit of the store does not allow it;
     *     it lists everything
     * @throws TrapException if an active segment does not fit or a start function traps
     */
    public ComponentInstance instantiate(Store store, Component component) {
        if (store.engine() != engine || component.engine() != engine) {
            throw new IllegalArgumentException("the store, the component and the linker belong to different engines");
        }
        return Assembly.run(store, component, this);
    }

    /**
     * Defines an interface by an object that implements it in Java. Names in kebab case are in camel case in Java, or
     * {@link Wit} says them: {@code [constructor]a-b} is {@code newAB}, {@code [static]a.b} is {@code aB}, and a method
     * of a resource is one of the interface of the resource's name that is a member of {@code type}; objects that are
     * {@link AutoCloseable} are closed when their last owner drops them. Types are as
     * {@linkplain kiln.runtime.component the package} says for declared ones. What {@link #func} defines comes first.
     * Whether everything fits is seen when a component is instantiated.
     *
     * @param type an interface of Java
     */
    public <T> ComponentLinker with(String interfaceName, Class<T> type, T implementation) {
        if (!type.isInterface()) {
            throw new IllegalArgumentException(type.getName() + " is no interface");
        }
        typed.put(
                Objects.requireNonNull(interfaceName, "interfaceName"),
                new TypedImports(type, Objects.requireNonNull(implementation, "implementation")));
        return this;
    }

    /** The object that implements the interface of an import, or null. */
    TypedImports typed(List<String> path) {
        return typed.get(newest(interfaceOf(path), typed.keySet()));
    }

    /** The function for an import, or null. */
    ComponentHostFunction function(List<String> path) {
        return find(path, functions);
    }

    /** The resource for an import, or null. */
    HostResource resource(List<String> path) {
        HostResource defined = find(path, resources);
        TypedImports t = defined == null ? typed(path) : null;
        Class<?> type = t == null ? null : t.resource(path.getLast());
        return type == null ? defined : new HostResource(type, TypedImports::drop);
    }

    private static <T> T find(List<String> path, Map<Name, T> definitions) {
        String interfaceName = interfaceOf(path);
        String name = path.getLast();
        List<String> interfaces = definitions.keySet().stream()
                .filter(n -> n.name.equals(name))
                .map(Name::interfaceName)
                .toList();
        return definitions.get(new Name(newest(interfaceName, interfaces), name));
    }

    /** Of several compatible interfaces the newest, which has what the older ones have; the name itself if none is. */
    private static String newest(String interfaceName, Collection<String> interfaces) {
        return interfaceName.indexOf('@') < 0
                ? interfaceName
                : InterfaceNames.candidates(interfaceName, interfaces).stream()
                        .max(InterfaceNames.BY_VERSION)
                        .orElse(interfaceName);
    }

    /** The name of the interface in a path of names; "" for something that is imported by itself. */
    static String interfaceOf(List<String> path) {
        return String.join("#", path.subList(0, path.size() - 1));
    }
}
