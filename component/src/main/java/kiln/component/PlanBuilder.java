package kiln.component;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import kiln.artifact.component.ComponentPlan;
import kiln.artifact.component.ComponentPlan.Canon;
import kiln.artifact.component.ComponentPlan.CanonItem;
import kiln.artifact.component.ComponentPlan.ComponentItem;
import kiln.artifact.component.ComponentPlan.CoreInstance;
import kiln.artifact.component.ComponentPlan.CoreItem;
import kiln.artifact.component.ComponentPlan.Declared;
import kiln.artifact.component.ComponentPlan.ImportKind;
import kiln.artifact.component.ComponentPlan.ImportedFunc;
import kiln.artifact.component.ComponentPlan.ImportedItem;
import kiln.artifact.component.ComponentPlan.ImportedModule;
import kiln.artifact.component.ComponentPlan.ImportedModuleItem;
import kiln.artifact.component.ComponentPlan.InstanceItem;
import kiln.artifact.component.ComponentPlan.Item;
import kiln.artifact.component.ComponentPlan.Lift;
import kiln.artifact.component.ComponentPlan.LiftedItem;
import kiln.artifact.component.ComponentPlan.LowerImport;
import kiln.artifact.component.ComponentPlan.LowerLift;
import kiln.artifact.component.ComponentPlan.ModuleItem;
import kiln.artifact.component.ComponentPlan.Options;
import kiln.artifact.component.ComponentPlan.Resource;
import kiln.artifact.component.ComponentPlan.ResourceDrop;
import kiln.artifact.component.ComponentPlan.ResourceItem;
import kiln.artifact.component.ComponentPlan.ResourceNew;
import kiln.artifact.component.ComponentPlan.ResourceRep;
import kiln.artifact.component.FunctionType;
import kiln.artifact.component.InterfaceType;
import kiln.wasm.WasmModule;

/** Collects a plan's parts, each once, and leaves out in the end what nothing uses. */
final class PlanBuilder {
    private final List<Integer> parents = new ArrayList<>();
    private final List<CoreInstance> instances = new ArrayList<>();
    private final Map<Value.Resource, Integer> resources = new IdentityHashMap<>();
    private final List<Resource> resourceList = new ArrayList<>();
    private final List<Declared> declared = new ArrayList<>();
    private final Set<List<String>> declaredPaths = new HashSet<>();
    private final Map<Value.Resource, Integer> declaredResources = new IdentityHashMap<>();
    private final Numbered<ImportedFunc> imports = new Numbered<>();
    private final Numbered<Lift> lifts = new Numbered<>();
    private final Numbered<Canon> canons = new Numbered<>();
    private final List<Integer> liftDepths = new ArrayList<>();
    private final List<Integer> canonDepths = new ArrayList<>();
    private final Map<Key, InterfaceType> types = new HashMap<>();
    /** Core modules that are imported; the same path may be of several types where components are put together. */
    private final Numbered<NamedModule> modules = new Numbered<>();

    private final BitSet usedModules = new BitSet();
    /** Core modules of the file that are exported, by identity. */
    private final Map<WasmModule, Integer> exported = new IdentityHashMap<>();

    private final List<WasmModule> exportedList = new ArrayList<>();

    /** @param type compared by identity: there is one object for each place that declares one */
    private record NamedModule(List<String> path, CoreModuleType type) {
        @Override
        public boolean equals(Object o) {
            return o instanceof NamedModule m && type == m.type && path.equals(m.path);
        }

        @Override
        public int hashCode() {
            return path.hashCode();
        }
    }

    /** Things by number, equal ones once. */
    private static final class Numbered<T> {
        private final Map<T, Integer> numbers = new HashMap<>();
        private final List<T> list = new ArrayList<>();

        int number(T what) {
            Integer known = numbers.putIfAbsent(what, list.size());
            if (known != null) {
                return known;
            }
            list.add(what);
            return list.size() - 1;
        }
    }

    /** What makes two types one: their parts are compared by identity. */
    private record Key(InterfaceType type) {
        @Override
        public boolean equals(Object o) {
            if (!(o instanceof Key k)) {
                return false;
            }
            InterfaceType a = type;
            InterfaceType b = k.type;
            return a.kind() == b.kind()
                    && a.resource() == b.resource()
                    && a.length() == b.length()
                    && a.children().equals(b.children())
                    && a.labels().equals(b.labels());
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(new int[] {
                type.kind().ordinal(),
                type.resource(),
                type.length(),
                type.children().hashCode(),
                type.labels().hashCode()
            });
        }
    }

    /** The one object for types that look like this one. */
    InterfaceType type(InterfaceType t) {
        InterfaceType known = types.putIfAbsent(new Key(t), t);
        return known == null ? t : known;
    }

    /** Adds a component instance; -1 is the outermost one's parent. */
    int component(int parent) {
        parents.add(parent);
        return parents.size() - 1;
    }

    /** Adds a core instance. */
    int instance(CoreInstance i) {
        instances.add(i);
        return instances.size() - 1;
    }

    int instanceCount() {
        return instances.size();
    }

    /** The number of a resource, which it gets when something first speaks of it. */
    int resource(Value.Resource r) {
        Integer known = resources.get(r);
        if (known != null) {
            return known;
        }
        resources.put(r, resourceList.size());
        resourceList.add(new Resource(r.component, r.path, r.destructor));
        return resourceList.size() - 1;
    }

    /** Notes a core module that is imported. */
    int module(List<String> path, CoreModuleType type) {
        return modules.number(new NamedModule(path, type));
    }

    /** The number of a core module that is imported, and that must be there. */
    int useModule(List<String> path, CoreModuleType type) {
        int number = module(path, type);
        usedModules.set(number);
        return number;
    }

    /** The number of a core module of the file that is exported. */
    int export(WasmModule m) {
        Integer known = exported.putIfAbsent(m, exportedList.size());
        if (known == null) {
            exportedList.add(m);
        }
        return known == null ? exportedList.size() - 1 : known;
    }

    /** What stands for the types of the modules that are imported, by number. */
    List<WasmModule> faces() {
        return modules.list.stream().map(m -> m.type.face()).toList();
    }

    /** By the numbers of {@link #export}. */
    List<WasmModule> exported() {
        return List.copyOf(exportedList);
    }

    int imported(List<String> path, FunctionType type) {
        return imports.number(new ImportedFunc(path, type));
    }

    int lift(Lift l) {
        int number = lifts.number(l);
        if (number == liftDepths.size()) {
            liftDepths.add(1 + Math.max(depth(l.function()), depth(l.options())));
        }
        return number;
    }

    CoreItem canon(Canon c) {
        int number = canons.number(c);
        if (number == canonDepths.size()) {
            canonDepths.add(1
                    + switch (c) {
                        case LowerImport l -> depth(l.options());
                        case LowerLift l -> Math.max(liftDepths.get(l.lift()), depth(l.options()));
                        case ResourceDrop r ->
                            depth(resourceList.get(r.resource()).destructor());
                        case ResourceNew _, ResourceRep _ -> 0;
                    });
        }
        return new CanonItem(number);
    }

    private int depth(CoreItem item) {
        return item instanceof CanonItem c ? canonDepths.get(c.canon()) : 0;
    }

    private int depth(Options o) {
        return Math.max(depth(o.memory()), Math.max(depth(o.realloc()), depth(o.postReturn())));
    }

    /** How many functions a lifted one goes through that are lifted and lowered in turn, itself counted. */
    int depth(int lift) {
        return liftDepths.get(lift);
    }

    /** Notes an import, once. */
    void declare(List<String> path, ImportKind kind, Value.Resource resource) {
        if (!declaredPaths.add(path)) {
            return;
        }
        Integer same = resource == null ? null : declaredResources.putIfAbsent(resource, declared.size());
        declared.add(new Declared(path, kind, same == null ? -1 : same));
    }

    /** The plan, with exports by the numbers that they have so far. */
    ComponentPlan finish(Map<String, Item> exports) {
        return new Finish().plan(exports);
    }

    /** Finds what is used, and numbers it anew, in the same order. */
    private final class Finish {
        private final BitSet usedImports = new BitSet();
        private final BitSet usedLifts = new BitSet();
        private final BitSet usedCanons = new BitSet();
        /** Used, but what it uses itself is not known yet: canons, and lifts as -1 - number. */
        private final ArrayDeque<Integer> open = new ArrayDeque<>();

        private int[] newImports;
        private int[] newLifts;
        private int[] newCanons;

        ComponentPlan plan(Map<String, Item> exports) {
            for (CoreInstance i : instances) {
                i.imports().forEach(this::use);
            }
            resourceList.forEach(r -> use(r.destructor()));
            exports.values().forEach(this::use);
            while (!open.isEmpty()) {
                int next = open.remove();
                if (next >= 0) {
                    use(canons.list.get(next));
                } else {
                    use(lifts.list.get(-1 - next));
                }
            }
            newImports = numbers(usedImports);
            newLifts = numbers(usedLifts);
            newCanons = numbers(usedCanons);
            return new ComponentPlan(
                    instances.stream()
                            .map(i -> new CoreInstance(
                                    i.component(),
                                    i.imports().stream().map(this::renumber).toList(),
                                    i.module()))
                            .toList(),
                    List.copyOf(parents),
                    resourceList.stream()
                            .map(r -> new Resource(r.component(), r.path(), renumber(r.destructor())))
                            .toList(),
                    List.copyOf(declared),
                    importedModules(),
                    usedImports.stream().mapToObj(imports.list::get).toList(),
                    usedLifts.stream()
                            .mapToObj(i -> renumber(lifts.list.get(i)))
                            .toList(),
                    usedCanons.stream()
                            .mapToObj(i -> renumber(canons.list.get(i)))
                            .toList(),
                    renumber(exports));
        }

        private List<ImportedModule> importedModules() {
            List<ImportedModule> result = new ArrayList<>();
            for (NamedModule m : modules.list) {
                result.add(new ImportedModule(m.path, m.type.imports().size(), usedModules.get(result.size())));
            }
            return List.copyOf(result);
        }

        private static int[] numbers(BitSet used) {
            int[] result = new int[used.length()];
            int n = 0;
            for (int i = used.nextSetBit(0); i >= 0; i = used.nextSetBit(i + 1)) {
                result[i] = n++;
            }
            return result;
        }

        private void use(CoreItem item) {
            if (item instanceof CanonItem c && !usedCanons.get(c.canon())) {
                usedCanons.set(c.canon());
                open.add(c.canon());
            }
        }

        private void useLift(int lift) {
            if (!usedLifts.get(lift)) {
                usedLifts.set(lift);
                open.add(-1 - lift);
            }
        }

        private void use(Options o) {
            use(o.memory());
            use(o.realloc());
            use(o.postReturn());
        }

        private void use(Canon c) {
            switch (c) {
                case LowerImport l -> {
                    usedImports.set(l.imported());
                    use(l.options());
                }
                case LowerLift l -> {
                    useLift(l.lift());
                    use(l.options());
                }
                case ResourceNew _, ResourceRep _, ResourceDrop _ -> {}
            }
        }

        private void use(Lift l) {
            use(l.function());
            use(l.options());
        }

        private void use(Item item) {
            switch (item) {
                case LiftedItem l -> useLift(l.lift());
                case ImportedItem i -> usedImports.set(i.imported());
                case InstanceItem i -> i.exports().values().forEach(this::use);
                case ResourceItem _, ModuleItem _, ImportedModuleItem _, ComponentItem _ -> {}
            }
        }

        private CoreItem renumber(CoreItem item) {
            return item instanceof CanonItem c ? new CanonItem(newCanons[c.canon()]) : item;
        }

        private Options renumber(Options o) {
            return new Options(o.encoding(), renumber(o.memory()), renumber(o.realloc()), renumber(o.postReturn()));
        }

        private Lift renumber(Lift l) {
            return new Lift(l.component(), renumber(l.function()), l.type(), renumber(l.options()));
        }

        private Canon renumber(Canon c) {
            return switch (c) {
                case LowerImport l -> new LowerImport(l.component(), newImports[l.imported()], renumber(l.options()));
                case LowerLift l -> new LowerLift(l.component(), newLifts[l.lift()], renumber(l.options()));
                case ResourceNew _, ResourceRep _, ResourceDrop _ -> c;
            };
        }

        private Map<String, Item> renumber(Map<String, Item> exports) {
            Map<String, Item> result = new LinkedHashMap<>();
            exports.forEach((name, item) -> result.put(name, renumber(item)));
            return Collections.unmodifiableMap(result);
        }

        private Item renumber(Item item) {
            return switch (item) {
                case LiftedItem l -> new LiftedItem(newLifts[l.lift()]);
                case ImportedItem i -> new ImportedItem(newImports[i.imported()]);
                case InstanceItem i -> new InstanceItem(renumber(i.exports()));
                case ResourceItem _, ModuleItem _, ImportedModuleItem _, ComponentItem _ -> item;
            };
        }
    }
}
