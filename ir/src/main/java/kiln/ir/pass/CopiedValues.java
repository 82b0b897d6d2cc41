package kiln.ir.pass;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import kiln.ir.Block;
import kiln.ir.Builder;
import kiln.ir.Edge;
import kiln.ir.Inst;
import kiln.ir.Value;
import kiln.ir.analysis.Cfg;

/**
 * Keeps a function in SSA form while blocks are copied: what a block defines, its copies define as well, and where ways
 * from several of them meet, those who use the value need a parameter. One block is copied at a time, or several that
 * belong together, as often as one likes: {@link #begin} for each set of copies, {@link #copy} for each block,
 * {@link #end} when all of them stand and all ways lead where they should.
 */
final class CopiedValues {
    /** How often the value at a block's start may change before it becomes a parameter. */
    private static final int MAX_CHANGES = 3;

    /** A way into a block. */
    record Way(Block from, Inst terminator, Edge edge) {}

    private final Predicate<Block> isWatched;
    /** By value, of those that there were at the beginning, whether a watched block defines it. */
    private final boolean[] isDefinedThere;
    /** The graph as it was at the beginning. */
    private final Cfg cfg;
    /** By block of that graph, its place in the layout. */
    private final int[] place;
    /** By number of block; null as long as nobody has asked and all are as they were at the beginning. */
    private final List<List<Way>> ways = new ArrayList<>();
    /** Users of the values that watched blocks define; some may have ceased to be. */
    private final Map<Value, List<Inst>> users = new HashMap<>();
    /** Blocks that no way leads into any more. */
    private final Set<Block> dead = new HashSet<>();
    /** How many ways may be looked at in all. */
    private long work;

    private final Builder builder;
    /** By original, of those that are being copied. */
    private final Map<Block, Copies> copied = new LinkedHashMap<>();
    /** What stands for values in the copies that are being made. */
    private Map<Value, Value> current = new HashMap<>();

    /** The copies of a block. */
    private static final class Copies {
        static final Copies NONE = new Copies();

        final List<Block> blocks = new ArrayList<>(2);
        /** By copy: what stands for the original's values, and for others. */
        final List<Map<Value, Value>> values = new ArrayList<>(2);
    }

    /**
     * @param work how many steps the search for users' definitions may take, in all
     * @param isWatched which blocks may be copied
     */
    CopiedValues(kiln.ir.Function f, long work, Predicate<Block> isWatched) {
        this.work = work;
        this.isWatched = isWatched;
        this.builder = new Builder(f);
        this.cfg = Cfg.of(f);
        this.isDefinedThere = new boolean[f.valueIdBound()];
        this.place = new int[cfg.nodes()];
        int count = 0;
        for (Block b : f.blocks()) {
            place[b.id()] = count++;
            if (isWatched.test(b)) {
                noteDefinitions(b);
            }
        }
        boolean[] isBehind = behindWatched();
        for (Block b : f.blocks()) {
            for (Inst i = isBehind[b.id()] ? b.first() : null; i != null; i = i.next()) {
                noteUses(i);
            }
        }
    }

    /** By block of the graph, whether it is watched, or a watched one dominates it: only those use what they define. */
    private boolean[] behindWatched() {
        boolean[] result = new boolean[cfg.nodes()];
        for (int i = 0; i < cfg.reachable(); i++) {
            int b = cfg.inReversePostorder(i);
            result[b] = isWatched.test(cfg.block(b)) || result[cfg.idom(b)];
        }
        return result;
    }

    private void noteDefinitions(Block b) {
        for (Value p : b.params()) {
            isDefinedThere[p.id()] = true;
        }
        for (Inst i = b.first(); i != null; i = i.next()) {
            for (int r = 0; r < i.resultCount(); r++) {
                isDefinedThere[i.result(r).id()] = true;
            }
        }
    }

    /** In the order in which the layout had their blocks, those from copies behind. */
    List<Way> waysInto(Block b) {
        while (ways.size() <= b.id()) {
            ways.add(null);
        }
        List<Way> known = ways.get(b.id());
        if (known == null) {
            int[] from = b.id() < cfg.nodes() ? cfg.predecessors(b.id()) : new int[0];
            known = new ArrayList<>(from.length + 1);
            for (int i = 0; i < from.length; i++) {
                Block p = cfg.block(from[i]);
                known.add(new Way(p, p.terminator(), cfg.edgeInto(b.id(), i)));
            }
            if (from.length > 1) {
                known.sort((x, y) ->
                        Integer.compare(place[x.from().id()], place[y.from().id()]));
            }
            ways.set(b.id(), known);
        }
        return known;
    }

    private void noteWays(Block b) {
        Inst t = b.terminator();
        for (int i = 0, n = t.targetCount(); i < n; i++) {
            waysInto(t.target(i).target()).add(new Way(b, t, t.target(i)));
        }
    }

    private void noteUses(Inst i) {
        for (int a = 0, n = i.argCount(); a < n; a++) {
            noteUse(i.arg(a), i);
        }
        for (int t = 0, n = i.targetCount(); t < n; t++) {
            Edge e = i.target(t);
            for (int a = 0, k = e.argCount(); a < k; a++) {
                noteUse(e.arg(a), i);
            }
        }
    }

    private boolean isDefinedInWatched(Value v) {
        if (v.id() < isDefinedThere.length) {
            return isDefinedThere[v.id()];
        }
        Block at = v.paramOf() != null ? v.paramOf() : v.inst().block();
        return at != null && isWatched.test(at);
    }

    private void noteUse(Value v, Inst user) {
        if (isDefinedInWatched(v)) {
            List<Inst> list = users.computeIfAbsent(v, _ -> new ArrayList<>(2));
            if (list.isEmpty() || list.getLast() != user) {
                list.add(user);
            }
        }
    }

    /** Whether it is known, within the bound for all work, who uses what a block defines. */
    boolean canCopy(Block b) {
        for (Value p : b.params()) {
            work -= region(p, b, Copies.NONE).size();
        }
        for (Inst i = b.first(); i != b.terminator(); i = i.next()) {
            for (int r = 0; r < i.resultCount(); r++) {
                work -= region(i.result(r), b, Copies.NONE).size();
            }
        }
        return work > 0;
    }

    /** Begins a copy of a block, or of blocks that belong together: the order is that of definitions and uses. */
    void begin() {
        current = new HashMap<>();
    }

    /**
     * Copies a block.
     *
     * @param copy an empty block
     * @param constants parameters that the copy has not, and what they are in it
     * @param target where the copies of edges lead that lead to a block
     */
    void copy(Block block, Block copy, Map<Value, Long> constants, UnaryOperator<Block> target) {
        copy.setFrequency(block.frequency());
        builder.setBlock(copy);
        builder.setPosition(block.terminator().position());
        for (Value p : block.params()) {
            Long constant = constants.get(p);
            current.put(p, constant != null ? builder.iconst(p.type(), constant) : copy.addParam(p.type()));
        }
        for (Inst i = block.first(); i != block.terminator(); i = i.next()) {
            builder.setPosition(i.position());
            Value[] args = new Value[i.argCount()];
            for (int a = 0; a < args.length; a++) {
                args[a] = inCopy(i.arg(a));
            }
            Inst c = builder.copy(i, args);
            if (i.resultCount() == 0) {
                continue;
            }
            Value folded = builder.fold(c);
            if (folded != null) {
                copy.remove(c);
            }
            current.put(i.result(), folded != null ? folded : c.result());
        }
        copyEnd(block.terminator(), target);
        Copies copies = copied.computeIfAbsent(block, _ -> new Copies());
        copies.blocks.add(copy);
        copies.values.add(current);
        for (Inst i = copy.first(); i != null; i = i.next()) {
            noteUses(i);
        }
        noteWays(copy);
    }

    /** Ends the copy as the original ends, or as constants say. */
    private void copyEnd(Inst t, UnaryOperator<Block> target) {
        builder.setPosition(t.position());
        Edge[] edges = new Edge[t.targetCount()];
        for (int i = 0; i < edges.length; i++) {
            Edge e = t.target(i);
            Value[] args = new Value[e.argCount()];
            for (int a = 0; a < args.length; a++) {
                args[a] = inCopy(e.arg(a));
            }
            edges[i] = new Edge(target.apply(e.target()), args);
            edges[i].setFrequency(e.frequency());
        }
        switch (t.opcode()) {
            case BRANCH -> builder.branch(inCopy(t.arg(0)), edges[0], edges[1]);
            case SWITCH -> builder.switch_(inCopy(t.arg(0)), edges);
            default -> builder.jump(edges[0]);
        }
    }

    private Value inCopy(Value value) {
        return current.getOrDefault(value, value);
    }

    /** Has each way into a block lead to the copy that {@code copyFor} chooses, unless that is null. */
    void redirect(Block original, Function<Way, Block> copyFor) {
        List<Way> rest = new ArrayList<>();
        for (Way way : waysInto(original)) {
            Block copy = copyFor.apply(way);
            if (copy != null) {
                waysInto(copy).add(way);
                way.edge().setTarget(copy);
            } else {
                rest.add(way);
            }
        }
        ways.set(original.id(), rest);
    }

    /** Gives all users of the originals' values what reaches them now. */
    void end() {
        for (Block original : copied.keySet()) {
            if (waysInto(original).isEmpty()) {
                dead.add(original);
            }
        }
        copied.forEach((original, copies) -> {
            for (Value p : original.params()) {
                repair(p, original, copies);
            }
            for (Inst i = original.first(); i != original.terminator(); i = i.next()) {
                if (i.resultCount() > 0) {
                    repair(i.result(), original, copies);
                }
            }
        });
        copied.clear();
    }

    /** A block behind a definition, and what stands for the value at its start. */
    private static final class Place {
        final Block block;
        Value value;
        boolean isParameter;
        int changes;

        Place(Block block) {
            this.block = block;
        }
    }

    /** The blocks at whose start the value is needed, up to those that define it. */
    private Map<Block, Place> region(Value v, Block definedIn, Copies copies) {
        Map<Block, Place> places = new LinkedHashMap<>();
        ArrayDeque<Block> open = new ArrayDeque<>();
        for (Inst user : users.getOrDefault(v, List.of())) {
            work -= 1 + arguments(user);
            Block b = user.block();
            if (b != null && b != definedIn && !copies.blocks.contains(b) && !places.containsKey(b)) {
                places.put(b, new Place(b));
                open.add(b);
            }
        }
        while (!open.isEmpty() && work > 0) {
            for (Way w : waysInto(open.remove())) {
                work--;
                Block from = w.from();
                if (from != definedIn && !copies.blocks.contains(from) && !places.containsKey(from)) {
                    places.put(from, new Place(from));
                    open.add(from);
                }
            }
        }
        return places;
    }

    private static int arguments(Inst i) {
        int sum = 0;
        for (int t = 0, n = i.targetCount(); t < n; t++) {
            sum += 1 + i.target(t).argCount();
        }
        return sum;
    }

    private void repair(Value v, Block original, Copies copies) {
        long before = work;
        // What canCopy looked at it has paid for.
        work = Long.MAX_VALUE;
        Map<Block, Place> places = region(v, original, copies);
        work = before;
        if (places.isEmpty()) {
            return;
        }
        settle(v, places, original, copies);
        for (Place p : places.values()) {
            if (p.isParameter) {
                for (Way w : waysInto(p.block)) {
                    Value[] args = new Value[w.edge().argCount() + 1];
                    for (int i = 0; i < args.length - 1; i++) {
                        args[i] = w.edge().arg(i);
                    }
                    Value arg = leaving(v, w.from(), places, original, copies);
                    args[args.length - 1] = arg == null ? v : arg;
                    w.edge().setArgs(args);
                    noteUse(args[args.length - 1], w.terminator());
                }
            }
        }
        for (Inst user : users.getOrDefault(v, List.of()).toArray(Inst[]::new)) {
            Place p = user.block() == null ? null : places.get(user.block());
            if (p != null && p.value != null && p.value != v) {
                replace(user, v, p.value);
            }
        }
    }

    /** Finds what stands for the value at the start of each place. Where two values meet, that is a new parameter. */
    private void settle(Value v, Map<Block, Place> places, Block original, Copies copies) {
        ArrayDeque<Place> open = new ArrayDeque<>(places.values());
        Set<Place> isOpen = new HashSet<>(open);
        while (!open.isEmpty()) {
            Place p = open.remove();
            isOpen.remove(p);
            if (p.isParameter) {
                continue;
            }
            Value met = null;
            boolean isOne = true;
            for (Way w : waysInto(p.block)) {
                Value out = leaving(v, w.from(), places, original, copies);
                if (out != null) {
                    isOne &= met == null || met == out;
                    met = out;
                }
            }
            if (met == null || isOne && met == p.value) {
                continue;
            }
            if (!isOne || ++p.changes > MAX_CHANGES && waysInto(p.block).size() > 1) {
                p.isParameter = true;
                met = p.block.addParam(v.type());
            }
            p.value = met;
            Inst t = p.block.terminator();
            for (int i = 0, n = t.targetCount(); i < n; i++) {
                Place next = places.get(t.target(i).target());
                if (next != null && isOpen.add(next)) {
                    open.add(next);
                }
            }
        }
    }

    /** What stands for the value at the end of a block; null if that is not known yet, or nothing leads there. */
    private Value leaving(Value v, Block from, Map<Block, Place> places, Block original, Copies copies) {
        if (from == original) {
            return dead.contains(from) ? null : v;
        }
        int copy = copies.blocks.indexOf(from);
        if (copy >= 0) {
            return copies.values.get(copy).get(v);
        }
        Place p = places.get(from);
        return p == null ? null : p.value;
    }

    private void replace(Inst user, Value v, Value by) {
        for (int a = 0; a < user.argCount(); a++) {
            if (user.arg(a) == v) {
                user.setArg(a, by);
            }
        }
        for (int t = 0; t < user.targetCount(); t++) {
            Edge e = user.target(t);
            for (int a = 0; a < e.argCount(); a++) {
                if (e.arg(a) == v) {
                    e.setArg(a, by);
                }
            }
        }
        noteUse(by, user);
    }
}
