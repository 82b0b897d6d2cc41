package kiln.ir.pass;

import java.util.Arrays;
import kiln.ir.Block;
import kiln.ir.Inst;
import kiln.ir.analysis.Cfg;
import kiln.ir.analysis.LoopForest;
import kiln.ir.analysis.LoopForest.Loop;
import kiln.ir.analysis.MemoryEffects;

/**
 * Numbers the states of each region of memory, while blocks are visited in reverse postorder: two places at which a
 * region has the same version see the same bytes there. A version made by a store knows the store and the version
 * before it.
 */
final class MemoryVersions {
    private final Cfg cfg;
    private final LoopForest loops;
    private final MemoryEffects effects;
    private final int regions;
    private final int[] current;
    private final int[] atExit;
    private int count;
    private int[] before = new int[64];
    private Inst[] stores = new Inst[64];

    MemoryVersions(Cfg cfg, LoopForest loops, MemoryEffects effects) {
        this.cfg = cfg;
        this.loops = loops;
        this.effects = effects;
        this.regions = effects.regionCount();
        this.current = new int[regions];
        this.atExit = new int[Math.multiplyExact(regions, cfg.size())];
    }

    /** Goes to the beginning of block {@code k}, all of whose predecessors in the order have been left. */
    void enter(int k) {
        Block b = cfg.block(k);
        int preds = k == 0 ? 0 : cfg.predCount(b);
        if (preds == 1 && cfg.index(cfg.pred(b, 0)) < k) {
            System.arraycopy(atExit, cfg.index(cfg.pred(b, 0)) * regions, current, 0, regions);
            return;
        }
        Arrays.fill(current, -1);
        for (int p = 0; p < preds; p++) {
            int pred = cfg.index(cfg.pred(b, p));
            if (pred < k) {
                merge(pred);
            }
        }
        Loop loop = loops.innermost(b);
        for (int p = 0; p < preds; p++) {
            int pred = cfg.index(cfg.pred(b, p));
            if (pred >= k) {
                boolean known = loop != null && loop.header() == b && loops.contains(loop, cfg.block(pred));
                for (int r = 0; r < regions; r++) {
                    if (!known || effects.writes(loop, r)) {
                        current[r] = -2;
                    }
                }
            }
        }
        for (int r = 0; r < regions; r++) {
            if (current[r] < 0) {
                current[r] = newVersion(-1, null);
            }
        }
    }

    private void merge(int pred) {
        for (int r = 0; r < regions; r++) {
            int v = atExit[pred * regions + r];
            if (current[r] == -1) {
                current[r] = v;
            } else if (current[r] != v) {
                current[r] = -2;
            }
        }
    }

    void leave(int k) {
        System.arraycopy(current, 0, atExit, k * regions, regions);
    }

    int current(int region) {
        return current[region];
    }

    void store(int region, Inst store) {
        current[region] = newVersion(current[region], store);
    }

    void call() {
        for (int r = 0; r < regions; r++) {
            current[r] = newVersion(-1, null);
        }
    }

    /** The store that made a version, or null. */
    Inst storeOf(int version) {
        return stores[version];
    }

    /** The version before the store that made this one. */
    int before(int version) {
        return before[version];
    }

    private int newVersion(int previous, Inst store) {
        if (count == before.length) {
            before = Arrays.copyOf(before, count * 2);
            stores = Arrays.copyOf(stores, count * 2);
        }
        before[count] = previous;
        stores[count] = store;
        return count++;
    }
}
