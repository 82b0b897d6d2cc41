package kiln.wasi.p2;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import kiln.wasi.host.Clocks;
import kiln.wasi.host.GuestSetup;
import kiln.wasi.host.RandomSource;
import kiln.wasi.host.StandardInput;
import kiln.wasi.host.StandardOutput;
import kiln.wasi.host.Stop;
import kiln.wasi.host.WasiError;

/** What all interfaces of one guest share: its streams, its clocks, and how it waits. */
final class GuestContext implements Closeable {
    /** The most that one read gives. */
    static final int PIECE = 1 << 16;

    private final Stop stop;
    private final Clocks clocks;
    private final RandomSource random;
    private final StandardInput input;
    private final StandardOutput output;
    private final StandardOutput error;
    /** Between the guest and the operating system, which copies to and from native memory only. */
    private final ByteBuffer piece = ByteBuffer.allocateDirect(PIECE);

    private final Connections connections = new Connections();
    private final OutgoingBodies bodies = new OutgoingBodies();
    private final HeldBytes held = new HeldBytes();
    /** Null until sockets are waited for. */
    private volatile Selector selector;

    /** Of the selector's keys, those that are not silent. */
    private final List<SelectionKey> watched = new ArrayList<>();
    /** The guest's thread while it waits, else null. */
    private volatile Thread waiting;

    GuestContext(GuestSetup setup, Stop stop) {
        this.stop = stop;
        this.clocks = new Clocks(setup.clock);
        this.random = new RandomSource(setup.random, stop);
        this.input = setup.openInput(stop);
        this.output = setup.openOutput(stop);
        this.error = setup.openError(stop);
    }

    Stop stop() {
        return stop;
    }

    Clocks clocks() {
        return clocks;
    }

    RandomSource random() {
        return random;
    }

    StandardInput input() {
        return input;
    }

    StandardOutput output() {
        return output;
    }

    StandardOutput error() {
        return error;
    }

    Connections connections() {
        return connections;
    }

    OutgoingBodies bodies() {
        return bodies;
    }

    HeldBytes held() {
        return held;
    }

    /**
     * An empty buffer for one transfer.
     *
     * @param limit at most {@link #PIECE}
     */
    ByteBuffer piece(int limit) {
        return piece.clear().limit(limit);
    }

    /** Hands on what was written. */
    void flush() throws IOException {
        output.flush();
        error.flush();
    }

    /** Waits until one of them may be ready. */
    void await(List<? extends Waitable> waitables) throws IOException {
        flush();
        stop.checkWaiting();
        long nanos = Long.MAX_VALUE;
        StandardInput in = null;
        boolean selects = false;
        for (Waitable w : waitables) {
            nanos = Math.min(nanos, w.nanosLeft());
            in = w.input() == null ? in : w.input();
            selects |= w.channel() != null;
        }
        if (nanos <= 0) {
            return;
        }
        long slice = Math.min(nanos, Stop.SLICE_NANOS);
        waiting = Thread.currentThread();
        try {
            if (selects) {
                select(waitables, slice);
                clocks.waited(slice);
            } else if (in != null) {
                in.await(slice);
                clocks.waited(slice);
            } else if (ready(waitables, 1).length == 0) {
                // What came just before has found nobody to wake.
                clocks.pause(nanos);
            }
        } finally {
            waiting = null;
        }
    }

    /** The positions of those that are ready; of the first ones, if there are more than {@code most}. */
    int[] ready(List<? extends Waitable> waitables, int most) {
        int[] ready = new int[Math.min(most, waitables.size())];
        int n = 0;
        for (int i = 0; i < waitables.size() && n < most; i++) {
            // A guest may wait for a million things.
            if ((i & 1023) == 1023) {
                stop.check();
            }
            if (Pollable.ready(waitables.get(i))) {
                ready[n++] = i;
            }
        }
        return n == ready.length ? ready : Arrays.copyOf(ready, n);
    }

    private void select(List<? extends Waitable> waitables, long nanos) throws IOException {
        silence();
        for (Waitable w : waitables) {
            SelectableChannel channel = w.channel();
            if (channel != null && channel.isOpen()) {
                SelectionKey key = channel.keyFor(selector);
                int others = key != null && key.isValid() ? key.interestOps() : 0;
                watched.add(channel.register(selector, others | w.operations()));
            }
        }
        selector.select(Math.max(1, nanos / 1_000_000));
        selector.selectedKeys().clear();
    }

    /** Whether a channel can do something at once. */
    boolean isReady(SelectableChannel channel, int operations) throws IOException {
        if (!channel.isOpen()) {
            return true;
        }
        silence();
        SelectionKey key = channel.register(selector, operations);
        watched.add(key);
        selector.selectNow();
        selector.selectedKeys().clear();
        return !key.isValid() || (key.readyOps() & operations) != 0;
    }

    /** No channel is waited for; the selector is open. */
    private void silence() throws IOException {
        if (selector == null) {
            selector = Selector.open();
        }
        for (SelectionKey key : watched) {
            if (key.isValid()) {
                key.interestOps(0);
            }
        }
        watched.clear();
    }

    /** From any thread: something that the guest may wait for has happened. */
    void wake() {
        Thread t = waiting;
        if (t != null) {
            LockSupport.unpark(t);
            Selector s = selector;
            if (s != null) {
                s.wakeup();
            }
        }
    }

    /** Waits for one; an interrupted thread is as if it had come. */
    void block(Waitable waitable) throws IOException {
        List<Waitable> one = List.of(waitable);
        while (!Pollable.ready(waitable)) {
            await(one);
        }
    }

    @Override
    public void close() throws IOException {
        try (random;
                input;
                output;
                error) {
            try {
                bodies.breakOffAll();
                connections.closeAll();
            } finally {
                // Sockets that it knows are let go only now.
                if (selector != null) {
                    selector.close();
                }
            }
        } catch (WasiError e) {
            throw new IOException("the guest's output: " + e.getMessage(), e);
        }
    }
}
