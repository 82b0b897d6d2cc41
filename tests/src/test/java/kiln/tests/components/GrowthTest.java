package kiln.tests.components;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import kiln.tests.bombs.CompileTask;
import kiln.tests.bombs.WorkMeter;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;

/**
 * Components cost in proportion to their size, whatever is large in them: validating, compiling and writing
 * declarations for twice as much takes at most {@link #GROWTH} times the steps.
 */
@DisabledIfSystemProperty(named = "kiln.emulated", matches = "true", disabledReason = "takes the same steps there")
class GrowthTest {
    private static final double GROWTH = 2.6;
    private static final int U8 = -3;
    private static final int U32 = -7;
    private static final int STRING = -13;

    private final WorkMeter meter = new WorkMeter();

    private record Family(String name, int n, boolean hasNames, IntFunction<byte[][]> components) {}

    @TestFactory
    Stream<DynamicTest> costGrowsWithTheInput() {
        return Stream.of(
                        new Family("a chain of components", 20, true, GrowthTest::chain),
                        new Family("components that one imports", 20, true, GrowthTest::star),
                        new Family("functions between two components", 50, true, n -> functions(n, STRING)),
                        new Family("instances of a component", 25, true, GrowthTest::instances),
                        new Family("fields of a record", 60, true, GrowthTest::fields),
                        new Family("cases of a variant", 200, true, GrowthTest::cases),
                        new Family("labels of an enum", 500, true, GrowthTest::labels),
                        new Family("a type of types within each other", 20, true, n -> deep(n, false)),
                        new Family("a type whose parts are shared", 4, false, n -> deep(n, true)))
                .map(f -> DynamicTest.dynamicTest(f.name, () -> {
                    List<String> failures = new ArrayList<>();
                    List<String> ways = new ArrayList<>(CompileTask.WAYS);
                    if (f.hasNames) {
                        ways.add(CompileTask.BINDGEN);
                    }
                    for (String way : ways) {
                        measure(f, way, failures);
                    }
                    assertTrue(failures.isEmpty(), () -> String.join("\n", failures));
                }));
    }

    private void measure(Family f, String way, List<String> failures) {
        // What is made once only is made here.
        meter.run(f.components.apply(f.n), way);
        WorkMeter.Measure last = meter.run(f.components.apply(f.n), way);
        for (int n = 2 * f.n; n <= 4 * f.n; n *= 2) {
            WorkMeter.Measure m = meter.run(f.components.apply(n), way);
            if (m.work() > GROWTH * last.work()) {
                failures.add("%s, %s: %d steps of %d, of half the size %d%s"
                        .formatted(f.name, way, m.work(), n, last.work(), WorkMeter.grown(last, m)));
            }
            last = m;
        }
    }

    // ---- several components

    private static byte[] library(String exported, String imported) {
        ComponentBytes c = new ComponentBytes();
        int code;
        if (imported == null) {
            code = c.instantiate(c.module("(module (func (export \"f\") (param i32) (result i32) (local.get 0)))"), -1);
        } else {
            int lowered = c.lower(c.func(c.importInstance(imported, List.of("f"), U32), "f"), List.of());
            code = c.instantiate(c.module("""
                    (module
                      (import "" "f" (func $f (param i32) (result i32)))
                      (func (export "f") (param i32) (result i32) (call $f (local.get 0))))
                    """), c.coreExports(Map.of("f", lowered)));
        }
        int f = c.lift(c.coreFunc(code, "f"), c.function(List.of(U32), U32), List.of());
        c.exportInstance(exported, Map.of("f", f));
        return c.bytes();
    }

    private static byte[][] chain(int n) {
        return IntStream.range(0, n)
                .mapToObj(i -> library("a:b/i" + i, i == 0 ? null : "a:b/i" + (i - 1)))
                .toArray(byte[][]::new);
    }

    private static byte[][] star(int n) {
        ComponentBytes c = new ComponentBytes();
        Map<String, Integer> lowered = new LinkedHashMap<>();
        StringBuilder imports = new StringBuilder();
        StringBuilder calls = new StringBuilder();
        byte[][] all = new byte[n + 1][];
        for (int i = 0; i < n; i++) {
            all[i] = library("a:b/i" + i, null);
            lowered.put("f" + i, c.lower(c.func(c.importInstance("a:b/i" + i, List.of("f"), U32), "f"), List.of()));
            imports.append("(import \"\" \"f%d\" (func $f%1$d (param i32) (result i32)))".formatted(i));
            calls.append("(local.set 0 (call $f%d (local.get 0)))".formatted(i));
        }
        int code = c.instantiate(
                c.module("(module " + imports + "(func (export \"f\") (param i32) (result i32) " + calls
                        + "(local.get 0)))"),
                c.coreExports(lowered));
        c.exportFunc("f", c.lift(c.coreFunc(code, "f"), c.function(List.of(U32), U32), List.of()));
        all[n] = c.bytes();
        return all;
    }

    private static byte[][] functions(int n, int type) {
        List<String> names = IntStream.range(0, n).mapToObj(i -> "f" + i).toList();
        ComponentBytes lib = new ComponentBytes();
        int memory = lib.instantiate(lib.module(ComponentBytes.MEMORY), -1);
        List<Integer> options = ComponentBytes.options(lib.memory(memory, "memory"), lib.coreFunc(memory, "realloc"));
        int code = lib.instantiate(
                lib.module("(module (func (export \"f\") (param i32 i32) (result i32) (local.get 1)))"), -1);
        int core = lib.coreFunc(code, "f");
        int lifted = lib.function(List.of(type), U32);
        Map<String, Integer> exports = new LinkedHashMap<>();
        for (String name : names) {
            exports.put(name, lib.lift(core, lifted, options));
        }
        lib.exportInstance("a:b/lib", exports);
        ComponentBytes app = new ComponentBytes();
        int instance = app.importInstance("a:b/lib", names, type);
        memory = app.instantiate(app.module(ComponentBytes.MEMORY), -1);
        options = ComponentBytes.options(app.memory(memory, "memory"), app.coreFunc(memory, "realloc"));
        Map<String, Integer> lowered = new LinkedHashMap<>();
        StringBuilder imports = new StringBuilder();
        StringBuilder calls = new StringBuilder();
        for (String name : names) {
            lowered.put(name, app.lower(app.func(instance, name), options));
            imports.append("(import \"\" \"%s\" (func $%1$s (param i32 i32) (result i32)))".formatted(name));
            calls.append("(local.set 0 (call $%s (local.get 0) (i32.const 8)))".formatted(name));
        }
        code = app.instantiate(
                app.module("(module " + imports + "(func (export \"f\") (param i32) (result i32) " + calls
                        + "(local.get 0)))"),
                app.coreExports(lowered));
        app.exportFunc("f", app.lift(app.coreFunc(code, "f"), app.function(List.of(U32), U32), List.of()));
        return new byte[][] {lib.bytes(), app.bytes()};
    }

    private static byte[][] instances(int n) {
        ComponentBytes inner = new ComponentBytes();
        int lowered = inner.lower(inner.importFunc("f", inner.function(List.of(U32), U32)), List.of());
        int code = inner.instantiate(inner.module("""
                (module
                  (import "" "f" (func $f (param i32) (result i32)))
                  (func (export "f") (param i32) (result i32) (i32.add (call $f (local.get 0)) (i32.const 1))))
                """), inner.coreExports(Map.of("f", lowered)));
        inner.exportFunc("f", inner.lift(inner.coreFunc(code, "f"), inner.function(List.of(U32), U32), List.of()));
        ComponentBytes c = new ComponentBytes();
        int f = c.importFunc("f", c.function(List.of(U32), U32));
        int component = c.component(inner);
        for (int i = 0; i < n; i++) {
            f = c.func(c.instance(component, "f", f), "f");
        }
        c.exportFunc("g", f);
        return new byte[][] {c.bytes()};
    }

    // ---- large types

    /** A component whose f hands on what it gets to the f that it imports, of a type with a name or without. */
    private static byte[][] handOn(ComponentBytes c, int type, int flat) {
        int f = c.function(List.of(type), U32);
        int imported = c.importFunc("f", f);
        int memory = c.instantiate(c.module(ComponentBytes.MEMORY), -1);
        List<Integer> options = ComponentBytes.options(c.memory(memory, "memory"), c.coreFunc(memory, "realloc"));
        StringBuilder params = new StringBuilder();
        StringBuilder get = new StringBuilder();
        for (int i = 0; i < flat; i++) {
            params.append(" i32");
            get.append("(local.get ").append(i).append(')');
        }
        int code = c.instantiate(
                c.module("""
                (module
                  (import "" "f" (func $f (param%s) (result i32)))
                  (func (export "f") (param%1$s) (result i32) (call $f %s)))
                """.formatted(params, get)), c.coreExports(Map.of("f", c.lower(imported, options))));
        c.exportFunc("g", c.lift(c.coreFunc(code, "f"), f, options));
        return new byte[][] {c.bytes()};
    }

    private static byte[][] fields(int n) {
        ComponentBytes c = new ComponentBytes();
        Object[] parts = new Object[2 * n];
        for (int i = 0; i < n; i++) {
            parts[2 * i] = "field" + i;
            parts[2 * i + 1] = STRING;
        }
        return handOn(c, c.named("r", 0x72, n, parts), 1);
    }

    private static byte[][] cases(int n) {
        ComponentBytes c = new ComponentBytes();
        Object[] parts = new Object[2 * n];
        for (int i = 0; i < n; i++) {
            parts[2 * i] = "case" + i;
            parts[2 * i + 1] = ComponentBytes.some(i % 2 == 0 ? STRING : U32);
        }
        return handOn(c, c.named("v", 0x71, n, parts), 3);
    }

    private static byte[][] labels(int n) {
        ComponentBytes c = new ComponentBytes();
        Object[] parts = IntStream.range(0, n).mapToObj(i -> "label" + i).toArray();
        return handOn(c, c.named("e", 0x6D, n, parts), 1);
    }

    /** @param shares whether each type has the one before twice, and its values twice as many parts */
    private static byte[][] deep(int n, boolean shares) {
        ComponentBytes c = new ComponentBytes();
        int type = c.type(List.of(0x70, -1), List.of(STRING));
        for (int i = 1; i < n; i++) {
            type = c.type(List.of(0x6F, 2, -1, -1), List.of(type, shares ? type : U8));
        }
        type = c.type(List.of(0x70, -1), List.of(type));
        return handOn(c, type, 2);
    }
}
