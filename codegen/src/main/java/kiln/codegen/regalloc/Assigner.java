package kiln.codegen.regalloc;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import kiln.codegen.MachBlock;
import kiln.codegen.MachInst;
import kiln.codegen.Reg;

/**
 * Gives each variable that {@link Spiller} holds in registers a particular one, block by block in an order that has
 * dominators first. A block starts with the registers that a block before it ended with; differences are settled by
 * moves on edges. Within a block a variable stays where it is unless an instruction names its register.
 */
final class Assigner {
    private static final int NONE = -1;

    /** Of a set of kinds of operands, those that define. */
    private static final int ALL_DEFINITIONS =
            1 << Operands.DEF | 1 << Operands.DEF_EARLY | 1 << Operands.DEF_REUSE | 1 << Operands.DEF_FIXED;

    private final Graph graph;
    private final Operands ops;
    private final Liveness liveness;
    private final Spiller spiller;
    private final SpillPlan plan;
    private final SpillSlots slots;
    private final Output output;
    /** Instructions that are left out, or null. */
    private final boolean[] unread;

    private final RegisterChooser chooser;
    private final Constraints constraints;
    final MoveResolver resolver;

    /** Register of each variable, or {@link #NONE}. */
    final byte[] regOf;
    /** Variable in each register, or {@link #NONE}. */
    final int[] occupant = new int[64];
    /** Registers that are allocatable and hold nothing. */
    long free;

    private final boolean[] evictedAfter;
    private final byte[] predReg;
    private final int[] predStamp;
    private int predGeneration;
    private final RegisterVotes votes = new RegisterVotes();
    /** Variables at the start of the block at hand that have no register yet. */
    private int unplaced;

    /** Blocks that start with all in the registers in which the only block before them ends with it. */
    final boolean[] changesNothing;

    final byte[][] entryRegs;
    final byte[][] exitRegs;
    final ArrayList<MachInst>[] code;

    @SuppressWarnings({"unchecked", "rawtypes"})
    Assigner(
            Graph graph,
            Operands ops,
            Liveness liveness,
            Spiller spiller,
            SpillPlan plan,
            SpillSlots slots,
            boolean[] unread,
            Output output) {
        this.graph = graph;
        this.ops = ops;
        this.liveness = liveness;
        this.spiller = spiller;
        this.plan = plan;
        this.slots = slots;
        this.output = output;
        this.unread = unread;
        resolver = new MoveResolver(output);
        regOf = new byte[ops.variables];
        Arrays.fill(regOf, (byte) NONE);
        Arrays.fill(occupant, NONE);
        evictedAfter = new boolean[ops.variables];
        predReg = new byte[ops.variables];
        predStamp = new int[ops.variables];
        changesNothing = new boolean[graph.blocks];
        entryRegs = new byte[graph.blocks][];
        exitRegs = new byte[graph.blocks][];
        code = new ArrayList[graph.blocks];
        free = ops.allocatable[0] | ops.allocatable[1];
        chooser = new RegisterChooser(graph, ops, liveness, new Hints(graph, ops), this);
        constraints = new Constraints(ops, this, chooser, resolver);
    }

    void run() {
        int[] postorder = graph.flow.postorder();
        for (int i = postorder.length - 1; i >= 0; i--) {
            assign(postorder[i]);
        }
    }

    /** The variables that a block starts with in registers. */
    int[] entryOf(int b) {
        return spiller.entry[b];
    }

    boolean isDying(int operand) {
        return liveness.next[operand] == Liveness.DEAD || evictedAfter[ops.variable[operand]];
    }

    void occupy(int v, int r) {
        regOf[v] = (byte) r;
        occupant[r] = v;
        free &= ~(1L << r);
        chooser.took(v, r);
    }

    void release(int v) {
        int r = regOf[v];
        if (r >= 0) {
            regOf[v] = NONE;
            if (occupant[r] == v) {
                occupant[r] = NONE;
                free |= (ops.allocatable[0] | ops.allocatable[1]) & 1L << r;
            }
        }
    }

    private void assign(int b) {
        if (ops.idle[b] && plan.stores[b] == null && passOn(b)) {
            return;
        }
        chooser.startBlock(b);
        placeEntry(b);
        IntList events = spiller.events[b];
        IntList stores = plan.stores[b];
        int added = events.size + (stores == null ? 0 : stores.size) >> 1;
        ArrayList<MachInst> out = new ArrayList<>(ops.length(b) + added + 2);
        code[b] = out;
        int event = 0;
        int store = 0;
        for (int i = ops.blockStart[b]; i < ops.blockStart[b + 1]; i++) {
            MachInst inst = ops.insts[i];
            output.to(out, inst.position());
            for (; stores != null && store < stores.size && stores.get(store) == i; store += 2) {
                int v = stores.get(store + 1);
                output.move(ops.typeOf[v], output.slotOf(v), regOf[v]);
            }
            int firstEvent = event;
            for (; event < events.size && events.get(event) >> 2 == i; event += 2) {
                if ((events.get(event) & 3) == Spiller.EVICT) {
                    release(events.get(event + 1));
                }
            }
            for (int e = firstEvent; e < event; e += 2) {
                int v = events.get(e + 1);
                switch (events.get(e) & 3) {
                    case Spiller.RELOAD -> {
                        int r = reloadRegister(v, i);
                        output.reload(v, r, plan.rematerialized[v]);
                        occupy(v, r);
                    }
                    case Spiller.EVICT_AFTER -> evictedAfter[v] = true;
                    default -> {}
                }
            }
            if (unread != null && unread[i]) {
                continue;
            }
            if (ops.isConstrained(i)) {
                constraints.place(i);
            } else {
                output.hasIdleCopies |= simple(i);
            }
            out.add(inst);
            for (int e = firstEvent; e < event; e += 2) {
                evictedAfter[events.get(e + 1)] = false;
            }
        }
        int[] exit = spiller.exit[b];
        byte[] regs = new byte[exit.length];
        for (int k = 0; k < exit.length; k++) {
            regs[k] = regOf[exit[k]];
            release(exit[k]);
        }
        exitRegs[b] = regs;
    }

    /**
     * {@link #assign} for a block that does nothing behind the only block before it: all stays where it is. Returns
     * whether that is so.
     */
    private boolean passOn(int b) {
        int[] preds = graph.flow.predecessors(b);
        if (preds.length != 1 || exitRegs[preds[0]] == null) {
            return false;
        }
        recall(preds[0]);
        int[] entry = spiller.entry[b];
        byte[] regs = new byte[entry.length];
        for (int k = 0; k < regs.length; k++) {
            if (predStamp[entry[k]] != predGeneration) {
                return false;
            }
            regs[k] = predReg[entry[k]];
        }
        int[] exit = spiller.exit[b];
        byte[] last = regs;
        if (exit != entry) {
            last = new byte[exit.length];
            for (int k = 0; k < last.length; k++) {
                last[k] = predReg[exit[k]];
            }
        }
        for (int k = 0; k < regs.length; k++) {
            chooser.took(entry[k], regs[k]);
        }
        entryRegs[b] = regs;
        exitRegs[b] = last;
        ArrayList<MachInst> out = new ArrayList<>(2);
        out.add(ops.insts[ops.blockStart[b]]);
        code[b] = out;
        changesNothing[b] = plan.storesOnEntry[b] == null;
        return true;
    }

    /** Where to load a variable that instruction {@code i} uses: where it will not be in the way of other operands. */
    private int reloadRegister(int v, int i) {
        long candidates = free & ops.allocatable[ops.classOf[v]];
        if (ops.isConstrained(i)) {
            int wanted = chooser.wantedAt(v, i);
            if (wanted >= 0 && (candidates >>> wanted & 1) != 0) {
                return wanted;
            }
            long quiet = candidates & ~ops.fixedUses[i];
            long kept = quiet & ~(ops.clobbers[i] | ops.fixedDefs[i]);
            candidates = kept != 0 ? kept : quiet != 0 ? quiet : candidates;
        }
        return chooser.choose(v, candidates, i, NONE);
    }

    /**
     * Exchanges two operands if the result is in a better register then: the one to be overwritten lives on and the
     * other one does not, or the other one's register is where the result is wanted.
     */
    private void exchange(int i) {
        int o = ops.exchangeable(i);
        if (o < 0 || !isDying(o + 1) || regOf[ops.variable[o + 1]] < 0) {
            return;
        }
        int d = ops.variable[ops.start[i + 1] - 1];
        int here = regOf[ops.variable[o]];
        if (!isDying(o) || chooser.prefers(d, i, regOf[ops.variable[o + 1]], here)) {
            liveness.exchange(o);
        }
    }

    /** An instruction that names no register. Returns whether it is a copy of a register to itself. */
    private boolean simple(int i) {
        exchange(i);
        int from = ops.start[i];
        int to = ops.start[i + 1];
        int kinds = 0;
        for (int o = from; o < to; o++) {
            byte kind = ops.kind[o];
            if (Operands.isUse(kind)) {
                ops.insts[i].setReg(o - from, location(ops.variable[o]));
            }
            kinds |= 1 << kind;
        }
        long held = 0;
        if ((kinds & (1 << Operands.TEMP | 1 << Operands.DEF_EARLY)) != 0) {
            for (int o = from; o < to; o++) {
                byte kind = ops.kind[o];
                if (kind == Operands.TEMP || kind == Operands.DEF_EARLY) {
                    held |= define(i, o, free & ~held);
                }
            }
        }
        if ((kinds & 1 << Operands.DEF_REUSE) != 0) {
            for (int o = from; o < to; o++) {
                if (ops.kind[o] == Operands.DEF_REUSE) {
                    held |= reuse(i, from, to, o, held);
                }
            }
        }
        if ((kinds & 1 << Operands.USE_LATE) != 0) {
            for (int o = from; o < to; o++) {
                if (ops.kind[o] == Operands.USE_LATE && isDying(o) && regOf[ops.variable[o]] >= 0) {
                    held |= 1L << regOf[ops.variable[o]];
                }
            }
        }
        int preferred = NONE;
        boolean move = to - from == 2 && ops.isMove(i);
        for (int o = from; o < to; o++) {
            if (Operands.isUse(ops.kind[o]) && isDying(o)) {
                if (move) {
                    preferred = regOf[ops.variable[o]];
                }
                release(ops.variable[o]);
            }
        }
        // What a use gave free may have gone to a definition already.
        if ((kinds & 1 << Operands.DEF) != 0) {
            for (int o = from; o < to; o++) {
                if (ops.kind[o] == Operands.DEF) {
                    int c = ops.classOf[ops.variable[o]];
                    int r = chooser.choose(ops.variable[o], free & ~held & ops.allocatable[c], i, preferred);
                    ops.insts[i].setReg(o - from, ops.physical[r]);
                    held |= 1L << r;
                }
            }
        }
        if ((kinds & ALL_DEFINITIONS) != 0) {
            commitDefinitions(i);
        }
        return move && ops.insts[i].reg(0) == ops.insts[i].reg(1);
    }

    /** Chooses a register out of {@code candidates} for operand {@code o}; returns it as a mask. */
    private long define(int i, int o, long candidates) {
        int v = ops.variable[o];
        int r = chooser.choose(v, candidates & ops.allocatable[ops.classOf[v]], i, NONE);
        ops.insts[i].setReg(o - ops.start[i], ops.physical[r]);
        return 1L << r;
    }

    private long reuse(int i, int from, int to, int o, long held) {
        int d = ops.variable[o];
        int use = from + ops.detail[o];
        int u = ops.variable[use];
        int r;
        if (u >= 0 && isDying(use) && (held >>> regOf[u] & 1) == 0 && !isUsedLate(from, to, u)) {
            r = regOf[u];
        } else {
            r = chooser.choose(d, free & ~held & ops.allocatable[ops.classOf[d]], i, NONE);
            output.move(ops.copiedType(o, from, to), r, u >= 0 ? regOf[u] : ops.detail[use]);
            for (int k = from; k < to; k++) {
                if (k == use || u >= 0 && ops.kind[k] == Operands.USE && ops.variable[k] == u) {
                    ops.insts[i].setReg(k - from, ops.physical[r]);
                }
            }
        }
        ops.insts[i].setReg(o - from, ops.physical[r]);
        return 1L << r;
    }

    private boolean isUsedLate(int from, int to, int v) {
        for (int o = from; o < to; o++) {
            if (ops.kind[o] == Operands.USE_LATE && ops.variable[o] == v) {
                return true;
            }
        }
        return false;
    }

    Reg location(int v) {
        return regOf[v] >= 0 ? ops.physical[regOf[v]] : slots.reg(v);
    }

    /** Puts the definitions of an instruction, whose registers are chosen, into force. */
    void commitDefinitions(int i) {
        int from = ops.start[i];
        for (int o = from; o < ops.start[i + 1]; o++) {
            if (Operands.isDef(ops.kind[o]) && liveness.next[o] != Liveness.DEAD) {
                occupy(ops.variable[o], ops.insts[i].reg(o - from).bit());
            }
        }
    }

    // The start of a block.

    private void placeEntry(int b) {
        int[] entry = spiller.entry[b];
        byte[] regs = new byte[entry.length];
        Arrays.fill(regs, (byte) NONE);
        entryRegs[b] = regs;
        if (entry.length == 0) {
            return;
        }
        long avoid = graph.flow.isLoopHeader(b) ? chooser.namedInLoop(b) : 0;
        int main = mainPredecessor(b);
        int[] preds = graph.flow.predecessors(b);
        unplaced = entry.length;
        for (int turn = -1; turn < preds.length && unplaced > 0; turn++) {
            int p = turn < 0 ? main : preds[turn];
            if (turn >= 0 && (p == main || exitRegs[p] == null)) {
                continue;
            }
            recall(p);
            for (int k = 0; k < entry.length; k++) {
                int v = entry[k];
                if (regs[k] == NONE && !isParamOf(v, b) && predStamp[v] == predGeneration) {
                    adopt(v, k, regs, avoid);
                }
            }
            if (turn < 0 && unplaced > 0 && !graph.block(b).params().isEmpty()) {
                placeParams(b, entry, regs, avoid);
            }
        }
        for (int k = 0; k < entry.length && unplaced > 0; k++) {
            if (regs[k] == NONE) {
                int v = entry[k];
                long candidates = free & ops.allocatable[ops.classOf[v]];
                if ((candidates & ~avoid) != 0) {
                    candidates &= ~avoid;
                }
                int r = chooser.choose(v, candidates, ops.blockStart[b] - 1, NONE);
                regs[k] = (byte) r;
                unplaced--;
                occupy(v, r);
            }
        }
    }

    /**
     * Gives parameters the registers that save most moves: those in which arguments come, and the one in which what the
     * parameter is handed on to will be.
     */
    private void placeParams(int b, int[] entry, byte[] regs, long avoid) {
        List<Reg> params = graph.block(b).params();
        votes.start(params.size());
        for (int p : graph.flow.predecessors(b)) {
            if (exitRegs[p] == null) {
                continue;
            }
            recall(p);
            double f = graph.edgeFrequency(p, b);
            for (MachBlock.Successor s : graph.block(p).successors()) {
                for (int j = 0; s.target().index() == b && j < s.args().length; j++) {
                    int a = s.args()[j].index();
                    if (predStamp[a] == predGeneration) {
                        votes.add(j, predReg[a], f);
                    }
                }
            }
        }
        for (int j = 0; j < params.size() && unplaced > 0; j++) {
            int v = params.get(j).index();
            int k = indexOf(entry, v);
            if (k < 0 || regs[k] != NONE) {
                continue;
            }
            int next = chooser.wantedBehind(v, ops.blockStart[b] - 1);
            if (next >= 0) {
                votes.add(j, next, chooser.weightBehind(v));
            }
            long candidates = free & ops.allocatable[ops.classOf[v]] & ~(avoid & ~chooser.wanted(v));
            int r = votes.best(j, candidates);
            if (r >= 0) {
                regs[k] = (byte) r;
                unplaced--;
                occupy(v, r);
            }
        }
    }

    /** Gives {@code v} the register that it has at the end of the predecessor at hand, if that is free here. */
    private void adopt(int v, int k, byte[] regs, long avoid) {
        int r = predReg[v];
        if ((free >>> r & 1) != 0 && ((avoid >>> r & 1) == 0 || chooser.wants(v, r))) {
            regs[k] = (byte) r;
            unplaced--;
            occupy(v, r);
        }
    }

    private void recall(int p) {
        predGeneration++;
        int[] exit = spiller.exit[p];
        for (int k = 0; k < exit.length; k++) {
            predReg[exit[k]] = exitRegs[p][k];
            predStamp[exit[k]] = predGeneration;
        }
    }

    private boolean isParamOf(int v, int b) {
        return ops.defInst[v] < 0 && ops.defBlock[v] == b;
    }

    private static int indexOf(int[] list, int v) {
        for (int k = 0; k < list.length; k++) {
            if (list[k] == v) {
                return k;
            }
        }
        return -1;
    }

    private int mainPredecessor(int b) {
        int best = -1;
        for (int p : graph.flow.predecessors(b)) {
            if (exitRegs[p] != null && (best < 0 || graph.frequency[p] > graph.frequency[best])) {
                best = p;
            }
        }
        return best;
    }
}
