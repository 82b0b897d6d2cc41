package kiln.ir;

import java.util.List;

/** Parameters and results of a function in IR types; the VMContext is not among them. */
public record Signature(List<Type> params, List<Type> results) {
    public Signature {
        params = List.copyOf(params);
        results = List.copyOf(results);
    }

    // By hand, since linking what records have by themselves takes milliseconds; see architecture.md.
    @Override
    public boolean equals(Object o) {
        return o instanceof Signature s && params.equals(s.params) && results.equals(s.results);
    }

    @Override
    public int hashCode() {
        return 31 * params.hashCode() + results.hashCode();
    }

    @Override
    public String toString() {
        return params + " -> " + results;
    }
}
