package kiln.runtime.component;

import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.IntFunction;
import kiln.artifact.component.FunctionType;
import kiln.artifact.component.InterfaceType;
import kiln.artifact.component.WitTypes;

/**
 * The type that a function has where it is defined or imported, and what its resources are.
 *
 * @param names of its resources, by number
 * @param identities of its resources, by number: objects that are equal for the same resource; null if it is not known
 */
record Signature(FunctionType type, IntFunction<String> names, IntFunction<Object> identities) {
    private record Pair(InterfaceType a, InterfaceType b) {}

    /** In WIT. */
    @Override
    public String toString() {
        return WitTypes.text(type, names);
    }

    /** Whether values can pass between the two; names of parameters say nothing. */
    boolean matches(Signature other) {
        List<InterfaceType> params = type.params();
        if (params.size() != other.type.params().size()) {
            return false;
        }
        Set<Pair> equal = new HashSet<>();
        for (int i = 0; i < params.size(); i++) {
            if (!same(params.get(i), other, other.type.params().get(i), equal)) {
                return false;
            }
        }
        return same(type.result(), other, other.type.result(), equal);
    }

    /** @param equal pairs that were compared before, so that shared parts are compared once */
    private boolean same(InterfaceType a, Signature other, InterfaceType b, Set<Pair> equal) {
        if (a == null || b == null) {
            return a == b;
        }
        if (!equal.add(new Pair(a, b))) {
            return true;
        }
        if (a.kind() != b.kind()
                || a.length() != b.length()
                || !a.labels().equals(b.labels())
                || a.children().size() != b.children().size()) {
            return false;
        }
        if (a.resource() >= 0) {
            Object mine = identities.apply(a.resource());
            Object others = other.identities.apply(b.resource());
            return mine == null || others == null || Objects.equals(mine, others);
        }
        for (int i = 0; i < a.children().size(); i++) {
            if (!same(a.children().get(i), other, b.children().get(i), equal)) {
                return false;
            }
        }
        return true;
    }
}
