package kiln.codegen.x64;

import java.util.Arrays;
import java.util.List;
import kiln.codegen.MachInst;
import kiln.codegen.Reg;

/**
 * The flags are as {@code comparison} sets them for these registers, which have not been written since: selects and
 * branches that go by one condition share its comparison.
 */
record ComparedFlags(Insn comparison, List<Reg> regs) implements KnownFlags {
    /** What is known behind a comparison, over the first registers of {@code inst}; null if it read memory. */
    static ComparedFlags of(Insn comparison, MachInst inst) {
        Reg[] regs = new Reg[comparison.form().count()];
        for (int i = 0; i < regs.length; i++) {
            regs[i] = inst.reg(i);
            if (regs[i].isSlot()) {
                return null;
            }
        }
        return comparison.readsMemory() ? null : new ComparedFlags(comparison, Arrays.asList(regs));
    }

    /** Whether {@code other}, over the first registers of {@code inst}, would set the same flags. */
    boolean equal(Insn other, MachInst inst) {
        if (!comparison.isSameOver(other)) {
            return false;
        }
        for (int i = 0; i < regs.size(); i++) {
            if (inst.reg(i) != regs.get(i)) {
                return false;
            }
        }
        return true;
    }

    @Override
    public boolean dependOn(Reg r) {
        return regs.contains(r);
    }
}
