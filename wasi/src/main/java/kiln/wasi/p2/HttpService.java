package kiln.wasi.p2;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.function.Consumer;
import java.util.function.Supplier;
import kiln.runtime.Store;
import kiln.runtime.StoreLimits;
import kiln.runtime.component.Component;
import kiln.runtime.component.ComponentInstance;
import kiln.runtime.component.ComponentLinker;
import kiln.runtime.component.Result;
import kiln.wasi.ExitException;
import kiln.wasi.p2.HttpMessages.IncomingRequest;
import kiln.wasi.p2.HttpMessages.OutgoingResponse;

/**
 * Serves HTTP with a component that exports {@code wasi:http/incoming-handler}: a fresh instance for each request, on
 * the JDK's server, which speaks version 1.1. Guests run on platform threads. Sets the system property
 * {@code sun.net.httpserver.nodelay} to true unless it is set: the JDK's server writes a response in several pieces,
 * and the last one would wait for the client to acknowledge the first, which takes some 40 ms.
 */
public final class HttpService implements AutoCloseable {
    /** What a component exports that can be served, of any version 0.2. */
    public static final String HANDLE = "wasi:http/incoming-handler@0.2.0#handle";

    private static final String NO_DELAY = "sun.net.httpserver.nodelay";

    static {
        if (System.getProperty(NO_DELAY) == null) {
            System.setProperty(NO_DELAY, "true");
        }
    }

    /** As main threads have it. */
    private static final long STACK_BYTES = 8 << 20;
    /** Connections whose requests are read while others are served: clients that are slow must not keep out others. */
    private static final int READ_AHEAD = 256;
    /** Of the request whose head the current thread reads. */
    private static final ThreadLocal<ReadLimit> READING = new ThreadLocal<>();

    private final Component component;
    private final Supplier<Wasi2.Builder> guests;
    private final StoreLimits limits;
    private final Duration timeout;
    private final Duration readTimeout;
    private final Consumer<Throwable> failures;
    private final HttpServer server;
    private final ExecutorService responders;
    private final ExecutorService runners;
    /** For time limits of reading. */
    private final ScheduledThreadPoolExecutor clock;
    /** Where guests run; its own lock. */
    private final Set<Store> running = new HashSet<>();

    private boolean isClosed;

    private HttpService(Builder b) throws IOException {
        component = b.component;
        guests = b.guests;
        limits = b.limits;
        timeout = b.timeout;
        readTimeout = b.readTimeout;
        failures = b.failures;
        responders = Executors.newFixedThreadPool(
                b.requests + READ_AHEAD, Thread.ofVirtual().name("kiln-http", 0).factory());
        runners = Executors.newFixedThreadPool(
                b.requests,
                Thread.ofPlatform()
                        .name("kiln-guest", 0)
                        .daemon()
                        .stackSize(STACK_BYTES)
                        .factory());
        server = HttpServer.create(b.address, 0);
        clock = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().name("kiln-http-clock").daemon().factory());
        clock.setRemoveOnCancelPolicy(true);
        server.setExecutor(task -> responders.execute(() -> read(task)));
        server.createContext("/", this::serve);
        server.start();
    }

    /** Says how a component is to answer requests. */
    public static Builder builder(Component component) {
        return new Builder(component);
    }

    /** Where it listens, with the port that it got. */
    public InetSocketAddress address() {
        return server.getAddress();
    }

    /**
     * Takes no more requests, and stops after those that are under way, or after a second: then instances that still
     * run are interrupted, of which those compute on that were compiled without interrupt checks.
     */
    @Override
    public void close() {
        server.stop(1);
        synchronized (running) {
            isClosed = true;
            running.forEach(Store::interrupt);
        }
        runners.shutdownNow();
        responders.shutdownNow();
        clock.shutdownNow();
    }

    private void begins(Store store) {
        synchronized (running) {
            running.add(store);
            if (isClosed) {
                store.interrupt();
            }
        }
    }

    private void ends(Store store) {
        synchronized (running) {
            running.remove(store);
        }
    }

    /** Runs what reads the head of a request and then comes to {@link #serve}. */
    private void read(Runnable task) {
        ReadLimit limit = new ReadLimit(clock, readTimeout);
        READING.set(limit);
        try {
            limit.begin();
            task.run();
        } catch (SocketTimeoutException e) {
            throw new AssertionError("it has only begun", e);
        } finally {
            limit.end();
            READING.remove();
        }
    }

    /** Throws where the connection is to be cut off, so that nobody takes a part of a response for all of it. */
    private void serve(HttpExchange exchange) throws IOException {
        ReadLimit limit = READING.get();
        limit.end();
        HttpExchangeReply reply = new HttpExchangeReply();
        RequestBody body = new RequestBody(exchange.getRequestBody(), limit);
        CompletableFuture<Void> guest = CompletableFuture.runAsync(() -> handle(exchange, body, reply), runners)
                // A guest that ends without a response has none.
                .whenComplete((_, _) -> reply.future().complete(null));
        try {
            Result<?, ?> response = reply.future().get();
            if (response instanceof Result.Ok<?, ?> ok) {
                send(exchange, body, (OutgoingResponse) ok.value());
            } else {
                fail(exchange, body, response == null ? "the component gave no response" : "the component failed");
            }
            // The guest may do something after its response, such as reading the request.
            guest.handle((_, _) -> null).get();
            body.end(exchange::close);
        } catch (IOException e) {
            failures.accept(e);
            throw e;
        } catch (ExecutionException e) {
            throw new IOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    private void handle(HttpExchange exchange, RequestBody body, HttpExchangeReply reply) {
        try (Wasi2 wasi = guests.get().build();
                Store store = new Store(component.engine(), limits)) {
            if (!timeout.isZero()) {
                store.setDeadline(timeout);
            }
            ComponentLinker linker = new ComponentLinker(component.engine());
            wasi.addTo(linker);
            begins(store);
            try {
                ComponentInstance instance = linker.instantiate(store, component);
                instance.func(HANDLE).invoke(request(wasi.context(), exchange, body), reply);
            } finally {
                ends(store);
                wasi.flush();
            }
        } catch (ExitException e) {
            if (e.code() != 0) {
                failures.accept(e);
            }
        } catch (IOException | RuntimeException | Error e) {
            failures.accept(e);
        }
    }

    private static IncomingRequest request(GuestContext context, HttpExchange exchange, RequestBody body) {
        Fields headers = new Fields(context.held());
        for (Map.Entry<String, List<String>> h : exchange.getRequestHeaders().entrySet()) {
            for (String value : h.getValue()) {
                headers.add(h.getKey(), value);
            }
        }
        return new IncomingRequest(
                context,
                exchange.getRequestMethod(),
                "HTTP",
                headers.first("host"),
                HttpUris.pathWithQuery(exchange.getRequestURI()),
                headers.freeze(),
                body);
    }

    private static void send(HttpExchange exchange, RequestBody request, OutgoingResponse response) throws IOException {
        for (Fields.Entry e : response.fields().entries()) {
            if (!e.name().equalsIgnoreCase("content-length")) {
                exchange.getResponseHeaders().add(e.name(), e.text());
            }
        }
        HttpBodies.Outgoing body = response.written();
        boolean hasNone = body == null
                || exchange.getRequestMethod().equals("HEAD")
                || response.status == 204
                || response.status == 304;
        // For the JDK, 0 is a length that is not known, and -1 says that nothing comes.
        long length = hasNone || body.length() == 0 ? -1 : Math.max(0, body.length());
        if (length >= 0) {
            exchange.sendResponseHeaders(response.status, length);
        } else {
            request.end(() -> exchange.sendResponseHeaders(response.status, length));
        }
        if (body == null) {
            return;
        }
        try (BytePipe pipe = body.pipe()) {
            OutputStream out = exchange.getResponseBody();
            byte[] piece = new byte[GuestContext.PIECE];
            for (int n = pipe.read(piece); n >= 0; n = pipe.read(piece)) {
                if (!hasNone) {
                    out.write(piece, 0, n);
                    // A guest that writes a part and waits wants it to be seen.
                    if (pipe.isEmpty()) {
                        out.flush();
                    }
                }
            }
            request.end(out::close);
        }
    }

    private static void fail(HttpExchange exchange, RequestBody request, String why) throws IOException {
        byte[] text = why.concat("\n").getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "text/plain");
        boolean hasBody = !exchange.getRequestMethod().equals("HEAD");
        request.end(() -> {
            exchange.sendResponseHeaders(500, hasBody ? text.length : -1);
            if (hasBody) {
                try (OutputStream out = exchange.getResponseBody()) {
                    out.write(text);
                }
            }
        });
    }

    /**
     * The body of a request as the guest reads it. The JDK's stream is for one thread at a time, and when a response
     * ends, the JDK itself reads what is left of the request: so both happen under this object's lock.
     */
    private static final class RequestBody extends InputStream {
        /** What ends a response. */
        private interface Ending {
            void run() throws IOException;
        }

        private final InputStream in;
        private final ReadLimit limit;

        RequestBody(InputStream in, ReadLimit limit) {
            this.in = in;
            this.limit = limit;
        }

        @Override
        public synchronized int read() throws IOException {
            limit.begin();
            try {
                return in.read();
            } finally {
                limit.end();
            }
        }

        @Override
        public synchronized int read(byte[] to, int at, int most) throws IOException {
            limit.begin();
            try {
                return in.read(to, at, most);
            } finally {
                limit.end();
            }
        }

        @Override
        public synchronized int available() throws IOException {
            return in.available();
        }

        /** Does what makes the JDK read what is left of the request. */
        synchronized void end(Ending ending) throws IOException {
            limit.begin();
            try {
                ending.run();
            } finally {
                limit.end();
            }
        }

        /** The exchange closes it. */
        @Override
        public void close() {}
    }

    /** How a component is served. */
    public static final class Builder {
        private final Component component;
        private InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 8080);
        private Supplier<Wasi2.Builder> guests = Wasi2::builder;
        private StoreLimits limits = StoreLimits.DEFAULT;
        private Duration timeout = Duration.ZERO;
        private Duration readTimeout = Duration.ofSeconds(30);
        private int requests = 2 * Runtime.getRuntime().availableProcessors();
        private Consumer<Throwable> failures = e -> {};

        private Builder(Component component) {
            this.component = Objects.requireNonNull(component);
        }

        /** Where to listen; at first 127.0.0.1:8080. A port of 0 is any that is free. */
        public Builder address(InetSocketAddress at) {
            address = Objects.requireNonNull(at);
            return this;
        }

        /** What each instance is given; asked on the threads that run them. */
        public Builder guests(Supplier<Wasi2.Builder> each) {
            guests = Objects.requireNonNull(each);
            return this;
        }

        /** Limits of each instance's store. */
        public Builder limits(StoreLimits each) {
            limits = Objects.requireNonNull(each);
            return this;
        }

        /** After this time an instance is stopped; at first never. The component must be interruptible. */
        public Builder timeout(Duration each) {
            timeout = Objects.requireNonNull(each);
            return this;
        }

        /**
         * How long a client may keep the service waiting: for the head of a request from its first byte on, and for
         * each next piece of its body. Then the connection is closed. At first 30 seconds; zero is no limit.
         *
         * @throws IllegalArgumentException if it is negative, or has more than 2^63 - 1 nanoseconds
         */
        public Builder readTimeout(Duration each) {
            if (each.isNegative() || each.compareTo(Duration.ofNanos(Long.MAX_VALUE)) > 0) {
                throw new IllegalArgumentException("time limit for reading: " + each);
            }
            readTimeout = each;
            return this;
        }

        /** Requests that are served at the same time; others wait. At first twice the number of processors. */
        public Builder requests(int atOnce) {
            if (atOnce < 1) {
                throw new IllegalArgumentException("requests at once: " + atOnce);
            }
            requests = atOnce;
            return this;
        }

        /**
         * Told of instances that trap or fail otherwise, and of responses that cannot be sent, on the threads that
         * serve.
         */
        public Builder failures(Consumer<Throwable> told) {
            failures = Objects.requireNonNull(told);
            return this;
        }

        /**
         * Begins to serve.
         *
         * @throws NoSuchElementException if the component exports no {@code wasi:http/incoming-handler}
         * @throws IOException if it cannot listen at the address
         */
        public HttpService start() throws IOException {
            boolean handles = component.exports().stream()
                    .anyMatch(e -> e.startsWith("wasi:http/incoming-handler@0.2") && e.endsWith("#handle"));
            if (!handles) {
                throw new NoSuchElementException(
                        component.name() + " exports no wasi:http/incoming-handler of version 0.2");
            }
            return new HttpService(this);
        }
    }
}
