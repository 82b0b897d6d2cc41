package kiln.ir;

import kiln.artifact.api.TrapCode;

/**
 * Appends instructions to a block. Constants and identities are folded on the way, so a method may return an existing
 * value instead of a new one. Nothing is appended after a terminator: that is an error of the caller.
 */
public final class Builder {
    private static final Value[] NO_VALUES = {};
    /**
     * How often an operation on vectors is replaced by one on what its operand was made of, which may have been made of
     * something else likewise: a bound for the stack and the time that long chains of lanes and shuffles take.
     */
    static final int MAX_VECTOR_DEPTH = 16;

    private final Function function;
    private SsaBuilder ssa;
    private Block block;
    private Inst before;
    private int position = -1;
    private int vectorDepth;

    public Builder(Function function) {
        this.function = function;
    }

    public Function function() {
        return function;
    }

    /** From now on instructions are appended to {@code block}. */
    public void setBlock(Block block) {
        this.block = block;
        this.before = null;
    }

    /** From now on instructions are inserted before {@code inst}. */
    public void setBefore(Inst inst) {
        this.block = inst.block();
        this.before = inst;
    }

    /** The current block. */
    public Block block() {
        return block;
    }

    /** Whether the current block has its terminator. */
    public boolean isTerminated() {
        return block.terminator() != null;
    }

    /** Sets the source position of the instructions to come; see {@link Inst#position()}. */
    public void setPosition(int position) {
        this.position = position;
    }

    public int position() {
        return position;
    }

    /** Edges appended from now on are made known to {@code ssa}. */
    void attach(SsaBuilder ssa) {
        this.ssa = ssa;
    }

    // Constants and fixed values.

    public Value iconst(Type type, long v) {
        return emit(Opcode.ICONST, type, type.normalize(v), null);
    }

    public Value i32(int v) {
        return iconst(Type.I32, v);
    }

    public Value i64(long v) {
        return iconst(Type.I64, v);
    }

    /** The f32 with these bits. */
    public Value f32(int bits) {
        return emit(Opcode.FCONST, Type.F32, bits & 0xffffffffL, null);
    }

    /** The f64 with these bits. */
    public Value f64(long bits) {
        return emit(Opcode.FCONST, Type.F64, bits, null);
    }

    public Value vconst(V128 v) {
        return emit(Opcode.VCONST, Type.V128, 0, v);
    }

    public Value nullRef() {
        return iconst(Type.REF, 0);
    }

    /** The constant of a scalar type with these bits. */
    public Value constant(Type type, long bits) {
        return switch (type) {
            case I32, I64, REF -> iconst(type, bits);
            case F32 -> f32((int) bits);
            case F64 -> f64(bits);
            case V128 -> throw new IllegalArgumentException("vector constants do not fit into a long");
        };
    }

    /** Zero, or null, of any type. */
    public Value zero(Type type) {
        return type == Type.V128 ? vconst(new V128(0, 0)) : constant(type, 0);
    }

    public Value vmctx() {
        return emit(Opcode.VMCTX, Type.I64, 0, null);
    }

    public Value framePointer() {
        return emit(Opcode.FRAME_POINTER, Type.I64, 0, null);
    }

    /** Address of {@code bytes} new bytes in the frame. */
    public Value stackAddr(long bytes) {
        return emit(Opcode.STACK_ADDR, Type.I64, bytes, StackArea.BYTES);
    }

    /** Address of room for {@code count} references in the frame; see {@link StackArea#REFERENCES}. */
    public Value referencesAddr(int count) {
        return emit(Opcode.STACK_ADDR, Type.I64, (long) count * Type.REF.bytes(), StackArea.REFERENCES);
    }

    // Arithmetic.

    /** An operation on one value whose result has the value's type. */
    public Value unary(Opcode op, Value a) {
        return convert(op, a.type(), a);
    }

    /** An operation on two values of one type with a result of that type. */
    public Value binary(Opcode op, Value a, Value b) {
        Value v = Folder.binary(this, op, a, b);
        if (v != null) {
            return v;
        }
        Type type = a.type();
        return emit(op, type, 0, null, a, b);
    }

    /** A conversion to {@code type}. */
    public Value convert(Opcode op, Type type, Value a) {
        Value v = Folder.convert(this, op, type, a);
        return v != null ? v : emit(op, type, 0, null, a);
    }

    public Value icmp(IntCond cond, Value a, Value b) {
        Value v = Folder.icmp(this, cond, a, b);
        return v != null ? v : emit(Opcode.ICMP, a.type(), 0, cond, a, b);
    }

    public Value fcmp(FloatCond cond, Value a, Value b) {
        Value v = Folder.fcmp(this, cond, a, b);
        return v != null ? v : emit(Opcode.FCMP, a.type(), 0, cond, a, b);
    }

    /** An operation on vectors, in the form that its row says. */
    public Value vector(LaneOp op, Value... args) {
        return vectorOfLane(op, 0, args);
    }

    /** The address of constant bytes. */
    public Value dataAddress(ConstantBytes bytes) {
        return emit(Opcode.DATA_ADDR, Type.I64, 0, bytes);
    }

    /** An operation on one lane of a vector: VEXTRACT, VINSERT. */
    public Value vectorOfLane(LaneOp op, int lane, Value... args) {
        Value v = null;
        if (vectorDepth < MAX_VECTOR_DEPTH) {
            vectorDepth++;
            v = VectorFolder.fold(this, op, lane, args);
            vectorDepth--;
        }
        return v != null ? v : emit(op.op().opcode(), VectorFolder.type(op), lane, op, args);
    }

    /** Bytes of x and y chosen by constant indices: 0 to 15 of x, 16 to 31 of y. */
    public Value shuffle(V128 indices, Value x, Value y) {
        Value v = null;
        if (vectorDepth < MAX_VECTOR_DEPTH) {
            vectorDepth++;
            v = ShuffleFolder.fold(this, indices, x, y);
            vectorDepth--;
        }
        return v != null ? v : emit(Opcode.VSHUFFLE, Type.V128, 0, indices, x, y);
    }

    /** {@code c ? x : y}. */
    public Value select(Value c, Value x, Value y) {
        Value v = Folder.select(this, c, x, y);
        return v != null ? v : emit(Opcode.SELECT, x.type(), 0, null, c, x, y);
    }

    // Memory.

    /** @param disp unsigned displacement, at most 2^32-1 */
    public Value load(Type type, MemoryOp memory, Value address, long disp) {
        return emit(Opcode.LOAD, type, disp, memory, address);
    }

    /** @param disp unsigned displacement, at most 2^32-1 */
    public Inst store(MemoryOp memory, Value address, long disp, Value value) {
        return add(Opcode.STORE, value.type(), disp, memory, address, value);
    }

    /**
     * Reads from an object.
     *
     * @param base the heap's base, or that and the distance of an element
     * @param disp unsigned displacement, at most 2^32-1
     */
    public Value heapLoad(Type type, MemoryOp memory, Value base, Value object, long disp) {
        return emit(Opcode.HEAP_LOAD, type, disp, memory, base, object);
    }

    /** Writes to an object; operands as those of {@link #heapLoad}. */
    public Inst heapStore(MemoryOp memory, Value base, Value object, long disp, Value value) {
        return add(Opcode.HEAP_STORE, value.type(), disp, memory, base, object, value);
    }

    /** The bits of a reference; see {@link Opcode#REF_BITS} for which of them say something. */
    public Value refBits(Value ref) {
        Value v = ref.resolve();
        if (v.is(Opcode.REF_OF_BITS)) {
            return v.inst().arg(0);
        }
        return v.is(Opcode.ICONST) ? i64(v.inst().imm()) : emit(Opcode.REF_BITS, Type.I64, 0, null, v);
    }

    /** The reference with these bits, which are no object's. */
    public Value refOfBits(Value bits) {
        Value v = bits.resolve();
        return v.is(Opcode.ICONST) && v.inst().imm() == 0 ? nullRef() : emit(Opcode.REF_OF_BITS, Type.REF, 0, null, v);
    }

    /**
     * A new object.
     *
     * @param base the heap's
     * @param size in bytes, a multiple of 8
     * @param header what its first eight bytes are
     */
    public Value allocate(Value base, Value size, Value header) {
        return emit(Opcode.ALLOCATE, Type.REF, 0, null, base, size, header);
    }

    /** @param disp unsigned displacement, at most 2^32-1 */
    public Value atomicLoad(Type type, MemoryOp memory, Value address, long disp) {
        return emit(Opcode.ATOMIC_LOAD, type, disp, memory, address);
    }

    /** @param disp unsigned displacement, at most 2^32-1 */
    public Inst atomicStore(MemoryOp memory, Value address, long disp, Value value) {
        return add(Opcode.ATOMIC_STORE, value.type(), disp, memory, address, value);
    }

    /**
     * What was there before.
     *
     * @param disp unsigned displacement, at most 2^32-1
     */
    public Value atomicRmw(AtomicOp op, MemoryOp memory, Value address, long disp, Value value) {
        return emit(Opcode.ATOMIC_RMW, value.type(), disp, new AtomicAccess(op, memory), address, value);
    }

    /**
     * What was there before.
     *
     * @param disp unsigned displacement, at most 2^32-1
     */
    public Value atomicCompareAndExchange(
            MemoryOp memory, Value address, long disp, Value expected, Value replacement) {
        return emit(Opcode.ATOMIC_CMPXCHG, expected.type(), disp, memory, address, expected, replacement);
    }

    public void atomicFence() {
        add(Opcode.ATOMIC_FENCE, null, 0, null);
    }

    // Calls.

    public Inst call(CallTarget target, Value... args) {
        return add(Opcode.CALL, null, 0, target, args);
    }

    /** A call through a code address in the VMContext {@code vmctx}. */
    public Inst callIndirect(CallTarget target, Value code, Value vmctx, Value... args) {
        return add(Opcode.CALL_INDIRECT, null, 0, target, prepend(args, code, vmctx));
    }

    public Inst callNative(CallTarget target, Value code, Value... args) {
        return add(Opcode.CALL_NATIVE, null, 0, target, prepend(args, code));
    }

    private static Value[] prepend(Value[] args, Value... first) {
        Value[] all = new Value[first.length + args.length];
        System.arraycopy(first, 0, all, 0, first.length);
        System.arraycopy(args, 0, all, first.length, args.length);
        return all;
    }

    // Checks.

    /** Traps if {@code c} is not zero; nothing is appended if it is known to be zero. */
    public void trapIf(TrapCode code, Value c) {
        Value cond = c.resolve();
        if (!(cond.is(Opcode.ICONST) && cond.inst().imm() == 0)) {
            add(Opcode.TRAP_IF, Type.I32, 0, TrapReason.of(code), cond);
        }
    }

    /** Traps if {@code v} is zero; nothing is appended if it is known to be different. */
    public void trapIfZero(TrapCode code, Value v) {
        Value value = v.resolve();
        boolean known = value.is(Opcode.ICONST) && value.inst().imm() != 0 || value.is(Opcode.ALLOCATE);
        if (!known) {
            add(Opcode.TRAP_IF_ZERO, value.type(), 0, TrapReason.of(code), value);
        }
    }

    public void interruptCheck() {
        add(Opcode.INTERRUPT_CHECK, null, 0, null);
    }

    // Terminators.

    public Inst jump(Block target, Value... args) {
        return jump(new Edge(target, args));
    }

    public Inst jump(Edge target) {
        return terminate(Opcode.JUMP, NO_VALUES, null, target);
    }

    public Inst branch(Value c, Block then, Block otherwise) {
        return branch(c, new Edge(then), new Edge(otherwise));
    }

    /** A jump if {@code c} is constant: the other edge does not come into being then. */
    public Inst branch(Value c, Edge then, Edge otherwise) {
        Value cond = c.resolve();
        if (cond.is(Opcode.ICONST)) {
            return jump(cond.inst().imm() != 0 ? then : otherwise);
        }
        return terminate(Opcode.BRANCH, new Value[] {cond}, null, then, otherwise);
    }

    /** The last edge is the default. A jump if {@code index} is constant. */
    public Inst switch_(Value index, Edge... targets) {
        Value v = index.resolve();
        if (v.is(Opcode.ICONST)) {
            long i = v.inst().imm() & 0xffffffffL;
            return jump(targets[(int) Math.min(i, targets.length - 1)]);
        }
        return targets.length == 1 ? jump(targets[0]) : terminate(Opcode.SWITCH, new Value[] {v}, null, targets);
    }

    public Inst ret(Value... values) {
        return terminate(Opcode.RETURN, values, null);
    }

    public Inst trap(TrapCode code) {
        return terminate(Opcode.TRAP, NO_VALUES, TrapReason.of(code));
    }

    public Inst returnCall(CallTarget target, Value... args) {
        return terminate(Opcode.RETURN_CALL, args, target);
    }

    public Inst returnCallIndirect(CallTarget target, Value code, Value vmctx, Value... args) {
        return terminate(Opcode.RETURN_CALL_INDIRECT, prepend(args, code, vmctx), target);
    }

    /** Goes on at {@code normal}, where the results exist, or at {@code pad}, which begins with {@link #caught()}. */
    public Inst invoke(CallTarget target, Edge normal, Block pad, Value... args) {
        return terminate(Opcode.INVOKE, args, target, normal, new Edge(pad));
    }

    /** As {@link #invoke}. */
    public Inst invokeIndirect(CallTarget target, Edge normal, Block pad, Value code, Value vmctx, Value... args) {
        return terminate(Opcode.INVOKE_INDIRECT, prepend(args, code, vmctx), target, normal, new Edge(pad));
    }

    /** The exception that has come to this landing pad, whose first instruction this must be. */
    public Value caught() {
        return emit(Opcode.CAUGHT, Type.REF, 0, null);
    }

    /** Throws an exception that is not null. */
    public Inst throw_(Value exception) {
        return terminate(Opcode.THROW, new Value[] {exception}, null);
    }

    public Inst unwind() {
        return terminate(Opcode.UNWIND, NO_VALUES, null);
    }

    private Inst terminate(Opcode op, Value[] args, SideData data, Edge... targets) {
        Inst inst = insert(function.newInst(op, null, 0, data, args, targets, position));
        if (ssa != null) {
            for (Edge edge : targets) {
                ssa.addPredecessor(edge.target(), block, edge);
            }
        }
        return inst;
    }

    /**
     * Applies to an instruction as it is now what would have been folded while building it.
     *
     * @return the value that stands for its result, or null if there is nothing to fold
     */
    public Value fold(Inst i) {
        Opcode op = i.opcode();
        switch (op) {
            case ICMP:
                return Folder.icmp(this, i.intCond(), i.arg(0), i.arg(1));
            case FCMP:
                return Folder.fcmp(this, i.floatCond(), i.arg(0), i.arg(1));
            case VSPLAT, VEXTRACT, VINSERT, VUNARY, VBINARY, VTERNARY, VSHIFT, VREDUCE:
                return VectorFolder.fold(this, i.lanes(), (int) i.imm(), i.args());
            case VSHUFFLE:
                return ShuffleFolder.fold(this, i.vector(), i.arg(0), i.arg(1));
            case SELECT:
                return Folder.select(this, i.arg(0), i.arg(1), i.arg(2));
            default:
                if (op.evaluation() instanceof Evaluation.Binary) {
                    return Folder.binary(this, op, i.arg(0), i.arg(1));
                }
                return op.evaluation() instanceof Evaluation.Unary
                        ? Folder.convert(this, op, i.type(), i.arg(0))
                        : null;
        }
    }

    private Value emit(Opcode op, Type type, long imm, SideData data, Value... args) {
        return add(op, type, imm, data, args).result();
    }

    private Inst add(Opcode op, Type type, long imm, SideData data, Value... args) {
        return insert(function.newInst(op, type, imm, data, args, Inst.NO_EDGES, position));
    }

    private Inst insert(Inst inst) {
        if (before == null && block.terminator() != null) {
            throw new IllegalStateException(block + " is terminated already: " + inst.opcode());
        }
        block.insertBefore(inst, before);
        return inst;
    }

    /** Appends an instruction that has neither number nor targets as it is, without any folding. */
    public Inst append(Opcode op, Type type, SideData data, Value... args) {
        return add(op, type, 0, data, args);
    }

    /** Appends an instruction like {@code original}, which is no terminator, with other operands and as it is. */
    public Inst copy(Inst original, Value... args) {
        return add(original.opcode(), original.type(), original.imm(), original.data(), args);
    }
}
