package kiln.codegen;

import kiln.ir.Type;

/** Makes the moves that the allocator inserts; implemented by each back end. */
public interface MoveFactory {
    /**
     * A copy of a value of {@code type}; each side a physical register or a slot. Slot to slot must work too, without
     * touching any allocatable register.
     */
    MachInst move(Type type, Reg target, Reg source);

    /** Stores a null reference in a slot, without touching any allocatable register or the flags. */
    MachInst clear(Reg slot);

    /** Exchanges two physical registers of one class, so that cycles need no free register. */
    MachInst swap(Reg a, Reg b);
}
