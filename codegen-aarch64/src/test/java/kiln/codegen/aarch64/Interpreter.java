package kiln.codegen.aarch64;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import kiln.artifact.TrapCode;
import kiln.ir.Block;
import kiln.ir.ConstantFolding;
import kiln.ir.Edge;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.MemoryOp;
import kiln.ir.Type;
import kiln.ir.Value;

/**
 * What a function without calls computes, by the meaning of each operation in Java: integers as in ICONST, floats as
 * their bits, addresses real ones.
 */
final class Interpreter {
    private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private final Map<Value, Long> values = new HashMap<>();

    private Interpreter() {}

    private static final class Trapped extends RuntimeException {
        private static final long serialVersionUID = 1;
        private final TrapCode code;

        Trapped(TrapCode code) {
            super(null, null, false, false);
            this.code = code;
        }
    }

    static Machine.Outcome run(Function f, long... args) {
        try {
            return new Machine.Outcome(new Interpreter().function(f, args), null, 0);
        } catch (Trapped t) {
            return new Machine.Outcome(null, t.code, 0);
        }
    }

    private long[] function(Function f, long[] args) {
        for (int i = 0; i < args.length; i++) {
            values.put(
                    f.entry().params().get(i),
                    ConstantFolding.normalize(f.signature().params().get(i), args[i]));
        }
        Block block = f.entry();
        while (true) {
            for (Inst i = block.first(); i != block.terminator(); i = i.next()) {
                execute(i);
            }
            Inst t = block.terminator();
            Edge edge = switch (t.opcode()) {
                case JUMP -> t.target(0);
                case BRANCH -> t.target(arg(t, 0) != 0 ? 0 : 1);
                case SWITCH -> t.target((int) Math.min(arg(t, 0) & 0xffff_ffffL, t.targetCount() - 1));
                case TRAP -> throw new Trapped(t.trap());
                case RETURN -> null;
                default -> throw new IllegalArgumentException(t.toString());
            };
            if (edge == null) {
                long[] results = new long[t.argCount()];
                for (int i = 0; i < results.length; i++) {
                    results[i] = arg(t, i);
                }
                return results;
            }
            long[] passed = new long[edge.argCount()];
            for (int i = 0; i < passed.length; i++) {
                passed[i] = values.get(edge.arg(i));
            }
            block = edge.target();
            for (int i = 0; i < passed.length; i++) {
                values.put(block.params().get(i), passed[i]);
            }
        }
    }

    private long arg(Inst i, int k) {
        return values.get(i.arg(k));
    }

    private void execute(Inst i) {
        Type type = i.type();
        switch (i.opcode()) {
            case ICONST, FCONST -> values.put(i.result(), i.imm());
            case ICMP -> values.put(i.result(), i.intCond().test(arg(i, 0), arg(i, 1)) ? 1L : 0L);
            case FCMP ->
                values.put(i.result(), ConstantFolding.compare(i.floatCond(), type, arg(i, 0), arg(i, 1)) ? 1L : 0L);
            case SELECT -> values.put(i.result(), arg(i, arg(i, 0) != 0 ? 1 : 2));
            case UDIV, SDIV, UREM, SREM -> {
                if (arg(i, 1) == 0) {
                    throw new Trapped(TrapCode.INTEGER_DIVIDE_BY_ZERO);
                }
                if (!ConstantFolding.canFold(i.opcode(), type, arg(i, 0), arg(i, 1))) {
                    throw new Trapped(TrapCode.INTEGER_OVERFLOW);
                }
                values.put(i.result(), ConstantFolding.binary(i.opcode(), type, arg(i, 0), arg(i, 1)));
            }
            case TO_SINT, TO_UINT -> truncate(i);
            case TRAP_IF -> {
                if (arg(i, 0) != 0) {
                    throw new Trapped(i.trap());
                }
            }
            case TRAP_IF_ZERO -> {
                if (arg(i, 0) == 0) {
                    throw new Trapped(i.trap());
                }
            }
            case INTERRUPT_CHECK -> {}
            case LOAD -> values.put(i.result(), load(type, i.memory(), arg(i, 0) + i.imm()));
            case STORE -> {
                long at = arg(i, 0) + i.imm();
                for (int k = 0; k < i.memory().width(); k++) {
                    ALL.set(JAVA_BYTE, at + k, (byte) (arg(i, 1) >>> 8 * k));
                }
            }
            default ->
                values.put(
                        i.result(),
                        i.argCount() == 2
                                ? ConstantFolding.binary(i.opcode(), type, arg(i, 0), arg(i, 1))
                                : ConstantFolding.unary(
                                        i.opcode(), type, i.arg(0).type(), arg(i, 0)));
        }
    }

    private void truncate(Inst i) {
        boolean dbl = i.arg(0).type() == Type.F64;
        double x = dbl ? Double.longBitsToDouble(arg(i, 0)) : Float.intBitsToFloat((int) arg(i, 0));
        if (Double.isNaN(x)) {
            throw new Trapped(TrapCode.BAD_CONVERSION_TO_INTEGER);
        }
        if (!ConstantFolding.canFold(i.opcode(), i.type(), i.arg(0).type(), arg(i, 0))) {
            throw new Trapped(TrapCode.INTEGER_OVERFLOW);
        }
        values.put(
                i.result(), ConstantFolding.unary(i.opcode(), i.type(), i.arg(0).type(), arg(i, 0)));
    }

    private static long load(Type type, MemoryOp m, long at) {
        long v = 0;
        for (int k = 0; k < m.width(); k++) {
            v |= (ALL.get(JAVA_BYTE, at + k) & 0xffL) << 8 * k;
        }
        if (m.signed() && m.width() < 8) {
            v = v << 64 - 8 * m.width() >> 64 - 8 * m.width();
        }
        return ConstantFolding.normalize(type, v);
    }
}
