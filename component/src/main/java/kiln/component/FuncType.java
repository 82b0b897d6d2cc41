package kiln.component;

import java.util.List;

/**
 * A function between components.
 *
 * @param async whether it may block its caller's instance
 * @param result null if it returns nothing
 * @param size see {@link Type#size}
 * @param hasResources see {@link Type#hasResources}
 */
public record FuncType(boolean async, List<Param> params, ValueType result, int size, boolean hasResources)
        implements Type {
    FuncType(boolean async, List<Param> params, ValueType result) {
        this(async, List.copyOf(params), result, sizeOf(params, result), hasResources(params, result));
    }

    /** A parameter with its name. */
    public record Param(String name, ValueType type) {}

    private static int sizeOf(List<Param> params, ValueType result) {
        long size = 1;
        for (Param p : params) {
            size += p.type.size();
        }
        return Types.clamp(result == null ? size : size + result.size());
    }

    private static boolean hasResources(List<Param> params, ValueType result) {
        for (Param p : params) {
            if (p.type.hasResources()) {
                return true;
            }
        }
        return result != null && result.hasResources();
    }
}
