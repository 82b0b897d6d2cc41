package kiln.ir.pass;

import java.util.Arrays;
import java.util.List;
import kiln.ir.Block;
import kiln.ir.Edge;
import kiln.ir.Function;
import kiln.ir.Value;
import kiln.ir.analysis.Cfg;

/** Removes block parameters that receive one value only, apart from themselves. Unreachable blocks must be gone. */
final class TrivialParams {
    private static final int MAX_ROUNDS = 5;

    private TrivialParams() {}

    /** Returns whether there was something to remove. */
    static boolean removeFrom(Function f) {
        boolean any = false;
        for (Block b : f.blocks()) {
            any |= b != f.entry() && !b.params().isEmpty();
        }
        if (!any) {
            return false;
        }
        Cfg cfg = new Cfg(f);
        boolean changed = false;
        for (int round = 0; round < MAX_ROUNDS; round++) {
            boolean now = false;
            for (int i = 1; i < cfg.size(); i++) {
                now |= visit(cfg, cfg.block(i));
            }
            if (!now) {
                break;
            }
            changed = true;
        }
        return changed;
    }

    private static boolean visit(Cfg cfg, Block b) {
        List<Value> params = b.params();
        int n = params.size();
        if (n == 0) {
            return false;
        }
        boolean[] keep = null;
        int preds = cfg.predCount(b);
        for (int i = 0; i < n; i++) {
            Value p = params.get(i);
            Value only = null;
            boolean trivial = true;
            for (int k = 0; k < preds && trivial; k++) {
                Value v = cfg.predEdge(b, k).arg(i);
                if (v != p && v != only) {
                    trivial = only == null;
                    only = v;
                }
            }
            if (trivial && only != null) {
                if (keep == null) {
                    keep = new boolean[n];
                    Arrays.fill(keep, true);
                }
                keep[i] = false;
                p.replaceWith(only);
            }
        }
        if (keep == null) {
            return false;
        }
        b.keepParams(keep);
        for (int k = 0; k < preds; k++) {
            Edge e = cfg.predEdge(b, k);
            e.keepArgs(keep);
        }
        return true;
    }
}
