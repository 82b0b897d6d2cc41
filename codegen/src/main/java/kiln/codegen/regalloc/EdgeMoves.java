package kiln.codegen.regalloc;

import java.util.ArrayList;
import java.util.Arrays;
import kiln.codegen.MachBlock;
import kiln.codegen.MachInst;

/**
 * Makes the ends of blocks agree with the starts of the blocks behind them: passes arguments to parameters, moves
 * variables whose register differs, loads those that only the target holds in registers.
 */
final class EdgeMoves {
    private final Graph graph;
    private final Operands ops;
    private final Spiller spiller;
    private final SpillPlan plan;
    private final Assigner assigner;
    private final Output output;
    private final MoveResolver resolver;
    /** Register at the end of the source, by variable; valid if stamped with the source. */
    private final byte[] at;

    private final int[] stamp;
    private final IntList rematerialize = new IntList();
    /** The instructions of the edge at hand. */
    private final ArrayList<MachInst> moves = new ArrayList<>();

    EdgeMoves(Graph graph, Operands ops, Spiller spiller, SpillPlan plan, Assigner assigner, Output output) {
        this.graph = graph;
        this.ops = ops;
        this.spiller = spiller;
        this.plan = plan;
        this.assigner = assigner;
        this.output = output;
        resolver = assigner.resolver;
        at = new byte[ops.variables];
        stamp = new int[ops.variables];
        Arrays.fill(stamp, -1);
    }

    void run() {
        for (int b = 0; b < graph.blocks; b++) {
            if (!graph.flow.isReachable(b)) {
                continue;
            }
            int[] exit = spiller.exit[b];
            for (int k = 0; k < exit.length; k++) {
                at[exit[k]] = assigner.exitRegs[b][k];
                stamp[exit[k]] = b;
            }
            for (MachBlock.Successor s : graph.block(b).successors()) {
                if (!assigner.changesNothing[s.target().index()]) {
                    connect(b, s);
                }
            }
        }
    }

    private void connect(int b, MachBlock.Successor edge) {
        int t = edge.target().index();
        moves.clear();
        boolean atSource = graph.movesAtSource(b);
        MachInst last = ops.insts[ops.blockStart[b + 1] - 1];
        output.to(moves, atSource ? last.position() : ops.insts[ops.blockStart[t]].position());
        rematerialize.clear();
        int[] entry = spiller.entry[t];
        for (int k = 0; k < entry.length; k++) {
            int v = entry[k];
            if (ops.defInst[v] >= 0 || ops.defBlock[v] != t) {
                bring(b, v, v, assigner.entryRegs[t][k]);
            }
        }
        for (int k = 0; k < edge.args().length; k++) {
            int p = edge.target().params().get(k).index();
            int a = edge.args()[k].index();
            int r = registerAtEntry(t, p);
            if (r >= 0) {
                bring(b, a, p, r);
            } else if (spiller.inMemory[p]) {
                pass(b, a, p);
            }
        }
        if (plan.storesOnEntry[t] != null) {
            for (int k = 0; k < plan.storesOnEntry[t].size; k++) {
                int v = plan.storesOnEntry[t].get(k);
                resolver.add(ops.typeOf[v], output.slotOf(v), at[v]);
            }
        }
        if (!resolver.isEmpty()) {
            resolver.resolve();
        }
        for (int k = 0; k < rematerialize.size; k += 2) {
            output.rematerialize(rematerialize.get(k), rematerialize.get(k + 1));
        }
        if (moves.isEmpty()) {
            return;
        }
        if (atSource) {
            ArrayList<MachInst> code = assigner.code[b];
            code.addAll(code.size() - 1, moves);
        } else {
            assigner.code[t].addAll(0, moves);
        }
    }

    private int registerAtEntry(int block, int v) {
        int[] entry = spiller.entry[block];
        for (int k = 0; k < entry.length; k++) {
            if (entry[k] == v) {
                return assigner.entryRegs[block][k];
            }
        }
        return -1;
    }

    /** Has {@code v}, which is {@code as} behind the edge, in register {@code r}. */
    private void bring(int b, int v, int as, int r) {
        if (stamp[v] == b) {
            resolver.add(ops.typeOf[as], r, at[v]);
        } else if (plan.rematerialized[v]) {
            rematerialize.add(v);
            rematerialize.add(r);
        } else {
            resolver.add(ops.typeOf[as], r, output.slotOf(v));
        }
    }

    /** Stores argument {@code a} to the slot of parameter {@code p}. */
    private void pass(int b, int a, int p) {
        boolean inRegister = stamp[a] == b;
        if (plan.spilled[a] && output.slotOf(a) == output.slotOf(p) && (!inRegister || plan.storedAtDef[a])) {
            return;
        }
        resolver.add(ops.typeOf[p], output.slotOf(p), inRegister ? at[a] : output.slotOf(a));
    }
}
