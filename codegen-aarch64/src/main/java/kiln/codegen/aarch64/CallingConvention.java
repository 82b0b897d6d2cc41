package kiln.codegen.aarch64;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import kiln.codegen.Reg;
import kiln.codegen.RegClass;
import kiln.ir.Type;

/** Where arguments and results of calls lie; see {@code docs/abi.md}. */
final class CallingConvention {
    /** x0-x7 and v0-v7, for arguments and results, in the wasm convention and (AAPCS64) in C's. */
    private static final int REGISTERS = 8;

    /**
     * The places of a list of values.
     *
     * @param registers for each value its register, or null
     * @param offsets for each value without a register its offset: of an argument in bytes from the stack pointer at
     *     the call, of a result in the results area of the store
     * @param stackBytes size of the stack arguments, a multiple of 16
     */
    record Places(List<Reg> registers, List<Integer> offsets, int stackBytes) {}

    private CallingConvention() {}

    static Places arguments(List<Type> types) {
        Counter counter = new Counter();
        int offset = 0;
        for (Type t : types) {
            if (!counter.takeRegister(t)) {
                int size = t == Type.V128 ? 16 : 8;
                offset = offset + size - 1 & -size;
                counter.offsets.add(offset);
                offset += size;
            }
        }
        return counter.places(offset + 15 & -16);
    }

    static Places results(List<Type> types) {
        Counter counter = new Counter();
        int offset = 0;
        for (Type t : types) {
            if (!counter.takeRegister(t)) {
                counter.offsets.add(offset);
                offset += 16;
            }
        }
        return counter.places(0);
    }

    private static final class Counter {
        final List<Reg> registers = new ArrayList<>();
        final List<Integer> offsets = new ArrayList<>();
        private int ints;
        private int vectors;

        /** Gives the next value a register if one is left; else the caller adds its offset. */
        boolean takeRegister(Type t) {
            boolean isInt = RegClass.of(t) == RegClass.INT;
            if ((isInt ? ints : vectors) == REGISTERS) {
                registers.add(null);
                return false;
            }
            registers.add(isInt ? Registers.x(ints++) : Registers.v(vectors++));
            offsets.add(0);
            return true;
        }

        Places places(int stackBytes) {
            // A plain list: it holds nulls.
            return new Places(Collections.unmodifiableList(registers), List.copyOf(offsets), stackBytes);
        }
    }
}
