package kiln.ir;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import kiln.ir.testing.IrExecution;

/**
 * Runs one function for tests of passes. All regions live in one byte array whose end is the bound of trapping
 * accesses. Callees are made up: their results and what they do to memory follow from the callee, the arguments and the
 * memory.
 */
final class IrInterpreter extends IrExecution {
    static final int MEMORY_BYTES = 1024;
    static final int GLOBALS = 1024;
    static final int CONTEXT = 2048;
    static final int TOTAL = 4096;

    /** What running a function shows to the outside. */
    record Outcome(String end, List<String> calls, long memoryHash) {
        boolean isExhausted() {
            return end.equals("out of steps");
        }
    }

    private final ByteBuffer memory = ByteBuffer.allocate(TOTAL).order(ByteOrder.LITTLE_ENDIAN);
    private final ArrayList<String> calls = new ArrayList<>();
    private long stackTop = 3072;

    private IrInterpreter(int steps) {
        super(steps);
        for (int i = 0; i < CONTEXT + 512; i++) {
            memory.put(i, (byte) (i * 37 + (i >> 3)));
        }
    }

    /** Integers and floats are given as longs, as in {@link IrExecution}. */
    static Outcome run(Function f, int steps, long... args) {
        IrInterpreter in = new IrInterpreter(steps);
        String end;
        try {
            end = "returns " + Arrays.toString(in.run(f, args));
        } catch (Trap t) {
            end = "traps " + t.code;
        } catch (OutOfSteps _) {
            end = "out of steps";
        }
        return new Outcome(end, in.calls, in.hash());
    }

    private long hash() {
        long h = 1;
        for (int i = 0; i < CONTEXT + 512; i++) {
            h = h * 31 + memory.get(i);
        }
        return h;
    }

    @Override
    protected long place(Inst i) {
        return switch (i.opcode()) {
            case VMCTX -> CONTEXT;
            case FRAME_POINTER -> 0x7fff0000L;
            default -> {
                long at = stackTop;
                stackTop += i.imm() + 15 & -16;
                yield at;
            }
        };
    }

    private int index(Inst i, long at) {
        int bound = i.memory().region().kind() == Region.Kind.MEMORY ? MEMORY_BYTES : TOTAL;
        if (at < 0 || at > bound - i.memory().width()) {
            if (i.memory().trap() != null) {
                throw new Trap(i.memory().trap());
            }
            throw new AssertionError("access out of bounds: " + Printer.print(i) + " at " + at);
        }
        return (int) at;
    }

    @Override
    protected ByteBuffer bytes(Inst i, long address) {
        return memory.slice(index(i, address), i.memory().width()).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    protected long[] call(Inst i, long[] args) {
        String what = i + " " + i.call().key() + Arrays.toString(args);
        calls.add(what + " " + hash());
        long seed = what.hashCode() * 0x9e3779b97f4a7c15L;
        memory.putInt((int) (seed >>> 40) % (MEMORY_BYTES - 4), (int) seed);
        memory.putInt(GLOBALS + (int) (seed >>> 60) * 8, (int) seed);
        long[] results = new long[i.resultCount()];
        for (int r = 0; r < results.length; r++) {
            seed = seed * 31 + 7;
            results[r] = switch (i.result(r).type()) {
                case I32 -> (long) (int) (seed >>> 50);
                case F32 -> (long) Float.floatToIntBits(seed >>> 45) & 0xffffffffL;
                case F64 -> Double.doubleToLongBits(seed >>> 45);
                default -> seed;
            };
        }
        return results;
    }
}
