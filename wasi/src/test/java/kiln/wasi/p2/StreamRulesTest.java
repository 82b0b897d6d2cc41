package kiln.wasi.p2;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import kiln.artifact.api.TrapCode;
import kiln.runtime.TrapException;
import kiln.wasi.VirtualClock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Streams, waiting and limits: what WASI 0.2 says a host must refuse. */
@Timeout(900)
class StreamRulesTest {
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();

    private Host host(InputStream in) {
        return new Host(Wasi2.builder().stdin(in).stdout(written).random(new Random(1)));
    }

    private static void traps(String message, Runnable call) {
        TrapException e = assertThrows(TrapException.class, call::run);
        assertTrue(e.getMessage().contains(message), e.getMessage());
    }

    @Test
    void writingTakesAPermit() {
        try (Host h = host(InputStream.nullInputStream())) {
            Object out = h.call("cli/stdout#get-stdout");
            traps("check-write", () -> h.out("write", out, new byte[1]));
            long room = Host.<Long>ok(h.out("check-write", out));
            traps("check-write", () -> h.out("write", out, new byte[(int) room + 1]));
            Host.ok(h.out("write", out, "abc".getBytes(StandardCharsets.UTF_8)));
            traps("check-write", () -> h.out("write-zeroes", out, room - 2));
            Host.ok(h.out("write-zeroes", out, 2L));
            Host.ok(h.out("blocking-flush", out));
            traps("check-write", () -> h.out("write", out, new byte[1]));
            assertEquals("abc\0\0", written.toString(StandardCharsets.UTF_8));
        }
    }

    @Test
    void waitingWritesTake4096Bytes() {
        try (Host h = host(InputStream.nullInputStream())) {
            Object out = h.call("cli/stdout#get-stdout");
            traps("4096", () -> h.out("blocking-write-and-flush", out, new byte[4097]));
            traps("4096", () -> h.out("blocking-write-zeroes-and-flush", out, 4097L));
            Host.ok(h.out("blocking-write-and-flush", out, new byte[4096]));
            Host.ok(h.out("blocking-write-zeroes-and-flush", out, 4096L));
            assertEquals(8192, written.size());
        }
    }

    @Test
    void readingGives64KibibytesAtMost() {
        byte[] bytes = new byte[100_000];
        new Random(1).nextBytes(bytes);
        try (Host h = host(new ByteArrayInputStream(bytes))) {
            Object in = h.call("cli/stdin#get-stdin");
            byte[] first = Host.ok(h.in("blocking-read", in, -1L));
            assertEquals(65_536, first.length);
            assertEquals(10L, Host.<Long>ok(h.in("blocking-skip", in, 10L)));
            byte[] rest = Host.ok(h.in("read", in, 1L << 40));
            assertEquals(bytes.length - 65_546, rest.length);
            assertEquals(bytes[65_546], rest[0]);
            assertEquals("closed", Host.error(h.in("read", in, 1L)));
            assertEquals("closed", Host.error(h.in("read", in, 0L)));
        }
    }

    @Test
    void splicingMovesBytes() {
        try (Host h = host(new ByteArrayInputStream("some text".getBytes(StandardCharsets.UTF_8)))) {
            Object in = h.call("cli/stdin#get-stdin");
            Object out = h.call("cli/stdout#get-stdout");
            assertEquals(4L, Host.<Long>ok(h.out("splice", out, in, 4L)));
            assertEquals(5L, Host.<Long>ok(h.out("blocking-splice", out, in, -1L)));
            assertEquals("closed", Host.error(h.out("splice", out, in, 4L)));
            assertEquals("some text", written.toString(StandardCharsets.UTF_8));
        }
    }

    @Test
    void childrenKeepTheirParents() {
        try (Host h = host(InputStream.nullInputStream())) {
            Object in = h.call("cli/stdin#get-stdin");
            Object pollable = h.in("subscribe", in);
            traps("children", () -> h.drop(in));
            h.drop(pollable);
            h.drop(in);
        }
    }

    @Test
    void pollingNeedsSomething() {
        try (Host h = host(InputStream.nullInputStream())) {
            traps("empty", () -> h.call("io/poll#poll", List.of()));
        }
    }

    @Test
    void pollingTellsWhatIsReady() throws Exception {
        PipedOutputStream other = new PipedOutputStream();
        try (Host h = host(new PipedInputStream(other))) {
            Object in = h.call("cli/stdin#get-stdin");
            Object out = h.call("cli/stdout#get-stdout");
            Object reads = h.in("subscribe", in);
            Object writes = h.out("subscribe", out);
            Object later = h.call("clocks/monotonic-clock#subscribe-duration", Long.MAX_VALUE);
            assertFalse((Boolean) h.call("io/poll#[method]pollable.ready", reads));
            assertArrayEquals(new int[] {1}, (int[]) h.call("io/poll#poll", List.of(reads, writes, later)));
            Object soon = h.call("clocks/monotonic-clock#subscribe-duration", 1_000_000L);
            assertArrayEquals(new int[] {2}, (int[]) h.call("io/poll#poll", List.of(reads, later, soon)));
            other.write("xy".getBytes(StandardCharsets.UTF_8));
            other.flush();
            assertArrayEquals(new int[] {1}, (int[]) h.call("io/poll#poll", List.of(later, reads)));
            assertArrayEquals("xy".getBytes(StandardCharsets.UTF_8), Host.<byte[]>ok(h.in("read", in, 9L)));
            assertEquals(0, Host.<byte[]>ok(h.in("read", in, 9L)).length);
        }
    }

    @Test
    void waitingEndsWhenTheStoreIsInterrupted() throws Exception {
        try (Host h = host(new PipedInputStream(new PipedOutputStream()))) {
            Object in = h.call("cli/stdin#get-stdin");
            Object never = h.call("clocks/monotonic-clock#subscribe-duration", -1L);
            for (Runnable wait : List.<Runnable>of(
                    () -> h.in("blocking-read", in, 1L),
                    () -> h.call("io/poll#[method]pollable.block", never),
                    () -> h.call("io/poll#poll", List.of(never)))) {
                h.stop = false;
                Thread stopper = Thread.ofPlatform().start(() -> {
                    try {
                        Thread.sleep(30);
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                    h.stop = true;
                });
                TrapException e = assertThrows(TrapException.class, wait::run);
                assertEquals(TrapCode.INTERRUPTED, e.code());
                stopper.join();
            }
        }
    }

    @Test
    void aVirtualClockMovesOn() {
        VirtualClock clock = VirtualClock.at(Instant.parse("2030-01-01T00:00:00Z"));
        try (Host h = new Host(Wasi2.builder().clock(clock))) {
            Object day = h.call("clocks/monotonic-clock#subscribe-duration", 86_400_000_000_000L);
            h.call("io/poll#[method]pollable.block", day);
            assertEquals(Instant.parse("2030-01-02T00:00:00Z"), clock.instant());
            assertEquals(List.of(1893542400L, 0), h.call("clocks/wall-clock#now"));
        }
    }

    @Test
    void randomBytesHaveALimit() {
        try (Host h = host(InputStream.nullInputStream())) {
            assertEquals(1000, ((byte[]) h.call("random/random#get-random-bytes", 1000L)).length);
            traps("64 MiB", () -> h.call("random/random#get-random-bytes", (64L << 20) + 1));
            traps("64 MiB", () -> h.call("random/insecure#get-insecure-random-bytes", -1L));
        }
    }

    @Test
    void headerFieldsHaveALimit() {
        try (Host h = host(InputStream.nullInputStream())) {
            Object fields = h.call("http/types#[constructor]fields");
            byte[] value = new byte[1000];
            Arrays.fill(value, (byte) 'x');
            traps("128 KiB", () -> {
                for (int i = 0; i < 200; i++) {
                    Host.ok(h.call("http/types#[method]fields.append", fields, "x-" + i, value));
                }
            });
            Object others = h.call("http/types#[constructor]fields");
            assertEquals("forbidden", Host.error(h.call("http/types#[method]fields.append", others, "Host", value)));
            assertEquals(
                    "invalid-syntax", Host.error(h.call("http/types#[method]fields.append", others, "a b", value)));
            assertEquals(
                    "invalid-syntax",
                    Host.error(h.call("http/types#[method]fields.append", others, "a", new byte[] {'\n'})));
            Host.ok(h.call("http/types#[method]fields.set", others, "Ab", List.of(value, value)));
            assertEquals(2, ((List<?>) h.call("http/types#[method]fields.get", others, "aB")).size());
            Host.ok(h.call("http/types#[method]fields.delete", others, "AB"));
            assertFalse((Boolean) h.call("http/types#[method]fields.has", others, "ab"));
        }
    }

    /** Each has its limit, but a guest may have a million. */
    @Test
    void headerFieldsOfAllMessagesHaveALimit() {
        try (Host h = host(InputStream.nullInputStream())) {
            Object fields = h.call("http/types#[constructor]fields");
            Host.ok(h.call(
                    "http/types#[method]fields.append",
                    fields,
                    "x",
                    "y".repeat(100_000).getBytes(StandardCharsets.UTF_8)));
            List<Object> copies = new ArrayList<>();
            traps("32 MiB", () -> {
                while (true) {
                    copies.add(h.call("http/types#[method]fields.clone", fields));
                }
            });
            // Fields of a message count until it is dropped, however often they are looked at.
            Object message = h.call("http/types#[constructor]outgoing-response", copies.removeLast());
            for (int i = 0; i < 1000; i++) {
                h.drop(h.call("http/types#[method]outgoing-response.headers", message));
            }
            traps("32 MiB", () -> h.call("http/types#[method]fields.clone", fields));
            h.drop(message);
            copies.forEach(h::drop);
            h.drop(h.call("http/types#[method]fields.clone", fields));
        }
    }

    @Test
    void partsOfRequestsHaveALimit() {
        try (Host h = host(InputStream.nullInputStream())) {
            Object request =
                    h.call("http/types#[constructor]outgoing-request", h.call("http/types#[constructor]fields"));
            Optional<String> longest = Optional.of("/".repeat(1 << 16));
            Host.ok(h.call("http/types#[method]outgoing-request.set-path-with-query", request, longest));
            Host.error(h.call(
                    "http/types#[method]outgoing-request.set-path-with-query",
                    request,
                    Optional.of("/".repeat((1 << 16) + 1))));
            traps("32 MiB", () -> {
                while (true) {
                    Object r = h.call(
                            "http/types#[constructor]outgoing-request", h.call("http/types#[constructor]fields"));
                    Host.ok(h.call("http/types#[method]outgoing-request.set-path-with-query", r, longest));
                }
            });
        }
    }

    /** A body has a buffer, and a thread of the host's waits at its other end. */
    @Test
    void bodiesEndWithTheGuest() {
        BytePipe pipe;
        try (Host h = host(InputStream.nullInputStream())) {
            HttpBodies.Outgoing body = body(h);
            pipe = body.pipe();
            Object out = Host.ok(h.call("http/types#[method]outgoing-body.write", body));
            Host.ok(h.out("blocking-write-and-flush", out, new byte[4]));
            traps("bodies", () -> {
                while (true) {
                    body(h);
                }
            });
        }
        assertThrows(IOException.class, pipe::read);
    }

    private static HttpBodies.Outgoing body(Host h) {
        Object response = h.call("http/types#[constructor]outgoing-response", h.call("http/types#[constructor]fields"));
        return Host.ok(h.call("http/types#[method]outgoing-response.body", response));
    }

    /** Nobody reads it any more: writing must not wait for ever. */
    @Test
    void aBodyOfADroppedMessageIsBrokenOff() {
        try (Host h = host(InputStream.nullInputStream())) {
            Object response =
                    h.call("http/types#[constructor]outgoing-response", h.call("http/types#[constructor]fields"));
            Object body = Host.ok(h.call("http/types#[method]outgoing-response.body", response));
            Object out = Host.ok(h.call("http/types#[method]outgoing-body.write", body));
            h.drop(response);
            assertEquals("last-operation-failed", Host.error(h.out("blocking-write-and-flush", out, new byte[1])));
        }
    }

    /** An error is not lost on one who waits before reading. */
    @Test
    void anErrorIsToldByReading() {
        InputStream broken = new InputStream() {
            private boolean isOver;

            @Override
            public int read() throws IOException {
                if (isOver) {
                    return -1;
                }
                isOver = true;
                throw new IOException("broken");
            }
        };
        try (Host h = host(broken)) {
            Object in = h.call("cli/stdin#get-stdin");
            h.block("io/streams#[method]input-stream.subscribe", in);
            assertEquals("last-operation-failed", Host.error(h.in("read", in, 10L)));
            assertEquals("closed", Host.error(h.in("read", in, 10L)));
        }
    }

    @Test
    void aResponseHasAFinalStatus() {
        try (Host h = host(InputStream.nullInputStream())) {
            String set = "http/types#[method]outgoing-response.set-status-code";
            Object response =
                    h.call("http/types#[constructor]outgoing-response", h.call("http/types#[constructor]fields"));
            for (int status : new int[] {0, 99, 100, 103, 199, 1000, 0xffff}) {
                Host.error(h.call(set, response, (short) status));
            }
            assertEquals((short) 200, h.call("http/types#[method]outgoing-response.status-code", response));
            Host.ok(h.call(set, response, (short) 599));
        }
    }
}
