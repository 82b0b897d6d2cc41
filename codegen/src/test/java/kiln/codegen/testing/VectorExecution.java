package kiln.codegen.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import kiln.ir.Function;
import kiln.ir.Printer;
import kiln.ir.Type;
import kiln.ir.V128;
import kiln.ir.VectorOp;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Every operation on vectors, executed on the machine in all {@link VectorForm}s and compared with
 * {@link kiln.ir.VectorValues}, or with what WebAssembly allows where that is more ({@link VectorResults}). A new row
 * of {@link VectorOp} is tested without a line here.
 */
public abstract class VectorExecution {
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
    private static final long OPERAND_BYTES = 1 << 20;
    private static final int BATCH = 8192;
    private static final int PAIR_RECORDS = 12;
    /** What a result is before it is written. */
    private static final byte BLANK = 0x5c;

    private final Machine.Target target;
    private final Map<Set<String>, Machine> machines = new LinkedHashMap<>();
    private GuardedMemory operands;
    private GuardedMemory results;
    private GuardedMemory others;

    protected VectorExecution(Machine.Target target) {
        this.target = target;
    }

    @BeforeEach
    void start() {
        assumeTrue(target.isHost(), "machine code of another architecture");
        operands = new GuardedMemory(OPERAND_BYTES);
        results = new GuardedMemory((long) VectorForm.RESULT_BYTES * BATCH);
        others = new GuardedMemory(4096);
        for (Set<String> features : target.vectorFeatureSets()) {
            machines.put(features, new Machine(target));
        }
    }

    @AfterEach
    void stop() {
        if (operands != null) {
            machines.values().forEach(Machine::close);
            operands.close();
            results.close();
            others.close();
        }
    }

    @TestFactory
    Stream<DynamicTest> operationsDoWhatTheirRowsSay() {
        return Arrays.stream(VectorOp.values())
                .map(op -> DynamicTest.dynamicTest(op.toString(), () -> {
                    VectorCase.of(op).forEach(this::check);
                }));
    }

    @TestFactory
    Stream<DynamicTest> shufflesTakeTheBytesThatTheirIndicesSay() {
        return ShufflePatterns.all().entrySet().stream()
                .map(p -> DynamicTest.dynamicTest(p.getKey(), () -> {
                    VectorInputs.sample(p.getValue(), 5).forEach(indices -> check(VectorCase.shuffle(indices)));
                }));
    }

    /** Every operation on the result of every other one, which lowering may do in one instruction, or must not. */
    @TestFactory
    Stream<DynamicTest> pairsDoWhatTheirOperationsSay() {
        Random random = new Random(Long.getLong("kiln.random.seed", 1));
        List<VectorCase> all = new ArrayList<>();
        for (VectorOp op : VectorOp.values()) {
            all.addAll(VectorCase.of(op));
        }
        ShufflePatterns.all().values().forEach(p -> all.add(VectorCase.shuffle(p.get(random.nextInt(p.size())))));
        // What an operand is must be the same on all machines.
        List<VectorCase> inner = all.stream()
                .filter(c ->
                        c.op() == null || !c.op().makesNan() && !c.op().op().isRelaxed())
                .toList();
        Map<String, List<VectorCase>> outer = all.stream()
                .filter(c -> c.lane() < 2)
                .collect(Collectors.groupingBy(
                        c -> c.op() == null ? "shuffle" : c.op().op().toString(),
                        LinkedHashMap::new,
                        Collectors.toList()));
        return outer.entrySet().stream()
                .map(o -> DynamicTest.dynamicTest(o.getKey(), () -> {
                    List<VectorPairs> pairs = new ArrayList<>();
                    for (VectorCase c : o.getValue()) {
                        List<VectorCase> some = new ArrayList<>(inner);
                        Collections.shuffle(some, random);
                        VectorInputs.sample(some, 8).forEach(i -> pairs.add(new VectorPairs(c, i, inner, random)));
                    }
                    checkPairs(pairs, random);
                }));
    }

    /** Each pair with one set of features only: there are many of them. */
    private void checkPairs(List<VectorPairs> pairs, Random random) {
        Collections.shuffle(pairs, random);
        int n = 0;
        for (Map.Entry<Set<String>, Machine> m : machines.entrySet()) {
            List<VectorPairs> own = new ArrayList<>();
            List<Function> functions = new ArrayList<>();
            for (int i = n++; i < pairs.size(); i += machines.size()) {
                functions.add(pairs.get(i).function(own.size()));
                own.add(pairs.get(i));
            }
            m.getValue().load(functions, Machine.options(m.getKey()));
            for (int i = 0; i < own.size(); i++) {
                checkPair(own.get(i), functions.get(i), m.getKey(), m.getValue(), random);
            }
        }
    }

    private void checkPair(VectorPairs pair, Function f, Set<String> features, Machine machine, Random random) {
        List<V128[]> records = new ArrayList<>();
        for (int i = 0; i < PAIR_RECORDS; i++) {
            V128[] record =
                    pair.leaves().stream().map(t -> VectorInputs.any(t, random)).toArray(V128[]::new);
            for (int k = 0; k < record.length; k++) {
                put(
                        (long) i * VectorPairs.STRIDE + 16L * k,
                        pair.leaves().get(k).bytes(),
                        record[k]);
            }
            records.add(record);
        }
        MemorySegment out = results.segment();
        Machine.Outcome outcome =
                machine.call(f.key(), f.signature(), operands.segment().address(), out.address(), PAIR_RECORDS, 0);
        assertNull(outcome.trap());
        int bytes = pair.outer().result().bytes();
        for (int i = 0; i < PAIR_RECORDS; i++) {
            V128[] args = pair.operands(records.get(i));
            V128 expected = cut(pair.outer().apply(args), bytes);
            long at = (long) i * VectorForm.RESULT_BYTES;
            V128 actual = cut(new V128(out.get(LONG, at), out.get(LONG, at + 8)), bytes);
            if (!VectorResults.allows(pair.outer(), expected, actual, args)) {
                List<String> values =
                        Arrays.stream(records.get(i)).map(VectorForm::hex).toList();
                fail(pair.outer() + ", " + features + " of " + values + ": expected " + VectorForm.hex(expected)
                        + ", was " + VectorForm.hex(actual) + "\n" + Printer.print(f));
            }
        }
    }

    /** A function of one form, with the records that it gets and what it must make of them. */
    private record Run(VectorForm form, Function function, List<V128[]> records, List<V128> expected) {}

    private void check(VectorCase c) {
        List<V128[]> records = VectorInputs.of(c);
        List<V128[]> few = few(records);
        List<Run> runs = new ArrayList<>();
        List<Function> functions = new ArrayList<>(List.of(VectorForm.callee()));
        for (VectorForm form : VectorForm.of(c)) {
            Function f = form.function(functions.size(), c);
            functions.add(f);
            List<V128[]> own = form.kind() == VectorForm.Kind.CONSTANT ? few : records;
            List<V128> expected =
                    own.stream().map(r -> c.apply(form.operands(r))).toList();
            runs.add(new Run(form, f, own, expected));
        }
        machines.forEach((features, machine) -> machine.load(functions, Machine.options(features)));
        for (Run run : runs) {
            for (int from = 0; from < run.records.size(); from += BATCH) {
                int to = Math.min(from + BATCH, run.records.size());
                Run batch =
                        new Run(run.form, run.function, run.records.subList(from, to), run.expected.subList(from, to));
                machines.forEach((features, machine) -> check(c, batch, features, machine, runs.getFirst()));
            }
        }
    }

    /** Every one of the first and some of the rest: with constants there are many functions. */
    private static List<V128[]> few(List<V128[]> records) {
        int step = Math.max(1, records.size() / 64) | 1;
        List<V128[]> few = new ArrayList<>();
        for (int i = 0; i < records.size(); i += step) {
            few.add(records.get(i));
        }
        return few;
    }

    private void check(VectorCase c, Run run, Set<String> features, Machine machine, Run plain) {
        List<V128> actual = execute(c, run, machine);
        // A relaxed operation may do one thing or another, but must do the same wherever its operands are.
        List<V128> same = null;
        if (c.op() != null && c.op().op().isRelaxed() && run.form != plain.form) {
            List<V128[]> records = run.records.stream().map(run.form::operands).toList();
            same = execute(c, new Run(plain.form, plain.function, records, run.expected), machine);
        }
        int bytes = run.form.resultBytes(c);
        for (int i = 0; i < actual.size(); i++) {
            V128 value = run.expected.get(i);
            V128 expected = cut(run.form.written(c, value), bytes);
            V128[] args = run.form.operands(run.records.get(i));
            if (!VectorResults.allows(c, expected, actual.get(i), args)) {
                fail(message(c, run, features, args, expected, actual.get(i)));
            }
            if (same != null && !VectorResults.same(c.op(), same.get(i), actual.get(i))) {
                fail("not what it is in registers: " + message(c, run, features, args, same.get(i), actual.get(i)));
            }
        }
    }

    private static String message(
            VectorCase c, Run run, Set<String> features, V128[] args, V128 expected, V128 actual) {
        List<String> values = Arrays.stream(args).map(VectorForm::hex).toList();
        return c + ", " + run.form + ", " + features + " of " + values + ": expected " + VectorForm.hex(expected)
                + ", was " + VectorForm.hex(actual) + "\n" + Printer.print(run.function);
    }

    /** The low bytes; what else there is of a scalar is not written. */
    private static V128 cut(V128 v, int bytes) {
        return bytes == 16 ? v : new V128(bytes == 8 ? v.low() : v.low() & (1L << 8 * bytes) - 1, 0);
    }

    // Running.

    private List<V128> execute(VectorCase c, Run run, Machine machine) {
        int stride = run.form.stride(c);
        int n = run.records.size();
        long start = OPERAND_BYTES - (long) n * stride;
        for (int i = 0; i < n; i++) {
            V128[] record = run.records.get(i);
            for (int k = 0; k < record.length; k++) {
                put(start + (long) i * stride + run.form.offset(c, k), run.form.bytes(c, k), record[k]);
            }
        }
        MemorySegment out = results.segment();
        out.asSlice(0, (long) n * VectorForm.RESULT_BYTES).fill(BLANK);
        fillOthers();
        Machine.Outcome outcome = machine.call(
                run.function.key(),
                run.function.signature(),
                operands.segment().address() + start,
                out.address(),
                n,
                others.segment().address());
        assertNull(outcome.trap());
        int bytes = run.form.resultBytes(c);
        List<V128> values = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            long at = (long) i * VectorForm.RESULT_BYTES;
            V128 low = new V128(out.get(LONG, at), out.get(LONG, at + 8));
            values.add(cut(low, bytes));
            if (bytes < 16 && out.get(ValueLayout.JAVA_BYTE, at + bytes) != BLANK) {
                fail(c + ", " + run.form + ": more than " + bytes + " bytes are written");
            }
            if (run.form.keepsOperands()) {
                checkKept(c, run, at, run.records.get(i));
            }
        }
        checkOthers(c, run.form);
        return values;
    }

    private void put(long at, int bytes, V128 v) {
        MemorySegment to = operands.segment();
        switch (bytes) {
            case 16 -> {
                to.set(LONG, at, v.low());
                to.set(LONG, at + 8, v.high());
            }
            case 8 -> to.set(LONG, at, v.low());
            case 4 -> to.set(INT, at, (int) v.low());
            case 2 -> to.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, (short) v.low());
            default -> to.set(ValueLayout.JAVA_BYTE, at, (byte) v.low());
        }
    }

    private void checkKept(VectorCase c, Run run, long at, V128[] record) {
        for (int k = 0; k < record.length; k++) {
            long kept = at + 16L * (k + 1);
            Type t = c.operands().get(k);
            MemorySegment out = results.segment();
            V128 actual = new V128(out.get(LONG, kept), out.get(LONG, kept + 8));
            if (!cut(actual, t.bytes()).equals(cut(record[k], t.bytes()))) {
                fail(c + ", " + run.form + " changes operand " + k + " from " + VectorForm.hex(record[k]) + " to "
                        + VectorForm.hex(actual) + "\n" + Printer.print(run.function));
            }
        }
    }

    private void fillOthers() {
        Random random = new Random(11);
        for (int i = 0; i < 2 * VectorForm.OTHERS; i++) {
            others.segment().setAtIndex(LONG, i, random.nextLong());
        }
        others.segment()
                .asSlice(16L * VectorForm.OTHERS, 16L * VectorForm.OTHERS)
                .fill((byte) 0);
    }

    private void checkOthers(VectorCase c, VectorForm form) {
        if (form.kind() == VectorForm.Kind.PRESSURE || form.kind() == VectorForm.Kind.CALL) {
            long bytes = 16L * VectorForm.OTHERS;
            MemorySegment all = others.segment();
            assertEquals(-1, all.asSlice(0, bytes).mismatch(all.asSlice(bytes, bytes)), () -> c + ", " + form);
        }
    }
}
