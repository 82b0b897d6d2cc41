package kiln.translate;

import static kiln.ir.Opcode.ADD;
import static kiln.ir.Opcode.ZEXT;

import kiln.artifact.MemoryConstants;
import kiln.artifact.VMContextLayout;
import kiln.artifact.api.TrapCode;
import kiln.ir.Block;
import kiln.ir.Builder;
import kiln.ir.IntCond;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.Value;

/**
 * Addresses in linear memories, and the checks that stand in front of accesses, for modules' functions and for adapters
 * between components alike: no other code makes such addresses.
 */
final class MemoryAccess {
    private static final long MAX_DISPLACEMENT = 0xffffffffL;
    /** No memory has as many bytes: the processors' addresses of a process end before. */
    private static final long BEYOND_ALL = 1L << 48;

    private final Builder b;
    private final Value vmctx;
    private final boolean keepsBase;

    /** Second part of the address that {@link #address} returned. */
    long displacement;
    /** Whether an access to that address may fault. */
    boolean canTrap;
    /**
     * The base of memory 0, if it was loaded in a block that dominates the current one, else null. Structured control
     * makes that easy to know: what was there at the start of a block is there at its end. The code that begins
     * blocks sets it.
     */
    Value base0;
    /** The last address and what it was made from: fields of one structure are often accessed in a row. */
    private MemoryPlan lastMemory;

    private Value lastIndex;
    private Value lastAddress;
    private Block lastBlock;

    /** @param keepsBase whether {@link #base0} is kept */
    MemoryAccess(Builder b, Value vmctx, boolean keepsBase) {
        this.b = b;
        this.vmctx = vmctx;
        this.keepsBase = keepsBase;
    }

    /**
     * Computes an address and checks what the guard does not catch; sets {@link #displacement} and {@link #canTrap}.
     */
    Value address(MemoryPlan m, Value index, long offset, int width) {
        displacement = offset;
        canTrap = true;
        if (index.is(Opcode.ICONST) && isConstantAddress(m, index.inst().imm(), offset, width)) {
            return base(m);
        }
        boolean checked = !m.guarded || Long.compareUnsigned(offset, MemoryConstants.MAX_UNCHECKED_OFFSET) > 0;
        if (!checked && index == lastIndex && b.block() == lastBlock && m == lastMemory) {
            return lastAddress;
        }
        Value wide = wide(index);
        if (m.guarded && m.is64) {
            checkIndex(wide, checked ? offset : 0);
        } else if (checked) {
            checkAccess(m, wide, offset, width);
        }
        Value address = b.binary(ADD, base(m), wide);
        if (Long.compareUnsigned(offset, MAX_DISPLACEMENT) > 0) {
            address = b.binary(ADD, address, b.i64(offset));
            displacement = 0;
        }
        if (!checked) {
            lastMemory = m;
            lastIndex = index;
            lastAddress = address;
            lastBlock = b.block();
        }
        return address;
    }

    /**
     * Whether an access at a constant index is one at a constant distance from the base, without any check but the
     * fault; sets {@link #displacement} and {@link #canTrap} if so.
     */
    private boolean isConstantAddress(MemoryPlan m, long index, long offset, int width) {
        long first = (m.is64 ? index : index & 0xffffffffL) + offset;
        // A 64-bit sum that wraps around is below both.
        if (Long.compareUnsigned(first, offset) < 0 || Long.compareUnsigned(first, MAX_DISPLACEMENT) > 0) {
            return false;
        }
        boolean inBounds = first + width <= m.minBytes;
        if (!inBounds && !(m.guarded && first + width <= MemoryConstants.RESERVATION)) {
            return false;
        }
        displacement = first;
        canTrap = !inBounds;
        return true;
    }

    /**
     * Traps unless {@code index + offset} lies in the index space of a guarded 64-bit memory, or just behind it in the
     * guard. A comparison with a constant, so that one serves all accesses with the same index, and known bits may
     * decide it.
     */
    private void checkIndex(Value index, long offset) {
        if (Long.compareUnsigned(offset, MemoryConstants.INDEX_SPACE_64) >= 0) {
            trapAlways();
        } else {
            long limit = MemoryConstants.INDEX_SPACE_64 - offset;
            b.trapIf(TrapCode.MEMORY_OUT_OF_BOUNDS, b.icmp(IntCond.UGE, index, b.i64(limit)));
        }
    }

    /** Traps unless all bytes of an access are in bounds. */
    private void checkAccess(MemoryPlan m, Value index, long offset, int width) {
        if (Long.compareUnsigned(offset, BEYOND_ALL) > 0) {
            trapAlways();
        } else {
            check(m, index, offset + width);
        }
    }

    private void trapAlways() {
        b.trapIf(TrapCode.MEMORY_OUT_OF_BOUNDS, b.i32(1));
    }

    /**
     * Traps if {@code index + bytes} lies beyond the end.
     *
     * @param bytes so few that a sum with a 32-bit index does not overflow
     */
    void check(MemoryPlan m, Value index, long bytes) {
        Value beyond;
        if (m.fixedBytes >= bytes) {
            beyond = b.icmp(IntCond.UGT, index, b.i64(m.fixedBytes - bytes));
        } else if (m.fixedBytes >= 0) {
            beyond = b.i32(1);
        } else if (!m.is64 && (m.guarded || m.minBytes < bytes)) {
            beyond = b.icmp(IntCond.UGT, b.binary(ADD, index, b.i64(bytes)), length(m));
        } else {
            // A sum with a 64-bit index might overflow; and this difference can leave loops.
            Value length = length(m);
            if (m.minBytes < bytes) {
                b.trapIf(TrapCode.MEMORY_OUT_OF_BOUNDS, b.icmp(IntCond.ULT, length, b.i64(bytes)));
            }
            beyond = b.icmp(IntCond.UGT, index, b.binary(ADD, length, b.i64(-bytes)));
        }
        b.trapIf(TrapCode.MEMORY_OUT_OF_BOUNDS, beyond);
    }

    Value base(MemoryPlan m) {
        boolean keep = keepsBase && m.index == 0 && m.guarded;
        if (keep && base0 != null) {
            return base0;
        }
        Value base = b.load(Type.I64, m.base, record(m), recordOffset(m) + VMContextLayout.BASE);
        if (keep) {
            base0 = base;
        }
        return base;
    }

    Value length(MemoryPlan m) {
        if (m.fixedBytes >= 0) {
            return b.i64(m.fixedBytes);
        }
        long field = recordOffset(m) + VMContextLayout.LENGTH;
        // Another thread may have grown a shared memory, and said so in it.
        return m.shared
                ? b.atomicLoad(Type.I64, m.length, record(m), field)
                : b.load(Type.I64, m.length, record(m), field);
    }

    private Value record(MemoryPlan m) {
        return m.isPointer ? b.load(Type.I64, Emission.POINTER, vmctx, m.contextOffset) : vmctx;
    }

    private static int recordOffset(MemoryPlan m) {
        return m.isPointer ? 0 : m.contextOffset;
    }

    /** An index or length as i64. */
    private Value wide(Value index) {
        return index.type() == Type.I64 ? index : b.convert(ZEXT, Type.I64, index);
    }
}
