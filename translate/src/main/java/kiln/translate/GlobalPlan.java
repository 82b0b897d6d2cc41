package kiln.translate;

import kiln.ir.MemoryOp;
import kiln.ir.Region;
import kiln.ir.Type;

/**
 * How code reaches one global.
 *
 * @param imported whether the context holds a pointer to the cell instead of the cell
 * @param contextOffset offset in the VMContext of the cell, or of the pointer to it
 * @param constant the value, if it is known when compiling and never changes, else null
 * @param access a load or store of the cell
 */
record GlobalPlan(Type type, boolean imported, int contextOffset, Constant constant, MemoryOp access) {
    static GlobalPlan of(
            int index, Type type, boolean imported, int contextOffset, boolean changes, Constant constant) {
        Region region = new Region(Region.Kind.GLOBAL, imported ? Region.IMPORTED : index);
        MemoryOp access = changes ? MemoryOp.of(type, region) : MemoryOp.readOnly(type, region);
        return new GlobalPlan(type, imported, contextOffset, changes ? null : constant, access);
    }
}
