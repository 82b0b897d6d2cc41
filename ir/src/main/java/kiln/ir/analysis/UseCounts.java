package kiln.ir.analysis;

import kiln.ir.Block;
import kiln.ir.Edge;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.Value;

/** How often each value is an operand of an instruction or an argument of an edge. A snapshot that users may adjust. */
public final class UseCounts {
    private final int[] counts;

    public UseCounts(Function f) {
        counts = new int[f.valueIdBound()];
        for (Block b : f.blocks()) {
            for (Inst i = b.first(); i != null; i = i.next()) {
                add(i, 1);
            }
        }
    }

    /** Counts the operands and edge arguments of {@code inst} {@code delta} times more. */
    public void add(Inst inst, int delta) {
        for (int i = 0, n = inst.argCount(); i < n; i++) {
            counts[inst.arg(i).id()] += delta;
        }
        for (int t = 0, n = inst.targetCount(); t < n; t++) {
            Edge e = inst.target(t);
            for (int i = 0, k = e.argCount(); i < k; i++) {
                counts[e.arg(i).id()] += delta;
            }
        }
    }

    public int of(Value v) {
        return counts[v.id()];
    }

    public void add(Value v, int delta) {
        counts[v.id()] += delta;
    }
}
