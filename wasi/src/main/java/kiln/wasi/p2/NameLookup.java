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
import java.util.concurrent.atomic.AtomicInteger;
import kiln.runtime.component.Result;

/** {@code wasi:sockets/ip-name-lookup}. */
final class NameLookup extends HostInterface {
    /** Names under way at once: each has a thread, which ends only with the answer. */
    static final int MOST = 64;
    /** Characters of a name; preparing an international one takes more than linear time. */
    private static final int LONGEST = 253;

    /** What knows the addresses of names. */
    @FunctionalInterface
    interface Resolver {
        InetAddress[] addresses(String name) throws UnknownHostException;
    }

    private final GuestContext context;
    private final NetworkPolicy policy;
    private final Resolver resolver;
    private final AtomicInteger underWay = new AtomicInteger();

    NameLookup(GuestContext context, NetworkPolicy policy, Resolver resolver) {
        super(
                "wasi:sockets/ip-name-lookup",
                List.of(new ResourceType("resolve-address-stream", Addresses.class)),
                "resolve-addresses",
                "[method]resolve-address-stream.resolve-next-address",
                "[method]resolve-address-stream.subscribe");
        this.context = context;
        this.policy = policy;
        this.resolver = resolver;
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
        if (name.length() > LONGEST) {
            throw new SocketError("invalid-argument");
        }
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
        if (underWay.get() >= MOST) {
            throw new SocketError("temporary-resolver-failure");
        }
        Addresses addresses = new Addresses(ascii);
        underWay.incrementAndGet();
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
            String failure = "name-unresolvable";
            try {
                answer.addAll(Arrays.asList(resolver.addresses(name)));
                failure = null;
            } catch (UnknownHostException e) {
                // So it says.
            } finally {
                underWay.decrementAndGet();
                error = failure;
                found = answer;
                context.wake();
            }
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
    }
}
