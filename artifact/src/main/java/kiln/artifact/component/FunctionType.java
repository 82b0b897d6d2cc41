package kiln.artifact.component;

import java.util.ArrayList;
import java.util.List;

/**
 * A function between components.
 *
 * @param names of the parameters
 * @param params their types
 * @param result null if it returns nothing
 */
public record FunctionType(List<String> names, List<InterfaceType> params, InterfaceType result) {
    /** More flat parameters than this are passed in memory instead. */
    public static final int MAX_FLAT_PARAMS = 16;
    /** More flat results than this are passed in memory instead. */
    public static final int MAX_FLAT_RESULTS = 1;

    public FunctionType {
        names = List.copyOf(names);
        params = List.copyOf(params);
    }

    /** All parameters as core values, as far as {@link ValueLayout#MAX_FLAT}. */
    public List<CoreType> flatParams() {
        List<CoreType> flat = new ArrayList<>();
        for (InterfaceType p : params) {
            ValueLayout.append(flat, p.layout().flat());
        }
        return flat;
    }

    /** The result as core values, as far as {@link ValueLayout#MAX_FLAT}. */
    public List<CoreType> flatResults() {
        return result == null ? List.of() : result.layout().flat();
    }

    /** Whether the parameters are passed as one tuple in memory, by its address. */
    public boolean spillsParams() {
        return flatParams().size() > MAX_FLAT_PARAMS;
    }

    /** Whether the result is passed in memory, by its address. */
    public boolean spillsResult() {
        return flatResults().size() > MAX_FLAT_RESULTS;
    }

    /** Whether a handle, owned or lent, can occur in a parameter or the result. */
    public boolean hasHandles() {
        return params.stream().anyMatch(InterfaceType::hasHandles) || result != null && result.hasHandles();
    }

    /** Parameters of the core function that is lifted. */
    public List<CoreType> liftedParams() {
        return spillsParams() ? List.of(CoreType.I32) : flatParams();
    }

    /** Results of the core function that is lifted. */
    public List<CoreType> liftedResults() {
        return spillsResult() ? List.of(CoreType.I32) : flatResults();
    }

    /** Parameters of the core function that a lowering makes: a result in memory goes where the last one says. */
    public List<CoreType> loweredParams() {
        List<CoreType> params = new ArrayList<>(liftedParams());
        if (spillsResult()) {
            params.add(CoreType.I32);
        }
        return params;
    }

    /** Results of the core function that a lowering makes. */
    public List<CoreType> loweredResults() {
        return spillsResult() ? List.of() : flatResults();
    }
}
