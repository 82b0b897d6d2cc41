package kiln.compiler;

import java.util.ArrayList;
import java.util.List;

/**
 * A piece of work fails on another thread when not one more object can be made, in a process of its own; prints
 * {@code DONE}.
 */
public final class FullHeap {
    private static final OutOfMemoryError FAILURE = new OutOfMemoryError("made beforehand");
    private static final List<Object> HOARD = new ArrayList<>(1 << 16);
    private static volatile boolean failed;

    private FullHeap() {}

    public static void main(String[] args) {
        Thread main = Thread.currentThread();
        boolean thrown = false;
        // Not a lambda expression, which is linked when it is first come by.
        WorkPool.Worker worker = new WorkPool.Worker() {
            @Override
            public void run(int piece) {
                if (Thread.currentThread() == main) {
                    while (!failed) {
                        Thread.yield();
                    }
                } else {
                    exhaust();
                    failed = true;
                    throw FAILURE;
                }
            }
        };
        try (WorkPool pool = new WorkPool(2)) {
            pool.run(1 << 16, () -> worker);
        } catch (OutOfMemoryError e) {
            thrown = e == FAILURE;
        }
        HOARD.clear();
        System.out.println(thrown ? "DONE" : "nothing was thrown");
        System.exit(0);
    }

    private static void exhaust() {
        for (int size = 1 << 20; size > 8; size /= 8) {
            try {
                while (true) {
                    HOARD.add(new byte[size]);
                }
            } catch (OutOfMemoryError e) {
                // That is what it is for.
            }
        }
    }
}
