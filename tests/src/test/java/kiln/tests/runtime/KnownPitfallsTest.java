package kiln.tests.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntUnaryOperator;
import kiln.artifact.api.ArtifactException;
import kiln.artifact.api.TrapCode;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.compiler.Target;
import kiln.loader.HostCpu;
import kiln.runtime.CompiledModule;
import kiln.runtime.Func;
import kiln.runtime.Instance;
import kiln.runtime.Memory;
import kiln.runtime.Store;
import kiln.runtime.TrapException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What goes wrong when native code is run inside a JVM without much care, seen in the wild: one test for each of six
 * defects. Other tests of this package go deeper into each.
 */
@Timeout(900)
class KnownPitfallsTest extends RuntimeFixture {
    private IntUnaryOperator host = x -> x;

    private Instance unwind(Store s) {
        linker.func("env", "host", IntUnaryOperator.class, x -> host.applyAsInt(x));
        return linker.instantiate(s, module("unwind"));
    }

    /** 1: the caller goes on with 0 after a trap or a host function's exception. */
    @Test
    void nothingRunsAfterATrapOrAHostException() {
        Instance i = unwind(store);
        Memory memory = i.memory("memory");
        IllegalStateException mine = new IllegalStateException("mine");
        host = _ -> {
            throw mine;
        };
        for (String f : new String[] {"afterUnreachable", "afterOutOfBounds", "afterDivision"}) {
            assertThrows(TrapException.class, () -> i.func(f).call(), f);
            assertEquals(0, memory.readInt(0), f);
        }
        assertSame(
                mine,
                assertThrows(
                        IllegalStateException.class, () -> i.func("afterHost").call()));
        assertEquals(0, memory.readInt(0));
    }

    /** 2: deep recursion on small stacks, deep nesting and memories larger than their protection end the process. */
    @Test
    void guestsCannotKillTheJvm() throws Exception {
        for (long stack : new long[] {128 << 10, 192 << 10, 256 << 10, 384 << 10, 512 << 10, 1 << 20}) {
            onThread(
                    stack,
                    s -> assertEquals(
                            TrapCode.STACK_CHECK,
                            assertThrows(
                                            TrapException.class,
                                            () -> unwind(s).func("forever").call(1))
                                    .code()));
        }
        for (long stack : new long[] {512 << 10, 8 << 20, 16 << 20}) {
            onThread(stack, s -> {
                Instance i = unwind(s);
                AtomicInteger level = new AtomicInteger();
                host = _ -> level.incrementAndGet() == 3
                        ? 100
                        : (int) i.func("down").call(10_000);
                try {
                    assertEquals(30_100, i.func("down").call(10_000));
                } catch (TrapException e) {
                    assertEquals(TrapCode.STACK_CHECK, e.code());
                    assertTrue(stack < 8 << 20, () -> "no room in a stack of " + stack);
                } catch (StackOverflowError e) {
                    assertTrue(stack < 8 << 20, () -> "no room in a stack of " + stack);
                }
            });
        }
        Instance big = linker.instantiate(store, module("big"));
        for (long address : new long[] {40000L << 16, (40000L << 16) - 3, 0xc000_0000L, 0xffff_fffcL}) {
            TrapException e =
                    assertThrows(TrapException.class, () -> big.func("put").call((int) address, 1));
            assertEquals(TrapCode.MEMORY_OUT_OF_BOUNDS, e.code());
        }
    }

    /** 3: a function called through another instance's table uses the caller's memory; imported globals are copies. */
    @Test
    void calleesRunOnTheirOwnInstanceAndGlobalsAreShared() {
        Instance exporter = linker.instantiate(store, module("exporter"));
        linker.instance("e", exporter);
        Instance importer = linker.instantiate(store, module("importer"));
        assertEquals('e', importer.func("indirect").call(0, 100));
        assertEquals('i', importer.func("indirect").call(2, 100));
        assertEquals(
                'i',
                assertInstanceOf(Func.class, exporter.table("table").get(2)).call(100));
        importer.func("setGlobal").call(1000);
        assertEquals(1001, exporter.func("get").call(1));
        exporter.func("set").call(2000);
        assertEquals(2001, importer.func("indirect").call(1, 1));
        assertEquals(2000, exporter.global("g").get());
    }

    /** 4: an instance that four threads use gives wrong answers. */
    @Test
    void threadsThatShareAnInstanceAreTold() throws Exception {
        Instance i = unwind(store);
        store.release();
        AtomicInteger wrong = new AtomicInteger();
        AtomicInteger refused = new AtomicInteger();
        AtomicInteger right = new AtomicInteger();
        host = x -> {
            Thread.yield();
            return x;
        };
        Func through = assertOwned(i);
        List<Thread> threads = new ArrayList<>();
        for (int k = 1; k <= 4; k++) {
            int mine = k;
            threads.add(Thread.ofPlatform().start(() -> {
                for (int n = 0; n < 3000; n++) {
                    try {
                        (through.call(mine) == mine ? right : wrong).incrementAndGet();
                    } catch (IllegalStateException e) {
                        assertTrue(e.getMessage().contains("in use by thread"), e::getMessage);
                        refused.incrementAndGet();
                    }
                }
            }));
        }
        for (Thread t : threads) {
            t.join();
        }
        assertEquals(0, wrong.get());
        assertTrue(right.get() > 0);
        assertEquals(4 * 3000, right.get() + refused.get());
    }

    private Func assertOwned(Instance i) {
        Func f = i.func("through");
        assertEquals(5, f.call(5));
        store.release();
        return f;
    }

    /** 5: every memory is taken for the first. */
    @Test
    void severalMemoriesAreSeveral() {
        Instance i = linker.instantiate(store, module("memories"));
        assertArrayEquals(new Object[] {(int) 'a', (int) 'b', 0}, (Object[])
                i.func("load").invoke(0));
        i.func("init").call();
        assertArrayEquals(new Object[] {(int) 'a', (int) 'b', (int) 'c'}, (Object[])
                i.func("load").invoke(3));
        i.func("store").call(3, 'x');
        i.func("fill").call(4, 9, 60_000);
        assertArrayEquals(new Object[] {(int) 'a', (int) 'x', (int) 'c'}, (Object[])
                i.func("load").invoke(3));
        i.func("copy").call(2, 3, 1);
        assertArrayEquals(new Object[] {(int) 'x', (int) 'b', (int) 'c'}, (Object[])
                i.func("load").invoke(2));
        assertEquals(2, i.func("grow").call());
        assertArrayEquals(new Object[] {1, 3, 1}, (Object[]) i.func("sizes").invoke());
        assertThrows(TrapException.class, () -> i.func("load").invoke(65536));
        assertEquals('x', i.memory("b").readByte(3));
        assertThrows(TrapException.class, () -> i.func("fill").call(65_000, 9, 600));
    }

    /** 6: nothing tells a file of code that is damaged, or for another machine. */
    @Test
    void filesOfCodeAreChecked(@TempDir Path dir) throws IOException {
        Path file = dir.resolve("a.cwasm");
        CompilerOptions options = CompilerOptions.defaults().withJobs(1);
        byte[] good = compile(options);
        Files.write(file, good);
        CompiledModule.load(engine, file).close();
        for (int at = 40; at < good.length; at += good.length / 50) {
            byte[] flipped = good.clone();
            flipped[at] ^= 4;
            Files.write(file, flipped);
            assertThrows(ArtifactException.class, () -> CompiledModule.load(engine, file));
        }
        Target other = Target.host() == Target.X86_64_LINUX ? Target.AARCH64_LINUX : Target.X86_64_LINUX;
        Files.write(file, compile(options.withTarget(other)));
        String message = assertThrows(ArtifactException.class, () -> CompiledModule.load(engine, file))
                .getMessage();
        assertTrue(
                message.contains(other.architecture())
                        && message.contains(Target.host().architecture()),
                message);
        Set<String> beyond = new TreeSet<>(Target.host().knownFeatures());
        beyond.removeAll(HostCpu.current().features());
        for (String feature : beyond) {
            Files.write(file, compile(options.withCpu(Set.of(feature))));
            String missing = assertThrows(ArtifactException.class, () -> CompiledModule.load(engine, file))
                    .getMessage();
            assertTrue(
                    missing.contains(feature) && missing.contains(Target.host().architecture()), missing);
        }
    }

    private static byte[] compile(CompilerOptions options) throws IOException {
        try (InputStream in = KnownPitfallsTest.class.getResourceAsStream("unwind.wasm")) {
            return Compiler.compile("unwind.wasm", in.readAllBytes(), options);
        }
    }

    private interface Body {
        void run(Store store) throws Throwable;
    }

    private void onThread(long stack, Body body) throws Exception {
        Throwable[] failure = {null};
        Thread t = new Thread(
                null,
                () -> {
                    try (Store own = new Store(engine)) {
                        body.run(own);
                    } catch (Throwable x) {
                        failure[0] = x;
                    }
                },
                "stack of " + stack,
                stack);
        t.start();
        t.join();
        if (failure[0] != null) {
            throw new AssertionError(t.getName(), failure[0]);
        }
    }
}
