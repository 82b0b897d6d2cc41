package kiln.component;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import kiln.artifact.component.ComponentPlan.CoreItem;
import kiln.artifact.component.InterfaceType;
import kiln.wasm.ExternKind;

/** The index spaces of one instance of a component while it is flattened: what each index means there. */
final class Frame {
    /** The plan that the component instance belongs to. */
    final PlanBuilder plan;
    /** The component instance's number in the plan. */
    final int number;
    /** That of the component around this one, whose modules and components it may use; null for the outermost. */
    final Frame outer;

    /** What the component's parts are called. */
    final ComponentNames names;
    /** The instance that made this one, or null. */
    private final Frame maker;
    /** What the instance is called, or null. */
    private final String name;

    final Map<ExternKind, List<CoreItem>> core = new EnumMap<>(ExternKind.class);
    final List<Value.Module> modules = new ArrayList<>();
    final List<Value.CoreInstance> coreInstances = new ArrayList<>();
    final List<Value.Func> funcs = new ArrayList<>();
    final List<Value.Component> components = new ArrayList<>();
    final List<Value.Instance> instances = new ArrayList<>();
    /** What the resources that the component's types speak of are in this instance. */
    final Map<ResourceType.Id, Value.Resource> resources = new HashMap<>();
    /** Types with resources that were converted, by shape. */
    final Map<ValueType, InterfaceType> types = new IdentityHashMap<>();

    Frame(PlanBuilder plan, int number, Frame outer, Frame maker, ComponentNames names, String name) {
        this.plan = plan;
        this.number = number;
        this.outer = outer;
        this.names = names;
        this.maker = maker;
        this.name = name;
        for (ExternKind k : ExternKind.values()) {
            core.put(k, new ArrayList<>());
        }
    }

    /** What a part is called in backtraces: the names of the instances around it, each with a slash, and its own. */
    String path(String part) {
        String path = part;
        for (Frame f = this; f != null; f = f.maker) {
            path = f.name == null ? path : f.name + "/" + path;
        }
        return path;
    }

    /** The frame that an alias counts to, outwards from this. */
    Frame outer(int count) {
        Frame f = this;
        for (int i = 0; i < count; i++) {
            f = f.outer;
        }
        return f;
    }

    /** Puts something into its index space; types have none. */
    void add(Value v) {
        switch (v) {
            case Value.Module m -> modules.add(m);
            case Value.Component c -> components.add(c);
            case Value.Func f -> funcs.add(f);
            case Value.Instance i -> instances.add(i);
            case Value.OfType _ -> {}
        }
    }

    Value get(Definition.Indexed i) {
        return switch (i.sort()) {
            case MODULE -> modules.get(i.index());
            case FUNC -> funcs.get(i.index());
            case COMPONENT -> components.get(i.index());
            case INSTANCE -> instances.get(i.index());
        };
    }

    /** What an index of a core definition means, or null for -1. */
    CoreItem core(ExternKind kind, int index) {
        return index < 0 ? null : core.get(kind).get(index);
    }
}
