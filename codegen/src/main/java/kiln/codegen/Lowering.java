package kiln.codegen;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import kiln.ir.Block;
import kiln.ir.Edge;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.MemoryOp;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.Value;

/**
 * Turns the IR of one function into machine instructions over virtual registers. This class walks the code; a back end
 * adds the rules.
 *
 * <p>Blocks are visited users first, instructions from last to first. An instruction is lowered if it has an effect or if
 * a rule before it asked for the register of one of its results; so a producer that every user folded into itself
 * (an address, an immediate, a comparison, a load as memory operand) vanishes without further ado. A rule writes its
 * instructions in forward order with {@link #emit}; constants that it asks for are put in front of all of them, so they may
 * change the flags.
 */
public abstract class Lowering {
    /** How far up a load is looked for interfering instructions before folding it is given up. */
    private static final int SCAN_LIMIT = 40;

    protected final Function function;
    protected final CodegenOptions options;
    private final MachFunction mach;
    private final BlockPlan plan;
    private final UseInfo uses;
    private final int[] nodeOfBlock;
    private final MachBlock[] machBlocks;
    private final Reg[] regs;
    private final boolean[] absorbed;
    private final Map<Inst, Integer> stackAreas = new HashMap<>();
    private int stackBytes;
    private boolean savesContext;
    private boolean makesCalls;

    /** By header, whether a loop calls anything. */
    private final boolean[] hasCall;

    // State of the rule at work.
    private Inst root;
    private int rootNode;
    private ArrayList<MachInst> output = new ArrayList<>();
    private final ArrayList<MachInst> ruleInsts = new ArrayList<>();
    private final ArrayList<MachInst> ruleConstants = new ArrayList<>();
    private final Map<Value, Reg> ruleConstantRegs = new HashMap<>();
    private List<MachInst> sink = ruleInsts;
    /** Whether the arguments of an edge are being asked for. */
    private boolean connecting;
    /** Constants that loops want to find in a register, by the node at whose end they are made. */
    private final Map<Integer, Map<Value, Reg>> hoisted = new HashMap<>();

    protected Lowering(Function function, CodegenOptions options) {
        this.function = function;
        this.options = options;
        this.plan = new BlockPlan(function);
        this.uses = new UseInfo(function, plan);
        this.mach = new MachFunction(function.key());
        this.regs = new Reg[function.valueIdBound()];
        this.absorbed = new boolean[function.valueIdBound()];
        this.machBlocks = new MachBlock[plan.nodes()];
        this.nodeOfBlock = new int[function.blockIdBound()];
        this.hasCall = new boolean[plan.nodes()];
    }

    // What a back end supplies.

    /**
     * Lowers one instruction that is no terminator. Results are defined through {@link #def}; operands are read through
     * {@link #reg} or folded.
     */
    protected abstract void lower(Inst inst);

    /**
     * Lowers BRANCH, SWITCH, RETURN, TRAP, RETURN_CALL, RETURN_CALL_INDIRECT or UNWIND. A way that needs moves has a block of
     * its own, so targets may differ from those of {@code inst}; several targets may be the same block. The last
     * instruction emitted is the one that leaves the block.
     */
    protected abstract void lowerTerminator(Inst inst, MachBlock[] targets);

    /**
     * Defines the function's parameters at its start: {@link #def} of each of {@code params} for which {@link #isDemanded}
     * holds.
     */
    protected abstract void lowerEntry(List<Value> params);

    /** An unconditional jump, which emits nothing if {@link EmitContext#isNext} holds for its target. */
    protected abstract MachInst jump(MachBlock target);

    /** A copy between two registers; also used to bring a {@link #pinned} register into a virtual one. */
    protected abstract MoveFactory moves();

    /**
     * The physical register that always holds this instruction's result (VMCTX, perhaps FRAME_POINTER), or null. It is
     * passed as operand as it is.
     */
    protected Reg pinned(Inst inst) {
        return null;
    }

    /**
     * The operand whose register also serves as the result's, because the operation changes no bit that anybody reads;
     * null if there is none. Slots of integer registers are always stored in eight bytes, so that this holds for spilled
     * ones too.
     */
    protected Value sameRegister(Inst inst) {
        return inst.opcode() == Opcode.WRAP ? inst.arg(0) : null;
    }

    /**
     * Whether an operand-less pure instruction (constant, address in the frame) is so cheap that it is best repeated in
     * front of every use. Others are computed once before the outermost loop around their use.
     */
    protected boolean isCheap(Inst inst) {
        return true;
    }

    /**
     * Whether a cheap constant that an instruction cannot encode is worth a register throughout a loop without calls: on
     * machines with many registers and small immediates. It is made again wherever registers are short.
     */
    protected boolean keepsConstantsInLoops() {
        return false;
    }

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
    protected final Reg reg(Value v) {
        Inst d = v.inst();
        if (d != null) {
            if (d == root) {
                return def(v);
            }
            Reg fixed = pinned(d);
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

    /** The register that the current instruction writes its result {@code v} to; nobody reads it if the result is unused. */
    protected final Reg def(Value v) {
        Reg r = regs[v.id()];
        if (r == null) {
            r = mach.newVirtual(v.type());
            regs[v.id()] = r;
        }
        return r;
    }

    /** Whether any instruction lowered so far reads {@code v} from a register. */
    protected final boolean isDemanded(Value v) {
        return regs[v.id()] != null;
    }

    /** A fresh virtual register. */
    protected final Reg newReg(Type type) {
        return mach.newVirtual(type);
    }

    /** Appends an instruction to those of the current rule. */
    protected final void emit(MachInst inst) {
        if (inst.position() < 0) {
            inst.setPosition(root == null ? -1 : root.position());
        }
        sink.add(inst);
    }

    /** Appends an instruction that stems from {@code origin}: a folded load that may trap. */
    protected final void emit(MachInst inst, Inst origin) {
        inst.setPosition(origin.position());
        sink.add(inst);
    }

    /** The instruction being lowered, null while parameters are. */
    protected final Inst root() {
        return root;
    }

    /** Number of uses of {@code v} by live code. */
    protected final int useCount(Value v) {
        return uses.count(v);
    }

    /** Whether {@code v} is an integer or float constant. */
    protected static boolean isConst(Value v) {
        return v.is(Opcode.ICONST) || v.is(Opcode.FCONST);
    }

    /** Value of a constant: i32 sign-extended, floats as their bits. */
    protected static long constValue(Value v) {
        return v.inst().imm();
    }

    /** The pure instruction that computes {@code v}, or null: for rules whose repetition of it costs nothing (addresses). */
    protected final Inst producer(Value v) {
        Inst d = v.inst();
        return d != null && d.opcode().isPure() ? d : null;
    }

    /**
     * The instruction that computes {@code v}, if the current rule may compute it instead: it is pure or a load, has no use
     * but (through instructions folded likewise) the one being lowered, does not come from outside the loop, and nothing
     * in between interferes. A rule that folds a load calls {@link #absorb}.
     */
    protected final Inst foldable(Value v) {
        Inst d = v.inst();
        if (d == null || root == null || !onlyForRoot(v)) {
            return null;
        }
        if (d.opcode().isPure()) {
            return depthOf(d) >= plan.flow().loopDepth(rootNode) ? d : null;
        }
        // A comparison that was repeated further down has read the load's register: then the load has to stay.
        return d.opcode() == Opcode.LOAD && !isDemanded(v) && canSink(d) ? d : null;
    }

    /** As {@link #foldable}, if the instruction has opcode {@code op}. */
    protected final Inst foldable(Value v, Opcode op) {
        return v.is(op) ? foldable(v) : null;
    }

    /** Says that the load that {@link #foldable} returned is part of the current rule's instructions. */
    protected final void absorb(Inst load) {
        absorbed[load.result().id()] = true;
    }

    /**
     * The ICMP or FCMP that computes {@code v}, if comparing again in front of the current instruction is at least as good as
     * testing the result; else null.
     */
    protected final Inst comparison(Value v) {
        if (!v.is(Opcode.ICMP) && !v.is(Opcode.FCMP)) {
            return null;
        }
        Inst d = v.inst();
        return uses.count(v) == 1 || depthOf(d) >= plan.flow().loopDepth(rootNode) ? d : null;
    }

    /** Offset from the stack pointer of the bytes that a STACK_ADDR owns. */
    protected final int stackOffset(Inst stackAddress) {
        Integer at = stackAreas.get(stackAddress);
        if (at == null) {
            at = stackBytes;
            stackAreas.put(stackAddress, at);
            stackBytes = Math.addExact(stackBytes, Math.toIntExact(stackAddress.imm() + 15 & -16));
        }
        return at;
    }

    /** Has the VMContext kept in the frame. */
    protected final void saveContext() {
        savesContext = true;
    }

    /**
     * Whether the function calls anything, and so has to look at the stack limit when it starts: calls use up the stack, and tail calls may go
     * round for ever, which only an interruption ends.
     */
    protected final boolean makesCalls() {
        return makesCalls;
    }

    // The walk.

    /** Lowers the whole function. */
    final MachFunction run() {
        createBlocks();
        for (int node : plan.flow().postorder()) {
            rootNode = node;
            output = new ArrayList<>();
            if (plan.splitEdge(node) != null) {
                begin(null);
                leaveByJump(node);
                end();
                makeHoisted(node);
            } else {
                lowerBlock(node);
            }
            Collections.reverse(output);
            machBlocks[node].setInsts(output);
        }
        int[] places = new int[plan.nodes()];
        for (int node = 0; node < places.length; node++) {
            places[node] = machBlocks[node].index();
        }
        mach.setFlow(plan.flow().renumbered(places));
        return mach;
    }

    boolean savesContext() {
        return savesContext;
    }

    int stackBytes() {
        return stackBytes;
    }

    private void createBlocks() {
        Arrays.fill(nodeOfBlock, -1);
        ControlFlow flow = plan.flow();
        for (int node : plan.layout()) {
            MachBlock m = mach.addBlock(flow.loopDepth(node), plan.isCold(node));
            m.setLoopHeader(flow.isLoopHeader(node));
            machBlocks[node] = m;
            Block b = plan.block(node);
            if (b != null) {
                nodeOfBlock[b.id()] = node;
                if (node != 0) {
                    for (Value p : b.params()) {
                        m.params().add(def(p));
                    }
                }
            }
        }
        for (Block b : function.blocks()) {
            for (Inst i = nodeOfBlock[b.id()] < 0 ? null : b.first(); i != null; i = i.next()) {
                switch (i.opcode().effect()) {
                    case CALLS -> {
                        makesCalls = true;
                        for (int h = flow.loopHeader(nodeOfBlock[b.id()]); h >= 0; h = flow.outerLoop(h)) {
                            hasCall[h] = true;
                        }
                    }
                    default ->
                        makesCalls |= i.opcode() == Opcode.RETURN_CALL || i.opcode() == Opcode.RETURN_CALL_INDIRECT;
                }
            }
        }
    }

    private void lowerBlock(int node) {
        Block block = plan.block(node);
        Inst terminator = block.terminator();
        begin(terminator);
        if (plan.wayCount(node) == 1) {
            leaveByJump(node);
        } else {
            for (int w = 0; w < plan.wayCount(node); w++) {
                connect(node, w);
            }
            MachBlock[] targets = new MachBlock[terminator.targetCount()];
            for (int i = 0; i < targets.length; i++) {
                targets[i] = machBlocks[plan.flow().successors(node)[plan.wayOfTarget(node, i)]];
            }
            lowerTerminator(terminator, targets);
        }
        end();
        makeHoisted(node);
        for (Inst i = terminator.prev(); i != null; i = i.prev()) {
            if (isNeeded(i)) {
                begin(i);
                lower(i);
                end();
            }
        }
        if (node == 0) {
            begin(null);
            lowerEntry(block.params());
            end();
        }
    }

    private boolean isNeeded(Inst inst) {
        if (inst.opcode() == Opcode.LOAD && absorbed[inst.result().id()]) {
            return false;
        }
        if (!inst.isRemovable()) {
            return true;
        }
        for (int i = 0; i < inst.resultCount(); i++) {
            if (isDemanded(inst.result(i))) {
                return true;
            }
        }
        return false;
    }

    private void leaveByJump(int node) {
        connect(node, 0);
        emit(jump(machBlocks[plan.flow().successors(node)[0]]));
    }

    private void connect(int node, int way) {
        connecting = true;
        Edge edge = plan.wayEdge(node, way);
        Reg[] args = new Reg[edge == null ? 0 : edge.argCount()];
        for (int i = 0; i < args.length; i++) {
            Reg r = reg(edge.arg(i));
            if (!r.isVirtual()) {
                Reg copy = newReg(edge.arg(i).type());
                emit(moves().move(edge.arg(i).type(), copy, r));
                r = copy;
            }
            args[i] = r;
        }
        connecting = false;
        machBlocks[node].addSuccessor(machBlocks[plan.flow().successors(node)[way]], args);
    }

    private void begin(Inst inst) {
        root = inst;
    }

    private void end() {
        for (int i = ruleInsts.size() - 1; i >= 0; i--) {
            output.add(ruleInsts.get(i));
        }
        for (int i = ruleConstants.size() - 1; i >= 0; i--) {
            output.add(ruleConstants.get(i));
        }
        ruleInsts.clear();
        ruleConstants.clear();
        ruleConstantRegs.clear();
    }

    // Constants.

    private static boolean isConstant(Inst d) {
        return switch (d.opcode()) {
            case ICONST, FCONST, VCONST, STACK_ADDR, FRAME_POINTER, VMCTX -> true;
            default -> false;
        };
    }

    private Reg constant(Value v, Inst d) {
        Reg r = ruleConstantRegs.get(v);
        if (r != null) {
            return r;
        }
        int loop = loopToHoistFrom(d);
        if (loop >= 0) {
            int at = plan.flow().idom(loop);
            return hoisted.computeIfAbsent(at, _ -> new HashMap<>()).computeIfAbsent(v, _ -> newReg(v.type()));
        }
        r = newReg(v.type());
        ruleConstantRegs.put(v, r);
        define(v, d, r);
        return r;
    }

    /** The loop in front of which the constant {@code d} is to be made for the current instruction, by its header, or -1. */
    private int loopToHoistFrom(Inst d) {
        ControlFlow flow = plan.flow();
        int loop = flow.loopHeader(rootNode);
        if (loop < 0) {
            return -1;
        }
        boolean cheap = isCheap(d);
        // As argument of a call or edge it is best made where it has to be.
        if (cheap && (!keepsConstantsInLoops() || connecting || hasCall[loop] || plan.isCold(rootNode))) {
            return -1;
        }
        for (int outer = flow.outerLoop(loop);
                outer >= 0 && !(cheap && hasCall[outer]);
                outer = flow.outerLoop(outer)) {
            loop = outer;
        }
        return loop;
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

    /** Makes the constants that loops behind this block want; they stand in front of its terminator. */
    private void makeHoisted(int node) {
        Map<Value, Reg> wanted = hoisted.get(node);
        if (wanted == null) {
            return;
        }
        begin(null);
        wanted.entrySet().stream()
                .sorted((a, b) -> Integer.compare(a.getKey().id(), b.getKey().id()))
                .forEach(e -> define(e.getKey(), e.getKey().inst(), e.getValue()));
        end();
    }

    // Folding.

    private int depthOf(Inst d) {
        return plan.flow().loopDepth(nodeOfBlock[d.block().id()]);
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

    private static boolean interferes(MemoryOp load, Inst inst) {
        return switch (inst.opcode().effect()) {
            case PURE -> false;
            // Two accesses out of bounds are the same trap, so loads may pass each other.
            case TRAPS -> load.canTrap();
            case READS -> false;
            case WRITES ->
                load.canTrap() || !load.readOnly() && inst.memory().region().equals(load.region());
            case CALLS -> load.canTrap() || !load.readOnly();
            case TERMINATES -> true;
        };
    }
}
