package kiln.codegen.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import kiln.artifact.FuncKey;
import kiln.artifact.api.TrapCode;
import kiln.ir.Builder;
import kiln.ir.Evaluation;
import kiln.ir.FloatCond;
import kiln.ir.Function;
import kiln.ir.IntCond;
import kiln.ir.MemoryOp;
import kiln.ir.Opcode;
import kiln.ir.Printer;
import kiln.ir.Region;
import kiln.ir.SideData;
import kiln.ir.Signature;
import kiln.ir.Type;
import kiln.ir.TypeRule;
import kiln.ir.Value;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Every operation on scalars that has a value, executed on the machine and compared with what its row in
 * {@link Opcode} says: on registers, on constants, on one register twice and on memory, with values at the edges. A
 * new row is tested without a line here.
 */
public abstract class OpcodeExecution {
    private static final Region AREA = new Region(Region.Kind.STACK, 1);

    private final Machine.Target target;
    private Machine machine;

    protected OpcodeExecution(Machine.Target target) {
        this.target = target;
    }

    @BeforeEach
    void start() {
        assumeTrue(target.isHost(), "machine code of another architecture");
    }

    @AfterEach
    void stop() {
        if (machine != null) {
            machine.close();
            machine = null;
        }
    }

    // What there is to test.

    /** An operation on types: {@code operands} has a type for each operand. */
    private record Case(Opcode op, Type type, SideData data, List<Type> operands) {
        Type result() {
            return op.types().results(type, null).getFirst();
        }

        @Override
        public String toString() {
            return op + "." + type + (data == null ? "" : "." + data) + operands;
        }
    }

    private static List<Case> cases(Opcode op) {
        List<Case> cases = new ArrayList<>();
        for (Type type : op.types().types()) {
            if (type == Type.REF) {
                continue; // References are compared as i64 are.
            }
            for (SideData data : variants(op)) {
                for (List<Type> operands : operands(op.types().operands(), type)) {
                    cases.add(new Case(op, type, data, operands));
                }
            }
        }
        return cases;
    }

    /** All side data that the operation may have, or null. */
    private static List<SideData> variants(Opcode op) {
        return switch (op.data()) {
            case INT_COND -> List.of(IntCond.values());
            case FLOAT_COND -> List.of(FloatCond.values());
            // VectorExecution has those on vectors.
            case LANES, LANE, INDICES -> List.of();
            case NONE, INTEGER, FLOAT_BITS, AREA, BYTES, VECTOR, ACCESS, ATOMIC, CALLEE, TRAP ->
                Arrays.asList((SideData) null);
        };
    }

    private static List<List<Type>> operands(List<TypeRule.Operand> operands, Type type) {
        List<List<Type>> all = List.of(List.of());
        for (TypeRule.Operand o : operands) {
            all = all.stream()
                    .flatMap(before -> o.choices(type).stream()
                            .map(t ->
                                    Stream.concat(before.stream(), Stream.of(t)).toList()))
                    .toList();
        }
        return all;
    }

    @TestFactory
    Stream<DynamicTest> operationsDoWhatTheirRowsSay() {
        return Arrays.stream(Opcode.values())
                .filter(op -> !(op.evaluation() instanceof Evaluation.None))
                .map(op -> DynamicTest.dynamicTest(op.toString(), () -> {
                    for (Case c : cases(op)) {
                        for (Set<String> features : target.featureSets()) {
                            check(c, features);
                        }
                    }
                }));
    }

    private void check(Case c, Set<String> features) {
        List<long[]> first = EdgeValues.of(c.operands.getFirst());
        check(c, features, List.of(function(0, c, Body.REGISTERS)), pairs(c));
        if (c.operands.size() == 1) {
            check(c, features, List.of(function(0, c, Body.FIRST_IN_MEMORY)), pairs(c));
            checkConstants(c, features, 0, List.of(List.of()));
            return;
        }
        check(c, features, List.of(function(0, c, Body.FIRST_IN_MEMORY)), pairs(c));
        check(c, features, List.of(function(0, c, Body.SECOND_IN_MEMORY)), pairs(c));
        check(
                c,
                features,
                List.of(function(0, c, Body.TWICE)),
                first.stream().map(v -> List.of(v, v)).toList());
        checkConstants(
                c,
                features,
                0,
                EdgeValues.of(c.operands.get(1)).stream().map(List::of).toList());
        checkConstants(c, features, 1, first.stream().map(List::of).toList());
    }

    /** Operand {@code at} is each constant; {@code others} are the values of the other operand. */
    private void checkConstants(Case c, Set<String> features, int at, List<List<long[]>> others) {
        List<long[]> constants = EdgeValues.of(c.operands.get(at));
        List<Function> functions = new ArrayList<>();
        for (long[] constant : constants) {
            functions.add(function(functions.size(), c, Body.constant(at, constant)));
        }
        load(functions, features);
        for (int k = 0; k < functions.size(); k++) {
            for (List<long[]> other : others) {
                List<long[]> values = new ArrayList<>(other);
                values.add(at, constants.get(k));
                check(c, functions.get(k), values);
            }
        }
    }

    private void check(Case c, Set<String> features, List<Function> functions, List<List<long[]>> inputs) {
        load(functions, features);
        for (Function f : functions) {
            for (List<long[]> values : inputs) {
                check(c, f, values);
            }
        }
    }

    private static List<List<long[]>> pairs(Case c) {
        List<List<long[]>> all = new ArrayList<>();
        for (long[] x : EdgeValues.of(c.operands.getFirst())) {
            if (c.operands.size() == 1) {
                all.add(List.of(x));
            } else {
                EdgeValues.of(c.operands.get(1)).forEach(y -> all.add(List.of(x, y)));
            }
        }
        return all;
    }

    // Functions: the area's address, then all operands, whether they are used or not.

    /** Where a function has its operands from. */
    private record Body(int inMemory, int constant, long[] value, boolean twice) {
        static final Body REGISTERS = new Body(-1, -1, null, false);
        static final Body FIRST_IN_MEMORY = new Body(0, -1, null, false);
        static final Body SECOND_IN_MEMORY = new Body(1, -1, null, false);
        static final Body TWICE = new Body(-1, -1, null, true);

        static Body constant(int operand, long[] value) {
            return new Body(-1, operand, value, false);
        }
    }

    private static Function function(int number, Case c, Body body) {
        List<Type> params =
                Stream.concat(Stream.of(Type.I64), c.operands.stream()).toList();
        Function f = new Function(FuncKey.wasmFunction(0, number), new Signature(params, List.of(c.result())));
        Builder b = new Builder(f);
        b.setBlock(f.newBlock());
        List<Value> values = params.stream().map(t -> b.block().addParam(t)).toList();
        Value[] operands = values.subList(1, values.size()).toArray(Value[]::new);
        if (body.twice) {
            operands[1] = operands[0];
        }
        if (body.constant >= 0) {
            Type t = c.operands.get(body.constant);
            operands[body.constant] =
                    t == Type.V128 ? b.vconst(EdgeValues.vector(body.value)) : b.constant(t, body.value[0]);
        }
        if (body.inMemory >= 0) {
            Type t = c.operands.get(body.inMemory);
            operands[body.inMemory] = b.load(t, MemoryOp.of(t, AREA), values.getFirst(), at(body.inMemory));
        }
        b.ret(b.append(c.op, c.type, c.data, operands).result());
        return f;
    }

    /** Where in the area an operand lies: beyond what calls use, vectors not at multiples of 16. */
    private static int at(int operand) {
        return 1024 + 40 * operand;
    }

    private void load(List<Function> functions, Set<String> features) {
        if (machine == null) {
            machine = new Machine(target);
        }
        machine.load(functions, Machine.options(features));
    }

    // Comparing.

    private void check(Case c, Function f, List<long[]> operands) {
        for (int i = 0; i < operands.size(); i++) {
            for (int w = 0; w < operands.get(i).length; w++) {
                machine.put(at(i) + 8 * w, operands.get(i)[w]);
            }
        }
        long[] args = Stream.concat(Stream.of(new long[] {machine.args}), operands.stream())
                .flatMapToLong(Arrays::stream)
                .toArray();
        Machine.Outcome actual = machine.call(f.key(), f.signature(), args);
        Machine.Outcome expected = expected(c, operands);
        if (actual.trap() != expected.trap() || !same(c, expected.results(), actual.results())) {
            assertEquals(show(expected), show(actual), () -> {
                String values = operands.stream().map(OpcodeExecution::hex).toList() + "\n";
                return c + " of " + values + Printer.print(f);
            });
        }
    }

    private static Machine.Outcome expected(Case c, List<long[]> v) {
        Type from = c.operands.getFirst();
        long x = v.getFirst()[0];
        long y = v.size() > 1 ? v.get(1)[0] : 0;
        return switch (c.op.evaluation()) {
            case Evaluation.Unary f -> outcome(f.trap(c.type, from, x), () -> f.apply(c.type, from, x));
            case Evaluation.Binary f -> outcome(f.trap(c.type, x, y), () -> f.apply(c.type, x, y));
            case Evaluation.OfSideData() ->
                switch (c.data) {
                    case IntCond cond -> outcome(null, () -> cond.test(x, y) ? 1 : 0);
                    case FloatCond cond -> outcome(null, () -> cond.test(from, x, y) ? 1 : 0);
                    default -> throw new AssertionError(c);
                };
            case Evaluation.None() -> throw new AssertionError(c);
        };
    }

    private static Machine.Outcome outcome(TrapCode trap, LongSupplier value) {
        return trap != null
                ? new Machine.Outcome(null, trap, 0)
                : new Machine.Outcome(new long[] {value.getAsLong()}, null, 0);
    }

    /** Where the operation computes NaNs, all are alike. */
    private static boolean same(Case c, long[] expected, long[] actual) {
        return Arrays.equals(expected, actual)
                || c.op.makesNan() && isNan(c.result(), expected[0]) && isNan(c.result(), actual[0]);
    }

    private static boolean isNan(Type type, long bits) {
        return type == Type.F32
                ? Float.isNaN(Float.intBitsToFloat((int) bits))
                : Double.isNaN(Double.longBitsToDouble(bits));
    }

    private static String show(Machine.Outcome o) {
        return o.trap() != null ? o.trap().toString() : hex(o.results());
    }

    private static String hex(long[] words) {
        return Arrays.stream(words).mapToObj(Long::toHexString).toList().toString();
    }

    // What has no row with a value.

    private static Function function(
            int number, Type result, BiFunction<Builder, List<Value>, Value> body, Type... params) {
        Function f = new Function(FuncKey.wasmFunction(0, number), new Signature(List.of(params), List.of(result)));
        Builder b = new Builder(f);
        b.setBlock(f.newBlock());
        List<Value> values =
                Arrays.stream(params).map(t -> b.block().addParam(t)).toList();
        b.ret(body.apply(b, values));
        return f;
    }

    private void checkByIr(List<Function> functions, List<long[]> inputs) {
        for (Set<String> features : target.featureSets()) {
            load(functions, features);
            for (Function f : functions) {
                for (long[] in : inputs) {
                    Machine.Outcome expected = Machine.expected(f, in);
                    Machine.Outcome actual = machine.call(f.key(), f.signature(), in);
                    assertEquals(show(expected), show(actual), () -> Arrays.toString(in) + "\n" + Printer.print(f));
                }
            }
        }
    }

    @Test
    void constants() {
        for (Type t : new Type[] {Type.I32, Type.I64, Type.F32, Type.F64, Type.V128}) {
            List<Function> functions = new ArrayList<>();
            for (long[] c : EdgeValues.of(t)) {
                functions.add(function(
                        functions.size(),
                        t,
                        (b, _) -> t == Type.V128 ? b.vconst(EdgeValues.vector(c)) : b.constant(t, c[0])));
            }
            checkByIr(functions, List.of(new long[0]));
        }
    }

    @Test
    void selects() {
        for (Type t : new Type[] {Type.I32, Type.I64, Type.F32, Type.F64}) {
            List<long[]> inputs = new ArrayList<>();
            for (long[] c : EdgeValues.of(Type.I32)) {
                for (long[] x : EdgeValues.of(t)) {
                    inputs.add(new long[] {c[0], x[0], ~x[0] & (t.bytes() == 4 ? 0x7fffffffL : Long.MAX_VALUE)});
                }
            }
            checkByIr(
                    List.of(function(
                            0,
                            t,
                            (b, p) -> b.append(
                                            Opcode.SELECT,
                                            t,
                                            null,
                                            b.append(Opcode.AND, Type.I32, null, p.get(0), b.i32(4))
                                                    .result(),
                                            p.get(1),
                                            p.get(2))
                                    .result(),
                            Type.I32,
                            t,
                            t)),
                    inputs);
        }
    }

    /** Selects of what an instruction can compute on the way. */
    @Test
    void selectsOfComputedIntegers() {
        for (Type t : new Type[] {Type.I32, Type.I64}) {
            List<BiFunction<Builder, Value, Value>> operands = List.of(
                    (_, x) -> x,
                    (b, _) -> b.constant(t, 0),
                    (b, _) -> b.constant(t, 1),
                    (b, _) -> b.constant(t, -1),
                    (b, _) -> b.constant(t, 1234567),
                    (b, x) -> b.append(Opcode.ADD, t, null, x, b.constant(t, 1)).result(),
                    (b, x) ->
                            b.append(Opcode.XOR, t, null, x, b.constant(t, -1)).result(),
                    (b, x) -> b.append(Opcode.SUB, t, null, b.constant(t, 0), x).result());
            List<Function> functions = new ArrayList<>();
            for (var x : operands) {
                for (var y : operands) {
                    functions.add(function(
                            functions.size(),
                            t,
                            (b, p) -> b.append(
                                            Opcode.SELECT,
                                            t,
                                            null,
                                            b.append(Opcode.ICMP, Type.I32, IntCond.SLT, p.get(0), b.i32(5))
                                                    .result(),
                                            x.apply(b, p.get(1)),
                                            y.apply(b, p.get(1)))
                                    .result(),
                            Type.I32,
                            t));
                }
            }
            List<long[]> inputs = new ArrayList<>();
            for (int c : new int[] {4, 5, -1}) {
                EdgeValues.of(t).forEach(x -> inputs.add(new long[] {c, x[0]}));
            }
            checkByIr(functions, inputs);
        }
    }

    @Test
    void trapsLeaveTheActivation() {
        Function f = function(
                0,
                Type.I32,
                (b, p) -> {
                    b.trapIf(TrapCode.BAD_SIGNATURE, p.getFirst());
                    return p.getFirst();
                },
                Type.I32);
        load(List.of(f), Set.of());
        Machine.Outcome o = machine.call(f.key(), f.signature(), 1);
        assertEquals(TrapCode.BAD_SIGNATURE, o.trap());
        // The return address into the trampoline, and that into the entry stub.
        assertEquals(2, o.backtraceCount());
        assertNull(machine.call(f.key(), f.signature(), 0).trap());
        assertEquals(0, machine.call(f.key(), f.signature(), 0).results()[0]);
    }
}
