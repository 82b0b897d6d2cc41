package kiln.ir.testing;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import kiln.artifact.api.TrapCode;
import kiln.ir.AtomicAccess;
import kiln.ir.Block;
import kiln.ir.CallTarget;
import kiln.ir.ConstantBytes;
import kiln.ir.Edge;
import kiln.ir.Evaluation;
import kiln.ir.FloatCond;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.IntCond;
import kiln.ir.LaneOp;
import kiln.ir.MemoryOp;
import kiln.ir.Opcode;
import kiln.ir.StackArea;
import kiln.ir.TrapReason;
import kiln.ir.Type;
import kiln.ir.V128;
import kiln.ir.Value;
import kiln.ir.VectorValues;

/**
 * Executes IR, for tests of all modules. What lies around a function (memory, other functions, its frame) is the
 * subclass's affair. Arguments and results are longs, one after the other: integers of 32 bits sign-extended, floats as
 * their bits, as {@link Type#normalize} has them; a vector is two, the low bytes first.
 */
public abstract class IrExecution {
    /** A trap of the program. */
    public static final class Trap extends RuntimeException {
        private static final long serialVersionUID = 1;

        public final TrapCode code;

        public Trap(TrapCode code) {
            super(code.message(), null, false, false);
            this.code = code;
        }
    }

    /** More instructions than the test wants to wait for. */
    public static final class OutOfSteps extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    /** What THROW does: the exception leaves frames up to an INVOKE. */
    public static final class Thrown extends RuntimeException {
        private static final long serialVersionUID = 1;
        public final long exception;

        Thrown(long exception) {
            super("exception " + exception, null, false, false);
            this.exception = exception;
        }
    }

    /** A function about to be executed. */
    public record Entry(Function function, long[] args) {}

    /** Above all other addresses: where constant bytes lie, and how far from each other. */
    private static final long DATA = 1L << 62;

    private static final long DISTANCE = 1L << 32;

    private long steps;
    private int catches;
    /** Offset from {@link #DATA} of constant bytes. */
    private final Map<ConstantBytes, Long> tables = new HashMap<>();

    /** {@code steps}: most instructions to execute. */
    protected IrExecution(long steps) {
        this.steps = steps;
    }

    /** The bytes from {@code address} on that LOAD or STORE accesses, little-endian; traps if they are not there. */
    protected abstract ByteBuffer bytes(Inst inst, long address);

    /** The constant bytes from an address on that a load reads; it must not read beyond them. */
    private ByteBuffer constantBytes(Inst i, long address) {
        for (Map.Entry<ConstantBytes, Long> e : tables.entrySet()) {
            long at = address - DATA - e.getValue();
            if (at >= 0 && at < DISTANCE) {
                ByteBuffer result = ByteBuffer.allocate(i.memory().width()).order(ByteOrder.LITTLE_ENDIAN);
                for (int k = 0; k < result.capacity(); k++) {
                    result.put(k, e.getKey().get((int) at + k));
                }
                return result;
            }
        }
        throw new AssertionError(i + " at " + Long.toHexString(address));
    }

    /** The results of a call or INVOKE, all of whose operands are {@code args}. */
    protected abstract long[] call(Inst inst, long[] args);

    /** What RETURN_CALL or RETURN_CALL_INDIRECT goes on with. */
    protected Entry tailCall(Inst inst, long[] args) {
        throw new IllegalArgumentException(inst.toString());
    }

    /** How many exceptions have come to handlers. */
    public final int caught() {
        return catches;
    }

    /** Told of each scalar operand, with its value, and of the low halves of vectors. */
    protected void reads(Block in, Value v, long x) {}

    /** What UNWIND ends with. */
    protected RuntimeException unwind() {
        throw new IllegalArgumentException("unwind");
    }

    /** A new object: the reference that ALLOCATE gives, after its header was written. */
    protected long allocate(Inst inst, long base, long size, long header) {
        throw new IllegalArgumentException(inst.toString());
    }

    /** The value of VMCTX, FRAME_POINTER or STACK_ADDR. */
    protected long place(Inst inst) {
        throw new IllegalArgumentException(inst.toString());
    }

    /** Executes a function to its end; may be called again from {@link #call}. */
    public final long[] run(Function function, long... args) {
        Entry entry = new Entry(function, args);
        while (true) {
            Frame frame = new Frame(entry);
            entry = frame.run();
            if (entry == null) {
                return frame.results;
            }
        }
    }

    /** A scalar, extended as a load says. */
    private static long read(ByteBuffer bytes, MemoryOp op) {
        return switch (op.width()) {
            case 1 -> op.signed() ? bytes.get(0) : bytes.get(0) & 0xffL;
            case 2 -> op.signed() ? bytes.getShort(0) : bytes.getShort(0) & 0xffffL;
            case 4 -> op.signed() ? bytes.getInt(0) : bytes.getInt(0) & 0xffff_ffffL;
            case 8 -> bytes.getLong(0);
            default -> throw new AssertionError(op);
        };
    }

    /** Writes the low bytes of a scalar. */
    private static void write(ByteBuffer bytes, MemoryOp op, long value) {
        switch (op.width()) {
            case 1 -> bytes.put(0, (byte) value);
            case 2 -> bytes.putShort(0, (short) value);
            case 4 -> bytes.putInt(0, (int) value);
            case 8 -> bytes.putLong(0, value);
            default -> throw new AssertionError(op);
        }
    }

    private final class Frame {
        /** What the landing pad entered last has caught. */
        private long caught;

        private final Function f;
        /** Two longs for each value. */
        private final long[] values;

        private final boolean[] defined;
        private long[] results;

        Frame(Entry entry) {
            f = entry.function;
            values = new long[f.valueIdBound() * 2];
            defined = new boolean[f.valueIdBound()];
            setAll(f.entry().params(), entry.args);
        }

        private void set(Value v, long x) {
            values[v.id() * 2] = v.type().normalize(x);
            defined[v.id()] = true;
        }

        private void set(Value v, V128 x) {
            values[v.id() * 2] = x.low();
            values[v.id() * 2 + 1] = x.high();
            defined[v.id()] = true;
        }

        private void setAll(List<Value> targets, long[] from) {
            int at = 0;
            for (Value v : targets) {
                if (v.type() == Type.V128) {
                    set(v, new V128(from[at], from[at + 1]));
                    at += 2;
                } else {
                    set(v, from[at++]);
                }
            }
            if (at != from.length) {
                throw new AssertionError(from.length + " words for " + targets + " in " + f.key());
            }
        }

        /** A scalar, or the low half of a vector. */
        private long get(Value v) {
            if (!defined[v.id()]) {
                throw new AssertionError(v + " has no value yet in " + f.key());
            }
            return values[v.id() * 2];
        }

        private long arg(Inst i, int a) {
            long x = get(i.arg(a));
            reads(i.block(), i.arg(a), x);
            return x;
        }

        private V128 vector(Inst i, int a) {
            return new V128(arg(i, a), values[i.arg(a).id() * 2 + 1]);
        }

        private long[] args(Inst i) {
            return all(i.argCount(), i::arg);
        }

        private long[] all(int n, IntFunction<Value> values) {
            LongStream.Builder all = LongStream.builder();
            for (int a = 0; a < n; a++) {
                Value v = values.apply(a);
                all.add(get(v));
                if (v.type() == Type.V128) {
                    all.add(this.values[v.id() * 2 + 1]);
                }
            }
            return all.build().toArray();
        }

        /** Null, with {@link #results}, or what a tail call goes on with. */
        Entry run() {
            Block b = f.entry();
            while (true) {
                Inst i = b.first();
                for (; !i.opcode().isTerminator(); i = i.next()) {
                    count();
                    execute(i);
                }
                count();
                switch (i.opcode()) {
                    case JUMP -> b = follow(i.target(0));
                    case BRANCH -> b = follow(i.target(arg(i, 0) != 0 ? 0 : 1));
                    case SWITCH -> b = follow(i.target((int) Math.min(arg(i, 0) & 0xffff_ffffL, i.targetCount() - 1)));
                    case RETURN -> {
                        results = args(i);
                        return null;
                    }
                    case TRAP -> throw new Trap(i.trap());
                    case UNWIND -> throw unwind();
                    case THROW -> throw new Thrown(arg(i, 0));
                    case INVOKE, INVOKE_INDIRECT -> b = invoke(i);
                    case RETURN_CALL, RETURN_CALL_INDIRECT -> {
                        return tailCall(i, args(i));
                    }
                    default -> throw new AssertionError(i.opcode());
                }
            }
        }

        private Block invoke(Inst i) {
            long[] results;
            try {
                results = call(i, args(i));
            } catch (Thrown t) {
                caught = t.exception;
                catches++;
                return follow(i.target(1));
            }
            setAll(resultsOf(i), results);
            return follow(i.target(0));
        }

        private static List<Value> resultsOf(Inst i) {
            return IntStream.range(0, i.resultCount()).mapToObj(i::result).toList();
        }

        private void count() {
            if (--steps < 0) {
                throw new OutOfSteps();
            }
        }

        private Block follow(Edge e) {
            setAll(e.target().params(), all(e.argCount(), e::arg));
            return e.target();
        }

        private void execute(Inst i) {
            switch (i.opcode()) {
                case STORE -> store(i, bytes(i, arg(i, 0) + i.imm()));
                case HEAP_LOAD -> load(i, bytes(i, arg(i, 0) + arg(i, 1) + i.imm()));
                case HEAP_STORE -> store(i, bytes(i, arg(i, 0) + arg(i, 1) + i.imm()));
                case ALLOCATE -> set(i.result(), allocate(i, arg(i, 0), arg(i, 1), arg(i, 2)));
                case REF_BITS, REF_OF_BITS -> set(i.result(), arg(i, 0));
                case CALL, CALL_INDIRECT, CALL_NATIVE -> setAll(resultsOf(i), call(i, args(i)));
                case CAUGHT -> set(i.result(), caught);
                case TRAP_IF -> {
                    if (arg(i, 0) != 0) {
                        throw new Trap(i.trap());
                    }
                }
                case TRAP_IF_ZERO -> {
                    if (arg(i, 0) == 0) {
                        throw new Trap(i.trap());
                    }
                }
                case INTERRUPT_CHECK -> {}
                case SELECT -> {
                    int chosen = arg(i, 0) != 0 ? 1 : 2;
                    if (i.type() == Type.V128) {
                        set(i.result(), vector(i, chosen));
                    } else {
                        set(i.result(), arg(i, chosen));
                    }
                }
                case LOAD -> {
                    long address = arg(i, 0) + i.imm();
                    load(i, address >= DATA ? constantBytes(i, address) : bytes(i, address));
                }
                case ATOMIC_LOAD -> load(i, bytes(i, arg(i, 0) + i.imm()));
                case ATOMIC_STORE -> store(i, bytes(i, arg(i, 0) + i.imm()));
                case ATOMIC_RMW -> {
                    ByteBuffer bytes = bytes(i, arg(i, 0) + i.imm());
                    long old = read(bytes, i.memory());
                    write(bytes, i.memory(), i.atomic().apply(old, arg(i, 1)));
                    set(i.result(), i.type().normalize(old));
                }
                case ATOMIC_CMPXCHG -> {
                    ByteBuffer bytes = bytes(i, arg(i, 0) + i.imm());
                    long old = read(bytes, i.memory());
                    int others = 64 - 8 * i.memory().width();
                    if (old << others == arg(i, 1) << others) {
                        write(bytes, i.memory(), arg(i, 2));
                    }
                    set(i.result(), i.type().normalize(old));
                }
                case ATOMIC_FENCE -> {}
                case ICONST, FCONST -> set(i.result(), i.imm());
                case VCONST -> set(i.result(), i.vector());
                case VMCTX, FRAME_POINTER, STACK_ADDR -> set(i.result(), place(i));
                case DATA_ADDR ->
                    set(i.result(), DATA + tables.computeIfAbsent(i.bytes(), _ -> tables.size() * DISTANCE));
                default -> compute(i);
            }
        }

        private void load(Inst i, ByteBuffer bytes) {
            if (i.type() == Type.V128) {
                set(i.result(), new V128(bytes.getLong(0), bytes.getLong(8)));
            } else {
                set(i.result(), read(bytes, i.memory()));
            }
        }

        private void store(Inst i, ByteBuffer bytes) {
            if (i.type() == Type.V128) {
                int value = i.opcode().addressOperands();
                bytes.putLong(0, vector(i, value).low());
                bytes.putLong(8, vector(i, value).high());
            } else {
                write(bytes, i.memory(), arg(i, i.opcode().addressOperands()));
            }
        }

        private void lanes(Inst i, LaneOp op) {
            V128[] args = new V128[i.argCount()];
            for (int k = 0; k < args.length; k++) {
                args[k] = i.arg(k).type() == Type.V128 ? vector(i, k) : new V128(arg(i, k), 0);
            }
            V128 result = VectorValues.apply(op, (int) i.imm(), args);
            if (i.result().type() == Type.V128) {
                set(i.result(), result);
            } else {
                set(i.result(), result.low());
            }
        }

        /** What the operation's row says. */
        private void compute(Inst i) {
            Opcode op = i.opcode();
            switch (op.evaluation()) {
                case Evaluation.Unary f -> {
                    Type from = i.arg(0).type();
                    check(f.trap(i.type(), from, arg(i, 0)));
                    set(i.result(), f.apply(i.type(), from, arg(i, 0)));
                }
                case Evaluation.Binary f -> {
                    check(f.trap(i.type(), arg(i, 0), arg(i, 1)));
                    set(i.result(), f.apply(i.type(), arg(i, 0), arg(i, 1)));
                }
                case Evaluation.OfSideData() -> {
                    switch (i.data()) {
                        case IntCond c -> set(i.result(), c.test(arg(i, 0), arg(i, 1)) ? 1 : 0);
                        case FloatCond c -> set(i.result(), c.test(i.arg(0).type(), arg(i, 0), arg(i, 1)) ? 1 : 0);
                        case LaneOp lanes -> lanes(i, lanes);
                        case V128 indices -> set(i.result(), VectorValues.shuffle(indices, vector(i, 0), vector(i, 1)));
                        case MemoryOp _, AtomicAccess _, CallTarget _, TrapReason _, StackArea _, ConstantBytes _ ->
                            throw new AssertionError(op);
                    }
                }
                case Evaluation.None() -> throw new AssertionError(op);
            }
        }

        private static void check(TrapCode trap) {
            if (trap != null) {
                throw new Trap(trap);
            }
        }
    }
}
