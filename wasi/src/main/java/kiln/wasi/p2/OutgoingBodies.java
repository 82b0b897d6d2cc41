package kiln.wasi.p2;

import java.util.LinkedHashSet;
import java.util.Set;

/**
 * The bodies of HTTP that a guest is writing. A thread of the host's waits at the other end of each, so they are broken
 * off with the guest at the latest: of the handles that it leaves, nobody drops each.
 */
final class OutgoingBodies {
    /** Each has a buffer. */
    private static final int MOST = 1 << 8;

    private final Set<BytePipe> unfinished = new LinkedHashSet<>();

    BytePipe open(GuestContext context) {
        if (unfinished.size() >= MOST) {
            throw Traps.trap("more than " + MOST + " bodies are written at the same time");
        }
        BytePipe pipe = new BytePipe(context);
        unfinished.add(pipe);
        return pipe;
    }

    /** The guest writes no more. */
    void over(BytePipe pipe) {
        unfinished.remove(pipe);
    }

    void breakOffAll() {
        unfinished.forEach(p -> p.breakOff("the guest ended before the body"));
        unfinished.clear();
    }
}
