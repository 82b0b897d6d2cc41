package kiln.tests.unloading;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.ref.WeakReference;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.BooleanSupplier;
import kiln.artifact.api.TrapCode;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.loader.Native;
import kiln.runtime.Engine;
import kiln.tests.components.TenantComponent;
import kiln.types.ValType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An application server loads applications with a Kiln of their own and drops them: nothing of them stays. */
@Timeout(900)
class UnloadingTest {
    private static final int LOADERS = 20;
    private static final int SIGSEGV = 11;
    /** What an idle memory or the range for code reserves, and less than that. */
    private static final long RESERVATION = 4L << 30;

    private static byte[][] code;

    @BeforeAll
    static void compile() throws IOException {
        try (InputStream in = UnloadingTest.class.getResourceAsStream("tenant.wasm")) {
            CompilerOptions options = CompilerOptions.defaults().withInterruptible(true);
            code = new byte[][] {
                Compiler.compile("tenant", in.readAllBytes(), options),
                Compiler.compile("component", TenantComponent.wasm(), options)
            };
        }
        // The Kiln of this class loader, which lives as long as the JVM.
        new Tenant().apply(code, true);
    }

    /** The classes of Kiln and the tenant, apart from those that this test sees. */
    private static URLClassLoader loader() {
        List<URL> urls = new ArrayList<>();
        for (Class<?> c : new Class<?>[] {Tenant.class, Engine.class, Native.class, TrapCode.class, ValType.class}) {
            urls.add(c.getProtectionDomain().getCodeSource().getLocation());
        }
        return new URLClassLoader("tenant", urls.toArray(new URL[0]), ClassLoader.getPlatformClassLoader());
    }

    @SuppressWarnings("unchecked")
    private static MemorySegment run(URLClassLoader loader, boolean closes) throws ReflectiveOperationException {
        Object tenant =
                loader.loadClass(Tenant.class.getName()).getConstructor().newInstance();
        return ((BiFunction<byte[][], Boolean, MemorySegment>) tenant).apply(code, closes);
    }

    private static WeakReference<ClassLoader> runAndDrop(boolean closes) throws Exception {
        try (URLClassLoader loader = loader()) {
            run(loader, closes);
            return new WeakReference<>(loader);
        }
    }

    private static long handler() throws Throwable {
        Linker linker = Linker.nativeLinker();
        MethodHandle sigaction = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("sigaction"),
                FunctionDescriptor.of(
                        ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment old = arena.allocate(152, 8);
            assertEquals(0, (int) sigaction.invokeExact(SIGSEGV, MemorySegment.NULL, old));
            return old.get(ValueLayout.JAVA_LONG, 0);
        }
    }

    private static long largeMappings() {
        try {
            return Files.readAllLines(Path.of("/proc/self/maps"), StandardCharsets.ISO_8859_1).stream()
                    .map(line -> line.substring(0, line.indexOf(' ')).split("-"))
                    .mapToLong(ends -> Long.parseUnsignedLong(ends[1], 16) - Long.parseUnsignedLong(ends[0], 16))
                    .filter(length -> length >= RESERVATION / 2 && length <= 3 * RESERVATION)
                    .count();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static long watchThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(t -> t.getName().equals("kiln-watch"))
                .count();
    }

    /** The JDK's code for records remembers the last of their types softly, and with it one class loader. */
    private static void clearSoftReferences() {
        try {
            long[] tooMany = new long
                    [(int) Math.min(Integer.MAX_VALUE - 8, Runtime.getRuntime().maxMemory() / 8 + 1)];
            throw new AssertionError("more than the heap: " + tooMany.length);
        } catch (OutOfMemoryError e) {
            // Before this is thrown, everything that is only softly reachable goes.
            System.gc();
        }
    }

    private static void collectUntil(BooleanSupplier done, String what) throws InterruptedException {
        for (int i = 0; i < 200 && !done.getAsBoolean(); i++) {
            clearSoftReferences();
            Thread.sleep(50);
        }
        assertTrue(done.getAsBoolean(), what);
    }

    private static void assertNothingStays(boolean closes) throws Throwable {
        long handler = handler();
        collectUntil(() -> watchThreads() == 0, "no thread of earlier tests");
        long mappings = largeMappings();
        List<WeakReference<ClassLoader>> loaders = new ArrayList<>();
        for (int i = 0; i < LOADERS; i++) {
            loaders.add(runAndDrop(closes));
        }
        assertTrue(largeMappings() > mappings, "the test looks for what is there");
        for (WeakReference<ClassLoader> l : loaders) {
            collectUntil(() -> l.get() == null, "the loader is collected");
        }
        collectUntil(() -> largeMappings() <= mappings, "reservations are released");
        assertEquals(0, watchThreads());
        assertEquals(handler, handler(), "the signal's chain is as long as it was");
    }

    @Test
    void nothingStaysOfApplicationsThatCloseEverything() throws Throwable {
        assertNothingStays(true);
    }

    @Test
    void nothingStaysOfApplicationsThatCloseNothing() throws Throwable {
        assertNothingStays(false);
    }

    @Test
    void aSegmentKeepsItsMemory() throws Throwable {
        MemorySegment segment;
        WeakReference<ClassLoader> dropped;
        try (URLClassLoader loader = loader()) {
            segment = run(loader, false);
            dropped = new WeakReference<>(loader);
        }
        for (int i = 0; i < 5; i++) {
            System.gc();
            Thread.sleep(50);
        }
        segment.set(ValueLayout.JAVA_INT, 1024, 77);
        assertEquals(77, segment.get(ValueLayout.JAVA_INT, 1024));
        segment = null;
        collectUntil(() -> dropped.get() == null, "the loader is collected after the segment");
        assertNull(segment);
    }

    @Test
    void whatIsInUseStaysWhileOthersGo() throws Throwable {
        try (URLClassLoader staying = loader()) {
            run(staying, false);
            WeakReference<ClassLoader> going = runAndDrop(true);
            collectUntil(() -> going.get() == null, "the other loader is collected");
            run(staying, true);
            new Tenant().apply(code, true);
        }
    }
}
