package kiln.wasi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import kiln.wasi.host.Clocks;
import kiln.wasi.host.Errno;
import org.junit.jupiter.api.Test;

/** What tests of programs want: the same each time, and to see what comes out. */
class DeterminismTest {
    private static final int SUBSCRIPTION = 4 << 10;
    private static final int EVENT = 6 << 10;
    private static final Instant START = Instant.parse("2001-02-03T04:05:06Z");
    private static final long HOUR = 3_600_000_000_000L;

    private static long now(Guest g, int clock) {
        assertEquals(Errno.SUCCESS, g.call(WasiFunction.CLOCK_TIME_GET, clock, 0, 8));
        return g.memory.getLong(8);
    }

    private static void sleep(Guest g, long nanos, boolean input) {
        g.memory.putLong(SUBSCRIPTION, 1);
        g.memory.putByte(SUBSCRIPTION + 8, 0);
        g.memory.putInt(SUBSCRIPTION + 16, Clocks.MONOTONIC);
        g.memory.putLong(SUBSCRIPTION + 24, nanos);
        g.memory.putShort(SUBSCRIPTION + 40, 0);
        g.memory.putLong(SUBSCRIPTION + 48, 2);
        g.memory.putByte(SUBSCRIPTION + 56, 1);
        g.memory.putInt(SUBSCRIPTION + 64, 0);
        assertEquals(
                Errno.SUCCESS,
                g.call(WasiFunction.POLL_ONEOFF, SUBSCRIPTION, EVENT, input ? 2 : 1, Guest.resultPointer()));
    }

    @Test
    void virtualTimePassesWhenTheGuestWaits() {
        VirtualClock clock = VirtualClock.at(START);
        try (Guest g = new Guest(Wasi.builder().clock(clock))) {
            long start = START.getEpochSecond() * 1_000_000_000;
            assertEquals(start, now(g, Clocks.REALTIME));
            assertEquals(start, now(g, Clocks.REALTIME), "it stands still");
            assertEquals(1, now(g, Clocks.MONOTONIC));
            sleep(g, 1000 * HOUR, false);
            assertEquals(start + 1000 * HOUR, now(g, Clocks.REALTIME));
            assertEquals(1 + 1000 * HOUR, now(g, Clocks.MONOTONIC));
            assertEquals(1 + 1000 * HOUR, now(g, Clocks.PROCESS_CPU));
            clock.advance(Duration.ofSeconds(1));
            assertEquals(START.plus(Duration.ofHours(1000)).plusSeconds(1), clock.instant());
            assertEquals(Errno.INVAL, g.call(WasiFunction.CLOCK_TIME_GET, 9, 0, 8));
        }
        assertThrows(IllegalArgumentException.class, () -> clock.advance(Duration.ofNanos(-1)));
        assertThrows(IllegalArgumentException.class, () -> clock.stepping(Duration.ofNanos(-1)));
        assertThrows(ArithmeticException.class, () -> VirtualClock.at(Instant.MAX));
    }

    @Test
    void aSteppingClockMovesOnByItself() {
        VirtualClock clock = VirtualClock.at(START).stepping(Duration.ofMillis(1));
        try (Guest g = new Guest(Wasi.builder().clock(clock))) {
            long first = now(g, Clocks.MONOTONIC);
            assertEquals(first + 1_000_000, now(g, Clocks.MONOTONIC));
        }
    }

    /** Input that does not come lets virtual time pass, too: a guest with a time-out gets there. */
    @Test
    void timeOutsOfInputAreReached() {
        VirtualClock clock = VirtualClock.at(START);
        java.io.InputStream silent = new java.io.InputStream() {
            @Override
            public int read() {
                try {
                    Thread.sleep(Duration.ofMinutes(5));
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                return -1;
            }
        };
        try (Guest g = new Guest(Wasi.builder().clock(clock).stdin(silent))) {
            sleep(g, 30_000_000, true);
            assertEquals(1, g.result());
            assertEquals(1, g.memory.getLong(EVENT), "the clock's event");
            assertTrue(now(g, Clocks.MONOTONIC) >= 30_000_000);
        }
    }

    @Test
    void randomNumbersAreTheHosts() {
        List<String> seen = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            try (Guest g = new Guest(Wasi.builder().random(new Random(5)))) {
                assertEquals(Errno.SUCCESS, g.call(WasiFunction.RANDOM_GET, Guest.BUFFER, 32));
                seen.add(g.bytes(Guest.BUFFER, 32));
            }
        }
        assertEquals(seen.get(0), seen.get(1));
    }

    @Test
    void streamsAreCaptured() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        byte[] in = "typed".getBytes(StandardCharsets.UTF_8);
        try (Guest g = new Guest(
                Wasi.builder().stdin(new ByteArrayInputStream(in)).stdout(out).stderr(err))) {
            assertEquals("typed", g.read(0, 100));
            assertEquals("", g.read(0, 100));
            g.write(1, "printed");
            g.write(2, "complained");
        }
        assertEquals("printed", out.toString(StandardCharsets.UTF_8));
        assertEquals("complained", err.toString(StandardCharsets.UTF_8));
    }

    /** Each write of the guest's reaches the host at once, in order. */
    @Test
    void streamsAreSeenAsTheyCome() {
        List<String> seen = new ArrayList<>();
        OutputStream live = new OutputStream() {
            @Override
            public void write(int b) {
                seen.add("" + (char) b);
            }

            @Override
            public void write(byte[] b, int from, int length) {
                seen.add(new String(b, from, length, StandardCharsets.UTF_8));
            }
        };
        try (Guest g = new Guest(Wasi.builder().stdout(live))) {
            g.write(1, "one");
            assertEquals(List.of("one"), seen);
            g.write(1, "two");
            assertEquals(List.of("one", "two"), seen);
        }
    }
}
