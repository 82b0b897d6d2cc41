package kiln.component;

import java.util.List;
import java.util.Map;
import kiln.artifact.component.ComponentPlan.CoreExport;
import kiln.artifact.component.ComponentPlan.CoreItem;
import kiln.wasm.WasmModule;

/** What an index, or a name, of a component means in one instance of it, see {@link Frame}. */
sealed interface Value {
    /** A core module. */
    sealed interface Module extends Value {}

    /** A core module that lies in the file. */
    record OwnModule(WasmModule module) implements Module {}

    /** A core module that the outermost component imports, with the type that it declares. */
    record ImportedModule(List<String> path, CoreModuleType type) implements Module {}

    /** A component. */
    sealed interface Component extends Value {}

    /**
     * A component that lies in the file.
     *
     * @param outer the instance in which it is defined
     */
    record OwnComponent(Definition.Body body, ComponentType type, Frame outer) implements Component {}

    /** A component that the outermost component imports. */
    record ImportedComponent(List<String> path) implements Component {}

    /** A function. */
    sealed interface Func extends Value {}

    /** A core instance's function, by the number of its {@code lift} in the plan. */
    record Lifted(int lift) implements Func {}

    /**
     * A function that the outermost component imports.
     *
     * @param type as that component declares it
     * @param frame of that component
     */
    record Imported(List<String> path, FuncType type, Frame frame) implements Func {}

    /** A type; {@code resource} is null for those that mean the same everywhere. */
    record OfType(Resource resource) implements Value {}

    /** An instance. */
    sealed interface Instance extends Value {}

    /** An instance whose exports are known. */
    record Exports(Map<String, Value> exports) implements Instance {}

    /** An instance that the outermost component imports, whose frame this is. */
    record ImportedInstance(List<String> path, InstanceType type, Frame frame) implements Instance {}

    /** A core instance. */
    sealed interface CoreInstance {
        /** One of its exports. */
        CoreItem export(String name);
    }

    /** An instance of a core module, by its number in the plan. */
    record Instantiated(int instance) implements CoreInstance {
        @Override
        public CoreItem export(String name) {
            return new CoreExport(instance, name);
        }
    }

    /** A core instance that is made of others' exports. */
    record CoreExports(Map<String, CoreItem> exports) implements CoreInstance {
        @Override
        public CoreItem export(String name) {
            return exports.get(name);
        }
    }

    /** A resource, which is told apart from all others by being this object. */
    final class Resource {
        final int component;
        final List<String> path;
        final CoreItem destructor;

        /**
         * @param component the instance that defines it, or -1
         * @param path of one that the outermost component imports, else empty
         * @param destructor or null
         */
        Resource(int component, List<String> path, CoreItem destructor) {
            this.component = component;
            this.path = path;
            this.destructor = destructor;
        }
    }
}
