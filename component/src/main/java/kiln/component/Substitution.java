package kiln.component;

import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Puts resources in the place of others, as where an instance is made of a component; and new names in the place of
 * old ones, as where an instance is exported.
 */
final class Substitution {
    private final Types types;
    private final Map<ResourceType.Id, ResourceType> resources = new HashMap<>();
    /** By old name. */
    private final Map<Integer, Integer> names = new HashMap<>();
    /** What was made of a type already. */
    private final Map<Object, Object> done = new IdentityHashMap<>();

    Substitution(Types types) {
        this.types = types;
    }

    void put(ResourceType.Id from, ResourceType to) {
        resources.put(from, to);
        done.clear();
    }

    void rename(int from, int to) {
        names.put(from, to);
        done.clear();
    }

    boolean has(ResourceType.Id id) {
        return resources.containsKey(id);
    }

    private boolean leaves(boolean hasResources) {
        return names.isEmpty() && (resources.isEmpty() || !hasResources);
    }

    Entity apply(Entity e) {
        if (leaves(e.hasResources())) {
            return e;
        }
        return switch (e) {
            case Entity.Module m -> m;
            case Entity.Func f -> new Entity.Func(apply(f.type()));
            case Entity.OfType t -> new Entity.OfType(apply(t.type()));
            case Entity.Instance i -> new Entity.Instance(apply(i.type()));
            case Entity.Component c -> new Entity.Component(apply(c.type()));
        };
    }

    Type apply(Type t) {
        return switch (t) {
            case ValueType v -> apply(v);
            case FuncType f -> apply(f);
            case InstanceType i -> apply(i);
            case ComponentType c -> apply(c);
            case ResourceType r -> apply(r);
        };
    }

    ResourceType apply(ResourceType r) {
        ResourceType to = resources.get(r.id());
        if (to != null) {
            return to;
        }
        Integer name = names.get(r.name());
        return name == null ? r : new ResourceType(r.id(), name);
    }

    ValueType apply(ValueType v) {
        if (leaves(v.hasResources())) {
            return v;
        }
        Object known = done.get(v);
        if (known != null) {
            return (ValueType) known;
        }
        ValueType[] children = v.children();
        boolean same = true;
        for (int i = 0; i < children.length; i++) {
            if (children[i] != null) {
                ValueType c = apply(children[i]);
                same &= c == children[i];
                children[i] = c;
            }
        }
        ResourceType resource = v.resource() == null ? null : apply(v.resource());
        same &= resource == null || resource.equals(v.resource());
        ValueType result = same ? v : types.with(v, children, resource);
        Integer name = names.get(v.name());
        if (name != null) {
            result = types.named(result, name);
        }
        if (result != v) {
            types.copied(1 + children.length);
        }
        done.put(v, result);
        return result;
    }

    FuncType apply(FuncType f) {
        if (leaves(f.hasResources())) {
            return f;
        }
        types.copied(1 + f.params().size());
        return new FuncType(
                f.async(),
                f.params().stream()
                        .map(p -> new FuncType.Param(p.name(), apply(p.type())))
                        .toList(),
                f.result() == null ? null : apply(f.result()));
    }

    InstanceType apply(InstanceType i) {
        if (leaves(i.hasResources())) {
            return i;
        }
        Object known = done.get(i);
        if (known != null) {
            return (InstanceType) known;
        }
        Set<ResourceType.Id> own = new HashSet<>(i.resources());
        own.removeAll(resources.keySet());
        InstanceType result = new InstanceType(apply(i.exports()), own);
        done.put(i, result);
        return result;
    }

    ComponentType apply(ComponentType c) {
        if (leaves(c.hasResources())) {
            return c;
        }
        Object known = done.get(c);
        if (known != null) {
            return (ComponentType) known;
        }
        ComponentType result = new ComponentType(apply(c.imports()), apply(c.exports()), c.imported(), c.defined());
        done.put(c, result);
        return result;
    }

    Map<String, Entity> apply(Map<String, Entity> entities) {
        types.copied(1 + entities.size());
        Map<String, Entity> result = LinkedHashMap.newLinkedHashMap(entities.size());
        for (Map.Entry<String, Entity> e : entities.entrySet()) {
            result.put(e.getKey(), apply(e.getValue()));
        }
        return result;
    }
}
