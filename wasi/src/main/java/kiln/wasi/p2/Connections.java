package kiln.wasi.p2;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.Channel;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import kiln.wasi.host.Closing;

/**
 * The sockets and connections that a guest has open. They are closed with the guest at the latest: of the handles that
 * it leaves, nobody drops each, and Java's collector closes no sockets.
 */
final class Connections {
    /** A guest that never closes any must not take all that the process can open. */
    static final int MOST = 1 << 10;

    private record Held(Closeable closer, BooleanSupplier isOver) {}

    private final List<Held> all = new ArrayList<>();
    private final HttpClients clients = new HttpClients();

    /** Whether one more may be opened. */
    boolean hasRoom() {
        if (all.size() >= MOST) {
            all.removeIf(h -> h.isOver().getAsBoolean());
        }
        return all.size() < MOST;
    }

    /**
     * Keeps a socket in mind, and returns it.
     *
     * @throws SocketError if there are too many; it is closed then
     */
    <C extends Channel> C hold(C socket) throws IOException {
        if (!hasRoom()) {
            socket.close();
            throw new SocketError("new-socket-limit");
        }
        all.add(new Held(socket, () -> !socket.isOpen()));
        return socket;
    }

    /** Keeps a request in mind; there must be room. */
    void hold(HttpClientCall call) {
        all.add(new Held(call::close, call::isOver));
    }

    /** For requests. */
    HttpClients clients() {
        return clients;
    }

    /** Closes all, even if some cannot be closed properly. */
    void closeAll() throws IOException {
        List<Closeable> open = new ArrayList<>(all.stream().map(Held::closer).toList());
        open.add(clients);
        all.clear();
        Closing.all(open);
    }
}
