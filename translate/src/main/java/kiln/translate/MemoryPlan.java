package kiln.translate;

import kiln.artifact.MemoryConstants;
import kiln.ir.MemoryOp;
import kiln.ir.Region;
import kiln.ir.Type;

/** How code reaches one linear memory. */
final class MemoryPlan {
    final int index;
    /** Whether the context holds a pointer to the memory's record instead of the record. */
    final boolean imported;
    /** Offset in the VMContext of the record, or of the pointer to it. */
    final int contextOffset;
    /** Whether an access within {@link MemoryConstants#MAX_UNCHECKED_OFFSET} needs no comparison. */
    final boolean guarded;
    /** Bytes that the memory has at least, always. */
    final long minBytes;
    /** The memory's length in bytes if it can never change, else -1. */
    final long fixedBytes;
    /** The load of the base address: a memory that is guarded never moves. */
    final MemoryOp base;
    /** The load of the length. */
    final MemoryOp length;
    /** Accesses by log2 of the width, signedness and whether they may fault. */
    private final MemoryOp[] accesses = new MemoryOp[20];

    private final int region;

    /** @param region index of the accesses' {@link Region} */
    MemoryPlan(
            int index,
            boolean imported,
            int contextOffset,
            boolean guarded,
            long minBytes,
            long fixedBytes,
            int region) {
        this.index = index;
        this.imported = imported;
        this.contextOffset = contextOffset;
        this.guarded = guarded;
        this.minBytes = minBytes;
        this.fixedBytes = fixedBytes;
        this.base = new MemoryOp(8, false, Region.CONTEXT, false, guarded);
        this.length = MemoryOp.of(Type.I64, Region.CONTEXT);
        this.region = region;
        Region contents = new Region(Region.Kind.MEMORY, region);
        for (int i = 0; i < accesses.length; i++) {
            accesses[i] = new MemoryOp(1 << (i >> 2), (i & 2) != 0, contents, (i & 1) != 0, false);
        }
    }

    /**
     * The same memory for a module that imports it.
     *
     * @param pointer offset in that module's VMContext of the pointer to the record
     * @param distance of this module's VMContext from that one's, if they are linked
     */
    MemoryPlan linked(int newIndex, int pointer, int distance) {
        return imported
                ? new MemoryPlan(newIndex, true, pointer, guarded, minBytes, fixedBytes, region)
                : new MemoryPlan(newIndex, false, distance + contextOffset, guarded, minBytes, fixedBytes, region);
    }

    MemoryOp access(int log2Width, boolean signed, boolean canTrap) {
        return accesses[log2Width << 2 | (signed ? 2 : 0) | (canTrap ? 1 : 0)];
    }
}
