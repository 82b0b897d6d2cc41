package kiln.tests.components;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Function;
import java.util.function.Supplier;
import kiln.compiler.CompilerOptions;
import kiln.runtime.Engine;
import kiln.runtime.Store;
import kiln.runtime.component.Component;
import kiln.runtime.component.ComponentInstance;
import kiln.runtime.component.ComponentLinker;
import kiln.runtime.component.Result;
import kiln.runtime.component.Wit;
import kiln.tests.cross.CrossCompiler;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Values of declared types, by generated code and by way of generic values: both have the same results, traps and
 * messages.
 */
class MarshallingTest {
    private static final String PROPERTY = "kiln.component.marshal";
    private static final int VALUES = 60;
    private static final int GARBAGE = 200;

    private static final int BOOL = -1;
    private static final int U32 = -7;
    private static final int F64 = -11;
    private static final int CHAR = -12;
    private static final int STRING = -13;

    private final Engine engine = new Engine();

    @AfterEach
    void close() {
        System.clearProperty(PROPERTY);
        engine.close();
    }

    // ---- declared types

    /** A tuple of everything that has no parts. */
    public record Scalars(
            boolean a,
            byte b,
            byte c,
            short d,
            short e,
            int f,
            int g,
            long h,
            Long i,
            float j,
            double k,
            int l,
            String m) {}

    /** A tuple of lists. */
    public record Lists(
            boolean[] a,
            byte[] b,
            short[] c,
            int[] d,
            long[] e,
            float[] f,
            double[] g,
            List<Integer> h,
            List<List<String>> i) {
        @Override
        public boolean equals(Object o) {
            return o instanceof Lists(var oa, var ob, var oc, var od, var oe, var of, var og, var oh, var oi)
                    && Arrays.equals(a, oa)
                    && Arrays.equals(b, ob)
                    && Arrays.equals(c, oc)
                    && Arrays.equals(d, od)
                    && Arrays.equals(e, oe)
                    && Arrays.equals(f, of)
                    && Arrays.equals(g, og)
                    && h.equals(oh)
                    && i.equals(oi);
        }

        @Override
        public int hashCode() {
            return 0;
        }
    }

    /** A record. */
    public record Point(int x, double y, String name) {}

    /** An enum. */
    public enum Colour {
        RED,
        GREEN,
        @Wit("blue")
        AZURE
    }

    /** Flags of two bytes. */
    public enum Letter {
        A,
        B,
        C,
        D,
        E,
        F,
        G,
        H,
        I
    }

    /** A variant whose cases share core values of different types. */
    public sealed interface Shape {
        /** Carries nothing. */
        record Empty() implements Shape {}

        /** A number of 32 bits, */
        record Circle(float radius) implements Shape {}

        /** of 64, */
        record Wide(long width) implements Shape {}

        /** and three core values. */
        record Place(Point at) implements Shape {}
    }

    /** A tuple of all of them. */
    public record Mixed(
            Point point,
            Shape shape,
            Colour colour,
            EnumSet<Letter> letters,
            Optional<Shape> maybe,
            Result<Point, Colour> result,
            Result<Void, String> nothing) {}

    /** Scalars. */
    public interface OfScalars {
        Scalars f(Scalars a);
    }

    /** Lists. */
    public interface OfLists {
        Lists f(Lists a);
    }

    /** Core values that are shared. */
    public interface OfShapes {
        Shape f(Shape a);
    }

    /** Everything in memory. */
    public interface OfMixed {
        Mixed f(Mixed a);
    }

    /** A list of everything. */
    public interface OfLists2 {
        List<Mixed> f(List<Mixed> a);
    }

    /** One core value. */
    public interface OfColours {
        Colour f(Colour a);
    }

    /** One core value. */
    public interface OfLetters {
        EnumSet<Letter> f(EnumSet<Letter> a);
    }

    /** One core value. */
    public interface OfChars {
        int f(int a);
    }

    /** A string. */
    public interface OfStrings {
        String f(String a);
    }

    /** An option that is passed flat. */
    public interface OfOptions {
        Optional<Double> f(Optional<Double> a);
    }

    /** What a number that is too large throws. */
    public static final class TooLargeException extends Exception {
        private static final long serialVersionUID = 1L;
        private final String payload;

        public TooLargeException(String payload) {
            super(payload);
            this.payload = payload;
        }

        public String payload() {
            return payload;
        }
    }

    /** An error is thrown. */
    public interface Throwing {
        int f(int a) throws TooLargeException;
    }

    // ---- the same types in components

    private static int tuple(ComponentBytes c, Integer... parts) {
        List<Integer> start = new ArrayList<>(List.of(0x6F, parts.length));
        start.addAll(Collections.nCopies(parts.length, -1));
        return c.type(start, List.of(parts));
    }

    private static int list(ComponentBytes c, int element) {
        return c.type(List.of(0x70, -1), List.of(element));
    }

    private static int scalars(ComponentBytes c) {
        return tuple(c, BOOL, -2, -3, -4, -5, -6, U32, -8, -9, -10, F64, CHAR, STRING);
    }

    private static int lists(ComponentBytes c) {
        return tuple(
                c,
                list(c, BOOL),
                list(c, -3),
                list(c, -4),
                list(c, U32),
                list(c, -8),
                list(c, -10),
                list(c, F64),
                list(c, CHAR),
                list(c, list(c, STRING)));
    }

    private static int point(ComponentBytes c) {
        return c.named("point", 0x72, 3, "x", U32, "y", F64, "name", STRING);
    }

    private static int shape(ComponentBytes c, int point) {
        return c.named(
                "shape",
                0x71,
                4,
                "empty",
                ComponentBytes.none(),
                "circle",
                ComponentBytes.some(-10),
                "wide",
                ComponentBytes.some(-8),
                "place",
                ComponentBytes.some(point));
    }

    private static int colour(ComponentBytes c) {
        return c.named("colour", 0x6D, 3, "red", "green", "blue");
    }

    private static int letters(ComponentBytes c) {
        return c.named("letters", 0x6E, 9, "a", "b", "c", "d", "e", "f", "g", "h", "i");
    }

    private static int result(ComponentBytes c, int ok, int err) {
        return c.type(List.of(0x6A, 1, -1, 1, -1), List.of(ok, err));
    }

    private static int mixed(ComponentBytes c) {
        int point = point(c);
        int shape = shape(c, point);
        int colour = colour(c);
        return tuple(
                c,
                point,
                shape,
                colour,
                letters(c),
                c.type(List.of(0x6B, -1), List.of(shape)),
                result(c, point, colour),
                c.type(List.of(0x6A, 0, 1, -1), List.of(STRING)));
    }

    /** As {@link ComponentBytes#echo}, with strings in an encoding. */
    private static byte[] echo(int encoding, Function<ComponentBytes, Integer> type, String core, String result) {
        ComponentBytes c = new ComponentBytes(encoding);
        return c.echo("f", type.apply(c), core, result).bytes();
    }

    private Component load(byte[] wasm) {
        return Component.load(
                engine,
                CrossCompiler.compile("f", wasm, CompilerOptions.defaults().withJobs(1)));
    }

    // ---- values

    private static final String[] TEXTS = {
        "", "a", "plain ascii, and rather long", "\u00e9t\u00e9", "\u20ac5", "\ud83d\ude00!"
    };

    private static String text(Random r) {
        return TEXTS[r.nextInt(TEXTS.length)];
    }

    private static int character(Random r) {
        return r.nextInt(4) == 0 ? 0xE000 + r.nextInt(0x10FFFF - 0xE000) : r.nextInt(0xD800);
    }

    private static Scalars scalars(Random r) {
        return new Scalars(
                r.nextBoolean(),
                (byte) r.nextInt(),
                (byte) r.nextInt(),
                (short) r.nextInt(),
                (short) r.nextInt(),
                r.nextInt(),
                r.nextInt(),
                r.nextLong(),
                r.nextLong(),
                (float) r.nextGaussian(),
                r.nextGaussian(),
                character(r),
                text(r));
    }

    private static Lists lists(Random r) {
        int n = r.nextInt(5);
        byte[] bytes = new byte[n * 100];
        r.nextBytes(bytes);
        List<Integer> chars = new ArrayList<>();
        List<List<String>> texts = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            chars.add(character(r));
            texts.add(Collections.nCopies(i, text(r)));
        }
        boolean[] booleans = new boolean[n];
        short[] shorts = new short[n];
        float[] floats = new float[n];
        for (int i = 0; i < n; i++) {
            booleans[i] = r.nextBoolean();
            shorts[i] = (short) r.nextInt();
            floats[i] = r.nextFloat();
        }
        return new Lists(
                booleans,
                bytes,
                shorts,
                r.ints(n).toArray(),
                r.longs(n).toArray(),
                floats,
                r.doubles(n).toArray(),
                chars,
                texts);
    }

    private static Point point(Random r) {
        return new Point(r.nextInt(), r.nextGaussian(), text(r));
    }

    private static Shape shape(Random r) {
        return switch (r.nextInt(4)) {
            case 0 -> new Shape.Empty();
            case 1 -> new Shape.Circle((float) r.nextGaussian());
            case 2 -> new Shape.Wide(r.nextLong());
            default -> new Shape.Place(point(r));
        };
    }

    private static Colour colour(Random r) {
        return Colour.values()[r.nextInt(3)];
    }

    private static EnumSet<Letter> letters(Random r) {
        EnumSet<Letter> set = EnumSet.noneOf(Letter.class);
        for (Letter l : Letter.values()) {
            if (r.nextBoolean()) {
                set.add(l);
            }
        }
        return set;
    }

    private static Mixed mixed(Random r) {
        return new Mixed(
                point(r),
                shape(r),
                colour(r),
                letters(r),
                r.nextBoolean() ? Optional.of(shape(r)) : Optional.empty(),
                r.nextBoolean() ? Result.ok(point(r)) : Result.err(colour(r)),
                r.nextBoolean() ? Result.ok() : Result.err(text(r)));
    }

    // ---- there and back

    private static <T> boolean isGenerated(T bound) {
        return !Proxy.isProxyClass(bound.getClass());
    }

    /** Runs something with generated code, and without. */
    private static void both(Runnable test) {
        for (String mode : new String[] {"generated", "interpreted"}) {
            System.setProperty(PROPERTY, mode);
            test.run();
        }
    }

    private <F, T> void echo(
            Class<F> type,
            F host,
            CallOf<F, T> call,
            Function<ComponentBytes, Integer> wit,
            String core,
            String result,
            Function<Random, T> values) {
        for (int encoding = 0; encoding < 3; encoding++) {
            Component c = load(echo(encoding, wit, core, result));
            both(() -> {
                Random r = new Random(42);
                F f = null;
                try (Store store = new Store(engine)) {
                    for (int i = 0; i < VALUES; i++) {
                        if (i % 20 == 0) {
                            f = new ComponentLinker(engine)
                                    .with("", type, host)
                                    .instantiate(store, c)
                                    .bind("", type);
                            assertEquals("generated".equals(System.getProperty(PROPERTY)), isGenerated(f));
                        }
                        T value = values.apply(r);
                        assertEquals(value, call.apply(f, value));
                    }
                }
            });
            c.close();
        }
    }

    private interface CallOf<F, T> {
        T apply(F f, T value);
    }

    @Test
    void valuesPassThroughBothWays() {
        String i32 = "i32 ";
        String scalars = i32.repeat(7) + "i64 i64 f32 f64 i32 i32 i32";
        echo(OfScalars.class, a -> a, OfScalars::f, MarshallingTest::scalars, scalars, null, MarshallingTest::scalars);
        echo(OfLists.class, a -> a, OfLists::f, MarshallingTest::lists, "i32", null, MarshallingTest::lists);
        echo(
                OfShapes.class,
                a -> a,
                OfShapes::f,
                c -> shape(c, point(c)),
                "i32 i64 f64 i32 i32",
                null,
                MarshallingTest::shape);
        echo(OfMixed.class, a -> a, OfMixed::f, MarshallingTest::mixed, "i32", null, MarshallingTest::mixed);
        echo(
                OfLists2.class,
                a -> a,
                OfLists2::f,
                c -> list(c, mixed(c)),
                "i32 i32",
                null,
                r -> List.of(mixed(r), mixed(r)));
        echo(OfColours.class, a -> a, OfColours::f, MarshallingTest::colour, "i32", "i32", MarshallingTest::colour);
        echo(OfLetters.class, a -> a, OfLetters::f, MarshallingTest::letters, "i32", "i32", MarshallingTest::letters);
        echo(OfChars.class, a -> a, OfChars::f, _ -> CHAR, "i32", "i32", MarshallingTest::character);
        echo(OfStrings.class, a -> a, OfStrings::f, _ -> STRING, "i32 i32", null, MarshallingTest::text);
        echo(
                OfOptions.class,
                a -> a,
                OfOptions::f,
                c -> c.type(List.of(0x6B, -1), List.of(F64)),
                "i32 f64",
                null,
                r -> r.nextBoolean() ? Optional.of(r.nextGaussian()) : Optional.empty());
    }

    // ---- errors that are thrown

    @Test
    void errorsAreThrownOnBothSides() {
        ComponentBytes c = new ComponentBytes();
        int result = result(c, U32, STRING);
        int f = c.function(List.of(U32), result);
        int imported = c.importFunc("f", f);
        int memory = c.instantiate(c.module(ComponentBytes.MEMORY), -1);
        List<Integer> options = ComponentBytes.options(c.memory(memory, "memory"), c.coreFunc(memory, "realloc"));
        int code = c.instantiate(c.module("""
                (module
                  (import "" "f" (func $f (param i32 i32)))
                  (func (export "f") (param i32) (result i32) (call $f (local.get 0) (i32.const 64)) (i32.const 64)))
                """), c.coreExports(Map.of("f", c.lower(imported, options))));
        c.exportFunc("f", c.lift(c.coreFunc(code, "f"), f, options));
        Component component = load(c.bytes());
        both(() -> {
            try (Store store = new Store(engine)) {
                Throwing host = a -> {
                    if (a < 0) {
                        throw new IllegalStateException("not an error of the type");
                    } else if (a > 10) {
                        throw new TooLargeException(a + " is too large");
                    }
                    return a + 1;
                };
                ComponentInstance instance = new ComponentLinker(engine)
                        .with("", Throwing.class, host)
                        .instantiate(store, component);
                Throwing guest = instance.bind("", Throwing.class);
                assertEquals(6, assertDoesNotThrowAny(() -> guest.f(5)));
                assertEquals(
                        "11 is too large",
                        assertThrows(TooLargeException.class, () -> guest.f(11)).payload());
                assertEquals(7, assertDoesNotThrowAny(() -> guest.f(6)));
                assertThrows(IllegalStateException.class, () -> guest.f(-1));
                // After that nobody can enter.
                assertTrue(
                        outcome(() -> assertDoesNotThrowAny(() -> guest.f(5))).contains("cannot enter"));
            }
        });
    }

    private interface Throws<T> {
        T get() throws Exception;
    }

    private static <T> T assertDoesNotThrowAny(Throws<T> t) {
        try {
            return t.get();
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    // ---- mistakes

    private static String outcome(Supplier<Object> call) {
        try {
            return "value " + call.get();
        } catch (RuntimeException e) {
            return e.getClass().getName() + ": " + e.getMessage();
        }
    }

    private <F, T> void mistakes(
            Class<F> type,
            CallOf<F, T> call,
            Function<ComponentBytes, Integer> wit,
            String core,
            String result,
            T good,
            List<T> bad) {
        Component c = load(echo(0, wit, core, result));
        List<List<String>> outcomes = new ArrayList<>();
        both(() -> {
            List<String> now = new ArrayList<>();
            outcomes.add(now);
            try (Store store = new Store(engine)) {
                List<T> returned = new ArrayList<>(List.of(good));
                @SuppressWarnings("unchecked")
                F host = (F) Proxy.newProxyInstance(
                        type.getClassLoader(), new Class<?>[] {type}, (_, _, _) -> returned.getFirst());
                ComponentLinker linker = new ComponentLinker(engine).with("", type, host);
                F f = linker.instantiate(store, c).bind("", type);
                for (T value : bad) {
                    now.add(outcome(() -> call.apply(f, value)));
                    // Nothing was called: the instance is as it was.
                    assertEquals(good, call.apply(f, good));
                }
                for (T value : bad) {
                    F g = linker.instantiate(store, c).bind("", type);
                    returned.set(0, value);
                    now.add(outcome(() -> call.apply(g, good)));
                }
            }
        });
        assertEquals(outcomes.get(1), outcomes.get(0));
        for (String o : outcomes.getFirst()) {
            assertTrue(o.contains("Exception: "), o);
        }
    }

    @Test
    void mistakesOfJavaAreTheSame() {
        List<String> strings = new ArrayList<>(List.of("\ud800", "a\udc00b", "\ud800\ud800"));
        strings.add(null);
        mistakes(OfStrings.class, OfStrings::f, _ -> STRING, "i32 i32", null, "good", strings);
        mistakes(
                OfChars.class,
                OfChars::f,
                _ -> CHAR,
                "i32",
                "i32",
                65,
                List.of(-1, 0xD800, 0xDFFF, 0x110000, Integer.MIN_VALUE));
        List<Shape> shapes = new ArrayList<>(
                List.of(new Shape.Place(new Point(1, 2, "\udfff")), new Shape.Place(new Point(1, 2, null))));
        shapes.add(new Shape.Place(null));
        shapes.add(null);
        mistakes(
                OfShapes.class,
                OfShapes::f,
                c -> shape(c, point(c)),
                "i32 i64 f64 i32 i32",
                null,
                new Shape.Empty(),
                shapes);
    }

    @Test
    void aMistakeInTheFirstCallLeavesTheStoreToOtherThreads() {
        Component c = load(echo(0, _ -> STRING, "i32 i32", null));
        List<String> outcomes = Collections.synchronizedList(new ArrayList<>());
        both(() -> {
            try (Store store = new Store(engine)) {
                store.setHandOn(true);
                OfStrings f = new ComponentLinker(engine)
                        .with("", OfStrings.class, a -> a)
                        .instantiate(store, c)
                        .bind("", OfStrings.class);
                assertThrows(IllegalArgumentException.class, () -> f.f("\ud800"));
                Thread other = new Thread(() -> outcomes.add(outcome(() -> f.f("x"))));
                other.start();
                other.join();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        assertEquals(List.of("value x", "value x"), outcomes);
    }

    // ---- what a guest may return

    /** A component whose {@code f} returns whatever lies at an address, as a value of a type. */
    private static byte[] garbage(int encoding, Function<ComponentBytes, Integer> type, byte[] memory) {
        StringBuilder data = new StringBuilder();
        for (byte b : memory) {
            data.append(String.format("\\%02x", b));
        }
        ComponentBytes c = new ComponentBytes(encoding);
        int f = c.function(List.of(U32), type.apply(c));
        int code = c.instantiate(c.module("""
                (module
                  (memory (export "memory") 1)
                  (data (i32.const 0) "%s")
                  (func (export "f") (param i32) (result i32) (local.get 0)))
                """.formatted(data)), -1);
        List<Integer> options = ComponentBytes.memoryOption(c.memory(code, "memory"));
        c.exportFunc("f", c.lift(c.coreFunc(code, "f"), f, options));
        return c.bytes();
    }

    /** Returns garbage. */
    public interface MixedAt {
        Mixed f(int at);
    }

    /** Returns garbage. */
    public interface ScalarsAt {
        Scalars f(int at);
    }

    /** Returns garbage. */
    public interface ListAt {
        List<Shape> f(int at);
    }

    @Test
    void whatIsInMemoryHasTheSameMeaning() {
        garbage(MixedAt.class, MarshallingTest::mixed, MixedAt::f);
        garbage(ScalarsAt.class, MarshallingTest::scalars, ScalarsAt::f);
        garbage(ListAt.class, c -> list(c, shape(c, point(c))), ListAt::f);
    }

    private interface At<F> {
        Object apply(F f, int at);
    }

    private <F> void garbage(Class<F> type, Function<ComponentBytes, Integer> wit, At<F> call) {
        Random r = new Random(7);
        byte[] memory = new byte[4096];
        for (int i = 0; i < memory.length; i++) {
            // Mostly small numbers: cases that there are, short lists and addresses with something in them.
            memory[i] = (byte) (r.nextInt(10) != 0 ? 0 : r.nextInt(8) == 0 ? r.nextInt() : r.nextInt(5));
        }
        int values = 0;
        for (int encoding = 0; encoding < 3; encoding++) {
            Component c = load(garbage(encoding, wit, memory));
            for (int i = 0; i < GARBAGE; i++) {
                int at = i < 10 ? 0x10000 - i : r.nextInt(memory.length) & (i % 4 == 0 ? -1 : -8);
                List<String> outcomes = new ArrayList<>();
                both(() -> {
                    try (Store store = new Store(engine)) {
                        F f = new ComponentLinker(engine).instantiate(store, c).bind("", type);
                        outcomes.add(outcome(() -> call.apply(f, at)));
                    }
                });
                assertEquals(outcomes.get(1), outcomes.get(0));
                values += outcomes.getFirst().startsWith("value") ? 1 : 0;
            }
            c.close();
        }
        assertTrue(values > 10, () -> "most of it is no value of " + type);
    }

    /** As much code as there are types, not as much as there are parts of values: that would not fit a class. */
    @Test
    void typesThatShareTheirPartsAreWalkedOnce() {
        Component c = load(echo(
                0,
                b -> {
                    int t = -3;
                    for (int i = 0; i <= 8; i++) {
                        t = tuple(b, t, t, t, t);
                    }
                    return t;
                },
                "i32",
                null));
        SharedParts.P8 value = SharedParts.value();
        both(() -> {
            try (Store store = new Store(engine)) {
                SharedParts.Shared f = new ComponentLinker(engine)
                        .with("", SharedParts.Shared.class, a -> a)
                        .instantiate(store, c)
                        .bind("", SharedParts.Shared.class);
                assertEquals(value, f.f(value));
            }
        });
    }
}
