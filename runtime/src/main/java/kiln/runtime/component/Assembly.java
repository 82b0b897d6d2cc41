package kiln.runtime.component;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import kiln.artifact.Printable;
import kiln.artifact.component.ComponentPlan;
import kiln.artifact.component.InterfaceType;
import kiln.runtime.CompiledModule;
import kiln.runtime.Extern;
import kiln.runtime.Store;
import kiln.runtime.internal.ComponentAccess;

/** Makes an instance of a component: finds what it imports, and has its core instances made one after the other. */
final class Assembly {
    private final Component component;
    private final ComponentPlan plan;
    private final ComponentLinker linker;
    private final List<String> problems = new ArrayList<>();
    /** Resources of which a value can get into the component or out of it. */
    private final Set<Integer> usedResources = new HashSet<>();

    private final Set<InterfaceType> seen = new HashSet<>();

    private Assembly(Component component, ComponentLinker linker) {
        this.component = component;
        this.plan = component.plan();
        this.linker = linker;
    }

    /**
     * What a component imports, by number. Nobody changes it: all instances have the same.
     *
     * @param component that must not be kept by what it found
     */
    record Found(
            WeakReference<Component> component,
            ComponentHostFunction[] imports,
            ComponentLinker.HostResource[] resources,
            CompiledModule[] modules) {}

    private Found find() {
        declared();
        Found found = new Found(new WeakReference<>(component), imports(), resources(), modules());
        if (!problems.isEmpty()) {
            throw ComponentAccess.get().linkException(component.name(), problems);
        }
        return found;
    }

    static ComponentInstance run(Store store, Component component, ComponentLinker linker) {
        Found found = linker.found(component);
        if (found == null) {
            found = new Assembly(component, linker).find();
            linker.found(found);
        }
        ComponentInstance instance =
                new ComponentInstance(store, component, found.imports, found.resources, found.modules);
        ComponentAccess access = ComponentAccess.get();
        access.begin(store);
        try {
            access.instantiate(store, component.module(), given(instance, component), instance.maker());
            instance.leave();
        } finally {
            access.end(store);
        }
        return instance;
    }

    /** The functions for what core instances import that is not code of the file. */
    private static List<Extern> given(ComponentInstance instance, Component component) {
        List<Extern> given = new ArrayList<>();
        for (ComponentAccess.OpenImport open : ComponentAccess.get().openImports(component.module())) {
            ComponentPlan.CoreInstance importer = component.plan().instances().get(open.module() - 1);
            // Behind its imports an imported module's instance has what is known when it was made.
            boolean isExport = open.index() >= importer.imports().size();
            given.add(isExport ? null : instance.func(importer.imports().get(open.index())));
        }
        return given;
    }

    /** By number; null where nothing of that name is defined. */
    private ComponentHostFunction[] imports() {
        ComponentHostFunction[] functions =
                new ComponentHostFunction[plan.imports().size()];
        Set<Integer> called = new HashSet<>();
        Set<Integer> again = new HashSet<>();
        component.functionItems().values().forEach(item -> {
            if (item instanceof ComponentPlan.ImportedItem(int imported)) {
                again.add(imported);
            }
        });
        for (ComponentPlan.Canon c : plan.canons()) {
            if (c instanceof ComponentPlan.LowerImport l) {
                called.add(l.imported());
            } else if (c instanceof ComponentPlan.ResourceDrop d) {
                usedResources.add(d.resource());
            }
        }
        for (int i = 0; i < functions.length; i++) {
            ComponentPlan.ImportedFunc f = plan.imports().get(i);
            ComponentLinker.HostFunc defined = linker.function(f.path());
            functions[i] = defined == null ? null : defined.function();
            compare(f, defined);
            TypedImports typed = functions[i] == null ? linker.typed(f.path()) : null;
            if (typed != null && !called.contains(i) && again.contains(i)) {
                // Only exported again: it need not be there.
                functions[i] = typed.function(component, i, new ArrayList<>());
            }
            if (called.contains(i)) {
                if (typed != null) {
                    functions[i] = typed.function(component, i, problems);
                } else if (functions[i] == null) {
                    problems.add("unknown import " + name(f.path()) + ": " + signature(f));
                }
                f.type().params().forEach(this::use);
                use(f.type().result());
            }
        }
        return functions;
    }

    /** Notes it if what the linker has for an import is of another type. */
    private void compare(ComponentPlan.ImportedFunc f, ComponentLinker.HostFunc defined) {
        if (defined != null && defined.signature() != null && !signature(f).matches(defined.signature())) {
            problems.add("import " + name(f.path()) + " is " + signature(f) + ", but what is defined is "
                    + defined.signature());
        }
    }

    private Signature signature(ComponentPlan.ImportedFunc f) {
        return new Signature(f.type(), component::resourceName, r -> {
            ComponentPlan.Resource resource = plan.resources().get(r);
            ComponentLinker.HostResource host = resource.component() >= 0 ? null : linker.resource(resource.path());
            return host == null ? null : host.identity();
        });
    }

    private static String name(List<String> path) {
        return Printable.name(String.join("#", path));
    }

    /** Notes imports, used or not, for which the linker has something else than the component says. */
    private void declared() {
        for (ComponentPlan.Declared d : plan.declared()) {
            ComponentPlan.ImportKind found = otherThan(d);
            if (found != null) {
                problems.add("import " + name(d.path()) + " is of kind " + d.kind()
                        + ", but what is defined is of kind " + found);
            }
            if (d.same() >= 0) {
                List<String> earlier = plan.declared().get(d.same()).path();
                ComponentLinker.HostResource a = linker.resource(d.path());
                ComponentLinker.HostResource b = linker.resource(earlier);
                if (a != null && b != null && !a.identity().equals(b.identity())) {
                    problems.add("imports " + name(earlier) + " and " + name(d.path())
                            + " are the same resource, but those that are defined are two");
                }
            }
        }
    }

    /** What the linker has under the name of an import, if it has nothing of the import's kind; else null. */
    private ComponentPlan.ImportKind otherThan(ComponentPlan.Declared d) {
        ComponentPlan.ImportKind found = null;
        if (linker.function(d.path()) != null) {
            found = ComponentPlan.ImportKind.FUNCTION;
        } else if (linker.resource(d.path()) != null) {
            found = ComponentPlan.ImportKind.RESOURCE;
        } else if (linker.module(d.path()) != null) {
            found = ComponentPlan.ImportKind.CORE_MODULE;
        }
        if (found == d.kind() || found == null && d.kind() == ComponentPlan.ImportKind.INSTANCE) {
            return null;
        }
        if (!linker.isInstance(String.join("#", d.path()))) {
            return found;
        }
        return d.kind() == ComponentPlan.ImportKind.INSTANCE ? null : ComponentPlan.ImportKind.INSTANCE;
    }

    private void use(InterfaceType t) {
        if (t == null || !t.hasHandles() || !seen.add(t)) {
            return;
        }
        if (t.resource() >= 0) {
            usedResources.add(t.resource());
        }
        t.children().forEach(this::use);
    }

    /** By number; null where nothing of that name is defined, or what is not of the type. */
    private CompiledModule[] modules() {
        CompiledModule[] modules = new CompiledModule[plan.modules().size()];
        for (int i = 0; i < modules.length; i++) {
            ComponentPlan.ImportedModule m = plan.modules().get(i);
            CompiledModule defined = linker.module(m.path());
            if (defined == null && m.used()) {
                problems.add("unknown import " + name(m.path()) + ": core module");
            } else if (defined != null) {
                ComponentAccess.get()
                        .problems(defined, component.module(), plan.faceOf(i), m.params())
                        .forEach(p -> problems.add("core module " + Printable.name(defined.name()) + " is no "
                                + name(m.path()) + ": " + p));
                modules[i] = defined;
            }
        }
        return modules;
    }

    private ComponentLinker.HostResource[] resources() {
        ComponentLinker.HostResource[] resources =
                new ComponentLinker.HostResource[plan.resources().size()];
        for (int r = 0; r < resources.length; r++) {
            ComponentPlan.Resource resource = plan.resources().get(r);
            if (resource.component() < 0) {
                resources[r] = linker.resource(resource.path());
                if (resources[r] == null && usedResources.contains(r)) {
                    problems.add("unknown resource " + Printable.name(String.join("#", resource.path())));
                }
            }
        }
        return resources;
    }
}
