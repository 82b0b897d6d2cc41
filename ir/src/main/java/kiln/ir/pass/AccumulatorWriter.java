package kiln.ir.pass;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import kiln.ir.Block;
import kiln.ir.Edge;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.IntCond;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.Value;

/**
 * Puts a copy of a loop that keeps in registers what the loop keeps in memory in front of it, as a plan says:
 *
 * <pre>
 *   entry ─> enough turns? ─> far enough apart? ─> within the memory? ─> [copy] ─> stores ─┐
 *                 │                  │                    │                                │
 *                 └──────────────────┴────────────────────┴──> as before ──> [loop] <──────┘
 * </pre>
 *
 * Nothing traps in the copy, so nobody sees that memory has old values until it ends.
 */
final class AccumulatorWriter extends LoopVersion {
    private final AccumulatorPlan plan;
    /** Accesses that go on, by the one whose distance counts: the first constant and where the last access ends. */
    private final Map<LaneAccess, long[]> reach = new LinkedHashMap<>();
    /** Of these, those among which is a store. */
    private final Map<LaneAccess, Boolean> isStored = new HashMap<>();
    /** Bytes from the first turn's access to the last turn's, by what each turn adds. */
    private final Map<Long, Value> ways = new HashMap<>();

    private final Map<Value, Value> copies = new HashMap<>();

    private AccumulatorWriter(Function f, AccumulatorPlan plan) {
        super(f, plan.loop);
        this.plan = plan;
    }

    /**
     * Writes the loop.
     *
     * @return the new blocks, to be laid out in front of the loop; none if it turned out never to be entered
     */
    static List<Block> write(Function f, AccumulatorPlan plan) {
        return new AccumulatorWriter(f, plan).write();
    }

    private List<Block> write() {
        Block first = next();
        Value turns = turns(0);
        Value more = b.binary(Opcode.SUB, turns, b.i64(1));
        findReach();
        checkApart(more);
        checkBounds(more);
        if (isNever()) {
            return List.of();
        }
        Value start = loop.counter().atStart(b);
        long step = loop.counter().step;
        Type type = start.type();
        Value n = type == Type.I64 ? more : b.convert(Opcode.WRAP, type, more);
        n = b.binary(Opcode.SHL, n, b.iconst(type, log2(Math.abs(step))));
        writeCopy(b.binary(step > 0 ? Opcode.ADD : Opcode.SUB, start, n));
        return finish(first, true);
    }

    private void findReach() {
        for (LaneAccess a : plan.others) {
            LaneAccess r = representative(a);
            long[] known = reach.computeIfAbsent(r, _ -> new long[] {Long.MAX_VALUE, 0});
            known[0] = Math.min(known[0], a.constant());
            known[1] = Math.max(known[1], a.constant() + a.width());
            isStored.merge(r, a.isStore(), Boolean::logicalOr);
        }
    }

    private Value way(LaneAccess a, Value more) {
        return ways.computeIfAbsent(a.step(), s -> b.binary(Opcode.MUL, more, b.i64(s)));
    }

    private void checkApart(Value more) {
        List<AccumulatorPlan.Cell> cells = plan.cells;
        for (int i = 0; i < cells.size(); i++) {
            AccumulatorPlan.Cell c = cells.get(i);
            for (AccumulatorPlan.Cell d : cells.subList(i + 1, cells.size())) {
                if (c.stored != null || d.stored != null) {
                    requireApart(c.access, d.access, d.access.constant(), b.i64(d.access.width()));
                }
            }
            for (AccumulatorPlan.Area a : plan.areas) {
                if (c.stored != null || a.isStore()) {
                    Value way = distance(c.access);
                    requireApart(c.access, way == null ? b.i64(0) : way, a.start(), b.i64(a.end() - a.start()));
                }
            }
            reach.forEach((a, r) -> {
                if (c.stored != null || isStored.get(a)) {
                    Value bytes = b.binary(Opcode.ADD, way(a, more), b.i64(r[1] - r[0]));
                    requireApart(c.access, a, r[0], bytes);
                }
            });
        }
    }

    private void checkBounds(Value more) {
        for (AccumulatorPlan.Cell c : plan.cells) {
            long least = c.access.constant();
            requireInBounds(c.access, least, b.i64(least + c.access.width()));
        }
        for (AccumulatorPlan.Area a : plan.areas) {
            require(b.icmp(IntCond.ULE, b.i64(a.end()), length(a.base())));
        }
        reach.forEach((a, r) -> requireInBounds(a, r[0], b.binary(Opcode.ADD, way(a, more), b.i64(r[1]))));
    }

    /** Writes the copy, in whose last turn what is compared is {@code last}. */
    private void writeCopy(Value last) {
        Block body = f.newDetachedBlock();
        Block rest = f.newDetachedBlock();
        List<Value> initial = new ArrayList<>();
        for (Value p : loop.block.params()) {
            initial.add(loop.start(p));
            copies.put(p, body.addParam(p.type()));
        }
        Map<AccumulatorPlan.Cell, Value> held = new LinkedHashMap<>();
        Map<AccumulatorPlan.Cell, Value> addresses = new HashMap<>();
        for (AccumulatorPlan.Cell c : plan.cells) {
            LaneAccess a = c.access;
            Value address = address(a);
            addresses.put(c, address);
            b.setPosition(a.inst.position());
            Value v = b.load(c.type, a.inst.memory(), address, a.constant());
            if (c.stored != null) {
                initial.add(v);
                v = body.addParam(c.type);
            }
            held.put(c, v);
        }
        b.jump(body, initial.toArray(Value[]::new));

        made.add(body);
        b.setBlock(body);
        copyInstructions(held);
        b.setPosition(loop.block.terminator().position());
        Value[] left = new Value[loop.entry.argCount()];
        Arrays.setAll(left, i -> copy(loop.back.arg(i)));
        List<Value> again = new ArrayList<>(Arrays.asList(left));
        held.forEach((c, v) -> {
            if (c.stored != null) {
                again.add(v);
            }
        });
        Value goesOn = b.icmp(IntCond.NE, copy(loop.tested()), last);
        b.branch(goesOn, new Edge(body, again.toArray(Value[]::new)), new Edge(rest));

        made.add(rest);
        b.setBlock(rest);
        held.forEach((c, v) -> {
            if (c.stored != null) {
                b.setPosition(c.stored.inst.position());
                b.store(c.stored.inst.memory(), addresses.get(c), c.stored.constant(), v);
            }
        });
        b.jump(loop.block, left);
    }

    private void copyInstructions(Map<AccumulatorPlan.Cell, Value> held) {
        for (Inst i = loop.block.first(); i != loop.block.terminator(); i = i.next()) {
            AccumulatorPlan.Cell c = plan.cell(i);
            if (c != null && i.opcode() == Opcode.STORE) {
                held.put(c, copy(i.stored()));
            } else if (c != null) {
                copies.put(i.result(), held.get(c));
            } else {
                Value[] args = new Value[i.argCount()];
                for (int k = 0; k < args.length; k++) {
                    args[k] = copy(i.arg(k));
                }
                b.setPosition(i.position());
                Inst copy = b.copy(i, args);
                if (copy.result() != null) {
                    copies.put(i.result(), copy.result());
                }
            }
        }
    }

    private Value copy(Value v) {
        return loop.isInside(v) ? copies.get(v) : v;
    }
}
