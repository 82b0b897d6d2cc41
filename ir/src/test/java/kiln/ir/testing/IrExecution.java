package kiln.ir.testing;

import java.nio.ByteBuffer;
import java.util.List;
import kiln.artifact.TrapCode;
import kiln.ir.Block;
import kiln.ir.ConstantFolding;
import kiln.ir.Edge;
import kiln.ir.FloatCond;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.MemoryOp;
import kiln.ir.Type;
import kiln.ir.Value;

/**
 * Executes IR, for tests of all modules. What lies around a function (memory, other functions, its frame) is the subclass's
 * affair. Every value is a long: integers of 32 bits sign-extended, floats as their bits, as in {@link ConstantFolding}.
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

    /** A function about to be executed. */
    public record Entry(Function function, long[] args) {}

    private long steps;

    /** {@code steps}: most instructions to execute. */
    protected IrExecution(long steps) {
        this.steps = steps;
    }

    /** What LOAD reads at {@code address}; see {@link #read}. */
    protected abstract long load(Inst inst, long address);

    /** What STORE does at {@code address}. */
    protected abstract void store(Inst inst, long address, long value);

    /** The results of CALL, CALL_INDIRECT or CALL_NATIVE, all of whose operands are {@code args}. */
    protected abstract long[] call(Inst inst, long[] args);

    /** What RETURN_CALL or RETURN_CALL_INDIRECT goes on with. */
    protected Entry tailCall(Inst inst, long[] args) {
        throw new IllegalArgumentException(inst.toString());
    }

    /** What UNWIND ends with. */
    protected RuntimeException unwind() {
        throw new IllegalArgumentException("unwind");
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

    /** The bytes at {@code at}, extended as a load says. */
    public static long read(ByteBuffer bytes, int at, MemoryOp op) {
        return switch (op.width()) {
            case 1 -> op.signed() ? bytes.get(at) : bytes.get(at) & 0xffL;
            case 2 -> op.signed() ? bytes.getShort(at) : bytes.getShort(at) & 0xffffL;
            case 4 -> op.signed() ? bytes.getInt(at) : bytes.getInt(at) & 0xffff_ffffL;
            default -> bytes.getLong(at);
        };
    }

    /** Writes the low bytes of {@code value}. */
    public static void write(ByteBuffer bytes, int at, MemoryOp op, long value) {
        switch (op.width()) {
            case 1 -> bytes.put(at, (byte) value);
            case 2 -> bytes.putShort(at, (short) value);
            case 4 -> bytes.putInt(at, (int) value);
            default -> bytes.putLong(at, value);
        }
    }

    private final class Frame {
        private final Function f;
        private final long[] values;
        private final boolean[] defined;
        private long[] results;

        Frame(Entry entry) {
            f = entry.function;
            values = new long[f.valueIdBound()];
            defined = new boolean[values.length];
            setAll(f.entry().params(), entry.args);
        }

        private void set(Value v, long x) {
            values[v.id()] = ConstantFolding.normalize(v.type(), x);
            defined[v.id()] = true;
        }

        private void setAll(List<Value> targets, long[] from) {
            if (targets.size() != from.length) {
                throw new AssertionError(from.length + " values for " + targets + " in " + f.key());
            }
            for (int i = 0; i < from.length; i++) {
                set(targets.get(i), from[i]);
            }
        }

        private long get(Value v) {
            if (!defined[v.id()]) {
                throw new AssertionError(v + " has no value yet in " + f.key());
            }
            return values[v.id()];
        }

        private long arg(Inst i, int a) {
            return get(i.arg(a));
        }

        private long[] args(Inst i) {
            long[] all = new long[i.argCount()];
            for (int a = 0; a < all.length; a++) {
                all[a] = arg(i, a);
            }
            return all;
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
                    case RETURN_CALL, RETURN_CALL_INDIRECT -> {
                        return tailCall(i, args(i));
                    }
                    default -> throw new AssertionError(i.opcode());
                }
            }
        }

        private void count() {
            if (--steps < 0) {
                throw new OutOfSteps();
            }
        }

        private Block follow(Edge e) {
            long[] args = new long[e.argCount()];
            for (int a = 0; a < args.length; a++) {
                args[a] = get(e.arg(a));
            }
            setAll(e.target().params(), args);
            return e.target();
        }

        private void execute(Inst i) {
            switch (i.opcode()) {
                case STORE -> store(i, arg(i, 0) + i.imm(), arg(i, 1));
                case CALL, CALL_INDIRECT, CALL_NATIVE -> {
                    long[] from = call(i, args(i));
                    for (int r = 0; r < i.resultCount(); r++) {
                        set(i.result(r), from[r]);
                    }
                }
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
                default -> set(i.result(), value(i));
            }
        }

        private long value(Inst i) {
            Type type = i.type();
            return switch (i.opcode()) {
                case ICONST, FCONST -> i.imm();
                case VMCTX, FRAME_POINTER, STACK_ADDR -> place(i);
                case ICMP -> i.intCond().test(arg(i, 0), arg(i, 1)) ? 1 : 0;
                case FCMP -> ConstantFolding.compare(i.floatCond(), type, arg(i, 0), arg(i, 1)) ? 1 : 0;
                case SELECT -> arg(i, arg(i, 0) != 0 ? 1 : 2);
                case LOAD -> load(i, arg(i, 0) + i.imm());
                default -> i.argCount() == 2 ? binary(i) : unary(i);
            };
        }

        private long binary(Inst i) {
            long x = arg(i, 0);
            long y = arg(i, 1);
            if (!ConstantFolding.canFold(i.opcode(), i.type(), x, y)) {
                throw new Trap(y == 0 ? TrapCode.INTEGER_DIVIDE_BY_ZERO : TrapCode.INTEGER_OVERFLOW);
            }
            return ConstantFolding.binary(i.opcode(), i.type(), x, y);
        }

        private long unary(Inst i) {
            long x = arg(i, 0);
            Type from = i.arg(0).type();
            if (!ConstantFolding.canFold(i.opcode(), i.type(), from, x)) {
                boolean nan = !ConstantFolding.compare(FloatCond.EQ, from, x, x);
                throw new Trap(nan ? TrapCode.BAD_CONVERSION_TO_INTEGER : TrapCode.INTEGER_OVERFLOW);
            }
            return ConstantFolding.unary(i.opcode(), i.type(), from, x);
        }
    }
}
