package kiln.wasi.p2;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import kiln.runtime.component.Result;
import kiln.runtime.component.Variant;

/** What the interfaces of {@code wasi:sockets} share: addresses, the permission to use them, and error codes. */
final class Sockets {
    private Sockets() {}

    /** The network that the guest is given; what it may do there is the policy's to say. */
    static final class Network extends Resource {
        Network() {
            super(null);
        }
    }

    static List<HostInterface> interfaces(GuestContext context, NetworkPolicy policy) {
        return List.of(
                new InstanceNetwork(),
                new NetworkInterface(),
                new NameLookup(context, policy, InetAddress::getAllByName),
                new TcpInterface(),
                new CreateSocket(context, policy, "tcp"),
                new UdpInterface(),
                new CreateSocket(context, policy, "udp"));
    }

    private static final class InstanceNetwork extends HostInterface {
        InstanceNetwork() {
            super("wasi:sockets/instance-network", List.of(), "instance-network");
        }

        @Override
        Object call(String function, Object[] a) {
            return new Network();
        }
    }

    private static final class NetworkInterface extends HostInterface {
        NetworkInterface() {
            super("wasi:sockets/network", List.of(new ResourceType("network", Network.class)), "network-error-code");
        }

        @Override
        Object call(String function, Object[] a) {
            return ((IoError) a[0]).cause() instanceof SocketError e ? Optional.of(e.code()) : Optional.empty();
        }
    }

    private static final class CreateSocket extends HostInterface {
        private final GuestContext context;
        private final NetworkPolicy policy;
        private final boolean isTcp;

        /** @param protocol tcp or udp */
        CreateSocket(GuestContext context, NetworkPolicy policy, String protocol) {
            super("wasi:sockets/" + protocol + "-create-socket", List.of(), "create-" + protocol + "-socket");
            this.context = context;
            this.policy = policy;
            this.isTcp = protocol.equals("tcp");
        }

        @Override
        Object call(String function, Object[] a) {
            StandardProtocolFamily family = family(a[0]);
            return Result.ok(isTcp ? new TcpSocket(context, policy, family) : new UdpSocket(context, policy, family));
        }
    }

    // ---- addresses

    static StandardProtocolFamily family(Object label) {
        return label.equals("ipv4") ? StandardProtocolFamily.INET : StandardProtocolFamily.INET6;
    }

    static String label(StandardProtocolFamily family) {
        return family == StandardProtocolFamily.INET ? "ipv4" : "ipv6";
    }

    /** From a variant ip-socket-address; its family must be {@code family}. */
    static InetSocketAddress address(Object value, StandardProtocolFamily family) throws SocketError {
        Variant v = (Variant) value;
        if (family(v.label()) != family) {
            throw new SocketError("invalid-argument");
        }
        List<?> record = (List<?>) v.payload();
        int port = Short.toUnsignedInt((Short) record.get(0));
        try {
            if (family == StandardProtocolFamily.INET) {
                return new InetSocketAddress(InetAddress.getByAddress(bytes((List<?>) record.get(1))), port);
            }
            byte[] bytes = bytes((List<?>) record.get(2));
            InetAddress address = InetAddress.getByAddress(bytes);
            if (!(address instanceof Inet6Address)) {
                // Java takes what maps an IPv4 address for that address.
                throw new SocketError("invalid-argument");
            }
            int scope = (Integer) record.get(3);
            return new InetSocketAddress(scope == 0 ? address : Inet6Address.getByAddress(null, bytes, scope), port);
        } catch (UnknownHostException e) {
            throw new SocketError("invalid-argument");
        }
    }

    /** For the remote end: not "any", and with a port. */
    static InetSocketAddress remote(Object value, StandardProtocolFamily family) throws SocketError {
        InetSocketAddress address = address(value, family);
        if (address.getPort() == 0 || address.getAddress().isAnyLocalAddress()) {
            throw new SocketError("invalid-argument");
        }
        return address;
    }

    /** TCP has no groups. */
    static InetSocketAddress unicast(InetSocketAddress address) throws SocketError {
        byte[] bytes = address.getAddress().getAddress();
        boolean broadcast = bytes.length == 4 && (bytes[0] & bytes[1] & bytes[2] & bytes[3]) == -1;
        if (address.getAddress().isMulticastAddress() || broadcast) {
            throw new SocketError("invalid-argument");
        }
        return address;
    }

    private static byte[] bytes(List<?> parts) {
        if (parts.get(0) instanceof Byte) {
            byte[] bytes = new byte[parts.size()];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (Byte) parts.get(i);
            }
            return bytes;
        }
        byte[] bytes = new byte[2 * parts.size()];
        for (int i = 0; i < parts.size(); i++) {
            short s = (Short) parts.get(i);
            bytes[2 * i] = (byte) (s >> 8);
            bytes[2 * i + 1] = (byte) s;
        }
        return bytes;
    }

    /** A variant ip-address. */
    static Variant value(InetAddress address) {
        byte[] bytes = address.getAddress();
        List<Object> parts = new ArrayList<>();
        if (address instanceof Inet4Address) {
            for (byte b : bytes) {
                parts.add(b);
            }
            return new Variant("ipv4", parts);
        }
        for (int i = 0; i < bytes.length; i += 2) {
            parts.add((short) (bytes[i] << 8 | bytes[i + 1] & 0xff));
        }
        return new Variant("ipv6", parts);
    }

    /** A variant ip-socket-address. */
    static Variant value(InetSocketAddress address) {
        Variant v = value(address.getAddress());
        short port = (short) address.getPort();
        if (v.label().equals("ipv4")) {
            return new Variant("ipv4", List.of(port, v.payload()));
        }
        int scope = ((Inet6Address) address.getAddress()).getScopeId();
        return new Variant("ipv6", List.of(port, 0, v.payload(), scope));
    }
}
