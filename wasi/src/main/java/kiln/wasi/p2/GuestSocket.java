package kiln.wasi.p2;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;

/** A guest's socket, as far as it is the same for TCP and UDP. */
abstract class GuestSocket extends Resource {
    final GuestContext context;
    final NetworkPolicy policy;
    final StandardProtocolFamily family;
    final SocketOptions options = new SocketOptions();

    GuestSocket(GuestContext context, NetworkPolicy policy, StandardProtocolFamily family) {
        super(null);
        this.context = context;
        this.policy = policy;
        this.family = family;
    }

    abstract void startBind(Object address) throws IOException;

    abstract void finishBind() throws IOException;

    abstract InetSocketAddress localAddress() throws IOException;

    abstract InetSocketAddress remoteAddress() throws IOException;

    /** A function of {@link SocketOptions}. */
    abstract Object option(String name, Object[] a) throws IOException;

    /**
     * A function that both have.
     *
     * @param name without the resource's
     */
    final Object call(String name, Object[] a) throws IOException {
        switch (name) {
            case "start-bind" -> startBind(a[2]);
            case "finish-bind" -> finishBind();
            case "local-address" -> {
                return Sockets.value(localAddress());
            }
            case "remote-address" -> {
                return Sockets.value(remoteAddress());
            }
            default -> {
                return option(name, a);
            }
        }
        return null;
    }
}
