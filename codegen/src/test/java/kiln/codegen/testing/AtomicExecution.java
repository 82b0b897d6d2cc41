package kiln.codegen.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import kiln.artifact.FuncKey;
import kiln.ir.AtomicOp;
import kiln.ir.Builder;
import kiln.ir.Function;
import kiln.ir.MemoryOp;
import kiln.ir.Printer;
import kiln.ir.Region;
import kiln.ir.Signature;
import kiln.ir.Type;
import kiln.ir.Value;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Atomic operations of all kinds and widths on numbers at their edges: operands in registers and constant, one register
 * for both, results used and not, high bits in what a narrow compare-and-exchange expects; with each set of features.
 */
public abstract class AtomicExecution {
    private static final int PLACE = 1024;
    private static final long[] NUMBERS = {
        0, 1, -1, 0x7f, 0x80, 0xff, 0x1ff, 0x8000, 0x1ffff, 0x7fffffffL, 0x80000000L, 0x180000001L, Long.MIN_VALUE
    };
    /** On an emulated machine every fifth pair, unless {@code -Dkiln.whole=true} is given. */
    private static final int STEP = Boolean.getBoolean("kiln.emulated") && !Boolean.getBoolean("kiln.whole") ? 5 : 1;

    private static final Region MEMORY = new Region(Region.Kind.MEMORY, 0);

    private final Machine.Target target;

    protected AtomicExecution(Machine.Target target) {
        this.target = target;
    }

    @BeforeEach
    void start() {
        assumeTrue(target.isHost(), "machine code of another architecture");
    }

    /** Where the operands are. */
    private enum Operands {
        REGISTERS,
        /** The last one. */
        CONSTANT,
        /** The first one of two. */
        CONSTANT_FIRST,
        /** The same one, if there are two. */
        SAME
    }

    /** (address, x, y) to the result, or to x if nobody uses that. {@code op} null: compare and exchange. */
    private static Function function(
            int number, AtomicOp op, Type t, int width, Operands operands, long constant, boolean used) {
        Function f =
                new Function(FuncKey.wasmFunction(0, number), new Signature(List.of(Type.I64, t, t), List.of(t, t)));
        Builder b = new Builder(f);
        b.setBlock(f.newBlock());
        Value address = b.block().addParam(Type.I64);
        Value x = b.block().addParam(t);
        Value y = b.block().addParam(t);
        MemoryOp m = new MemoryOp(width, false, MEMORY, true, false);
        Value k = b.constant(t, t.normalize(constant));
        Value first = operands == Operands.CONSTANT_FIRST ? k : x;
        Value second = operands == Operands.CONSTANT ? k : operands == Operands.SAME ? first : y;
        Value old = op == null
                ? b.atomicCompareAndExchange(m, address, 16, first, second)
                : b.atomicRmw(op, m, address, 16, second);
        b.ret(used ? old : x, b.atomicLoad(t, m, address, 16));
        return f;
    }

    @Test
    void operationsDoWhatTheIrSays() {
        List<AtomicOp> ops = new ArrayList<>(List.of(AtomicOp.values()));
        ops.add(null);
        List<Function> functions = new ArrayList<>();
        for (AtomicOp op : ops) {
            for (Type t : List.of(Type.I32, Type.I64)) {
                for (int width = 1; width <= t.bytes(); width *= 2) {
                    for (Operands o : Operands.values()) {
                        for (boolean used : new boolean[] {true, false}) {
                            long constant = NUMBERS[functions.size() % NUMBERS.length];
                            functions.add(function(functions.size(), op, t, width, o, constant, used));
                        }
                    }
                }
            }
        }
        int next = 0;
        for (Set<String> features : target.vectorFeatureSets()) {
            try (Machine machine = new Machine(target)) {
                machine.load(functions, Machine.options(features));
                for (Function f : functions) {
                    for (long there : NUMBERS) {
                        for (int i = next++ % STEP; i < NUMBERS.length; i += STEP) {
                            long x = NUMBERS[i];
                            check(machine, f, there, x, NUMBERS[Math.floorMod(there + x, NUMBERS.length)]);
                        }
                    }
                }
            }
        }
    }

    private static void check(Machine machine, Function f, long there, long x, long y) {
        Type t = f.signature().params().get(1);
        long[] args = {machine.args + PLACE, t.normalize(x), t.normalize(y)};
        String expected = run(machine, there, () -> Machine.expected(f, args));
        String actual = run(machine, there, () -> machine.call(f.key(), f.signature(), args));
        if (!expected.equals(actual)) {
            assertEquals(expected, actual, () -> Printer.print(f) + Long.toHexString(there) + " " + x + " " + y);
        }
    }

    /** The outcome, and what is in memory then. */
    private static String run(Machine machine, long there, Supplier<Machine.Outcome> code) {
        machine.put(PLACE + 8, 5);
        machine.put(PLACE + 16, there);
        machine.put(PLACE + 24, 6);
        return code.get() + " " + machine.get(PLACE + 8) + " " + machine.get(PLACE + 16) + " "
                + machine.get(PLACE + 24);
    }
}
