package kiln.ir.analysis;

import java.util.List;
import kiln.artifact.TrapCode;
import kiln.ir.*;

/**
 * Checks that a function is well formed: blocks end in their only terminator, operands have the right number, type and
 * attachment and are defined on every way to their use, edges pass what blocks expect.
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
    private int[] place;
    private DominatorTree dom;

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
        Cfg cfg = new Cfg(f);
        Cfg kept = f.graphFact(Cfg.class);
        if (kept != null && !kept.equalsGraph(cfg)) {
            throw error(null, null, "the graph has changed, but not everybody knows");
        }
        dom = new DominatorTree(cfg);
        for (Block b : f.blocks()) {
            dominance(b);
        }
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

    private void shape(Inst i) {
        OpcodeShape shape = OpcodeShape.of(i.opcode());
        if (shape.args() >= 0 && i.argCount() != shape.args()) {
            throw error(i.block(), i, shape.args() + " operands expected, not " + i.argCount());
        }
        Class<?> aux = switch (shape.aux()) {
            case NONE -> null;
            case INT_COND -> IntCond.class;
            case FLOAT_COND -> FloatCond.class;
            case MEMORY -> MemoryOp.class;
            case CALL -> CallTarget.class;
            case TRAP -> TrapCode.class;
            case VECTOR -> V128.class;
        };
        if (aux == null ? i.aux() != null : !aux.isInstance(i.aux())) {
            throw error(i.block(), i, "attachment should be " + (aux == null ? "none" : aux.getSimpleName()));
        }
        if (shape.typed() != (i.type() != null)) {
            throw error(i.block(), i, shape.typed() ? "has no type" : "has a type");
        }
        for (int a = 0; a < i.argCount(); a++) {
            known(i, i.arg(a));
        }
        int targets = switch (i.opcode()) {
            case JUMP -> 1;
            case BRANCH -> 2;
            case SWITCH -> Math.max(1, i.targetCount());
            default -> 0;
        };
        if (i.targetCount() != targets) {
            throw error(i.block(), i, targets + " targets expected, not " + i.targetCount());
        }
    }

    private void types(Inst i) {
        Type type = i.type();
        switch (i.opcode()) {
            case ICONST -> {
                require(i, type.isInt() || type == Type.REF && i.imm() == 0, "integer or null expected");
                require(i, type != Type.I32 || i.imm() == (int) i.imm(), "constant is not sign-extended");
                result(i, type);
            }
            case FCONST -> {
                require(i, type.isFloat(), "float type expected");
                require(i, type != Type.F32 || i.imm() >>> 32 == 0, "upper half of the constant is not zero");
                result(i, type);
            }
            case VCONST -> sameType(i, type == Type.V128);
            case VMCTX, FRAME_POINTER -> sameType(i, type == Type.I64);
            case STACK_ADDR -> {
                require(i, i.imm() > 0 && i.imm() <= Integer.MAX_VALUE, "size out of range");
                sameType(i, type == Type.I64);
            }
            case ADD,
                    SUB,
                    MUL,
                    UMULH,
                    SMULH,
                    UDIV,
                    SDIV,
                    UREM,
                    SREM,
                    AND,
                    OR,
                    XOR,
                    SHL,
                    LSHR,
                    ASHR,
                    ROTL,
                    ROTR,
                    CLZ,
                    CTZ,
                    POPCNT,
                    SEXT8,
                    SEXT16 -> sameType(i, type.isInt());
            case SEXT32 -> sameType(i, type == Type.I64);
            case FADD, FSUB, FMUL, FDIV, FMIN, FMAX, FCOPYSIGN, FSQRT, FABS, FNEG, FCEIL, FFLOOR, FTRUNC, FNEAREST ->
                sameType(i, type.isFloat());
            case ICMP -> {
                require(i, type.isInt() || type == Type.REF && !isOrder(i.intCond()), "cannot compare " + type);
                operands(i, type, type);
                result(i, Type.I32);
            }
            case FCMP -> {
                require(i, type.isFloat(), "float type expected");
                operands(i, type, type);
                result(i, Type.I32);
            }
            case SELECT -> {
                operands(i, Type.I32, type, type);
                result(i, type);
            }
            case WRAP -> conversion(i, type == Type.I32, Type.I64);
            case SEXT, ZEXT -> conversion(i, type == Type.I64, Type.I32);
            case FPROMOTE -> conversion(i, type == Type.F64, Type.F32);
            case FDEMOTE -> conversion(i, type == Type.F32, Type.F64);
            case FROM_SINT, FROM_UINT -> {
                require(i, type.isFloat() && i.arg(0).type().isInt(), "integer to float expected");
                result(i, type);
            }
            case TO_SINT, TO_UINT, TO_SINT_SAT, TO_UINT_SAT -> {
                require(i, type.isInt() && i.arg(0).type().isFloat(), "float to integer expected");
                result(i, type);
            }
            case BITCAST -> {
                Type from = i.arg(0).type();
                boolean otherKind = type.isInt() && from.isFloat() || type.isFloat() && from.isInt();
                require(i, type.bytes() == from.bytes() && otherKind, "cannot take " + from + " as " + type);
                result(i, type);
            }
            case LOAD -> {
                access(i);
                operands(i, Type.I64);
                result(i, type);
            }
            case STORE -> {
                access(i);
                operands(i, Type.I64, type);
                require(i, !i.memory().readOnly(), "store to read-only memory");
                results(i, List.of());
            }
            case CALL -> call(i, i.call().signature().results());
            case CALL_INDIRECT -> call(i, i.call().signature().results(), Type.I64, Type.I64);
            case CALL_NATIVE -> call(i, i.call().signature().results(), Type.I64);
            case RETURN_CALL, RETURN_CALL_INDIRECT -> {
                List<Type> results = i.call().signature().results();
                require(i, results.equals(f.signature().results()), "results differ from this function's");
                if (i.opcode() == Opcode.RETURN_CALL) {
                    call(i, List.of());
                } else {
                    call(i, List.of(), Type.I64, Type.I64);
                }
            }
            case TRAP_IF -> {
                require(i, type == Type.I32, "condition is i32");
                operands(i, type);
            }
            case TRAP_IF_ZERO -> {
                require(i, type.isInt() || type == Type.REF, "integer expected");
                operands(i, type);
            }
            case BRANCH, SWITCH -> operands(i, Type.I32);
            case RETURN -> operands(i, f.signature().results().toArray(Type[]::new));
            case INTERRUPT_CHECK, JUMP, TRAP, UNWIND -> results(i, List.of());
        }
    }

    private static boolean isOrder(IntCond c) {
        return c != IntCond.EQ && c != IntCond.NE;
    }

    private void access(Inst i) {
        require(i, i.imm() >= 0 && i.imm() <= 0xffffffffL, "displacement out of range");
        MemoryOp m = i.memory();
        int bytes = i.type().bytes();
        boolean fits = m.width() == bytes || m.width() < bytes && i.type().isInt();
        require(i, fits, "width " + m.width() + " with " + i.type());
    }

    private void call(Inst i, List<Type> results, Type... first) {
        CallTarget target = i.call();
        boolean direct = i.opcode() == Opcode.CALL || i.opcode() == Opcode.RETURN_CALL;
        require(i, direct == (target.key() != null), direct ? "callee has no key" : "callee has a key");
        List<Type> params = target.signature().params();
        Type[] all = new Type[first.length + params.size()];
        System.arraycopy(first, 0, all, 0, first.length);
        for (int p = 0; p < params.size(); p++) {
            all[first.length + p] = params.get(p);
        }
        operands(i, all);
        results(i, results);
        require(i, i.opcode() != Opcode.CALL_NATIVE || results.size() <= 1, "more than one result");
    }

    private void sameType(Inst i, boolean allowed) {
        require(i, allowed, "not for type " + i.type());
        for (int a = 0; a < i.argCount(); a++) {
            operand(i, a, i.type());
        }
        result(i, i.type());
    }

    private void conversion(Inst i, boolean allowed, Type from) {
        require(i, allowed, "not for type " + i.type());
        operands(i, from);
        result(i, i.type());
    }

    private void operands(Inst i, Type... types) {
        require(i, i.argCount() == types.length, types.length + " operands expected, not " + i.argCount());
        for (int a = 0; a < types.length; a++) {
            operand(i, a, types[a]);
        }
    }

    private void operand(Inst i, int a, Type type) {
        require(
                i,
                i.arg(a).type() == type,
                "operand " + i.arg(a) + " is " + i.arg(a).type() + ", not " + type);
    }

    private void result(Inst i, Type type) {
        results(i, List.of(type));
    }

    private void results(Inst i, List<Type> types) {
        require(i, i.resultCount() == types.size(), types.size() + " results expected, not " + i.resultCount());
        for (int r = 0; r < types.size(); r++) {
            require(i, i.result(r).type() == types.get(r), "result " + i.result(r) + " is not " + types.get(r));
        }
    }

    private void require(Inst i, boolean condition, String message) {
        if (!condition) {
            throw error(i.block(), i, message);
        }
    }

    private void dominance(Block b) {
        if (!dom.cfg().isReachable(b)) {
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
                    available(b, i, n, e.arg(a));
                }
            }
        }
    }

    private void available(Block b, Inst user, int at, Value v) {
        Block def = v.inst() != null ? v.inst().block() : v.paramOf();
        boolean ok = def == b ? place[v.id()] < at : dom.cfg().isReachable(def) && dom.dominates(def, b);
        if (!ok) {
            throw error(b, user, v + " is not available, it is defined in " + def);
        }
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
