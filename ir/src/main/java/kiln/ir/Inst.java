package kiln.ir;

import kiln.artifact.api.TrapCode;

/**
 * An instruction. Besides operands it may carry a number and side data, whose meaning depends on the opcode (see {@link
 * SideData.Kind}) and which are read through the named accessors.
 */
public final class Inst {
    /** The edges of an instruction that is no terminator. */
    static final Edge[] NO_EDGES = {};

    final Opcode opcode;
    private final Type type;
    private final Value[] args;
    private final long imm;
    private final SideData data;
    private final Edge[] targets;
    /** The only result, or null: most instructions have one. */
    private Value result;
    /** The results if there are several. */
    private Value[] results;

    private int position;
    Block block;
    Inst prev;
    Inst next;

    Inst(Opcode opcode, Type type, long imm, SideData data, Value[] args, Edge[] targets, int position) {
        this.opcode = opcode;
        this.type = type;
        this.args = args;
        this.imm = imm;
        this.data = data;
        this.targets = targets;
        this.position = position;
    }

    public Opcode opcode() {
        return opcode;
    }

    /** Type of the result, or of the operands where {@link Opcode} says so; null for calls and terminators. */
    public Type type() {
        return type;
    }

    public int argCount() {
        return args.length;
    }

    public Value arg(int i) {
        Value v = args[i];
        if (v.forward != null) {
            // The next reader finds it at once.
            v = v.resolve();
            setArg(i, v);
        }
        return v;
    }

    /** The operands, of which some may be replaced by others. */
    Value[] args() {
        return args;
    }

    public void setArg(int i, Value v) {
        if (args[i] != v) {
            args[i] = v;
            if (result != null) {
                result.unsettle();
            }
        }
    }

    public int resultCount() {
        return result != null ? 1 : results == null ? 0 : results.length;
    }

    /** The only result. */
    public Value result() {
        return result;
    }

    public Value result(int i) {
        return results == null && i == 0 ? result : results[i];
    }

    /** Makes {@code v} the only result. */
    void setResult(Value v) {
        result = v;
        v.inst = this;
        v.index = 0;
    }

    /** Makes {@code values} the results. */
    void setResults(Value... values) {
        if (values.length == 1) {
            setResult(values[0]);
        } else if (values.length > 1) {
            results = values;
            for (int i = 0; i < values.length; i++) {
                values[i].inst = this;
                values[i].index = i;
            }
        }
    }

    public int targetCount() {
        return targets.length;
    }

    /** Outgoing edge of a terminator. */
    public Edge target(int i) {
        return targets[i];
    }

    /** Value of ICONST and FCONST, displacement of an access, bytes of STACK_ADDR, lane of VEXTRACT and VINSERT. */
    public long imm() {
        return imm;
    }

    /** The side data, or null if there is none. */
    public SideData data() {
        return data;
    }

    public IntCond intCond() {
        return (IntCond) data;
    }

    public FloatCond floatCond() {
        return (FloatCond) data;
    }

    /** How an access touches memory. */
    public MemoryOp memory() {
        return data instanceof AtomicAccess a ? a.memory() : (MemoryOp) data;
    }

    /** The value that STORE or HEAP_STORE writes. */
    public Value stored() {
        return arg(opcode.addressOperands());
    }

    /** What an ATOMIC_RMW writes. */
    public AtomicOp atomic() {
        return ((AtomicAccess) data).op();
    }

    public CallTarget call() {
        return (CallTarget) data;
    }

    public TrapCode trap() {
        return ((TrapReason) data).code();
    }

    public V128 vector() {
        return (V128) data;
    }

    /** Whether a STACK_ADDR has references. */
    public boolean holdsReferences() {
        return data == StackArea.REFERENCES;
    }

    /** The bytes that a DATA_ADDR is the address of. */
    public ConstantBytes bytes() {
        return (ConstantBytes) data;
    }

    public LaneOp lanes() {
        return (LaneOp) data;
    }

    /** Whether the first two operands may be exchanged. */
    public boolean isCommutative() {
        return opcode.isCommutative() || data instanceof LaneOp l && l.op().isCommutative();
    }

    /**
     * Where the instruction comes from: byte offset in the wasm file, or -1 if it comes from nowhere; from
     * {@link InlineTable#FIRST} on a place in the function's {@link Function#inlines()}.
     */
    public int position() {
        return position;
    }

    public void setPosition(int position) {
        this.position = position;
    }

    public Block block() {
        return block;
    }

    public Inst prev() {
        return prev;
    }

    public Inst next() {
        return next;
    }

    /** Whether the instruction may be dropped when nobody uses its results. */
    public boolean isRemovable() {
        return switch (opcode.effect()) {
            case PURE, ALLOCATES -> true;
            // An access to an object stands behind the check that says that it is one: what cannot fault there is no
            // use.
            case READS -> opcode == Opcode.HEAP_LOAD ? memory().trap() == null : !memory().canTrap();
            default -> false;
        };
    }

    @Override
    public String toString() {
        return opcode.toString();
    }
}
