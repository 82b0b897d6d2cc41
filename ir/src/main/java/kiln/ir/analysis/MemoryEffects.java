package kiln.ir.analysis;

import java.util.HashMap;
import kiln.ir.Inst;
import kiln.ir.MemoryOp;
import kiln.ir.Region;

/**
 * Which regions of memory are written where. Regions are numbered in the order in which the function touches them. What
 * synchronizes counts as writing all linear memories.
 */
public final class MemoryEffects {
    /** Regions beyond this number count as one. */
    private static final int MAX_REGIONS = 32;

    private static final long ALL = -1;

    private final HashMap<Region, Integer> numbers = new HashMap<>();
    /** Regions asked for of late, to be known by being the same object, and their numbers. */
    private final Region[] recent = new Region[4];

    private final int[] recentNumbers = new int[recent.length];
    private int nextRecent;
    /** The regions that are linear memories. */
    private long memories;

    private final long[] blockWrites;
    private final long[] loopWrites;

    public MemoryEffects(Cfg cfg) {
        int n = cfg.nodes();
        this.blockWrites = new long[n];
        this.loopWrites = new long[n];
        boolean[] synchronizes = new boolean[n];
        for (int order = 0; order < cfg.reachable(); order++) {
            int k = cfg.inReversePostorder(order);
            for (Inst i = cfg.block(k).first(); i != null; i = i.next()) {
                switch (i.opcode().effect()) {
                    case READS -> region(i.memory());
                    case WRITES -> blockWrites[k] |= 1L << region(i.memory());
                    case SYNCHRONIZES -> {
                        synchronizes[k] = true;
                        blockWrites[k] |= i.data() != null ? 1L << region(i.memory()) : 0;
                    }
                    case CALLS -> blockWrites[k] = ALL;
                    case TERMINATES -> blockWrites[k] |= i.opcode().isInvoke() ? ALL : 0;
                    default -> {}
                }
            }
        }
        for (int order = 0; order < cfg.reachable(); order++) {
            int k = cfg.inReversePostorder(order);
            // All regions are known only now.
            blockWrites[k] |= synchronizes[k] ? memories : 0;
            if (cfg.loopHeader(k) >= 0) {
                loopWrites[cfg.loopHeader(k)] |= blockWrites[k];
            }
        }
        // Headers of inner loops come before those of outer ones.
        for (int h : cfg.postorder()) {
            if (cfg.isLoopHeader(h) && cfg.outerLoop(h) >= 0) {
                loopWrites[cfg.outerLoop(h)] |= loopWrites[h];
            }
        }
    }

    /** Number of the region of an access. */
    public int region(MemoryOp m) {
        Region r = m.region();
        for (int i = 0; i < recent.length; i++) {
            if (r == recent[i]) {
                return recentNumbers[i];
            }
        }
        Integer known = numbers.get(r);
        if (known == null) {
            known = Math.min(numbers.size(), MAX_REGIONS - 1);
            numbers.put(r, known);
            memories |= r.kind() == Region.Kind.MEMORY ? 1L << known : 0;
        }
        recent[nextRecent] = r;
        recentNumbers[nextRecent] = known;
        nextRecent = (nextRecent + 1) % recent.length;
        return known;
    }

    /** Upper bound of the numbers of regions. */
    public int regionCount() {
        return Math.min(numbers.size(), MAX_REGIONS);
    }

    /** Whether some access through the region is one to a linear memory. */
    public boolean isMemory(int region) {
        return (memories >>> region & 1) != 0;
    }

    /** Whether the block with number {@code k} may write to the region. */
    public boolean writes(int k, int region) {
        return (blockWrites[k] >>> region & 1) != 0;
    }

    /** Whether something in the loop with header {@code header} may write to the region. */
    public boolean loopWrites(int header, int region) {
        return (loopWrites[header] >>> region & 1) != 0;
    }
}
