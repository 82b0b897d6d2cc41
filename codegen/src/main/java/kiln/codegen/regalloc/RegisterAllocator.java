package kiln.codegen.regalloc;

import kiln.codegen.CodegenOptions;
import kiln.codegen.MachFunction;
import kiln.codegen.MoveFactory;
import kiln.codegen.RegisterFile;

/** Gives every virtual register of a function a place: a physical register or a spill slot, which may change over time. */
public final class RegisterAllocator {
    private RegisterAllocator() {}

    /**
     * Rewrites {@code function} to physical registers, with moves inserted.
     *
     * @return number of eight-byte words of spill area used
     */
    public static int allocate(MachFunction function, RegisterFile file, MoveFactory moves, CodegenOptions options) {
        return SlotAllocator.allocate(function, file, moves);
    }
}
