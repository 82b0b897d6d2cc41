package kiln.translate;

import kiln.ir.MemoryOp;
import kiln.ir.Region;
import kiln.ir.Type;

/** How code reaches one table. */
final class TablePlan {
    final int index;
    /** Whether the context holds a pointer to the table's record instead of the record. */
    final boolean imported;
    /** Offset in the VMContext of the record, or of the pointer to it. */
    final int contextOffset;
    /** The {@link kiln.wasm.ValType} of the elements. */
    final int elementValType;
    final Type elementType;
    /** The table's length if it can never change, else -1. */
    final long fixedLength;
    /** The load of the base address: a table that cannot grow never moves. */
    final MemoryOp base;
    /** The load of the length, which fits into 32 bits. */
    final MemoryOp length;
    /**
     * An access to an element. It stands behind a comparison and may be out of bounds without it, so it must not be
     * moved above: that is what {@code canTrap} says.
     */
    final MemoryOp element;

    TablePlan(int index, boolean imported, int contextOffset, int elementValType, Type elementType, long fixedLength) {
        this.index = index;
        this.imported = imported;
        this.contextOffset = contextOffset;
        this.elementValType = elementValType;
        this.elementType = elementType;
        this.fixedLength = fixedLength;
        this.base = new MemoryOp(8, false, Region.CONTEXT, false, fixedLength >= 0);
        this.length = MemoryOp.of(Type.I32, Region.CONTEXT);
        Region region = new Region(Region.Kind.TABLE, imported ? Region.IMPORTED : index);
        this.element = new MemoryOp(8, false, region, true, false);
    }
}
