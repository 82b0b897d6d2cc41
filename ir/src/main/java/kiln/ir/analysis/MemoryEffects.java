package kiln.ir.analysis;

import java.util.HashMap;
import kiln.ir.Block;
import kiln.ir.Inst;
import kiln.ir.MemoryOp;
import kiln.ir.Opcode;
import kiln.ir.Region;
import kiln.ir.analysis.LoopForest.Loop;

/** Which regions of memory are written where. Regions are numbered in the order in which the function touches them. */
public final class MemoryEffects {
    /** Regions beyond this number count as one. */
    private static final int MAX_REGIONS = 32;

    private static final long ALL = -1;

    private final Cfg cfg;
    private final HashMap<Region, Integer> numbers = new HashMap<>();
    private Region lastRegion;
    private int lastNumber;
    private final long[] blockWrites;
    private final long[] loopWrites;

    public MemoryEffects(Cfg cfg, LoopForest loops) {
        this.cfg = cfg;
        int n = cfg.size();
        this.blockWrites = new long[n];
        this.loopWrites = new long[n];
        for (int k = 0; k < n; k++) {
            Block b = cfg.block(k);
            long writes = 0;
            for (Inst i = b.first(); i != null; i = i.next()) {
                if (i.opcode() == Opcode.STORE) {
                    writes |= 1L << region(i.memory());
                } else if (i.opcode() == Opcode.LOAD) {
                    region(i.memory());
                } else if (i.opcode().effect() == Opcode.Effect.CALLS) {
                    writes = ALL;
                }
            }
            blockWrites[k] = writes;
            Loop loop = loops.innermost(b);
            if (loop != null) {
                loopWrites[cfg.index(loop.header())] |= writes;
            }
        }
        // Inner loops stand behind those around them.
        for (int i = loops.loops().size() - 1; i >= 0; i--) {
            Loop loop = loops.loops().get(i);
            if (loop.parent() != null) {
                loopWrites[cfg.index(loop.parent().header())] |= loopWrites[cfg.index(loop.header())];
            }
        }
    }

    /** Number of the region of an access. */
    public int region(MemoryOp m) {
        Region r = m.region();
        if (r != lastRegion) {
            Integer known = numbers.get(r);
            if (known == null) {
                known = Math.min(numbers.size(), MAX_REGIONS - 1);
                numbers.put(r, known);
            }
            lastRegion = r;
            lastNumber = known;
        }
        return lastNumber;
    }

    /** Upper bound of the numbers of regions. */
    public int regionCount() {
        return Math.min(numbers.size(), MAX_REGIONS);
    }

    /** Whether block {@code k} of the graph may write to the region. */
    public boolean writes(int k, int region) {
        return (blockWrites[k] >>> region & 1) != 0;
    }

    /** Whether something in the loop may write to the region. */
    public boolean writes(Loop loop, int region) {
        return (loopWrites[cfg.index(loop.header())] >>> region & 1) != 0;
    }
}
