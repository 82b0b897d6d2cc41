package kiln.wasi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import kiln.wasi.host.Clocks;
import kiln.wasi.host.Errno;
import kiln.wasi.host.Flags;
import kiln.wasi.host.StoppedException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Waiting for clocks and streams. */
@Timeout(900)
class PollTest {
    private static final int SUBSCRIPTIONS = 20 << 10;
    private static final int EVENTS = 28 << 10;
    private static final int CLOCK = 0;
    private static final int READ = 1;
    private static final int WRITE = 2;
    private static final long MILLIS = 1_000_000;
    /** Nanoseconds that do not pass in a test, on whatever machine. */
    private static final long NEVER = 1_000_000_000 * MILLIS;

    private Guest guest;
    private int count;

    private void clock(int id, long timeout, int flags) {
        int at = SUBSCRIPTIONS + 48 * count;
        guest.memory.putLong(at, 1000 + count);
        guest.memory.putByte(at + 8, CLOCK);
        guest.memory.putInt(at + 16, id);
        guest.memory.putLong(at + 24, timeout);
        guest.memory.putShort(at + 40, flags);
        count++;
    }

    private void fd(int type, int fd) {
        int at = SUBSCRIPTIONS + 48 * count;
        guest.memory.putLong(at, 1000 + count);
        guest.memory.putByte(at + 8, type);
        guest.memory.putInt(at + 16, fd);
        count++;
    }

    /** Number of events. */
    private int poll() {
        assertEquals(
                Errno.SUCCESS,
                guest.call(WasiFunction.POLL_ONEOFF, SUBSCRIPTIONS, EVENTS, count, Guest.resultPointer()));
        count = 0;
        return guest.result();
    }

    private void event(int i, int subscription, Errno error, int type) {
        assertEquals(1000 + subscription, guest.memory.getLong(EVENTS + 32 * i));
        assertEquals(error.code(), guest.memory.getShort(EVENTS + 32 * i + 8));
        assertEquals(type, guest.memory.getByte(EVENTS + 32 * i + 10));
    }

    private long bytes(int i) {
        return guest.memory.getLong(EVENTS + 32 * i + 16);
    }

    private static long now() {
        return System.nanoTime();
    }

    @Test
    void clocks() {
        guest = new Guest(Wasi.builder());
        long start = now();
        clock(Clocks.MONOTONIC, NEVER, 0);
        clock(Clocks.MONOTONIC, 30 * MILLIS, 0);
        assertEquals(1, poll());
        event(0, 1, Errno.SUCCESS, CLOCK);
        assertTrue(now() - start >= 30 * MILLIS);
    }

    @Test
    void absoluteClocks() {
        guest = new Guest(Wasi.builder());
        for (int id : new int[] {Clocks.REALTIME, Clocks.MONOTONIC}) {
            assertEquals(Errno.SUCCESS, guest.call(WasiFunction.CLOCK_TIME_GET, id, 0, 8));
            long time = guest.memory.getLong(8);
            clock(id, time + 20 * MILLIS, 1);
            assertEquals(1, poll());
            assertEquals(Errno.SUCCESS, guest.call(WasiFunction.CLOCK_TIME_GET, id, 0, 8));
            assertTrue(guest.memory.getLong(8) - time >= 20 * MILLIS);
            clock(id, 5, 1);
            assertEquals(1, poll(), "what is past is past");
        }
    }

    @Test
    void wrongSubscriptionsAreEvents() {
        guest = new Guest(Wasi.builder());
        clock(9, 1, 0);
        clock(Clocks.THREAD_CPU, 1, 0);
        clock(Clocks.MONOTONIC, -1, 0);
        fd(READ, 77);
        fd(READ, 1);
        fd(WRITE, 0);
        fd(7, 0);
        assertEquals(6, poll());
        event(0, 0, Errno.INVAL, CLOCK);
        event(1, 1, Errno.NOTSUP, CLOCK);
        event(2, 3, Errno.BADF, READ);
        event(3, 4, Errno.BADF, READ);
        event(4, 5, Errno.BADF, WRITE);
        event(5, 6, Errno.INVAL, 7);
        assertEquals(
                Errno.INVAL, guest.call(WasiFunction.POLL_ONEOFF, SUBSCRIPTIONS, EVENTS, 0, Guest.resultPointer()));
        assertEquals(
                Errno.FAULT, guest.call(WasiFunction.POLL_ONEOFF, SUBSCRIPTIONS, EVENTS, -1, Guest.resultPointer()));
        assertEquals(
                Errno.FAULT,
                guest.call(WasiFunction.POLL_ONEOFF, SUBSCRIPTIONS, EVENTS, 0x0555_5556, Guest.resultPointer()));
    }

    @Test
    void filesAndOutputAreAlwaysReady(@TempDir Path folder) {
        guest = new Guest(Wasi.builder().preopen(folder, "/"));
        int file = guest.open(Guest.ROOT, "f", Flags.CREATE).ok();
        guest.write(file, "12345");
        guest.seek(file, 2, 0);
        fd(READ, file);
        fd(WRITE, file);
        fd(WRITE, 1);
        clock(Clocks.MONOTONIC, NEVER, 0);
        assertEquals(3, poll());
        event(0, 0, Errno.SUCCESS, READ);
        assertEquals(3, bytes(0));
        event(1, 1, Errno.SUCCESS, WRITE);
        event(2, 2, Errno.SUCCESS, WRITE);
    }

    @Test
    void inputThatIsThere() {
        guest = new Guest(Wasi.builder().stdin(new ByteArrayInputStream(new byte[7])));
        fd(READ, 0);
        assertEquals(1, poll());
        assertEquals(7, bytes(0));
        assertEquals(7, guest.read(0, 10).length());
        fd(READ, 0);
        assertEquals(1, poll(), "the end is an event");
        assertEquals(0, bytes(0));
        assertEquals(1, guest.memory.getShort(EVENTS + 24), "hung up");
        assertEquals("", guest.read(0, 10));
    }

    @Test
    void inputThatComesLater() throws Exception {
        PipedOutputStream writer = new PipedOutputStream();
        guest = new Guest(Wasi.builder().stdin(new PipedInputStream(writer, 100)));
        fd(READ, 0);
        clock(Clocks.MONOTONIC, 20 * MILLIS, 0);
        assertEquals(1, poll());
        event(0, 1, Errno.SUCCESS, CLOCK);

        Thread later = new Thread(() -> {
            try {
                TimeUnit.MILLISECONDS.sleep(50);
                writer.write("hello".getBytes(StandardCharsets.UTF_8));
                writer.flush();
            } catch (IOException | InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        later.start();
        fd(READ, 0);
        clock(Clocks.MONOTONIC, NEVER, 0);
        assertEquals(1, poll());
        event(0, 0, Errno.SUCCESS, READ);
        assertEquals(5, bytes(0));
        assertEquals("hel", guest.read(0, 3));
        assertEquals("lo", guest.read(0, 3));
        later.join();
    }

    @Test
    void inputThatDoesNotBlock() throws Exception {
        PipedOutputStream writer = new PipedOutputStream();
        guest = new Guest(Wasi.builder().stdin(new PipedInputStream(writer, 100)));
        assertEquals(Errno.SUCCESS, guest.call(WasiFunction.FD_FDSTAT_SET_FLAGS, 0, Flags.NONBLOCK));
        assertEquals(Errno.AGAIN, guest.tryRead(0, 10));
        writer.write("x".getBytes(StandardCharsets.UTF_8));
        writer.flush();
        fd(READ, 0);
        assertEquals(1, poll());
        assertEquals("x", guest.read(0, 10));
        assertEquals(Errno.AGAIN, guest.tryRead(0, 10));
    }

    @Test
    void askingTheGuestToStopEndsWaiting() {
        guest = new Guest(Wasi.builder());
        Thread.ofPlatform().daemon().start(() -> guest.stop = true);
        clock(Clocks.MONOTONIC, NEVER, 0);
        assertThrows(
                StoppedException.class,
                () -> guest.call(WasiFunction.POLL_ONEOFF, SUBSCRIPTIONS, EVENTS, 1, Guest.resultPointer()));
    }

    @Test
    void interruptionEndsWaiting() {
        guest = new Guest(Wasi.builder());
        Thread.currentThread().interrupt();
        clock(Clocks.MONOTONIC, NEVER, 0);
        assertEquals(Errno.INTR, guest.call(WasiFunction.POLL_ONEOFF, SUBSCRIPTIONS, EVENTS, 1, Guest.resultPointer()));
        assertTrue(Thread.interrupted());
    }
}
