package kiln.ir.pass;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import kiln.ir.Inst;
import kiln.ir.Opcode;
import kiln.ir.Region;
import kiln.ir.Type;
import kiln.ir.Value;
import kiln.ir.analysis.Range;
import kiln.ir.analysis.Ranges;

/** Which accesses of a counted loop are to the same place in all turns, so that registers can stand for the places. */
final class AccumulatorPlan {
    private static final int MAX_INSTS = 100;
    private static final int MAX_CELLS = 4;
    /** Questions whether a place is apart from what others reach. */
    private static final int MAX_CHECKS = 12;
    /** So small that no reach overflows. */
    private static final long MAX_STEP = 1 << 20;

    /** Of what is larger, nothing is known as a rule. */
    private static final long MAX_AREA = 1 << 24;

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

    /** An access that may be anywhere from {@code start} up to {@code end}, counted from the base. */
    record Area(Inst inst, Value base, long start, long end) {
        boolean isStore() {
            return inst.opcode() == Opcode.STORE;
        }
    }

    final CountedLoop loop;
    /** Accesses to tables, by what is computed. */
    final List<Area> areas = new ArrayList<>();

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
        if (!p.findAccesses(ranges) || !p.pays() || !p.haveOneBase()) {
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

    private boolean findAccesses(Ranges ranges) {
        int n = 0;
        for (Inst i = loop.block.first(); i != loop.block.terminator(); i = i.next()) {
            if (++n > MAX_INSTS) {
                return false;
            }
            if (i.opcode() == Opcode.LOAD || i.opcode() == Opcode.STORE) {
                LaneAccess a = LaneAccess.of(i, n, loop);
                if (a == null && findArea(i, ranges)) {
                    continue;
                }
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

    private boolean findArea(Inst i, Ranges ranges) {
        Value address = i.arg(0);
        if (i.memory().region().kind() != Region.Kind.MEMORY || i.memory().readOnly() || !address.is(Opcode.ADD)) {
            return false;
        }
        Value x = address.inst().arg(0);
        Value y = address.inst().arg(1);
        Value base = LaneAccess.isBase(x) ? x : y;
        Range r = ranges.at(base == x ? y : x, loop.block);
        if (!LaneAccess.isBase(base) || r.umin() < 0 || r.umax() < 0 || r.umax() > MAX_AREA) {
            return false;
        }
        areas.add(new Area(
                i, base, i.imm() + r.umin(), i.imm() + r.umax() + i.memory().width()));
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

    private int reached() {
        return cells.size() + others.size() + areas.size();
    }

    /** Only a value that is loaded where it has just been stored is waited for. */
    private boolean pays() {
        for (Cell c : cells) {
            if (c.isLoaded && c.stored != null) {
                return cells.size() * (reached() - 1) <= MAX_CHECKS;
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
        for (Area a : areas) {
            if (a.base != first.base
                    || !a.inst.memory().region().equals(first.inst.memory().region())) {
                return false;
            }
        }
        return true;
    }
}
