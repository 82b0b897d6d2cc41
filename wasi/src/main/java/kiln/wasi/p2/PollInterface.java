package kiln.wasi.p2;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** {@code wasi:io/poll}. */
final class PollInterface extends HostInterface {
    private final GuestContext context;

    PollInterface(GuestContext context) {
        super(
                "wasi:io/poll",
                List.of(new ResourceType("pollable", Pollable.class)),
                "[method]pollable.ready",
                "[method]pollable.block",
                "poll");
        this.context = context;
    }

    @Override
    Object call(String function, Object[] a) throws IOException {
        switch (function) {
            case "[method]pollable.ready" -> {
                return Pollable.ready(((Pollable) a[0]).waitable());
            }
            case "[method]pollable.block" -> {
                context.block(((Pollable) a[0]).waitable());
                return null;
            }
            case "poll" -> {
                return poll((List<?>) a[0]);
            }
            default -> throw unknown(function);
        }
    }

    /** The positions of those that are ready; at least one. */
    private int[] poll(List<?> pollables) throws IOException {
        if (pollables.isEmpty()) {
            throw Traps.trap("poll of an empty list");
        }
        List<Waitable> waitables = new ArrayList<>(pollables.size());
        for (Object p : pollables) {
            waitables.add(((Pollable) p).waitable());
        }
        while (true) {
            int[] ready = context.ready(waitables, waitables.size());
            if (ready.length > 0) {
                return ready;
            }
            context.await(waitables);
        }
    }
}
