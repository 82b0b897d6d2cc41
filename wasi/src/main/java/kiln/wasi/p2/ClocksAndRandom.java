package kiln.wasi.p2;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import kiln.wasi.host.Clocks;

/** The interfaces of {@code wasi:clocks} and {@code wasi:random}. */
final class ClocksAndRandom {
    private static final long NANOS = 1_000_000_000;

    private ClocksAndRandom() {}

    static List<HostInterface> interfaces(GuestContext context) {
        return List.of(
                new Monotonic(context),
                new Wall(context),
                new Random(context, "wasi:random/random", "get-random-bytes", "get-random-u64"),
                new Random(context, "wasi:random/insecure", "get-insecure-random-bytes", "get-insecure-random-u64"),
                new Random(context, "wasi:random/insecure-seed", "insecure-seed"));
    }

    /** A record datetime. */
    static List<Object> datetime(long nanos) {
        return List.of(Math.floorDiv(nanos, NANOS), (int) Math.floorMod(nanos, NANOS));
    }

    private static final class Monotonic extends HostInterface {
        private final GuestContext context;
        private final Clocks clocks;

        Monotonic(GuestContext context) {
            super(
                    "wasi:clocks/monotonic-clock",
                    List.of(),
                    "now",
                    "resolution",
                    "subscribe-instant",
                    "subscribe-duration");
            this.context = context;
            this.clocks = context.clocks();
        }

        @Override
        Object call(String function, Object[] a) {
            return switch (function) {
                case "now" -> clocks.now(Clocks.MONOTONIC);
                case "resolution" -> clocks.resolution(Clocks.MONOTONIC);
                case "subscribe-instant" -> timer((Long) a[0]);
                case "subscribe-duration" -> {
                    long nanos = (Long) a[0];
                    long when = clocks.now(Clocks.MONOTONIC) + nanos;
                    // Times are unsigned; what exceeds 292 years is never.
                    yield timer(nanos < 0 || when < 0 ? Long.MAX_VALUE : when);
                }
                default -> throw unknown(function);
            };
        }

        private Pollable timer(long when) {
            return new Pollable(null, new Timer(context.clocks(), when < 0 ? Long.MAX_VALUE : when));
        }
    }

    private record Timer(Clocks clocks, long when) implements Waitable {
        @Override
        public boolean ready() {
            return nanosLeft() <= 0;
        }

        @Override
        public long nanosLeft() {
            return when == Long.MAX_VALUE ? when : when - clocks.now(Clocks.MONOTONIC);
        }
    }

    private static final class Wall extends HostInterface {
        private final Clocks clocks;

        Wall(GuestContext context) {
            super("wasi:clocks/wall-clock", List.of(), "now", "resolution");
            this.clocks = context.clocks();
        }

        @Override
        Object call(String function, Object[] a) {
            return switch (function) {
                case "now" -> datetime(clocks.now(Clocks.REALTIME));
                case "resolution" -> datetime(clocks.resolution(Clocks.REALTIME));
                default -> throw unknown(function);
            };
        }
    }

    private static final class Random extends HostInterface {
        /** The most that one call gives. */
        private static final long MOST = 64 << 20;

        private final GuestContext context;

        Random(GuestContext context, String name, String... functions) {
            super(name, List.of(), functions);
            this.context = context;
        }

        @Override
        Object call(String function, Object[] a) throws IOException {
            return switch (function) {
                case "get-random-bytes", "get-insecure-random-bytes" -> bytes((Long) a[0]);
                case "get-random-u64", "get-insecure-random-u64" -> number();
                case "insecure-seed" -> List.of(number(), number());
                default -> throw unknown(function);
            };
        }

        private byte[] bytes(long count) throws IOException {
            if (count < 0 || count > MOST) {
                throw Traps.trap("more than 64 MiB of random bytes at once");
            }
            byte[] bytes = new byte[(int) count];
            context.random().fill(ByteBuffer.wrap(bytes));
            return bytes;
        }

        private long number() throws IOException {
            ByteBuffer b = ByteBuffer.allocate(Long.BYTES);
            context.random().fill(b);
            return b.getLong(0);
        }
    }
}
