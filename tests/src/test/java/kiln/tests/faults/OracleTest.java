package kiln.tests.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import kiln.artifact.api.TrapCode;
import kiln.compiler.CompilerOptions;
import kiln.compiler.Target;
import kiln.loader.HostCpu;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.Func;
import kiln.runtime.Instance;
import kiln.runtime.Linker;
import kiln.runtime.Store;
import kiln.runtime.ThrownException;
import kiln.runtime.TrapException;
import kiln.tests.Corpus;
import kiln.tests.cross.CrossCompiler;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Generated programs do here what they do in another engine: results, traps, globals and memory after every call. The
 * other engine is V8, in the shape of {@code node}; without it the two levels of optimisation are compared with each
 * other. {@code -Dkiln.fuzz=N} asks for N programs, {@code -Dkiln.seed=S} for those from seed S on.
 */
class OracleTest {
    private static final int BATCH = 500;
    /** Of calls and turns of some loops; those that trap deep in calls have long backtraces, which take time. */
    private static final int FUEL = 300;

    private static final long[] INTS = {
        0,
        1,
        -1,
        2,
        7,
        8,
        31,
        64,
        255,
        65535,
        65536,
        Integer.MAX_VALUE,
        Integer.MIN_VALUE,
        1L << 40,
        Long.MAX_VALUE,
        Long.MIN_VALUE
    };
    private static final double[] REALS = {
        0, -0.0, 1, -1.5, 0.1, 1e10, -1e300, Float.MIN_VALUE, Double.NaN, Double.POSITIVE_INFINITY, 4294967296.0
    };

    @TempDir
    Path dir;

    /** Whether programs have the shapes of {@link LoopWriter} and what goes with them. */
    private boolean shapes;

    private int traps;
    private int thrown;
    private int calls;

    @Test
    void generatedProgramsDoTheSame() throws Exception {
        String node = node();
        check(node, List.of(ExceptionWriter.Form.NONE));
    }

    /** Programs that throw at any depth and catch around calls, in both forms of handlers. */
    @Test
    void whatIsThrownIsCaughtAtTheSamePlaces() throws Exception {
        String node = node();
        ExceptionWriter.Form known = node == null ? null : formOf(node);
        check(
                known == null ? null : node,
                known == ExceptionWriter.Form.TABLE
                        ? List.of(ExceptionWriter.Form.TABLE, ExceptionWriter.Form.LEGACY)
                        : List.of(ExceptionWriter.Form.LEGACY, ExceptionWriter.Form.TABLE));
        assertTrue(thrown > 0, "nothing was thrown");
    }

    /** Loops with counters, interpreters, state machines; in some, vectors, objects, 64-bit memories, handlers. */
    @Test
    void loopsAndWhatTheyReadDoTheSame() throws Exception {
        String node = node();
        shapes = true;
        ExceptionWriter.Form known = node == null || !knows(node, ObjectWriter.smallest()) ? null : formOf(node);
        check(known == null ? null : node, List.of(known == null ? ExceptionWriter.Form.TABLE : known));
    }

    /** The form of handlers that the engine knows, or null. */
    private ExceptionWriter.Form formOf(String node) throws Exception {
        for (ExceptionWriter.Form form : List.of(ExceptionWriter.Form.TABLE, ExceptionWriter.Form.LEGACY)) {
            if (knows(node, ExceptionWriter.smallest(form))) {
                return form;
            }
        }
        return null;
    }

    /** Whether the engine takes a module. */
    private boolean knows(String node, byte[] module) throws Exception {
        Path file = dir.resolve("smallest.wasm");
        Files.write(file, module);
        Process p = new ProcessBuilder(
                        node,
                        "-e",
                        "process.exit(WebAssembly.validate(require('fs').readFileSync(process.argv[1])) ? 0 : 1)",
                        file.toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        return p.waitFor() == 0;
    }

    /** The other engine runs programs in the first form. */
    private void check(String node, List<ExceptionWriter.Form> forms) throws Exception {
        long first = Long.getLong("kiln.seed", 0);
        int n = Integer.getInteger("kiln.fuzz", Corpus.SAMPLED ? 50 : 250);
        for (long seed = first; seed < first + n; seed += BATCH) {
            batch(node, forms, seed, (int) Math.min(BATCH, first + n - seed));
        }
        System.out.println(n + " programs from seed " + first + (node == null ? "" : ", as in V8") + ", handlers as "
                + forms + ": " + calls + " calls, " + traps + " of them trapped, " + thrown + " threw");
        assertTrue(traps < calls, "all calls trap");
        assumeTrue(node != null, "no node here: the two levels of optimisation were compared with each other only");
    }

    private static String node() {
        for (String folder : System.getenv().getOrDefault("PATH", "").split(":")) {
            Path p = Path.of(folder, "node");
            if (Files.isExecutable(p)) {
                return p.toString();
            }
        }
        return null;
    }

    private void batch(String node, List<ExceptionWriter.Form> forms, long first, int n) throws Exception {
        List<List<Call>> programs = new ArrayList<>();
        StringBuilder calls = new StringBuilder();
        for (int i = 0; i < n; i++) {
            ProgramGenerator generator = program(first + i, forms.getFirst());
            Files.write(dir.resolve(i + ".wasm"), generator.module());
            List<Call> program = calls(generator, first + i);
            programs.add(program);
            calls.append(i).append('\n');
            program.forEach(c -> calls.append(c).append('\n'));
        }
        Files.writeString(dir.resolve("calls.txt"), calls);
        List<String> expected = node == null ? null : oracle(node);
        List<String> failures = new ArrayList<>();
        int line = 0;
        for (int i = 0; i < n; i++) {
            byte[] wasm = Files.readAllBytes(dir.resolve(i + ".wasm"));
            List<String> fast = run(wasm, programs.get(i), options(first + i, 2));
            List<String> plain = run(wasm, programs.get(i), options(first + i, 0));
            thrown += (int) fast.stream().filter(l -> l.contains("throws ")).count();
            traps += (int) fast.stream().filter(l -> l.contains("trap ")).count();
            this.calls += fast.size();
            List<String> right = plain;
            if (expected != null) {
                assertEquals("program " + i, expected.get(line));
                right = expected.subList(line + 1, line + 1 + fast.size());
                line += 1 + fast.size();
            }
            compare("seed " + (first + i) + " -O2", right, fast, failures);
            compare("seed " + (first + i) + " -O0", right, plain, failures);
            for (ExceptionWriter.Form other : forms.subList(1, forms.size())) {
                byte[] same = program(first + i, other).module();
                for (int level : new int[] {2, 0}) {
                    String what = "seed " + (first + i) + " -O" + level + " " + other;
                    compare(what, right, run(same, programs.get(i), options(first + i, level)), failures);
                }
            }
        }
        assertTrue(
                failures.isEmpty(),
                () -> failures.size() + " failures:\n"
                        + String.join("\n", failures.subList(0, Math.min(20, failures.size()))));
    }

    /** Of programs with shapes, some have no handlers. */
    private ProgramGenerator program(long seed, ExceptionWriter.Form form) {
        return new ProgramGenerator(seed, shapes && seed % 4 != 0 ? ExceptionWriter.Form.NONE : form, shapes);
    }

    private static void compare(String what, List<String> right, List<String> actual, List<String> failures) {
        for (int i = 0; i < right.size(); i++) {
            if (!right.get(i).equals(actual.get(i))) {
                failures.add(what + ": call " + i + ": " + actual.get(i) + ", expected " + right.get(i));
                return;
            }
        }
    }

    private List<String> oracle(String node) throws Exception {
        Path script = dir.resolve("oracle.cjs");
        try (InputStream in = OracleTest.class.getResourceAsStream("oracle.cjs")) {
            Files.write(script, in.readAllBytes());
        }
        Path said = dir.resolve("said");
        Process p = new ProcessBuilder(node, script.toString(), dir.toString())
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start();
        assertTrue(p.waitFor(20, TimeUnit.MINUTES), "node does not end");
        assertEquals(0, p.exitValue(), () -> {
            try {
                return Files.readString(said);
            } catch (IOException e) {
                return e.toString();
            }
        });
        return Files.readAllLines(dir.resolve("seen.txt"));
    }

    private static CompilerOptions options(long seed, int level) {
        return CompilerOptions.defaults()
                .withJobs(1)
                .withOptLevel(level)
                // The checks take a quarter of the time.
                .withCheck(seed % 3 == 0)
                .withInterruptible((seed & 2) != 0)
                .withExplicitBounds((seed & 12) == 4)
                .withCpu(
                        (seed & 1) == 0
                                ? Set.of()
                                : Target.host().usableFeatures(HostCpu.current().features()));
    }

    // Calls

    private record Call(String name, int[] types, long[] args, int[] results) {
        @Override
        public String toString() {
            StringBuilder text = new StringBuilder(name);
            for (int i = 0; i < types.length; i++) {
                String number = switch (types[i]) {
                    case ProgramGenerator.F32 -> Integer.toUnsignedString((int) args[i]);
                    case ProgramGenerator.F64 -> Long.toUnsignedString(args[i]);
                    default -> Long.toString(args[i]);
                };
                text.append(' ').append(typeName(types[i])).append(':').append(number);
            }
            return text.append(" = ")
                    .append(Arrays.stream(results)
                            .mapToObj(OracleTest::typeName)
                            .collect(Collectors.joining(" ")))
                    .toString()
                    .trim();
        }
    }

    private static String typeName(int type) {
        return switch (type) {
            case ProgramGenerator.I32 -> "i32";
            case ProgramGenerator.I64 -> "i64";
            case ProgramGenerator.F32 -> "f32";
            default -> "f64";
        };
    }

    private static List<Call> calls(ProgramGenerator generator, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<Call> calls = new ArrayList<>();
        for (int f = 0; f < generator.functions().size(); f++) {
            ProgramGenerator.Signature s = generator.functions().get(f);
            for (int round = 0; round < 3; round++) {
                long[] args = new long[s.params().length];
                for (int i = 0; i < args.length; i++) {
                    long number = INTS[random.nextInt(INTS.length)];
                    double real = REALS[random.nextInt(REALS.length)];
                    args[i] = switch (s.params()[i]) {
                        case ProgramGenerator.I32 -> (int) number;
                        case ProgramGenerator.I64 -> number;
                        case ProgramGenerator.F32 -> Float.floatToIntBits((float) real) & 0xffff_ffffL;
                        default -> Double.doubleToLongBits(real);
                    };
                }
                calls.add(new Call("f" + f, s.params(), args, s.results()));
            }
        }
        return calls;
    }

    // Here

    private static List<String> run(byte[] wasm, List<Call> calls, CompilerOptions options)
            throws InterruptedException {
        List<String> lines = new ArrayList<>();
        Throwable[] failure = {null};
        // Room for a thousand frames of any size.
        Thread t = new Thread(
                null,
                () -> {
                    try (Engine engine = new Engine();
                            CompiledModule module =
                                    CompiledModule.load(engine, CrossCompiler.compile("program", wasm, options));
                            Store store = new Store(engine)) {
                        Instance i = new Linker(engine).instantiate(store, module);
                        calls.forEach(c -> lines.add(line(i, c)));
                    } catch (Throwable e) {
                        failure[0] = e;
                    }
                },
                "program",
                256 << 20);
        t.start();
        t.join();
        if (failure[0] != null) {
            lines.add("failed: " + failure[0] + " at "
                    + Arrays.stream(failure[0].getStackTrace()).limit(3).toList());
            while (lines.size() < calls.size()) {
                lines.add("");
            }
        }
        return lines;
    }

    private static String line(Instance i, Call c) {
        i.global("g0").set(FUEL);
        Func f = i.func(c.name);
        long[] results = new long[c.results.length];
        String outcome;
        try {
            f.callRaw(c.args, results);
            List<String> shown = new ArrayList<>();
            for (int k = 0; k < results.length; k++) {
                shown.add(show(c.results[k], results[k]));
            }
            outcome = String.join(" ", shown);
        } catch (ThrownException e) {
            List<String> shown = new ArrayList<>();
            for (Object o : e.payload()) {
                shown.add(show(o));
            }
            int tag = 0;
            while (i.export("t" + tag) != e.tag()) {
                tag++;
            }
            outcome = "throws t" + tag + " " + String.join(" ", shown);
        } catch (TrapException e) {
            outcome = "trap " + kind(e.code());
        }
        String state = Stream.of("g0", "g1", "g2", "g3", "g4")
                .map(g -> show(i.global(g).get()))
                .collect(Collectors.joining(" "));
        MemorySegment memory = i.memory("memory").segment();
        int hash = 0;
        for (int word : memory.toArray(ValueLayout.JAVA_INT)) {
            hash = (hash ^ word) * 16777619;
        }
        return c.name + ": " + outcome + " | " + state + " | "
                + i.memory("memory").pages() + " " + hash;
    }

    private static String kind(TrapCode code) {
        return switch (code) {
            case UNREACHABLE -> "unreachable";
            case MEMORY_OUT_OF_BOUNDS -> "memory";
            case INTEGER_DIVIDE_BY_ZERO -> "zero";
            case INTEGER_OVERFLOW, BAD_CONVERSION_TO_INTEGER -> "number";
            case UNDEFINED_ELEMENT, TABLE_OUT_OF_BOUNDS, INDIRECT_CALL_TO_NULL, BAD_SIGNATURE -> "indirect";
            case NULL_REFERENCE -> "null";
            case ARRAY_OUT_OF_BOUNDS -> "array";
            case CAST_FAILURE -> "cast";
            default -> code.message();
        };
    }

    private static String show(int type, long cell) {
        return switch (type) {
            case ProgramGenerator.I32 -> show((int) cell);
            case ProgramGenerator.I64 -> show(cell);
            case ProgramGenerator.F32 -> show(Float.intBitsToFloat((int) cell));
            default -> show(Double.longBitsToDouble(cell));
        };
    }

    private static String show(Object value) {
        return switch (value) {
            case Float f -> f.isNaN() ? "nan" : Integer.toUnsignedString(Float.floatToRawIntBits(f));
            case Double d -> d.isNaN() ? "nan" : Long.toUnsignedString(Double.doubleToRawLongBits(d));
            default -> value.toString();
        };
    }
}
