package kiln.codegen.regalloc;

import java.util.Arrays;
import kiln.codegen.MachBlock;
import kiln.codegen.Reg;

/**
 * Decides where variables that leave the registers are stored. A variable never changes (SSA), so it is stored once at
 * most on most paths: behind its definition, or where {@link StorePlacement} finds that it costs less.
 */
final class SpillPlan {
    /** Variables that have a slot. */
    final boolean[] spilled;
    /** Variables that are computed again instead of being loaded. */
    final boolean[] rematerialized;
    /** Variables whose slot is valid from their definition on. */
    final boolean[] storedAtDef;
    /**
     * For each block, pairs of an instruction and a variable that is to be stored in front of it, sorted by
     * instruction; null if there are none.
     */
    final IntList[] stores;
    /** For each block with one predecessor, variables to be stored on the edge into it, or null. */
    final IntList[] storesOnEntry;

    private final Graph graph;
    private final Operands ops;
    private final Spiller spiller;
    private final Liveness liveness;

    // Evictions in need of a store, as linked lists by variable.
    private final IntList evictBlock = new IntList();
    private final IntList evictAt = new IntList();
    private final IntList evictNext = new IntList();
    /** Made when first needed. */
    private StorePlacement placement;

    private final int[] firstEvict;

    SpillPlan(Graph graph, Operands ops, Liveness liveness, Spiller spiller, boolean[] cheap) {
        this.graph = graph;
        this.ops = ops;
        this.spiller = spiller;
        this.liveness = liveness;
        spilled = new boolean[ops.variables];
        storedAtDef = new boolean[ops.variables];
        rematerialized = cheap.clone();
        stores = new IntList[graph.blocks];
        storesOnEntry = new IntList[graph.blocks];
        firstEvict = new int[ops.variables];
        Arrays.fill(firstEvict, -1);
        int[] stamp = new int[ops.variables];
        Arrays.fill(stamp, -1);
        forbidRematerialization(stamp);
        Arrays.fill(stamp, -1);
        collectInBlocks(stamp);
        if (liveness.isLocal()) {
            storeGlobals();
        } else {
            collectOnEdges();
        }
        for (int v = 0; v < ops.variables; v++) {
            if (spiller.inMemory[v]) {
                spilled[v] = true;
                storedAtDef[v] = true;
            } else if (firstEvict[v] >= 0) {
                place(v);
            }
        }
        for (IntList list : stores) {
            if (list != null) {
                sort(list);
            }
        }
    }

    /** What is handed to a parameter in memory must be somewhere to be copied from. */
    private void forbidRematerialization(int[] stamp) {
        for (int b = 0; b < graph.blocks; b++) {
            for (MachBlock.Successor s : graph.block(b).successors()) {
                Reg[] args = s.args();
                for (int k = 0; k < args.length; k++) {
                    int a = args[k].index();
                    if (rematerialized[a]
                            && spiller.inMemory[s.target().params().get(k).index()]) {
                        if (stamp[a] != b) {
                            for (int v : spiller.exit[b]) {
                                stamp[v] = b;
                            }
                        }
                        if (stamp[a] != b) {
                            rematerialized[a] = false;
                        }
                    }
                }
            }
        }
    }

    private void collectInBlocks(int[] reloadedIn) {
        for (int b : graph.flow.postorder()) {
            IntList events = spiller.events[b];
            for (int k = 0; k < events.size; k += 2) {
                int v = events.get(k + 1);
                if ((events.get(k) & 3) == Spiller.RELOAD) {
                    reloadedIn[v] = b;
                } else if (reloadedIn[v] != b) {
                    evict(v, b, events.get(k) >> 2);
                }
            }
        }
    }

    private void collectOnEdges() {
        int[] liveIn = new int[ops.variables];
        int[] kept = new int[ops.variables];
        Arrays.fill(liveIn, -1);
        Arrays.fill(kept, -1);
        for (int b : graph.flow.postorder()) {
            if (spiller.keepsAll[b]) {
                continue;
            }
            for (int v : spiller.entry[b]) {
                kept[v] = b;
            }
            boolean marked = false;
            for (int p : graph.flow.predecessors(b)) {
                for (int v : spiller.exit[p]) {
                    if (kept[v] == b) {
                        continue;
                    }
                    if (!marked) {
                        for (int l : liveness.in[b]) {
                            liveIn[l] = b;
                        }
                        marked = true;
                    }
                    if (liveIn[v] != b) {
                        continue;
                    }
                    if (graph.movesAtSource(p)) {
                        evict(v, p, ops.blockStart[p + 1] - 1);
                    } else {
                        evict(v, b, StorePlacement.ON_ENTRY);
                    }
                }
            }
        }
    }

    private void storeGlobals() {
        for (int v = 0; v < ops.variables; v++) {
            if (liveness.global[v] && !rematerialized[v] && !spiller.inMemory[v]) {
                spilled[v] = true;
                storeAtDefinition(v);
                firstEvict[v] = -1;
            }
        }
    }

    private void evict(int v, int block, int at) {
        if (rematerialized[v]) {
            return;
        }
        evictNext.add(firstEvict[v]);
        firstEvict[v] = evictBlock.size;
        evictBlock.add(block);
        evictAt.add(at);
    }

    private void place(int v) {
        if (placement == null) {
            placement = new StorePlacement(graph, ops, spiller);
        }
        spilled[v] = true;
        placement.begin(v);
        for (int e = firstEvict[v]; e >= 0; e = evictNext.get(e)) {
            placement.evict(evictBlock.get(e), evictAt.get(e));
        }
        IntList places = placement.places();
        if (places.get(0) == ops.defBlock[v] && places.get(1) == StorePlacement.AT_DEFINITION) {
            storeAtDefinition(v);
            return;
        }
        for (int k = 0; k < places.size; k += 2) {
            store(v, places.get(k), places.get(k + 1));
        }
    }

    private void storeAtDefinition(int v) {
        storedAtDef[v] = true;
        int def = ops.defBlock[v];
        store(v, def, ops.defInst[v] < 0 ? ops.blockStart[def] : ops.defInst[v] + 1);
    }

    private void store(int v, int block, int at) {
        if (at == StorePlacement.ON_ENTRY) {
            if (storesOnEntry[block] == null) {
                storesOnEntry[block] = new IntList();
            }
            storesOnEntry[block].add(v);
            return;
        }
        if (stores[block] == null) {
            stores[block] = new IntList();
        }
        stores[block].add(at);
        stores[block].add(v);
    }

    /** Sorts pairs by their first half. */
    private static void sort(IntList pairs) {
        long[] keys = new long[pairs.size / 2];
        for (int k = 0; k < keys.length; k++) {
            keys[k] = (long) pairs.get(2 * k) << 32 | pairs.get(2 * k + 1);
        }
        Arrays.sort(keys);
        for (int k = 0; k < keys.length; k++) {
            pairs.data[2 * k] = (int) (keys[k] >> 32);
            pairs.data[2 * k + 1] = (int) keys[k];
        }
    }
}
