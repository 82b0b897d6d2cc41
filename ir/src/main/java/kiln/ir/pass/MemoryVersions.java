package kiln.ir.pass;

import java.util.Arrays;
import kiln.ir.Inst;
import kiln.ir.analysis.Cfg;
import kiln.ir.analysis.MemoryEffects;

/**
 * Numbers the states of each region of memory, while blocks are visited in reverse postorder: two places at which a
 * region has the same version see the same bytes there. A version made by a store knows the store and the version
 * before it.
 */
final class MemoryVersions {
    private final Cfg cfg;
    private final MemoryEffects effects;
    private final int regions;
    private final int[] current;
    private final int[] atExit;
    private int count;
    private int[] before = new int[64];
    private Inst[] stores = new Inst[64];

    MemoryVersions(Cfg cfg, MemoryEffects effects) {
        this.cfg = cfg;
        this.effects = effects;
        this.regions = effects.regionCount();
        this.current = new int[regions];
        this.atExit = new int[Math.multiplyExact(regions, cfg.nodes())];
    }

    /** Goes to the beginning of block {@code k}, all of whose predecessors in the order have been left. */
    void enter(int k) {
        int[] preds = cfg.predecessors(k);
        if (preds.length == 1 && isEarlier(preds[0], k)) {
            System.arraycopy(atExit, preds[0] * regions, current, 0, regions);
            return;
        }
        Arrays.fill(current, -1);
        for (int p : preds) {
            if (isEarlier(p, k)) {
                merge(p);
            }
        }
        for (int p : preds) {
            if (!isEarlier(p, k)) {
                boolean known = cfg.isLoopHeader(k) && cfg.isInLoop(p, k);
                for (int r = 0; r < regions; r++) {
                    if (!known || effects.loopWrites(k, r)) {
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

    private boolean isEarlier(int a, int b) {
        return cfg.number(a) > cfg.number(b);
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

    /** What synchronizes: other threads may have written to all linear memories. */
    void synchronize() {
        for (int r = 0; r < regions; r++) {
            if (effects.isMemory(r)) {
                current[r] = newVersion(-1, null);
            }
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
