package kiln.tests.components;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import kiln.compiler.CompilerOptions;
import kiln.runtime.Engine;
import kiln.runtime.Store;
import kiln.runtime.TrapException;
import kiln.runtime.component.Component;
import kiln.runtime.component.ComponentHostFunction;
import kiln.runtime.component.ComponentInstance;
import kiln.runtime.component.ComponentLinker;
import kiln.runtime.component.GuestResource;
import kiln.runtime.component.Result;
import kiln.tests.cross.CrossCompiler;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Functions of generic values, maps, and resources of declared interfaces: by code that was generated at once, by
 * walking types, and by one after the other.
 */
class MarshalModesTest {
    private static final String PROPERTY = "kiln.component.marshal";
    /** After half of them declared imports have code, when it is made by itself. */
    private static final int CALLS = 2000;

    private static final int BOOL = -1;
    private static final int U8 = -3;
    private static final int U32 = -7;
    private static final int U64 = -9;
    private static final int F32 = -10;
    private static final int F64 = -11;
    private static final int CHAR = -12;
    private static final int STRING = -13;

    private final Engine engine = new Engine();
    private final Store store = new Store(engine);

    @AfterEach
    void close() {
        System.clearProperty(PROPERTY);
        store.close();
        engine.close();
    }

    private static void mode(String mode) {
        System.setProperty(PROPERTY, mode);
    }

    private Component load(ComponentBytes c) {
        return Component.load(
                engine,
                CrossCompiler.compile(
                        "modes", c.bytes(), CompilerOptions.defaults().withJobs(1)));
    }

    // ---- generic values

    private ComponentInstance instance(Component c, ComponentHostFunction g) {
        return new ComponentLinker(engine).func("", "g", g).instantiate(store, c);
    }

    /** What goes in comes out, and the host has seen it. */
    private void passes(ComponentBytes bytes, Object... values) {
        Component c = load(bytes);
        List<Object> seen = new ArrayList<>();
        ComponentInstance i = instance(c, (_, args) -> {
            seen.add(GeneratedTypes.plain(args[0]));
            return args[0];
        });
        for (int again = 0; again < 3; again++) {
            for (Object value : values) {
                assertEquals(value, GeneratedTypes.plain(i.func("f").invoke(value)));
                assertEquals(value, seen.removeLast());
            }
        }
    }

    private static List<Object> bytes(int count) {
        return new ArrayList<>(Collections.nCopies(count, (byte) 200));
    }

    private static int list(ComponentBytes c, int element) {
        return c.type(List.of(0x70, -1), List.of(element));
    }

    private static int option(ComponentBytes c, int type) {
        return c.type(List.of(0x6B, -1), List.of(type));
    }

    private static int result(ComponentBytes c, int ok, int err) {
        return c.type(List.of(0x6A, 1, -1, 1, -1), List.of(ok, err));
    }

    @ParameterizedTest
    @ValueSource(strings = {"generated", "interpreted"})
    void genericValuesOfAllKinds(String mode) {
        mode(mode);
        passes(new ComponentBytes().echo("g", BOOL, "i32", "i32"), true, false);
        passes(new ComponentBytes().echo("g", U8, "i32", "i32"), (byte) 1, (byte) -1);
        passes(new ComponentBytes().echo("g", -5, "i32", "i32"), (short) 1, (short) -1);
        passes(new ComponentBytes().echo("g", U32, "i32", "i32"), 1, -1);
        passes(new ComponentBytes().echo("g", U64, "i64", "i64"), 1L, -1L);
        passes(new ComponentBytes().echo("g", F32, "f32", "f32"), 1.5f, Float.NEGATIVE_INFINITY);
        passes(new ComponentBytes().echo("g", F64, "f64", "f64"), 1.5, Double.MIN_VALUE);
        passes(new ComponentBytes().echo("g", CHAR, "i32", "i32"), (int) 'a', 0x10FFFF);
        for (int encoding = 0; encoding < 3; encoding++) {
            passes(
                    new ComponentBytes(encoding).echo("g", STRING, "i32 i32", null),
                    "",
                    "abc",
                    "\u00e4\u20ac\ud83d\ude00");
        }
        ComponentBytes c = new ComponentBytes();
        passes(c.echo("g", list(c, U8), "i32 i32", null), bytes(0), bytes(100));
        c = new ComponentBytes();
        passes(c.echo("g", list(c, STRING), "i32 i32", null), List.of(), List.of("a", "\u00e4"));
        c = new ComponentBytes();
        passes(c.echo("g", option(c, U64), "i32 i64", null), Optional.empty(), Optional.of(-1L));
        c = new ComponentBytes();
        passes(c.echo("g", c.type(List.of(0x6A, 0, 0), List.of()), "i32", "i32"), Result.ok(), Result.err(null));
        c = new ComponentBytes();
        int inner = option(c, STRING);
        passes(
                c.echo("g", result(c, list(c, U8), inner), "i32 i32 i32 i32", null),
                Result.ok(bytes(5)),
                Result.err(Optional.empty()),
                Result.err(Optional.of("x")));
        c = new ComponentBytes();
        passes(
                c.echo("g", result(c, F32, U64), "i32 i64", null),
                Result.ok(1.5f),
                Result.err(-1L),
                Result.ok(Float.MIN_VALUE));
        c = new ComponentBytes();
        passes(
                c.echo("g", c.type(List.of(0x6F, 2, -1, -1), List.of(U8, F64)), "i32 f64", null),
                List.of((byte) 3, 2.5));
        c = new ComponentBytes();
        passes(c.echo("g", c.named("colour", 0x6D, 3, "red", "green", "blue"), "i32", "i32"), "red", "blue");
        c = new ComponentBytes();
        passes(c.echo("g", c.named("letters", 0x6E, 3, "a", "b", "c"), "i32", "i32"), Set.of(), Set.of("a", "c"));
        c = new ComponentBytes();
        int choice =
                c.named("choice", 0x71, 2, "number", ComponentBytes.some(F64), "text", ComponentBytes.some(STRING));
        passes(
                c.echo("g", option(c, choice), "i32 i32 i64 i32", null),
                Optional.empty(),
                Optional.of(new kiln.runtime.component.Variant("number", 1.5)),
                Optional.of(new kiln.runtime.component.Variant("text", "abc")));
        c = new ComponentBytes();
        passes(c.echo("g", c.type(List.of(0x63, -1, -1), List.of(STRING, U8)), "i32 i32", null), Map.of(), map());
    }

    private static Map<String, Byte> map() {
        Map<String, Byte> map = new LinkedHashMap<>();
        for (int i = 0; i < 100; i++) {
            map.put("key" + i, (byte) i);
        }
        return map;
    }

    /** Values of any type as parts of tuples, in memory. */
    @ParameterizedTest
    @ValueSource(strings = {"generated", "interpreted"})
    void generatedTypes(String mode) {
        mode(mode);
        Random random = new Random(7);
        for (int i = 0; i < 20; i++) {
            ComponentBytes c = new ComponentBytes(i % 3);
            GeneratedTypes type = GeneratedTypes.next(random, 3);
            List<Integer> params = new ArrayList<>(Collections.nCopies(17, U32));
            params.addFirst(GeneratedTypes.define(type, c));
            List<Integer> start = new ArrayList<>(List.of(0x6F, params.size()));
            start.addAll(Collections.nCopies(params.size(), -1));
            int tuple = c.type(start, params);
            int f = c.function(params, tuple);
            int imported = c.importFunc("g", f);
            int memory = c.instantiate(c.module(ComponentBytes.MEMORY), -1);
            List<Integer> options = ComponentBytes.options(c.memory(memory, "memory"), c.coreFunc(memory, "realloc"));
            int code = c.instantiate(c.module("""
                    (module
                      (import "" "g" (func $g (param i32 i32)))
                      (func (export "f") (param i32) (result i32)
                        (call $g (local.get 0) (i32.const 64)) (i32.const 64)))
                    """), c.coreExports(Map.of("g", c.lower(imported, options))));
            c.exportFunc("f", c.lift(c.coreFunc(code, "f"), f, options));
            ComponentInstance instance = instance(load(c), (_, args) -> Arrays.asList(args));
            for (int k = 0; k < 12; k++) {
                List<Object> args = new ArrayList<>(Collections.nCopies(17, k));
                args.addFirst(GeneratedTypes.value(type, random));
                Object back = instance.func("f").invoke(args.toArray());
                assertEquals(args, GeneratedTypes.plain(back), type::toString);
            }
        }
    }

    /** What a function of the host's may return, and what it may not, which is told in the same words. */
    @ParameterizedTest
    @ValueSource(strings = {"generated", "interpreted"})
    void resultsThatAreUnusualOrWrong(String mode) {
        mode(mode);
        ComponentBytes bytes = new ComponentBytes();
        Component c = load(bytes.echo("g", list(bytes, U8), "i32 i32", null));
        byte[] some = {1, 2, 3};
        ComponentInstance lists = instance(c, (_, _) -> List.of((byte) 1, (byte) 2, (byte) 3));
        assertEquals(
                Arrays.toString(some), Arrays.toString((byte[]) lists.func("f").invoke((Object) new byte[1])));
        Object[] wrong = {null, 7, "text", List.of(1), new int[1], List.of("a")};
        String[] messages = {
            "g: result: a list is a byte[], not null",
            "g: result: a list is a byte[], not java.lang.Integer",
            "g: result: a list is a byte[], not java.lang.String",
            "g: result element: a u8 is a Byte, not java.lang.Integer",
            "g: result: a list is a byte[], not int[]",
            "g: result element: a u8 is a Byte, not java.lang.String"
        };
        for (int k = 0; k < wrong.length; k++) {
            Object result = wrong[k];
            ComponentInstance i = instance(c, (_, _) -> result);
            assertEquals(
                    messages[k],
                    assertThrows(
                                    IllegalArgumentException.class,
                                    () -> i.func("f").invoke((Object) new byte[1]))
                            .getMessage());
            // It passed through the component.
            assertThrows(TrapException.class, () -> i.func("f").invoke((Object) new byte[1]));
        }
        ComponentInstance throwing = instance(c, (_, _) -> {
            throw new java.io.IOException("as it is");
        });
        assertEquals(
                "as it is",
                assertThrows(java.io.IOException.class, () -> throwing.func("f").invoke((Object) new byte[1]))
                        .getMessage());
        ComponentBytes nothing = new ComponentBytes();
        int f = nothing.funcType(ComponentBytes.NONE);
        int lowered = nothing.lower(nothing.importFunc("g", f), List.of());
        int code = nothing.instantiate(
                nothing.module("(module (import \"\" \"g\" (func $g)) (func (export \"f\") (call $g)))"),
                nothing.coreExports(Map.of("g", lowered)));
        nothing.exportFunc("f", nothing.lift(nothing.coreFunc(code, "f"), f, List.of()));
        Component none = load(nothing);
        instance(none, (_, _) -> null).func("f").invoke();
        assertEquals(
                "g: result: the function has none, but returned a java.lang.Integer",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> instance(none, (_, _) -> 7).func("f").invoke())
                        .getMessage());
    }

    // ---- maps

    /** A function over a map. */
    public interface OfMaps {
        Map<String, List<Integer>> g(Map<String, List<Integer>> a);
    }

    /** The same by its other name. */
    public interface OfMapsBack {
        Map<String, List<Integer>> f(Map<String, List<Integer>> a);
    }

    @ParameterizedTest
    @ValueSource(strings = {"generated", "interpreted"})
    void mapsOfDeclaredTypes(String mode) {
        mode(mode);
        ComponentBytes bytes = new ComponentBytes();
        int type = bytes.type(List.of(0x63, -1, -1), List.of(STRING, list(bytes, CHAR)));
        Component c = load(bytes.echo("g", type, "i32 i32", null));
        ComponentInstance i = new ComponentLinker(engine)
                .with("", OfMaps.class, a -> {
                    Map<String, List<Integer>> more = new LinkedHashMap<>(a);
                    more.put("more", List.of(0x10FFFF));
                    return more;
                })
                .instantiate(store, c);
        OfMapsBack f = i.bind("", OfMapsBack.class);
        for (int k = 0; k < 50; k++) {
            Map<String, List<Integer>> map = new LinkedHashMap<>();
            for (int n = 0; n < k; n++) {
                map.put("k" + n, Collections.nCopies(n % 3, n));
            }
            Map<String, List<Integer>> expected = new LinkedHashMap<>(map);
            expected.put("more", List.of(0x10FFFF));
            assertEquals(expected, f.f(map));
        }
        assertEquals(
                "f: argument p0 value element: 55296 is no character of Unicode",
                assertThrows(IllegalArgumentException.class, () -> f.f(Map.of("a", List.of(0xD800))))
                        .getMessage());
        assertEquals(Map.of("more", List.of(0x10FFFF)), f.f(Map.of()), "nothing was called, so the instance is usable");
    }

    // ---- imports that are exported again

    /** A function that the component imports, */
    public interface Imported {
        int g(int a);
    }

    /** and exports. */
    public interface ExportedAgain {
        int f(int a);
    }

    @ParameterizedTest
    @ValueSource(strings = {"generated", "interpreted"})
    void importsThatAreExportedAgain(String mode) {
        mode(mode);
        ComponentBytes c = new ComponentBytes();
        c.exportFunc("f", c.importFunc("g", c.function(List.of(U32), U32)));
        Component component = load(c);
        ComponentInstance i =
                new ComponentLinker(engine).with("", Imported.class, a -> a + 1).instantiate(store, component);
        assertEquals(42, i.bind("", ExportedAgain.class).f(41));
        assertEquals(42, i.func("f").invoke(41));
        // Nobody calls it, so it need not be there.
        ComponentInstance without = new ComponentLinker(engine).instantiate(store, component);
        assertThrows(TrapException.class, () -> without.func("f").invoke(41));
    }

    // ---- resources

    /** What the component imports. */
    public interface Host {
        Counter newCounter(int start);

        int take(Counter c);

        /** A resource of the host's. */
        interface Counter extends AutoCloseable {
            int add(int n);
        }
    }

    private static final class Counters implements Host {
        private int closed;

        private final class One implements Host.Counter {
            private int value;

            One(int value) {
                this.value = value;
            }

            @Override
            public int add(int n) {
                return value += n;
            }

            @Override
            public void close() {
                closed++;
            }
        }

        @Override
        public Host.Counter newCounter(int start) {
            return new One(start);
        }

        @Override
        public int take(Host.Counter c) {
            return c.add(0);
        }
    }

    /** Declared to run the component. */
    public interface Run {
        int run(int n);
    }

    @ParameterizedTest
    @ValueSource(strings = {"generated", "interpreted", "when hot"})
    void resourcesOfTheHostInDeclaredInterfaces(String mode) {
        mode(mode);
        ComponentBytes c = new ComponentBytes();
        int r = c.importResource("counter");
        int own = c.own(r);
        int borrow = c.borrow(r);
        int make = c.lower(c.importFunc("[constructor]counter", c.function(List.of(U32), own)), List.of());
        int add =
                c.lower(c.importFunc("[method]counter.add", c.function("self", List.of(borrow, U32), U32)), List.of());
        int take = c.lower(c.importFunc("take", c.function(List.of(own), U32)), List.of());
        int drop = c.resourceDrop(r);
        int code = c.instantiate(
                c.module("""
                (module
                  (import "" "make" (func $make (param i32) (result i32)))
                  (import "" "add" (func $add (param i32 i32) (result i32)))
                  (import "" "take" (func $take (param i32) (result i32)))
                  (import "" "drop" (func $drop (param i32)))
                  (func (export "run") (param $n i32) (result i32) (local $h i32)
                    (call $drop (call $make (i32.const 1)))
                    (local.set $h (call $make (local.get $n)))
                    (drop (call $add (local.get $h) (i32.const 5)))
                    (drop (call $add (local.get $h) (i32.const 6)))
                    (call $take (local.get $h))))
                """), c.coreExports(Map.of("make", make, "add", add, "take", take, "drop", drop)));
        c.exportFunc("run", c.lift(c.coreFunc(code, "run"), c.function(List.of(U32), U32), List.of()));
        Counters counters = new Counters();
        Run run = new ComponentLinker(engine)
                .with("", Host.class, counters)
                .instantiate(store, load(c))
                .bind("", Run.class);
        for (int i = 0; i < CALLS; i++) {
            assertEquals(i + 11, run.run(i));
            assertEquals(i + 1, counters.closed);
        }
    }

    /** What the component exports. */
    public interface Cells {
        Cell newCell(int value);

        int look(Cell c);

        int eat(Cell c);

        /** A resource of the component's. */
        interface Cell extends AutoCloseable {
            int get();

            Cell plus(Cell other);

            @Override
            void close();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"generated", "interpreted"})
    void resourcesOfTheComponentInDeclaredInterfaces(String mode) throws Exception {
        mode(mode);
        ComponentBytes c = new ComponentBytes();
        int inner = c.resource(-1);
        int imports = c.coreExports(
                Map.of("new", c.resourceNew(inner), "rep", c.resourceRep(inner), "drop", c.resourceDrop(inner)));
        int code = c.instantiate(c.module("""
                (module
                  (import "" "new" (func $new (param i32) (result i32)))
                  (import "" "rep" (func $rep (param i32) (result i32)))
                  (import "" "drop" (func $drop (param i32)))
                  (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
                  (func (export "look") (param i32) (result i32) (local.get 0))
                  (func (export "plus") (param i32 i32) (result i32)
                    (call $new (i32.add (local.get 0) (local.get 1))))
                  (func (export "eat") (param $h i32) (result i32) (local $rep i32)
                    (local.set $rep (call $rep (local.get $h)))
                    (call $drop (local.get $h))
                    (local.get $rep)))
                """), imports);
        int r = c.exportType("cell", inner);
        int own = c.own(r);
        int borrow = c.borrow(r);
        c.exportFunc("[constructor]cell", c.lift(c.coreFunc(code, "make"), c.function(List.of(U32), own), List.of()));
        c.exportFunc(
                "[method]cell.get",
                c.lift(c.coreFunc(code, "look"), c.function("self", List.of(borrow), U32), List.of()));
        c.exportFunc(
                "[method]cell.plus",
                c.lift(c.coreFunc(code, "plus"), c.function("self", List.of(borrow, borrow), own), List.of()));
        c.exportFunc("look", c.lift(c.coreFunc(code, "look"), c.function(List.of(borrow), U32), List.of()));
        c.exportFunc("eat", c.lift(c.coreFunc(code, "eat"), c.function(List.of(own), U32), List.of()));
        ComponentInstance instance = new ComponentLinker(engine).instantiate(store, load(c));
        Cells cells = instance.bind("", Cells.class);
        for (int i = 0; i < CALLS; i++) {
            try (Cells.Cell a = cells.newCell(i);
                    Cells.Cell b = cells.newCell(7)) {
                assertEquals(i, a.get());
                assertEquals(i, cells.look(a));
                Cells.Cell sum = a.plus(b);
                assertEquals(i + 7, cells.eat(sum));
                assertThrows(IllegalArgumentException.class, () -> cells.look(sum), "it was given away");
                assertThrows(IllegalArgumentException.class, () -> cells.look(null));
            }
        }
        Cells.Cell closed = cells.newCell(1);
        closed.close();
        closed.close();
        assertThrows(IllegalArgumentException.class, () -> closed.get());
        assertThrows(IllegalArgumentException.class, () -> cells.eat(closed));
        // The same resource as a generic value.
        Object generic = instance.func("[constructor]cell").invoke(9);
        assertTrue(generic instanceof GuestResource);
        assertEquals(9, instance.func("[method]cell.get").invoke(generic));
    }
}
