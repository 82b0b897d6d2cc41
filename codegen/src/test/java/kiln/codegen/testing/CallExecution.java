package kiln.codegen.testing;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import kiln.artifact.FuncKey;
import kiln.codegen.CodegenOptions;
import kiln.codegen.CompiledFunction;
import kiln.ir.Builder;
import kiln.ir.CallTarget;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.MemoryOp;
import kiln.ir.Opcode;
import kiln.ir.Region;
import kiln.ir.Signature;
import kiln.ir.Type;
import kiln.ir.Value;
import org.junit.jupiter.api.Test;

/** Random calls and tail calls, with arguments and results in registers and beyond, run on the machine. */
public abstract class CallExecution {
    private static final Type[] TYPES = {Type.I32, Type.I64, Type.F32, Type.F64, Type.REF};

    private final Machine.Target target;

    protected CallExecution(Machine.Target target) {
        this.target = target;
    }

    private static Signature randomSignature(Random random, int params, int results) {
        List<Type> p = new ArrayList<>();
        List<Type> r = new ArrayList<>();
        for (int i = 0; i < params; i++) {
            p.add(TYPES[random.nextInt(TYPES.length)]);
        }
        for (int i = 0; i < results; i++) {
            r.add(TYPES[random.nextInt(TYPES.length)]);
        }
        return new Signature(p, r);
    }

    private static FuncKey key(int i) {
        return FuncKey.wasmFunction(0, i);
    }

    private static List<Value> params(Builder b, Signature s) {
        List<Value> values = new ArrayList<>();
        for (Type t : s.params()) {
            values.add(b.block().addParam(t));
        }
        return values;
    }

    /** A value of {@code t} from the parameters: a parameter of the type, or a constant. */
    private static Value pick(Builder b, Random random, List<Value> values, Type t) {
        List<Value> fitting = values.stream().filter(v -> v.type() == t).toList();
        return fitting.isEmpty() || random.nextInt(8) == 0
                ? b.constant(t, constant(random, t))
                : fitting.get(random.nextInt(fitting.size()));
    }

    /** What {@link #pick} picks, in Java. */
    private static long pick(Random random, Signature s, long[] values, Type t) {
        List<Integer> fitting = new ArrayList<>();
        for (int i = 0; i < values.length; i++) {
            if (s.params().get(i) == t) {
                fitting.add(i);
            }
        }
        return fitting.isEmpty() || random.nextInt(8) == 0
                ? constant(random, t)
                : values[fitting.get(random.nextInt(fitting.size()))];
    }

    /** Constants that fit into few bits, into an i32 with or without sign, and that need all bits. */
    private static long constant(Random random, Type t) {
        long bits = random.nextLong() >> 8 * random.nextInt(8);
        return t == Type.REF ? 0 : normal(t, bits);
    }

    private static long normal(Type t, long v) {
        return t == Type.I32 ? (int) v : t == Type.F32 ? v & 0xffff_ffffL : v;
    }

    private enum How {
        DIRECT,
        INDIRECT,
        TAIL,
        TAIL_INDIRECT
    }

    /**
     * Functions that pass a random choice of their parameters on to the next one; the last one returns a choice.
     * Whatever is moved to a wrong place shows in the results.
     */
    @Test
    void argumentsAndResultsArrive() {
        assumeTrue(target.isHost(), "machine code of another architecture");
        for (int seed = 0; seed < Integer.getInteger("kiln.test.random", 400) / 4; seed++) {
            for (boolean reload : new boolean[] {false, true}) {
                chain(seed, reload);
            }
        }
    }

    private void chain(int seed, boolean reload) {
        Random random = new Random(seed);
        CodegenOptions options = new CodegenOptions(2, Set.of(), reload, true);
        int length = 4;
        int results = random.nextInt(24);
        List<Signature> signatures = new ArrayList<>();
        Signature last = randomSignature(random, random.nextInt(30), results);
        for (int i = 0; i < length - 1; i++) {
            signatures.add(
                    new Signature(randomSignature(random, random.nextInt(30), 0).params(), last.results()));
        }
        signatures.add(last);
        long[] values = new long[signatures.getFirst().params().size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = normal(signatures.getFirst().params().get(i), random.nextLong());
        }
        long[] input = values;
        List<CompiledFunction> compiled = new ArrayList<>();
        try (Arena arena = Arena.ofConfined()) {
            // Cells from which indirect calls read the address; the machine does not exist yet.
            MemorySegment cells = arena.allocate(8 * length, 8);
            for (int i = 0; i < length; i++) {
                Signature s = signatures.get(i);
                Function f = new Function(key(i), s);
                Builder b = new Builder(f);
                b.setBlock(f.newBlock());
                List<Value> params = params(b, s);
                How how = How.values()[random.nextInt(4)];
                List<Type> wanted =
                        i == length - 1 ? s.results() : signatures.get(i + 1).params();
                long pickSeed = random.nextLong();
                Random choice = new Random(pickSeed);
                Value[] args = new Value[wanted.size()];
                for (int k = 0; k < args.length; k++) {
                    args[k] = pick(b, choice, params, wanted.get(k));
                }
                if (i == length - 1) {
                    b.ret(args);
                } else {
                    call(b, how, signatures.get(i + 1), i + 1, cells, args);
                }
                compiled.add(target.backend().compile(Machine.prepared(f), options));
                choice = new Random(pickSeed);
                long[] next = new long[wanted.size()];
                for (int k = 0; k < next.length; k++) {
                    next[k] = pick(choice, s, values, wanted.get(k));
                }
                values = next;
            }
            try (Machine m = new Machine(target)) {
                m.link(compiled);
                for (int i = 0; i < length; i++) {
                    cells.setAtIndex(JAVA_LONG, i, m.address(key(i)));
                }
                long[] actual = m.call(key(0), signatures.getFirst(), input).results();
                assertArrayEquals(values, actual, "seed " + seed);
            }
        }
    }

    private static void call(Builder b, How how, Signature s, int callee, MemorySegment cells, Value[] args) {
        CallTarget target = new CallTarget(key(callee), s);
        CallTarget anonymous = new CallTarget(null, s);
        Value code = b.load(Type.I64, MemoryOp.of(Type.I64, Region.CONTEXT), b.i64(cells.address() + 8L * callee), 0);
        switch (how) {
            case DIRECT -> returnAll(b, b.call(target, args));
            // The context as a value of its own, so that it is moved to its register and restored.
            case INDIRECT -> returnAll(b, b.callIndirect(anonymous, code, copied(b), args));
            case TAIL -> b.returnCall(target, args);
            case TAIL_INDIRECT -> b.returnCallIndirect(anonymous, code, copied(b), args);
        }
    }

    private static Value copied(Builder b) {
        Value zero = b.append(Opcode.SUB, Type.I64, null, b.vmctx(), b.vmctx()).result();
        return b.append(Opcode.ADD, Type.I64, null, b.vmctx(), zero).result();
    }

    private static void returnAll(Builder b, Inst call) {
        Value[] results = new Value[call.resultCount()];
        for (int i = 0; i < results.length; i++) {
            results[i] = call.result(i);
        }
        b.ret(results);
    }
}
