package kiln.ir.pass;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import kiln.ir.Block;
import kiln.ir.Builder;
import kiln.ir.Edge;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.IntCond;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.Value;
import kiln.ir.analysis.Cfg;

/**
 * Replaces objects that nobody else sees by the values of their fields: those of which the function only reads and
 * writes fields, and asks whether they are null and of what type.
 *
 * <p>Objects that meet in block parameters are one group, which is replaced as a whole: a parameter becomes one for
 * each field. That is right if each object is complete in the block that makes it. An object that goes through no
 * parameter may change wherever it likes; blocks where different values of a field meet get parameters for them.
 *
 * <p>An object in a field of another one is found when that one is gone, so there are several rounds.
 */
public final class ScalarObjects implements Pass {
    private static final int ROUNDS = 4;

    @Override
    public String name() {
        return "scalar-objects";
    }

    @Override
    public void run(Function f) {
        for (int i = 0; f.allocates() && i < ROUNDS; i++) {
            if (!new Round(f).run()) {
                return;
            }
        }
    }

    @Override
    public Set<Property> keeps() {
        return Set.of(Property.REACHABLE);
    }

    private static final class Round {
        /** How many blocks may be looked at, and parameters made, for each instruction of the function. */
        private static final long WORK = 8;

        private static final int HIGH_HALF = 32;

        private final Function f;
        private final Cfg cfg;
        private final Builder builder;
        /** By value: another one of its group, or itself. */
        private final int[] leader;

        private final boolean[] escapes;
        private final Map<Integer, ObjectGroup> groups = new HashMap<>();
        private long work;
        private boolean changed;

        Round(Function f) {
            this.f = f;
            this.cfg = Cfg.of(f);
            this.builder = new Builder(f);
            leader = new int[f.valueIdBound()];
            escapes = new boolean[leader.length];
            for (int i = 0; i < leader.length; i++) {
                leader[i] = i;
            }
        }

        boolean run() {
            boolean any = false;
            for (int i = 0; i < cfg.reachable(); i++) {
                for (Inst inst = block(i).first(); inst != null; inst = inst.next()) {
                    any |= isCandidate(inst.result());
                    work += WORK;
                    lookAt(inst);
                }
            }
            if (!any) {
                return false;
            }
            collect();
            for (ObjectGroup g : groups.values()) {
                g.layOut();
                boolean moves = g.mutated ? replaceMutated(g) : g.isReplaceable() && replace(g);
                changed |= moves;
            }
            return changed;
        }

        private Block block(int inReversePostorder) {
            return cfg.block(cfg.inReversePostorder(inReversePostorder));
        }

        // Who escapes.

        private boolean isCandidate(Value v) {
            if (v == null || v.type() != Type.REF) {
                return false;
            }
            if (v.inst() != null) {
                return v.is(Opcode.ALLOCATE) && v.inst().arg(1).is(Opcode.ICONST);
            }
            return v.paramOf() != f.entry() && !isPad(v.paramOf());
        }

        private static boolean isPad(Block b) {
            return b.first().opcode() == Opcode.CAUGHT;
        }

        private int find(int v) {
            while (leader[v] != v) {
                leader[v] = leader[leader[v]];
                v = leader[v];
            }
            return v;
        }

        private void escape(Value v) {
            if (v.is(Opcode.REF_BITS)) {
                escape(v.inst().arg(0));
            } else if (isCandidate(v)) {
                escapes[find(v.id())] = true;
            }
        }

        private void join(Value a, Value b) {
            int x = find(a.id());
            int y = find(b.id());
            leader[y] = x;
            escapes[x] |= escapes[y];
        }

        private void lookAt(Inst i) {
            boolean harmless = switch (i.opcode()) {
                case HEAP_LOAD, TRAP_IF_ZERO, REF_BITS -> true;
                case ICMP -> i.arg(1).is(Opcode.ICONST);
                case AND -> isTagTest(i);
                default -> false;
            };
            for (int a = 0; !harmless && a < i.argCount(); a++) {
                if (i.opcode() != Opcode.HEAP_STORE || a != 1) {
                    escape(i.arg(a));
                }
            }
            if (i.opcode() == Opcode.ICMP && i.arg(0).is(Opcode.REF_BITS)
                    || i.opcode() == Opcode.HEAP_LOAD && i.arg(0).is(Opcode.REF_BITS)
                    || i.opcode() == Opcode.TRAP_IF_ZERO && i.arg(0).is(Opcode.REF_BITS)) {
                escape(i.arg(0));
            }
            for (int t = 0; t < i.targetCount(); t++) {
                Edge e = i.target(t);
                for (int a = 0; a < e.argCount(); a++) {
                    Value p = e.target().params().get(a);
                    if (isCandidate(p) && isCandidate(e.arg(a))) {
                        join(p, e.arg(a));
                    } else {
                        escape(p);
                        escape(e.arg(a));
                    }
                }
            }
        }

        /** Whether only bits are asked for that are 0 in references to objects. */
        private static boolean isTagTest(Inst i) {
            return i.opcode() == Opcode.AND
                    && i.arg(1).is(Opcode.ICONST)
                    && i.arg(1).inst().imm() >= 0
                    && i.arg(1).inst().imm() <= 7;
        }

        // Groups.

        private ObjectGroup group(Value v) {
            boolean isIn = isCandidate(v) && v.id() < leader.length && !escapes[find(v.id())];
            return isIn ? groups.computeIfAbsent(find(v.id()), _ -> new ObjectGroup()) : null;
        }

        private void collect() {
            for (int k = 0; k < cfg.reachable(); k++) {
                Block b = block(k);
                for (Value p : b.params()) {
                    ObjectGroup g = group(p);
                    if (g != null) {
                        g.params.add(p);
                    }
                }
                for (Inst i = b.first(); i != null; i = i.next()) {
                    Value object = object(i);
                    ObjectGroup g = object == null ? null : group(object);
                    if (g != null) {
                        g.uses.add(i);
                    }
                }
            }
        }

        /** What an instruction makes, asks for or changes, if it could be one of a group. */
        private static Value object(Inst i) {
            return switch (i.opcode()) {
                case ALLOCATE -> i.result();
                case HEAP_LOAD, HEAP_STORE -> i.arg(1);
                case ICMP, TRAP_IF_ZERO, REF_BITS -> i.arg(0);
                case AND -> i.arg(0).is(Opcode.REF_BITS) ? i.arg(0).inst().arg(0) : null;
                default -> null;
            };
        }

        // Objects that are complete where they are made.

        private boolean replace(ObjectGroup g) {
            work -= (long) g.params.size() * g.values();
            if (work < 0) {
                return false;
            }
            Map<Value, Value[]> states = new HashMap<>();
            // The edges that bring objects, and the place of the first of the new parameters.
            Map<Value, Integer> first = new HashMap<>();
            for (Value p : g.params) {
                first.put(p, p.paramOf().params().size());
                states.put(p, g.newParams(p.paramOf()));
            }
            for (Inst use : g.uses) {
                if (use.opcode() == Opcode.ALLOCATE) {
                    states.put(use.result(), g.newState(use));
                }
                apply(g, use, states.get(object(use)));
            }
            for (Value p : g.params) {
                int k = p.paramOf().id();
                for (int i = 0; i < cfg.predecessors(k).length; i++) {
                    Edge e = cfg.edgeInto(k, i);
                    Value[] state = states.get(e.arg(p.index()));
                    append(cfg.block(cfg.predecessors(k)[i]), e, first.get(p), state, g.types());
                }
            }
            removeParams(g);
            return true;
        }

        /** Makes {@code state} arguments of an edge out of {@code from}, from number {@code first} on. */
        private void append(Block from, Edge e, int first, Value[] state, List<Type> types) {
            Value[] args = new Value[Math.max(e.argCount(), first + state.length)];
            for (int i = 0; i < e.argCount(); i++) {
                args[i] = e.arg(i);
            }
            for (int i = 0; i < state.length; i++) {
                args[first + i] = orZero(state[i], types.get(i), from.terminator());
            }
            e.setArgs(args);
        }

        private void removeParams(ObjectGroup g) {
            Map<Block, boolean[]> kept = new HashMap<>();
            for (Value p : g.params) {
                Block b = p.paramOf();
                boolean[] keep = kept.computeIfAbsent(b, _ -> {
                    boolean[] all = new boolean[b.params().size()];
                    Arrays.fill(all, true);
                    return all;
                });
                keep[p.index()] = false;
            }
            kept.forEach((b, keep) -> {
                b.keepParams(keep);
                for (int i = 0; i < cfg.predecessors(b.id()).length; i++) {
                    cfg.edgeInto(b.id(), i).keepArgs(keep);
                }
            });
        }

        /** A value at {@code at}: zero, if nothing has been stored; nobody asks for it then. */
        private Value orZero(Value v, Type type, Inst at) {
            if (v != null) {
                return v;
            }
            builder.setBefore(at);
            builder.setPosition(at.position());
            return builder.zero(type);
        }

        /** Replaces an instruction that has to do with an object whose fields have the values {@code state}. */
        private void apply(ObjectGroup g, Inst i, Value[] state) {
            builder.setBefore(i);
            builder.setPosition(i.position());
            switch (i.opcode()) {
                case HEAP_STORE -> state[g.slot(i)] = i.stored();
                case HEAP_LOAD -> i.result().replaceWith(loaded(g, i, state));
                case ICMP -> i.result().replaceWith(builder.i32(i.intCond() == IntCond.NE ? 1 : 0));
                case AND -> i.result().replaceWith(builder.iconst(i.type(), 0));
                default -> {}
            }
            i.block().remove(i);
        }

        private Value loaded(ObjectGroup g, Inst load, Value[] state) {
            if (g.isOfHeader(load)) {
                Value header = state[g.header()];
                boolean high = load.imm() > 0;
                Value half = high ? builder.binary(Opcode.LSHR, header, builder.i64(HIGH_HALF)) : header;
                return builder.convert(Opcode.WRAP, Type.I32, half);
            }
            Value v = orZero(state[g.slot(load)], load.type(), load);
            return NarrowAccess.is(load) ? NarrowAccess.reloaded(builder, load, v) : v;
        }

        // One object that changes.

        private boolean replaceMutated(ObjectGroup g) {
            Inst allocation = g.uses.getFirst();
            int home = allocation.block().id();
            Map<Integer, List<Inst>> uses = new HashMap<>();
            boolean[] changes = new boolean[g.values()];
            ArrayList<Integer> stores = new ArrayList<>();
            for (Inst i : g.uses) {
                int k = i.block().id();
                uses.computeIfAbsent(k, _ -> new ArrayList<>()).add(i);
                if (i.opcode() == Opcode.HEAP_STORE && k != home) {
                    changes[g.slot(i)] = true;
                    stores.add(k);
                }
            }
            int start = cfg.reachable() - 1 - cfg.number(home);
            work -= cfg.reachable() - start;
            Set<Integer> reached = reachedFrom(stores, home);
            if (work < 0) {
                return false;
            }
            boolean atPad = false;
            for (int i = start; i < cfg.reachable(); i++) {
                int k = cfg.inReversePostorder(i);
                if (isMeeting(k, reached)) {
                    work -= (long) g.values() * cfg.predecessors(k).length;
                    // What an exception brings is not passed on by edges.
                    atPad |= isPad(cfg.block(k));
                }
            }
            if (work < 0 || atPad) {
                return false;
            }
            Map<Integer, Value[]> atEnd = new HashMap<>();
            Map<Integer, Meeting> meetings = new HashMap<>();
            for (int i = start; i < cfg.reachable(); i++) {
                int k = cfg.inReversePostorder(i);
                if (!cfg.dominates(home, k)) {
                    continue;
                }
                Value[] state;
                if (k == home) {
                    state = g.newState(allocation);
                } else if (isMeeting(k, reached)) {
                    Meeting m = new Meeting(cfg.block(k).params().size(), new ArrayList<>());
                    meetings.put(k, m);
                    state = meet(g, m, k, atEnd, changes);
                } else {
                    int from = cfg.predecessors(k).length == 1 ? cfg.predecessors(k)[0] : home;
                    state = atEnd.get(from).clone();
                }
                atEnd.put(k, state);
                for (Inst use : uses.getOrDefault(k, List.of())) {
                    apply(g, use, state);
                }
            }
            meetings.forEach((k, m) -> pass(g, m, k, atEnd));
            return true;
        }

        /** The values that get parameters of a block, behind the {@code first} ones that it has. */
        private record Meeting(int first, List<Integer> slots) {}

        /** The state at the start of a block to which several edges lead, with parameters for what may differ. */
        private Value[] meet(ObjectGroup g, Meeting m, int k, Map<Integer, Value[]> atEnd, boolean[] changes) {
            Value[] state = atEnd.get(cfg.idom(k)).clone();
            int[] predecessors = cfg.predecessors(k);
            for (int n = 0; n < state.length; n++) {
                Value[] first = atEnd.get(predecessors[0]);
                boolean same = !changes[n] || first != null;
                for (int p = 1; changes[n] && same && p < predecessors.length; p++) {
                    Value[] other = atEnd.get(predecessors[p]);
                    same = other != null && other[n] == first[n];
                }
                if (same) {
                    state[n] = changes[n] ? first[n] : state[n];
                } else {
                    m.slots.add(n);
                    state[n] = cfg.block(k).addParam(g.types().get(n));
                }
            }
            return state;
        }

        /** Passes values on to the block that got parameters for them. */
        private void pass(ObjectGroup g, Meeting m, int k, Map<Integer, Value[]> atEnd) {
            List<Type> types = m.slots.stream().map(n -> g.types().get(n)).toList();
            for (int p = 0; p < cfg.predecessors(k).length; p++) {
                int from = cfg.predecessors(k)[p];
                Value[] end = atEnd.get(from);
                Value[] state = m.slots.stream().map(n -> end[n]).toArray(Value[]::new);
                append(cfg.block(from), cfg.edgeInto(k, p), m.first, state, types);
            }
        }

        private boolean isMeeting(int k, Set<Integer> reached) {
            return reached.contains(k) && cfg.predecessors(k).length > 1;
        }

        /** The blocks behind {@code stores} in which the object of block {@code home} exists, as far as work goes. */
        private Set<Integer> reachedFrom(ArrayList<Integer> stores, int home) {
            Set<Integer> reached = new HashSet<>();
            while (!stores.isEmpty() && work >= 0) {
                for (int s : cfg.successors(stores.removeLast())) {
                    if (s != home && cfg.dominates(home, s) && reached.add(s)) {
                        work--;
                        stores.add(s);
                    }
                }
            }
            return reached;
        }
    }
}
