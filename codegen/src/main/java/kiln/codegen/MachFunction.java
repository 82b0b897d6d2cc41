package kiln.codegen;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import kiln.artifact.FuncKey;
import kiln.ir.Type;
import kiln.ir.analysis.FlowGraph;

/** A function in machine instructions: blocks in layout order, the first of which is the entry. */
public final class MachFunction {
    private final FuncKey key;
    private final List<MachBlock> blocks = new ArrayList<>();
    private final ArrayList<Reg> virtuals = new ArrayList<>();
    private final BitSet addresses = new BitSet();
    private int stackReferences;
    private FlowGraph flow;

    public MachFunction(FuncKey key) {
        this.key = key;
    }

    public FuncKey key() {
        return key;
    }

    public List<MachBlock> blocks() {
        return blocks;
    }

    /** The graph of the blocks by their numbers in the layout, whose successors are complete. */
    public FlowGraph flow() {
        if (flow == null) {
            int[][] successors = new int[blocks.size()][];
            for (MachBlock b : blocks) {
                int[] s = new int[b.successors().size()];
                for (int i = 0; i < s.length; i++) {
                    s[i] = b.successors().get(i).target().index();
                }
                successors[b.index()] = s;
            }
            flow = new FlowGraph(0, successors);
        }
        return flow;
    }

    /** Says what {@link #flow()} is going to be, where that is known already. */
    void setFlow(FlowGraph flow) {
        this.flow = flow;
    }

    /** Appends a block, see {@link MachBlock#frequency()}. */
    public MachBlock addBlock(float frequency) {
        MachBlock b = new MachBlock(blocks.size(), frequency);
        blocks.add(b);
        return b;
    }

    public Reg newVirtual(Type type) {
        Reg r = Reg.virtual(virtuals.size(), type);
        virtuals.add(r);
        return r;
    }

    /**
     * A register for an address in an object: its last use comes before the next call, since a collection moves the
     * object.
     */
    public Reg newObjectAddress() {
        Reg r = newVirtual(Type.I64);
        addresses.set(r.index());
        return r;
    }

    /** The registers made by {@link #newObjectAddress}. */
    public BitSet objectAddresses() {
        return addresses;
    }

    /** Says how many references the frame holds besides those of virtual registers. */
    void setStackReferences(int count) {
        stackReferences = count;
    }

    /** That number. */
    public int stackReferences() {
        return stackReferences;
    }

    public int virtualCount() {
        return virtuals.size();
    }

    public Reg virtual(int index) {
        return virtuals.get(index);
    }
}
