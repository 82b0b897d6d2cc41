package kiln.runtime.component;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import kiln.artifact.Printable;
import kiln.artifact.api.TrapCode;
import kiln.artifact.component.ComponentPlan;
import kiln.artifact.component.FunctionType;
import kiln.artifact.component.InterfaceType;
import kiln.artifact.component.TypeKind;
import kiln.runtime.CompiledModule;
import kiln.runtime.Extern;
import kiln.runtime.Func;
import kiln.runtime.Instance;
import kiln.runtime.Memory;
import kiln.runtime.Store;
import kiln.runtime.ThrownException;
import kiln.runtime.TrapException;
import kiln.runtime.internal.ComponentAccess;
import kiln.runtime.internal.ComponentBuiltins;

/**
 * A component that was linked with its imports. One call at a time is inside of it: a host function that calls back
 * gets a trap. After a trap, or anything else that was thrown through it, nobody can enter it again, since what it was
 * doing is half done; a new instance is cheap. It lasts as long as its store.
 */
public final class ComponentInstance {
    private final Store store;
    private final Component component;
    private final ComponentPlan plan;
    private final ComponentLinker.HostResource[] definitions;
    private final HostResources[] objects;
    private final List<Instance> instances = new ArrayList<>();
    private final Func[] canons;
    private final Map<String, ComponentPlan.Item> functions;
    private final Map<String, ComponentFunc> funcs = new HashMap<>();
    private final Map<String, ComponentPlan.Item> modules;
    private final ComponentHostFunction[] imports;
    private final CompiledModule[] importedModules;
    private final Values values;
    /** Null until module 0's context is there. */
    private HandleTables tables;
    /** What the call is called that is inside. */
    private String running = "";
    /** What made it unusable, or null. */
    private Throwable failure;

    /**
     * @param imports by number; null where nobody calls the function
     * @param definitions by resource's number; null for those that the component defines
     * @param importedModules by number; null where nobody uses the module
     */
    ComponentInstance(
            Store store,
            Component component,
            ComponentHostFunction[] imports,
            ComponentLinker.HostResource[] definitions,
            CompiledModule[] importedModules) {
        this.store = store;
        this.component = component;
        this.plan = component.plan();
        this.functions = component.functionItems();
        this.modules = component.moduleItems();
        this.imports = imports;
        this.definitions = definitions;
        this.importedModules = importedModules;
        this.canons = new Func[plan.canons().size()];
        this.objects = new HostResources[plan.resources().size()];
        for (int r = 0; r < objects.length; r++) {
            objects[r] = plan.resources().get(r).component() < 0 ? new HostResources() : null;
        }
        this.values = new Values(this::problem);
    }

    // ---- what embedders see

    /** Where it lives. */
    public Store store() {
        return store;
    }

    /** What it is an instance of. */
    public Component component() {
        return component;
    }

    /** Whether the instance exports a function that {@link #func} would find. */
    public boolean hasFunc(String path) {
        return resolve(path, functions).size() == 1;
    }

    /**
     * An exported function.
     *
     * @param path {@code name}, or {@code interface#name}; another compatible version of the interface does, and
     *     without a version, any
     * @throws NoSuchElementException if there is none, or several interfaces are meant
     */
    public ComponentFunc func(String path) {
        List<String> found = resolve(path, functions);
        if (found.size() != 1) {
            throw new NoSuchElementException(
                    component + (found.isEmpty() ? " has no function \"" : " has several of \"") + Printable.name(path)
                            + "\"; it has [" + Printable.names(functions.keySet()) + "]");
        }
        return funcs.computeIfAbsent(found.getFirst(), name -> new ComponentFunc(this, name, functions.get(name)));
    }

    /**
     * An exported core module, which any {@link kiln.runtime.Linker} of the engine can instantiate. It lasts as long as
     * the component: what was exported out of the component itself is closed with it.
     *
     * @param path as in {@link #func}
     * @throws NoSuchElementException if there is none, or several interfaces are meant
     */
    public CompiledModule module(String path) {
        List<String> found = resolve(path, modules);
        if (found.size() != 1) {
            throw new NoSuchElementException(component
                    + (found.isEmpty() ? " has no core module \"" : " has several of \"") + Printable.name(path)
                    + "\"; it has [" + Printable.names(modules.keySet()) + "]");
        }
        return modules.get(found.getFirst()) instanceof ComponentPlan.ModuleItem m
                ? ComponentAccess.get().exportedModule(component.module(), plan.exported(m))
                : importedModules[((ComponentPlan.ImportedModuleItem) modules.get(found.getFirst())).module()];
    }

    private static List<String> resolve(String path, Map<String, ComponentPlan.Item> exports) {
        if (exports.containsKey(path)) {
            return List.of(path);
        }
        int hash = path.lastIndexOf('#');
        if (hash < 0) {
            return List.of();
        }
        String name = path.substring(hash);
        List<String> interfaces = new ArrayList<>();
        for (String f : exports.keySet()) {
            if (f.endsWith(name) && f.lastIndexOf('#') == f.length() - name.length()) {
                interfaces.add(f.substring(0, f.length() - name.length()));
            }
        }
        return InterfaceNames.candidates(path.substring(0, hash), interfaces).stream()
                .map(i -> i + name)
                .toList();
    }

    /**
     * An object whose methods are the functions of an exported interface. Names in kebab case are in camel case in
     * Java, or {@link Wit} says them; types are as {@linkplain kiln.runtime.component the package} says for declared
     * ones. Functions without a method are no difference.
     *
     * @param interfaceName as in {@link #func}; "" for the functions that the component exports by themselves
     * @param type an interface of Java
     * @throws IllegalArgumentException if the types differ; the message lists all differences
     */
    public <T> T bind(String interfaceName, Class<T> type) {
        return TypedExports.bind(this, Objects.requireNonNull(interfaceName, "interfaceName"), type);
    }

    /** The functions of an interface, by whole names; {@code prefix} is the interface's name with a hash, or "". */
    List<String> functionsOf(String prefix) {
        if (prefix.isEmpty()) {
            return functions.keySet().stream().filter(f -> f.indexOf('#') < 0).toList();
        }
        String wanted = prefix.substring(0, prefix.length() - 1);
        List<String> interfaces = functions.keySet().stream()
                .filter(f -> f.indexOf('#') >= 0)
                .map(f -> f.substring(0, f.lastIndexOf('#')))
                .distinct()
                .toList();
        List<String> found = InterfaceNames.candidates(wanted, interfaces);
        return functions.keySet().stream()
                .filter(f -> found.size() == 1
                        && f.lastIndexOf('#') == found.getFirst().length()
                        && f.startsWith(found.getFirst()))
                .toList();
    }

    @Override
    public String toString() {
        return "instance of " + component;
    }

    // ---- parts

    ComponentPlan plan() {
        return plan;
    }

    /** The functions that it exports, by whole names. */
    List<String> functionNames() {
        return List.copyOf(functions.keySet());
    }

    /** The core modules that it exports, by whole names. */
    List<String> moduleNames() {
        return List.copyOf(modules.keySet());
    }

    /** What a type of its component means here. */
    Signature signature(FunctionType type) {
        return new Signature(type, component::resourceName, this::identity);
    }

    /** Equal objects for the same resource: of the instance that defines it, or as the linker said. */
    Object identity(int resource) {
        if (plan.resources().get(resource).component() >= 0) {
            return new Identity(this, resource);
        }
        return definitions[resource] == null ? null : definitions[resource].identity();
    }

    /** A resource of an instance's. */
    private record Identity(ComponentInstance instance, int resource) {}

    HandleTables tables() {
        return tables;
    }

    Values values() {
        return values;
    }

    HostResources objects(int resource) {
        return objects[resource];
    }

    /**
     * The function for an import.
     *
     * @throws TrapException if there is none: it is only exported again
     */
    ComponentHostFunction imported(int number) {
        if (imports[number] == null) {
            throw new TrapException(
                    TrapCode.UNREACHABLE,
                    "call of the unknown import "
                            + Printable.name(
                                    String.join("#", plan.imports().get(number).path())));
        }
        return imports[number];
    }

    /** What is told while the core instances are made. */
    ComponentAccess.Maker maker() {
        return new ComponentAccess.Maker() {
            @Override
            public void complete(int module, List<Extern> given) {
                if (module > 0 && plan.instances().get(module - 1).isOfImport()) {
                    ComponentPlan.CoreInstance i = plan.instances().get(module - 1);
                    ComponentAccess.get()
                            .instantiateImported(
                                    store,
                                    importedModules[i.module()],
                                    component.module(),
                                    module,
                                    given,
                                    i.imports().size());
                }
            }

            @Override
            public void made(Instance instance) {
                add(instance);
            }
        };
    }

    /** An instance of a module was made, the one of the component itself first. */
    private void add(Instance instance) {
        if (tables == null) {
            tables = new HandleTables(store, plan, ComponentAccess.get().context(instance));
            tables.setEntered(true);
            running = "its instantiation";
            ComponentAccess.get().setBuiltins(instance, new Builtins());
        } else {
            instances.add(instance);
        }
    }

    private final class Builtins implements ComponentBuiltins {
        @Override
        public int addHandle(int inComponent, int resource, int rep, int kind) {
            return tables.add(inComponent, resource - 1, rep, kind);
        }

        @Override
        public void failHandle(int inComponent, int handle, int resource) {
            throw tables.failure(inComponent, handle, resource - 1);
        }

        @Override
        public void dropped(int resource, int rep) {
            dropObject(resource, rep);
        }
    }

    /** The function that something of core WebAssembly is; null for null. */
    Func func(ComponentPlan.CoreItem item) {
        return switch (item) {
            case null -> null;
            case ComponentPlan.CoreExport e -> instances.get(e.instance()).func(e.name());
            case ComponentPlan.CanonItem c -> canon(c.canon());
        };
    }

    /** The function of Java's that a canonical definition makes. */
    Func canon(int number) {
        if (canons[number] == null) {
            canons[number] = CanonFunctions.make(this, plan.canons().get(number));
        }
        return canons[number];
    }

    /** Memory and realloc of one side of a call. */
    GuestMemory memory(int inComponent, ComponentPlan.Options options) {
        Memory memory = options.memory() instanceof ComponentPlan.CoreExport e
                ? instances.get(e.instance()).memory(e.name())
                : null;
        Func realloc = func(options.realloc());
        if (realloc == null) {
            return new GuestMemory(memory, null);
        }
        return new GuestMemory(memory, (old, oldBytes, alignment, bytes) -> {
            tables.setMayLeave(inComponent, false);
            int result;
            try {
                result = ComponentAccess.get().call(realloc, old, oldBytes, alignment, bytes);
            } catch (ThrownException e) {
                throw thrownOut(e);
            }
            tables.setMayLeave(inComponent, true);
            return result;
        });
    }

    /** Calls a core function; an exception of WebAssembly's that leaves it is a trap. */
    static long[] call(Func f, long... cells) {
        long[] results = new long[f.type().results().size()];
        try {
            f.callRaw(cells, results);
        } catch (ThrownException e) {
            throw thrownOut(e);
        }
        return results;
    }

    /** As {@link #call}, with arguments and then results in room that was taken. */
    static void enter(Func f, long area) {
        try {
            ComponentAccess.get().enter(f, area);
        } catch (ThrownException e) {
            throw thrownOut(e);
        }
    }

    private static TrapException thrownOut(ThrownException e) {
        TrapException trap = GuestMemory.trap(TrapCode.THROWN_OUT_OF_COMPONENT);
        trap.initCause(e);
        return trap;
    }

    /** Calls what is to run when a value was read that lies in memory; null if there is nothing. */
    void postReturn(int inComponent, ComponentPlan.CoreItem function, long[] results) {
        if (function != null) {
            tables.setMayLeave(inComponent, false);
            call(func(function), results);
            tables.setMayLeave(inComponent, true);
        }
    }

    // ---- entering and leaving

    /**
     * A call from outside begins.
     *
     * @throws TrapException if another one is inside, or one has failed
     */
    void enter(String call) {
        if (failure != null) {
            TrapException t = new TrapException(
                    TrapCode.CANNOT_ENTER_COMPONENT,
                    TrapCode.CANNOT_ENTER_COMPONENT.message() + ": an earlier call did not end as it should");
            t.initCause(failure);
            throw t;
        }
        if (tables.isEntered()) {
            throw new TrapException(
                    TrapCode.CANNOT_ENTER_COMPONENT,
                    TrapCode.CANNOT_ENTER_COMPONENT.message() + ": " + Printable.name(running) + " is inside");
        }
        tables.setEntered(true);
        running = call;
    }

    /** The call has ended as it should. */
    void leave() {
        tables.setEntered(false);
    }

    /** The call did not: nobody enters again. */
    void fail(Throwable t) {
        failure = t;
    }

    // ---- resources

    /** Why a value is none of a resource type; null if it is one. */
    private String problem(InterfaceType type, Object value) {
        int resource = type.resource();
        boolean own = type.kind() == TypeKind.OWN;
        if (plan.resources().get(resource).component() >= 0) {
            return value instanceof GuestResource r
                    ? r.problem(this, resource, own)
                    : "a resource of the component is a GuestResource, not " + Values.name(value);
        }
        Class<?> wanted = definitions[resource] == null ? Object.class : definitions[resource].type();
        return wanted.isInstance(value)
                ? null
                : "the resource "
                        + Printable.name(
                                String.join("#", plan.resources().get(resource).path())) + " is a " + wanted.getName()
                        + ", not " + Values.name(value);
    }

    boolean fits(InterfaceType type, Object value) {
        return problem(type, value) == null;
    }

    /** A value may be given away twice in one call, which only its use shows. */
    void requireUsable(InterfaceType type, Object value) {
        String problem = problem(type, value);
        if (problem != null) {
            throw new IllegalArgumentException(problem);
        }
    }

    /** The last handle that owned a resource was dropped: runs its destructor. */
    void dropped(int resource, int rep) {
        ComponentPlan.Resource r = plan.resources().get(resource);
        if (r.component() < 0) {
            dropObject(resource, rep);
        } else if (r.destructor() != null) {
            call(func(r.destructor()), Integer.toUnsignedLong(rep));
        }
    }

    private void dropObject(int resource, int rep) {
        Object object = objects[resource].get(rep);
        if (objects[resource].release(rep) && definitions[resource] != null) {
            definitions[resource].drop().accept(object);
        }
    }

    /** Java drops a resource of the component's. */
    void destroy(GuestResource r) {
        if (failure != null || ComponentAccess.get().isClosed(store)) {
            r.leave();
            return;
        }
        ComponentAccess.get().begin(store);
        try {
            if (tables.isEntered()) {
                throw new IllegalStateException(
                        "a resource cannot be closed while a call is inside the instance: " + Printable.name(running));
            }
            enter("a destructor");
            r.leave();
            try {
                dropped(r.resource(), r.rep());
            } catch (Throwable t) {
                fail(t);
                throw t;
            }
            leave();
        } finally {
            ComponentAccess.get().end(store);
        }
    }

    /** Whether one instance contains the other, or is the other. */
    boolean related(int a, int b) {
        return isAncestor(a, b) || isAncestor(b, a);
    }

    private boolean isAncestor(int ancestor, int of) {
        for (int c = of; c >= 0; c = plan.parents().get(c)) {
            if (c == ancestor) {
                return true;
            }
        }
        return false;
    }
}
