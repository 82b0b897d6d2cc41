package kiln.codegen;

import java.util.ArrayList;
import java.util.List;

/**
 * A basic block of machine instructions. Control leaves through its last instruction; where an edge carries arguments,
 * the allocator turns them into moves at the end of the source or the start of the target. Critical edges have been split,
 * so a block with several successors passes no arguments to a block with several predecessors.
 */
public final class MachBlock {
    /** A way out, with one argument for each parameter of the target. */
    public record Successor(MachBlock target, Reg[] args) {}

    private final int index;
    private final int loopDepth;
    private final boolean cold;
    private final Label label = new Label();
    private final List<Reg> params = new ArrayList<>(2);
    private List<MachInst> insts = new ArrayList<>();
    private final List<Successor> successors = new ArrayList<>(2);
    private final List<MachBlock> predecessors = new ArrayList<>(2);

    MachBlock(int index, int loopDepth, boolean cold) {
        this.index = index;
        this.loopDepth = loopDepth;
        this.cold = cold;
    }

    /** Position in the function's layout. */
    public int index() {
        return index;
    }

    /** Number of loops around this block. */
    public int loopDepth() {
        return loopDepth;
    }

    public boolean isCold() {
        return cold;
    }

    public Label label() {
        return label;
    }

    public List<Reg> params() {
        return params;
    }

    public List<MachInst> insts() {
        return insts;
    }

    /** Replaces all instructions; used by lowering (which builds them backwards) and by the allocator. */
    public void setInsts(List<MachInst> insts) {
        this.insts = insts;
    }

    public List<Successor> successors() {
        return successors;
    }

    public List<MachBlock> predecessors() {
        return predecessors;
    }

    void addSuccessor(MachBlock target, Reg... args) {
        successors.add(new Successor(target, args));
        target.predecessors.add(this);
    }

    @Override
    public String toString() {
        return "b" + index;
    }
}
