package kiln.ir;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;

/**
 * Turns mutable variables into SSA values while code is built (Braun et al., "Simple and Efficient Construction of
 * Static Single Assignment Form", 2013). Edges are learnt from the {@link Builder} that it is attached to. A block may
 * be read from as soon as it exists, but must be sealed once all edges to it exist. A variable that was never written
 * on some path from the entry is zero there. {@link #finish()} adds the block parameters that remain, after those that
 * the caller added.
 *
 * <p>Only variables that are live across blocks cost memory beyond their definition, and nothing here recurses. A
 * dominator tree grows along with the code ({@link DominatorPath}), so that a variable read far behind its last
 * definition is found without touching, or making parameters in, the blocks between.
 */
public final class SsaBuilder {
    /** On a long path through single predecessors, a value found is noted in every block of this distance. */
    private static final int CACHE_STRIDE = 16;

    private final Builder builder;
    private final Function function;
    private final long limit;
    private long made;
    private Type[] varTypes = new Type[16];
    private int varCount;

    /** The latest definition of each variable; older ones move to the table. */
    private int[] lastBlock = new int[16];

    private Value[] lastValue = new Value[16];

    /** When each variable was written last, in ticks of the dominator path. */
    private int[] lastWrite = new int[16];

    private final DefTable older = new DefTable();

    private BlockState[] states = new BlockState[16];
    private final ArrayList<Phi> phis = new ArrayList<>();
    private final ArrayDeque<Phi> pending = new ArrayDeque<>();
    private final Value[] zeros = new Value[Type.values().length];
    private final DominatorPath path = new DominatorPath();

    /** The SSA form is larger than the limit allows; the function is left half built. */
    public static final class LimitException extends RuntimeException {
        private static final long serialVersionUID = 1;

        LimitException() {
            super("more block parameters than allowed", null, false, false);
        }
    }

    /** What is known about a block: its predecessors, without duplicates, and the edges from each. */
    private static final class BlockState {
        final Block block;
        Block[] preds = new Block[2];
        int predCount;
        Edge[] edges = new Edge[2];
        int[] edgePred = new int[2];
        int edgeCount;
        boolean sealed;
        ArrayList<Phi> phis;
        final DominatorPath.Node node = new DominatorPath.Node();
        /** How many predecessors were known when something was put into the block. */
        int firstPreds;

        BlockState(Block block) {
            this.block = block;
        }

        void add(Block pred, Edge edge) {
            if (predCount == 0 || preds[predCount - 1] != pred) {
                if (predCount == preds.length) {
                    preds = Arrays.copyOf(preds, predCount * 2);
                }
                preds[predCount++] = pred;
            }
            if (edgeCount == edges.length) {
                edges = Arrays.copyOf(edges, edgeCount * 2);
                edgePred = Arrays.copyOf(edgePred, edgeCount * 2);
            }
            edgePred[edgeCount] = predCount - 1;
            edges[edgeCount++] = edge;
        }
    }

    /** A block parameter in the making: the value of a variable at the start of a block. */
    private static final class Phi {
        final Value value;
        final BlockState at;
        final int var;
        Value[] args;
        /** Phis that use this one, during {@link SsaBuilder#finish()}. */
        ArrayList<Phi> users;

        Phi(Value value, BlockState at, int var) {
            this.value = value;
            this.at = at;
            this.var = var;
        }
    }

    public SsaBuilder(Builder builder) {
        this(builder, Long.MAX_VALUE);
    }

    /**
     * @param limit how many block parameters and arguments of them, counting those that turn out to be needless, may be
     *     made on behalf of variables; the method that would make more throws {@link LimitException}
     */
    public SsaBuilder(Builder builder, long limit) {
        this.limit = limit;
        this.builder = builder;
        this.function = builder.function();
        builder.attach(this);
    }

    /** A new variable; returns its number, counting from 0. */
    public int declareVar(Type type) {
        if (varCount == varTypes.length) {
            varTypes = Arrays.copyOf(varTypes, varCount * 2);
            lastBlock = Arrays.copyOf(lastBlock, varCount * 2);
            lastValue = Arrays.copyOf(lastValue, varCount * 2);
            lastWrite = Arrays.copyOf(lastWrite, varCount * 2);
        }
        varTypes[varCount] = type;
        lastBlock[varCount] = -1;
        return varCount++;
    }

    /** Sets the variable at the present end of {@code block}. */
    public void writeVar(Block block, int var, Value value) {
        begin(state(block));
        lastWrite[var] = path.tick();
        define(block.id(), var, value);
    }

    /** Value of the variable at the present end of {@code block}. */
    public Value readVar(Block block, int var) {
        if (lastBlock[var] == block.id()) {
            return lastValue[var].resolve();
        }
        begin(state(block));
        Value v = find(block, var);
        fillPending();
        return v.resolve();
    }

    /** Says that all edges to {@code block} exist. */
    public void sealBlock(Block block) {
        BlockState state = state(block);
        if (state.sealed) {
            throw new IllegalStateException(block + " is sealed already");
        }
        begin(state);
        for (int i = state.firstPreds; i < state.predCount; i++) {
            if (!path.dominates(state.node, state(state.preds[i]).node)) {
                path.makeBarrier(state.node);
            }
        }
        state.sealed = true;
        path.close(state.node);
        if (state.phis != null) {
            // Filling may create phis in other blocks, never more in this one for the same variables.
            for (int i = 0, n = state.phis.size(); i < n; i++) {
                pending.add(state.phis.get(i));
            }
            fillPending();
        }
    }

    public boolean isSealed(Block block) {
        return state(block).sealed;
    }

    /** Number of different blocks with an edge to {@code block} so far. */
    public int predecessorCount(Block block) {
        return state(block).predCount;
    }

    /** An edge from the terminator of {@code from}. */
    void addPredecessor(Block block, Block from, Edge edge) {
        BlockState state = state(block);
        if (state.sealed) {
            throw new IllegalStateException("edge from " + from + " to " + block + ", which is sealed");
        }
        BlockState source = state(from);
        begin(source);
        path.end(source.node);
        state.add(from, edge);
    }

    /**
     * Takes a block into the dominator tree. From now on only edges back to it from blocks that it dominates are
     * expected.
     */
    private void begin(BlockState s) {
        if (s.node.isBegun()) {
            return;
        }
        s.firstPreds = s.predCount;
        DominatorPath.Node[] preds = new DominatorPath.Node[s.predCount];
        for (int i = 0; i < preds.length; i++) {
            preds[i] = state(s.preds[i]).node;
        }
        path.begin(s.node, s.block, preds);
    }

    private BlockState state(Block block) {
        int id = block.id();
        if (id >= states.length) {
            states = Arrays.copyOf(states, Math.max(states.length * 2, id + 1));
        }
        BlockState s = states[id];
        if (s == null) {
            s = new BlockState(block);
            states[id] = s;
        }
        return s;
    }

    private void define(int block, int var, Value value) {
        int last = lastBlock[var];
        if (last != block) {
            if (last >= 0) {
                older.put(last, var, lastValue[var]);
            }
            lastBlock[var] = block;
        }
        lastValue[var] = value;
    }

    private Value lookup(int block, int var) {
        return lastBlock[var] == block ? lastValue[var] : older.get(block, var);
    }

    /** Finds the definition that reaches the end of {@code from}; phis made on the way still need their arguments. */
    private Value find(Block from, int var) {
        BlockState s = state(from);
        Value v;
        // Where the path through single predecessors begins.
        Block start = from;
        int steps = 0;
        while (true) {
            v = lookup(s.block.id(), var);
            if (v != null) {
                break;
            }
            DominatorPath.Node up = path.highest(s.node, lastWrite[var]);
            if (up != s.node) {
                s = state(up.block());
                start = s.block;
                steps = 0;
                continue;
            }
            if (!s.sealed && s.block != function.entry()) {
                v = newPhi(s, var).value;
                break;
            }
            // The second case is a cycle of single predecessors, which the entry cannot reach.
            if (s.predCount == 0 || steps > function.blockIdBound()) {
                v = zero(varTypes[var]);
                break;
            }
            if (s.predCount > 1) {
                Phi phi = newPhi(s, var);
                pending.add(phi);
                v = phi.value;
                break;
            }
            s = state(s.preds[0]);
            steps++;
        }
        if (steps > 0) {
            note(start, steps, var, v);
        }
        if (start != from) {
            older.put(from.id(), var, v);
        }
        return v;
    }

    /** Notes what was found {@code steps} blocks above {@code from}, for the next one who asks. */
    private void note(Block from, int steps, int var, Value v) {
        older.put(from.id(), var, v);
        if (steps >= CACHE_STRIDE) {
            BlockState s = state(from);
            for (int i = 1; i < steps; i++) {
                s = state(s.preds[0]);
                if (i % CACHE_STRIDE == 0) {
                    older.put(s.block.id(), var, v);
                }
            }
        }
    }

    /** Counts parts of the SSA form. */
    private void charge(long parts) {
        made += parts;
        if (made > limit) {
            throw new LimitException();
        }
    }

    private Phi newPhi(BlockState s, int var) {
        charge(1);
        Value value = function.newValue(varTypes[var]);
        value.block = s.block;
        Phi phi = new Phi(value, s, var);
        phis.add(phi);
        if (s.phis == null) {
            s.phis = new ArrayList<>(4);
        }
        s.phis.add(phi);
        // Not through define(): the block being read may lie before the one that wrote last.
        older.put(s.block.id(), var, value);
        return phi;
    }

    private void fillPending() {
        if (pending.isEmpty()) {
            return;
        }
        ArrayList<Phi> filled = new ArrayList<>();
        while (!pending.isEmpty()) {
            Phi phi = pending.removeLast();
            BlockState s = phi.at;
            charge(s.predCount);
            phi.args = new Value[s.predCount];
            for (int i = 0; i < s.predCount; i++) {
                phi.args[i] = find(s.preds[i], phi.var);
            }
            filled.add(phi);
        }
        // What was made last lies nearest to the definitions, so that trivial ones collapse towards the reader.
        for (int i = filled.size() - 1; i >= 0; i--) {
            replaceIfTrivial(filled.get(i));
        }
    }

    /** A phi that merges one other value only (and itself) is that value. */
    private boolean replaceIfTrivial(Phi phi) {
        Value self = phi.value;
        Value same = null;
        for (Value arg : phi.args) {
            Value v = arg.resolve();
            if (v != self && v != same) {
                if (same != null) {
                    return false;
                }
                same = v;
            }
        }
        // Without any other value the block cannot be reached from the entry.
        self.replaceWith(same != null ? same : zero(self.type()));
        return true;
    }

    private Value zero(Type type) {
        Value z = zeros[type.ordinal()];
        if (z == null) {
            Block entry = function.entry();
            Builder b = new Builder(function);
            if (entry.first() == null) {
                b.setBlock(entry);
            } else {
                b.setBefore(entry.first());
            }
            z = b.zero(type);
            zeros[type.ordinal()] = z;
        }
        return z;
    }

    /**
     * Adds the remaining parameters to blocks and arguments to edges. To be called once, when all blocks are sealed.
     */
    public void finish() {
        for (BlockState s : states) {
            if (s != null && !s.sealed && (s.phis != null || s.predCount > 0)) {
                throw new IllegalStateException(s.block + " was never sealed");
            }
        }
        removeTrivial();
        for (BlockState s : states) {
            if (s != null && s.phis != null) {
                addParams(s);
            }
        }
        builder.attach(null);
    }

    /** Replacing a phi may make its users trivial: work through those until nothing changes. */
    private void removeTrivial() {
        Phi[] phiOf = new Phi[function.valueIdBound()];
        ArrayList<Phi> live = new ArrayList<>();
        for (Phi phi : phis) {
            if (!phi.value.isReplaced()) {
                phiOf[phi.value.id()] = phi;
                live.add(phi);
            }
        }
        for (Phi phi : live) {
            for (Value arg : phi.args) {
                Phi used = phiOf[arg.resolve().id()];
                if (used != null && used != phi) {
                    addUser(used, phi);
                }
            }
        }
        ArrayDeque<Phi> work = new ArrayDeque<>(live);
        while (!work.isEmpty()) {
            Phi phi = work.removeFirst();
            if (phi.value.isReplaced() || !replaceIfTrivial(phi) || phi.users == null) {
                continue;
            }
            Value by = phi.value.resolve();
            Phi heir = by.id() < phiOf.length ? phiOf[by.id()] : null;
            for (Phi user : phi.users) {
                if (!user.value.isReplaced()) {
                    work.add(user);
                    if (heir != null && heir != user) {
                        addUser(heir, user);
                    }
                }
            }
        }
    }

    private static void addUser(Phi used, Phi user) {
        if (used.users == null) {
            used.users = new ArrayList<>(4);
        }
        used.users.add(user);
    }

    private void addParams(BlockState s) {
        int added = 0;
        for (Phi phi : s.phis) {
            if (!phi.value.isReplaced()) {
                s.phis.set(added++, phi);
                phi.value.index = s.block.params().size();
                s.block.params().add(phi.value);
            }
        }
        charge((long) added * s.edgeCount);
        for (int e = 0; e < s.edgeCount && added > 0; e++) {
            Edge edge = s.edges[e];
            int own = edge.argCount();
            Value[] args = new Value[own + added];
            for (int i = 0; i < own; i++) {
                args[i] = edge.arg(i);
            }
            for (int i = 0; i < added; i++) {
                args[own + i] = s.phis.get(i).args[s.edgePred[e]].resolve();
            }
            edge.setArgs(args);
        }
    }

    /** Definitions by (block, variable): an open-addressing hash table without boxing. */
    private static final class DefTable {
        private long[] keys = new long[64];
        private Value[] values = new Value[64];
        private int size;

        Value get(int block, int var) {
            return values[slot(key(block, var))];
        }

        void put(int block, int var, Value value) {
            long key = key(block, var);
            int i = slot(key);
            if (values[i] == null) {
                if (++size * 2 > keys.length) {
                    grow();
                    i = slot(key);
                }
                keys[i] = key;
            }
            values[i] = value;
        }

        private static long key(int block, int var) {
            return (long) block << 32 | var;
        }

        private int slot(long key) {
            long h = key * 0x9e3779b97f4a7c15L;
            int mask = keys.length - 1;
            int i = (int) (h >>> 32) & mask;
            while (values[i] != null && keys[i] != key) {
                i = i + 1 & mask;
            }
            return i;
        }

        private void grow() {
            long[] oldKeys = keys;
            Value[] oldValues = values;
            keys = new long[oldKeys.length * 2];
            values = new Value[oldKeys.length * 2];
            for (int i = 0; i < oldKeys.length; i++) {
                if (oldValues[i] != null) {
                    int j = slot(oldKeys[i]);
                    keys[j] = oldKeys[i];
                    values[j] = oldValues[i];
                }
            }
        }
    }
}
