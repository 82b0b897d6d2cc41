package kiln.types;

import java.util.Arrays;

/** A function type: parameter and result types, each a {@link ValType}. Also the type of a block. */
public final class FuncType implements CompositeType {
    private static final int[] NO_TYPES = {};

    /** No parameters, no results. */
    public static final FuncType EMPTY = new FuncType(NO_TYPES, NO_TYPES);

    private final int[] params;
    private final int[] results;

    /** Takes ownership of both arrays. */
    public FuncType(int[] params, int[] results) {
        this.params = params;
        this.results = results;
    }

    /** No parameters, one result. */
    public static FuncType ofResult(int result) {
        return new FuncType(NO_TYPES, new int[] {result});
    }

    public int paramCount() {
        return params.length;
    }

    /** The {@link ValType} of parameter {@code i}. */
    public int param(int i) {
        return params[i];
    }

    public int resultCount() {
        return results.length;
    }

    /** The {@link ValType} of result {@code i}. */
    public int result(int i) {
        return results[i];
    }

    /** The parameter types, not to be changed. */
    public int[] params() {
        return params;
    }

    /** The result types, not to be changed. */
    public int[] results() {
        return results;
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof FuncType f && Arrays.equals(params, f.params) && Arrays.equals(results, f.results);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(params) + Arrays.hashCode(results);
    }

    @Override
    public String toString() {
        StringBuilder out = new StringBuilder("(func");
        append(out, " (param", params);
        append(out, " (result", results);
        return out.append(')').toString();
    }

    private static void append(StringBuilder out, String keyword, int[] types) {
        if (types.length > 0) {
            out.append(keyword);
            for (int t : types) {
                out.append(' ').append(ValType.toString(t));
            }
            out.append(')');
        }
    }
}
