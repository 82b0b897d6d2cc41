package kiln.codegen.aarch64;

import java.util.List;
import java.util.stream.IntStream;
import kiln.codegen.Places;
import kiln.codegen.Reg;
import kiln.ir.Type;

/** The registers of arguments and results, see docs/abi.md: x0-x7 and v0-v7, as in C (AAPCS64). */
final class CallingConvention {
    private static final List<Reg> INTEGERS =
            IntStream.range(0, 8).mapToObj(Registers::x).toList();
    private static final List<Reg> VECTORS =
            IntStream.range(0, 8).mapToObj(Registers::v).toList();

    private CallingConvention() {}

    /** Arguments of a wasm function. */
    static Places arguments(List<Type> types) {
        return Places.ofArguments(types, INTEGERS, VECTORS);
    }

    /** Results of a wasm function. */
    static Places results(List<Type> types) {
        return Places.ofResults(types, INTEGERS, VECTORS);
    }

    /**
     * Arguments of a C function.
     *
     * @throws IllegalArgumentException if they do not fit into registers
     */
    static Places nativeArguments(List<Type> types) {
        Places places = arguments(types);
        if (places.stackBytes() != 0) {
            throw new IllegalArgumentException("too many arguments of a native call: " + types);
        }
        return places;
    }
}
