package kiln.codegen.x64;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import kiln.artifact.FuncKey;
import kiln.artifact.TrapCode;
import kiln.ir.Block;
import kiln.ir.ConstantFolding;
import kiln.ir.Edge;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.MemoryOp;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.Value;

/** Runs IR on a copy of the memory that machine code will see at {@code base}. */
final class Interpreter {
    /** A trap of the program. */
    static final class Trapped extends RuntimeException {
        private static final long serialVersionUID = 1;

        final TrapCode code;

        Trapped(TrapCode code) {
            super(code.name(), null, false, false);
            this.code = code;
        }
    }

    /** More steps than the test wants to wait for. */
    static final class Endless extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    private final Map<FuncKey, Function> functions = new HashMap<>();
    private final long base;
    private final ByteBuffer memory;
    private int steps = 200_000;

    Interpreter(List<Function> functions, long base, byte[] memory) {
        functions.forEach(f -> this.functions.put(f.key(), f));
        this.base = base;
        this.memory = ByteBuffer.wrap(memory).order(ByteOrder.LITTLE_ENDIAN);
    }

    long[] run(Function f, long... args) {
        long[] values = new long[f.valueIdBound()];
        for (int i = 0; i < args.length; i++) {
            values[f.entry().params().get(i).id()] = args[i];
        }
        Block block = f.entry();
        while (true) {
            for (Inst i = block.first(); i != block.terminator(); i = i.next()) {
                if (--steps < 0) {
                    throw new Endless();
                }
                execute(i, values);
            }
            Inst t = block.terminator();
            Edge edge = switch (t.opcode()) {
                case JUMP -> t.target(0);
                case BRANCH -> t.target(values[t.arg(0).id()] != 0 ? 0 : 1);
                case SWITCH -> t.target((int) Math.min(values[t.arg(0).id()] & 0xffffffffL, t.targetCount() - 1));
                case RETURN -> null;
                default -> throw new IllegalArgumentException(t.toString());
            };
            if (edge == null) {
                return arguments(t, values);
            }
            long[] passed = new long[edge.argCount()];
            for (int i = 0; i < passed.length; i++) {
                passed[i] = values[edge.arg(i).id()];
            }
            block = edge.target();
            for (int i = 0; i < passed.length; i++) {
                values[block.params().get(i).id()] = passed[i];
            }
        }
    }

    private static long[] arguments(Inst inst, long[] values) {
        long[] result = new long[inst.argCount()];
        for (int i = 0; i < result.length; i++) {
            result[i] = values[inst.arg(i).id()];
        }
        return result;
    }

    private void execute(Inst i, long[] values) {
        long[] a = arguments(i, values);
        Type type = i.type();
        switch (i.opcode()) {
            case CALL -> {
                long[] results = run(functions.get(i.call().key()), a);
                for (int k = 0; k < results.length; k++) {
                    values[i.result(k).id()] = results[k];
                }
            }
            case STORE -> store(i.memory().width(), (int) (a[0] + i.imm() - base), a[1]);
            case INTERRUPT_CHECK -> {}
            case TRAP_IF_ZERO -> {
                if (a[0] == 0) {
                    throw new Trapped(i.trap());
                }
            }
            default ->
                values[i.result().id()] = ConstantFolding.normalize(
                        type(i),
                        switch (i.opcode()) {
                            case ICONST, FCONST -> i.imm();
                            case ICMP -> i.intCond().test(a[0], a[1]) ? 1 : 0;
                            case FCMP -> ConstantFolding.compare(i.floatCond(), type, a[0], a[1]) ? 1 : 0;
                            case SELECT -> a[0] != 0 ? a[1] : a[2];
                            case LOAD -> load(i.memory(), (int) (a[0] + i.imm() - base));
                            case UDIV, SDIV, UREM, SREM -> divide(i.opcode(), type, a[0], a[1]);
                            default ->
                                a.length == 2
                                        ? ConstantFolding.binary(i.opcode(), type, a[0], a[1])
                                        : ConstantFolding.unary(
                                                i.opcode(), type, i.arg(0).type(), a[0]);
                        });
        }
    }

    private static Type type(Inst i) {
        Value v = i.result();
        return v.type();
    }

    private static long divide(Opcode op, Type type, long x, long y) {
        if (y == 0) {
            throw new Trapped(TrapCode.INTEGER_DIVIDE_BY_ZERO);
        }
        if (!ConstantFolding.canFold(op, type, x, y)) {
            throw new Trapped(TrapCode.INTEGER_OVERFLOW);
        }
        return ConstantFolding.binary(op, type, x, y);
    }

    private long load(MemoryOp m, int at) {
        return switch (m.width()) {
            case 1 -> m.signed() ? memory.get(at) : memory.get(at) & 0xff;
            case 2 -> m.signed() ? memory.getShort(at) : memory.getShort(at) & 0xffff;
            case 4 -> m.signed() ? memory.getInt(at) : memory.getInt(at) & 0xffffffffL;
            default -> memory.getLong(at);
        };
    }

    private void store(int width, int at, long v) {
        switch (width) {
            case 1 -> memory.put(at, (byte) v);
            case 2 -> memory.putShort(at, (short) v);
            case 4 -> memory.putInt(at, (int) v);
            default -> memory.putLong(at, v);
        }
    }
}
