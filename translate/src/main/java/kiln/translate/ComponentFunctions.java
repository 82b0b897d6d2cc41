package kiln.translate;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import kiln.artifact.FuncKey;
import kiln.artifact.component.ComponentContext;
import kiln.artifact.component.ComponentPlan;
import kiln.artifact.component.ComponentPlan.Canon;
import kiln.artifact.component.ComponentPlan.CoreItem;
import kiln.artifact.component.FunctionType;
import kiln.artifact.component.InterfaceType;
import kiln.artifact.component.TypeKind;
import kiln.ir.CallTarget;
import kiln.ir.Function;
import kiln.ir.Signature;
import kiln.ir.Type;
import kiln.wasm.Export;
import kiln.wasm.ExternKind;

/**
 * The functions of a component that are code and that no module defines: adapters between components, what they share,
 * and built-ins on handles. Calls of what the component imports, and the few adapters that cannot be code, are left to
 * the runtime, which gives a host function for each.
 *
 * <p>A function runs in the context of its home, the highest module that it touches: all others lie at a constant
 * distance from there. It can be translated as soon as the environments up to its home exist, so that the modules that
 * call it come after it.
 */
public final class ComponentFunctions {
    private final ComponentPlan plan;
    private final ComponentContext context;
    private final List<ModuleEnvironment> modules;
    private final Map<Integer, Item> items = new HashMap<>();
    private final Map<ValueCode.Helper, FuncKey> helpers = new LinkedHashMap<>();
    private final Map<FuncKey, ValueCode.Helper> helpersByKey = new HashMap<>();
    private final Map<Integer, Integer> helperCounts = new HashMap<>();
    private final ArrayDeque<FuncKey> newHelpers = new ArrayDeque<>();
    private final Map<InterfaceType, InterfaceType> elements = new IdentityHashMap<>();
    private final Map<InterfaceType, Boolean> plain = new IdentityHashMap<>();

    /** What stands for a canonical definition. */
    private sealed interface Item {
        CallTarget target();
    }

    /** A host function of the runtime. */
    private record InJava() implements Item {
        @Override
        public CallTarget target() {
            return null;
        }
    }

    private record Lowering(CallTarget target, AdapterCode.Adapter adapter) implements Item {}

    /** @param destructor of a resource that is dropped; null if there is none */
    private record Resource(CallTarget target, ComponentCode.Callee destructor) implements Item {}

    /**
     * @param modules by number, the component itself first; others may be added later, each before anything is asked
     *     that is about it
     */
    public ComponentFunctions(ComponentPlan plan, List<ModuleEnvironment> modules) {
        this.plan = plan;
        this.context = new ComponentContext(plan);
        this.modules = modules;
    }

    /**
     * The function that stands for a canonical definition, or null if that is a host function. All core instances that
     * the definition names must be among the modules.
     */
    public CallTarget target(int canon) {
        Item item = items.get(canon);
        if (item == null) {
            item = switch (plan.canons().get(canon)) {
                case ComponentPlan.LowerImport _ -> new InJava();
                case ComponentPlan.LowerLift c -> adapter(canon, c);
                case ComponentPlan.ResourceNew c -> resource(canon, c, null);
                case ComponentPlan.ResourceRep c -> resource(canon, c, null);
                case ComponentPlan.ResourceDrop c -> drop(canon, c);
            };
            items.put(canon, item);
        }
        return item.target();
    }

    /** The code of a function that {@link #target} or other code of the component names. */
    public Function translate(FuncKey key) {
        return switch (key.kind()) {
            case COMPONENT_ADAPTER -> AdapterCode.translate(this, key, ((Lowering) items.get(key.index())).adapter);
            case COMPONENT_HELPER ->
                key.payload() == 0
                        ? ComponentHelper.values()[key.index()].translate(this)
                        : ValueCode.translate(this, key, helpersByKey.get(key));
            case COMPONENT_TRAMPOLINE -> {
                Resource r = (Resource) items.get(key.index());
                yield switch (plan.canons().get(key.index())) {
                    case ComponentPlan.ResourceNew c -> HandleCode.resourceNew(this, key, c);
                    case ComponentPlan.ResourceRep c -> HandleCode.resourceRep(this, key, c);
                    case ComponentPlan.ResourceDrop c -> HandleCode.resourceDrop(this, key, c, r.destructor);
                    default -> throw new IllegalArgumentException(key.toString());
                };
            }
            default -> throw new IllegalArgumentException(key.toString());
        };
    }

    /** The adapters and built-ins that run in the context of a module, in the order of the plan. */
    public List<FuncKey> ofHome(int module) {
        List<FuncKey> keys = new ArrayList<>();
        for (int i = 0; i < plan.canons().size(); i++) {
            CallTarget target = target(i);
            if (target != null && target.key().payload() == module) {
                keys.add(target.key());
            }
        }
        return keys;
    }

    /** The functions of modules that adapters and built-ins call, one entry for each. */
    public List<FuncKey> callees() {
        List<FuncKey> keys = new ArrayList<>();
        for (int i = 0; i < plan.canons().size(); i++) {
            if (target(i) != null) {
                switch (items.get(i)) {
                    case Lowering l -> {
                        AdapterCode.Adapter a = l.adapter;
                        addCallee(keys, a.function());
                        addCallee(keys, a.postReturn());
                        addCallee(keys, a.callee().realloc());
                        addCallee(keys, a.caller().realloc());
                    }
                    case Resource r -> addCallee(keys, r.destructor);
                    case InJava _ -> {}
                }
            }
        }
        return keys;
    }

    private static void addCallee(List<FuncKey> keys, ComponentCode.Callee callee) {
        if (callee != null
                && callee.target().key() != null
                && !callee.target().key().isOfComponent()) {
            keys.add(callee.target().key());
        }
    }

    /** A helper that was asked for and not yet given by this method, or null if there is none. */
    public FuncKey nextHelper() {
        return newHelpers.poll();
    }

    // What code that is written asks.

    ComponentPlan plan() {
        return plan;
    }

    ComponentContext context() {
        return context;
    }

    TranslateOptions options() {
        return modules.getFirst().options();
    }

    int distance(int from, int to) {
        return modules.get(from).contexts().distance(from, to);
    }

    /** Whether a direct call may be left by an exception: adapters let none pass. */
    boolean mayThrow(FuncKey callee) {
        return !callee.isOfComponent() && modules.get(callee.payload()).mayThrow(callee);
    }

    FuncKey helper(ValueCode.Helper helper) {
        return helpers.computeIfAbsent(helper, h -> {
            int index = helperCounts.merge(h.home(), 1, Integer::sum) - 1;
            FuncKey key = FuncKey.of(FuncKey.Kind.COMPONENT_HELPER, h.home(), index);
            helpersByKey.put(key, h);
            newHelpers.add(key);
            return key;
        });
    }

    /** What a list or map is made of. */
    InterfaceType element(InterfaceType list) {
        return list.kind() == TypeKind.LIST
                ? list.children().getFirst()
                : elements.computeIfAbsent(
                        list, t -> new InterfaceType(TypeKind.TUPLE, List.of(), t.children(), -1, 0));
    }

    /**
     * Whether all bytes of a value are copied as they are. Between fields there must be none that mean nothing: they
     * would tell one component what lay in the other's memory.
     */
    boolean isPlain(InterfaceType type) {
        Boolean known = plain.get(type);
        if (known == null) {
            known = switch (type.kind()) {
                case S8, U8, S16, U16, S32, U32, S64, U64, F32, F64 -> true;
                case FLAGS -> type.labels().size() == 8 * type.layout().bytes();
                case RECORD, TUPLE -> {
                    long bytes = 0;
                    boolean all = true;
                    for (InterfaceType field : type.children()) {
                        bytes += field.layout().bytes();
                        all &= isPlain(field);
                    }
                    yield all && bytes == type.layout().bytes();
                }
                default -> false;
            };
            plain.put(type, known);
        }
        return known;
    }

    // What stands for what.

    private Item adapter(int canon, ComponentPlan.LowerLift lower) {
        ComponentPlan.Lift lift = plan.lifts().get(lower.lift());
        FunctionType type = lift.type();
        ComponentCode.Callee function = callee(lift.function());
        if (function == null || !isSupported(type)) {
            return new InJava();
        }
        ComponentPlan.Options calleeOptions = lift.options();
        ComponentPlan.Options callerOptions = lower.options();
        ComponentCode.Callee postReturn =
                calleeOptions.postReturn() == null ? null : callee(calleeOptions.postReturn());
        if (postReturn == null && calleeOptions.postReturn() != null) {
            return new InJava();
        }
        int home = Math.max(function.module(), postReturn == null ? 0 : postReturn.module());
        home = Math.max(home, Math.max(highest(calleeOptions), highest(callerOptions)));
        ComponentSide caller = side(lower.component(), callerOptions, home);
        ComponentSide callee = side(lift.component(), calleeOptions, home);
        if (caller == null || callee == null) {
            return new InJava();
        }
        boolean mayEnter =
                !isWithin(lower.component(), lift.component()) && !isWithin(lift.component(), lower.component());
        AdapterCode.Adapter adapter = new AdapterCode.Adapter(type, mayEnter, caller, callee, function, postReturn);
        FuncKey key = FuncKey.of(FuncKey.Kind.COMPONENT_ADAPTER, home, canon);
        return new Lowering(new CallTarget(key, adapter.signature()), adapter);
    }

    private Item resource(int canon, Canon c, ComponentCode.Callee destructor) {
        int home = destructor == null ? 0 : destructor.module();
        List<Type> results = c instanceof ComponentPlan.ResourceDrop ? List.of() : List.of(Type.I32);
        FuncKey key = FuncKey.of(FuncKey.Kind.COMPONENT_TRAMPOLINE, home, canon);
        return new Resource(new CallTarget(key, new Signature(List.of(Type.I32), results)), destructor);
    }

    private Item drop(int canon, ComponentPlan.ResourceDrop c) {
        CoreItem item = plan.resources().get(c.resource()).destructor();
        ComponentCode.Callee destructor = item == null ? null : callee(item);
        return destructor == null && item != null ? new InJava() : resource(canon, c, destructor);
    }

    /** Whether component instance {@code inner} is {@code outer} or lies in it. */
    private boolean isWithin(int inner, int outer) {
        for (int i = inner; i >= 0; i = plan.parents().get(i)) {
            if (i == outer) {
                return true;
            }
        }
        return false;
    }

    /** How a core function is called, or null if it is a host function that no module imports. */
    private ComponentCode.Callee callee(CoreItem item) {
        if (item instanceof ComponentPlan.CanonItem(int canon)) {
            CallTarget target = target(canon);
            return target == null
                    ? null
                    : new ComponentCode.Callee(target, target.key().payload(), 0);
        }
        ComponentPlan.CoreExport export = (ComponentPlan.CoreExport) item;
        ModuleEnvironment env = modules.get(export.instance() + 1);
        int func = exported(export, ExternKind.FUNC);
        CallTarget target = env.callTarget(func);
        return target.key() != null
                ? new ComponentCode.Callee(target, target.key().payload(), 0)
                : new ComponentCode.Callee(target, env.moduleIndex(), env.funcRefOffset(func));
    }

    private int exported(ComponentPlan.CoreExport export, ExternKind kind) {
        for (Export e : modules.get(export.instance() + 1).wasm().exports()) {
            if (e.kind() == kind && e.name().equals(export.name())) {
                return e.index();
            }
        }
        throw new IllegalStateException("core instance " + export.instance() + " has no " + kind + " " + export.name());
    }

    private int highest(ComponentPlan.Options options) {
        int module = 0;
        if (options.memory() instanceof ComponentPlan.CoreExport m) {
            module = modules.get(m.instance() + 1)
                    .memoryOwner(exported(m, ExternKind.MEMORY))
                    .module();
        }
        if (options.realloc() != null) {
            ComponentCode.Callee realloc = callee(options.realloc());
            module = Math.max(module, realloc == null ? 0 : realloc.module());
        }
        return module;
    }

    /** One side of an adapter, or null if code cannot serve it. */
    private ComponentSide side(int instance, ComponentPlan.Options options, int home) {
        ComponentCode.Callee realloc = options.realloc() == null ? null : callee(options.realloc());
        if (realloc == null && options.realloc() != null) {
            return null;
        }
        if (!(options.memory() instanceof ComponentPlan.CoreExport m)) {
            return new ComponentSide(instance, options.encoding(), null, 0, 0, realloc);
        }
        ModuleEnvironment.MemoryOwner owner = modules.get(m.instance() + 1).memoryOwner(exported(m, ExternKind.MEMORY));
        MemoryPlan memory = owner.plan().at(distance(home, owner.module()));
        return memory.is64 || memory.shared
                ? null
                : new ComponentSide(instance, options.encoding(), memory, owner.module(), memory.index, realloc);
    }

    /** Whether adapters for functions of the type can be code. */
    private boolean isSupported(FunctionType type) {
        Set<InterfaceType> seen = new HashSet<>();
        Set<Integer> lent = new HashSet<>();
        Set<Integer> given = new HashSet<>();
        List<InterfaceType> todo = new ArrayList<>(type.params());
        boolean inParams = true;
        while (true) {
            if (todo.isEmpty()) {
                if (!inParams || type.result() == null) {
                    break;
                }
                inParams = false;
                todo.add(type.result());
            }
            InterfaceType t = todo.removeLast();
            if (t == null || !seen.add(t)) {
                continue;
            }
            switch (t.kind()) {
                case ERROR_CONTEXT, ARRAY, STREAM, FUTURE -> {
                    return false;
                }
                case BORROW -> lent.add(t.resource());
                case OWN -> {
                    if (inParams) {
                        given.add(t.resource());
                    }
                }
                default -> todo.addAll(t.children());
            }
        }
        // While arguments are converted, what is lent must not be given away in the same call. That needs a count, and
        // afterwards a list of what was counted, which the runtime keeps. Otherwise nobody can look at the count: the
        // caller does not run before the callee is done.
        lent.retainAll(given);
        return lent.isEmpty();
    }
}
