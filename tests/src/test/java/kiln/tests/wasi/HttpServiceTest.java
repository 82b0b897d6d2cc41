package kiln.tests.wasi;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import kiln.artifact.api.TrapCode;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.runtime.Engine;
import kiln.runtime.TrapException;
import kiln.runtime.component.Component;
import kiln.tests.Corpus;
import kiln.tests.cross.CrossCompiler;
import kiln.wasi.p2.HttpService;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Requests to a component, by Java's client. {@code handler.wasm} is {@code handler.wat} as a component: jco's
 * componentEmbed with the published WIT of {@code wasi:http} 0.2.10 and a world that exports its incoming-handler, then
 * componentNew.
 */
public class HttpServiceTest {
    private static final ConcurrentLinkedQueue<Throwable> FAILURES = new ConcurrentLinkedQueue<>();
    private static Engine engine;
    private static Component component;
    private static HttpService service;
    private static HttpClient client;

    @BeforeAll
    static void serve() throws IOException {
        CompilerOptions options = CompilerOptions.defaults().withInterruptible(true);
        byte[] wasm;
        try (InputStream in = HttpServiceTest.class.getResourceAsStream("handler.wasm")) {
            wasm = in.readAllBytes();
        }
        byte[] compiled = CrossCompiler.IS_NEEDED
                ? CrossCompiler.compile("handler.wasm", wasm, options)
                : Compiler.compile("handler.wasm", wasm, options);
        engine = new Engine();
        component = Component.load(engine, compiled);
        service = HttpService.builder(component)
                .address(new InetSocketAddress("127.0.0.1", 0))
                .timeout(Duration.ofMinutes(5))
                .requests(4)
                .failures(FAILURES::add)
                .start();
        client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    }

    @AfterAll
    static void stop() {
        client.close();
        service.close();
        component.close();
        engine.close();
    }

    @BeforeEach
    void forget() {
        FAILURES.clear();
    }

    private static HttpRequest.Builder to(HttpService at, String path) {
        return HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + at.address().getPort() + path));
    }

    private static HttpResponse<byte[]> send(HttpRequest.Builder request) throws Exception {
        return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    }

    @Test
    void aResponseComesBack() throws Exception {
        HttpResponse<byte[]> r = send(to(service, "/hello?a=b%20c"));
        assertEquals(200, r.statusCode());
        assertEquals("/hello?a=b%20c", new String(r.body()));
        assertTrue(FAILURES.isEmpty(), FAILURES::toString);
    }

    @Test
    void bodiesOfAnySizeGoThrough() throws Exception {
        for (int size : new int[] {0, 1, 4096, 65_537, 3_000_000}) {
            byte[] bytes = new byte[size];
            new Random(size).nextBytes(bytes);
            HttpResponse<byte[]> r = send(to(service, "/echo").POST(HttpRequest.BodyPublishers.ofByteArray(bytes)));
            assertArrayEquals(bytes, r.body());
        }
        assertTrue(FAILURES.isEmpty(), FAILURES::toString);
    }

    @Test
    void whatFailsIsAnError() throws Exception {
        HttpResponse<byte[]> none = send(to(service, "/nothing"));
        assertEquals(500, none.statusCode());
        assertEquals("the component gave no response\n", new String(none.body()));
        HttpResponse<byte[]> trapped = send(to(service, "/trap"));
        assertEquals(500, trapped.statusCode());
        assertEquals(1, FAILURES.size());
        assertEquals(TrapCode.UNREACHABLE, ((TrapException) FAILURES.element()).code());
        // The next one has an instance of its own.
        assertEquals(200, send(to(service, "/after")).statusCode());
    }

    @Test
    void oneThatNeverEndsIsStopped() throws Exception {
        try (HttpService impatient = HttpService.builder(component)
                .address(new InetSocketAddress("127.0.0.1", 0))
                .timeout(Duration.ofMillis(50))
                .failures(FAILURES::add)
                .start()) {
            assertEquals(500, send(to(impatient, "/spin")).statusCode());
            assertEquals(TrapCode.INTERRUPTED, ((TrapException) FAILURES.element()).code());
        }
    }

    @Test
    void manyAtTheSameTime() {
        List<CompletableFuture<HttpResponse<byte[]>>> all = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            byte[] bytes = new byte[i * 100];
            new Random(i).nextBytes(bytes);
            all.add(client.sendAsync(
                            to(service, "/echo")
                                    .POST(HttpRequest.BodyPublishers.ofByteArray(bytes))
                                    .build(),
                            HttpResponse.BodyHandlers.ofByteArray())
                    .whenComplete((r, e) -> {
                        if (e != null) {
                            throw new UncheckedIOException(new IOException(e));
                        }
                        assertArrayEquals(bytes, r.body());
                    }));
        }
        all.forEach(CompletableFuture::join);
        assertTrue(FAILURES.isEmpty(), FAILURES::toString);
    }

    private static HttpService.Builder another() {
        return HttpService.builder(component)
                .address(new InetSocketAddress("127.0.0.1", 0))
                .failures(FAILURES::add);
    }

    /** A part of a response is not taken for all of it, and the service goes on. */
    @Test
    void aGuestThatTrapsInTheMiddleCutsTheConnection() throws Exception {
        try (HttpService one = another().requests(1).start()) {
            for (int i = 0; i < 3; i++) {
                assertThrows(IOException.class, () -> send(to(one, "/cut")));
            }
            assertEquals(200, send(to(one, "/after")).statusCode());
        }
    }

    /** Clients that take their time over a request keep nobody else waiting. */
    @Test
    void slowClientsKeepNobodyOut() throws Exception {
        try (HttpService one = another().requests(1).start()) {
            List<Socket> slow = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                Socket s = new Socket(
                        InetAddress.getLoopbackAddress(), one.address().getPort());
                s.getOutputStream().write("GET /slow HT".getBytes(StandardCharsets.US_ASCII));
                slow.add(s);
            }
            assertEquals(200, send(to(one, "/quick")).statusCode());
            for (Socket s : slow) {
                s.close();
            }
        }
    }

    /** Neither a head nor a body that never comes keeps what it has, and the guest that waits for it goes on. */
    @Test
    @Timeout(300)
    void whoNeverEndsARequestIsCutOff() throws Exception {
        assumeFalse(Corpus.EMULATED, "under the emulator no interruption ends a thread's wait for a socket");
        try (HttpService one =
                another().requests(1).readTimeout(Duration.ofMillis(200)).start()) {
            for (String part : List.of(
                    "GET /slow HT",
                    "GET /slow HTTP/1.1\r\nHost: x\r\n",
                    "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc",
                    "POST /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")) {
                try (Socket s = new Socket(
                        InetAddress.getLoopbackAddress(), one.address().getPort())) {
                    s.getOutputStream().write(part.getBytes(StandardCharsets.US_ASCII));
                    readAll(s);
                }
                assertEquals(200, send(to(one, "/quick")).statusCode(), part);
            }
        }
        // Each piece of a body has its own time.
        try (HttpService one = another().readTimeout(Duration.ofSeconds(2)).start();
                Socket s = new Socket(
                        InetAddress.getLoopbackAddress(), one.address().getPort())) {
            s.getOutputStream()
                    .write("POST /echo HTTP/1.1\r\nConnection: close\r\nContent-Length: 12\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            for (int i = 0; i < 12; i++) {
                s.getOutputStream().write('*');
                Thread.sleep(200);
            }
            assertEquals(12, readAll(s).chars().filter(c -> c == '*').count(), "it came in time");
        }
        assertThrows(IllegalArgumentException.class, () -> another().readTimeout(Duration.ofNanos(-1)));
    }

    /** Until the service closes the connection, in whichever way. */
    private static String readAll(Socket s) {
        try {
            return new String(s.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        } catch (IOException e) {
            return e.getMessage();
        }
    }

    @Test
    void whatStillRunsIsInterruptedAtTheEnd() throws Exception {
        HttpService one = another().start();
        CompletableFuture<HttpResponse<byte[]>> spins =
                client.sendAsync(to(one, "/spin").build(), HttpResponse.BodyHandlers.ofByteArray());
        while (guests() == 0) {
            Thread.sleep(1);
        }
        one.close();
        assertThrows(ExecutionException.class, spins::get);
        while (guests() > 0) {
            Thread.sleep(1);
        }
        assertEquals(TrapCode.INTERRUPTED, ((TrapException) FAILURES.element()).code());
    }

    private static long guests() {
        return Thread.getAllStackTraces().entrySet().stream()
                .filter(t -> t.getKey().getName().startsWith("kiln-guest")
                        && Stream.of(t.getValue())
                                .anyMatch(f -> f.getMethodName().equals("invoke")))
                .count();
    }

    /** As proxies ask; the guest is told the path alone. */
    @Test
    void aWholeAddressMayBeAskedFor() throws IOException {
        try (Socket s =
                new Socket(InetAddress.getLoopbackAddress(), service.address().getPort())) {
            s.getOutputStream()
                    .write("GET http://localhost/a?b HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            String response = new String(s.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            assertTrue(response.contains("\r\n/a?b\r\n"), response);
        }
    }
}
