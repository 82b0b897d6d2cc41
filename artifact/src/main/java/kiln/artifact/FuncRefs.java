package kiln.artifact;

import java.util.Arrays;

/**
 * The funcref slots of a module's VMContext: imported functions first, then the defined functions that escape, in
 * ascending order. Two arrays, because there may be a hundred thousand. Immutable.
 */
public final class FuncRefs {
    public static final FuncRefs NONE = new FuncRefs(new int[0], new int[0]);

    private final int[] functions;
    private final int[] types;

    /**
     * @param functions by slot: index in the module's function space, strictly ascending
     * @param types by slot: type index of the function
     * @throws IllegalArgumentException if the lengths differ or the order is not ascending
     */
    public FuncRefs(int[] functions, int[] types) {
        if (functions.length != types.length) {
            throw new IllegalArgumentException("as many types as functions");
        }
        for (int i = 0; i < functions.length; i++) {
            if (functions[i] < 0 || i > 0 && functions[i] <= functions[i - 1]) {
                throw new IllegalArgumentException("functions not ascending at slot " + i);
            }
        }
        this.functions = functions.clone();
        this.types = types.clone();
    }

    public int count() {
        return functions.length;
    }

    /** Index in the module's function space. */
    public int function(int slot) {
        return functions[slot];
    }

    /** Type index of the function in {@code slot}. */
    public int type(int slot) {
        return types[slot];
    }

    /** The functions of all slots from {@code slot} on: without a call for each. */
    public int[] functionsFrom(int slot) {
        return Arrays.copyOfRange(functions, slot, functions.length);
    }

    /** The type indices of all slots from {@code slot} on. */
    public int[] typesFrom(int slot) {
        return Arrays.copyOfRange(types, slot, types.length);
    }

    /** The slot of {@code function}, or -1 if it does not escape. */
    public int slotOf(int function) {
        int slot = Arrays.binarySearch(functions, function);
        return slot < 0 ? -1 : slot;
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof FuncRefs f && Arrays.equals(functions, f.functions) && Arrays.equals(types, f.types);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(functions) + Arrays.hashCode(types);
    }

    @Override
    public String toString() {
        return "FuncRefs" + Arrays.toString(functions);
    }
}
