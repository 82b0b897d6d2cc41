package kiln.wasi.p2;

import java.io.IOException;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.channels.NetworkChannel;
import java.util.LinkedHashMap;
import java.util.Map;
import jdk.net.ExtendedSocketOptions;

/** The options of a socket, kept while there is no channel yet that has them. */
final class SocketOptions {
    private static final long NANOS = 1_000_000_000;

    private final Map<SocketOption<?>, Object> set = new LinkedHashMap<>();

    /** What a setting of 0 is. */
    private static long positive(long value) throws SocketError {
        if (value == 0) {
            throw new SocketError("invalid-argument");
        }
        return value;
    }

    /** Sets what was set before there was the channel. */
    void applyTo(NetworkChannel channel) throws IOException {
        for (Map.Entry<SocketOption<?>, Object> o : set.entrySet()) {
            put(channel, o.getKey(), o.getValue());
        }
    }

    /** Those of a socket that was accepted. */
    void copyTo(SocketOptions other) {
        other.set.putAll(set);
    }

    @SuppressWarnings("unchecked")
    private static <T> void put(NetworkChannel channel, SocketOption<T> option, Object value) throws IOException {
        if (channel.supportedOptions().contains(option)) {
            channel.setOption(option, (T) value);
        }
    }

    private <T> void set(NetworkChannel channel, SocketOption<T> option, T value) throws IOException {
        set.put(option, value);
        if (channel != null) {
            put(channel, option, value);
        }
    }

    private <T> T get(NetworkChannel channel, SocketOption<T> option, T otherwise) throws IOException {
        if (channel != null && channel.supportedOptions().contains(option)) {
            return channel.getOption(option);
        }
        Object value = set.get(option);
        return value == null ? otherwise : option.type().cast(value);
    }

    /** A number that Java has as int; larger ones are cut off. */
    private static int clamp(long value, long most) {
        return (int) (value < 0 || value > most ? most : value);
    }

    /**
     * The functions of these names, after the resource's.
     *
     * @param channel null if there is none yet
     */
    Object call(String name, NetworkChannel channel, Object[] a) throws IOException {
        switch (name) {
            case "keep-alive-enabled" -> {
                return get(channel, StandardSocketOptions.SO_KEEPALIVE, false);
            }
            case "set-keep-alive-enabled" -> set(channel, StandardSocketOptions.SO_KEEPALIVE, (Boolean) a[1]);
            case "keep-alive-idle-time" -> {
                return get(channel, ExtendedSocketOptions.TCP_KEEPIDLE, 7200) * NANOS;
            }
            case "set-keep-alive-idle-time" -> set(channel, ExtendedSocketOptions.TCP_KEEPIDLE, seconds((Long) a[1]));
            case "keep-alive-interval" -> {
                return get(channel, ExtendedSocketOptions.TCP_KEEPINTERVAL, 75) * NANOS;
            }
            case "set-keep-alive-interval" ->
                set(channel, ExtendedSocketOptions.TCP_KEEPINTERVAL, seconds((Long) a[1]));
            case "keep-alive-count" -> {
                return get(channel, ExtendedSocketOptions.TCP_KEEPCOUNT, 9);
            }
            case "set-keep-alive-count" ->
                set(
                        channel,
                        ExtendedSocketOptions.TCP_KEEPCOUNT,
                        clamp(positive(Integer.toUnsignedLong((Integer) a[1])), 127));
            case "receive-buffer-size" -> {
                return (long) get(channel, StandardSocketOptions.SO_RCVBUF, 1 << 16);
            }
            case "set-receive-buffer-size" ->
                set(channel, StandardSocketOptions.SO_RCVBUF, clamp(positive((Long) a[1]), Integer.MAX_VALUE));
            case "send-buffer-size" -> {
                return (long) get(channel, StandardSocketOptions.SO_SNDBUF, 1 << 16);
            }
            case "set-send-buffer-size" ->
                set(channel, StandardSocketOptions.SO_SNDBUF, clamp(positive((Long) a[1]), Integer.MAX_VALUE));
            // Java has no way to tell or set it.
            case "hop-limit", "unicast-hop-limit" -> throw new SocketError("not-supported");
            case "set-hop-limit", "set-unicast-hop-limit" -> {
                positive((Byte) a[1]);
                throw new SocketError("not-supported");
            }
            default -> throw new AssertionError(name);
        }
        return null;
    }

    /** Linux takes up to 32,767 seconds. */
    private static int seconds(long nanos) throws SocketError {
        positive(nanos);
        return clamp(Math.max(1, Long.divideUnsigned(nanos, NANOS)), Short.MAX_VALUE);
    }
}
