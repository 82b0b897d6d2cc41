package kiln.codegen;

import java.util.ArrayList;
import java.util.List;
import kiln.ir.Frequency;

/**
 * A basic block of machine instructions. Control leaves through its last instruction; where an edge carries arguments,
 * the allocator turns them into moves at the end of the source or the start of the target. Critical edges have been
 * split, so a block with several successors passes no arguments to a block with several predecessors.
 */
public final class MachBlock {
    /** An outgoing edge, with one argument for each parameter of the target. */
    public record Successor(MachBlock target, Reg[] args) {}

    private final int index;
    private final float frequency;
    private final Label label = new Label();
    private boolean loopHeader;
    private MachBlock forward;
    // Most blocks have no parameters, and their instructions are set once: space is taken when it is needed.
    private final ArrayList<Reg> params = new ArrayList<>(0);
    private List<MachInst> insts = new ArrayList<>(0);
    private final ArrayList<Successor> successors = new ArrayList<>(2);
    private final ArrayList<MachBlock> predecessors = new ArrayList<>(1);

    MachBlock(int index, float frequency) {
        this.index = index;
        this.frequency = frequency;
    }

    /** Position in the function's layout. */
    public int index() {
        return index;
    }

    /** How often the block is expected to run, see {@link Frequency}. */
    public float frequency() {
        return frequency;
    }

    public boolean isCold() {
        return Frequency.isCold(frequency);
    }

    /** Whether a back edge leads here. */
    public boolean isLoopHeader() {
        return loopHeader;
    }

    void setLoopHeader(boolean loopHeader) {
        this.loopHeader = loopHeader;
    }

    /** Where jumps to this block go. */
    public Label label() {
        return resolve().label;
    }

    /** Has jumps to this block, which does nothing but jump there itself, go to {@code target}. */
    void forwardTo(MachBlock target) {
        this.forward = target;
    }

    /** The block that jumps to this one reach in the end. */
    MachBlock resolve() {
        if (forward == null) {
            return this;
        }
        MachBlock end = forward;
        while (end.forward != null) {
            end = end.forward;
        }
        // Long rows of such blocks are walked once.
        for (MachBlock b = this; b != end; ) {
            MachBlock next = b.forward;
            b.forward = end;
            b = next;
        }
        return end;
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

    public void addSuccessor(MachBlock target, Reg... args) {
        successors.add(new Successor(target, args));
        target.predecessors.add(this);
    }

    @Override
    public String toString() {
        return "b" + index;
    }
}
