package kiln.wasi.p2;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import kiln.runtime.TrapException;
import kiln.runtime.component.Result;
import kiln.runtime.component.Variant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Requests of HTTP that a guest sends, to a server on the loopback address. */
@Timeout(900)
class HttpClientTest {
    private static final String TYPES = "http/types#";

    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private HttpServer server;
    private Host host;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            byte[] body = exchange.getRequestBody().readAllBytes();
            exchange.getResponseHeaders().add("X-Method", exchange.getRequestMethod());
            exchange.getResponseHeaders()
                    .add("X-Length", String.valueOf(exchange.getRequestHeaders().getFirst("Content-Length")));
            exchange.getResponseHeaders()
                    .add("X-Said", String.valueOf(exchange.getRequestHeaders().getFirst("X-Say")));
            exchange.sendResponseHeaders(exchange.getRequestURI().getPath().equals("/none") ? 404 : 200, 0);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.setExecutor(threads);
        server.start();
        host = new Host(Wasi2.builder().http(uri -> uri.getHost().equals("127.0.0.1")));
    }

    @AfterEach
    void stop() {
        host.close();
        server.stop(0);
        threads.shutdownNow();
    }

    private Object call(String function, Object... args) {
        return host.call(TYPES + function, args);
    }

    private Object request(String method, String path, Object fields) {
        return request(method, "127.0.0.1:" + server.getAddress().getPort(), path, fields);
    }

    private Object request(String method, String authority, String path, Object fields) {
        Object r = call("[constructor]outgoing-request", fields);
        Host.ok(call("[method]outgoing-request.set-method", r, new Variant(method, null)));
        Host.ok(call("[method]outgoing-request.set-scheme", r, Optional.of(new Variant("HTTP", null))));
        Host.ok(call("[method]outgoing-request.set-authority", r, Optional.of(authority)));
        Host.ok(call("[method]outgoing-request.set-path-with-query", r, Optional.of(path)));
        return r;
    }

    private Object fields(String... namesAndValues) {
        Object f = call("[constructor]fields");
        for (int i = 0; i < namesAndValues.length; i += 2) {
            byte[] value = namesAndValues[i + 1].getBytes(StandardCharsets.UTF_8);
            Host.ok(call("[method]fields.append", f, namesAndValues[i], value));
        }
        return f;
    }

    private Result<?, ?> response(Object future) {
        host.block(TYPES + "[method]future-incoming-response.subscribe", future);
        Optional<?> got = (Optional<?>) call("[method]future-incoming-response.get", future);
        assertEquals(Optional.of(Result.err(null)), call("[method]future-incoming-response.get", future));
        return Host.ok(got.orElseThrow());
    }

    private Object send(Object request) {
        return host.call("http/outgoing-handler#handle", request, Optional.empty());
    }

    private byte[] body(Object response) {
        Object body = Host.ok(call("[method]incoming-response.consume", response));
        Object in = Host.ok(call("[method]incoming-body.stream", body));
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (Object r = host.in("blocking-read", in, 5000L); r instanceof Result.Ok<?, ?> ok; ) {
            all.writeBytes((byte[]) ok.value());
            r = host.in("blocking-read", in, 5000L);
        }
        assertThrows(TrapException.class, () -> call("[static]incoming-body.finish", body));
        host.drop(in);
        Object trailers = call("[static]incoming-body.finish", body);
        assertEquals(
                Optional.of(Result.ok(Result.ok(Optional.empty()))), call("[method]future-trailers.get", trailers));
        return all.toByteArray();
    }

    private String header(Object response, String name) {
        Object headers = call("[method]incoming-response.headers", response);
        List<?> values = (List<?>) call("[method]fields.get", headers, name);
        assertEquals("immutable", Host.error(call("[method]fields.delete", headers, name)));
        host.drop(headers);
        return new String((byte[]) values.getFirst(), StandardCharsets.UTF_8);
    }

    @Test
    void aRequestIsAnswered() {
        Object r = Host.ok(response(Host.ok(send(request("get", "/none?a=b", fields("X-Say", "this"))))));
        assertEquals((short) 404, call("[method]incoming-response.status", r));
        assertEquals("GET", header(r, "x-method"));
        assertEquals("this", header(r, "X-SAID"));
        assertEquals(0, body(r).length);
    }

    @Test
    void aBodyIsSent() {
        byte[] bytes = new byte[300_000];
        new Random(1).nextBytes(bytes);
        for (boolean sized : new boolean[] {false, true}) {
            Object f = sized ? fields("content-length", "" + bytes.length) : fields();
            Object request = request("post", "/", f);
            Object body = Host.ok(call("[method]outgoing-request.body", request));
            Object out = Host.ok(call("[method]outgoing-body.write", body));
            Object future = Host.ok(send(request));
            for (int at = 0; at < bytes.length; at += 4000) {
                byte[] part = Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + 4000));
                Host.ok(host.out("blocking-write-and-flush", out, part));
            }
            host.drop(out);
            Host.ok(call("[static]outgoing-body.finish", body, Optional.empty()));
            Object r = Host.ok(response(future));
            assertEquals(sized ? "300000" : "null", header(r, "x-length"));
            assertArrayEquals(bytes, body(r));
        }
    }

    @Test
    void aBodyHasTheLengthThatWasSaid() {
        Object request = request("post", "/", fields("content-length", "10"));
        Object body = Host.ok(call("[method]outgoing-request.body", request));
        Object out = Host.ok(call("[method]outgoing-body.write", body));
        Object future = Host.ok(send(request));
        Host.ok(host.out("blocking-write-and-flush", out, new byte[4]));
        host.drop(out);
        assertEquals(
                "HTTP-request-body-size", Host.error(call("[static]outgoing-body.finish", body, Optional.empty())));
        Host.error(response(future));
    }

    @Test
    void onlyWhereItMay() {
        assertEquals("HTTP-request-denied", Host.error(send(request("get", "localhost:80", "/", fields()))));
        try (Host h = new Host(Wasi2.builder())) {
            Object r = request("get", "/", fields());
            assertEquals(
                    "HTTP-request-denied", Host.error(h.call("http/outgoing-handler#handle", r, Optional.empty())));
        }
    }

    @Test
    void nobodyListens() throws IOException {
        int port;
        try (ServerSocket gone = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = gone.getLocalPort();
        }
        Object future = Host.ok(send(request("get", "127.0.0.1:" + port, "/", fields())));
        assertEquals("connection-refused", Host.error(response(future)));
    }

    /** Java's client has a thread, which would wait for as long as the server does. */
    @Test
    void whatIsUnderWayEndsWithTheGuest() throws InterruptedException {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch answer = new CountDownLatch(1);
        server.createContext("/slow", exchange -> {
            asked.countDown();
            try {
                answer.await();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
        });
        Host.ok(send(request("get", "/slow", fields())));
        asked.await();
        assertTrue(clients() > 0);
        host.close();
        while (clients() > 0) {
            Thread.sleep(20);
        }
        answer.countDown();
    }

    private static long clients() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(t -> t.getName().contains("HttpClient") && t.getName().contains("SelectorManager"))
                .count();
    }

    @Test
    void whatIsNoRequestIsRefused() {
        Object r = call("[constructor]outgoing-request", fields());
        Host.error(call("[method]outgoing-request.set-method", r, new Variant("other", "A B")));
        Host.error(call("[method]outgoing-request.set-authority", r, Optional.of("a/b")));
        Host.error(call("[method]outgoing-request.set-path-with-query", r, Optional.of("/a b")));
        assertEquals("HTTP-request-URI-invalid", Host.error(send(r)));
    }

    /** A body is written to nobody: the guest learns it, and does not wait for ever. */
    @Test
    void aBodyThatNobodyWantsIsBrokenOff() throws IOException {
        int port;
        try (ServerSocket gone = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = gone.getLocalPort();
        }
        for (String authority : List.of("127.0.0.1:" + port, "localhost:" + port)) {
            Object request = request("post", authority, "/", fields());
            Object body = Host.ok(call("[method]outgoing-request.body", request));
            Object out = Host.ok(call("[method]outgoing-body.write", body));
            Result<?, ?> sent = (Result<?, ?>) send(request);
            assertEquals(authority.startsWith("127"), sent instanceof Result.Ok<?, ?>);
            Object written = Result.ok(null);
            while (written instanceof Result.Ok<?, ?>) {
                written = host.out("blocking-write-and-flush", out, new byte[4096]);
            }
            assertEquals("last-operation-failed", Host.error(written));
        }
    }

    /** Of a guest that is not interested in bodies, connections must not pile up. */
    @Test
    void aResponseThatIsDroppedEndsItsConnection() throws InterruptedException {
        CountDownLatch cut = new CountDownLatch(2);
        server.createContext("/large", exchange -> {
            exchange.sendResponseHeaders(200, 1 << 30);
            try (exchange) {
                while (true) {
                    exchange.getResponseBody().write(new byte[1 << 16]);
                }
            } finally {
                cut.countDown();
            }
        });
        Object unread = Host.ok(response(Host.ok(send(request("get", "/large", fields())))));
        Object half = Host.ok(response(Host.ok(send(request("get", "/large", fields())))));
        Object body = Host.ok(call("[method]incoming-response.consume", half));
        Object in = Host.ok(call("[method]incoming-body.stream", body));
        Host.ok(host.in("blocking-read", in, 5000L));
        host.drop(in);
        host.drop(unread);
        call("[static]incoming-body.finish", body);
        cut.await();
    }

    /** Requests after each other go over one connection, and each is asked about. */
    @Test
    void connectionsAreShared() {
        Set<InetSocketAddress> from = ConcurrentHashMap.newKeySet();
        server.createContext("/from", exchange -> {
            from.add(exchange.getRemoteAddress());
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
        });
        for (int i = 0; i < 20; i++) {
            body(Host.ok(response(Host.ok(send(request("get", "/from", fields()))))));
            assertEquals("HTTP-request-denied", Host.error(send(request("get", "localhost:80", "/", fields()))));
        }
        assertEquals(1, from.size());
        assertEquals(1, clients());
        Object options = call("[constructor]request-options");
        Host.ok(call("[method]request-options.set-connect-timeout", options, Optional.of(60_000_000_000L)));
        Host.ok(response(Host.ok(
                host.call("http/outgoing-handler#handle", request("get", "/from", fields()), Optional.of(options)))));
        assertEquals(2, from.size(), "another time limit for connecting needs another client");
    }

    /** Java keeps connections for a while that nobody uses: not as many as a guest likes. */
    @Test
    void clientsAreReplaced() throws InterruptedException {
        for (int i = 0; i <= 2 * HttpClients.REQUESTS; i++) {
            body(Host.ok(response(Host.ok(send(request("get", "/", fields()))))));
        }
        while (clients() > 1) {
            Thread.sleep(20);
        }
    }
}
