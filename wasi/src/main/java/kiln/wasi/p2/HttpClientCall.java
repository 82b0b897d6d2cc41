package kiln.wasi.p2;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import kiln.runtime.component.Result;
import kiln.wasi.p2.HttpMessages.IncomingResponse;
import kiln.wasi.p2.HttpMessages.OutgoingRequest;
import kiln.wasi.p2.HttpMessages.RequestOptions;

/** A request that is under way. */
final class HttpClientCall extends Resource implements Waitable {
    private final GuestContext context;
    private final CompletableFuture<HttpResponse<InputStream>> sent;
    /** It, and what is to be done then. */
    private final CompletableFuture<HttpResponse<InputStream>> future;

    private boolean isTaken;
    /** Whether nothing more comes over the connection. */
    private volatile boolean isOver;

    /**
     * Sends a request.
     *
     * @param options or null
     * @throws IllegalArgumentException if Java's client refuses a method or header field
     */
    HttpClientCall(GuestContext context, URI uri, OutgoingRequest request, RequestOptions options) {
        super(null);
        this.context = context;
        HttpRequest.Builder message = HttpRequest.newBuilder(uri)
                // Without encryption, Java would ask each server for version 2 by header fields.
                .version(uri.getScheme().equals("https") ? HttpClient.Version.HTTP_2 : HttpClient.Version.HTTP_1_1)
                .method(HttpMessages.methodName(request.method()), publisher(request.written()));
        if (options != null && options.firstByte.isPresent()) {
            message.timeout(nanos(options.firstByte.get()));
        }
        for (Fields.Entry e : request.fields().entries()) {
            // Java writes it from what the publisher says.
            if (!e.name().equalsIgnoreCase("content-length")) {
                message.header(e.name(), e.text());
            }
        }
        HttpRequest complete = message.build();
        Optional<Duration> connectTimeout = options == null ? Optional.empty() : options.connect.map(o -> nanos(o));
        HttpClient client = context.connections().clients().get(connectTimeout);
        sent = client.sendAsync(complete, HttpResponse.BodyHandlers.ofInputStream());
        future = sent.whenComplete((response, thrown) -> {
            if (thrown != null) {
                isOver = true;
                request.breakOff("the request failed");
            }
            context.wake();
        });
        context.connections().hold(this);
    }

    /** Whether the connection serves something else by now, or is closed. */
    boolean isOver() {
        return isOver;
    }

    private static Duration nanos(Object value) {
        long nanos = (Long) value;
        return Duration.ofNanos(nanos <= 0 ? Long.MAX_VALUE : nanos);
    }

    private static BodyPublisher publisher(HttpBodies.Outgoing body) {
        if (body == null || body.length() == 0) {
            return BodyPublishers.noBody();
        }
        BodyPublisher stream = BodyPublishers.ofInputStream(body::pipe);
        return body.length() < 0 ? stream : BodyPublishers.fromPublisher(stream, body.length());
    }

    @Override
    public boolean ready() {
        return future.isDone();
    }

    /** An option of a result of a result: the inner one is the response or an error, the outer an error if taken. */
    Optional<Object> get() {
        if (!future.isDone()) {
            return Optional.empty();
        }
        if (isTaken) {
            return Optional.of(Result.err(null));
        }
        isTaken = true;
        if (future.isCompletedExceptionally()) {
            return Optional.of(Result.ok(Result.err(HttpError.code(future.exceptionNow()))));
        }
        HttpResponse<InputStream> response = future.resultNow();
        Fields headers = new Fields(context.held());
        for (Map.Entry<String, List<String>> h : response.headers().map().entrySet()) {
            // Names that begin with a colon are version 2's own.
            for (String value : h.getKey().startsWith(":") ? List.<String>of() : h.getValue()) {
                headers.add(h.getKey(), value);
            }
        }
        return Optional.of(Result.ok(
                Result.ok(new IncomingResponse(context, response.statusCode(), headers.freeze(), body(response)))));
    }

    private InputStream body(HttpResponse<InputStream> response) {
        return new FilterInputStream(response.body()) {
            @Override
            public int read() throws IOException {
                return over(in.read());
            }

            @Override
            public int read(byte[] to, int at, int most) throws IOException {
                return over(in.read(to, at, most));
            }

            private int over(int result) {
                if (result < 0) {
                    isOver = true;
                }
                return result;
            }

            @Override
            public void close() throws IOException {
                isOver = true;
                in.close();
            }
        };
    }

    /** What was taken is the guest's: it ends when the guest drops it, or with the guest. */
    @Override
    void close() {
        if (!isTaken && !sent.cancel(true) && !sent.isCompletedExceptionally()) {
            HttpMessages.Incoming.giveUp(sent.resultNow().body());
        }
        isOver |= !isTaken;
    }
}
