package kiln.component;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import kiln.artifact.component.ComponentPlan.ComponentItem;
import kiln.artifact.component.ComponentPlan.CoreInstance;
import kiln.artifact.component.ComponentPlan.CoreItem;
import kiln.artifact.component.ComponentPlan.ImportKind;
import kiln.artifact.component.ComponentPlan.ImportedItem;
import kiln.artifact.component.ComponentPlan.ImportedModuleItem;
import kiln.artifact.component.ComponentPlan.InstanceItem;
import kiln.artifact.component.ComponentPlan.Item;
import kiln.artifact.component.ComponentPlan.Lift;
import kiln.artifact.component.ComponentPlan.LiftedItem;
import kiln.artifact.component.ComponentPlan.LowerImport;
import kiln.artifact.component.ComponentPlan.LowerLift;
import kiln.artifact.component.ComponentPlan.ModuleItem;
import kiln.artifact.component.ComponentPlan.Options;
import kiln.artifact.component.ComponentPlan.ResourceDrop;
import kiln.artifact.component.ComponentPlan.ResourceItem;
import kiln.artifact.component.ComponentPlan.ResourceNew;
import kiln.artifact.component.ComponentPlan.ResourceRep;
import kiln.artifact.component.FunctionType;
import kiln.artifact.component.InterfaceType;
import kiln.artifact.component.PlanCheck;
import kiln.artifact.component.StringEncoding;
import kiln.artifact.component.TypeKind;
import kiln.component.CoreModuleType.Import;
import kiln.wasm.ExternKind;
import kiln.wasm.WasmModule;

/**
 * Takes the nesting out of a component: walks its definitions once, those of a nested component for each instance of
 * it, and notes what is left when aliases are followed to what they mean.
 */
public final class Flattening {
    /** Instances of core modules that one component may come to. */
    static final int MAX_CORE_INSTANCES = 1_000;
    /** Definitions that are looked at, those of nested components once for each instance. */
    static final int MAX_STEPS = 100_000;

    /** Components that one exports, those that these export in turn included. */
    static final int MAX_EXPORTED_COMPONENTS = 100;

    private static final StringEncoding[] ENCODINGS = StringEncoding.values();

    private String file;
    /** Whether imports of several components may be the same. */
    private final boolean composed;

    private final PlanBuilder plan = new PlanBuilder();
    private final List<WasmModule> modules = new ArrayList<>();
    /** Those of core instances. */
    private final List<String> names = new ArrayList<>();
    /** Types without resources that were converted, by shape. */
    private final Map<ValueType, InterfaceType> types = new IdentityHashMap<>();

    /** Those that are imported, by the names that lead to them. */
    private final Map<List<String>, Value.Resource> importedResources = new HashMap<>();

    /** What a component may come to, those that it exports included. */
    private static final class Budget {
        private int steps;
        private int coreInstances;
        private int exports;
    }

    private final Budget budget;
    /** Components that are exported, by the place that defines them. */
    private final Map<Value.OwnComponent, Integer> exportedNumbers = new HashMap<>();

    private final List<FlatComponent> exported = new ArrayList<>();
    /** How many instances are being made within one another. */
    private int depth;
    /** Where the definition that is being looked at is in the file. */
    private int at;

    private Flattening(String file, boolean composed, Budget budget) {
        this.file = file;
        this.composed = composed;
        this.budget = budget;
    }

    /**
     * @throws UnsupportedComponentException if the component uses what cannot be compiled, or comes to more core
     *     instances or definitions than there may be
     */
    public static FlatComponent flatten(DecodedComponent component) {
        return new Flattening(component.file(), false, new Budget())
                .outermost(component.body(), component.type(), null);
    }

    /** @param outer of a component that is exported: the instance in which it is defined, else null */
    private FlatComponent outermost(Definition.Body body, ComponentType type, Frame outer) {
        ComponentNames names = body.names();
        Frame root = new Frame(plan, plan.component(-1), outer, null, names, names.own);
        Map<String, Value> exports = run(root, body, null);
        type.imports().forEach((name, e) -> declare(root, List.of(name), e));
        return finish(type, exports);
    }

    /**
     * Puts components together by name, see {@link Composition}.
     *
     * @param components decoded by {@link ComponentDecoder#decodeTogether}
     * @throws CompositionException if they do not fit
     * @throws UnsupportedComponentException as {@link #flatten}
     */
    public static FlatComponent compose(List<DecodedComponent> components) {
        Composition c = Composition.of(components);
        Flattening f = new Flattening("", true, new Budget());
        f.plan.component(-1);
        List<Map<String, Value>> exports = new ArrayList<>();
        for (int i = 0; i < c.parts().size(); i++) {
            DecodedComponent part = c.parts().get(i);
            f.file = part.file();
            ComponentNames names = part.body().names();
            String name = names.own != null ? names.own : ComponentNames.cut(stem(part.file()));
            Frame frame = new Frame(f.plan, f.plan.component(0), null, null, names, name);
            Map<String, Value> given = new HashMap<>();
            for (Map.Entry<String, Entity> e : part.type().imports().entrySet()) {
                Composition.Bound b = c.providers().get(i).get(e.getKey());
                given.put(
                        e.getKey(),
                        b == null
                                ? f.open(frame, List.of(e.getKey()), e.getValue())
                                : exports.get(b.part()).get(b.export()));
            }
            exports.add(f.run(frame, part.body(), given));
            for (Map.Entry<String, Entity> e : part.type().imports().entrySet()) {
                if (!c.providers().get(i).containsKey(e.getKey())) {
                    f.declare(frame, List.of(e.getKey()), e.getValue());
                }
            }
        }
        f.file = c.parts().get(c.main()).file();
        return f.finish(c.type(), exports.get(c.main()));
    }

    private FlatComponent finish(ComponentType type, Map<String, Value> exports) {
        Map<String, Item> items = items(exports, type.exports(), List.of());
        return new FlatComponent(
                type,
                plan.finish(items),
                List.copyOf(modules),
                plan.faces(),
                plan.exported(),
                List.copyOf(exported),
                List.copyOf(names));
    }

    /** The name of a file without folders and ending. */
    private static String stem(String file) {
        String name = file.substring(file.lastIndexOf('/') + 1);
        int dot = name.lastIndexOf('.');
        return dot > 0 ? name.substring(0, dot) : name;
    }

    private UnsupportedComponentException unsupported(String what) {
        return new UnsupportedComponentException(what, file, at);
    }

    private void step() {
        if (++budget.steps > MAX_STEPS) {
            throw unsupported("more than " + MAX_STEPS + " definitions, counted once for each instance,");
        }
    }

    /**
     * Makes an instance of a component.
     *
     * @param given its imports; null for the outermost component, whose imports stay open
     */
    private Map<String, Value> run(Frame frame, Definition.Body body, Map<String, Value> given) {
        Map<String, Value> exports = new LinkedHashMap<>();
        for (Definition.Step s : body.steps()) {
            at = s.offset();
            step();
            if (s.what() instanceof Definition.Import i) {
                Value v = given == null ? open(frame, List.of(i.name()), i.type()) : given.get(i.name());
                bind(frame, i.type(), v);
                frame.add(v);
            } else if (s.what() instanceof Definition.Export e) {
                Value v = resolve(frame, e.what());
                exports.put(e.name(), v);
                frame.add(v);
            } else {
                define(frame, s.what());
            }
        }
        return exports;
    }

    private Value resolve(Frame frame, Definition.Ref ref) {
        return switch (ref) {
            case Definition.Indexed i -> frame.get(i);
            case Definition.OfType t ->
                new Value.OfType(t.type() instanceof ResourceType r ? frame.resources.get(r.id()) : null);
        };
    }

    private Map<String, Value> resolve(Frame frame, Map<String, Definition.Ref> refs) {
        Map<String, Value> result = LinkedHashMap.newLinkedHashMap(refs.size());
        refs.forEach((name, ref) -> {
            step();
            result.put(name, resolve(frame, ref));
        });
        return result;
    }

    private void define(Frame frame, Definition what) {
        switch (what) {
            case Definition.CoreModule m -> frame.modules.add(new Value.OwnModule(m.module()));
            case Definition.CoreInstance i -> frame.coreInstances.add(instantiate(frame, i));
            case Definition.CoreExports e -> {
                Map<String, CoreItem> exports = HashMap.newHashMap(e.exports().size());
                e.exports().forEach((name, c) -> {
                    step();
                    exports.put(name, frame.core(c.kind(), c.index()));
                });
                frame.coreInstances.add(new Value.CoreExports(exports));
            }
            case Definition.Nested n -> frame.components.add(new Value.OwnComponent(n.body(), n.type(), frame));
            case Definition.Instance i -> frame.instances.add(instantiate(frame, i));
            case Definition.Exports e -> frame.instances.add(new Value.Exports(resolve(frame, e.exports())));
            case Definition.ExportAlias a -> frame.add(export(frame.instances.get(a.instance()), a.name()));
            case Definition.CoreExportAlias a ->
                frame.core
                        .get(a.kind())
                        .add(frame.coreInstances.get(a.instance()).export(a.name()));
            case Definition.OuterAlias a -> {
                Frame outer = frame.outer(a.count());
                Value v = outer.get(a.what());
                if (outer.plan != plan && (v instanceof Value.ImportedModule || v instanceof Value.ImportedComponent)) {
                    throw unsupported("the export of a component that uses what the component around it imports");
                }
                frame.add(v);
            }
            case Definition.Resource r ->
                frame.resources.put(
                        r.id(),
                        new Value.Resource(frame.number, List.of(), frame.core(ExternKind.FUNC, r.destructor())));
            case Definition.Lift l -> {
                CoreItem function = frame.core(ExternKind.FUNC, l.function());
                FunctionType type = function(frame, l.type());
                int number = plan.lift(new Lift(frame.number, function, type, options(frame, l.options())));
                if (plan.depth(number) >= PlanCheck.MAX_DEPTH) {
                    throw unsupported(
                            "a function that is lifted and lowered more than " + PlanCheck.MAX_DEPTH + " times");
                }
                frame.funcs.add(new Value.Lifted(number));
            }
            case Definition.Lower l -> frame.core.get(ExternKind.FUNC).add(lower(frame, l));
            case Definition.ResourceFunction r -> {
                int resource = plan.resource(frame.resources.get(r.resource()));
                frame.core
                        .get(ExternKind.FUNC)
                        .add(plan.canon(
                                switch (r.builtin()) {
                                    case NEW -> new ResourceNew(frame.number, resource);
                                    case DROP -> new ResourceDrop(frame.number, resource);
                                    case REP -> new ResourceRep(frame.number, resource);
                                }));
            }
            case Definition.Import _, Definition.Export _ -> throw new IllegalArgumentException(what.toString());
        }
    }

    // Instances.

    private Value.CoreInstance instantiate(Frame frame, Definition.CoreInstance i) {
        if (++budget.coreInstances > MAX_CORE_INSTANCES) {
            throw unsupported("more than " + MAX_CORE_INSTANCES + " instances of core modules");
        }
        List<CoreItem> imports = new ArrayList<>();
        Value.Module module = frame.modules.get(i.module());
        CoreModuleType type = switch (module) {
            case Value.OwnModule(WasmModule m) -> CoreTypeReader.typeOf(m);
            case Value.ImportedModule m -> m.type();
        };
        for (Import name : type.imports().keySet()) {
            step();
            imports.add(frame.coreInstances.get(i.given().get(name.module())).export(name.name()));
        }
        WasmModule code = module instanceof Value.OwnModule(WasmModule m) ? m : type.face();
        modules.add(code);
        names.add(frame.path(name(frame, i.module(), code)));
        int imported = module instanceof Value.ImportedModule m ? plan.useModule(m.path(), type) : -1;
        return new Value.Instantiated(plan.instance(new CoreInstance(frame.number, List.copyOf(imports), imported)));
    }

    /** What the next core instance of a frame is called: by itself, or as its module, or by its number in the plan. */
    private String name(Frame frame, int number, WasmModule module) {
        String name = frame.names.coreInstances.get(frame.coreInstances.size());
        if (name == null) {
            name = module.names().module();
        }
        if (name == null) {
            name = frame.names.coreModules.get(number);
        }
        return name == null ? "instance" + names.size() : ComponentNames.cut(name);
    }

    /** What the next component instance of a frame is called: by itself, or as its component, or by its number. */
    private static String name(Frame frame, int component, ComponentNames inner, int number) {
        String name = frame.names.instances.get(frame.instances.size());
        if (name == null) {
            name = inner.own;
        }
        if (name == null) {
            name = frame.names.components.get(component);
        }
        return name == null ? "component" + number : name;
    }

    private Value.Instance instantiate(Frame frame, Definition.Instance i) {
        if (!(frame.components.get(i.component()) instanceof Value.OwnComponent c)) {
            throw unsupported("an instance of a component that the component imports");
        }
        if (depth >= Types.MAX_DEPTH) {
            throw unsupported("instances that make instances, deeper than " + Types.MAX_DEPTH);
        }
        int here = at;
        depth++;
        ComponentNames inside = c.body().names();
        int number = plan.component(frame.number);
        String name = name(frame, i.component(), inside, number);
        Frame inner = new Frame(plan, number, c.outer(), frame, inside, name);
        Value.Instance made = new Value.Exports(run(inner, c.body(), resolve(frame, i.given())));
        depth--;
        at = here;
        bind(frame, new Entity.Instance(i.type()), made);
        return made;
    }

    private Value export(Value.Instance instance, String name) {
        return switch (instance) {
            case Value.Exports e -> e.exports().get(name);
            case Value.ImportedInstance i -> {
                List<String> path = new ArrayList<>(i.path());
                path.add(name);
                yield open(i.frame(), List.copyOf(path), i.type().exports().get(name));
            }
        };
    }

    /** Something that the outermost component imports, whose frame this is. */
    private Value open(Frame frame, List<String> path, Entity type) {
        return switch (type) {
            case Entity.Module m -> new Value.ImportedModule(path, m.type());
            case Entity.Component _ -> new Value.ImportedComponent(path);
            case Entity.Func f -> new Value.Imported(path, f.type(), frame);
            case Entity.Instance i -> new Value.ImportedInstance(path, i.type(), frame);
            case Entity.OfType t ->
                new Value.OfType(
                        t.type() instanceof ResourceType r
                                ? frame.resources.computeIfAbsent(r.id(), _ -> importedResource(path))
                                : null);
        };
    }

    /** Notes what the outermost component imports. */
    private void declare(Frame frame, List<String> path, Entity e) {
        step();
        switch (e) {
            case Entity.Func _ -> plan.declare(path, ImportKind.FUNCTION, null);
            case Entity.Module m -> {
                plan.declare(path, ImportKind.CORE_MODULE, null);
                plan.module(path, m.type());
            }
            case Entity.Component _ -> plan.declare(path, ImportKind.COMPONENT, null);
            case Entity.OfType t -> {
                if (t.type() instanceof ResourceType r) {
                    plan.declare(path, ImportKind.RESOURCE, frame.resources.get(r.id()));
                }
            }
            case Entity.Instance i -> {
                plan.declare(path, ImportKind.INSTANCE, null);
                i.type().exports().forEach((name, export) -> {
                    List<String> inner = new ArrayList<>(path);
                    inner.add(name);
                    declare(frame, List.copyOf(inner), export);
                });
            }
        }
    }

    /** Components that are put together mean the same resource if they import it under the same names. */
    private Value.Resource importedResource(List<String> path) {
        List<String> key = composed ? path.stream().map(Composition::track).toList() : path;
        return importedResources.computeIfAbsent(key, _ -> new Value.Resource(-1, path, null));
    }

    /** Notes which resources the types of something mean in an instance. */
    private void bind(Frame frame, Entity type, Value v) {
        if (type instanceof Entity.OfType t && t.type() instanceof ResourceType r) {
            frame.resources.putIfAbsent(r.id(), ((Value.OfType) v).resource());
        } else if (type instanceof Entity.Instance i && i.hasResources()) {
            for (Map.Entry<String, Entity> e : i.type().exports().entrySet()) {
                step();
                if (e.getValue().hasResources() && !(e.getValue() instanceof Entity.Func)) {
                    bind(frame, e.getValue(), export((Value.Instance) v, e.getKey()));
                }
            }
        }
    }

    // Functions.

    private Options options(Frame frame, Definition.Options o) {
        return new Options(
                ENCODINGS[o.encoding()],
                frame.core(ExternKind.MEMORY, o.memory()),
                frame.core(ExternKind.FUNC, o.realloc()),
                frame.core(ExternKind.FUNC, o.postReturn()));
    }

    private CoreItem lower(Frame frame, Definition.Lower l) {
        Options options = options(frame, l.options());
        return plan.canon(
                switch (frame.funcs.get(l.function())) {
                    case Value.Lifted f -> new LowerLift(frame.number, f.lift(), options);
                    case Value.Imported f -> new LowerImport(frame.number, imported(f), options);
                });
    }

    private int imported(Value.Imported f) {
        return plan.imported(f.path(), function(f.frame(), f.type()));
    }

    private FunctionType function(Frame frame, FuncType f) {
        if (f.async()) {
            throw unsupported("an async function");
        }
        List<String> names = new ArrayList<>();
        List<InterfaceType> params = new ArrayList<>();
        for (FuncType.Param p : f.params()) {
            names.add(p.name());
            params.add(type(frame, p.type().shape()));
        }
        return new FunctionType(
                names,
                params,
                f.result() == null ? null : type(frame, f.result().shape()));
    }

    private InterfaceType type(Frame frame, ValueType t) {
        Map<ValueType, InterfaceType> known = t.hasResources() ? frame.types : types;
        InterfaceType result = known.get(t);
        if (result != null) {
            return result;
        }
        step();
        if (t.kind() == TypeKind.STREAM || t.kind() == TypeKind.FUTURE || t.kind() == TypeKind.ERROR_CONTEXT) {
            throw unsupported("a value of type " + t.kind());
        }
        List<InterfaceType> children = new ArrayList<>();
        for (int i = 0; i < t.childCount(); i++) {
            children.add(t.child(i) == null ? null : type(frame, t.child(i)));
        }
        int resource = t.resource() == null
                ? -1
                : plan.resource(frame.resources.get(t.resource().id()));
        result = plan.type(new InterfaceType(t.kind(), t.labels(), children, resource, t.length()));
        known.put(t, result);
        return result;
    }

    // Exports of the outermost component.

    /** What of some exports can be seen from outside. */
    private Map<String, Item> items(Map<String, Value> exports, Map<String, Entity> seen, List<String> path) {
        Map<String, Item> result = new LinkedHashMap<>();
        for (Map.Entry<String, Entity> e : seen.entrySet()) {
            step();
            List<String> inner = new ArrayList<>(path);
            inner.add(e.getKey());
            Item item = item(exports.get(e.getKey()), e.getValue(), inner);
            if (item != null) {
                result.put(e.getKey(), item);
            }
        }
        return result;
    }

    /** A component of its own: nothing of what is exported depends on instances of the component around it. */
    private int export(Value.OwnComponent c) {
        Integer known = exportedNumbers.get(c);
        if (known != null) {
            return known;
        }
        if (++budget.exports > MAX_EXPORTED_COMPONENTS) {
            throw unsupported("more than " + MAX_EXPORTED_COMPONENTS + " exports of components");
        }
        exported.add(new Flattening(file, false, budget).outermost(c.body(), c.type(), c.outer()));
        exportedNumbers.put(c, exported.size() - 1);
        return exported.size() - 1;
    }

    /** Null for what is nothing but a type. */
    private Item item(Value v, Entity seen, List<String> path) {
        return switch (v) {
            case Value.Lifted f -> new LiftedItem(f.lift());
            case Value.Imported f -> new ImportedItem(imported(f));
            case Value.OfType t -> t.resource() == null ? null : new ResourceItem(plan.resource(t.resource()));
            case Value.Instance i -> {
                Map<String, Value> exports = new HashMap<>();
                Map<String, Entity> inner = ((Entity.Instance) seen).type().exports();
                inner.keySet().forEach(name -> exports.put(name, export(i, name)));
                yield new InstanceItem(items(exports, inner, path));
            }
            case Value.OwnModule(WasmModule m) -> new ModuleItem(plan.export(m));
            case Value.ImportedModule m -> new ImportedModuleItem(plan.useModule(m.path(), m.type()));
            case Value.OwnComponent c -> new ComponentItem(export(c));
            case Value.ImportedComponent _ ->
                throw unsupported("the export of a component that is imported (" + String.join(" / ", path) + ")");
        };
    }
}
