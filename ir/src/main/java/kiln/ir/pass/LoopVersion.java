package kiln.ir.pass;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import kiln.ir.Block;
import kiln.ir.Builder;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.IntCond;
import kiln.ir.MemoryOp;
import kiln.ir.Opcode;
import kiln.ir.Region;
import kiln.ir.Type;
import kiln.ir.Value;

/**
 * A second loop in front of one, for when accesses are in bounds and do not meet, and what asks for that in front of
 * both. The first loop makes the last turn at least, so that everything behind it finds its values as before.
 */
abstract class LoopVersion {
    /** Turns of the new loop without which it does not pay to look further. */
    static final int MIN_TURNS = 4;

    /** So few turns that no distance overflows. */
    private static final long MAX_TURNS = 1L << 33;

    final Function f;
    final CountedLoop loop;
    final Builder b;
    final List<Block> made = new ArrayList<>();
    private final Block scalars;
    /** Distances from the base, but for constants, by what they belong to; null for none. */
    private final Map<LaneAccess, Value> distances = new HashMap<>();

    private final List<LaneAccess> representatives = new ArrayList<>();
    private final Map<Value, Value> lengths = new HashMap<>();
    private boolean isNever;

    LoopVersion(Function f, CountedLoop loop) {
        this.f = f;
        this.loop = loop;
        this.b = new Builder(f);
        this.scalars = f.newDetachedBlock();
        b.setPosition(loop.block.first().position());
    }

    /** Lays out new blocks in front of the loops that they were made for. */
    static void layOut(Function f, Map<Block, List<Block>> made) {
        if (made.isEmpty()) {
            return;
        }
        List<Block> layout = f.blocks();
        List<Block> all = new ArrayList<>(layout.size() + 8 * made.size());
        for (Block b : layout) {
            all.addAll(made.getOrDefault(b, List.of()));
            all.add(b);
        }
        layout.clear();
        layout.addAll(all);
        f.invalidateGraph();
    }

    /** Whether something has been required that is known not to hold. */
    final boolean isNever() {
        return isNever;
    }

    /** A new block behind what is there, into which the builder writes. */
    final Block next() {
        Block block = f.newDetachedBlock();
        made.add(block);
        b.setBlock(block);
        return block;
    }

    /** Goes on with what follows if {@code condition} holds, else to the scalar loop. */
    final void require(Value condition) {
        if (condition.is(Opcode.ICONST)) {
            isNever |= condition.inst().imm() == 0;
            return;
        }
        Block from = b.block();
        Block then = next();
        b.setBlock(from);
        b.branch(condition, then, scalars);
        b.setBlock(then);
    }

    static int log2(long x) {
        return Long.numberOfTrailingZeros(x);
    }

    /**
     * Has the loop entered by {@code first}, the first of the new blocks; returns these for the layout.
     *
     * @param isRest whether the loop is left with a few turns, as a rule
     */
    final List<Block> finish(Block first, boolean isRest) {
        Value[] args = new Value[loop.entry.argCount()];
        for (int i = 0; i < args.length; i++) {
            args[i] = loop.entry.arg(i);
        }
        made.add(scalars);
        b.setBlock(scalars);
        b.jump(loop.block, args);
        if (isRest) {
            loop.block.setUnrolled();
        }
        loop.entry.setTarget(first);
        loop.entry.setArgs();
        return made;
    }

    /**
     * How many turns the new loop makes, each of which does what {@code 2^perTurn} did: so many that the scalar loop
     * would make all of theirs and one more. The loop goes on as long as its counter is before its limit, or is another
     * number; the number of whole steps between them is how often it does so at least.
     */
    final Value turns(int perTurn) {
        LinearValue counter = loop.counter();
        Value start = counter.atStart(b);
        Value limit = loop.limit().atStart(b);
        boolean up = counter.step > 0;
        Value way = up ? b.binary(Opcode.SUB, limit, start) : b.binary(Opcode.SUB, start, limit);
        boolean wide = counter.type == Type.I64;
        if (loop.condition() != IntCond.NE) {
            require(b.icmp(loop.condition(), start, limit));
        }
        int shift = log2(Math.abs(counter.step)) + perTurn;
        Value turns = b.binary(Opcode.LSHR, way, b.iconst(counter.type, shift));
        if (wide) {
            Value beyond = b.binary(Opcode.SUB, turns, b.i64(MIN_TURNS));
            require(b.icmp(IntCond.ULT, beyond, b.i64(MAX_TURNS)));
            return turns;
        }
        require(b.icmp(IntCond.UGE, turns, b.i32(MIN_TURNS)));
        return b.convert(Opcode.ZEXT, Type.I64, turns);
    }

    /** The access by which those are known that start at constants from one another even if indices wrap around. */
    final LaneAccess representative(LaneAccess a) {
        for (LaneAccess r : representatives) {
            if (r.isParallelTo(a) && (a.startsAtConstant() || r.isAtFixedDistanceFrom(a))) {
                return r;
            }
        }
        representatives.add(a);
        return a;
    }

    /** What is not constant about an access's first distance from the base; null for nothing. */
    final Value distance(LaneAccess access) {
        LaneAccess a = representative(access);
        if (a.startsAtConstant()) {
            return null;
        }
        Value known = distances.get(a);
        if (known == null) {
            known = a.narrow != null
                    ? b.convert(Opcode.ZEXT, Type.I64, a.narrow.atStart(b))
                    : a.wide().withoutConstant().atStart(b);
            distances.put(a, known);
        }
        return known;
    }

    /** The address of the first turn's access, without its constant. */
    final Value address(LaneAccess a) {
        Value d = distance(a);
        return d == null ? a.base : b.binary(Opcode.ADD, a.base, d);
    }

    /**
     * Requires that an access, which is the same in all turns, lies in front of the {@code bytes} that others reach, or
     * behind them.
     *
     * @param least the lowest constant among the others, which {@code first} is one of
     */
    final void requireApart(LaneAccess held, LaneAccess first, long least, Value bytes) {
        requireApart(held, way(first, held), least, bytes);
    }

    /** The way from one access to another, without their constants. */
    final Value way(LaneAccess from, LaneAccess to) {
        Value x = distance(from);
        Value y = distance(to);
        Value way = y == null ? b.i64(0) : y;
        return x == null ? way : b.binary(Opcode.SUB, way, x);
    }

    /** As above; {@code from} is the way from what others begin at to the access, without constants. */
    final void requireApart(LaneAccess held, Value from, long least, Value bytes) {
        // They meet from -width + 1 on up to bytes - 1.
        long most = held.width() - 1;
        Value way = b.binary(Opcode.ADD, from, b.i64(held.constant() - least + most));
        require(b.icmp(IntCond.UGE, way, b.binary(Opcode.ADD, bytes, b.i64(most))));
    }

    /**
     * Requires that all lies in the memory that accesses reach which begin at {@code least}, the lowest constant among
     * them, and end {@code end} bytes behind where their distance without constants begins.
     */
    final void requireInBounds(LaneAccess a, long least, Value end) {
        Value length = length(a.base);
        Value start = distance(a);
        if (a.narrow == null) {
            Value first = start == null ? b.i64(least) : b.binary(Opcode.ADD, start, b.i64(least));
            require(b.icmp(IntCond.SGE, first, b.i64(0)));
        }
        require(b.icmp(IntCond.ULE, start == null ? end : b.binary(Opcode.ADD, start, end), length));
    }

    /** The length of the memory that begins at {@code base}. */
    final Value length(Value base) {
        Inst load = base.inst();
        return lengths.computeIfAbsent(
                base,
                _ -> b.load(
                        Type.I64,
                        MemoryOp.of(Type.I64, Region.CONTEXT),
                        load.arg(0),
                        load.imm() + LaneAccess.LENGTH_FROM_BASE));
    }
}
