package kiln.ir;

import java.util.ArrayList;
import java.util.List;
import kiln.artifact.FuncKey;

/** One function: its blocks in layout order, the first of which is the entry, whose parameters are the function's. */
public final class Function {
    private final FuncKey key;
    private final Signature signature;
    private final ArrayList<Block> blocks = new ArrayList<>();
    private int blockCount;
    private int valueCount;
    private InlineTable inlines;
    /** What an analysis made of the blocks and edges, as long as they stay as they are; or null. */
    private Object graph;

    private boolean estimated;

    private boolean allocates;
    private boolean makesExceptions;
    /** Null if there are none. */
    private ConstantObjects constants;

    public Function(FuncKey key, Signature signature) {
        this.key = key;
        this.signature = signature;
    }

    public FuncKey key() {
        return key;
    }

    public Signature signature() {
        return signature;
    }

    /** Blocks in layout order; passes may reorder and remove, the entry stays first. */
    public List<Block> blocks() {
        return blocks;
    }

    public Block entry() {
        return blocks.getFirst();
    }

    /** Where inlined instructions come from; made when first asked for. */
    public InlineTable inlines() {
        if (inlines == null) {
            inlines = new InlineTable();
        }
        return inlines;
    }

    /** Whether anything was inlined into this function. */
    public boolean hasInlines() {
        return inlines != null;
    }

    /** A new block at the end of the layout. */
    public Block newBlock() {
        Block b = newDetachedBlock();
        blocks.add(b);
        return b;
    }

    /** A new block that is not in the layout yet. */
    public Block newDetachedBlock() {
        invalidateGraph();
        return new Block(this, blockCount++);
    }

    /** Has {@code graph}, which follows from the blocks and the edges between them alone, kept until these change. */
    public void keepGraph(Object graph) {
        this.graph = graph;
    }

    /** The graph that is kept, or null. */
    public <T> T graph(Class<T> type) {
        return type.cast(graph);
    }

    /** Says that a block or edge has come or gone, or that nobody will ask about the graph again. */
    public void invalidateGraph() {
        graph = null;
        estimated = false;
    }

    /** Whether frequencies were estimated since a block or edge has come or gone. */
    public boolean isEstimated() {
        return estimated;
    }

    /** Says that they have been. */
    public void setEstimated() {
        estimated = true;
    }

    /** Whether an ALLOCATE was ever put into this function. */
    public boolean allocates() {
        return allocates;
    }

    /** Whether a call that makes an exception was ever put into this function. */
    public boolean makesExceptions() {
        return makesExceptions;
    }

    /** Objects and functions that are known to the module of the function, or null. */
    public ConstantObjects constants() {
        return constants;
    }

    /** Says what is known. */
    public void setConstants(ConstantObjects constants) {
        this.constants = constants;
    }

    /** Upper bound of block ids, for arrays indexed by {@link Block#id()}. */
    public int blockIdBound() {
        return blockCount;
    }

    /** Upper bound of value ids, for arrays indexed by {@link Value#id()}. */
    public int valueIdBound() {
        return valueCount;
    }

    Value newValue(Type type) {
        return new Value(valueCount++, type);
    }

    /** A value with a number of the caller's choice, which must not be in use. */
    Value newValue(int id, Type type) {
        valueCount = Math.max(valueCount, id + 1);
        return new Value(id, type);
    }

    /** A block with a number of the caller's choice, which must not be in use. */
    Block newDetachedBlock(int id) {
        invalidateGraph();
        blockCount = Math.max(blockCount, id + 1);
        return new Block(this, id);
    }

    /** A new instruction, not yet in a block, that has yet to be given its results. */
    Inst newInstWithoutResults(
            Opcode op, Type type, long imm, SideData data, Value[] args, Edge[] targets, int position) {
        allocates |= op == Opcode.ALLOCATE;
        makesExceptions |= op == Opcode.CALL && ((CallTarget) data).makesException();
        return new Inst(op, type, imm, data, args, targets, position);
    }

    /**
     * A new instruction, not yet in a block. Its results follow from the opcode's row.
     *
     * @param type see {@link Inst#type()}
     */
    Inst newInst(Opcode op, Type type, long imm, SideData data, Value[] args, Edge[] targets, int position) {
        Inst inst = newInstWithoutResults(op, type, imm, data, args, targets, position);
        switch (op.types().result()) {
            case NONE -> {}
            case SAME -> inst.setResult(newValue(type));
            case BOOL -> inst.setResult(newValue(Type.I32));
            case CALLEE -> {
                List<Type> types = inst.call().signature().results();
                Value[] results = new Value[types.size()];
                for (int i = 0; i < results.length; i++) {
                    results[i] = newValue(types.get(i));
                }
                inst.setResults(results);
            }
        }
        return inst;
    }
}
