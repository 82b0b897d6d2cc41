package kiln.component;

import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;

/**
 * What may be seen outside: imports and exports are made of types that have a name there, which an import or an export
 * has given them before. Types are known by the numbers of their names.
 */
final class Visibility {
    private final Set<Integer> names = new HashSet<>();
    /** Types that were found to be made of known ones: names never go away, so they stay so. */
    private final Set<ValueType> admitted = Collections.newSetFromMap(new IdentityHashMap<>());

    /** From now on, the type is known outside, as are those that an instance exports. */
    void introduce(Entity e) {
        if (e instanceof Entity.OfType t) {
            if (t.type() instanceof ValueType v) {
                names.add(v.name());
            } else if (t.type() instanceof ResourceType r) {
                names.add(r.name());
            }
        } else if (e instanceof Entity.Instance i) {
            i.type().exports().values().forEach(this::introduce);
        }
    }

    /**
     * Whether an entity is made of known types only. Types that it exports itself, in an instance, are known to what
     * stands behind them, and from now on.
     */
    boolean admits(Entity e) {
        return switch (e) {
            case Entity.Module _, Entity.Component _ -> true;
            case Entity.Func f -> admits(f.type());
            case Entity.OfType t -> admitsDefinition(t.type());
            case Entity.Instance i -> admits(i.type().exports());
        };
    }

    private boolean admits(Map<String, Entity> exports) {
        for (Entity e : exports.values()) {
            if (!admits(e)) {
                return false;
            }
            introduce(e);
        }
        return true;
    }

    /** The type itself is about to get a name: only what it is made of must have one. */
    private boolean admitsDefinition(Type t) {
        return switch (t) {
            case ResourceType _, ComponentType _ -> true;
            case ValueType v -> admitsParts(v);
            case FuncType f -> admits(f);
            case InstanceType i -> copy().admits(i.exports());
        };
    }

    private Visibility copy() {
        Visibility v = new Visibility();
        v.names.addAll(names);
        return v;
    }

    private boolean admits(FuncType f) {
        for (FuncType.Param p : f.params()) {
            if (!admits(p.type())) {
                return false;
            }
        }
        return f.result() == null || admits(f.result());
    }

    private boolean admits(ValueType v) {
        if (v.name() != 0 && names.contains(v.name())) {
            return true;
        }
        if (admitted.contains(v)) {
            return true;
        }
        boolean known = !v.kind().needsName() && admitsParts(v);
        if (known) {
            admitted.add(v);
        }
        return known;
    }

    private boolean admitsParts(ValueType v) {
        if (v.resource() != null) {
            return names.contains(v.resource().name());
        }
        for (int i = 0; i < v.childCount(); i++) {
            if (v.child(i) != null && !admits(v.child(i))) {
                return false;
            }
        }
        return true;
    }
}
