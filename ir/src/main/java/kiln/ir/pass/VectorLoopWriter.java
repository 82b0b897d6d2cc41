package kiln.ir.pass;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import kiln.ir.Block;
import kiln.ir.Edge;
import kiln.ir.FloatCond;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.IntCond;
import kiln.ir.Lanes;
import kiln.ir.MemoryOp;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.V128;
import kiln.ir.Value;
import kiln.ir.VectorOp;

/**
 * Puts a loop with vectors in front of a scalar one, as a plan says:
 *
 * <pre>
 *   entry ─> enough turns? ─> far enough apart? ─> within the memory? ─> vectors ─> [loop with vectors] ─> rest ─┐
 *                 │                  │                    │                                                      │
 *                 └──────────────────┴────────────────────┴──> scalars ────────────────────────> [scalar loop] <─┘
 * </pre>
 *
 * The scalar loop makes the last turn at least, so that everything behind it finds its values as before.
 */
final class VectorLoopWriter extends LoopVersion {
    private final VectorPlan plan;
    private final Map<LaneAccess, Value> addresses = new HashMap<>();
    private final Map<LanePack, Value[]> written = new HashMap<>();
    private final Map<LanePack, Value> starts = new HashMap<>();

    private VectorLoopWriter(Function f, VectorPlan plan) {
        super(f, plan.loop);
        this.plan = plan;
    }

    /**
     * Writes the loop.
     *
     * @return the new blocks, to be laid out in front of the scalar loop; none if it turned out never to be entered
     */
    static List<Block> write(Function f, VectorPlan plan) {
        return new VectorLoopWriter(f, plan).write();
    }

    private List<Block> write() {
        Block first = next();
        Value turns = turns(log2(plan.perTurn / plan.unroll));
        Value bytes = b.binary(Opcode.SHL, turns, b.i64(log2(bytesPerTurn())));
        checkDistances();
        bytes = endInFrontOfHeld(bytes);
        checkBounds(bytes);
        if (isNever()) {
            return List.of();
        }
        Block body = f.newDetachedBlock();
        Block rest = f.newDetachedBlock();
        writeVectors(body, rest, bytes);
        body.setUnrolled();
        // What is loaded once may lie in the array that is stored, in all turns of a loop around this one.
        return finish(first, plan.apart.isEmpty());
    }

    private long bytesPerTurn() {
        return (long) plan.perTurn * plan.width;
    }

    // In front of the loop.

    private void checkDistances() {
        long all = bytesPerTurn();
        for (VectorPlan.Distance d : plan.distances) {
            Value x = distance(d.first());
            Value y = distance(d.second());
            long c = d.second().constant() - d.first().constant();
            Value way = y == null ? b.i64(0) : y;
            way = x == null ? way : b.binary(Opcode.SUB, way, x);
            // From -all + 1 on, or from 1 on, up to all - 1: those numbers are below others if that is subtracted.
            long least = d.ordered() ? 1 : 1 - all;
            way = b.binary(Opcode.ADD, way, b.i64(c - least));
            require(b.icmp(IntCond.UGE, way, b.i64(all - least)));
        }
    }

    /**
     * What is loaded once may lie in the array that is stored: the loop with vectors ends in front of it then, and the
     * scalar loop does the rest. In {@code d[i][j] = min(d[i][j], d[i][k] + d[k][j])} that is half of the turns, on the
     * average of all {@code k}.
     */
    private Value endInFrontOfHeld(Value bytes) {
        Value end = bytes;
        for (VectorPlan.Apart p : plan.apart) {
            LaneAccess held = p.held();
            Value offset = b.i64(held.constant() - p.store().constant());
            Value way = b.binary(Opcode.ADD, way(p.store(), held), offset);
            // Not a part of it in front of the first element, from -width + 1 to -1.
            Value most = b.i64(held.width() - 1);
            require(b.icmp(IntCond.UGE, b.binary(Opcode.ADD, way, most), most));
            // As a number without a sign, a way back is beyond all ends.
            Value whole = b.binary(Opcode.AND, way, b.i64(-bytesPerTurn()));
            end = b.select(b.icmp(IntCond.ULT, whole, end), whole, end);
        }
        if (end != bytes) {
            require(b.icmp(IntCond.UGE, end, b.i64(MIN_TURNS * bytesPerTurn())));
        }
        return end;
    }

    /** Requires that all accesses are in bounds, so that none traps and no 32-bit index wraps around. */
    private void checkBounds(Value bytes) {
        Map<LaneAccess, long[]> reach = new HashMap<>();
        List<LaneAccess> order = new ArrayList<>();
        List<LaneAccess> accesses = new ArrayList<>(plan.held);
        plan.accesses.forEach(p -> accesses.add(p.accesses[0]));
        for (LaneAccess a : accesses) {
            LaneAccess r = representative(a);
            long[] known = reach.get(r);
            if (known == null) {
                reach.put(r, new long[] {a.constant(), a.constant()});
                order.add(r);
            } else {
                known[0] = Math.min(known[0], a.constant());
                known[1] = Math.max(known[1], a.constant());
            }
        }
        for (LaneAccess a : order) {
            long[] c = reach.get(a);
            Value end = a.step() == 0 ? b.i64(c[1] + a.width()) : b.binary(Opcode.ADD, bytes, b.i64(c[1]));
            requireInBounds(a, c[0], end);
        }
    }

    // The loop.

    private void writeVectors(Block body, Block rest, Value bytes) {
        List<Value> initial = new ArrayList<>();
        initial.add(b.i64(0));
        for (VectorPlan.Reduction r : plan.reductions) {
            Value start = identity(r);
            for (int k = 0; k < plan.vectors(); k++) {
                initial.add(start);
            }
        }
        List<LanePack> progressions = new ArrayList<>();
        prepare(progressions);
        for (LanePack p : progressions) {
            initial.add(starts.get(p));
        }
        Value offset = body.addParam(Type.I64);
        for (int i = 1; i < initial.size(); i++) {
            body.addParam(Type.V128);
        }
        prepareAddresses();
        b.jump(body, initial.toArray(Value[]::new));

        made.add(body);
        b.setBlock(body);
        if (hasInterruptCheck()) {
            b.interruptCheck();
        }
        int reduced = plan.reductions.size() * plan.vectors();
        List<Value> turned = new ArrayList<>();
        for (int i = 0; i < progressions.size(); i++) {
            turned.add(writeProgression(progressions.get(i), body.params().get(1 + reduced + i)));
        }
        for (LanePack p : plan.accesses) {
            writeAccess(p, offset);
        }
        Value[] sums = reduce(body);
        b.setPosition(loop.block.terminator().position());
        Value next = b.binary(Opcode.ADD, offset, b.i64(bytesPerTurn()));
        Value[] again = new Value[initial.size()];
        again[0] = next;
        System.arraycopy(sums, 0, again, 1, reduced);
        for (int i = 0; i < turned.size(); i++) {
            again[1 + reduced + i] = turned.get(i);
        }
        b.branch(b.icmp(IntCond.NE, next, bytes), new Edge(body, again), new Edge(rest));

        made.add(rest);
        b.setBlock(rest);
        writeRest(bytes, sums);
    }

    private boolean hasInterruptCheck() {
        for (Inst i = loop.block.first(); i != null; i = i.next()) {
            if (i.opcode() == Opcode.INTERRUPT_CHECK) {
                return true;
            }
        }
        return false;
    }

    private Value identity(VectorPlan.Reduction r) {
        return switch (r.op) {
            case AND -> b.vconst(new V128(-1, -1));
            case ADD, OR, XOR -> b.vconst(V128.ZERO);
            default -> b.vector(VectorOp.SPLAT.on(r.lanes), loop.start(r.param));
        };
    }

    /** Makes in front of the loop what it needs of values that do not change, or change evenly. */
    private void prepare(List<LanePack> progressions) {
        for (LanePack p : plan.accesses) {
            for (LanePack o : p.operands) {
                prepare(o, progressions);
            }
        }
        for (VectorPlan.Reduction r : plan.reductions) {
            r.added.forEach(p -> prepare(p, progressions));
            r.subtracted.forEach(p -> prepare(p, progressions));
        }
    }

    private void prepare(LanePack p, List<LanePack> progressions) {
        if (written.containsKey(p) || starts.containsKey(p)) {
            return;
        }
        switch (p.kind) {
            case SPLAT -> fill(p, b.vector(VectorOp.SPLAT.on(p.lanes), p.accesses == null ? p.first : held(p)));
            case CONSTANTS -> {
                Value[] v = new Value[plan.vectors()];
                for (int k = 0; k < v.length; k++) {
                    int first = k * p.lanes.count();
                    v[k] = b.vconst(V128.of(p.lanes, i -> p.constants[(first + i) % plan.unroll]));
                }
                written.put(p, v);
            }
            case PROGRESSION -> {
                Value start = LinearValue.of(p.first, loop).atStart(b);
                Value steps = b.vconst(V128.of(p.lanes, i -> p.step * i));
                Value all = b.vector(VectorOp.SPLAT.on(p.lanes), start);
                starts.put(p, b.vector(VectorOp.ADD.on(p.lanes), all, steps));
                progressions.add(p);
            }
            default -> {
                boolean isFixed = p.operands.length > 0;
                for (LanePack o : p.operands) {
                    prepare(o, progressions);
                    isFixed &= written.containsKey(o);
                }
                if (isFixed) {
                    value(p);
                }
            }
        }
    }

    private Value held(LanePack p) {
        LaneAccess a = p.accesses[0];
        Value address = address(a);
        int position = b.position();
        b.setPosition(a.inst.position());
        Value loaded = b.load(p.first.type(), a.inst.memory(), address, a.constant());
        b.setPosition(position);
        return loaded;
    }

    private void fill(LanePack p, Value v) {
        Value[] all = new Value[plan.vectors()];
        Arrays.fill(all, v);
        written.put(p, all);
    }

    private void prepareAddresses() {
        for (LanePack p : plan.accesses) {
            LaneAccess r = representative(p.accesses[0]);
            if (!addresses.containsKey(r)) {
                addresses.put(r, address(r));
            }
        }
    }

    private Value writeProgression(LanePack p, Value first) {
        Value[] v = new Value[plan.vectors()];
        v[0] = first;
        for (int k = 1; k < v.length; k++) {
            v[k] = plus(p, first, k);
        }
        written.put(p, v);
        return plus(p, first, v.length);
    }

    private Value plus(LanePack p, Value v, int vectors) {
        long all = p.step * p.lanes.count() * vectors;
        return b.vector(VectorOp.ADD.on(p.lanes), v, b.vconst(V128.of(p.lanes, _ -> all)));
    }

    private void writeAccess(LanePack p, Value offset) {
        LaneAccess a = p.accesses[0];
        boolean store = p.kind == LanePack.Kind.STORE;
        Value[] stored = store ? value(p.operands[0]) : null;
        b.setPosition(a.inst.position());
        MemoryOp scalar = a.inst.memory();
        MemoryOp m = new MemoryOp(16, false, scalar.region(), true, false, scalar.trap());
        Value address = b.binary(Opcode.ADD, addresses.get(representative(a)), offset);
        long displacement = a.constant();
        Value[] loaded = new Value[plan.vectors()];
        for (int k = 0; k < loaded.length; k++) {
            if (store) {
                b.store(m, address, displacement + 16L * k, stored[k]);
            } else {
                loaded[k] = b.load(Type.V128, m, address, displacement + 16L * k);
            }
        }
        if (!store) {
            written.put(p, loaded);
        }
    }

    private Value[] value(LanePack p) {
        Value[] known = written.get(p);
        if (known != null) {
            return known;
        }
        VectorOp extreme = p.kind == LanePack.Kind.SELECT && p.lanes == Lanes.I32X4 ? VectorPlan.extreme(p.inst) : null;
        // A minimum or maximum needs no mask.
        Value[][] args = new Value[extreme == null ? p.operands.length : 2][];
        for (int i = 0; i < args.length; i++) {
            args[i] = value(p.operands[i]);
        }
        b.setPosition(p.inst.position());
        Value[] v = new Value[plan.vectors()];
        for (int k = 0; k < v.length; k++) {
            Value x = args[0][k];
            Value y = args.length > 1 ? args[1][k] : null;
            v[k] = switch (p.kind) {
                case MASK -> mask(p, x, y);
                case SELECT ->
                    extreme != null
                            ? b.vector(extreme.on(p.lanes), x, y)
                            : b.vector(VectorOp.BITSELECT.on(Lanes.V128), x, y, args[2][k]);
                default -> operation(p, x, y);
            };
        }
        written.put(p, v);
        return v;
    }

    private Value mask(LanePack p, Value x, Value y) {
        if (p.inst.data() instanceof FloatCond c) {
            return switch (c) {
                case EQ -> b.vector(VectorOp.EQ.on(p.lanes), x, y);
                case NE -> b.vector(VectorOp.NE.on(p.lanes), x, y);
                case GT -> b.vector(VectorOp.GT.on(p.lanes), x, y);
                case GE -> b.vector(VectorOp.GE.on(p.lanes), x, y);
                case LT -> b.vector(VectorOp.GT.on(p.lanes), y, x);
                case LE -> b.vector(VectorOp.GE.on(p.lanes), y, x);
            };
        }
        return switch (p.inst.intCond()) {
            case EQ -> b.vector(VectorOp.EQ.on(p.lanes), x, y);
            case NE -> b.vector(VectorOp.NOT.on(Lanes.V128), b.vector(VectorOp.EQ.on(p.lanes), x, y));
            case SGT -> b.vector(VectorOp.GT_S.on(p.lanes), x, y);
            case SGE -> b.vector(VectorOp.GE_S.on(p.lanes), x, y);
            case SLT -> b.vector(VectorOp.GT_S.on(p.lanes), y, x);
            case SLE -> b.vector(VectorOp.GE_S.on(p.lanes), y, x);
            case UGT -> b.vector(VectorOp.GT_U.on(p.lanes), x, y);
            case UGE -> b.vector(VectorOp.GE_U.on(p.lanes), x, y);
            case ULT -> b.vector(VectorOp.GT_U.on(p.lanes), y, x);
            case ULE -> b.vector(VectorOp.GE_U.on(p.lanes), y, x);
        };
    }

    private Value operation(LanePack p, Value x, Value y) {
        Lanes lanes = p.lanes;
        Inst i = p.inst;
        return switch (i.opcode()) {
            case ADD, FADD -> b.vector(VectorOp.ADD.on(lanes), x, y);
            case SUB, FSUB -> b.vector(VectorOp.SUB.on(lanes), x, y);
            case MUL, FMUL -> b.vector(VectorOp.MUL.on(lanes), x, y);
            case FDIV -> b.vector(VectorOp.DIV.on(lanes), x, y);
            case FMIN -> b.vector(VectorOp.MIN.on(lanes), x, y);
            case FMAX -> b.vector(VectorOp.MAX.on(lanes), x, y);
            case AND -> b.vector(VectorOp.AND.on(Lanes.V128), x, y);
            case OR -> b.vector(VectorOp.OR.on(Lanes.V128), x, y);
            case XOR -> b.vector(VectorOp.XOR.on(Lanes.V128), x, y);
            case SHL -> b.vector(VectorOp.SHL.on(lanes), x, count(i));
            case LSHR -> b.vector(VectorOp.SHR_U.on(lanes), x, count(i));
            case ASHR -> b.vector(VectorOp.SHR_S.on(lanes), x, count(i));
            case FSQRT -> b.vector(VectorOp.SQRT.on(lanes), x);
            case FABS -> b.vector(VectorOp.ABS.on(lanes), x);
            case FNEG -> b.vector(VectorOp.NEG.on(lanes), x);
            case FCEIL -> b.vector(VectorOp.CEIL.on(lanes), x);
            case FFLOOR -> b.vector(VectorOp.FLOOR.on(lanes), x);
            case FTRUNC -> b.vector(VectorOp.TRUNC.on(lanes), x);
            case FNEAREST -> b.vector(VectorOp.NEAREST.on(lanes), x);
            case FROM_SINT -> b.vector(VectorOp.CONVERT_S.on(lanes), x);
            case TO_SINT_SAT -> b.vector(VectorOp.TRUNC_SAT_S.on(lanes), x);
            case BITCAST -> x;
            // A comparison: lanes of ones become 1.
            case ICMP, FCMP -> b.vector(VectorOp.SHR_U.on(lanes), x, b.i32(lanes.bits() - 1));
            default -> throw new IllegalStateException(i.opcode().toString());
        };
    }

    private Value count(Inst shift) {
        return b.i32((int) shift.arg(1).inst().imm() & shift.type().bytes() * 8 - 1);
    }

    /** Combines what a turn has found with the parameters of the loop, which are the sums so far. */
    private Value[] reduce(Block body) {
        int n = plan.vectors();
        Value[] sums = new Value[plan.reductions.size() * n];
        for (int r = 0; r < plan.reductions.size(); r++) {
            VectorPlan.Reduction reduction = plan.reductions.get(r);
            for (int k = 0; k < n; k++) {
                sums[r * n + k] = body.params().get(1 + r * n + k);
            }
            for (LanePack p : reduction.added) {
                Value[] v = value(p);
                for (int k = 0; k < n; k++) {
                    sums[r * n + k] = combine(reduction, sums[r * n + k], v[k]);
                }
            }
            for (LanePack p : reduction.subtracted) {
                Value[] v = value(p);
                for (int k = 0; k < n; k++) {
                    sums[r * n + k] = b.vector(VectorOp.SUB.on(reduction.lanes), sums[r * n + k], v[k]);
                }
            }
        }
        return sums;
    }

    private Value combine(VectorPlan.Reduction r, Value x, Value y) {
        boolean bits = r.op == VectorOp.AND || r.op == VectorOp.OR || r.op == VectorOp.XOR;
        return b.vector(r.op.on(bits ? Lanes.V128 : r.lanes), x, y);
    }

    // Behind the loop.

    private void writeRest(Value bytes, Value[] sums) {
        Value[] args = new Value[loop.entry.argCount()];
        // Turns that the scalar loop would have made.
        Value turns = b.binary(Opcode.LSHR, bytes, b.i64(log2((long) plan.unroll * plan.width)));
        for (Value p : loop.block.params()) {
            args[p.index()] = loop.isStepped(p) && loop.step(p) != 0 ? stepped(p, turns) : loop.start(p);
        }
        int n = plan.vectors();
        for (int r = 0; r < plan.reductions.size(); r++) {
            VectorPlan.Reduction reduction = plan.reductions.get(r);
            Value sum = sums[r * n];
            for (int k = 1; k < n; k++) {
                sum = combine(reduction, sum, sums[r * n + k]);
            }
            args[reduction.param.index()] = total(reduction, sum);
        }
        b.jump(loop.block, args);
    }

    private Value stepped(Value p, Value turns) {
        Value n = p.type() == Type.I64 ? turns : b.convert(Opcode.WRAP, Type.I32, turns);
        long step = loop.step(p);
        long size = Math.abs(step);
        Value way = Long.bitCount(size) == 1
                ? b.binary(Opcode.SHL, n, b.iconst(p.type(), log2(size)))
                : b.binary(Opcode.MUL, n, b.iconst(p.type(), size));
        return b.binary(step > 0 ? Opcode.ADD : Opcode.SUB, loop.start(p), way);
    }

    /** All lanes of a vector and the value before the loop, combined. */
    private Value total(VectorPlan.Reduction r, Value v) {
        Value sum = v;
        for (int distance = 8; distance >= r.lanes.bytes(); distance /= 2) {
            int d = distance;
            V128 indices = V128.of(Lanes.I8X16, i -> (i + d) % 16);
            sum = combine(r, sum, b.shuffle(indices, sum, sum));
        }
        Value all = b.vectorOfLane(VectorOp.EXTRACT_LANE.on(r.lanes), 0, sum);
        Value start = loop.start(r.param);
        return switch (r.op) {
            case ADD -> b.binary(Opcode.ADD, start, all);
            case AND -> b.binary(Opcode.AND, start, all);
            case OR -> b.binary(Opcode.OR, start, all);
            case XOR -> b.binary(Opcode.XOR, start, all);
            // It was in every lane from the beginning.
            default -> all;
        };
    }
}
