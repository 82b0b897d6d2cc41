package kiln.ir;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Runs IR for tests. All regions live in one byte array whose end is the bound of trapping accesses. Callees are made
 * up: their results and what they do to memory follow from the callee, the arguments and the memory.
 */
final class IrInterpreter {
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

    private static final class Trap extends RuntimeException {
        private static final long serialVersionUID = 1;

        Trap(String code) {
            super(code, null, false, false);
        }
    }

    private final ByteBuffer memory = ByteBuffer.allocate(TOTAL).order(ByteOrder.LITTLE_ENDIAN);
    private final ArrayList<String> calls = new ArrayList<>();
    private final Object[] values;
    private final Function f;
    private int steps;
    private long stackTop = 3072;

    private IrInterpreter(Function f, int steps) {
        this.f = f;
        this.steps = steps;
        this.values = new Object[f.valueIdBound()];
        for (int i = 0; i < CONTEXT + 512; i++) {
            memory.put(i, (byte) (i * 37 + (i >> 3)));
        }
    }

    /** Integers and floats are given as longs, as in {@link ConstantFolding}. */
    static Outcome run(Function f, int steps, long... args) {
        IrInterpreter in = new IrInterpreter(f, steps);
        String end;
        try {
            for (int i = 0; i < args.length; i++) {
                in.values[f.entry().params().get(i).id()] = args[i];
            }
            end = "returns " + in.execute();
        } catch (Trap t) {
            end = t.getMessage();
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

    private String execute() {
        Block b = f.entry();
        while (true) {
            for (Inst i = b.first(); ; i = i.next()) {
                if (--steps < 0) {
                    throw new Trap("out of steps");
                }
                if (i.opcode().isTerminator()) {
                    switch (i.opcode()) {
                        case JUMP -> b = follow(i.target(0));
                        case BRANCH -> b = follow(i.target(value(i, 0) != 0 ? 0 : 1));
                        case SWITCH -> {
                            long index = value(i, 0) & 0xffffffffL;
                            b = follow(i.target((int) Math.min(index, i.targetCount() - 1)));
                        }
                        case RETURN -> {
                            return Arrays.toString(arguments(i));
                        }
                        case TRAP -> throw new Trap("traps " + i.trap());
                        default -> throw new AssertionError("cannot run " + i);
                    }
                    break;
                }
                execute(i);
            }
        }
    }

    private Block follow(Edge e) {
        Object[] args = new Object[e.argCount()];
        for (int i = 0; i < args.length; i++) {
            args[i] = object(e.arg(i));
        }
        for (int i = 0; i < args.length; i++) {
            values[e.target().params().get(i).id()] = args[i];
        }
        return e.target();
    }

    private Object object(Value v) {
        Object o = values[v.id()];
        if (o == null) {
            throw new AssertionError(v + " has no value yet");
        }
        return o;
    }

    private long value(Inst i, int a) {
        return (Long) object(i.arg(a));
    }

    private Object[] arguments(Inst i) {
        Object[] all = new Object[i.argCount()];
        for (int a = 0; a < all.length; a++) {
            all[a] = object(i.arg(a));
        }
        return all;
    }

    private void set(Inst i, Object v) {
        values[i.result().id()] = v;
    }

    private void execute(Inst i) {
        Type type = i.type();
        switch (i.opcode()) {
            case ICONST, FCONST -> set(i, i.imm());
            case VCONST -> set(i, i.vector());
            case VMCTX -> set(i, (long) CONTEXT);
            case FRAME_POINTER -> set(i, 0x7fff0000L);
            case STACK_ADDR -> {
                set(i, stackTop);
                stackTop += i.imm() + 15 & -16;
            }
            case ICMP -> set(i, i.intCond().test(value(i, 0), value(i, 1)) ? 1L : 0L);
            case FCMP -> set(i, ConstantFolding.compare(i.floatCond(), type, value(i, 0), value(i, 1)) ? 1L : 0L);
            case SELECT -> set(i, object(i.arg(value(i, 0) != 0 ? 1 : 2)));
            case LOAD -> load(i);
            case STORE -> store(i);
            case CALL, CALL_INDIRECT, CALL_NATIVE -> call(i);
            case TRAP_IF -> {
                if (value(i, 0) != 0) {
                    throw new Trap("traps " + i.trap());
                }
            }
            case TRAP_IF_ZERO -> {
                if (value(i, 0) == 0) {
                    throw new Trap("traps " + i.trap());
                }
            }
            case INTERRUPT_CHECK -> {}
            default -> {
                if (i.argCount() == 2) {
                    long a = value(i, 0);
                    long b = value(i, 1);
                    if (!ConstantFolding.canFold(i.opcode(), type, a, b)) {
                        throw new Trap("traps " + (b == 0 ? "INTEGER_DIVIDE_BY_ZERO" : "INTEGER_OVERFLOW"));
                    }
                    set(i, ConstantFolding.binary(i.opcode(), type, a, b));
                } else {
                    long a = value(i, 0);
                    Type from = i.arg(0).type();
                    if (!ConstantFolding.canFold(i.opcode(), type, from, a)) {
                        throw new Trap("traps in conversion");
                    }
                    set(i, ConstantFolding.unary(i.opcode(), type, from, a));
                }
            }
        }
    }

    private int address(Inst i) {
        long at = value(i, 0) + i.imm();
        int bound = i.memory().region().kind() == Region.Kind.MEMORY ? MEMORY_BYTES : TOTAL;
        if (at < 0 || at > bound - i.memory().width()) {
            if (i.memory().trap() != null) {
                throw new Trap("traps " + i.memory().trap());
            }
            throw new AssertionError("access out of bounds: " + Printer.print(i) + " at " + at);
        }
        return (int) at;
    }

    private void load(Inst i) {
        int at = address(i);
        boolean signed = i.memory().signed();
        long v = switch (i.memory().width()) {
            case 1 -> signed ? memory.get(at) : memory.get(at) & 0xffL;
            case 2 -> signed ? memory.getShort(at) : memory.getShort(at) & 0xffffL;
            case 4 -> signed || i.type() == Type.I32 ? memory.getInt(at) : memory.getInt(at) & 0xffffffffL;
            default -> memory.getLong(at);
        };
        set(i, v);
    }

    private void store(Inst i) {
        int at = address(i);
        long v = value(i, 1);
        switch (i.memory().width()) {
            case 1 -> memory.put(at, (byte) v);
            case 2 -> memory.putShort(at, (short) v);
            case 4 -> memory.putInt(at, (int) v);
            default -> memory.putLong(at, v);
        }
    }

    private void call(Inst i) {
        String what = i + " " + i.call().key() + Arrays.toString(arguments(i));
        calls.add(what + " " + hash());
        long seed = what.hashCode() * 0x9e3779b97f4a7c15L;
        memory.putInt((int) (seed >>> 40) % (MEMORY_BYTES - 4), (int) seed);
        memory.putInt(GLOBALS + (int) (seed >>> 60) * 8, (int) seed);
        for (int r = 0; r < i.resultCount(); r++) {
            seed = seed * 31 + 7;
            values[i.result(r).id()] = switch (i.result(r).type()) {
                case I32 -> (long) (int) (seed >>> 50);
                case F32 -> (long) Float.floatToIntBits(seed >>> 45) & 0xffffffffL;
                case F64 -> Double.doubleToLongBits(seed >>> 45);
                default -> seed;
            };
        }
    }
}
