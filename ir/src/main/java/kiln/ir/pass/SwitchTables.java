package kiln.ir.pass;

import java.util.List;
import java.util.Set;
import kiln.ir.Block;
import kiln.ir.Builder;
import kiln.ir.ConstantBytes;
import kiln.ir.Edge;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.IntCond;
import kiln.ir.MemoryOp;
import kiln.ir.Opcode;
import kiln.ir.Region;
import kiln.ir.Type;
import kiln.ir.Value;
import kiln.ir.analysis.UseCounts;

/**
 * Loads from a table what a SWITCH only chooses: where all ways but the last lead to one block, with constants that
 * differ, the constants are laid out in order and read by the index; one or two other ways are asked for before. A
 * jump that has to be predicted becomes a load, and as many blocks vanish. Runs behind {@link JumpThreading}, to
 * which a constant in an edge says more.
 */
public final class SwitchTables implements Pass {
    /** For fewer, comparisons are no worse. */
    private static final int MIN_WAYS = 4;
    /** How many parameters of the block may differ, each of which costs a load. */
    private static final int MAX_TABLES = 3;
    /** How many ways may do something else: each costs a comparison, and as many others must be there. */
    private static final int MAX_OTHERS = 2;

    private static final int WAYS_PER_OTHER = 8;

    @Override
    public String name() {
        return "switch-tables";
    }

    @Override
    public Set<Property> requires() {
        return Set.of(Property.REACHABLE);
    }

    @Override
    public Set<Property> keeps() {
        return Set.of(Property.REACHABLE);
    }

    @Override
    public void run(Function f) {
        boolean changed = false;
        UseCounts uses = null;
        for (Block block : List.copyOf(f.blocks())) {
            Inst t = block.terminator();
            if (t.opcode() == Opcode.SWITCH && t.targetCount() > MIN_WAYS) {
                uses = uses != null ? uses : new UseCounts(f);
                Edge[] ways = ways(t, uses);
                if (ways != null) {
                    replace(f, block, t, ways);
                    changed = true;
                }
            }
        }
        if (changed) {
            RemoveUnreachable.removeFrom(f);
        }
    }

    /**
     * The edges by which the ways but the last come to one block, with constants where they differ; null for those that
     * do not, or null if these are too many, or parameters that differ.
     */
    private static Edge[] ways(Inst t, UseCounts uses) {
        Edge[] ways = new Edge[t.targetCount() - 1];
        for (int i = 0; i < ways.length; i++) {
            ways[i] = onward(t.target(i), uses);
        }
        Edge usual = usual(ways);
        boolean[] differs = new boolean[usual.argCount()];
        int tables = 0;
        for (int p = 0; p < differs.length; p++) {
            differs[p] = differs(ways, usual, p);
            if (differs[p] && (++tables > MAX_TABLES || usual.arg(p).type() == Type.REF)) {
                return null;
            }
        }
        int others = 0;
        for (int i = 0; i < ways.length; i++) {
            if (ways[i].target() != usual.target() || !isConstant(ways[i], differs)) {
                ways[i] = null;
                others++;
            }
        }
        return others <= MAX_OTHERS && ways.length - others * WAYS_PER_OTHER >= MIN_WAYS ? ways : null;
    }

    /** The edge behind a block that does nothing but make constants, for nobody else. */
    private static Edge onward(Edge e, UseCounts uses) {
        Block via = e.target();
        if (!via.params().isEmpty()) {
            return e;
        }
        Inst jump = via.terminator();
        if (jump.opcode() != Opcode.JUMP) {
            return e;
        }
        int elsewhere = 0;
        for (Inst i = via.first(); i != jump; i = i.next()) {
            if (i.opcode() != Opcode.ICONST) {
                return e;
            }
            elsewhere += uses.of(i.result());
        }
        Edge next = jump.target(0);
        for (int i = 0; i < next.argCount(); i++) {
            Value v = next.arg(i);
            elsewhere -= v.is(Opcode.ICONST) && v.inst().block() == via ? 1 : 0;
        }
        // What reads them elsewhere would no longer be behind them.
        return elsewhere == 0 ? next : e;
    }

    /** An edge to the block to which more than half of the ways lead, if there is one. */
    private static Edge usual(Edge[] ways) {
        Edge candidate = null;
        int votes = 0;
        for (Edge e : ways) {
            if (votes == 0) {
                candidate = e;
            }
            votes += e.target() == candidate.target() ? 1 : -1;
        }
        return candidate;
    }

    /** Whether the ways to one block do not all pass the same value for a parameter. */
    private static boolean differs(Edge[] ways, Edge usual, int param) {
        Value first = usual.arg(param);
        for (Edge e : ways) {
            if (e == null || e.target() != usual.target()) {
                continue;
            }
            Value v = e.arg(param);
            boolean isSame = v == first
                    || v.is(Opcode.ICONST)
                            && first.is(Opcode.ICONST)
                            && v.inst().imm() == first.inst().imm();
            if (!isSame) {
                return true;
            }
        }
        return false;
    }

    private static boolean isConstant(Edge e, boolean[] differs) {
        for (int p = 0; p < differs.length; p++) {
            if (differs[p] && !e.arg(p).is(Opcode.ICONST)) {
                return false;
            }
        }
        return true;
    }

    private static void replace(Function f, Block block, Inst t, Edge[] ways) {
        Builder b = new Builder(f);
        block.remove(t);
        b.setBlock(block);
        b.setPosition(t.position());
        Value index = t.arg(0);
        branch(b, b.icmp(IntCond.UGE, index, b.i32(ways.length)), t.target(ways.length));
        Edge usual = null;
        for (int i = 0; i < ways.length; i++) {
            if (ways[i] == null) {
                branch(b, b.icmp(IntCond.EQ, index, b.i32(i)), t.target(i));
            } else {
                usual = ways[i];
            }
        }
        Value wide = b.convert(Opcode.ZEXT, Type.I64, index);
        Value[] args = new Value[usual.argCount()];
        for (int p = 0; p < args.length; p++) {
            args[p] = usual.arg(p);
            if (differs(ways, usual, p)) {
                args[p] = entry(b, wide, args[p].type(), constants(ways, p));
            } else if (args[p].is(Opcode.ICONST)) {
                // It may have been made on the way.
                args[p] = b.iconst(args[p].type(), args[p].inst().imm());
            }
        }
        b.jump(new Edge(usual.target(), args));
    }

    /** Takes {@code edge} if the condition holds, and goes on in a new block. */
    private static void branch(Builder b, Value condition, Edge edge) {
        Block next = edge.target().function().newBlock();
        b.branch(condition, edge, new Edge(next));
        b.setBlock(next);
    }

    private static long[] constants(Edge[] ways, int param) {
        long[] result = new long[ways.length];
        for (int i = 0; i < ways.length; i++) {
            result[i] = ways[i] == null ? 0 : ways[i].arg(param).inst().imm();
        }
        return result;
    }

    /** The value number {@code index}, from a table whose entries are as narrow as they can be. */
    private static Value entry(Builder b, Value index, Type type, long[] values) {
        int log2 = 0;
        while (8 << log2 < 8 * type.bytes()
                && !fits(values, type, 8 << log2, false)
                && !fits(values, type, 8 << log2, true)) {
            log2++;
        }
        boolean isSigned = !fits(values, type, 8 << log2, false);
        Value data = b.dataAddress(ConstantBytes.of(values, 1 << log2));
        Value offset = log2 == 0 ? index : b.binary(Opcode.SHL, index, b.i64(log2));
        // It reads beyond the table for an index that is not in it.
        MemoryOp access = new MemoryOp(1 << log2, isSigned, Region.CONTEXT, true, true, null);
        return b.load(type, access, b.binary(Opcode.ADD, data, offset), 0);
    }

    private static boolean fits(long[] values, Type type, int bits, boolean isSigned) {
        for (long v : values) {
            long whole = type == Type.I32 ? v & 0xffff_ffffL : v;
            int unused = 64 - bits;
            long read = isSigned ? v << unused >> unused : v << unused >>> unused;
            if (read != (isSigned ? v : whole)) {
                return false;
            }
        }
        return true;
    }
}
