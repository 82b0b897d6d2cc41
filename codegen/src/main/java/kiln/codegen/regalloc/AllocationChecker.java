package kiln.codegen.regalloc;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import kiln.codegen.MachBlock;
import kiln.codegen.MachInst;
import kiln.codegen.Reg;

/**
 * Proves an allocation right by abstract interpretation: follows which variables' values each register and slot holds
 * along all paths, and looks whether every instruction finds what it asked for. Knows nothing of how the allocator
 * works: it compares the operands as they were before with the rewritten code.
 *
 * <p>Over a call, references are lost that are in no word of which a collection knows, and each word that it knows of
 * must hold one that is live. So what is proved right is right with a collection during any call.
 */
final class AllocationChecker {
    private static final int[] NOTHING = {};

    private final Graph graph;
    private final Operands ops;
    /** The variable of each operand as the back end gave it. */
    private final int[] given;

    private Map<MachInst, Output.Inserted> inserted;
    /** What locations hold on entry to each block: sorted variables by location; null while no path there is known. */
    private final int[][][] entry;
    /** The landing pad of the call in the block walked last, or null, and the state there. */
    private MachBlock pad;
    /** Among variables: some reference that collections have kept up to date, null included. */
    private final int valid;
    /** Null if there are no references. */
    private LiveReferences live;
    /** Whether words of maps hold live references only. */
    private boolean exact;

    private int[][] atCall;

    /** Remembers the function as it is before allocation. */
    AllocationChecker(Graph graph, Operands ops) {
        this.graph = graph;
        this.ops = ops;
        given = ops.variable.clone();
        valid = ops.variables + MoveResolver.FIRST_SLOT;
        entry = new int[graph.blocks][][];
    }

    /**
     * Checks the function as it is now, copies of registers to themselves not yet left out.
     *
     * @param record the instructions that the allocator added
     * @throws IllegalStateException if an instruction does not find its operands
     */
    void check(List<Output.Inserted> record) {
        inserted = new IdentityHashMap<>();
        exact = true;
        for (Output.Inserted i : record) {
            inserted.put(i.inst(), i);
            exact &= i.kind() != Output.Kind.CLEAR;
        }
        live = ops.hasReferences ? new LiveReferences(graph, ops, given) : null;
        entry[0] = new int[64][];
        Arrays.fill(entry[0], NOTHING);
        setReserved(entry[0]);
        ArrayList<Integer> work = new ArrayList<>();
        boolean[] queued = new boolean[graph.blocks];
        int[] postorder = graph.flow.postorder();
        for (int b : postorder) {
            work.add(b);
            queued[b] = true;
        }
        // The last element is taken first: reverse postorder.
        while (!work.isEmpty()) {
            int b = work.removeLast();
            queued[b] = false;
            if (entry[b] == null) {
                continue;
            }
            int[][] state = entry[b].clone();
            state = walk(b, state, false);
            for (MachBlock.Successor s : graph.block(b).successors()) {
                int t = s.target().index();
                boolean thrown = s.target() == pad;
                if (meet(t, pass(thrown ? atCall : state, s)) && !queued[t]) {
                    queued[t] = true;
                    work.add(t);
                }
            }
        }
        for (int b = 0; b < graph.blocks; b++) {
            if (entry[b] != null) {
                walk(b, entry[b].clone(), true);
            }
        }
    }

    /**
     * Registers that are not allocatable hold values of their own, which are numbered behind the variables; an
     * instruction that changes one puts it back.
     */
    private void setReserved(int[][] state) {
        for (int r = 0; r < MoveResolver.FIRST_SLOT; r++) {
            if (((ops.allocatable[0] | ops.allocatable[1]) >>> r & 1) == 0) {
                state[r] = new int[] {ops.variables + r};
            }
        }
    }

    private int[][] walk(int b, int[][] state, boolean verify) {
        int expected = ops.blockStart[b];
        pad = null;
        List<MachInst> insts = graph.block(b).insts();
        // Where the code that was given goes on: what is left out in front of it counts before what is inserted there,
        // which may compute the same value.
        int ahead = -1;
        for (int k = 0; k < insts.size(); k++) {
            MachInst inst = insts.get(k);
            if (ahead < k) {
                ahead = nextGiven(insts, k);
                MachInst next = ahead < insts.size() ? insts.get(ahead) : null;
                while (expected < ops.blockStart[b + 1] && ops.insts[expected] != next && mayBeMissing(expected)) {
                    state = state.clone();
                    forget(state, ops.variable[definition(expected)]);
                    expected++;
                }
            }
            Output.Inserted add = inserted.get(inst);
            if (add != null) {
                state = apply(state, add, b);
                continue;
            }
            if (expected == ops.blockStart[b + 1] || ops.insts[expected] != inst) {
                throw new IllegalStateException("unexpected instruction " + inst + " in b" + b);
            }
            Step step = new Step(expected, state, verify);
            state = ops.isMove(expected) ? copy(step) : step.run();
            if (inst.landingPad() != null) {
                pad = inst.landingPad();
                atCall = thrownTo(state);
            }
            expected++;
        }
        if (expected != ops.blockStart[b + 1]) {
            throw new IllegalStateException("instructions are missing at the end of b" + b);
        }
        return state;
    }

    /** The first instruction from {@code k} on that the allocator did not insert. */
    private int nextGiven(List<MachInst> insts, int k) {
        int i = k;
        while (i < insts.size() && inserted.containsKey(insts.get(i))) {
            i++;
        }
        return i;
    }

    /** Whether the allocator may have left out an instruction because it computes the value again where it is read. */
    private boolean mayBeMissing(int n) {
        int d = definition(n);
        return d >= 0 && ops.insts[n].rematerialize(graph.function.virtual(ops.variable[d])) != null;
    }

    /** The first operand of an instruction that is a definition, or -1. */
    private int definition(int n) {
        for (int o = ops.start[n]; o < ops.start[n + 1]; o++) {
            if (Operands.isDef(ops.kind[o])) {
                return o;
            }
        }
        return -1;
    }

    /** A definition in a loop makes a new value; copies of the last turn's one are not it. */
    private static void forget(int[][] state, int v) {
        for (int l = 0; l < state.length; l++) {
            if (Arrays.binarySearch(state[l], v) >= 0) {
                state[l] = Arrays.stream(state[l]).filter(x -> x != v).toArray();
            }
        }
    }

    /** The state at the landing pad of a call behind which {@code state} holds: no register has kept anything. */
    private int[][] thrownTo(int[][] state) {
        int[][] result = state.clone();
        Arrays.fill(result, 0, MoveResolver.FIRST_SLOT, NOTHING);
        setReserved(result);
        return result;
    }

    /** After a copy of a register to itself it has the values of both variables. */
    private int[][] copy(Step step) {
        int source = step.locationOfOperand(true);
        int target = step.locationOfOperand(false);
        int[] before = source < step.state.length ? step.state[source] : NOTHING;
        int[][] state = step.run();
        if (source == target) {
            int[] after = state[target];
            int[] both = Arrays.copyOf(before, before.length + after.length);
            System.arraycopy(after, 0, both, before.length, after.length);
            state[target] = normalize(both);
        }
        return state;
    }

    private int[][] apply(int[][] state, Output.Inserted add, int b) {
        switch (add.kind()) {
            case MOVE -> {
                state = fit(state, Math.max(add.target(), add.source()));
                state[add.target()] = state[add.source()];
            }
            case SWAP -> {
                int[] t = state[add.target()];
                state[add.target()] = state[add.source()];
                state[add.source()] = t;
            }
            case REMATERIALIZE -> state[add.target()] = withParameters(add.source(), b);
            case CLEAR -> {
                state = fit(state, add.target());
                state[add.target()] = new int[] {valid};
            }
        }
        return state;
    }

    /**
     * The variables that have the value of {@code v}: with it, parameters that it was passed to on the only edge into
     * b.
     */
    private int[] withParameters(int v, int b) {
        int[] p = graph.flow.predecessors(b);
        IntList result = new IntList();
        result.add(v);
        if (p.length == 1) {
            for (MachBlock.Successor s : graph.block(p[0]).successors()) {
                for (int k = 0; s.target().index() == b && k < s.args().length; k++) {
                    if (s.args()[k].index() == v) {
                        result.add(s.target().params().get(k).index());
                    }
                }
            }
        }
        if (ops.isReference(v)) {
            result.add(valid);
        }
        return normalize(result.toArray());
    }

    private static int[][] fit(int[][] state, int location) {
        int n = state.length;
        if (location >= n) {
            state = Arrays.copyOf(state, Math.max(location + 1, n * 2));
            Arrays.fill(state, n, state.length, NOTHING);
        }
        return state;
    }

    private static int[] normalize(int[] set) {
        Arrays.sort(set);
        int n = 0;
        for (int k = 0; k < set.length; k++) {
            if (k == 0 || set[k] != set[k - 1]) {
                set[n++] = set[k];
            }
        }
        return n == set.length ? set : Arrays.copyOf(set, n);
    }

    /** The state behind an edge: parameters replace what their locations held before. */
    private int[][] pass(int[][] state, MachBlock.Successor edge) {
        if (edge.target().params().isEmpty()) {
            return state.clone();
        }
        int[][] result = new int[state.length][];
        IntList set = new IntList();
        for (int l = 0; l < state.length; l++) {
            if (state[l].length == 0) {
                result[l] = NOTHING;
                continue;
            }
            set.clear();
            for (int v : state[l]) {
                if (v >= ops.variables
                        || ops.defInst[v] >= 0
                        || ops.defBlock[v] != edge.target().index()) {
                    set.add(v);
                }
                for (int k = 0; k < edge.args().length; k++) {
                    if (edge.args()[k].index() == v) {
                        set.add(edge.target().params().get(k).index());
                    }
                }
            }
            result[l] = normalize(set.toArray());
        }
        return result;
    }

    /** Keeps what holds on all edges into {@code t}; returns whether that became less. */
    private boolean meet(int t, int[][] state) {
        if (entry[t] == null) {
            entry[t] = state;
            return true;
        }
        boolean changed = false;
        int[][] old = entry[t];
        for (int l = 0; l < old.length; l++) {
            int[] both = l < state.length ? intersect(old[l], state[l]) : NOTHING;
            if (both.length != old[l].length) {
                old[l] = both;
                changed = true;
            }
        }
        return changed;
    }

    private int[] withoutReferences(int[] set) {
        IntList result = new IntList();
        for (int v : set) {
            if (v != valid && (v >= ops.variables || !ops.isReference(v))) {
                result.add(v);
            }
        }
        return result.size == set.length ? set : result.toArray();
    }

    private static int[] intersect(int[] x, int[] y) {
        if (x.length == 0 || x == y) {
            return x;
        }
        IntList r = new IntList();
        int i = 0;
        int k = 0;
        while (i < x.length && k < y.length) {
            if (x[i] == y[k]) {
                r.add(x[i]);
                i++;
                k++;
            } else if (x[i] < y[k]) {
                i++;
            } else {
                k++;
            }
        }
        return r.toArray();
    }

    /** One instruction: its operands as they were against the registers that it names now. */
    private final class Step {
        private final int n;
        private int[][] state;
        private final boolean verify;
        private final int[] location;
        private final MachInst inst;

        Step(int n, int[][] state, boolean verify) {
            this.n = n;
            this.state = state;
            this.verify = verify;
            inst = ops.insts[n];
            location = new int[ops.start[n + 1] - ops.start[n]];
            for (int k = 0; k < location.length; k++) {
                Reg r = inst.reg(k);
                if (r.isVirtual()) {
                    throw new IllegalStateException("virtual register left in " + inst);
                }
                location[k] = r.isSlot() ? MoveResolver.FIRST_SLOT + r.index() : r.bit();
            }
        }

        int locationOfOperand(boolean use) {
            for (int k = 0; k < location.length; k++) {
                if (Operands.isUse(ops.kind[ops.start[n] + k]) == use) {
                    return location[k];
                }
            }
            throw new IllegalStateException();
        }

        private void fail(int k, String what) {
            throw new IllegalStateException(
                    what + ": operand " + k + " (%" + ops.variable[ops.start[n] + k] + ") of " + inst);
        }

        /** Operands are those that were given, of which two may have been exchanged if the operation commutes. */
        private void checkOrder(int first) {
            for (int k = 0; k < location.length; k++) {
                int o = first + k;
                if (ops.variable[o] != given[o]) {
                    boolean exchanged = inst.form().commutes()
                            && k == inst.form().tiedTo()
                            && ops.variable[o] == given[o + 1]
                            && ops.variable[o + 1] == given[o];
                    if (!exchanged) {
                        fail(k, "not the operand");
                    }
                    k++;
                }
            }
        }

        int[][] run() {
            int first = ops.start[n];
            checkOrder(first);
            for (int k = 0; k < location.length; k++) {
                state = fit(state, location[k]);
            }
            for (int k = 0; k < location.length; k++) {
                if (verify) {
                    verify(first, k);
                }
            }
            for (long m = ops.clobbers[n]; m != 0; m &= m - 1) {
                state[Long.numberOfTrailingZeros(m)] = NOTHING;
            }
            if (inst.callSite() != null) {
                collect(inst.callSite().references());
            }
            for (int k = 0; k < location.length; k++) {
                if (ops.kind[first + k] == Operands.TEMP) {
                    state[location[k]] = NOTHING;
                }
            }
            for (int k = 0; k < location.length; k++) {
                if (Operands.isDef(ops.kind[first + k])) {
                    forget(state, ops.variable[first + k]);
                }
            }
            for (int k = 0; k < location.length; k++) {
                if (Operands.isDef(ops.kind[first + k])) {
                    int v = ops.variable[first + k];
                    state[location[k]] = ops.isReference(v) ? new int[] {v, valid} : new int[] {v};
                }
            }
            setReserved(state);
            return state;
        }

        /** Has a collection move all objects: a copy that it does not know of is not the object any more. */
        private void collect(int[] words) {
            BitSet known = new BitSet();
            for (int w : words) {
                known.set(MoveResolver.FIRST_SLOT + w);
                state = fit(state, MoveResolver.FIRST_SLOT + w);
                if (verify) {
                    checkWord(w);
                }
            }
            for (int l = 0; ops.hasReferences && l < state.length; l++) {
                if (!known.get(l)) {
                    state[l] = withoutReferences(state[l]);
                }
            }
        }

        private void checkWord(int word) {
            int[] held = state[MoveResolver.FIRST_SLOT + word];
            if (Arrays.binarySearch(held, valid) < 0) {
                throw new IllegalStateException("word " + word + " holds no reference at " + inst);
            }
            boolean isLive = !exact || live == null;
            for (int v : held) {
                isLive = isLive || v < ops.variables && ops.isReference(v) && live.isLiveAfter(n, v);
            }
            if (!isLive) {
                throw new IllegalStateException("the reference in word " + word + " is dead at " + inst);
            }
        }

        private void verify(int first, int k) {
            byte kind = ops.kind[first + k];
            int l = location[k];
            if (kind == Operands.RESERVED) {
                return;
            }
            if (kind == Operands.PHYSICAL) {
                int own = ops.detail[first + k];
                if (l != own && Arrays.binarySearch(state[l], ops.variables + own) < 0) {
                    fail(k, "does not hold the reserved register's value");
                }
                return;
            }
            int v = ops.variable[first + k];
            if (kind == Operands.PHYSICAL_FIXED) {
                if (l != ops.detail[first + k] || Arrays.binarySearch(state[l], ops.variables - 2 - v) < 0) {
                    fail(k, "does not hold the reserved register's value");
                }
                return;
            }
            if (kind != Operands.USE_ANY && l >= MoveResolver.FIRST_SLOT) {
                fail(k, "not a register");
            }
            if (l < MoveResolver.FIRST_SLOT && l / 32 != ops.classOf[v]) {
                fail(k, "wrong register class");
            }
            if ((kind == Operands.USE_FIXED || kind == Operands.DEF_FIXED) && l != ops.detail[first + k]) {
                fail(k, "not the register asked for");
            }
            if (kind != Operands.USE_FIXED
                    && l < MoveResolver.FIRST_SLOT
                    && (ops.allocatable[ops.classOf[v]] >>> l & 1) == 0) {
                fail(k, "register is not allocatable");
            }
            if (Operands.isUse(kind) && Arrays.binarySearch(state[l], v) < 0) {
                fail(k, "does not hold the variable but " + Arrays.toString(state[l]));
            }
            if (kind == Operands.USE_LATE && (ops.clobbers[n] >>> l & 1) != 0) {
                fail(k, "register is overwritten while in use");
            }
            if (Operands.isDef(kind) && kind != Operands.DEF_FIXED && (ops.clobbers[n] >>> l & 1) != 0) {
                fail(k, "result in a register that is overwritten");
            }
            if (kind == Operands.DEF_REUSE && l != location[ops.detail[first + k]]) {
                fail(k, "result not in the register of its operand");
            }
            for (int other = 0; other < location.length; other++) {
                if (other != k && location[other] == l && excludes(kind, ops.kind[first + other])) {
                    fail(k, "register is shared with operand " + other);
                }
            }
        }

        /** Whether two operands must not share a register, seen from the first one. */
        private boolean excludes(byte kind, byte other) {
            boolean otherIsUse = Operands.isUse(other) || other == Operands.PHYSICAL;
            return switch (kind) {
                case Operands.TEMP -> true;
                case Operands.DEF_EARLY -> true;
                case Operands.USE_LATE -> !otherIsUse;
                case Operands.DEF, Operands.DEF_REUSE, Operands.DEF_FIXED -> !otherIsUse;
                default -> false;
            };
        }
    }
}
