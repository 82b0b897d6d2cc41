package kiln.ir.pass;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import kiln.ir.FloatCond;
import kiln.ir.Inst;
import kiln.ir.IntCond;
import kiln.ir.Lanes;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.Value;
import kiln.ir.VectorOp;
import kiln.ir.analysis.Ranges;

/**
 * How a counted loop's work is done with vectors: which values and accesses of a turn belong together, because they do
 * the same for neighbouring elements, and what must be found true in front of the loop.
 *
 * <p>A turn works on {@code unroll} elements, more than one where the loop was unrolled before; a turn with vectors on
 * {@code perTurn}, which are one or more vectors for each access.
 */
final class VectorPlan {
    private static final int MAX_INSTS = 200;
    private static final int MAX_UNROLL = 16;
    private static final int MAX_CHECKS = 12;
    private static final int MAX_PACKS = 48;
    /** Vectors for each access. */
    private static final int MAX_VECTORS = 4;
    /** How many operations of a sum are looked at, or of an operand, for the sake of its first load. */
    private static final int MAX_DEPTH = 32;

    /** A value that each turn combines with elements. */
    static final class Reduction {
        final Value param;
        final VectorOp op;
        final Lanes lanes;
        final List<LanePack> added = new ArrayList<>();
        final List<LanePack> subtracted = new ArrayList<>();

        Reduction(Value param, VectorOp op, Lanes lanes) {
            this.param = param;
            this.op = op;
            this.lanes = lanes;
        }
    }

    /**
     * Two accesses that must not meet within the elements of one turn with vectors.
     *
     * @param ordered whether they may in the first's later elements and the second's earlier ones
     */
    record Distance(LaneAccess first, LaneAccess second, boolean ordered) {}

    /** A load that has the same address in all turns, and a store that must not come to it in any. */
    record Apart(LaneAccess held, LaneAccess store) {}

    final CountedLoop loop;
    /** Bytes of an element. */
    int width;

    int unroll;
    int perTurn;
    /** Loads and stores in their order. */
    final List<LanePack> accesses = new ArrayList<>();

    final List<Reduction> reductions = new ArrayList<>();
    final List<Distance> distances = new ArrayList<>();
    /** Loads of what no turn changes, which are made once. */
    final List<LaneAccess> held = new ArrayList<>();

    final List<Apart> apart = new ArrayList<>();

    private final Map<Inst, LaneAccess> ofInst = new HashMap<>();
    private final Map<Inst, LaneAccess> ofHeld = new HashMap<>();
    private final List<LaneAccess> all = new ArrayList<>();
    private final Map<List<Value>, LanePack> values = new HashMap<>();
    private final Map<List<Value>, LanePack> masks = new HashMap<>();
    private int packs;

    private VectorPlan(CountedLoop loop) {
        this.loop = loop;
    }

    /** The plan for a loop, or null if there is none or it is known not to pay. */
    static VectorPlan of(CountedLoop loop, Ranges ranges) {
        VectorPlan p = new VectorPlan(loop);
        if (!p.findAccesses()) {
            return null;
        }
        long turns = ranges.turns(loop.block);
        if (turns >= 0 && turns < (long) LoopVersion.MIN_TURNS * (p.perTurn / p.unroll)) {
            return null;
        }
        return p.findReductions() && p.findStores() && p.coversAll() && p.pays() && p.findApart() && p.findDistances()
                ? p
                : null;
    }

    /** How many vectors an access of one turn becomes. */
    int vectors() {
        return perTurn * width / 16;
    }

    // What the loop does.

    private boolean findAccesses() {
        int n = 0;
        for (Inst i = loop.block.first(); i != loop.block.terminator(); i = i.next()) {
            if (++n > MAX_INSTS) {
                return false;
            }
            switch (i.opcode()) {
                case LOAD, STORE -> {
                    LaneAccess a = LaneAccess.of(i, n, loop);
                    if (a != null && a.step() == 0 && !a.isStore()) {
                        held.add(a);
                        ofHeld.put(i, a);
                        break;
                    }
                    if (a == null || a.step() == 0 || !all.isEmpty() && !isAlike(a, all.getFirst())) {
                        return false;
                    }
                    all.add(a);
                    ofInst.put(i, a);
                }
                case INTERRUPT_CHECK -> {}
                default -> {
                    if (!i.opcode().isPure()) {
                        return false;
                    }
                }
            }
        }
        if (all.isEmpty()) {
            return false;
        }
        LaneAccess a = all.getFirst();
        width = a.width();
        long u = a.step() / width;
        if (width == 16 || a.step() % width != 0 || u > MAX_UNROLL || Long.bitCount(u) != 1) {
            return false;
        }
        unroll = (int) u;
        perTurn = Math.max(unroll, 16 / width);
        return vectors() <= MAX_VECTORS;
    }

    private static boolean isAlike(LaneAccess x, LaneAccess y) {
        return x.width() == y.width() && x.step() == y.step();
    }

    /** The lanes of values of a type, or null if elements are of another size. */
    private Lanes lanes(Type type) {
        return switch (type) {
            case I32 -> width == 4 ? Lanes.I32X4 : width == 2 ? Lanes.I16X8 : width == 1 ? Lanes.I8X16 : null;
            case I64 -> width == 8 ? Lanes.I64X2 : null;
            case F32 -> width == 4 ? Lanes.F32X4 : null;
            case F64 -> width == 8 ? Lanes.F64X2 : null;
            default -> null;
        };
    }

    private boolean findStores() {
        List<LaneAccess> stores = new ArrayList<>();
        for (LaneAccess a : all) {
            if (a.isStore()) {
                stores.add(a);
            }
        }
        sort(stores);
        if (stores.size() % unroll != 0) {
            return false;
        }
        for (int i = 0; i < stores.size(); i += unroll) {
            LaneAccess[] group = stores.subList(i, i + unroll).toArray(LaneAccess[]::new);
            Lanes lanes = lanes(group[0].inst.stored().type());
            if (lanes == null || !areNeighbours(group)) {
                return false;
            }
            Value[] stored = new Value[unroll];
            for (int k = 0; k < unroll; k++) {
                stored[k] = group[k].inst.stored();
            }
            LanePack value = value(stored);
            if (value == null || value.lanes != lanes) {
                return false;
            }
            LanePack store = new LanePack(LanePack.Kind.STORE, lanes, null, group[0].inst, value);
            store.accesses = group;
            accesses.add(store);
        }
        return true;
    }

    /** Brings together those that are parallel, in the order of their places. */
    private void sort(List<LaneAccess> list) {
        list.sort((x, y) -> {
            int c = Integer.compare(group(x), group(y));
            c = c == 0 ? Long.compare(x.place(), y.place()) : c;
            return c == 0 ? Integer.compare(x.position, y.position) : c;
        });
    }

    private int group(LaneAccess a) {
        int i = 0;
        while (!all.get(i).isParallelTo(a)) {
            i++;
        }
        return i;
    }

    private boolean areNeighbours(LaneAccess[] group) {
        LaneAccess first = group[0];
        for (int k = 1; k < group.length; k++) {
            LaneAccess a = group[k];
            // Either the indices that are extended differ, or what is added behind the extension.
            boolean plain = a.index() == first.index() || a.displacement() == first.displacement();
            if (!plain || !a.isParallelTo(first) || a.place() != first.place() + (long) k * width) {
                return false;
            }
        }
        return true;
    }

    private boolean coversAll() {
        Set<LaneAccess> covered = new HashSet<>();
        for (LanePack p : accesses) {
            covered.addAll(Arrays.asList(p.accesses));
        }
        accesses.sort((x, y) -> Integer.compare(x.accesses[0].position, y.accesses[0].position));
        return covered.size() == all.size() && packs <= MAX_PACKS;
    }

    /**
     * Whether vectors are worth their code. Bytes that are copied or filled in a loop, instead of by an instruction or
     * function for that, are few, mostly: programs have hundreds of such loops for names and what is left over.
     */
    private boolean pays() {
        if (width >= 4 || !reductions.isEmpty()) {
            return true;
        }
        for (LanePack p : accesses) {
            if (p.kind == LanePack.Kind.STORE && p.operands[0].kind == LanePack.Kind.OPERATION) {
                return true;
            }
        }
        return false;
    }

    // Values.

    /** What becomes of the values for the elements of one turn; null if they do not go together. */
    private LanePack value(Value[] v) {
        List<Value> key = Arrays.asList(v);
        LanePack known = values.get(key);
        if (known == null && !values.containsKey(key)) {
            values.put(key, null);
            known = packs++ > MAX_PACKS ? null : newValue(v);
            values.put(key, known);
        }
        return known;
    }

    private LanePack newValue(Value[] v) {
        Lanes lanes = lanes(v[0].type());
        if (lanes == null) {
            return null;
        }
        if (isConstant(v[0])) {
            return constants(lanes, v);
        }
        if (!loop.isInside(v[0])) {
            return isSame(v) ? new LanePack(LanePack.Kind.SPLAT, lanes, v[0]) : null;
        }
        LanePack progression = progression(lanes, v);
        if (progression != null || v[0].inst() == null) {
            return progression;
        }
        Opcode op = v[0].inst().opcode();
        for (Value x : v) {
            boolean alike = x.inst() != null && loop.isInside(x) && x.inst().opcode() == op && x.type() == v[0].type();
            if (!alike) {
                return null;
            }
        }
        return switch (op) {
            case LOAD -> ofHeld.containsKey(v[0].inst()) ? held(lanes, v) : load(lanes, v);
            case SELECT -> select(lanes, v);
            case ICMP, FCMP -> isWide(lanes) ? flag(lanes, v) : null;
            default -> operation(lanes, v);
        };
    }

    private static boolean isConstant(Value v) {
        return v.is(Opcode.ICONST) || v.is(Opcode.FCONST);
    }

    /** Whether lanes have all bits of their values. */
    private static boolean isWide(Lanes lanes) {
        return lanes.bytes() >= 4;
    }

    private static boolean isSame(Value[] v) {
        for (Value x : v) {
            if (x != v[0]) {
                return false;
            }
        }
        return true;
    }

    private static LanePack constants(Lanes lanes, Value[] v) {
        long[] c = new long[v.length];
        for (int k = 0; k < c.length; k++) {
            if (!isConstant(v[k])) {
                return null;
            }
            c[k] = v[k].inst().imm();
        }
        LanePack p = new LanePack(LanePack.Kind.CONSTANTS, lanes, v[0]);
        p.constants = c;
        return p;
    }

    private LanePack progression(Lanes lanes, Value[] v) {
        LinearValue first = lanes.isInt() ? LinearValue.of(v[0], loop) : null;
        if (first == null || first.step == 0) {
            return null;
        }
        long step = first.step / unroll;
        if (step * unroll != first.step) {
            return null;
        }
        for (int k = 1; k < v.length; k++) {
            LinearValue x = LinearValue.of(v[k], loop);
            boolean next =
                    x != null && x.isParallelTo(first) && x.constant == first.type.normalize(first.constant + step * k);
            if (!next) {
                return null;
            }
        }
        LanePack p = new LanePack(LanePack.Kind.PROGRESSION, lanes, v[0]);
        p.step = step;
        return p;
    }

    /** What lies at one address, which no store of the loop comes to. */
    private LanePack held(Lanes lanes, Value[] v) {
        LaneAccess first = ofHeld.get(v[0].inst());
        for (Value x : v) {
            LaneAccess a = ofHeld.get(x.inst());
            boolean same = a != null
                    && a.isAtFixedDistanceFrom(first)
                    && a.place() == first.place()
                    && a.inst.memory().equals(first.inst.memory());
            if (!same) {
                return null;
            }
        }
        LanePack p = new LanePack(LanePack.Kind.SPLAT, lanes, v[0]);
        p.accesses = new LaneAccess[] {first};
        return p;
    }

    private LanePack load(Lanes lanes, Value[] v) {
        LaneAccess[] group = new LaneAccess[v.length];
        for (int k = 0; k < group.length; k++) {
            group[k] = ofInst.get(v[k].inst());
            if (group[k] == null) {
                return null;
            }
        }
        if (!areNeighbours(group)) {
            return null;
        }
        LanePack p = new LanePack(LanePack.Kind.LOAD, lanes, v[0]);
        p.accesses = group;
        accesses.add(p);
        return p;
    }

    private LanePack operation(Lanes lanes, Value[] v) {
        Inst first = v[0].inst();
        int operands = first.argCount();
        boolean shift = first.opcode() == Opcode.SHL || first.opcode() == Opcode.LSHR || first.opcode() == Opcode.ASHR;
        if (!exists(first, lanes)) {
            return null;
        }
        if (shift) {
            for (Value x : v) {
                Value count = x.inst().arg(1);
                if (!count.is(Opcode.ICONST)
                        || count.inst().imm() != first.arg(1).inst().imm()) {
                    return null;
                }
            }
            operands = 1;
        }
        LanePack[] args = new LanePack[operands];
        for (int a = 0; a < operands; a++) {
            args[a] = value(operands(v, a));
        }
        if (operands == 2 && first.isCommutative() && (args[0] == null || args[1] == null)) {
            // Numbers of values, by which operands are in order, say nothing about what goes together.
            return exchanged(lanes, v);
        }
        for (LanePack a : args) {
            if (a == null || a.lanes.bytes() != lanes.bytes()) {
                return null;
            }
        }
        return new LanePack(LanePack.Kind.OPERATION, lanes, v[0], args);
    }

    private static Value[] operands(Value[] v, int a) {
        Value[] x = new Value[v.length];
        for (int k = 0; k < v.length; k++) {
            x[k] = v[k].inst().arg(a);
        }
        return x;
    }

    /** As {@link #operation}, with operands in another order where that brings equal operations together. */
    private LanePack exchanged(Lanes lanes, Value[] v) {
        Value[] x = operands(v, 0);
        Value[] y = operands(v, 1);
        boolean any = false;
        for (int k = 1; k < v.length; k++) {
            if (!isLike(x[k], x[0]) && isLike(y[k], x[0]) && isLike(x[k], y[0])) {
                Value z = x[k];
                x[k] = y[k];
                y[k] = z;
                any = true;
            }
        }
        LanePack first = any ? value(x) : null;
        LanePack second = first == null ? null : value(y);
        return second == null ? null : new LanePack(LanePack.Kind.OPERATION, lanes, v[0], first, second);
    }

    private boolean isLike(Value x, Value y) {
        LaneAccess a = x.inst() == null ? null : ofInst.get(x.inst());
        LaneAccess b = y.inst() == null ? null : ofInst.get(y.inst());
        if (a != null && b != null) {
            long way = a.place() - b.place();
            return a.isParallelTo(b) && way > 0 && way < (long) unroll * width;
        }
        return x == y
                || x.inst() != null
                        && y.inst() != null
                        && x.inst().opcode() == y.inst().opcode()
                        && a == b;
    }

    /** Whether there is an operation on vectors that does the same for each lane, and is worth it. */
    private static boolean exists(Inst i, Lanes lanes) {
        return switch (i.opcode()) {
            case ADD, SUB, AND, OR, XOR -> true;
            // Machines lack a product of 64-bit lanes.
            case MUL -> lanes == Lanes.I16X8 || lanes == Lanes.I32X4;
            case SHL ->
                i.arg(1).is(Opcode.ICONST) && (isWide(lanes) || (i.arg(1).inst().imm() & 31) < lanes.bits());
            case LSHR -> i.arg(1).is(Opcode.ICONST) && isWide(lanes);
            case ASHR -> i.arg(1).is(Opcode.ICONST) && lanes == Lanes.I32X4;
            case FADD, FSUB, FMUL, FDIV, FMIN, FMAX, FSQRT, FABS, FNEG, FCEIL, FFLOOR, FTRUNC, FNEAREST -> true;
            case FROM_SINT -> lanes == Lanes.F32X4 && i.arg(0).type() == Type.I32;
            case TO_SINT_SAT -> lanes == Lanes.I32X4 && i.arg(0).type() == Type.F32;
            case BITCAST -> true;
            default -> false;
        };
    }

    private LanePack select(Lanes lanes, Value[] v) {
        if (!isWide(lanes)) {
            return null;
        }
        for (Value x : v) {
            // One may choose the minimum of its operands and another the maximum by the same comparison.
            if (extreme(x.inst()) != extreme(v[0].inst())) {
                return null;
            }
        }
        LanePack mask = mask(operands(v, 0));
        LanePack x = mask == null ? null : value(operands(v, 1));
        LanePack y = x == null ? null : value(operands(v, 2));
        boolean fits = y != null && mask.lanes.bytes() == lanes.bytes() && x.lanes == lanes && y.lanes == lanes;
        return fits ? new LanePack(LanePack.Kind.SELECT, lanes, v[0], x, y, mask) : null;
    }

    /** What is 1 where a comparison holds, else 0. */
    private LanePack flag(Lanes lanes, Value[] v) {
        LanePack mask = mask(v);
        return mask == null || mask.lanes.bytes() != lanes.bytes()
                ? null
                : new LanePack(LanePack.Kind.OPERATION, lanes, v[0], mask);
    }

    private LanePack mask(Value[] v) {
        List<Value> key = Arrays.asList(v);
        LanePack known = masks.get(key);
        if (known == null && !masks.containsKey(key)) {
            known = packs++ > MAX_PACKS ? null : newMask(v);
            masks.put(key, known);
        }
        return known;
    }

    private LanePack newMask(Value[] v) {
        Inst first = v[0].inst();
        if (first == null || first.opcode() != Opcode.ICMP && first.opcode() != Opcode.FCMP) {
            return null;
        }
        for (Value x : v) {
            boolean alike = x.inst() != null
                    && loop.isInside(x)
                    && x.inst().opcode() == first.opcode()
                    && x.inst().data() == first.data()
                    && x.inst().type() == first.type();
            if (!alike) {
                return null;
            }
        }
        LanePack x = value(operands(v, 0));
        LanePack y = x == null ? null : value(operands(v, 1));
        boolean exists = y != null && isWide(x.lanes) && x.lanes == y.lanes && isComparable(first, x.lanes);
        return exists ? new LanePack(LanePack.Kind.MASK, x.lanes, v[0], x, y) : null;
    }

    private static boolean isComparable(Inst compare, Lanes lanes) {
        if (compare.data() instanceof FloatCond) {
            return lanes.isFloat();
        }
        IntCond c = compare.intCond();
        return lanes == Lanes.I32X4 || c == IntCond.EQ || c == IntCond.NE || c.isSigned();
    }

    // Reductions.

    private boolean findReductions() {
        for (Value p : loop.block.params()) {
            if (p.type().isInt() && loop.isStepped(p)) {
                continue;
            }
            if (!p.type().isInt() || loop.back.arg(p.index()) == p || !findReduction(p)) {
                return false;
            }
        }
        return true;
    }

    private boolean findReduction(Value p) {
        Value end = loop.back.arg(p.index());
        VectorOp op = combination(end);
        Lanes lanes = lanes(p.type());
        if (op == null || lanes == null || !isWide(lanes)) {
            return false;
        }
        Reduction r = new Reduction(p, op, lanes);
        List<Value> added = new ArrayList<>();
        List<Value> subtracted = new ArrayList<>();
        if (flatten(r, end, true, added, subtracted, new int[] {MAX_DEPTH}) != 1) {
            return false;
        }
        reductions.add(r);
        return pack(added, r.added) && pack(subtracted, r.subtracted);
    }

    /** What combines two numbers in any order, or null. */
    private VectorOp combination(Value v) {
        if (v.inst() == null || !loop.isInside(v) || !v.type().isInt()) {
            return null;
        }
        return switch (v.inst().opcode()) {
            case ADD, SUB -> VectorOp.ADD;
            case AND -> VectorOp.AND;
            case OR -> VectorOp.OR;
            case XOR -> VectorOp.XOR;
            case SELECT -> extreme(v.inst());
            default -> null;
        };
    }

    /** The minimum or maximum that a choice between the operands of its comparison is; or null. */
    static VectorOp extreme(Inst select) {
        Value c = select.arg(0);
        if (!c.is(Opcode.ICMP) || c.inst().type() != Type.I32) {
            return null;
        }
        Value x = c.inst().arg(0);
        Value y = c.inst().arg(1);
        boolean same = select.arg(1) == x && select.arg(2) == y;
        if (!same && !(select.arg(1) == y && select.arg(2) == x)) {
            return null;
        }
        return switch (c.inst().intCond()) {
            case SLT, SLE -> same ? VectorOp.MIN_S : VectorOp.MAX_S;
            case SGT, SGE -> same ? VectorOp.MAX_S : VectorOp.MIN_S;
            case ULT, ULE -> same ? VectorOp.MIN_U : VectorOp.MAX_U;
            case UGT, UGE -> same ? VectorOp.MAX_U : VectorOp.MIN_U;
            case EQ, NE -> null;
        };
    }

    /**
     * Takes apart what a turn makes of the parameter.
     *
     * @return how often the parameter itself is in it; something large if it cannot be taken apart
     */
    private int flatten(
            Reduction r, Value v, boolean positive, List<Value> added, List<Value> subtracted, int[] budget) {
        if (v == r.param) {
            return positive ? 1 : 2;
        }
        if (combination(v) != r.op || budget[0]-- == 0) {
            (positive ? added : subtracted).add(v);
            return 0;
        }
        Inst i = v.inst();
        boolean chooses = i.opcode() == Opcode.SELECT;
        boolean second = i.opcode() != Opcode.SUB == positive;
        int n = flatten(r, i.arg(chooses ? 1 : 0), positive, added, subtracted, budget);
        return n > 1 ? n : n + flatten(r, i.arg(chooses ? 2 : 1), second, added, subtracted, budget);
    }

    private boolean pack(List<Value> leaves, List<LanePack> to) {
        if (leaves.size() % unroll != 0) {
            return false;
        }
        Map<Value, LaneAccess> firsts = new HashMap<>();
        for (Value v : leaves) {
            LaneAccess a = firstLoad(v, new int[] {MAX_DEPTH});
            if (a == null) {
                return false;
            }
            firsts.put(v, a);
        }
        leaves.sort((x, y) -> {
            LaneAccess a = firsts.get(x);
            LaneAccess b = firsts.get(y);
            int c = Integer.compare(group(a), group(b));
            return c == 0 ? Long.compare(a.place(), b.place()) : c;
        });
        for (int i = 0; i < leaves.size(); i += unroll) {
            LanePack p = value(leaves.subList(i, i + unroll).toArray(Value[]::new));
            if (p == null) {
                return false;
            }
            to.add(p);
        }
        return true;
    }

    private LaneAccess firstLoad(Value v, int[] budget) {
        if (v.inst() == null || !loop.isInside(v) || budget[0]-- <= 0) {
            return null;
        }
        LaneAccess a = ofInst.get(v.inst());
        for (int k = 0; a == null && k < v.inst().argCount(); k++) {
            a = firstLoad(v.inst().arg(k), budget);
        }
        return a;
    }

    // Accesses that may meet.

    private boolean findDistances() {
        for (int i = 0; i < accesses.size(); i++) {
            for (int k = i + 1; k < accesses.size(); k++) {
                if (!areApart(accesses.get(i), accesses.get(k))) {
                    return false;
                }
            }
        }
        return distances.size() + apart.size() <= MAX_CHECKS;
    }

    /** Notes what must be asked so that loads which are made once find what they would in each turn. */
    private boolean findApart() {
        for (LaneAccess h : held) {
            boolean known = false;
            for (LaneAccess k : held.subList(0, held.indexOf(h))) {
                known |= k.isAtFixedDistanceFrom(h) && k.place() == h.place();
            }
            for (LanePack p : known ? List.<LanePack>of() : accesses) {
                LaneAccess store = p.accesses[0];
                boolean mayMeet = p.kind == LanePack.Kind.STORE
                        && store.inst.memory().region().equals(h.inst.memory().region());
                if (mayMeet && store.base != h.base) {
                    return false;
                }
                if (mayMeet) {
                    apart.add(new Apart(h, store));
                }
            }
        }
        return true;
    }

    /**
     * Whether two accesses keep their order where they meet, as far as that can be known; what must be asked is noted.
     * Vectors do all of the first for a turn's elements, then all of the second. That differs only if the first, for
     * some element, comes to where the second was for an element before; and in an unrolled loop, if there the order
     * was another one within a turn.
     */
    private boolean areApart(LanePack x, LanePack y) {
        if (x.kind == LanePack.Kind.LOAD && y.kind == LanePack.Kind.LOAD) {
            return true;
        }
        LaneAccess first = x.accesses[0];
        LaneAccess second = y.accesses[0];
        if (!first.inst.memory().region().equals(second.inst.memory().region())) {
            return true;
        }
        if (first.base != second.base) {
            return false;
        }
        boolean ordered = true;
        for (int k = 0; k < unroll; k++) {
            for (int j = k; j < unroll; j++) {
                ordered &= x.accesses[k].position < y.accesses[j].position;
            }
        }
        long all = (long) perTurn * width;
        if (first.isParallelTo(second)) {
            long way = (int) (second.index() - first.index()) + second.displacement() - first.displacement();
            // If one index wraps around and the other does not, they are even further from one another.
            if (Math.abs(way) < 1 << 30) {
                return way >= all || way <= -all || ordered && way <= 0 || way == 0 && isInOrder(x, y);
            }
        }
        distances.add(new Distance(first, second, ordered));
        return true;
    }

    /** Whether each access of {@code x} comes before the one to the same element of {@code y}. */
    private static boolean isInOrder(LanePack x, LanePack y) {
        for (int k = 0; k < x.accesses.length; k++) {
            if (x.accesses[k].position > y.accesses[k].position) {
                return false;
            }
        }
        return true;
    }
}
