package kiln.codegen;

import java.util.ArrayList;
import java.util.Collections;
import kiln.ir.Block;
import kiln.ir.Edge;
import kiln.ir.Inst;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.Value;
import kiln.ir.analysis.FlowGraph;

/**
 * Turns the IR of one function into machine instructions over virtual registers: the walk over the code, for which a
 * back end supplies a {@link LoweringContext}.
 *
 * <p>Blocks are visited users first, instructions from last to first. An instruction is lowered if it has an effect or
 * if a rule before it asked for the register of one of its results; so a producer that every user folded into itself
 * (an address, an immediate, a comparison, a load as memory operand) is never lowered at all.
 */
final class Lowering {
    private final LoweringContext context;
    /** Instructions of the block at work, last to first. */
    private final ArrayList<MachInst> output = new ArrayList<>();

    Lowering(LoweringContext context) {
        this.context = context;
        context.calls = new CallLowering(context);
    }

    /** Lowers the whole function. */
    MachFunction run() {
        createBlocks();
        for (int node : context.plan.flow().postorder()) {
            context.rootNode = node;
            output.clear();
            lowerBlock(node);
            Collections.reverse(output);
            context.machBlocks[node].setInsts(new ArrayList<>(output));
        }
        context.mach.setFlow(context.plan.flow());
        return context.mach;
    }

    private void createBlocks() {
        FlowGraph flow = context.plan.flow();
        for (int node = 0; node < context.plan.nodes(); node++) {
            Block b = context.plan.block(node);
            MachBlock m = context.mach.addBlock(b.frequency());
            m.setLoopHeader(flow.isLoopHeader(node));
            context.machBlocks[node] = m;
            context.nodeOfBlock[b.id()] = node;
            if (node != 0) {
                for (Value p : b.params()) {
                    m.params().add(context.def(p));
                }
            }
        }
        for (Block b : context.function.blocks()) {
            for (Inst i = b.first(); i != null; i = i.next()) {
                switch (i.opcode().effect()) {
                    case CALLS -> noteCall(i, context.nodeOfBlock[b.id()]);
                    case TERMINATES -> noteEnd(i, context.nodeOfBlock[b.id()]);
                    case PURE -> noteArea(i);
                    default -> {}
                }
            }
        }
        context.summarizeLoops();
    }

    private void noteCall(Inst call, int node) {
        if (call.opcode() == Opcode.CALL && call.call().key().equals(context.function.key())) {
            context.addSelfCall(node);
        }
        context.makesCalls = true;
        int h = context.plan.flow().loopHeader(node);
        if (h >= 0) {
            context.hasCall[h] = true;
        }
    }

    private void noteEnd(Inst end, int node) {
        switch (end.opcode()) {
            case INVOKE, INVOKE_INDIRECT -> noteCall(end, node);
            case RETURN_CALL, RETURN_CALL_INDIRECT -> context.makesCalls = true;
            default -> {}
        }
    }

    private void noteArea(Inst i) {
        if (i.opcode() == Opcode.STACK_ADDR && i.holdsReferences()) {
            // Before any other, so that it begins at the stack pointer.
            context.stackOffset(i);
            context.mach.setStackReferences((int) (i.imm() / Type.REF.bytes()));
        }
    }

    private void lowerBlock(int node) {
        Block block = context.plan.block(node);
        Inst terminator = block.terminator();
        context.begin(terminator);
        if (context.plan.edgeCount(node) == 1) {
            leaveByJump(node);
        } else {
            for (int w = 0; w < context.plan.edgeCount(node); w++) {
                connect(node, w);
            }
            MachBlock[] targets = new MachBlock[terminator.targetCount()];
            for (int i = 0; i < targets.length; i++) {
                targets[i] =
                        context.machBlocks[context.plan.flow().successors(node)[context.plan.edgeOfTarget(node, i)]];
            }
            context.targets = targets;
            context.lower(terminator);
        }
        context.end(output);
        context.makeHoisted(node, output);
        for (Inst i = terminator.prev(); i != null; i = i.prev()) {
            if (isNeeded(i)) {
                context.begin(i);
                context.lower(i);
                context.end(output);
            }
        }
        if (node == 0) {
            context.begin(null);
            context.calls.lowerEntry(block.params());
            context.end(output);
        }
    }

    private boolean isNeeded(Inst inst) {
        if (LoweringContext.isLoad(inst) && context.absorbed[inst.result().id()]) {
            return false;
        }
        if (!inst.isRemovable()) {
            return true;
        }
        for (int i = 0, n = inst.resultCount(); i < n; i++) {
            if (context.isDemanded(inst.result(i))) {
                return true;
            }
        }
        return false;
    }

    private void leaveByJump(int node) {
        connect(node, 0);
        context.emit(context.insts.jump(context.machBlocks[context.plan.flow().successors(node)[0]]));
    }

    private void connect(int node, int k) {
        context.connecting = true;
        Edge edge = context.plan.edge(node, k);
        Reg[] args = new Reg[edge.argCount()];
        for (int i = 0; i < args.length; i++) {
            args[i] = context.movable(edge.arg(i));
        }
        context.connecting = false;
        context.machBlocks[node].addSuccessor(
                context.machBlocks[context.plan.flow().successors(node)[k]], args);
    }
}
