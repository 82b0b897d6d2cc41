package kiln.runtime.component;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import kiln.artifact.Printable;
import kiln.artifact.component.ComponentPlan;
import kiln.artifact.component.InterfaceType;
import kiln.runtime.Extern;
import kiln.runtime.Store;
import kiln.runtime.internal.ComponentAccess;

/** Makes an instance of a component: finds what it imports, and has its core instances made one after the other. */
final class Assembly {
    private final ComponentPlan plan;
    private final ComponentLinker linker;
    private final List<String> problems = new ArrayList<>();
    /** Resources of which a value can get into the component or out of it. */
    private final Set<Integer> usedResources = new HashSet<>();

    private final Set<InterfaceType> seen = new HashSet<>();

    private Assembly(ComponentPlan plan, ComponentLinker linker) {
        this.plan = plan;
        this.linker = linker;
    }

    static ComponentInstance run(Store store, Component component, ComponentLinker linker) {
        Assembly a = new Assembly(component.plan(), linker);
        ComponentHostFunction[] imports = a.imports();
        ComponentLinker.HostResource[] resources = a.resources();
        if (!a.problems.isEmpty()) {
            throw ComponentAccess.get().linkException(component.name(), a.problems);
        }
        ComponentInstance instance = new ComponentInstance(store, component, imports, resources);
        ComponentAccess access = ComponentAccess.get();
        access.begin(store);
        try {
            access.instantiate(store, component.module(), a.given(instance, component), instance::made);
            instance.leave();
        } finally {
            access.end(store);
        }
        return instance;
    }

    /** The functions for what core instances import that is not code of the file. */
    private List<Extern> given(ComponentInstance instance, Component component) {
        List<Extern> given = new ArrayList<>();
        for (ComponentAccess.OpenImport open : ComponentAccess.get().openImports(component.module())) {
            ComponentPlan.CoreInstance importer = plan.instances().get(open.module() - 1);
            given.add(instance.func(importer.imports().get(open.index())));
        }
        return given;
    }

    /** By number; null where nothing of that name is defined. */
    private ComponentHostFunction[] imports() {
        ComponentHostFunction[] functions =
                new ComponentHostFunction[plan.imports().size()];
        Set<Integer> called = new HashSet<>();
        for (ComponentPlan.Canon c : plan.canons()) {
            if (c instanceof ComponentPlan.LowerImport l) {
                called.add(l.imported());
            } else if (c instanceof ComponentPlan.ResourceDrop d) {
                usedResources.add(d.resource());
            }
        }
        for (int i = 0; i < functions.length; i++) {
            ComponentPlan.ImportedFunc f = plan.imports().get(i);
            functions[i] = linker.function(f.path());
            if (called.contains(i)) {
                TypedImports typed = functions[i] == null ? linker.typed(f.path()) : null;
                if (typed != null) {
                    functions[i] = typed.function(f.path().getLast(), f.type(), plan.resources(), problems);
                } else if (functions[i] == null) {
                    problems.add("unknown import " + Printable.name(String.join("#", f.path())));
                }
                f.type().params().forEach(this::use);
                use(f.type().result());
            }
        }
        return functions;
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
