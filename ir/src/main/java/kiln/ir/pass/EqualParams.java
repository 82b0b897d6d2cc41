package kiln.ir.pass;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import kiln.ir.Block;
import kiln.ir.Edge;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.Value;

/**
 * Makes one of block parameters that always have the same value: a program keeps a pointer in two variables, and both
 * take a register, or a store, on every way around a loop. Takes parameters of one block to be equal until an edge
 * brings them different values, so that it sees through loops.
 */
public final class EqualParams implements Pass {
    /** How often the parameters are gone through; what has not settled by then is left alone. */
    private static final int MAX_ROUNDS = 8;

    @Override
    public String name() {
        return "equal-params";
    }

    @Override
    public Set<Property> requires() {
        return Set.of(Property.REACHABLE);
    }

    @Override
    public Set<Property> keeps() {
        return Set.of(Property.values());
    }

    @Override
    public void run(Function f) {
        List<Block> blocks = candidates(f);
        if (!blocks.isEmpty()) {
            new Classes(f, blocks).run();
        }
    }

    /** Blocks with several parameters of one type. */
    private static List<Block> candidates(Function f) {
        List<Block> result = new ArrayList<>();
        for (Block b : f.blocks()) {
            if (b.params().size() < 2) {
                continue;
            }
            int seen = 0;
            boolean repeated = false;
            for (Value p : b == f.entry() ? List.<Value>of() : b.params()) {
                int bit = 1 << p.type().ordinal();
                repeated |= (seen & bit) != 0;
                seen |= bit;
            }
            if (repeated) {
                result.add(b);
            }
        }
        return result;
    }

    private static final class Classes {
        /** As many parameters as are compared with one another. */
        private static final int FEW = 16;

        private record NumberOf(Type type, long bits) {
            // By hand, since linking what records have by themselves takes milliseconds; see architecture.md.
            @Override
            public boolean equals(Object o) {
                return o instanceof NumberOf n && type == n.type && bits == n.bits;
            }

            @Override
            public int hashCode() {
                return 31 * type.ordinal() + Long.hashCode(bits);
            }
        }

        private List<Block> blocks;
        /** By block's number: the edges into it. */
        private final List<Edge>[] edges;
        /**
         * By value, one of those that equal it as far as is known; negative for constants that were asked for: {@code
         * ~n} if {@code n} is the first one of the same number.
         */
        private final int[] leader;

        private final Map<NumberOf, Integer> numbers = new HashMap<>();

        @SuppressWarnings({"unchecked", "rawtypes"})
        Classes(Function f, List<Block> blocks) {
            this.blocks = blocks;
            edges = new List[f.blockIdBound()];
            leader = new int[f.valueIdBound()];
            Arrays.setAll(leader, i -> i);
            for (Block b : blocks) {
                edges[b.id()] = new ArrayList<>();
                int[] first = new int[Type.values().length];
                Arrays.fill(first, -1);
                for (Value p : b.params()) {
                    int t = p.type().ordinal();
                    first[t] = first[t] < 0 ? p.id() : first[t];
                    leader[p.id()] = first[t];
                }
            }
            for (Block b : f.blocks()) {
                Inst t = b.terminator();
                for (int i = 0, n = t.targetCount(); i < n; i++) {
                    List<Edge> into = edges[t.target(i).target().id()];
                    if (into != null) {
                        into.add(t.target(i));
                    }
                }
            }
        }

        void run() {
            for (int round = 0; round < MAX_ROUNDS; round++) {
                boolean changed = false;
                List<Block> open = new ArrayList<>();
                for (Block b : blocks) {
                    int before = count(b);
                    int after = split(b, before);
                    changed |= after > before;
                    if (after < b.params().size()) {
                        open.add(b);
                    }
                }
                blocks = open;
                if (!changed || open.isEmpty()) {
                    open.forEach(this::merge);
                    return;
                }
            }
        }

        /** How many classes the parameters of a block are in. */
        private int count(Block b) {
            int n = 0;
            for (Value p : b.params()) {
                n += leader[p.id()] == p.id() ? 1 : 0;
            }
            return n;
        }

        private int split(Block b, int before) {
            List<Value> params = b.params();
            List<Edge> into = edges[b.id()];
            int[] next = new int[params.size()];
            long[] hashes = new long[next.length];
            Map<Long, Integer> byHash = next.length > FEW ? new HashMap<>() : null;
            for (int i = 0; i < next.length; i++) {
                long hash = leader[params.get(i).id()];
                for (int k = 0; k < into.size(); k++) {
                    hash = hash * 0x9e3779b97f4a7c15L + leaderOf(into.get(k).arg(i));
                }
                hashes[i] = hash;
                int first = firstWith(hash, hashes, i, byHash);
                next[i] = first != i && isAlike(params, into, first, i) ? first : i;
            }
            int after = 0;
            for (int i = 0; i < next.length; i++) {
                leader[params.get(i).id()] = params.get(next[i]).id();
                after += next[i] == i ? 1 : 0;
            }
            return Math.max(before, after);
        }

        /** The first parameter with a hash, at most that at {@code i}. */
        private static int firstWith(long hash, long[] hashes, int i, Map<Long, Integer> byHash) {
            if (byHash != null) {
                Integer first = byHash.putIfAbsent(hash, i);
                return first != null ? first : i;
            }
            int first = 0;
            while (hashes[first] != hash) {
                first++;
            }
            return first;
        }

        private boolean isAlike(List<Value> params, List<Edge> into, int i, int k) {
            if (leader[params.get(i).id()] != leader[params.get(k).id()]) {
                return false;
            }
            for (Edge e : into) {
                if (leaderOf(e.arg(i)) != leaderOf(e.arg(k))) {
                    return false;
                }
            }
            return true;
        }

        private int leaderOf(Value v) {
            int known = leader[v.id()];
            if (known >= 0 && v.is(Opcode.ICONST)) {
                known = ~numbers.computeIfAbsent(new NumberOf(v.type(), v.inst().imm()), _ -> v.id());
                leader[v.id()] = known;
            }
            return known < 0 ? ~known : known;
        }

        private void merge(Block b) {
            List<Value> params = b.params();
            boolean[] keep = new boolean[params.size()];
            Map<Integer, Value> byId = new HashMap<>();
            for (int i = 0; i < keep.length; i++) {
                Value p = params.get(i);
                Value first = byId.putIfAbsent(leader[p.id()], p);
                keep[i] = first == null;
                if (first != null) {
                    p.replaceWith(first);
                }
            }
            List<Edge> into = edges[b.id()];
            b.keepParams(keep);
            for (Edge e : into) {
                e.keepArgs(keep);
            }
        }
    }
}
