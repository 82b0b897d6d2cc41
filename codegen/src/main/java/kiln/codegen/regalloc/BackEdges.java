package kiln.codegen.regalloc;

import java.util.List;
import kiln.codegen.MachBlock;
import kiln.codegen.MachInst;
import kiln.codegen.Reg;

/**
 * Puts the moves of a conditional back edge in front of the branch where leaving the loop leaves the registers unread,
 * so that the branch itself goes back to the loop's start: otherwise it would jump around the moves and a second jump
 * behind them.
 */
final class BackEdges {
    private static final int MAX_MOVES = 3;

    private final Graph graph;
    private final Operands ops;
    private final Spiller spiller;
    private final SpillPlan plan;
    private final Assigner assigner;

    BackEdges(Graph graph, Operands ops, Spiller spiller, SpillPlan plan, Assigner assigner) {
        this.graph = graph;
        this.ops = ops;
        this.spiller = spiller;
        this.plan = plan;
        this.assigner = assigner;
    }

    void run() {
        for (int b = 0; b < graph.blocks; b++) {
            int[] successors = graph.flow.successors(b);
            if (graph.flow.isReachable(b) && successors.length == 2 && !hoist(b, 0)) {
                hoist(b, 1);
            }
        }
    }

    /**
     * Hoists the moves that the allocator added to the block that edge {@code taken} out of {@code from} leads to, if
     * that is possible and useful. What else the block holds stays where it is.
     */
    private boolean hoist(int from, int taken) {
        int edge = graph.flow.successors(from)[taken];
        int other = graph.flow.successors(from)[1 - taken];
        int[] target = graph.flow.successors(edge);
        if (target.length != 1
                || ops.length(edge) != 1
                || target[0] > from
                || graph.cold[edge]
                || graph.frequency[edge] < graph.frequency[other]) {
            return false;
        }
        List<MachInst> code = assigner.code[from];
        List<MachInst> moves = assigner.code[edge].subList(0, assigner.code[edge].size() - 1);
        if (moves.isEmpty() || moves.size() > MAX_MOVES) {
            return false;
        }
        long written = 0;
        for (MachInst m : moves) {
            if (!m.isMove() || !m.moveSource().isPhysical() || !m.moveTarget().isPhysical()) {
                return false;
            }
            written |= 1L << m.moveTarget().bit();
        }
        if ((written & (registersOf(code.getLast()) | neededBehind(from, 1 - taken))) != 0) {
            return false;
        }
        code.addAll(code.size() - 1, moves);
        moves.clear();
        return true;
    }

    /** Registers at the end of {@code from} whose contents are read if control takes edge {@code taken}. */
    private long neededBehind(int from, int taken) {
        MachBlock.Successor edge = graph.block(from).successors().get(taken);
        long result = 0;
        int[] exit = spiller.exit[from];
        for (int k = 0; k < exit.length; k++) {
            if (isNeeded(exit[k], edge)) {
                result |= 1L << assigner.exitRegs[from][k];
            }
        }
        return result;
    }

    private boolean isNeeded(int v, MachBlock.Successor edge) {
        int block = edge.target().index();
        for (int e : spiller.entry[block]) {
            if (e == v) {
                return true;
            }
        }
        for (Reg r : edge.args()) {
            if (r.index() == v) {
                return true;
            }
        }
        IntList stored = plan.storesOnEntry[block];
        for (int k = 0; stored != null && k < stored.size; k++) {
            if (stored.get(k) == v) {
                return true;
            }
        }
        return false;
    }

    /** The registers that an instruction names. */
    private static long registersOf(MachInst inst) {
        long set = inst.form().clobbers().bits();
        for (int k = 0; k < inst.form().count(); k++) {
            Reg r = inst.reg(k);
            set |= r.isPhysical() && !r.isReserved() ? 1L << r.bit() : 0;
        }
        return set;
    }
}
