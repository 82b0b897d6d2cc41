package kiln.codegen.x64;

import java.util.List;
import kiln.codegen.Places;
import kiln.codegen.Reg;
import kiln.ir.Type;

/** The registers of arguments and results, see docs/abi.md. */
final class CallingConvention {
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

    private CallingConvention() {}

    /** Arguments of a wasm function. */
    static Places arguments(List<Type> types) {
        return Places.ofArguments(types, ARGUMENTS, VECTORS);
    }

    /** Results of a wasm function. */
    static Places results(List<Type> types) {
        return Places.ofResults(types, RESULTS, VECTORS);
    }

    /**
     * Arguments of a C function (System V).
     *
     * @throws IllegalArgumentException if they do not fit into registers
     */
    static Places nativeArguments(List<Type> types) {
        Places places = Places.ofArguments(types, ARGUMENTS.subList(0, 6), VECTORS);
        if (places.stackBytes() != 0) {
            throw new IllegalArgumentException("too many arguments of a native call: " + types);
        }
        return places;
    }
}
