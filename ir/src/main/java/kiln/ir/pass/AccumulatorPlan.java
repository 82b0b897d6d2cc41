package kiln.ir.pass;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import kiln.ir.Inst;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.analysis.Ranges;

/** Which accesses of a counted loop are to the same place in all turns, so that registers can stand for the places. */
final class AccumulatorPlan {
    private static final int MAX_INSTS = 100;
    private static final int MAX_CELLS = 4;
    /** Questions whether a place is apart from what others reach. */
    private static final int MAX_CHECKS = 12;
    /** So small that no reach overflows. */
    private static final long MAX_STEP = 1 << 20;

    /** A place that does not change. */
    static final class Cell {
        /** The first access. */
        final LaneAccess access;

        final Type type;
        boolean isLoaded;
        /** The last store; null if there is none. */
        LaneAccess stored;

        private Cell(LaneAccess access) {
            this.access = access;
            this.type = typeOf(access);
        }

        private boolean add(LaneAccess a) {
            if (typeOf(a) != type || !a.inst.memory().equals(access.inst.memory())) {
                return false;
            }
            isLoaded |= !a.isStore();
            stored = a.isStore() ? a : stored;
            // What is loaded again must be all that was stored.
            return stored == null || type.bytes() == a.width();
        }
    }

    final CountedLoop loop;
    final List<Cell> cells = new ArrayList<>();
    /** Accesses that go on with each turn. */
    final List<LaneAccess> others = new ArrayList<>();

    private final Map<Inst, Cell> ofInst = new HashMap<>();

    private AccumulatorPlan(CountedLoop loop) {
        this.loop = loop;
    }

    /** The plan for a loop, or null if it has nothing in memory that each turn changes at one place. */
    static AccumulatorPlan of(CountedLoop loop, Ranges ranges) {
        AccumulatorPlan p = new AccumulatorPlan(loop);
        if (!p.findAccesses() || !p.pays() || !p.haveOneBase()) {
            return null;
        }
        long turns = ranges.turns(loop.block);
        return turns >= 0 && turns <= LoopVersion.MIN_TURNS ? null : p;
    }

    /** The place that an instruction loads or stores, or null. */
    Cell cell(Inst i) {
        return ofInst.get(i);
    }

    private static Type typeOf(LaneAccess a) {
        return a.isStore() ? a.inst.stored().type() : a.inst.type();
    }

    private boolean findAccesses() {
        int n = 0;
        for (Inst i = loop.block.first(); i != loop.block.terminator(); i = i.next()) {
            if (++n > MAX_INSTS) {
                return false;
            }
            if (i.opcode() == Opcode.LOAD || i.opcode() == Opcode.STORE) {
                LaneAccess a = LaneAccess.of(i, n, loop);
                if (a == null || a.step() > MAX_STEP || a.step() == 0 && !findCell(a)) {
                    return false;
                }
                if (a.step() != 0) {
                    others.add(a);
                }
            } else if (!i.opcode().isPure()) {
                // Also a check for an interruption, which would find what is in memory too old.
                return false;
            }
        }
        return true;
    }

    private boolean findCell(LaneAccess a) {
        for (Cell c : cells) {
            if (c.access.isAtFixedDistanceFrom(a) && c.access.place() == a.place()) {
                ofInst.put(a.inst, c);
                return c.add(a);
            }
        }
        Cell c = new Cell(a);
        cells.add(c);
        ofInst.put(a.inst, c);
        return c.add(a) && cells.size() <= MAX_CELLS;
    }

    /** Only a value that is loaded where it has just been stored is waited for. */
    private boolean pays() {
        for (Cell c : cells) {
            if (c.isLoaded && c.stored != null) {
                return cells.size() * (cells.size() + others.size()) <= MAX_CHECKS + cells.size();
            }
        }
        return false;
    }

    /** Distances are from the base of a memory, of which nothing else is known. */
    private boolean haveOneBase() {
        LaneAccess first = cells.getFirst().access;
        for (Cell c : cells) {
            if (!c.access.hasBaseOf(first)) {
                return false;
            }
        }
        for (LaneAccess a : others) {
            if (!a.hasBaseOf(first)) {
                return false;
            }
        }
        return true;
    }
}
