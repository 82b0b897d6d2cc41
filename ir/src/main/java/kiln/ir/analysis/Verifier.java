package kiln.ir.analysis;

import java.util.List;
import java.util.stream.Collectors;
import kiln.ir.*;

/**
 * Checks that a function is well formed: blocks end in their only terminator, instructions are as the rows of {@link
 * Opcode} say, definitions dominate their uses, edges pass what blocks expect.
 */
public final class Verifier {
    /** A function that is not well formed. */
    public static final class VerifyException extends RuntimeException {
        private static final long serialVersionUID = 1;

        VerifyException(String message) {
            super(message);
        }
    }

    private final Function f;
    private final String when;
    private final boolean[] inLayout;
    private final Inst[] definedBy;
    private final boolean[] isParam;
    private boolean hasReferences;
    private int[] place;
    private Cfg cfg;

    private Verifier(Function f, String when) {
        this.f = f;
        this.when = when;
        this.inLayout = new boolean[f.blockIdBound()];
        this.definedBy = new Inst[f.valueIdBound()];
        this.isParam = new boolean[f.valueIdBound()];
    }

    /**
     * Checks a function.
     *
     * @throws VerifyException with the first mistake found
     */
    public static void verify(Function f) {
        verify(f, "");
    }

    /** As {@link #verify(Function)}; {@code when} is said in the message, the name of the last pass for example. */
    public static void verify(Function f, String when) {
        new Verifier(f, when).run();
    }

    private void run() {
        if (f.blocks().isEmpty()) {
            throw error(null, null, "no entry");
        }
        for (Block b : f.blocks()) {
            if (inLayout[b.id()]) {
                throw error(b, null, "stands twice in the layout");
            }
            inLayout[b.id()] = true;
        }
        place = new int[f.valueIdBound()];
        for (Block b : f.blocks()) {
            definitions(b);
        }
        signature();
        for (Block b : f.blocks()) {
            for (Inst i = b.first(); i != null; i = i.next()) {
                shape(i);
                types(i);
                for (int t = 0; t < i.targetCount(); t++) {
                    edge(i, i.target(t));
                }
            }
        }
        cfg = new Cfg(f);
        Cfg kept = f.graph(Cfg.class);
        if (kept != null && !kept.equalsGraph(cfg)) {
            throw error(null, null, "the graph has changed, but not everybody knows");
        }
        pads();
        for (Block b : f.blocks()) {
            dominance(b);
        }
    }

    /** Exceptional edges lead to landing pads, which nothing else enters: one edge each, without arguments. */
    private void pads() {
        int[] entered = new int[f.blockIdBound()];
        for (Block b : f.blocks()) {
            Inst t = b.terminator();
            boolean invoke = t.opcode().isInvoke();
            for (int i = 0; i < t.targetCount(); i++) {
                Block to = t.target(i).target();
                boolean pad = to.first().opcode() == Opcode.CAUGHT;
                if (pad != (invoke && i == 1)) {
                    throw error(b, t, to + (pad ? " is a landing pad" : " is no landing pad"));
                }
                if (pad && (entered[to.id()]++ > 0 || !to.params().isEmpty())) {
                    throw error(b, t, "landing pad " + to + " is entered twice, or has parameters");
                }
            }
            for (Inst i = b.first(); i != null; i = i.next()) {
                require(i, i.opcode() != Opcode.CAUGHT || i == b.first(), "is not the first in its block");
            }
        }
        require(f.entry().first(), f.entry().first().opcode() != Opcode.CAUGHT, "in the entry");
    }

    /** Notes what the block defines, and checks how its instructions hang together. */
    private void definitions(Block b) {
        for (int i = 0; i < b.params().size(); i++) {
            Value v = b.params().get(i);
            if (v.paramOf() != b || v.index() != i) {
                throw error(b, null, "parameter " + v + " does not know its place");
            }
            define(b, v, null);
            isParam[v.id()] = true;
        }
        if (b.first() == null) {
            throw error(b, null, "is empty");
        }
        int n = 0;
        Inst prev = null;
        for (Inst i = b.first(); i != null; i = i.next()) {
            if (i.block() != b || i.prev() != prev) {
                throw error(b, i, "is not linked properly");
            }
            if (i.opcode().isTerminator() != (i.next() == null)) {
                throw error(b, i, i.next() == null ? "last instruction is no terminator" : "terminator in the middle");
            }
            n++;
            for (int r = 0; r < i.resultCount(); r++) {
                if (i.result(r).inst() != i || i.result(r).index() != r) {
                    throw error(b, i, "result " + i.result(r) + " does not know its instruction");
                }
                define(b, i.result(r), i);
                place[i.result(r).id()] = n;
            }
            prev = i;
        }
        if (b.last() != prev) {
            throw error(b, prev, "is not the last one known to the block");
        }
    }

    private void define(Block b, Value v, Inst inst) {
        if (definedBy[v.id()] != null || isParam[v.id()]) {
            throw error(b, inst, v + " is defined twice");
        }
        if (v.isReplaced()) {
            throw error(b, inst, v + " is defined here, but replaced by " + v.resolve());
        }
        definedBy[v.id()] = inst;
    }

    private void signature() {
        List<Value> params = f.entry().params();
        List<Type> types = f.signature().params();
        if (params.size() != types.size()) {
            throw error(f.entry(), null, params.size() + " parameters, the signature has " + types.size());
        }
        for (int i = 0; i < types.size(); i++) {
            if (params.get(i).type() != types.get(i)) {
                throw error(f.entry(), null, "parameter " + params.get(i) + " is not " + types.get(i));
            }
        }
    }

    private void edge(Inst inst, Edge e) {
        Block target = e.target();
        if (target.function() != f || !inLayout[target.id()]) {
            throw error(inst.block(), inst, target + " is not in the layout");
        }
        if (target == f.entry()) {
            throw error(inst.block(), inst, "jumps to the entry");
        }
        if (e.argCount() != target.params().size()) {
            throw error(
                    inst.block(),
                    inst,
                    target + " has " + target.params().size() + " parameters, the edge " + e.argCount() + " arguments");
        }
        for (int i = 0; i < e.argCount(); i++) {
            known(inst, e.arg(i));
            if (e.arg(i).type() != target.params().get(i).type()) {
                throw error(
                        inst.block(),
                        inst,
                        "argument " + e.arg(i) + " is " + e.arg(i).type() + ", parameter "
                                + target.params().get(i) + " is "
                                + target.params().get(i).type());
            }
        }
    }

    private void known(Inst user, Value v) {
        if (v.id() >= definedBy.length || definedBy[v.id()] == null && !isParam[v.id()]) {
            throw error(user.block(), user, v + " is not defined");
        }
        if (v.inst() != definedBy[v.id()]) {
            throw error(user.block(), user, v + " belongs to another function");
        }
    }

    /** Number, side data and edges: all but types. */
    private void shape(Inst i) {
        Opcode op = i.opcode();
        Class<? extends SideData> data = op.data().type();
        if (data == null ? i.data() != null : !data.isInstance(i.data())) {
            throw error(i.block(), i, "side data should be " + (data == null ? "none" : data.getSimpleName()));
        }
        if (op.types().isTyped() != (i.type() != null)) {
            throw error(i.block(), i, op.types().isTyped() ? "has no type" : "has a type");
        }
        for (int a = 0; a < i.argCount(); a++) {
            known(i, i.arg(a));
        }
        int targets = switch (op.targets()) {
            case NONE -> 0;
            case ONE -> 1;
            case TWO -> 2;
            case MANY -> Math.max(1, i.targetCount());
        };
        if (i.targetCount() != targets) {
            throw error(i.block(), i, targets + " targets expected, not " + i.targetCount());
        }
    }

    private void types(Inst i) {
        TypeRule rule = i.opcode().types();
        require(i, !rule.isTyped() || rule.types().contains(i.type()), "not for type " + i.type());
        operands(i, rule);
        results(i, rule);
        data(i);
    }

    private void operands(Inst i, TypeRule rule) {
        List<TypeRule.Operand> fixed = rule.operands();
        List<Type> rest = switch (rule.rest()) {
            case NONE -> List.of();
            case CALLEE_PARAMS -> i.call().signature().params();
            case OWN_RESULTS -> f.signature().results();
        };
        int n = fixed.size() + rest.size();
        require(i, i.argCount() == n, n + " operands expected, not " + i.argCount());
        for (int a = 0; a < n; a++) {
            Type type = i.arg(a).type();
            boolean fits = a < fixed.size() ? fixed.get(a).accepts(i.type(), type) : rest.get(a - fixed.size()) == type;
            if (!fits) {
                List<Type> expected =
                        a < fixed.size() ? fixed.get(a).choices(i.type()) : List.of(rest.get(a - fixed.size()));
                String names = expected.stream().map(Type::toString).collect(Collectors.joining(" or "));
                throw error(i.block(), i, "operand " + i.arg(a) + " is " + type + ", not " + names);
            }
        }
    }

    private void results(Inst i, TypeRule rule) {
        List<Type> types = rule.results(i.type(), i.data() instanceof CallTarget callee ? callee : null);
        require(i, i.resultCount() == types.size(), types.size() + " results expected, not " + i.resultCount());
        for (int r = 0; r < types.size(); r++) {
            require(i, i.result(r).type() == types.get(r), "result " + i.result(r) + " is not " + types.get(r));
        }
    }

    /** What the number and the side data may be. */
    private void data(Inst i) {
        long imm = i.imm();
        switch (i.opcode().data()) {
            case NONE, BYTES, VECTOR, INDICES, FLOAT_COND, TRAP -> require(i, imm == 0, "has a number");
            case INTEGER -> {
                require(i, i.type() != Type.I32 || imm == (int) imm, "constant is not sign-extended");
                require(i, i.type() != Type.REF || imm == 0, "reference that is not null");
            }
            case FLOAT_BITS ->
                require(i, i.type() != Type.F32 || imm >>> 32 == 0, "upper half of the constant is not zero");
            case AREA -> area(i);
            case INT_COND -> require(i, i.arg(0).type().isInt() || !isOrder(i.intCond()), "references have no order");
            case LANES -> lanes(i);
            case LANE -> {
                lanes(i);
                require(i, imm >= 0 && imm < i.lanes().lanes().count(), "lane out of range");
            }
            case ACCESS, ATOMIC -> access(i);
            case CALLEE -> call(i);
        }
    }

    private void area(Inst i) {
        require(i, i.imm() > 0 && i.imm() <= Integer.MAX_VALUE, "size out of range");
        if (i.holdsReferences()) {
            require(i, i.imm() % Type.REF.bytes() == 0, "size of no number of references");
            require(i, i.block() == f.entry() && !hasReferences, "second place for references, or not at entry");
            hasReferences = true;
        }
    }

    private void lanes(Inst i) {
        LaneOp op = i.lanes();
        require(i, op.op().opcode() == i.opcode(), "operation of another form");
        Type lane = op.lanes().type();
        switch (i.opcode()) {
            case VSPLAT -> require(i, i.arg(0).type() == lane, "operand is not " + lane);
            case VINSERT -> require(i, i.arg(1).type() == lane, "second operand is not " + lane);
            case VEXTRACT -> require(i, i.type() == lane, "type is not " + lane);
            default -> {}
        }
    }

    private static boolean isOrder(IntCond c) {
        return c != IntCond.EQ && c != IntCond.NE;
    }

    private void access(Inst i) {
        require(i, i.imm() >= 0 && i.imm() <= 0xffffffffL, "displacement out of range");
        MemoryOp m = i.memory();
        int bytes = i.type().bytes();
        boolean fits = m.width() == bytes || m.width() < bytes && (i.type().isInt() || isCompressed(i));
        require(i, fits, "width " + m.width() + " with " + i.type());
        boolean synchronizes = i.opcode().effect() == Opcode.Effect.SYNCHRONIZES;
        require(i, i.opcode().effect() == Opcode.Effect.READS || !m.readOnly(), "store to read-only memory");
        require(i, !synchronizes || !m.signed(), "atomic accesses zero-extend");
    }

    /** References in objects have four bytes if they cannot be exceptions. */
    private static boolean isCompressed(Inst i) {
        return i.opcode().addressOperands() == 2
                && i.type() == Type.REF
                && i.memory().width() == 4;
    }

    private void call(Inst i) {
        CallTarget target = i.call();
        boolean direct = i.opcode().types().operands().isEmpty();
        require(i, direct == (target.key() != null), direct ? "callee has no key" : "callee has a key");
        List<Type> results = target.signature().results();
        require(
                i,
                !i.opcode().isTerminator()
                        || i.opcode().isInvoke()
                        || results.equals(f.signature().results()),
                "results differ from this function's");
        require(i, i.opcode() != Opcode.CALL_NATIVE || results.size() <= 1, "more than one result");
    }

    private void require(Inst i, boolean condition, String message) {
        if (!condition) {
            throw error(i.block(), i, message);
        }
    }

    private void dominance(Block b) {
        if (!cfg.isReachable(b.id())) {
            return;
        }
        int n = 0;
        for (Inst i = b.first(); i != null; i = i.next()) {
            n++;
            for (int a = 0; a < i.argCount(); a++) {
                available(b, i, n, i.arg(a));
            }
            for (int t = 0; t < i.targetCount(); t++) {
                Edge e = i.target(t);
                for (int a = 0; a < e.argCount(); a++) {
                    boolean result = t == 0 && e.arg(a).inst() == i;
                    if (!result) {
                        available(b, i, n, e.arg(a));
                    }
                }
            }
        }
    }

    private void available(Block b, Inst user, int at, Value v) {
        Block def = v.inst() != null ? v.inst().block() : v.paramOf();
        boolean ok = def == b ? place[v.id()] < at : cfg.isReachable(def.id()) && cfg.dominates(def.id(), b.id());
        if (ok && v.inst() != null && v.inst().opcode().isInvoke()) {
            ok = isBehindNormalEdge(v.inst(), b);
        }
        if (!ok) {
            throw error(b, user, v + " is not available, it is defined in " + def);
        }
    }

    /** Whether control comes to {@code b} over the normal edge of {@code invoke} only. */
    private boolean isBehindNormalEdge(Inst invoke, Block b) {
        int normal = invoke.target(0).target().id();
        int from = invoke.block().id();
        if (from == b.id() || !cfg.dominates(normal, b.id())) {
            return false;
        }
        for (int p : cfg.predecessors(normal)) {
            if (p != from && !cfg.dominates(normal, p)) {
                return false;
            }
        }
        return true;
    }

    private VerifyException error(Block b, Inst i, String message) {
        StringBuilder s = new StringBuilder(f.key().toString());
        if (!when.isEmpty()) {
            s.append(" after ").append(when);
        }
        if (b != null) {
            s.append(", ").append(b);
        }
        if (i != null) {
            s.append(", '").append(Printer.print(i)).append('\'');
        }
        return new VerifyException(s.append(": ").append(message).toString());
    }
}
