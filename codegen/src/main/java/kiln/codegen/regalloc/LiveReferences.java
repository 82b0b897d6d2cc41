package kiln.codegen.regalloc;

import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import kiln.codegen.MachBlock;
import kiln.codegen.Reg;

/**
 * Which references are live over which calls, and that no address of an object is, for {@link AllocationChecker}: by
 * the book, from the operands that the back end gave, and sharing nothing with {@link Liveness}.
 */
final class LiveReferences {
    private final Graph graph;
    private final Operands ops;
    private final int[] given;
    private final BitSet[] in;
    private final Map<Integer, BitSet> overCall = new HashMap<>();

    LiveReferences(Graph graph, Operands ops, int[] given) {
        this.graph = graph;
        this.ops = ops;
        this.given = given;
        in = new BitSet[graph.blocks];
        Arrays.setAll(in, b -> new BitSet());
        boolean changed = true;
        while (changed) {
            changed = false;
            for (int b : graph.flow.postorder()) {
                BitSet live = atStart(b, false);
                changed |= !live.equals(in[b]);
                in[b] = live;
            }
        }
        for (int b : graph.flow.postorder()) {
            atStart(b, true);
        }
    }

    /** Whether {@code v} is read behind instruction {@code n}, a call, which is not what defines it. */
    boolean isLiveAfter(int n, int v) {
        return overCall.get(n).get(v);
    }

    private BitSet atStart(int b, boolean record) {
        BitSet live = new BitSet();
        for (MachBlock.Successor s : graph.block(b).successors()) {
            live.or(in[s.target().index()]);
            for (Reg r : s.args()) {
                set(live, r.index());
            }
        }
        for (int i = ops.blockStart[b + 1] - 1; i >= ops.blockStart[b]; i--) {
            for (int o = ops.start[i]; o < ops.start[i + 1]; o++) {
                if (Operands.isDef(ops.kind[o])) {
                    live.clear(given[o]);
                }
            }
            if (record && ops.insts[i].callSite() != null) {
                record(i, live);
            }
            for (int o = ops.start[i]; o < ops.start[i + 1]; o++) {
                if (Operands.isUse(ops.kind[o])) {
                    set(live, given[o]);
                }
            }
        }
        for (Reg p : graph.block(b).params()) {
            live.clear(p.index());
        }
        return live;
    }

    private void record(int call, BitSet live) {
        overCall.put(call, (BitSet) live.clone());
        if (live.intersects(graph.function.objectAddresses())) {
            throw new IllegalStateException("the address of an object is kept over " + ops.insts[call]);
        }
    }

    private void set(BitSet live, int v) {
        if (ops.isReference(v) || v >= 0 && graph.function.objectAddresses().get(v)) {
            live.set(v);
        }
    }
}
