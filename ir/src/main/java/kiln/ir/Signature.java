package kiln.ir;

import java.util.List;

/** Parameters and results of a function in IR types; the VMContext is not among them. */
public record Signature(List<Type> params, List<Type> results) {
    public Signature {
        params = List.copyOf(params);
        results = List.copyOf(results);
    }

    @Override
    public String toString() {
        return params + " -> " + results;
    }
}
