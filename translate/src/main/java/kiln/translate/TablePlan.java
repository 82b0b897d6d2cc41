package kiln.translate;

import kiln.artifact.VMContextLayout;
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
    /** The {@link kiln.types.ValType} of the elements. */
    final int elementValType;

    final Type elementType;
    /** Whether elements are funcrefs, which stand in slots as {@link VMContextLayout} says. */
    final boolean hasFunctions;
    /** Whether a slot that is 0 may stand for a function. */
    final boolean isLazy;
    /** What the table contains for ever, or null if it may change or be seen from outside. */
    final SealedTable sealed;
    /** The type of indices and of the length. */
    final Type indexType;
    /** The table's length if it can never change and is not greater than 2^63-1, else negative. */
    final long fixedLength;
    /** The load of the base address: a table that cannot grow never moves. */
    final MemoryOp base;
    /** The load of the length, which fits into the type of indices. */
    final MemoryOp length;
    /** An access to a slot. It stands behind a comparison. */
    final MemoryOp element;
    /** A load of one word of a sealed table's entry. */
    final MemoryOp sealedWord;
    /** Index of the {@link Region} of accesses. */
    final int region;

    TablePlan(
            int index,
            boolean imported,
            int contextOffset,
            int elementValType,
            Type elementType,
            boolean isLazy,
            SealedTable sealed,
            boolean is64,
            long fixedLength,
            int region) {
        this.index = index;
        this.imported = imported;
        this.contextOffset = contextOffset;
        this.elementValType = elementValType;
        this.elementType = elementType;
        this.hasFunctions = elementType == Type.I64;
        this.isLazy = isLazy;
        this.sealed = sealed;
        this.indexType = is64 ? Type.I64 : Type.I32;
        this.fixedLength = fixedLength;
        this.base = new MemoryOp(8, false, Region.CONTEXT, false, fixedLength >= 0);
        this.length = MemoryOp.of(indexType, Region.CONTEXT);
        this.region = region;
        Region slots = new Region(Region.Kind.TABLE, region);
        this.element = MemoryOp.guarded(8, slots, false);
        this.sealedWord = MemoryOp.guarded(4, slots, true);
    }
}
