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
            int region, Type type, boolean imported, int contextOffset, boolean changes, Constant constant) {
        Region cell = new Region(Region.Kind.GLOBAL, region);
        MemoryOp access = changes ? MemoryOp.of(type, cell) : MemoryOp.readOnly(type, cell);
        return new GlobalPlan(type, imported, contextOffset, changes ? null : constant, access);
    }

    /**
     * The same global for a module that imports it.
     *
     * @param pointer offset in that module's VMContext of the pointer to the cell
     * @param distance of this module's VMContext from that one's, if they are linked
     */
    GlobalPlan linked(int pointer, int distance) {
        // A function's number means nothing in another module.
        Constant known = constant != null && constant.function() >= 0 ? null : constant;
        return new GlobalPlan(type, imported, imported ? pointer : distance + contextOffset, known, access);
    }
}
