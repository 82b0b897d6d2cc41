package kiln.component;

import java.util.List;
import java.util.Map;
import kiln.wasm.ExternKind;
import kiln.wasm.WasmModule;

/**
 * What a component says, one entry of an index space after the other, for {@link Flattening}. Indices are checked;
 * types are there as the decoder found them, and only resources among them still mean something else in each instance.
 */
sealed interface Definition {
    /** An index space, apart from those of types, which are looked up while decoding. */
    enum Sort {
        MODULE,
        FUNC,
        COMPONENT,
        INSTANCE
    }

    /** A definition in its place. */
    record Step(int offset, Definition what) {}

    /**
     * A component.
     *
     * @param steps what it says, in order
     * @param names what its parts are called
     */
    record Body(List<Step> steps, ComponentNames names) {}

    /** What an instantiation is given, or an instance or a component exports. */
    sealed interface Ref {}

    /** Something by its index. */
    record Indexed(Sort sort, int index) implements Ref {}

    /** A type. */
    record OfType(Type type) implements Ref {}

    /** A core definition by its index. */
    record CoreIndex(ExternKind kind, int index) {}

    /** A core module that lies in the component. */
    record CoreModule(WasmModule module) implements Definition {}

    /** An instance of a core module; what it is given, by the names that the module imports from. */
    record CoreInstance(int module, Map<String, Integer> given) implements Definition {}

    /** A core instance that is made of others' exports. */
    record CoreExports(Map<String, CoreIndex> exports) implements Definition {}

    /** A component that lies in the component. */
    record Nested(Body body, ComponentType type) implements Definition {}

    /** An instance of a component. */
    record Instance(int component, Map<String, Ref> given, InstanceType type) implements Definition {}

    /** An instance that is made of definitions. */
    record Exports(Map<String, Ref> exports) implements Definition {}

    /** An export of an instance; of a type, nothing is kept. */
    record ExportAlias(int instance, String name) implements Definition {}

    /** An export of a core instance. */
    record CoreExportAlias(int instance, ExternKind kind, String name) implements Definition {}

    /** A module or component of a component around this one, counted outwards. */
    record OuterAlias(int count, Indexed what) implements Definition {}

    /** A resource type; {@code destructor} is the index of a core function or -1. */
    record Resource(ResourceType.Id id, int destructor) implements Definition {}

    /** An import. */
    record Import(String name, Entity type) implements Definition {}

    /** An export, as what it is seen from outside. */
    record Export(String name, Ref what, Entity type) implements Definition {}

    /**
     * How a core function meets the component model. Indices are -1 where there is nothing.
     *
     * @param encoding ordinal of {@link kiln.artifact.component.StringEncoding}
     */
    record Options(int encoding, int memory, int realloc, int postReturn) {}

    /** A core function becomes a component's. */
    record Lift(int function, Options options, FuncType type) implements Definition {}

    /** A component's function becomes a core function. */
    record Lower(int function, Options options) implements Definition {}

    /** The built-in functions of a resource. */
    enum Builtin {
        NEW,
        DROP,
        REP
    }

    /** A built-in core function. */
    record ResourceFunction(Builtin builtin, ResourceType.Id resource) implements Definition {}
}
