package kiln.codegen.aarch64;

import java.util.ArrayList;
import java.util.List;
import kiln.codegen.MachBlock;
import kiln.codegen.MachFunction;
import kiln.codegen.MachInst;

/**
 * Makes one LDP or STP of two loads or stores of neighbours. Runs after allocation, when spills and reloads are known
 * and registers no longer change.
 */
final class Pairs {
    private Pairs() {}

    static void form(MachFunction function) {
        for (MachBlock block : function.blocks()) {
            List<MachInst> insts = block.insts();
            List<MachInst> result = new ArrayList<>(insts.size());
            for (int i = 0; i < insts.size(); i++) {
                MachInst first = insts.get(i);
                MachInst both = i + 1 < insts.size() ? pair(first, insts.get(i + 1)) : null;
                if (both != null) {
                    both.setPosition(first.position());
                    result.add(both);
                    i++;
                } else {
                    result.add(first);
                }
            }
            block.setInsts(result);
        }
    }

    private static MachInst pair(MachInst a, MachInst b) {
        if (a instanceof MoveInsn.Move m && b instanceof MoveInsn.Move n) {
            return MoveInsn.pair(m, n);
        }
        if (a instanceof MemoryInsn.Load l && b instanceof MemoryInsn.Load k) {
            return MemoryInsn.pair(l, k);
        }
        if (a instanceof MemoryInsn.Store s && b instanceof MemoryInsn.Store t) {
            return MemoryInsn.pair(s, t);
        }
        return null;
    }
}
