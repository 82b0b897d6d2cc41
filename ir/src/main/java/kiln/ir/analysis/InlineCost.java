package kiln.ir.analysis;

import kiln.ir.Block;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.Opcode;
import kiln.ir.SideData;

/**
 * What a copy of a function costs, in about machine instructions, and whether it can be copied at all.
 *
 * @param size all instructions
 * @param hot those of them that are not in cold blocks
 * @param calls direct calls
 * @param selfCalls direct calls of the function itself
 * @param loops whether some block is reached by an edge backwards in the layout
 */
public record InlineCost(int size, int hot, int calls, int selfCalls, boolean loops, boolean copyable) {
    /** Beyond this the exact size does not matter. */
    private static final int ENOUGH = 100_000;

    /** Looks at a function as it is. */
    public static InlineCost of(Function f) {
        int size = 0;
        int hot = 0;
        int calls = 0;
        int selfCalls = 0;
        boolean loops = false;
        boolean copyable = true;
        boolean[] seen = new boolean[f.blockIdBound()];
        for (Block b : f.blocks()) {
            seen[b.id()] = true;
            int sum = 0;
            for (Inst i = b.first(); i != null; i = i.next()) {
                Opcode op = i.opcode();
                sum = Math.min(ENOUGH, sum + weight(i));
                if (op.data() == SideData.Kind.CALLEE && i.call().key() != null) {
                    calls++;
                    selfCalls += i.call().key().equals(f.key()) ? 1 : 0;
                }
                // References would not be there from the first call of the caller on.
                copyable &= op != Opcode.FRAME_POINTER && op != Opcode.UNWIND && !i.holdsReferences();
                for (int t = 0, n = i.targetCount(); t < n; t++) {
                    Block target = i.target(t).target();
                    loops |= seen[target.id()];
                    // A copy of the entry is a part of a block of the caller.
                    copyable &= target != f.entry();
                }
            }
            size = Math.min(ENOUGH, size + sum);
            hot = b.isCold() ? hot : Math.min(ENOUGH, hot + sum);
        }
        return new InlineCost(size, hot, calls, selfCalls, loops, copyable);
    }

    /** About how many machine instructions an instruction becomes. */
    public static int weight(Inst i) {
        Opcode op = i.opcode();
        if (op.data() == SideData.Kind.CALLEE || op.targets() == Opcode.Targets.MANY) {
            return op.size() + i.argCount() + i.resultCount() + i.targetCount();
        }
        // What is read from memory that never changes is shared with the caller's.
        return op.effect() == Opcode.Effect.READS && i.memory().readOnly() ? 0 : op.size();
    }
}
