package kiln.codegen;

import java.util.List;
import kiln.ir.Type;

/**
 * Where the arguments or results of a call lie: in registers, each class counting for itself, while there are any, then
 * in memory; see docs/abi.md.
 *
 * @param registers for each value its register, or null if it has none
 * @param offsets for each value without register: of an argument, bytes from the stack pointer at the call; of a
 *     result, bytes from {@code StoreLayout.RESULTS}
 * @param stackBytes bytes of stack arguments, a multiple of 16; 0 for results
 */
public record ArgumentLocations(Reg[] registers, int[] offsets, int stackBytes) {
    private static final int RESULT_BYTES = 16;

    /** Those of arguments, given the registers of each class in order. */
    public static ArgumentLocations ofArguments(List<Type> types, List<Reg> integers, List<Reg> vectors) {
        return assign(types, integers, vectors, false);
    }

    /** Those of results, given the registers of each class in order. */
    public static ArgumentLocations ofResults(List<Type> types, List<Reg> integers, List<Reg> vectors) {
        return assign(types, integers, vectors, true);
    }

    private static ArgumentLocations assign(List<Type> types, List<Reg> integers, List<Reg> vectors, boolean results) {
        Reg[] registers = new Reg[types.size()];
        int[] offsets = new int[types.size()];
        int usedIntegers = 0;
        int usedVectors = 0;
        int bytes = 0;
        for (int i = 0; i < registers.length; i++) {
            Type t = types.get(i);
            boolean integer = RegClass.of(t) == RegClass.INT;
            if (integer && usedIntegers < integers.size()) {
                registers[i] = integers.get(usedIntegers++);
            } else if (!integer && usedVectors < vectors.size()) {
                registers[i] = vectors.get(usedVectors++);
            } else {
                int size = results ? RESULT_BYTES : Math.max(8, t.bytes());
                offsets[i] = bytes + size - 1 & -size;
                bytes = offsets[i] + size;
            }
        }
        return new ArgumentLocations(registers, offsets, results ? 0 : bytes + 15 & -16);
    }
}
