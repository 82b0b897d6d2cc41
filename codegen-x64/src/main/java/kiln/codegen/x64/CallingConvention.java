package kiln.codegen.x64;

import java.util.List;
import kiln.codegen.Reg;
import kiln.codegen.RegClass;
import kiln.ir.Type;

/**
 * Where arguments and results lie, see docs/abi.md.
 *
 * @param registers for each value its register, or null if it has none
 * @param offsets for each value without register: of an argument, bytes from the stack pointer at the call; of a result,
 *     bytes from {@code StoreLayout.RESULTS}
 * @param stackBytes bytes of stack arguments, a multiple of 16
 */
record CallingConvention(Reg[] registers, int[] offsets, int stackBytes) {
    private static final List<Reg> ARGUMENTS = List.of(
            Registers.RDI,
            Registers.RSI,
            Registers.RDX,
            Registers.RCX,
            Registers.R8,
            Registers.R9,
            Registers.RAX,
            Registers.R10);
    private static final List<Reg> RESULTS = List.of(
            Registers.RAX,
            Registers.RDX,
            Registers.RCX,
            Registers.RSI,
            Registers.RDI,
            Registers.R8,
            Registers.R9,
            Registers.R10);
    private static final List<Reg> VECTORS = Registers.XMM.subList(0, 8);
    private static final int RESULT_BYTES = 16;

    /** Arguments of a wasm function. */
    static CallingConvention arguments(List<Type> types) {
        return assign(types, ARGUMENTS, false);
    }

    /** Results of a wasm function. */
    static CallingConvention results(List<Type> types) {
        return assign(types, RESULTS, true);
    }

    /**
     * Arguments of a C function (System V).
     *
     * @throws IllegalArgumentException if they do not fit into registers
     */
    static CallingConvention nativeArguments(List<Type> types) {
        CallingConvention c = assign(types, ARGUMENTS.subList(0, 6), false);
        if (c.stackBytes != 0) {
            throw new IllegalArgumentException("too many arguments of a native call: " + types);
        }
        return c;
    }

    private static CallingConvention assign(List<Type> types, List<Reg> integers, boolean results) {
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
            } else if (!integer && usedVectors < VECTORS.size()) {
                registers[i] = VECTORS.get(usedVectors++);
            } else if (results) {
                offsets[i] = bytes;
                bytes += RESULT_BYTES;
            } else {
                int size = Math.max(8, t.bytes());
                bytes = bytes + size - 1 & -size;
                offsets[i] = bytes;
                bytes += size;
            }
        }
        return new CallingConvention(registers, offsets, bytes + 15 & -16);
    }
}
