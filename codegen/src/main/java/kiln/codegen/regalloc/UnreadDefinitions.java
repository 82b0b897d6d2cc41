package kiln.codegen.regalloc;

import java.util.Arrays;
import kiln.codegen.MachBlock;
import kiln.codegen.Reg;

/**
 * Finds instructions whose result is computed again wherever somebody reads it: constants that were made in front of a
 * loop and then found no register throughout it, for one. The instruction itself can then be left out.
 */
final class UnreadDefinitions {
    private static final int[] NONE = {};

    private UnreadDefinitions() {}

    /**
     * The instructions that can be left out, by number, or null if there are none. Variables that only they defined are
     * taken out of the ends of their blocks.
     */
    static boolean[] find(Graph graph, Operands ops, Spiller spiller, SpillPlan plan) {
        boolean[] unread = null;
        int[] stamp = new int[ops.variables];
        Arrays.fill(stamp, -1);
        for (int v = 0; v < ops.variables; v++) {
            if (isCandidate(ops, plan, v) && spiller.definedUnread[v]) {
                unread = mark(ops, unread, v);
            }
        }
        for (int b : graph.flow.postorder()) {
            boolean any = false;
            for (int v : ops.idle[b] ? NONE : spiller.exit[b]) {
                any |= ops.defBlock[v] == b && isCandidate(ops, plan, v);
            }
            if (any) {
                unread = findAtEnd(graph, ops, spiller, plan, b, stamp, unread);
            }
        }
        return unread;
    }

    private static boolean isCandidate(Operands ops, SpillPlan plan, int v) {
        return plan.rematerialized[v] && ops.defInst[v] >= 0;
    }

    private static boolean[] mark(Operands ops, boolean[] unread, int v) {
        boolean[] result = unread == null ? new boolean[ops.insts.length] : unread;
        result[ops.defInst[v]] = true;
        return result;
    }

    /** What is in registers at the end of {@code b}, and neither read in it nor expected by a block behind it. */
    private static boolean[] findAtEnd(
            Graph graph, Operands ops, Spiller spiller, SpillPlan plan, int b, int[] stamp, boolean[] unread) {
        for (int o = ops.start[ops.blockStart[b]]; o < ops.start[ops.blockStart[b + 1]]; o++) {
            if (Operands.isUse(ops.kind[o])) {
                stamp[ops.variable[o]] = b;
            }
        }
        for (MachBlock.Successor s : graph.block(b).successors()) {
            for (int v : spiller.entry[s.target().index()]) {
                stamp[v] = b;
            }
            for (Reg r : s.args()) {
                stamp[r.index()] = b;
            }
        }
        boolean[] result = unread;
        int[] exit = spiller.exit[b];
        int kept = 0;
        for (int v : exit) {
            if (ops.defBlock[v] == b && isCandidate(ops, plan, v) && stamp[v] != b) {
                result = mark(ops, result, v);
            } else {
                exit[kept++] = v;
            }
        }
        spiller.exit[b] = kept == exit.length ? exit : Arrays.copyOf(exit, kept);
        return result;
    }
}
