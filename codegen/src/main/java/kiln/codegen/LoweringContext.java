package kiln.codegen;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import kiln.artifact.api.TrapCode;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.MemoryOp;
import kiln.ir.Opcode;
import kiln.ir.Region;
import kiln.ir.Type;
import kiln.ir.V128;
import kiln.ir.Value;
import kiln.ir.analysis.FlowGraph;
import kiln.ir.analysis.Ranges;

/**
 * What lowering rules read and write while one function is lowered: the registers of values, what may be folded, and
 * the instructions of the rule at work. {@link Lowering} walks the code; a back end extends this class by what its own
 * rules ask for, and says how each instruction is lowered.
 *
 * <p>A rule writes its instructions in forward order with {@link #emit}; constants that it asks for are put in front of
 * all of them, so they may change the flags.
 */
public abstract class LoweringContext {
    /** Up to this many cases, branches that can be predicted one by one are better than a table. */
    public static final int MAX_COMPARE_CHAIN = 3;

    /** How far up a load is looked for interfering instructions before folding it is given up. */
    private static final int SCAN_LIMIT = 40;

    /** What may be added to a table at least, so that no index lies outside. */
    private static final int MAX_ADDED_CASES = 16;

    public final Function function;

    /** Made when first asked for. */
    private Ranges ranges;

    public final CodegenOptions options;
    final CommonInsts insts;
    final CallingConvention convention;
    /** Set by the walk. */
    CallLowering calls;

    final MachFunction mach;
    final BlockPlan plan;
    final UseInfo uses;
    final int[] nodeOfBlock;
    final MachBlock[] machBlocks;
    final Reg[] regs;
    final boolean[] absorbed;
    private final Map<Inst, Integer> stackAreas = new HashMap<>();
    int stackBytes;
    boolean savesContext;
    boolean makesCalls;

    /** Blocks in which the function calls itself, by their nodes, as far as they are looked at. */
    private final List<Integer> selfCalls = new ArrayList<>();

    private static final int MAX_SELF_CALLS = 8;

    /** By header, whether a loop calls anything. */
    final boolean[] hasCall;
    /** By header, whether there is a loop in a loop. */
    private final boolean[] hasInner;
    /** How many loops a constant leaves at most: no program nests more, but somebody might make one that does. */
    private static final int MAX_LOOPS_LEFT = 64;

    // State of the rule at work.
    private Inst root;
    /** Of the terminator at work. */
    MachBlock[] targets;

    int rootNode;
    private final ArrayList<MachInst> ruleInsts = new ArrayList<>();
    private final ArrayList<MachInst> ruleConstants = new ArrayList<>();
    /** By value, the register of a constant that was made for the current instruction, or null. */
    private final Reg[] ruleConstantRegs;

    private final ArrayList<Value> ruleConstantValues = new ArrayList<>();
    private List<MachInst> sink = ruleInsts;
    /** Whether the arguments of an edge are being asked for. */
    boolean connecting;
    /** By node, whether something is made at its end that loops find in registers. */
    private final boolean[] hoists;
    /** Constants that loops want to find in a register, by the node at whose end they are made. */
    private final Map<Integer, Map<Value, Reg>> hoisted = new HashMap<>();

    private final Map<NumberAt, Value> hoistedNumbers = new HashMap<>();
    /** As {@link #hoisted}, vectors. */
    private final Map<Integer, Map<V128, Reg>> hoistedVectors = new HashMap<>();
    /** What rules make of values that do not change in loops, by the node at whose end it is made. */
    private final Map<Integer, Map<Derived, Reg>> hoistedResults = new HashMap<>();

    private final Map<V128, Reg> ruleVectors = new HashMap<>();
    private Inst shuffle;
    private ShuffleMatcher shuffleMatcher;

    protected LoweringContext(
            Function function, CodegenOptions options, CommonInsts insts, CallingConvention convention) {
        this.function = function;
        this.options = options;
        this.insts = insts;
        this.convention = convention;
        this.plan = new BlockPlan(function);
        this.uses = new UseInfo(function, plan);
        this.mach = new MachFunction(function.key());
        this.regs = new Reg[function.valueIdBound()];
        this.ruleConstantRegs = new Reg[function.valueIdBound()];
        this.absorbed = new boolean[function.valueIdBound()];
        this.machBlocks = new MachBlock[plan.nodes()];
        this.nodeOfBlock = new int[function.blockIdBound()];
        this.hasCall = new boolean[plan.nodes()];
        this.hasInner = new boolean[plan.nodes()];
        this.hoists = new boolean[plan.nodes()];
    }

    final void addSelfCall(int node) {
        if (selfCalls.size() < MAX_SELF_CALLS) {
            selfCalls.add(node);
        }
    }

    /**
     * Whether {@code inst} stands in the header of a loop in each turn of which the function calls itself: it begins
     * with a comparison of the stack pointer with the limit, as each function does that makes calls.
     */
    public final boolean callsItselfInEachTurn(Inst inst) {
        FlowGraph flow = plan.flow();
        int header = nodeOfBlock[inst.block().id()];
        for (int call : selfCalls) {
            if (flow.isLoopHeader(header) && flow.isInLoop(call, header) && isInEachTurn(call, header)) {
                return true;
            }
        }
        return false;
    }

    private boolean isInEachTurn(int node, int header) {
        FlowGraph flow = plan.flow();
        for (int p : flow.predecessors(header)) {
            if (flow.isInLoop(p, header) && !flow.dominates(node, p)) {
                return false;
            }
        }
        return true;
    }

    /** Completes what is known about loops when {@link #hasCall} is of each loop's own blocks. */
    final void summarizeLoops() {
        FlowGraph flow = plan.flow();
        // Headers of inner loops come before those of outer ones.
        for (int h : flow.hasCycle() ? flow.postorder() : new int[0]) {
            int outer = flow.isLoopHeader(h) ? flow.outerLoop(h) : -1;
            if (outer >= 0) {
                hasInner[outer] = true;
                hasCall[outer] |= hasCall[h];
            }
        }
    }

    // What a back end supplies.

    /**
     * Lowers one instruction. Results are defined through {@link #def}; operands are read through {@link #reg} or
     * folded. A terminator leaves for {@link #target}: an edge that needs moves has a block of its own, so targets may
     * differ from those of {@code inst}; several targets may be the same block. The last instruction emitted for a
     * terminator is the one that leaves the block.
     */
    protected abstract void lower(Inst inst);

    /**
     * The operand whose register also serves as the result's, because the operation changes no bit that anybody reads;
     * null if there is none. Slots of integer registers are always stored in eight bytes, so that this holds for
     * spilled ones too.
     */
    protected Value sameRegister(Inst inst) {
        return inst.opcode() == Opcode.WRAP || inst.opcode() == Opcode.REF_BITS ? inst.arg(0) : null;
    }

    /**
     * Whether an operand-less pure instruction (constant, address in the frame) is so cheap that it is best repeated in
     * front of every use. Others are computed once in front of loops around their use.
     */
    protected boolean isCheap(Inst inst) {
        return true;
    }

    /**
     * Whether a cheap constant that an instruction cannot encode is worth a register throughout a loop without calls:
     * on machines with many registers and small immediates. It is made again wherever registers are short.
     */
    protected boolean keepsConstantsInLoops() {
        return false;
    }

    /** Makes a vector constant. */
    protected abstract MachInst vectorConstant(Reg target, V128 value);

    /** As {@link #isCheap(Inst)}. */
    protected abstract boolean isCheap(V128 value);

    /** Code at the start of the function. {@link #makesCalls()} and the frame say what is needed. */
    protected abstract void emitPrologue(EmitContext context);

    /** Told that a branch of the prologue does not reach its label. */
    protected void lengthenPrologue() {
        throw new IllegalStateException("there is no longer prologue");
    }

    /** Instructions without effect, of {@code bytes} bytes in total, that the processor passes quickly. */
    protected abstract void emitPadding(CodeBuffer buffer, int bytes);

    /** Bytes of stack that one activation takes, return address included. */
    protected int frameBytes(FrameLayout frame) {
        return frame.bytes() + 16;
    }

    // What a back end may ask and do within a rule.

    /** The register that holds {@code v} in front of the current instruction. */
    public final Reg reg(Value v) {
        Inst d = v.inst();
        if (d != null) {
            if (d == root) {
                return def(v);
            }
            Reg fixed = calls.pinned(d);
            if (fixed != null) {
                return fixed;
            }
            if (isConstant(d)) {
                return constant(v, d);
            }
            if (d.argCount() > 0 && d.opcode().isPure()) {
                Value same = sameRegister(d);
                if (same != null) {
                    return reg(same);
                }
            }
        }
        return def(v);
    }

    /**
     * The register of an operand of which an i32 counts only the low half: that of what a WRAP truncates, unless the
     * truncated value is in a register anyway.
     */
    public final Reg value(Value v) {
        Inst d = v.is(Opcode.WRAP) && !isDemanded(v) ? v.inst() : null;
        return reg(d == null || d == root ? v : d.arg(0));
    }

    /** The register of {@code v} as a virtual one, for operands that are bound to a register. */
    public final Reg movable(Value v) {
        Reg r = reg(v);
        if (r.isVirtual()) {
            return r;
        }
        Reg copy = newReg(v.type());
        emit(insts.move(v.type(), copy, r));
        return copy;
    }

    /**
     * The register that the current instruction writes its result {@code v} to; nobody reads it if the result is
     * unused.
     */
    public final Reg def(Value v) {
        Reg r = regs[v.id()];
        if (r == null) {
            r = mach.newVirtual(v.type());
            regs[v.id()] = r;
        }
        return r;
    }

    /** Whether any instruction lowered so far reads {@code v} from a register. */
    public final boolean isDemanded(Value v) {
        return regs[v.id()] != null;
    }

    /**
     * A register with a constant that the current rule wants of its own, a table's indices for example; it is made in
     * front of loops as other constants are. The register must not be written.
     */
    public final Reg vector(V128 value) {
        Reg r = ruleVectors.get(value);
        if (r != null) {
            return r;
        }
        int loop = loopToHoistFrom(isCheap(value));
        if (loop >= 0) {
            return hoistedVector(placeBefore(loop), value);
        }
        r = newReg(Type.V128);
        ruleVectors.put(value, r);
        emitAsConstant(vectorConstant(r, value));
        return r;
    }

    /** Emits instructions that compute a register from another one; a record, which says what by its components. */
    public interface Maker {
        Type type();

        void emit(LoweringContext c, Reg target, Reg source);
    }

    /**
     * A register with what {@code maker} makes of {@code v}: in front of the loops in which {@code v} does not change,
     * else among the instructions of the current rule. It must not be written.
     */
    public final Reg derived(Value v, Maker maker) {
        int loop = loopWithout(v);
        if (loop < 0) {
            Reg source = value(v);
            Reg r = newReg(maker.type());
            maker.emit(this, r, source);
            return r;
        }
        return hoistedResults
                .computeIfAbsent(placeBefore(loop), _ -> new LinkedHashMap<>())
                .computeIfAbsent(new Derived(v, maker), _ -> newReg(maker.type()));
    }

    /**
     * A register with the address of an object, which {@code maker} makes in front of the loops in which neither the
     * base nor the reference changes and nothing is called: a collection would move the object. Null if there is no
     * such loop around the current instruction.
     */
    public final Reg objectAddress(Value base, Value object, Maker maker) {
        FlowGraph flow = plan.flow();
        int baseAt = nodeOf(base);
        int objectAt = nodeOf(object);
        int from = -1;
        int loop = flow.loopHeader(rootNode);
        for (int level = 0; loop >= 0 && level < MAX_LOOPS_LEFT; level++) {
            if (flow.isInLoop(baseAt, loop)
                    || flow.isInLoop(objectAt, loop)
                    || hasCall[loop]
                    || !runsMoreOftenThanBefore(loop)
                    || !isEnteredFromDominator(loop)) {
                break;
            }
            from = loop;
            loop = flow.outerLoop(loop);
        }
        if (from < 0) {
            return null;
        }
        return hoistedResults
                .computeIfAbsent(placeBefore(from), _ -> new LinkedHashMap<>())
                .computeIfAbsent(new Derived(object, maker), _ -> newObjectAddress());
    }

    /** A register for an address in an object, for the rule at work. */
    public final Reg newObjectAddress() {
        return mach.newObjectAddress();
    }

    private int nodeOf(Value v) {
        return nodeOfBlock[(v.inst() != null ? v.inst().block() : v.paramOf()).id()];
    }

    /** The innermost loop around the current instruction if it calls nothing and runs more than once, or -1. */
    public final int busyLoop() {
        int loop = plan.flow().loopHeader(rootNode);
        return loop >= 0 && !hasInner[loop] && !hasCall[loop] && runsMoreOftenThanBefore(loop) ? loop : -1;
    }

    /** Whether nothing runs between the end of the block in front of a loop and the loop. */
    private boolean isEnteredFromDominator(int header) {
        FlowGraph flow = plan.flow();
        for (int p : flow.predecessors(header)) {
            if (p != flow.idom(header) && !flow.isInLoop(p, header)) {
                return false;
            }
        }
        return true;
    }

    private Reg hoistedVector(int at, V128 value) {
        return hoistedVectors
                .computeIfAbsent(at, _ -> new LinkedHashMap<>())
                .computeIfAbsent(value, _ -> newReg(Type.V128));
    }

    private void emitAsConstant(MachInst inst) {
        List<MachInst> outerSink = sink;
        sink = ruleConstants;
        emit(inst);
        sink = outerSink;
    }

    /** What the VSHUFFLE being lowered does. */
    public final ShuffleMatcher shuffle(Inst inst) {
        if (shuffle != inst) {
            shuffle = inst;
            shuffleMatcher = ShuffleMatcher.of(inst);
        }
        return shuffleMatcher;
    }

    /** A fresh virtual register. */
    public final Reg newReg(Type type) {
        return mach.newVirtual(type);
    }

    /** Appends an instruction to those of the current rule. */
    public final void emit(MachInst inst) {
        if (inst.position() < 0) {
            inst.setPosition(root == null ? -1 : root.position());
        }
        sink.add(inst);
    }

    /** Appends an instruction that stems from {@code origin}: a folded load that may trap. */
    public final void emit(MachInst inst, Inst origin) {
        inst.setPosition(origin.position());
        sink.add(inst);
    }

    /** The instruction being lowered, null while parameters are. */
    public final Inst root() {
        return root;
    }

    /** Where the terminator being lowered goes: a block for each of its targets, several of which may be the same. */
    public final MachBlock target(int i) {
        return targets[i];
    }

    /** The targets of the SWITCH being lowered for the indices from 0 on. */
    public final List<MachBlock> cases() {
        return List.of(targets).subList(0, targets.length - 1);
    }

    /**
     * The targets of the SWITCH being lowered for all indices that there can be, so that nothing need be compared: its
     * cases and, for a few more indices, the other target. Null if there might be many more.
     */
    public final List<MachBlock> allCases(Value index) {
        int cases = targets.length - 1;
        long greatest = greatest(index);
        if (greatest >= cases + Math.max(MAX_ADDED_CASES, cases / 4)) {
            return null;
        }
        List<MachBlock> all = new ArrayList<>();
        for (int i = 0; i <= greatest; i++) {
            all.add(targets[Math.min(i, cases)]);
        }
        return all;
    }

    /** What {@code v}, an unsigned number, is at most at the instruction being lowered, as far as a long can say. */
    public final long greatest(Value v) {
        if (ranges == null) {
            ranges = new Ranges(function);
        }
        long greatest = ranges.at(v, root.block()).umax();
        return greatest < 0 ? Long.MAX_VALUE : greatest;
    }

    /** The target of the SWITCH being lowered for all other indices. */
    public final MachBlock defaultTarget() {
        return targets[targets.length - 1];
    }

    /** Number of uses of {@code v} by live code. */
    public final int useCount(Value v) {
        return uses.count(v);
    }

    /** Whether {@code v} is an integer or float constant. */
    public static boolean isConst(Value v) {
        return v.is(Opcode.ICONST) || v.is(Opcode.FCONST);
    }

    /** Value of a constant: i32 sign-extended, floats as their bits. */
    public static long constValue(Value v) {
        return v.inst().imm();
    }

    /** The bits of a constant, zero-extended. */
    public static long bits(Value v) {
        return v.type().bytes() == 4 ? constValue(v) & 0xffff_ffffL : constValue(v);
    }

    /**
     * The pure instruction that computes {@code v}, or null: for rules whose repetition of it costs nothing
     * (addresses).
     */
    public final Inst producer(Value v) {
        Inst d = v.inst();
        return d != null && d.opcode().isPure() ? d : null;
    }

    /**
     * The instruction that computes {@code v}, if the current rule may compute it instead: it is pure or a load, has no
     * use but (through instructions folded likewise) the one being lowered, runs no less often where it stands, and
     * nothing in between interferes. A rule that folds a load calls {@link #absorb}.
     */
    public final Inst foldable(Value v) {
        return root != null && onlyForRoot(v) ? foldableAlone(v) : null;
    }

    /** As {@link #foldable(Value)} of an operand of {@code user}, which is foldable itself: takes constant time. */
    final Inst foldable(Value v, Inst user) {
        return uses.soleUser(v) == user && user.opcode().isPure() && !isDemanded(user.result())
                ? foldableAlone(v)
                : null;
    }

    private Inst foldableAlone(Value v) {
        Inst d = v.inst();
        if (d == null) {
            return null;
        }
        if (d.opcode().isPure()) {
            return runsAsOftenAsRoot(d) ? d : null;
        }
        // A comparison that was repeated further down has read the load's register: then the load has to stay.
        return isLoad(d) && !isDemanded(v) && canSink(d) ? d : null;
    }

    /** As {@link #foldable}, if the instruction has opcode {@code op}. */
    public final Inst foldable(Value v, Opcode op) {
        return v.is(op) ? foldable(v) : null;
    }

    /** As {@link #foldable}, if the instruction loads from memory or an object. */
    public final Inst foldableLoad(Value v) {
        return v.inst() != null && isLoad(v.inst()) ? foldable(v) : null;
    }

    static boolean isLoad(Inst inst) {
        return inst.opcode() == Opcode.LOAD || inst.opcode() == Opcode.HEAP_LOAD;
    }

    /** Says that the load that {@link #foldable} returned is part of the current rule's instructions. */
    public final void absorb(Inst load) {
        absorbed[load.result().id()] = true;
    }

    /**
     * The ICMP or FCMP that computes {@code v}, if comparing again in front of the current instruction is at least as
     * good as testing the result; else null.
     */
    public final Inst comparison(Value v) {
        if (!v.is(Opcode.ICMP) && !v.is(Opcode.FCMP)) {
            return null;
        }
        Inst d = v.inst();
        return uses.count(v) == 1 || runsAsOftenAsRoot(d) ? d : null;
    }

    /** Offset from the stack pointer of the bytes that a STACK_ADDR owns. */
    public final int stackOffset(Inst stackAddress) {
        Integer at = stackAreas.get(stackAddress);
        if (at == null) {
            at = stackBytes;
            stackAreas.put(stackAddress, at);
            stackBytes = Math.addExact(stackBytes, Math.toIntExact(stackAddress.imm() + 15 & -16));
        }
        return at;
    }

    /** Has the VMContext kept in the frame. */
    public final void saveContext() {
        savesContext = true;
    }

    /**
     * Whether the function calls anything, and so has to look at the stack limit when it starts: calls use up the
     * stack, and tail calls may go round for ever, which only an interruption ends.
     */
    public final boolean makesCalls() {
        return makesCalls;
    }

    // For the walk.

    /** Begins the rules for an instruction; null for code that belongs to none. */
    void begin(Inst inst) {
        root = inst;
    }

    /** Appends the instructions of the rule at work to {@code output}, last to first. */
    void end(List<MachInst> output) {
        for (int i = ruleInsts.size() - 1; i >= 0; i--) {
            output.add(ruleInsts.get(i));
        }
        for (int i = ruleConstants.size() - 1; i >= 0; i--) {
            output.add(ruleConstants.get(i));
        }
        ruleInsts.clear();
        ruleConstants.clear();
        for (int i = 0; i < ruleConstantValues.size(); i++) {
            ruleConstantRegs[ruleConstantValues.get(i).id()] = null;
        }
        ruleConstantValues.clear();
        ruleVectors.clear();
    }

    boolean savesContext() {
        return savesContext;
    }

    int stackBytes() {
        return stackBytes;
    }

    // Constants.

    private static boolean isConstant(Inst d) {
        return switch (d.opcode()) {
            case ICONST, FCONST, VCONST, STACK_ADDR, DATA_ADDR, FRAME_POINTER, VMCTX -> true;
            default -> false;
        };
    }

    private Reg constant(Value v, Inst d) {
        Reg r = ruleConstantRegs[v.id()];
        if (r != null) {
            return r;
        }
        int loop = loopToHoistFrom(isCheap(d));
        if (loop >= 0) {
            int at = placeBefore(loop);
            if (d.opcode() == Opcode.VCONST) {
                return hoistedVector(at, d.vector());
            }
            return hoisted.computeIfAbsent(at, _ -> new HashMap<>())
                    .computeIfAbsent(representative(at, v, d), _ -> newReg(v.type()));
        }
        r = newReg(v.type());
        ruleConstantRegs[v.id()] = r;
        ruleConstantValues.add(v);
        define(v, d, r);
        return r;
    }

    /** The node at whose end is made what a loop, by its header, finds in registers. */
    private int placeBefore(int loop) {
        int at = plan.flow().idom(loop);
        hoists[at] = true;
        return at;
    }

    /** The loop in front of which a constant is to be made for the current instruction, by its header, or -1. */
    private int loopToHoistFrom(boolean cheap) {
        // As argument of a call or edge it is best made where it has to be.
        if (cheap && (!keepsConstantsInLoops() || connecting)) {
            return -1;
        }
        FlowGraph flow = plan.flow();
        int from = -1;
        int loop = flow.loopHeader(rootNode);
        for (int level = 0; loop >= 0 && level < MAX_LOOPS_LEFT; level++) {
            // Calls would leave it in memory, from where it takes as long as to make it in front of a loop without.
            boolean loses = hasCall[loop] && (cheap || from >= 0 && !hasCall[from]);
            if (loses || !runsMoreOftenThanBefore(loop)) {
                break;
            }
            from = loop;
            loop = flow.outerLoop(loop);
        }
        return from;
    }

    /** The outermost loop around the current instruction in which {@code v} does not change, by its header, or -1. */
    private int loopWithout(Value v) {
        FlowGraph flow = plan.flow();
        int defined = nodeOf(v);
        int from = -1;
        int loop = flow.loopHeader(rootNode);
        for (int level = 0; loop >= 0 && level < MAX_LOOPS_LEFT; level++) {
            if (flow.isInLoop(defined, loop) || !runsMoreOftenThanBefore(loop)) {
                break;
            }
            from = loop;
            loop = flow.outerLoop(loop);
        }
        return from;
    }

    /**
     * Whether the current instruction runs more often than the block in front of a loop around it. What is made there
     * would otherwise occupy a register in the loop for nothing.
     */
    private boolean runsMoreOftenThanBefore(int loop) {
        int before = plan.flow().idom(loop);
        return plan.block(rootNode).frequency() > plan.block(before).frequency();
    }

    /** Of equal numbers that are made at the end of one block the first one; there may be one for each use. */
    private Value representative(int at, Value v, Inst d) {
        boolean isNumber = d.opcode() == Opcode.ICONST || d.opcode() == Opcode.FCONST;
        return isNumber ? hoistedNumbers.computeIfAbsent(new NumberAt(at, v.type(), d.imm()), _ -> v) : v;
    }

    /** Lowers the constant {@code d} in front of the current rule's instructions, with {@code r} as its result. */
    private void define(Value v, Inst d, Reg r) {
        Inst outerRoot = root;
        List<MachInst> outerSink = sink;
        Reg outerReg = regs[v.id()];
        root = d;
        sink = ruleConstants;
        regs[v.id()] = r;
        int from = ruleConstants.size();
        lower(d);
        int position = outerRoot == null ? -1 : outerRoot.position();
        for (int i = from; i < ruleConstants.size(); i++) {
            ruleConstants.get(i).setPosition(position);
        }
        regs[v.id()] = outerReg;
        sink = outerSink;
        root = outerRoot;
    }

    /** Makes what loops behind this block want to find in registers; it stands in front of its terminator. */
    void makeHoisted(int node, List<MachInst> output) {
        if (!hoists[node]) {
            return;
        }
        Map<Value, Reg> wanted = hoisted.getOrDefault(node, Map.of());
        Map<V128, Reg> vectors = hoistedVectors.getOrDefault(node, Map.of());
        Map<Derived, Reg> results = hoistedResults.getOrDefault(node, Map.of());
        begin(null);
        results.forEach((d, r) -> d.maker().emit(this, r, value(d.of())));
        vectors.forEach((value, r) -> emitAsConstant(vectorConstant(r, value)));
        wanted.entrySet().stream()
                .sorted((a, b) -> Integer.compare(a.getKey().id(), b.getKey().id()))
                .forEach(e -> define(e.getKey(), e.getKey().inst(), e.getValue()));
        end(output);
    }

    // Folding.

    /** Whether computing {@code d} with the current instruction, and not where it stands, costs no time. */
    private boolean runsAsOftenAsRoot(Inst d) {
        return d.block().frequency() >= plan.block(rootNode).frequency();
    }

    /** Whether computing {@code v} serves the current instruction only. */
    private boolean onlyForRoot(Value v) {
        Inst user = uses.soleUser(v);
        while (user != root) {
            if (user == null || !user.opcode().isPure() || isDemanded(user.result())) {
                return false;
            }
            user = uses.soleUser(user.result());
        }
        return true;
    }

    /** Whether {@code load} may happen at the current instruction instead. */
    private boolean canSink(Inst load) {
        if (load.block() != root.block()) {
            return false;
        }
        int steps = 0;
        for (Inst i = load.next(); i != root; i = i.next()) {
            if (i == null || ++steps > SCAN_LIMIT || interferes(load.memory(), i)) {
                return false;
            }
        }
        return true;
    }

    private static TrapCode trap(Inst read) {
        return read.memory().trap();
    }

    private static boolean interferes(MemoryOp load, Inst inst) {
        return switch (inst.opcode().effect()) {
            case PURE -> false;
            case TRAPS -> load.canTrap();
            // Two accesses out of bounds are the same trap, so loads may pass each other.
            case READS -> load.trap() != null && trap(inst) != null && load.trap() != trap(inst);
            case WRITES ->
                load.canTrap() || !load.readOnly() && inst.memory().region().equals(load.region());
            case SYNCHRONIZES ->
                load.canTrap() || !load.readOnly() && load.region().kind() == Region.Kind.MEMORY;
            case CALLS, ALLOCATES -> load.canTrap() || !load.readOnly();
            case TERMINATES -> true;
        };
    }
}
