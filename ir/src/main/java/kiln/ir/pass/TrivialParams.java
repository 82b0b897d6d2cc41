package kiln.ir.pass;

import java.util.Arrays;
import java.util.List;
import kiln.ir.Block;
import kiln.ir.Edge;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.Opcode;
import kiln.ir.Value;

/** Removes block parameters that receive one value only, apart from themselves. Unreachable blocks must be gone. */
final class TrivialParams {
    private static final int MAX_ROUNDS = 5;

    private final LazyUses uses;
    private final int[] start;
    private final Edge[] edges;
    private boolean constants;

    private TrivialParams(Function f, LazyUses uses, int edgeCount, int[] start) {
        this.uses = uses;
        this.start = start;
        this.edges = new Edge[edgeCount];
        int[] fill = start.clone();
        for (Block b : f.blocks()) {
            Inst t = b.terminator();
            for (int i = 0, n = t.targetCount(); i < n; i++) {
                Edge e = t.target(i);
                if (e.argCount() > 0) {
                    edges[fill[e.target().id()]++] = e;
                }
            }
        }
    }

    /**
     * Returns whether a constant has come to where a parameter was, so that other rules may apply now.
     *
     * @param entering by block, how many edges lead to it
     */
    static boolean removeFrom(Function f, LazyUses uses, int[] entering) {
        int[] start = new int[entering.length + 1];
        int count = 0;
        for (Block b : f.blocks()) {
            if (!b.params().isEmpty()) {
                start[b.id() + 1] = entering[b.id()];
                count += entering[b.id()];
            }
        }
        if (count == 0) {
            return false;
        }
        for (int i = 1; i < start.length; i++) {
            start[i] += start[i - 1];
        }
        TrivialParams pass = new TrivialParams(f, uses, count, start);
        for (int round = 0; round < MAX_ROUNDS; round++) {
            boolean changed = false;
            for (Block b : f.blocks()) {
                if (b != f.entry() && !b.params().isEmpty()) {
                    changed |= pass.visit(b);
                }
            }
            if (!changed) {
                break;
            }
        }
        return pass.constants;
    }

    private boolean visit(Block b) {
        List<Value> params = b.params();
        int n = params.size();
        int from = start[b.id()];
        int to = start[b.id() + 1];
        boolean[] keep = null;
        for (int i = 0; i < n; i++) {
            Value p = params.get(i);
            Value only = only(p, i, from, to);
            if (only != null) {
                if (keep == null) {
                    keep = new boolean[n];
                    Arrays.fill(keep, true);
                }
                keep[i] = false;
                constants |= only.is(Opcode.ICONST);
                uses.replace(p, only);
            }
        }
        if (keep == null) {
            return false;
        }
        b.keepParams(keep);
        for (int k = from; k < to; k++) {
            edges[k].keepArgs(keep);
        }
        return true;
    }

    /** The value that all edges bring for parameter {@code i}, if there is only one, else null. */
    private Value only(Value p, int i, int from, int to) {
        Value only = null;
        for (int k = from; k < to; k++) {
            Value v = edges[k].arg(i);
            if (v != p && v != only) {
                if (only != null) {
                    return null;
                }
                only = v;
            }
        }
        return only;
    }
}
