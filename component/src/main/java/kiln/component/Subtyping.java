package kiln.component;

import java.util.Collection;
import java.util.Map;

/** Whether one thing may stand where another is wanted. Every question answers with what is wrong, or null. */
final class Subtyping {
    private final Types types;

    Subtyping(Types types) {
        this.types = types;
    }

    String check(Entity given, Entity wanted) {
        if (given instanceof Entity.Module g && wanted instanceof Entity.Module w) {
            return g.type().matches(w.type()) ? null : "type mismatch between core modules";
        } else if (given instanceof Entity.Func g && wanted instanceof Entity.Func w) {
            return functions(g.type(), w.type());
        } else if (given instanceof Entity.OfType g && wanted instanceof Entity.OfType w) {
            return equalTypes(g.type(), w.type());
        } else if (given instanceof Entity.Instance g && wanted instanceof Entity.Instance w) {
            return instances(g.type(), w.type());
        } else if (given instanceof Entity.Component g && wanted instanceof Entity.Component w) {
            return components(g.type(), w.type());
        }
        return "expected " + wanted.sort() + ", found " + given.sort();
    }

    private String functions(FuncType given, FuncType wanted) {
        if (given.async() != wanted.async()) {
            return "type mismatch: one function is async";
        }
        if (given.params().size() != wanted.params().size()) {
            return "expected " + wanted.params().size() + " parameters, found "
                    + given.params().size();
        }
        for (int i = 0; i < given.params().size(); i++) {
            FuncType.Param g = given.params().get(i);
            FuncType.Param w = wanted.params().get(i);
            if (!g.name().equals(w.name())) {
                return "expected parameter named `" + w.name() + "`, found `" + g.name() + "`";
            }
            if (g.type().shape() != w.type().shape()) {
                return "type mismatch in function parameter `" + w.name() + "`";
            }
        }
        boolean same = given.result() == null || wanted.result() == null
                ? given.result() == wanted.result()
                : given.result().shape() == wanted.result().shape();
        return same ? null : "type mismatch with result type";
    }

    private String equalTypes(Type given, Type wanted) {
        if (given instanceof ValueType g && wanted instanceof ValueType w) {
            return g.shape() == w.shape() ? null : "type mismatch: expected " + w.kind() + ", found " + g.kind();
        } else if (given instanceof ResourceType g && wanted instanceof ResourceType w) {
            return g.id() == w.id() ? null : "resource types are not the same";
        } else if (given instanceof FuncType g && wanted instanceof FuncType w) {
            return functions(g, w);
        } else if (given instanceof InstanceType g && wanted instanceof InstanceType w) {
            String there = instances(g, w);
            return there != null ? there : instances(w, g);
        } else if (given instanceof ComponentType g && wanted instanceof ComponentType w) {
            String there = components(g, w);
            return there != null ? there : components(w, g);
        }
        return "expected another kind of type";
    }

    private String instances(InstanceType given, InstanceType wanted) {
        Substitution s = new Substitution(types);
        String problem = bind(given.exports(), wanted.exports(), wanted.resources(), s);
        return problem != null ? problem : exports(given.exports(), wanted.exports(), s);
    }

    /** Whether all that is wanted is there, of the right types once {@code s} was applied to what is wanted. */
    String exports(Map<String, Entity> given, Map<String, Entity> wanted, Substitution s) {
        for (Map.Entry<String, Entity> e : wanted.entrySet()) {
            Entity g = given.get(e.getKey());
            if (g == null) {
                return "missing expected export `" + e.getKey() + "`";
            }
            String problem = check(g, s.apply(e.getValue()));
            if (problem != null) {
                return problem + " (`" + e.getKey() + "`)";
            }
        }
        return null;
    }

    private String components(ComponentType given, ComponentType wanted) {
        // What the wanted one is given must do for the given one ...
        Substitution in = new Substitution(types);
        String problem = bind(wanted.imports(), given.imports(), given.imported(), in);
        if (problem != null) {
            return problem;
        }
        for (Map.Entry<String, Entity> i : given.imports().entrySet()) {
            Entity offered = wanted.imports().get(i.getKey());
            if (offered == null) {
                return "missing expected import `" + i.getKey() + "`";
            }
            problem = check(offered, in.apply(i.getValue()));
            if (problem != null) {
                return problem + " (`" + i.getKey() + "`)";
            }
        }
        // ... and what it makes of that for who wants it.
        Map<String, Entity> made = in.apply(given.exports());
        Substitution out = new Substitution(types);
        problem = bind(made, wanted.exports(), wanted.defined(), out);
        return problem != null ? problem : exports(made, wanted.exports(), out);
    }

    /**
     * Finds which resources stand for those that the wanted types leave open, and under which names types are known
     * that are given under others.
     *
     * @param open resources that may be any
     */
    String bind(
            Map<String, Entity> given,
            Map<String, Entity> wanted,
            Collection<ResourceType.Id> open,
            Substitution result) {
        for (Map.Entry<String, Entity> e : wanted.entrySet()) {
            Entity g = given.get(e.getKey());
            String problem = g == null ? null : bind(g, e.getValue(), open, result);
            if (problem != null) {
                return problem;
            }
        }
        return null;
    }

    String bind(Entity given, Entity wanted, Collection<ResourceType.Id> open, Substitution result) {
        if (wanted instanceof Entity.OfType w && w.type() instanceof ResourceType r && open.contains(r.id())) {
            if (!(given instanceof Entity.OfType g)) {
                return "expected resource, found " + given.sort();
            }
            if (!(g.type() instanceof ResourceType actual)) {
                return "expected resource, found another type";
            }
            if (!result.has(r.id())) {
                result.put(r.id(), actual);
            }
        } else if (wanted instanceof Entity.OfType w
                && w.type() instanceof ValueType v
                && given instanceof Entity.OfType g
                && g.type() instanceof ValueType actual) {
            if (v.name() != 0 && actual.name() != 0) {
                result.rename(v.name(), actual.name());
            }
        } else if (wanted instanceof Entity.Instance w && given instanceof Entity.Instance g) {
            return bind(g.type().exports(), w.type().exports(), open, result);
        }
        return null;
    }
}
