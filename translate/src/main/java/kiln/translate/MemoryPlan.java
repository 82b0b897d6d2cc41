package kiln.translate;

import kiln.artifact.MemoryConstants;
import kiln.ir.MemoryOp;
import kiln.ir.Region;
import kiln.ir.Type;
import kiln.wasm.ExternType;
import kiln.wasm.Limits;

/** How code reaches one linear memory. */
final class MemoryPlan {
    final int index;
    /** Whether the context holds a pointer to the memory's record instead of the record. */
    final boolean isPointer;
    /** Offset in the VMContext of the record, or of the pointer to it. */
    final int contextOffset;
    /**
     * Whether an access within {@link MemoryConstants#MAX_UNCHECKED_OFFSET} needs no comparison with the length.
     */
    final boolean guarded;
    /** Whether indices are i64. */
    final boolean is64;
    /** Whether other threads may access and grow it: then the context holds a pointer to its record. */
    final boolean shared;
    /** log2 of the bytes of a page. */
    final int pageShift;
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

    private final ExternType.Memory type;
    private final int region;

    /**
     * @param guarded see {@link #isGuarded}
     * @param isFixed whether the length can never change
     * @param region index of the accesses' {@link Region}
     */
    MemoryPlan(
            int index,
            boolean isPointer,
            int contextOffset,
            ExternType.Memory type,
            boolean guarded,
            boolean isFixed,
            int region) {
        this.index = index;
        this.isPointer = isPointer;
        this.contextOffset = contextOffset;
        this.type = type;
        this.guarded = guarded;
        this.is64 = type.is64();
        this.shared = type.shared();
        this.pageShift = type.pageShift();
        this.minBytes = MemoryConstants.bytes(type.limits().min(), pageShift);
        this.fixedBytes = isFixed ? minBytes : -1;
        this.base = new MemoryOp(8, false, Region.CONTEXT, false, guarded);
        this.length = MemoryOp.of(Type.I64, Region.CONTEXT);
        this.region = region;
        Limits limits = type.limits();
        boolean isSmall = region != Region.IMPORTED
                && MemoryConstants.isSmall(limits.min(), limits.hasMax(), limits.max(), is64, pageShift);
        Region contents = new Region(Region.Kind.MEMORY, region, isSmall);
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
        int place = isPointer ? pointer : distance + contextOffset;
        return new MemoryPlan(newIndex, isPointer, place, type, guarded, fixedBytes >= 0, region);
    }

    /** The same memory in a context that is {@code distance} bytes before its module's. */
    MemoryPlan at(int distance) {
        return new MemoryPlan(index, isPointer, distance + contextOffset, type, guarded, fixedBytes >= 0, region);
    }

    /** Whether code relies on pages that fault instead of comparing with the length. */
    static boolean isGuarded(ExternType.Memory type, TranslateOptions options) {
        Limits limits = type.limits();
        return !options.explicitBounds() && MemoryConstants.canBeGuarded(limits.min(), type.is64(), type.pageShift());
    }

    MemoryOp access(int log2Width, boolean signed, boolean canTrap) {
        return accesses[log2Width << 2 | (signed ? 2 : 0) | (canTrap ? 1 : 0)];
    }
}
