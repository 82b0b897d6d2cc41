package kiln.codegen;

import java.util.List;

/**
 * What the allocator knows of an instruction set.
 *
 * @param allocatableInt integer registers that it may use, in order of preference
 * @param allocatableVector vector registers that it may use, in order of preference
 * @param scratch registers of each class that it may use for the length of one move sequence (never allocated), or an
 *     empty list where moves need none
 */
public record RegisterFile(List<Reg> allocatableInt, List<Reg> allocatableVector, List<Reg> scratch) {
    public List<Reg> allocatable(RegClass c) {
        return c == RegClass.INT ? allocatableInt : allocatableVector;
    }
}
