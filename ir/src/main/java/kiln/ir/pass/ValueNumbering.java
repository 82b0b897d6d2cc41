package kiln.ir.pass;

import java.util.Arrays;
import java.util.Set;
import kiln.ir.*;
import kiln.ir.analysis.Cfg;
import kiln.ir.analysis.MemoryEffects;

/**
 * Finds out what has been computed, loaded or tested already: merges an instruction with an equal one that dominates
 * it, takes a load's value from an earlier load or store of the same bytes, drops stores of what is there, and decides
 * branches and checks whose condition a dominating branch or check has decided. All in one walk, because each helps the
 * others to see that operands are equal. Runs behind the simplifier, which makes equal things look equal.
 */
public final class ValueNumbering implements Pass {
    @Override
    public String name() {
        return "value-numbering";
    }

    @Override
    public Set<Property> requires() {
        return Set.of(Property.REACHABLE, Property.SIMPLIFIED);
    }

    @Override
    public void run(Function f) {
        new Walk(f).run();
    }

    /** One run over one function. */
    private static final class Walk {
        /** How many stores that do not overlap a load looks through. */
        private static final int MAX_STORES_BACK = 24;

        /** Where the second half of an object's header lies. */
        private static final int HEADER_HIGH = 4;

        /** How deep a known condition is taken apart. */
        private static final int MAX_CONSEQUENCES = 8;

        private final Function f;
        private final Cfg cfg;
        private final MemoryEffects effects;
        private final MemoryVersions versions;
        private final ValueTable table;
        private final KnownConditions known;
        private final Builder builder;

        /** The number of each value: values with the same number are equal wherever both exist. */
        private int[] number;

        /** The block at work. */
        private int k;

        private boolean cut;

        Walk(Function f) {
            this.f = f;
            this.cfg = Cfg.of(f);
            this.effects = new MemoryEffects(cfg);
            this.versions = new MemoryVersions(cfg, effects);
            this.table = new ValueTable(f.valueIdBound());
            this.known = new KnownConditions(cfg, f.valueIdBound());
            this.builder = new Builder(f);
            this.number = new int[f.valueIdBound()];
            for (int i = 0; i < number.length; i++) {
                number[i] = i;
            }
        }

        void run() {
            for (int i = 0; i < cfg.reachable(); i++) {
                k = cfg.inReversePostorder(i);
                Block b = cfg.block(k);
                versions.enter(k);
                learnFromBranch();
                for (Inst inst = b.first(); inst != null; ) {
                    Inst next = inst.next();
                    visit(b, inst);
                    inst = next;
                }
                versions.leave(k);
            }
            if (cut) {
                RemoveUnreachable.removeFrom(f);
            }
        }

        private int number(Value v) {
            int id = v.id();
            if (id >= number.length) {
                int old = number.length;
                number = Arrays.copyOf(number, id + id / 2 + 16);
                for (int i = old; i < number.length; i++) {
                    number[i] = i;
                }
            }
            return number[id];
        }

        private void visit(Block b, Inst i) {
            useKnown(b, i);
            switch (i.opcode().effect()) {
                case PURE -> {
                    // Each of these owns its bytes.
                    if (i.opcode() != Opcode.STACK_ADDR && !selectKnown(b, i)) {
                        merge(b, i);
                    }
                }
                case TRAPS -> {
                    switch (i.opcode()) {
                        case TRAP_IF -> check(b, i, false);
                        case TRAP_IF_ZERO -> check(b, i, true);
                        case INTERRUPT_CHECK -> {}
                        default -> merge(b, i);
                    }
                }
                case READS -> load(b, i);
                case WRITES -> store(b, i);
                case SYNCHRONIZES -> versions.synchronize();
                case ALLOCATES -> {}
                case CALLS -> versions.call();
                case TERMINATES -> {
                    if (i.opcode().isInvoke()) {
                        versions.call();
                    }
                    terminator(b, i);
                }
            }
        }

        // Values that a branch or a check has made constants.

        private void useKnown(Block b, Inst i) {
            for (int a = 0, n = i.argCount(); a < n; a++) {
                Value v = i.arg(a);
                int fact = v.is(Opcode.ICONST) ? -1 : known.of(number(v), k);
                long c = fact < 0 ? -1 : constantIf(v, fact);
                if (c >= 0) {
                    i.setArg(a, constant(b, i, v.type(), c));
                }
            }
            if (i.opcode().isTerminator()) {
                for (int t = 0, n = i.targetCount(); t < n; t++) {
                    useKnown(b, i, i.target(t), i.opcode() == Opcode.BRANCH ? 1 - t : -1);
                }
            }
        }

        /**
         * The arguments of an outgoing edge; {@code taken} says what the branch's condition is there, -1 if it has
         * none.
         */
        private void useKnown(Block b, Inst i, Edge edge, int taken) {
            for (int a = 0, n = edge.argCount(); a < n; a++) {
                Value v = edge.arg(a);
                if (!v.is(Opcode.ICONST)) {
                    int fact = known.of(number(v), k);
                    long c = constantIf(v, fact < 0 && taken >= 0 ? implied(i.arg(0), taken, v) : fact);
                    if (c >= 0) {
                        edge.setArg(a, constant(b, i, v.type(), c));
                    }
                }
            }
        }

        /**
         * What is known of {@code v}, as {@link #decided}, if {@code condition} is {@code taken}: 1 not zero, 0 zero.
         */
        private int implied(Value condition, int taken, Value v) {
            if (number(condition) == number(v)) {
                return taken;
            }
            Inst d = condition.inst();
            boolean ofZero =
                    d != null && d.opcode() == Opcode.ICMP && isZero(d.arg(1)) && number(d.arg(0)) == number(v);
            return !ofZero ? -1 : d.intCond() == IntCond.EQ ? 1 - taken : d.intCond() == IntCond.NE ? taken : -1;
        }

        /** The constant that {@code v} is if it is known to be zero (0) or not (1), or -1 if that does not say it. */
        private static long constantIf(Value v, int fact) {
            if (fact < 0 || !v.type().isInt()) {
                return -1;
            }
            return fact == 0 ? 0 : KnownBits.OF_DEFINITIONS.isBool(v) ? 1 : -1;
        }

        /** A constant in front of {@code i}, or the one that is there already. */
        private Value constant(Block b, Inst i, Type type, long c) {
            builder.setBefore(i);
            builder.setPosition(i.position());
            Value v = builder.iconst(type, c);
            number(v); // makes room for it
            merge(b, v.inst());
            return v.resolve();
        }

        // Computations.

        private void merge(Block b, Inst i) {
            key(i);
            int e = table.find();
            if (e < 0) {
                table.add(i.result(), k);
                return;
            }
            Value leader = table.value(e);
            if (cfg.dominates(table.block(e), k)) {
                if (table.block(e) != k && isComparison(i)) {
                    number[i.result().id()] = number(leader);
                } else {
                    replace(b, i, leader);
                }
            } else {
                number[i.result().id()] = number(leader);
                table.set(e, i.result(), k);
            }
        }

        /** A comparison next to its branch costs less than a register for its result on the way there. */
        private static boolean isComparison(Inst i) {
            return i.opcode() == Opcode.ICMP || i.opcode() == Opcode.FCMP;
        }

        private void replace(Block b, Inst i, Value by) {
            i.result().replaceWith(by);
            b.remove(i);
        }

        private void key(Inst i) {
            int n = i.argCount();
            int x = n > 0 ? number(i.arg(0)) : -1;
            int y = n > 1 ? number(i.arg(1)) : -1;
            int z = n > 2 ? number(i.arg(2)) : -1;
            Opcode op = i.opcode();
            if (op == Opcode.ICMP) {
                keyOfIcmp(i.type(), i.intCond(), x, y);
                return;
            }
            int packed = op.ordinal() | i.type().ordinal() << 8;
            if (op == Opcode.FCMP) {
                FloatCond cond = i.floatCond();
                boolean swap = x > y;
                packed |= (swap ? cond.swap() : cond).ordinal() << 12;
                table.key(packed, swap ? y : x, swap ? x : y, z, 0, null);
                return;
            }
            boolean swap = i.isCommutative() && x > y;
            table.key(packed, swap ? y : x, swap ? x : y, z, i.imm(), i.data());
        }

        private void keyOfIcmp(Type type, IntCond cond, int x, int y) {
            boolean swap = x > y;
            int packed = Opcode.ICMP.ordinal() | type.ordinal() << 8 | (swap ? cond.swap() : cond).ordinal() << 12;
            table.key(packed, swap ? y : x, swap ? x : y, -1, 0, null);
        }

        // Conditions.

        /** On entry to a block with one incoming edge, the condition of the branch there is decided. */
        private void learnFromBranch() {
            if (cfg.predecessors(k).length != 1) {
                return;
            }
            Inst t = cfg.block(cfg.predecessors(k)[0]).terminator();
            if (t.opcode() == Opcode.BRANCH) {
                learn(t.arg(0), t.target(0) == cfg.edgeInto(k, 0));
            }
        }

        private void learn(Value v, boolean nonZero) {
            learn(v, nonZero, MAX_CONSEQUENCES);
        }

        /** Notes a fact and what follows from it for the operands of {@code v}, {@code depth} definitions back. */
        private void learn(Value v, boolean nonZero, int depth) {
            if (depth == 0 || !known.add(number(v), nonZero, k) || v.inst() == null) {
                return;
            }
            Inst d = v.inst();
            switch (d.opcode()) {
                case ICMP -> {
                    if (isZero(d.arg(1)) && d.intCond() == IntCond.NE) {
                        learn(d.arg(0), nonZero, depth - 1);
                    } else if (isZero(d.arg(1)) && d.intCond() == IntCond.EQ) {
                        learn(d.arg(0), !nonZero, depth - 1);
                    }
                }
                case AND -> {
                    if (nonZero) {
                        learn(d.arg(0), true, depth - 1);
                        learn(d.arg(1), true, depth - 1);
                    }
                }
                case OR -> {
                    if (!nonZero) {
                        learn(d.arg(0), false, depth - 1);
                        learn(d.arg(1), false, depth - 1);
                    }
                }
                case ZEXT, SEXT -> learn(d.arg(0), nonZero, depth - 1);
                default -> {}
            }
        }

        private static boolean isZero(Value v) {
            return v.is(Opcode.ICONST) && v.inst().imm() == 0;
        }

        /** 1 if the value is known not to be zero here, 0 if it is known to be zero, else -1. */
        private int decided(Value v) {
            if (v.is(Opcode.ICONST)) {
                return v.inst().imm() != 0 ? 1 : 0;
            }
            int fact = known.of(number(v), k);
            if (fact >= 0 || !v.is(Opcode.ICMP)) {
                return fact;
            }
            Inst d = v.inst();
            if (isZero(d.arg(1)) && (d.intCond() == IntCond.NE || d.intCond() == IntCond.EQ)) {
                int inner = known.of(number(d.arg(0)), k);
                if (inner >= 0) {
                    return d.intCond() == IntCond.NE ? inner : 1 - inner;
                }
            }
            keyOfIcmp(d.type(), d.intCond().negate(), number(d.arg(0)), number(d.arg(1)));
            int e = table.find();
            if (e >= 0) {
                int opposite = known.of(number(table.value(e)), k);
                return opposite < 0 ? -1 : 1 - opposite;
            }
            return -1;
        }

        /** Replaces selects and comparisons that are decided. */
        private boolean selectKnown(Block b, Inst i) {
            if (i.opcode() == Opcode.SELECT) {
                int c = decided(i.arg(0));
                if (c >= 0) {
                    replace(b, i, i.arg(c == 1 ? 1 : 2));
                    return true;
                }
            } else if (i.opcode() == Opcode.ICMP) {
                // A fact about this very comparison is known by the number that it is about to get.
                key(i);
                int e = table.find();
                if (e >= 0) {
                    number[i.result().id()] = number(table.value(e));
                }
                int c = decided(i.result());
                if (c >= 0) {
                    builder.setBefore(i);
                    builder.setPosition(i.position());
                    replace(b, i, builder.i32(c));
                    return true;
                }
            }
            return false;
        }

        private void check(Block b, Inst i, boolean ifZero) {
            Value v = i.arg(0);
            int s = decided(v);
            if (s < 0) {
                learn(v, ifZero);
            } else if (s == 1 == ifZero) {
                b.remove(i);
            }
        }

        private void terminator(Block b, Inst i) {
            if (i.opcode() != Opcode.BRANCH) {
                return;
            }
            int c = decided(i.arg(0));
            if (c >= 0) {
                b.remove(i);
                builder.setBlock(b);
                builder.setPosition(i.position());
                builder.jump(i.target(c == 1 ? 0 : 1));
                cut = true;
            }
        }

        // Memory.

        private void accessKey(Opcode op, Inst i, int version) {
            accessKey(op, i, version, i.memory().readOnly());
        }

        private void accessKey(Opcode op, Inst i, int version, boolean readOnly) {
            MemoryOp m = i.memory();
            int width = m.width();
            boolean signed =
                    op != Opcode.STORE && m.signed() && width < i.type().bytes();
            int packed = op.ordinal()
                    | i.type().ordinal() << 8
                    | width << 12
                    | (signed ? 1 << 17 : 0)
                    | effects.region(m) << 18;
            int object = i.opcode().addressOperands() > 1 ? number(i.arg(1)) : -1;
            table.key(packed, number(i.arg(0)), object, version, i.imm(), readOnly ? Boolean.TRUE : null);
        }

        /**
         * The entry with the present key at this or an older version that no store in between can have changed, or -1.
         */
        private int findAccess(Inst access, int version) {
            int v = version;
            for (int steps = 0; steps < MAX_STORES_BACK; steps++) {
                table.keyVersion(v);
                int e = table.find();
                if (e >= 0) {
                    return cfg.dominates(table.block(e), k) ? e : -1;
                }
                Inst store = v < 0 ? null : versions.storeOf(v);
                if (store == null || !disjoint(store, access)) {
                    return -1;
                }
                v = versions.before(v);
            }
            return -1;
        }

        private boolean disjoint(Inst a, Inst b) {
            return a.opcode().addressOperands() == b.opcode().addressOperands()
                    && (isOtherNewObject(a, b)
                            || number(a.arg(0)) == number(b.arg(0))
                                    && (a.opcode().addressOperands() == 1 || number(a.arg(1)) == number(b.arg(1)))
                                    && (a.imm() + a.memory().width() <= b.imm()
                                            || b.imm() + b.memory().width() <= a.imm()));
        }

        /** Whether two accesses are to objects of which each was made here. */
        private static boolean isOtherNewObject(Inst a, Inst b) {
            return a.opcode().addressOperands() > 1
                    && a.arg(1) != b.arg(1)
                    && a.arg(1).is(Opcode.ALLOCATE)
                    && b.arg(1).is(Opcode.ALLOCATE);
        }

        /** The type or the length of an object that was made here, as its header says, or null. */
        private Value ofHeader(Inst i) {
            boolean isHeader = i.opcode() == Opcode.HEAP_LOAD
                    && i.memory().readOnly()
                    && i.type() == Type.I32
                    && i.imm() <= HEADER_HIGH
                    && i.arg(1).is(Opcode.ALLOCATE)
                    && i.arg(0) == i.arg(1).inst().arg(0);
            if (!isHeader) {
                return null;
            }
            Value header = i.arg(1).inst().arg(2);
            Value low = header.is(Opcode.OR) ? header.inst().arg(0) : header;
            if (i.imm() == 0) {
                return low.is(Opcode.ZEXT) ? low.inst().arg(0) : null;
            }
            Value high = header.is(Opcode.OR) ? header.inst().arg(1) : null;
            if (high == null || !low.is(Opcode.ZEXT)) {
                // The first field of a struct.
                return null;
            }
            if (high.is(Opcode.ICONST)) {
                builder.setBefore(i);
                builder.setPosition(i.position());
                return builder.i32((int) (high.inst().imm() >>> 32));
            }
            return high.is(Opcode.SHL) && high.inst().arg(0).is(Opcode.ZEXT)
                    ? high.inst().arg(0).inst().arg(0)
                    : null;
        }

        private void load(Block b, Inst i) {
            MemoryOp m = i.memory();
            Value known = ofHeader(i);
            if (known != null) {
                replace(b, i, known);
                return;
            }
            int version = m.readOnly() ? -1 : versions.current(effects.region(m));
            accessKey(Opcode.LOAD, i, version);
            int e = findAccess(i, version);
            if (e >= 0) {
                replace(b, i, table.value(e));
                return;
            }
            if (!m.readOnly() && NarrowAccess.is(i)) {
                accessKey(Opcode.STORE, i, version);
                int stored = findAccess(i, version);
                if (stored >= 0) {
                    replace(b, i, reloaded(i, table.value(stored)));
                    return;
                }
            }
            accessKey(Opcode.LOAD, i, version);
            remember(i.result());
        }

        /** Adds or updates the entry with the present key. */
        private void remember(Value v) {
            int e = table.find();
            if (e < 0) {
                table.add(v, k);
            } else {
                table.set(e, v, k);
            }
        }

        /** What a narrow load gives after {@code v} was stored in the same width. */
        private Value reloaded(Inst load, Value v) {
            builder.setBefore(load);
            builder.setPosition(load.position());
            return NarrowAccess.reloaded(builder, load, v);
        }

        private void store(Block b, Inst i) {
            MemoryOp m = i.memory();
            int region = effects.region(m);
            int version = versions.current(region);
            // A narrow store is remembered as such, because a load of the same width gives a part of the value only.
            Opcode kind = NarrowAccess.is(i) ? Opcode.STORE : Opcode.LOAD;
            accessKey(kind, i, version);
            int e = findAccess(i, version);
            if (e >= 0 && number(table.value(e).resolve()) == number(i.stored())) {
                b.remove(i);
                return;
            }
            versions.store(region, i);
            accessKey(kind, i, versions.current(region));
            remember(i.stored());
            if (kind == Opcode.LOAD
                    && i.opcode() == Opcode.HEAP_STORE
                    && i.arg(1).is(Opcode.ALLOCATE)) {
                // If the field never changes, loads do not ask for a version.
                accessKey(kind, i, -1, true);
                remember(i.stored());
            }
        }
    }
}
