package kiln.wasi.p2;

import java.io.IOException;
import java.net.IDN;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import kiln.runtime.component.Result;

/** {@code wasi:sockets/ip-name-lookup}. */
final class NameLookup extends HostInterface {
    /** Names under way at once: each has a thread. */
    private static final int MOST = 64;

    private final GuestContext context;
    private final NetworkPolicy policy;
    private int underWay;

    NameLookup(GuestContext context, NetworkPolicy policy) {
        super(
                "wasi:sockets/ip-name-lookup",
                List.of(new ResourceType("resolve-address-stream", Addresses.class)),
                "resolve-addresses",
                "[method]resolve-address-stream.resolve-next-address",
                "[method]resolve-address-stream.subscribe");
        this.context = context;
        this.policy = policy;
    }

    @Override
    Object call(String function, Object[] a) {
        if (function.equals("[method]resolve-address-stream.subscribe")) {
            Addresses addresses = (Addresses) a[0];
            return new Pollable(addresses, addresses);
        }
        try {
            return Result.ok(
                    switch (function) {
                        case "resolve-addresses" -> resolve((String) a[1]);
                        case "[method]resolve-address-stream.resolve-next-address" -> ((Addresses) a[0]).next();
                        default -> throw unknown(function);
                    });
        } catch (IOException e) {
            return Result.err(SocketError.code(e));
        }
    }

    private Addresses resolve(String name) throws SocketError {
        String ascii;
        try {
            ascii = IDN.toASCII(name);
        } catch (IllegalArgumentException e) {
            throw new SocketError("invalid-argument");
        }
        if (ascii.isEmpty() || ascii.indexOf('\0') >= 0) {
            throw new SocketError("invalid-argument");
        }
        if (!policy.names().test(name)) {
            throw new SocketError("access-denied");
        }
        if (underWay >= MOST) {
            throw new SocketError("temporary-resolver-failure");
        }
        Addresses addresses = new Addresses(ascii);
        underWay++;
        Thread.ofPlatform().daemon().name("wasi-lookup").start(addresses);
        return addresses;
    }

    /** The addresses of a name, once they are known. */
    private final class Addresses extends Resource implements Waitable, Runnable {
        private final String name;
        /** Null until the answer is there; what went wrong if it is empty and {@link #error} is set. */
        private volatile Deque<InetAddress> found;

        private volatile String error;

        Addresses(String name) {
            super(null);
            this.name = name;
        }

        @Override
        public void run() {
            Deque<InetAddress> answer = new ArrayDeque<>();
            try {
                answer.addAll(Arrays.asList(InetAddress.getAllByName(name)));
            } catch (UnknownHostException e) {
                error = "name-unresolvable";
            }
            found = answer;
            context.wake();
        }

        @Override
        public boolean ready() {
            return found != null;
        }

        Optional<Object> next() throws SocketError {
            if (found == null) {
                throw new SocketError("would-block");
            }
            if (error != null) {
                throw new SocketError(error);
            }
            InetAddress next = found.poll();
            return next == null ? Optional.empty() : Optional.of(Sockets.value(next));
        }

        @Override
        void close() {
            underWay--;
        }
    }
}
