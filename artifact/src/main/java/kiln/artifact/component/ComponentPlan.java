package kiln.artifact.component;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * What a component comes to once nesting, aliases and instances made of exports are gone. Core instance {@code i} is
 * module {@code i + 1} of the file, module 0 stands for the component itself; each instance imports from earlier ones
 * only. Behind the core instances come modules that are not instantiated with the component: for each core module that
 * it imports one that says its type ({@link #faceOf}), then the core modules that it exports ({@link #exported}).
 *
 * @param instances core instances, in the order in which they are made
 * @param parents component instances: for each its parent, -1 for the outermost, which is number 0
 * @param resources by number
 * @param declared everything that the component imports, in order, whether it is used or not
 * @param modules core modules that the component imports, used or not, by number
 * @param imports functions that the component imports and uses, by number
 * @param lifts functions of core instances that became functions of components, by number
 * @param canons core functions that canonical definitions make, by number
 * @param exports of the outermost component, in order
 */
public record ComponentPlan(
        List<CoreInstance> instances,
        List<Integer> parents,
        List<Resource> resources,
        List<Declared> declared,
        List<ImportedModule> modules,
        List<ImportedFunc> imports,
        List<Lift> lifts,
        List<Canon> canons,
        Map<String, Item> exports) {

    /** How many modules of the file are instantiated: the component itself and its core instances. */
    public int instantiated() {
        return 1 + instances.size();
    }

    /**
     * Which module of the file says what imported core module {@code i} must be: it imports what that may import, as
     * many as {@link ImportedModule#params}, and then what that must export, by these names.
     */
    public int faceOf(int i) {
        return instantiated() + i;
    }

    /** Which module of the file an exported core module is. */
    public int exported(ModuleItem item) {
        return instantiated() + modules.size() + item.module();
    }

    /**
     * What can be found from outside, in order, under {@code name}, or {@code instance#name} for what an exported
     * instance exports; without the instances themselves.
     */
    public Map<String, Item> exportsByPath() {
        Map<String, Item> found = new LinkedHashMap<>();
        collect("", exports, found);
        return found;
    }

    private static void collect(String prefix, Map<String, Item> items, Map<String, Item> found) {
        items.forEach((name, item) -> {
            if (item instanceof InstanceItem i) {
                collect(prefix + name + "#", i.exports, found);
            } else {
                found.put(prefix + name, item);
            }
        });
    }

    /** Visits every core item that is named: imports, functions that are lifted, options, destructors. */
    public void forEachCoreItem(Consumer<CoreItem> visitor) {
        for (CoreInstance i : instances) {
            i.imports.forEach(visitor);
        }
        for (Resource r : resources) {
            visit(r.destructor, visitor);
        }
        for (Lift l : lifts) {
            visit(l.function, visitor);
            visit(l.options, visitor);
        }
        for (Canon c : canons) {
            if (c instanceof LowerImport l) {
                visit(l.options, visitor);
            } else if (c instanceof LowerLift l) {
                visit(l.options, visitor);
            }
        }
    }

    private static void visit(Options o, Consumer<CoreItem> visitor) {
        visit(o.memory, visitor);
        visit(o.realloc, visitor);
        visit(o.postReturn, visitor);
    }

    private static void visit(CoreItem item, Consumer<CoreItem> visitor) {
        if (item != null) {
            visitor.accept(item);
        }
    }

    /** Something that a core instance imports, or that a canonical definition names. */
    public sealed interface CoreItem {}

    /**
     * An export of a core instance.
     *
     * @param instance its number in the plan
     */
    public record CoreExport(int instance, String name) implements CoreItem {}

    /** A core function that a canonical definition makes, by its number in the plan. */
    public record CanonItem(int canon) implements CoreItem {}

    /**
     * A core module's instance. One of a module that the component imports stands for it in the file: its module
     * imports what is given to the instance, then what that exports, and exports the latter again.
     *
     * @param component the component instance that it belongs to
     * @param imports what its module imports, in the module's order; of a module that the component imports, what that
     *     may import
     * @param module number of the module that the component imports, or -1 for one that lies in the file
     */
    public record CoreInstance(int component, List<CoreItem> imports, int module) {
        /** An instance of a module that lies in the file. */
        public CoreInstance(int component, List<CoreItem> imports) {
            this(component, imports, -1);
        }

        /** Whether the component imports its module. */
        public boolean isOfImport() {
            return module >= 0;
        }
    }

    /**
     * A resource type.
     *
     * @param component the component instance that defines it, or -1 for one that the component imports
     * @param path of an imported one: the names that lead to it, as of {@link ImportedFunc}
     * @param destructor core function from i32 to nothing, or null
     */
    public record Resource(int component, List<String> path, CoreItem destructor) {}

    /** What an import is. */
    public enum ImportKind {
        FUNCTION("function"),
        RESOURCE("resource"),
        INSTANCE("instance"),
        CORE_MODULE("core module"),
        COMPONENT("component");

        private final String text;

        ImportKind(String text) {
            this.text = text;
        }

        @Override
        public String toString() {
            return text;
        }
    }

    /**
     * Something that the component imports; types other than resources are not listed.
     *
     * @param path as of {@link ImportedFunc}
     * @param same of a resource: the place in the list of an earlier one that must be the same, else -1
     */
    public record Declared(List<String> path, ImportKind kind, int same) {}

    /**
     * A core module that the component imports.
     *
     * @param path as of {@link ImportedFunc}
     * @param params how many imports it may have, see {@link #faceOf}
     * @param used whether it is instantiated or exported, so that it must be there
     */
    public record ImportedModule(List<String> path, int params, boolean used) {}

    /**
     * A function that the component imports.
     *
     * @param path the import's name, and, if that is an instance, the name in it, and so on
     */
    public record ImportedFunc(List<String> path, FunctionType type) {}

    /**
     * How a core function meets the component model.
     *
     * @param memory null if there is none
     * @param realloc null if there is none
     * @param postReturn null if there is none, and where functions are lowered
     */
    public record Options(StringEncoding encoding, CoreItem memory, CoreItem realloc, CoreItem postReturn) {}

    /**
     * A core function that became a function of a component.
     *
     * @param component the component instance that it belongs to
     */
    public record Lift(int component, CoreItem function, FunctionType type, Options options) {}

    /** A core function that a canonical definition makes. */
    public sealed interface Canon {
        /** The component instance that it belongs to. */
        int component();
    }

    /** Calls a function that the component imports, by its number. */
    public record LowerImport(int component, int imported, Options options) implements Canon {}

    /** Calls a lifted function, by its number: an adapter between two components. */
    public record LowerLift(int component, int lift, Options options) implements Canon {}

    /** {@code resource.new}: i32 representation to i32 handle. */
    public record ResourceNew(int component, int resource) implements Canon {}

    /** {@code resource.rep}: i32 handle to i32 representation. */
    public record ResourceRep(int component, int resource) implements Canon {}

    /** {@code resource.drop}: i32 handle to nothing. */
    public record ResourceDrop(int component, int resource) implements Canon {}

    /** What a component exports. */
    public sealed interface Item {}

    /** A lifted function, by its number. */
    public record LiftedItem(int lift) implements Item {}

    /** A function that the component imports, by its number. */
    public record ImportedItem(int imported) implements Item {}

    /** An instance. */
    public record InstanceItem(Map<String, Item> exports) implements Item {}

    /** A resource type, by its number. */
    public record ResourceItem(int resource) implements Item {}

    /** A core module that lies in the file, see {@link #exported}. */
    public record ModuleItem(int module) implements Item {}

    /** A core module that the component imports, by its number. */
    public record ImportedModuleItem(int module) implements Item {}

    /** A component, which is a compiled file of its own within the file: {@link ComponentPlanCodec#nested}. */
    public record ComponentItem(int component) implements Item {}
}
