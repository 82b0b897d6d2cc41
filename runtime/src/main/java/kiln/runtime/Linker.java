package kiln.runtime;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import kiln.artifact.Printable;
import kiln.artifact.api.TrapCode;

/**
 * Names for what modules import. Host functions are defined once and serve every store; memories, tables, globals and
 * instances belong to a store and can be linked only with modules that are instantiated in it. One thread defines;
 * after that, several may instantiate at once.
 */
public final class Linker {
    /** What to do about imported functions that nobody defined. */
    public enum UnknownImports {
        /** {@link LinkException} */
        ERROR,
        /** Calling one traps. */
        TRAP,
        /** Calling one returns zeros and nulls. */
        DEFAULT
    }

    private record Name(String module, String name) {
        Name {
            Objects.requireNonNull(module, "module");
            Objects.requireNonNull(name, "name");
        }

        // By hand, since linking what records have by themselves takes milliseconds; see architecture.md.
        @Override
        public boolean equals(Object o) {
            return o instanceof Name n && module.equals(n.module) && name.equals(n.name);
        }

        @Override
        public int hashCode() {
            return 31 * module.hashCode() + name.hashCode();
        }
    }

    private sealed interface Definition {
        /**
         * A host function, of which each store makes one of its own.
         *
         * @param derived whether the type follows from the Java method's, so that a reference may be of any type
         */
        record HostFunc(FuncType type, HostAdapter host, boolean derived) implements Definition {}

        record Item(Extern extern) implements Definition {}

        /** A memory that each store uses through an object of its own. */
        record Shared(SharedMemory memory) implements Definition {}

        /** The tag of Java's exceptions, of which each store has its own. */
        record JavaTag() implements Definition {}
    }

    private final Engine engine;
    private final Map<Name, Definition> definitions = new HashMap<>();
    private UnknownImports unknownImports = UnknownImports.ERROR;
    private boolean strings;
    /** Null if there are none. */
    private String stringConstants;
    /** Adapters of string functions, by name and type. */
    private final Map<Name, Map<FuncType, HostAdapter>> stringFunctions = new ConcurrentHashMap<>();

    /** Without definitions, for stores of this engine. */
    public Linker(Engine engine) {
        this.engine = Objects.requireNonNull(engine, "engine");
    }

    /** The engine of the stores it links in. */
    public Engine engine() {
        return engine;
    }

    /** Says what to do about functions that are not defined; at first they are errors. */
    public Linker unknownImports(UnknownImports policy) {
        unknownImports = policy;
        return this;
    }

    /** Defines something of a store; replaces what had the name before. */
    public Linker define(String module, String name, Extern item) {
        definitions.put(new Name(module, name), new Definition.Item(Objects.requireNonNull(item, "item")));
        return this;
    }

    /** Defines a host function in its raw form. */
    public Linker func(String module, String name, FuncType type, HostFunction function) {
        definitions.put(new Name(module, name), new Definition.HostFunc(type, HostAdapter.raw(type, function), false));
        return this;
    }

    /**
     * Defines a Java method as a host function. Its type follows from the method's ({@link FuncType#of}), but where the
     * method has an object, a module may import another type of references; a first parameter of type {@link Caller} is
     * not part of it.
     *
     * @throws IllegalArgumentException if a parameter or the result has a type without counterpart
     */
    public Linker func(String module, String name, MethodHandle method) {
        FuncType type = HostAdapter.typeOf(method.type());
        definitions.put(new Name(module, name), new Definition.HostFunc(type, HostAdapter.typed(type, method), true));
        return this;
    }

    /**
     * Defines a Java method as a host function of a given type. A method with several results returns {@code long[]} of
     * cells.
     *
     * @throws IllegalArgumentException if the method does not fit the type
     */
    public Linker func(String module, String name, FuncType type, MethodHandle method) {
        definitions.put(new Name(module, name), new Definition.HostFunc(type, HostAdapter.typed(type, method), false));
        return this;
    }

    /**
     * Defines a lambda as a host function, for example
     * {@code linker.func("env", "add", IntBinaryOperator.class, (a, b) -> a + b)}. The interface's only abstract
     * method, apart from those of {@link Object}, gives the type.
     *
     * @throws IllegalArgumentException if there is not exactly one abstract method, or it has a type without
     *     counterpart
     */
    public <T> Linker func(String module, String name, Class<T> functionalInterface, T lambda) {
        Objects.requireNonNull(module, "module");
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(lambda, "lambda");
        Method only = null;
        for (Method m : functionalInterface.getMethods()) {
            if (Modifier.isAbstract(m.getModifiers()) && !isOfObject(m)) {
                if (only != null) {
                    throw new IllegalArgumentException(functionalInterface.getName() + " has several abstract methods");
                }
                only = m;
            }
        }
        if (only == null) {
            throw new IllegalArgumentException(functionalInterface.getName() + " has no abstract method");
        }
        try {
            only.setAccessible(true);
            return func(module, name, MethodHandles.lookup().unreflect(only).bindTo(lambda));
        } catch (IllegalAccessException | RuntimeException e) {
            throw new IllegalArgumentException("cannot call " + only + ": " + e.getMessage(), e);
        }
    }

    /** Whether every object has the method, as it has {@code equals}, which Comparator declares again. */
    private static boolean isOfObject(Method m) {
        for (Method o : Object.class.getMethods()) {
            if (o.getName().equals(m.getName()) && Arrays.equals(o.getParameterTypes(), m.getParameterTypes())) {
                return true;
            }
        }
        return false;
    }

    /**
     * Defines the tag of Java's exceptions ({@link Tag#java}). In a store in which a module imports it, handlers in
     * WebAssembly see exceptions that host functions throw.
     */
    public Linker javaTag(String module, String name) {
        definitions.put(new Name(module, name), new Definition.JavaTag());
        return this;
    }

    /**
     * Defines the functions of {@code wasm:js-string}, over {@link String}, for modules that were compiled for browsers
     * and import them. What is defined by other methods comes first.
     *
     * @param constants module whose imported globals are the strings that are their names, or null; compilers choose
     *     it, often {@code '}
     */
    public Linker strings(String constants) {
        strings = true;
        stringConstants = constants;
        return this;
    }

    /** Defines a memory that the instances of all stores share. */
    public Linker memory(String module, String name, SharedMemory memory) {
        definitions.put(new Name(module, name), new Definition.Shared(Objects.requireNonNull(memory, "memory")));
        return this;
    }

    /** Defines all exports of an instance. */
    public Linker instance(String module, Instance instance) {
        for (String name : instance.exportNames()) {
            define(module, name, instance.export(name));
        }
        return this;
    }

    /**
     * What would be linked in {@code store} under a name, or null.
     *
     * @throws IllegalArgumentException if a host function's type mentions a type that no module has
     */
    public Extern get(Store store, String module, String name) {
        return store.use(() -> find(store, module, name));
    }

    private Extern find(Store store, String module, String name) {
        Definition d = definitions.get(new Name(module, name));
        if (d instanceof Definition.HostFunc h) {
            return store.hostFunc(h.type, h.host);
        }
        if (d instanceof Definition.JavaTag) {
            return store.javaTag();
        }
        if (d instanceof Definition.Shared s) {
            return store.memory(s.memory);
        }
        return d instanceof Definition.Item i ? i.extern : null;
    }

    private Extern get(Store store, CompiledModule.ImportType i) {
        Definition d = definitions.get(new Name(i.module(), i.name()));
        if (d instanceof Definition.HostFunc h && h.derived && i.type() instanceof FuncType t && !t.equals(h.type)) {
            HostAdapter other = h.host.as(t);
            if (other != null) {
                return store.hostFunc(t, other);
            }
        }
        return find(store, i.module(), i.name());
    }

    /**
     * Makes an instance in {@code store} and runs its start function.
     *
     * @throws IllegalArgumentException if the store or the module belongs to another engine than the linker
     * @throws IllegalStateException if the store or the module is closed, or another thread owns the store
     * @throws OutOfMemoryError if there is no memory or address space left
     * @throws LinkException if imports are missing or of the wrong type, or a limit of the store does not allow it
     * @throws TrapException if an active segment does not fit or the start function traps; what was written to imported
     *     memories and tables before stays
     */
    public Instance instantiate(Store store, CompiledModule module) {
        store.beginSequence(ComponentFriend.SEQUENCE_BYTES);
        try {
            return link(store, module);
        } finally {
            store.endSequence(ComponentFriend.SEQUENCE_BYTES);
        }
    }

    private Instance link(Store store, CompiledModule module) {
        if (store.engine() != engine) {
            throw new IllegalArgumentException("the store and the linker belong to different engines");
        }
        List<String> problems = new ArrayList<>();
        List<Extern> imports = new ArrayList<>();
        for (CompiledModule.ImportType i : module.imports()) {
            Extern e = get(store, i);
            if (e == null && strings) {
                e = string(store, i);
            }
            if (e == null && i.type() instanceof FuncType t && unknownImports != UnknownImports.ERROR) {
                e = unknown(store, i, t);
            }
            if (e == null) {
                problems.add("unknown import " + i.label() + " ("
                        + Printable.name(i.type().toString()) + ")");
            }
            imports.add(e);
        }
        return Instantiation.run(store, module, imports, problems);
    }

    private Extern string(Store store, CompiledModule.ImportType i) {
        if (i.type() instanceof FuncType t && i.module().equals(JsStrings.MODULE)) {
            HostAdapter host = stringFunctions
                    .computeIfAbsent(new Name(i.module(), i.name()), _ -> new ConcurrentHashMap<>())
                    .computeIfAbsent(t, type -> JsStrings.function(i.name(), type));
            return host == null ? null : store.hostFunc(t, host);
        }
        return i.type() instanceof GlobalType t && i.module().equals(stringConstants) && isString(t)
                ? Global.of(store, t, i.name())
                : null;
    }

    private static boolean isString(GlobalType t) {
        return !t.mutable() && t.type() instanceof ValType.Ref r && r.heap() == HeapType.EXTERN;
    }

    private Func unknown(Store store, CompiledModule.ImportType i, FuncType type) {
        if (unknownImports == UnknownImports.DEFAULT) {
            return Func.of(store, type, (_, _, _) -> {});
        }
        String message = "call of the unknown import " + i.label();
        return Func.of(store, type, (_, _, _) -> {
            throw new TrapException(TrapCode.UNREACHABLE, message);
        });
    }
}
