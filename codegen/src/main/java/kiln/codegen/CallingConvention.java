package kiln.codegen;

import java.util.List;
import kiln.ir.Type;

/**
 * The registers that have a role in calls, see docs/abi.md.
 *
 * @param context holds the VMContext of the running instance
 * @param frame the frame base
 * @param arguments integer arguments of a wasm function, in order
 * @param results integer results, in order; the first one is also that of a C function
 * @param nativeArguments integer arguments of a C function, in order
 * @param vectors float and vector arguments and results, in order
 * @param clobbers what a call of a wasm function loses: everything that can hold a value
 * @param nativeClobbers what a call of a C function loses
 * @param tailAddress holds the address that a tail call jumps to: carries no argument
 * @param tailContext holds the VMContext that a tail call jumps in: carries no argument
 * @param callsThroughSlots whether calls read the address and VMContext to call from spill slots as well
 */
public record CallingConvention(
        Reg context,
        Reg frame,
        List<Reg> arguments,
        List<Reg> results,
        List<Reg> nativeArguments,
        List<Reg> vectors,
        RegSet clobbers,
        RegSet nativeClobbers,
        Reg tailAddress,
        Reg tailContext,
        boolean callsThroughSlots) {
    /** Where the arguments of a wasm function lie. */
    ArgumentLocations argumentLocations(List<Type> types) {
        return ArgumentLocations.ofArguments(types, arguments, vectors);
    }

    /** Where the results of a function lie. */
    ArgumentLocations resultLocations(List<Type> types) {
        return ArgumentLocations.ofResults(types, results, vectors);
    }

    /**
     * Where the arguments of a C function lie.
     *
     * @throws IllegalArgumentException if they do not fit into registers
     */
    ArgumentLocations nativeArgumentLocations(List<Type> types) {
        ArgumentLocations locations = ArgumentLocations.ofArguments(types, nativeArguments, vectors);
        if (locations.stackBytes() != 0) {
            throw new IllegalArgumentException("too many arguments of a native call: " + types);
        }
        return locations;
    }
}
