package kiln.tests.components;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import kiln.compiler.CompilerOptions;
import kiln.runtime.Engine;
import kiln.runtime.Store;
import kiln.runtime.component.Component;
import kiln.runtime.component.ComponentInstance;
import kiln.runtime.component.ComponentLinker;
import kiln.tests.Corpus;
import kiln.tests.cross.CrossCompiler;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Values by chance on the way from Java into one component, from there into another whose strings have another
 * encoding, and all the way back: what comes out is what went in. With {@code -Dkiln.component.adapters=java} the
 * adapters are Java's.
 */
class EncodingPairsTest {
    private static final int TYPES = Corpus.SAMPLED ? 3 : 8;
    private static final int VALUES = 12;
    /** So many more parameters that all are passed in memory, as one tuple of which the result has the layout. */
    private static final int MORE = 17;

    @TestFactory
    Stream<DynamicTest> pairs() {
        return IntStream.range(0, 9)
                .boxed()
                .flatMap(pair -> Stream.of(2, 0)
                        .map(level -> DynamicTest.dynamicTest(
                                "from encoding " + pair / 3 + " to " + pair % 3 + " and back at level " + level,
                                () -> pair(pair / 3, pair % 3, level))));
    }

    private static void pair(int outer, int inner, int level) {
        Random random = new Random(31L * outer + inner);
        CompilerOptions options =
                CompilerOptions.defaults().withJobs(1).withCheck(true).withOptLevel(level);
        try (Engine engine = new Engine()) {
            for (int i = 0; i < TYPES; i++) {
                GeneratedTypes type = GeneratedTypes.next(random, 3);
                Component c =
                        Component.load(engine, CrossCompiler.compile("pair", composed(type, outer, inner), options));
                for (int j = 0; j < VALUES; j++) {
                    List<Object> args = new ArrayList<>(Collections.nCopies(MORE, -1));
                    args.set(j % MORE, 0x01020304);
                    args.addFirst(GeneratedTypes.value(type, random));
                    try (Store store = new Store(engine)) {
                        ComponentInstance instance = new ComponentLinker(engine).instantiate(store, c);
                        Object result = instance.func("f").invoke(args.toArray());
                        assertEquals(args, GeneratedTypes.plain(result), type::toString);
                    }
                }
                c.close();
            }
        }
    }

    /** Of every length around what the code copies in one step, with one character that is not ASCII anywhere. */
    @TestFactory
    Stream<DynamicTest> longTexts() {
        List<Object> texts = new ArrayList<>();
        for (String other : new String[] {"x", "\u00e4", "\u20ac", "\ud83d\ude00"}) {
            for (int before = 0; before < 140; before += Corpus.SAMPLED ? 7 : 1) {
                texts.add("a".repeat(before) + other + "b".repeat(before % 3 * 35));
            }
        }
        return IntStream.range(0, 9)
                .mapToObj(pair -> DynamicTest.dynamicTest(
                        "from encoding " + pair / 3 + " to " + pair % 3 + " and back",
                        () -> passOn(new GeneratedTypes.Primitive(-13), pair / 3, pair % 3, texts)));
    }

    @TestFactory
    Stream<DynamicTest> longLists() {
        List<Object> chars = new ArrayList<>();
        List<Object> bools = new ArrayList<>();
        int[] some = {0, 'a', 0xd7ff, 0xe000, 0xffff, 0x10000, 0x10ffff};
        for (int length = 0; length < 140; length += Corpus.SAMPLED ? 7 : 1) {
            List<Object> c = new ArrayList<>();
            List<Object> b = new ArrayList<>();
            for (int i = 0; i < length; i++) {
                c.add(some[(i + length) % some.length]);
                b.add((i + length) % 3 == 0);
            }
            chars.add(c);
            bools.add(b);
        }
        return Stream.of(-12, -1)
                .map(code -> DynamicTest.dynamicTest(
                        code == -1 ? "bools" : "chars",
                        () -> passOn(
                                new GeneratedTypes.Made(0x70, List.of(new GeneratedTypes.Primitive(code))),
                                0,
                                0,
                                code == -1 ? bools : chars)));
    }

    private static void passOn(GeneratedTypes type, int outer, int inner, List<Object> values) {
        try (Engine engine = new Engine();
                Component c = Component.load(
                        engine,
                        CrossCompiler.compile(
                                "pair",
                                composed(type, outer, inner),
                                CompilerOptions.defaults().withJobs(1).withCheck(true)));
                Store store = new Store(engine)) {
            List<Object> args = new ArrayList<>(Collections.nCopies(MORE + 1, -1));
            for (Object value : values) {
                args.set(0, value);
                // A new one each time: its memory only grows.
                Object result = new ComponentLinker(engine)
                        .instantiate(store, c)
                        .func("f")
                        .invoke(args.toArray());
                assertEquals(args, GeneratedTypes.plain(result));
            }
        }
    }

    private static byte[] composed(GeneratedTypes type, int outer, int inner) {
        ComponentBytes c = new ComponentBytes();
        int callee = c.instance(c.component(identity(type, inner)), null, 0);
        int caller = c.instance(c.component(passOn(type, outer)), "g", c.func(callee, "f"));
        c.exportFunc("f", c.func(caller, "f"));
        return c.bytes();
    }

    private static int funcType(GeneratedTypes type, ComponentBytes c) {
        List<Integer> values = new ArrayList<>(Collections.nCopies(MORE, -7));
        values.addFirst(GeneratedTypes.define(type, c));
        List<Integer> start = new ArrayList<>(List.of(0x6F, values.size()));
        start.addAll(Collections.nCopies(values.size(), -1));
        int tuple = c.type(start, values);
        return c.function(values, tuple);
    }

    /** Returns its parameters, where they are. */
    private static ComponentBytes identity(GeneratedTypes type, int encoding) {
        ComponentBytes c = new ComponentBytes(encoding);
        int f = funcType(type, c);
        int memory = c.instantiate(c.module(ComponentBytes.MEMORY), -1);
        int code = c.instantiate(c.module("(module (func (export \"f\") (param i32) (result i32) (local.get 0)))"), -1);
        List<Integer> options = ComponentBytes.options(c.memory(memory, "memory"), c.coreFunc(memory, "realloc"));
        c.exportFunc("f", c.lift(c.coreFunc(code, "f"), f, options));
        return c;
    }

    /** Calls what it imports with its parameters, and returns what that returns. */
    private static ComponentBytes passOn(GeneratedTypes type, int encoding) {
        ComponentBytes c = new ComponentBytes(encoding);
        int f = funcType(type, c);
        int imported = c.importFunc("g", f);
        int memory = c.instantiate(c.module(ComponentBytes.MEMORY), -1);
        List<Integer> options = ComponentBytes.options(c.memory(memory, "memory"), c.coreFunc(memory, "realloc"));
        int code = c.instantiate(c.module("""
                (module
                  (import "" "g" (func $g (param i32 i32)))
                  (func (export "f") (param i32) (result i32)
                    (call $g (local.get 0) (i32.const 64))
                    (i32.const 64)))
                """), c.coreExports(Map.of("g", c.lower(imported, options))));
        c.exportFunc("f", c.lift(c.coreFunc(code, "f"), f, options));
        return c;
    }
}
