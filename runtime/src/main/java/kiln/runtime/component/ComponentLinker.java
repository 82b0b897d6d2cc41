package kiln.runtime.component;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import kiln.artifact.component.WitTypes;
import kiln.runtime.CompiledModule;
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
    /**
     * A resource of the host's.
     *
     * @param identity equal for definitions of the same resource: the class, or the resource of an instance
     */
    record HostResource(Class<?> type, Consumer<Object> drop, Object identity) {}

    /**
     * A function of the host's.
     *
     * @param signature null if its type is whatever a component imports
     */
    record HostFunc(ComponentHostFunction function, Signature signature) {}

    private final Engine engine;
    /** By name, then by interface. */
    private final Map<String, Map<String, HostFunc>> functions = new HashMap<>();

    private final Map<String, Map<String, HostResource>> resources = new HashMap<>();
    private final Map<String, Map<String, CompiledModule>> modules = new HashMap<>();
    /** By the name of the interface. */
    private final Map<String, TypedImports> typed = new HashMap<>();
    /** Names of interfaces and instances in which something is defined, or that are defined to be empty. */
    private final Set<String> instances = new HashSet<>();
    /** What the component found here that was instantiated last; null when something was defined since. */
    private volatile Assembly.Found found;

    /** Without definitions, for components of this engine. */
    public ComponentLinker(Engine engine) {
        this.engine = Objects.requireNonNull(engine, "engine");
    }

    /** The engine of the stores it links in. */
    public Engine engine() {
        return engine;
    }

    /**
     * Defines a function of any type; replaces what had the name before. What it returns is checked each time.
     *
     * @param interfaceName for example {@code wasi:io/streams@0.2.6}; "" for a function that components import by
     *     itself
     * @param name as WIT's: {@code read}, {@code [method]input-stream.read}, {@code [static]a.b},
     *     {@code [constructor]a}
     */
    public ComponentLinker func(String interfaceName, String name, ComponentHostFunction function) {
        define(interfaceName, name, new HostFunc(Objects.requireNonNull(function, "function"), null));
        return this;
    }

    /**
     * As {@link #func(String, String, ComponentHostFunction)}, with a type: components that import another one are not
     * instantiated.
     *
     * @param type in WIT, with types of values where they are used: {@code func(a: list<u8>) -> record { x: f32, y: f32
     *     }}; other names are resources of the same interface
     * @throws IllegalArgumentException if {@code type} is no type of a function
     */
    public ComponentLinker func(String interfaceName, String name, String type, ComponentHostFunction function) {
        WitTypes.Parsed p = WitTypes.function(type);
        Signature signature = new Signature(p.type(), p.resources()::get, i -> {
            HostResource r = find(List.of(interfaceName, p.resources().get(i)), resources);
            return r == null ? null : r.identity;
        });
        define(interfaceName, name, new HostFunc(Objects.requireNonNull(function, "function"), signature));
        return this;
    }

    private void define(String interfaceName, String name, HostFunc f) {
        put(functions, interfaceName, name, f);
    }

    private <T> void put(Map<String, Map<String, T>> definitions, String interfaceName, String name, T definition) {
        Objects.requireNonNull(name, "name");
        addInstance(Objects.requireNonNull(interfaceName, "interfaceName"));
        definitions.computeIfAbsent(name, _ -> new HashMap<>()).put(interfaceName, definition);
    }

    private void addInstance(String name) {
        found = null;
        for (String n = name; !n.isEmpty() && instances.add(n); ) {
            n = n.substring(0, Math.max(0, n.lastIndexOf('#')));
        }
    }

    /**
     * Defines an instance that components import: all functions, resources and core modules that {@code instance}
     * exports, with their types. Both live in the same store, since resources of the one are values of the other.
     *
     * @param name of the import: what {@code instance} exports under {@code a} is then {@code a} of that, and what it
     *     exports in an interface {@code b} is in {@code name#b}
     */
    public ComponentLinker instance(String name, ComponentInstance instance) {
        addInstance(Objects.requireNonNull(name, "name"));
        instance.functionNames().forEach(path -> {
            ComponentFunc f = instance.func(path);
            ComponentHostFunction call = (_, args) -> f.invoke(args);
            define(within(name, path), last(path), new HostFunc(call, instance.signature(f.type())));
        });
        instance.moduleNames().forEach(path -> module(within(name, path), last(path), instance.module(path)));
        instance.component().resourceItems().forEach((path, number) -> {
            Consumer<Object> drop = r -> ((GuestResource) r).close();
            defineResource(
                    within(name, path),
                    last(path),
                    new HostResource(GuestResource.class, drop, instance.identity(number)));
        });
        return this;
    }

    private static String within(String name, String path) {
        int hash = path.lastIndexOf('#');
        return hash < 0 ? name : name + "#" + path.substring(0, hash);
    }

    private static String last(String path) {
        return path.substring(path.lastIndexOf('#') + 1);
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
        Objects.requireNonNull(type, "type");
        defineResource(interfaceName, name, new HostResource(type, Objects.requireNonNull(drop, "drop"), type));
        return this;
    }

    private void defineResource(String interfaceName, String name, HostResource r) {
        put(resources, interfaceName, name, r);
    }

    /**
     * Defines a core module that components import and instantiate themselves; replaces what had the name before. What
     * it imports and exports is compared with the type that a component declares for it when that is instantiated.
     *
     * @param interfaceName as for {@link #func}
     * @param module which is not to be closed before components are instantiated with it
     * @throws IllegalArgumentException if it belongs to another engine than the linker
     */
    public ComponentLinker module(String interfaceName, String name, CompiledModule module) {
        if (module.engine() != engine) {
            throw new IllegalArgumentException("the module and the linker belong to different engines");
        }
        put(modules, interfaceName, name, module);
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
        addInstance(interfaceName);
        return this;
    }

    /** The object that implements the interface of an import, or null. */
    TypedImports typed(List<String> path) {
        return typed.get(newest(interfaceOf(path), typed.keySet()));
    }

    /** The function for an import, or null. */
    HostFunc function(List<String> path) {
        return find(path, functions);
    }

    /** The core module for an import, or null. */
    CompiledModule module(List<String> path) {
        return find(path, modules);
    }

    /** The resource for an import, or null. */
    HostResource resource(List<String> path) {
        HostResource defined = find(path, resources);
        TypedImports t = defined == null ? typed(path) : null;
        Class<?> type = t == null ? null : t.resource(path.getLast());
        return type == null ? defined : new HostResource(type, TypedImports::drop, type);
    }

    /** Whether anything is defined in an instance of this name, or of another version on the same track. */
    boolean isInstance(String name) {
        return instances.contains(newest(name, instances));
    }

    /** What a component found here that is instantiated again; null if that is not known. */
    Assembly.Found found(Component component) {
        Assembly.Found f = found;
        return f != null && f.component().refersTo(component) ? f : null;
    }

    void found(Assembly.Found f) {
        found = f;
    }

    private static <T> T find(List<String> path, Map<String, Map<String, T>> definitions) {
        String interfaceName = interfaceOf(path);
        Map<String, T> defined = definitions.getOrDefault(path.getLast(), Map.of());
        return defined.get(newest(interfaceName, defined.keySet()));
    }

    /** Of several compatible interfaces the newest, which has what the older ones have; the name itself if none is. */
    private static String newest(String interfaceName, Collection<String> interfaces) {
        return interfaceName.indexOf('@') < 0 || interfaces.contains(interfaceName)
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
