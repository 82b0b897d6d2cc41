package kiln.codegen;

import java.util.List;

/**
 * What the allocator knows of an instruction set. Moves bring the scratch registers that they need themselves.
 *
 * @param allocatableInt integer registers that it may use, in order of preference
 * @param allocatableVector vector registers that it may use, in order of preference
 */
public record RegisterFile(List<Reg> allocatableInt, List<Reg> allocatableVector) {
    public List<Reg> allocatable(RegClass c) {
        return c == RegClass.INT ? allocatableInt : allocatableVector;
    }
}
