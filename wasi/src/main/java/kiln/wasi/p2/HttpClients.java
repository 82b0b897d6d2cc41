package kiln.wasi.p2;

import java.io.Closeable;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Java's clients for the requests of one guest. One serves many requests, so that they share its thread and its
 * connections; there is one for each time limit for connecting, which Java does not take by request.
 */
final class HttpClients implements Closeable {
    /** Of one client: Java keeps connections for half a minute that nobody uses, and a guest may ask many servers. */
    static final int REQUESTS = 1 << 8;

    /** With different time limits at the same time. */
    private static final int MOST = 4;

    private static final class Shared {
        final HttpClient client;
        int requests;

        Shared(HttpClient client) {
            this.client = client;
        }
    }

    /** By time limit; the last one used comes last. */
    private final Map<Optional<Duration>, Shared> current = new LinkedHashMap<>(8, 0.75f, true);
    /** They end with the requests that they have. */
    private final List<HttpClient> retired = new ArrayList<>();

    /** The client for one more request. */
    HttpClient get(Optional<Duration> connectTimeout) {
        Shared s = current.get(connectTimeout);
        if (s == null || s.requests == REQUESTS) {
            HttpClient.Builder b = HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NEVER);
            connectTimeout.ifPresent(b::connectTimeout);
            s = new Shared(b.build());
            Shared before = current.put(connectTimeout, s);
            if (before != null) {
                retire(before);
            } else if (current.size() > MOST) {
                retire(current.remove(current.keySet().iterator().next()));
            }
        }
        s.requests++;
        return s.client;
    }

    private void retire(Shared s) {
        s.client.shutdown();
        retired.removeIf(HttpClient::isTerminated);
        retired.add(s.client);
    }

    /** Ends all, and what is under way with them. */
    @Override
    public void close() {
        current.values().forEach(s -> s.client.shutdownNow());
        retired.forEach(HttpClient::shutdownNow);
        current.clear();
        retired.clear();
    }
}
