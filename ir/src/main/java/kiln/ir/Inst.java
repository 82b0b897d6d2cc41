package kiln.ir;

import kiln.artifact.TrapCode;

/**
 * An instruction. Besides operands it may carry an immediate and one attachment, whose meaning depends on the opcode
 * and which are read through the named accessors: a constant, a displacement or a size in {@code imm}; an {@link
 * IntCond}, {@link FloatCond}, {@link MemoryOp}, {@link CallTarget}, {@link TrapCode} or {@link V128} as attachment.
 */
public final class Inst {
    private static final Edge[] NO_EDGES = {};

    private final Opcode opcode;
    private final Type type;
    private final Value[] args;
    private final long imm;
    private final Object aux;
    private final Edge[] targets;
    /** The only result, or null: most instructions have one. */
    private Value result;
    /** The results if there are several. */
    private Value[] results;

    private int position;
    Block block;
    Inst prev;
    Inst next;

    Inst(Opcode opcode, Type type, Value[] args, long imm, Object aux, Edge[] targets, int position) {
        this.opcode = opcode;
        this.type = type;
        this.args = args;
        this.imm = imm;
        this.aux = aux;
        this.targets = targets == null ? NO_EDGES : targets;
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
        if (v.isReplaced()) {
            // The next reader finds it at once.
            v = v.resolve();
            args[i] = v;
        }
        return v;
    }

    public void setArg(int i, Value v) {
        args[i] = v;
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

    /** Value of ICONST and FCONST, displacement of LOAD and STORE, bytes of STACK_ADDR. */
    public long imm() {
        return imm;
    }

    /** The attachment as it is, for comparing and printing. */
    public Object aux() {
        return aux;
    }

    public IntCond intCond() {
        return (IntCond) aux;
    }

    public FloatCond floatCond() {
        return (FloatCond) aux;
    }

    public MemoryOp memory() {
        return (MemoryOp) aux;
    }

    public CallTarget call() {
        return (CallTarget) aux;
    }

    public TrapCode trap() {
        return (TrapCode) aux;
    }

    public V128 vector() {
        return (V128) aux;
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
        return opcode.isPure() || opcode == Opcode.LOAD && !memory().canTrap();
    }

    @Override
    public String toString() {
        return opcode.toString();
    }
}
