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
import kiln.ir.Block;
import kiln.ir.Edge;
import kiln.ir.Inst;
import kiln.ir.Value;

/**
 * Keeps a function in SSA form while blocks are copied: what a block defines, its copies define as well, and where ways
 * from several of them meet, those who use the value need a parameter. One block is copied at a time, as often as one
 * likes: {@link #begin}, the copies, {@link #end}.
 */
final class CopiedValues {
    /** How often the value at a block's start may change before it becomes a parameter. */
    private static final int MAX_CHANGES = 3;

    /** A way into a block. */
    record Way(Block from, Inst terminator, Edge edge) {}

    private final Predicate<Block> isWatched;
    /** By number of block. */
    private final List<List<Way>> ways = new ArrayList<>();
    /** Users of the values that watched blocks define; some may have ceased to be. */
    private final Map<Value, List<Inst>> users = new HashMap<>();
    /** Blocks that no way leads into any more. */
    private final Set<Block> dead = new HashSet<>();
    /** How many ways may be looked at in all. */
    private long work;

    private Block original;
    private final List<Block> copies = new ArrayList<>();
    /** By copy: what stands for the original's values. */
    private final List<Map<Value, Value>> definitions = new ArrayList<>();

    private Map<Value, Value> current = new LinkedHashMap<>();

    /**
     * @param work how many steps the search for users' definitions may take, in all
     * @param isWatched which blocks may be copied
     */
    CopiedValues(kiln.ir.Function f, long work, Predicate<Block> isWatched) {
        this.work = work;
        this.isWatched = isWatched;
        for (Block b : f.blocks()) {
            for (Inst i = b.first(); i != null; i = i.next()) {
                noteUses(i);
            }
            noteWays(b);
        }
    }

    List<Way> waysInto(Block b) {
        while (ways.size() <= b.id()) {
            ways.add(new ArrayList<>(2));
        }
        return ways.get(b.id());
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

    private void noteUse(Value v, Inst user) {
        Block at = v.paramOf() != null ? v.paramOf() : v.inst().block();
        if (at != null && isWatched.test(at)) {
            List<Inst> list = users.computeIfAbsent(v, _ -> new ArrayList<>(2));
            if (list.isEmpty() || list.getLast() != user) {
                list.add(user);
            }
        }
    }

    /** Whether it is known, within the bound for all work, who uses what a block defines. */
    boolean canCopy(Block b) {
        for (Value p : b.params()) {
            work -= region(p, b).size();
        }
        for (Inst i = b.first(); i != b.terminator(); i = i.next()) {
            for (int r = 0; r < i.resultCount(); r++) {
                work -= region(i.result(r), b).size();
            }
        }
        return work > 0;
    }

    void begin(Block block) {
        original = block;
        current = new LinkedHashMap<>();
    }

    /** Says what stands for a value of the original in the copy that is being made. */
    void copied(Value value, Value copy) {
        current.put(value, copy);
    }

    /** What stands for a value in the copy that is being made. */
    Value inCopy(Value value) {
        return current.getOrDefault(value, value);
    }

    /** Takes in a copy that has all of its instructions. */
    void finish(Block copy) {
        copies.add(copy);
        definitions.add(current);
        current = new LinkedHashMap<>();
        for (Inst i = copy.first(); i != null; i = i.next()) {
            noteUses(i);
        }
        noteWays(copy);
    }

    /** Has each way into the original lead to the copy that {@code copyFor} chooses, unless that is null. */
    void redirect(Function<Way, Block> copyFor) {
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

    /** Gives all users of the original's values what reaches them now. */
    void end() {
        if (waysInto(original).isEmpty()) {
            dead.add(original);
        }
        for (Value v : definitions.getFirst().keySet()) {
            repair(v);
        }
        copies.clear();
        definitions.clear();
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
    private Map<Block, Place> region(Value v, Block definedIn) {
        Map<Block, Place> places = new LinkedHashMap<>();
        ArrayDeque<Block> open = new ArrayDeque<>();
        for (Inst user : users.getOrDefault(v, List.of())) {
            work -= 1 + arguments(user);
            Block b = user.block();
            if (b != null && b != definedIn && !copies.contains(b) && !places.containsKey(b)) {
                places.put(b, new Place(b));
                open.add(b);
            }
        }
        while (!open.isEmpty() && work > 0) {
            for (Way w : waysInto(open.remove())) {
                work--;
                Block from = w.from();
                if (from != definedIn && !copies.contains(from) && !places.containsKey(from)) {
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

    private void repair(Value v) {
        long before = work;
        // What canCopy looked at it has paid for.
        work = Long.MAX_VALUE;
        Map<Block, Place> places = region(v, original);
        work = before;
        if (places.isEmpty()) {
            return;
        }
        settle(v, places);
        for (Place p : places.values()) {
            if (p.isParameter) {
                for (Way w : waysInto(p.block)) {
                    Value[] args = new Value[w.edge().argCount() + 1];
                    for (int i = 0; i < args.length - 1; i++) {
                        args[i] = w.edge().arg(i);
                    }
                    Value arg = leaving(v, w.from(), places);
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
    private void settle(Value v, Map<Block, Place> places) {
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
                Value out = leaving(v, w.from(), places);
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
    private Value leaving(Value v, Block from, Map<Block, Place> places) {
        if (from == original) {
            return dead.contains(from) ? null : v;
        }
        int copy = copies.indexOf(from);
        if (copy >= 0) {
            return definitions.get(copy).get(v);
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
