package kiln.tests.wasi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;
import kiln.artifact.api.TrapCode;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.Instance;
import kiln.runtime.Linker;
import kiln.runtime.Store;
import kiln.runtime.TrapException;
import kiln.tests.ChildJvm;
import kiln.wasi.Wasi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Deadlines and interruptions reach calls of WASI that wait for somebody who never comes; the guest has no code that
 * would notice.
 */
@Timeout(value = 20, unit = TimeUnit.MINUTES)
class StoppedCallsTest {
    private static final int EINTR = 27;

    @TempDir
    Path dir;

    private Engine engine;
    private Store store;
    private Wasi wasi;
    private Instance instance;

    @BeforeEach
    void open() {
        engine = new Engine();
        store = new Store(engine);
    }

    @AfterEach
    void close() throws IOException {
        wasi.close();
        store.close();
        engine.close();
    }

    private static byte[] wasm() throws IOException {
        try (InputStream in = StoppedCallsTest.class.getResourceAsStream("waits.wasm")) {
            return in.readAllBytes();
        }
    }

    private void start(Wasi.Builder builder) throws IOException {
        wasi = builder.build();
        Linker linker = new Linker(engine);
        wasi.addTo(linker);
        instance = linker.instantiate(store, CompiledModule.load(engine, wasm()));
    }

    private void isStopped(String function) {
        TrapException t =
                assertThrows(TrapException.class, () -> instance.func(function).call());
        assertEquals(TrapCode.INTERRUPTED, t.code());
    }

    /** Does something while this thread waits in a call. */
    private static void later(Runnable r) {
        Thread.ofPlatform().daemon().start(() -> {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
            r.run();
        });
    }

    /** A stream that is never at its end, nor ever has anything. */
    private static PipedInputStream silence(PipedOutputStream other) throws IOException {
        return new PipedInputStream(other, 100);
    }

    @Test
    void readingStops() throws Exception {
        PipedOutputStream writer = new PipedOutputStream();
        start(Wasi.builder().stdin(silence(writer)));
        store.setDeadline(Duration.ofMillis(20));
        isStopped("read");
        store.setDeadline(null);
        later(store::interrupt);
        isStopped("poll");
        store.setThreadInterruptible(true);
        later(Thread.currentThread()::interrupt);
        isStopped("read");
        assertTrue(Thread.interrupted());
        store.setThreadInterruptible(false);
        // The requests have been fulfilled, and what comes now is not lost.
        writer.write("xy".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        writer.flush();
        for (char c : new char[] {'x', 'y'}) {
            assertEquals(0, instance.func("read").call());
            assertEquals(c, (int) instance.func("byte").call());
        }
    }

    /** As it is for every function that waits: the guest may go on. */
    @Test
    void interruptionOfTheThreadAloneIsAnError() throws Exception {
        start(Wasi.builder().stdin(silence(new PipedOutputStream())));
        Thread.currentThread().interrupt();
        assertEquals(EINTR, instance.func("read").call());
        assertTrue(Thread.interrupted());
    }

    @Test
    void writingStops() throws Exception {
        PipedInputStream reader = new PipedInputStream(1 << 16);
        start(Wasi.builder().stdout(new PipedOutputStream(reader)));
        store.setDeadline(Duration.ofMillis(50));
        isStopped("write");
        // The stream is still blocked: that holds up nobody who does not write.
        wasi.flush();
        store.setDeadline(Duration.ofMillis(50));
        isStopped("write");
        store.setDeadline(null);
        long[] read = new long[1];
        Thread t = new Thread(() -> {
            byte[] b = new byte[1 << 12];
            try {
                for (int n = reader.read(b); n > 0; n = reader.read(b)) {
                    read[0] += n;
                }
            } catch (IOException e) {
                // The writer's thread has ended.
            }
        });
        t.start();
        assertEquals(0, instance.func("write").call());
        wasi.close();
        t.join();
        assertTrue(read[0] > 2 << 20, () -> read[0] + " bytes");
    }

    @Test
    void longWorkStops() throws Exception {
        int[] calls = new int[1];
        start(Wasi.builder().random(new RandomGenerator() {
            @Override
            public long nextLong() {
                throw new AssertionError();
            }

            @Override
            public void nextBytes(byte[] bytes) {
                calls[0]++;
                store.interrupt();
            }
        }));
        isStopped("random");
        assertTrue(calls[0] < 10, () -> calls[0] + " calls");
    }

    /**
     * A stream that never says what is available is read whole, its errors are seen, and it is not read further than
     * the guest reads.
     */
    @Test
    void streamsThatSayNothing() throws Exception {
        List<Integer> asked = new ArrayList<>();
        start(Wasi.builder().stdin(new InputStream() {
            private int next = 'a';

            @Override
            public int read() throws IOException {
                throw new AssertionError();
            }

            @Override
            public int read(byte[] b, int offset, int length) throws IOException {
                asked.add(length);
                if (next == 'd') {
                    next++;
                    throw new IOException("No such device or address");
                } else if (next > 'd') {
                    return -1;
                }
                b[offset] = (byte) next++;
                return 1;
            }
        }));
        for (char c : new char[] {'a', 'b', 'c'}) {
            assertEquals(0, instance.func("read").call());
            assertEquals(c, (int) instance.func("byte").call());
        }
        assertEquals(List.of(1, 1, 1), asked);
        assertEquals(60, instance.func("read").call());
        assertEquals(0, instance.func("read").call());
        assertEquals('c', (int) instance.func("byte").call());
    }

    @Test
    void theHostsOwnStreamsAreCalledOnTheGuestsThread() throws Exception {
        List<Thread> callers = new ArrayList<>();
        start(Wasi.builder().stdin(new ByteArrayInputStream(new byte[0])).stdout(new OutputStream() {
            @Override
            public void write(int b) {
                throw new AssertionError();
            }

            @Override
            public void write(byte[] b, int offset, int length) {
                callers.add(Thread.currentThread());
                if (callers.size() == 1) {
                    store.interrupt();
                }
                if (store.isInterrupted()) {
                    throw new TrapException(TrapCode.INTERRUPTED, "in the host");
                }
            }
        }));
        isStopped("write");
        assertEquals(0, instance.func("write").call());
        assertEquals(
                List.of(Thread.currentThread()), callers.stream().distinct().toList());
    }

    private ProcessBuilder kiln(String function) throws IOException {
        Path file = Files.write(dir.resolve("waits.wasm"), wasm());
        return new ProcessBuilder(ChildJvm.command(
                        List.of(),
                        "kiln.cli.Main",
                        List.of("run", "--no-cache", "--timeout", "0.2", "--invoke", function, file.toString())))
                .redirectError(dir.resolve("errors").toFile());
    }

    private void isStopped(Process child) throws Exception {
        assertTrue(ChildJvm.ends(child, 2), "still running");
        String errors = Files.readString(dir.resolve("errors"));
        assertEquals(134, child.exitValue(), errors);
        assertTrue(errors.startsWith("kiln: trap: interrupted after 0.2 seconds (--timeout)\n"), errors);
    }

    @Test
    void theProcessesInputStops() throws Exception {
        start(Wasi.builder());
        for (String function : List.of("read", "poll")) {
            // Its standard input is a pipe that is open as long as the object is there.
            Process child = kiln(function)
                    .redirectOutput(dir.resolve("output").toFile())
                    .start();
            isStopped(child);
            child.getOutputStream().close();
        }
    }

    @Test
    void theProcessesOutputStops() throws Exception {
        start(Wasi.builder());
        Process child = kiln("write").redirectInput(new File("/dev/null")).start();
        // Its standard output is a pipe from which nobody reads.
        isStopped(child);
        child.getInputStream().close();
    }
}
