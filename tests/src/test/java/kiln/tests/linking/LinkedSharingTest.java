package kiln.tests.linking;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import kiln.compiler.CompileException;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.Instance;
import kiln.runtime.Linker;
import kiln.runtime.SharedMemory;
import kiln.runtime.Store;
import kiln.runtime.ThrownException;
import kiln.wat.Wat;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Modules in one file share tags, exceptions and shared memories as separate ones do. */
class LinkedSharingTest extends LinkingFixture {
    private static final String LIB = """
            (module
              (tag $t (export "t") (param i32))
              (tag $other (export "other") (param i32))
              (global (export "last") (mut exnref) (ref.null exn))
              (memory (export "memory") 1 4 shared)
              (func $deep (param i32 i32)
                (if (local.get 1)
                  (then (call $deep (local.get 0) (i32.sub (local.get 1) (i32.const 1))))
                  (else (throw $t (local.get 0)))))
              (func (export "throw") (param i32) (throw $t (local.get 0)))
              (func (export "deep") (param i32 i32) (call $deep (local.get 0) (local.get 1)))
              (func (export "throwOther") (param i32) (throw $other (local.get 0)))
              (func (export "quiet") (param i32))
              (func (export "add") (param i32 i32) (result i32)
                (i32.atomic.rmw.add (local.get 0) (local.get 1)))
              (func (export "wait") (param i32) (result i32)
                (memory.atomic.wait32 (local.get 0) (i32.const 0) (i64.const -1))))
            """;
    /** Names lib's tag twice: by its two imports and by the export of its own. */
    private static final String APP = """
            (module
              (import "lib" "t" (tag $t (param i32)))
              (import "lib" "t" (tag $again (param i32)))
              (import "lib" "other" (tag $other (param i32)))
              (import "lib" "last" (global $last (mut exnref)))
              (import "lib" "memory" (memory 1 4 shared))
              (import "lib" "throw" (func $throw (param i32)))
              (import "lib" "deep" (func $deep (param i32 i32)))
              (import "lib" "throwOther" (func $throwOther (param i32)))
              (import "lib" "quiet" (func $quiet (param i32)))
              (import "lib" "add" (func $add (param i32 i32) (result i32)))
              (import "lib" "wait" (func $wait (param i32) (result i32)))
              (export "t" (tag $again))
              (export "memory" (memory 0))
              (tag $mine (param i32))
              (func (export "catch") (param $n i32) (param $depth i32) (result i32)
                (block $h (result i32)
                  (block $o (result i32)
                    (block $m (result i32)
                      (try_table (catch $mine $m) (catch $other $o) (catch $again $h)
                        (if (i32.eqz (local.get $depth)) (then (call $throw (local.get $n))))
                        (if (i32.eq (local.get $depth) (i32.const -1)) (then (call $throwOther (local.get $n))))
                        (if (i32.eq (local.get $depth) (i32.const -2)) (then (throw $t (local.get $n))))
                        (if (i32.eq (local.get $depth) (i32.const -3))
                          (then (call $quiet (local.get $n)) (return (i32.const 7))))
                        (call $deep (local.get $n) (local.get $depth)))
                      (unreachable))
                    (return (i32.const -1)))
                  (return (i32.add (i32.const 1000)))))
              (func (export "keep") (param i32)
                (block $h (result exnref)
                  (try_table (catch_all_ref $h) (call $throw (local.get 0)))
                  (unreachable))
                (global.set $last))
              (func (export "again") (throw_ref (global.get $last)))
              (func (export "both") (param i32) (result i32)
                (drop (call $add (local.get 0) (i32.const 5)))
                (drop (i32.atomic.rmw.add (local.get 0) (i32.const 7)))
                (call $add (local.get 0) (i32.const 0)))
              (func (export "wait") (param i32) (result i32) (call $wait (local.get 0)))
              (func (export "notify") (param i32) (result i32)
                (memory.atomic.notify (local.get 0) (i32.const 1))))
            """;

    private static Compiler.Input input(String name, String wat) {
        return new Compiler.Input(name, name + ".wat", Wat.encode(name + ".wat", wat.getBytes(StandardCharsets.UTF_8)));
    }

    private interface Body {
        void run(Instance app) throws Exception;
    }

    private static void inAllWays(int level, Body body) throws Exception {
        CompilerOptions options = OPTIONS.withOptLevel(level).withInterruptible(true);
        Compiler.Input app = input("app", APP);
        Compiler.Input lib = input("lib", LIB);
        List<byte[]> files = new ArrayList<>();
        files.add(Compiler.link(List.of(app, lib), options));
        files.add(Compiler.link(List.of(app, lib), options.withInlining(false)));
        for (byte[] file : files) {
            try (Engine engine = new Engine(true);
                    CompiledModule module = CompiledModule.load(engine, file);
                    Store store = new Store(engine)) {
                body.run(new Linker(engine).instantiate(store, module));
            }
        }
        try (Engine engine = new Engine(true);
                Store store = new Store(engine)) {
            Instance first = new Linker(engine).instantiate(store, alone(engine, lib, options));
            Linker linker = new Linker(engine).instance("lib", first);
            body.run(linker.instantiate(store, alone(engine, app, options)));
        }
    }

    private static CompiledModule alone(Engine engine, Compiler.Input input, CompilerOptions options) {
        return CompiledModule.load(engine, Compiler.compile(input.file(), input.wasm(), options));
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 0})
    void tags(int level) throws Exception {
        inAllWays(level, app -> {
            for (int n = 0; n < 3; n++) {
                assertEquals(n, app.func("catch").invoke(n, 0));
                assertEquals(n, app.func("catch").invoke(n, 1));
                assertEquals(n, app.func("catch").invoke(n, 50));
                assertEquals(1000 + n, app.func("catch").invoke(n, -1));
                assertEquals(n, app.func("catch").invoke(n, -2));
                assertEquals(7, app.func("catch").invoke(n, -3));
            }
            app.func("keep").invoke(77);
            ThrownException first =
                    assertThrows(ThrownException.class, () -> app.func("again").invoke());
            ThrownException second =
                    assertThrows(ThrownException.class, () -> app.func("again").invoke());
            assertSame(first, second);
            assertSame(app.export("t"), first.tag());
            assertEquals(List.of(77), first.payload());
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 0})
    void sharedMemories(int level) throws Exception {
        inAllWays(level, app -> {
            assertEquals(12, app.func("both").invoke(64));
            SharedMemory memory = app.memory("memory").shared();
            assertEquals(12, memory.readIntVolatile(64));
            FutureTask<Integer> notify = new FutureTask<>(() -> {
                while (memory.notifyWaiters(0, 1) == 0) {
                    Thread.onSpinWait();
                }
                return memory.notifyWaiters(0, 1);
            });
            Thread.ofPlatform().start(notify);
            assertEquals(0, app.func("wait").invoke(0));
            assertEquals(0, notify.get());
            assertEquals(0, app.func("notify").invoke(0));
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"(tag (param i64))", "(memory 1 4)", "(memory 1 3 shared)", "(memory i64 1 4 shared)"})
    void whatDoesNotFitIsRefused(String wanted) {
        String name = wanted.startsWith("(tag") ? "t" : "memory";
        Compiler.Input app = input("app", "(module (import \"lib\" \"" + name + "\" " + wanted + "))");
        assertThrows(CompileException.class, () -> Compiler.link(List.of(app, input("lib", LIB)), OPTIONS));
    }
}
