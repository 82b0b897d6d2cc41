package kiln.ir.analysis;

import java.util.ArrayDeque;
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
 * @param selfCalls direct calls of the function itself
 * @param maySkipCalls whether it can return without a call, by blocks that are not cold
 */
public record InlineCost(int size, int hot, int selfCalls, boolean maySkipCalls, boolean copyable) {
    /** Beyond this the exact size does not matter. */
    private static final int ENOUGH = 100_000;

    /** Looks at a function as it is. */
    public static InlineCost of(Function f) {
        int size = 0;
        int hot = 0;
        int selfCalls = 0;
        boolean copyable = true;
        for (Block b : f.blocks()) {
            int sum = 0;
            for (Inst i = b.first(); i != null; i = i.next()) {
                sum = Math.min(ENOUGH, sum + weight(i));
                switch (i.opcode()) {
                    case FRAME_POINTER, UNWIND -> copyable = false;
                    // References would not be there from the first call of the caller on.
                    case STACK_ADDR -> copyable &= !i.holdsReferences();
                    default -> {
                        if (i.opcode().data() == SideData.Kind.CALLEE
                                && f.key().equals(i.call().key())) {
                            selfCalls++;
                        }
                    }
                }
            }
            Inst end = b.terminator();
            for (int t = 0, n = end.targetCount(); t < n; t++) {
                // A copy of the entry is a part of a block of the caller.
                copyable &= end.target(t).target() != f.entry();
            }
            size = Math.min(ENOUGH, size + sum);
            hot = b.isCold() ? hot : Math.min(ENOUGH, hot + sum);
        }
        return new InlineCost(size, hot, selfCalls, maySkipCalls(f), copyable);
    }

    private static boolean maySkipCalls(Function f) {
        boolean[] seen = new boolean[f.blockIdBound()];
        ArrayDeque<Block> open = new ArrayDeque<>();
        seen[f.entry().id()] = true;
        open.add(f.entry());
        while (!open.isEmpty()) {
            Block b = open.pop();
            if (b.isCold() || calls(b)) {
                continue;
            }
            Inst end = b.terminator();
            if (end.opcode() == Opcode.RETURN) {
                return true;
            }
            for (int t = 0, n = end.targetCount(); t < n; t++) {
                Block target = end.target(t).target();
                if (!seen[target.id()]) {
                    seen[target.id()] = true;
                    open.push(target);
                }
            }
        }
        return false;
    }

    private static boolean calls(Block b) {
        for (Inst i = b.first(); i != null; i = i.next()) {
            if (i.opcode().data() == SideData.Kind.CALLEE) {
                return true;
            }
        }
        return false;
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
