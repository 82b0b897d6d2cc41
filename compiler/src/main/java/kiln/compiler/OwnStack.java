package kiln.compiler;

import java.util.concurrent.Callable;

/**
 * Runs things on a thread with a stack of a known size. On a caller's own the first compilation of a process might
 * overflow the stack within the initialiser of a class, of the compiler or of the JDK, which would be useless from then
 * on as long as the process lives.
 */
final class OwnStack<T> implements Runnable {
    /** Compilation walks deep structures iteratively, but a generous stack costs nothing that is not used. */
    private static final long STACK_BYTES = 16 << 20;

    private final Callable<T> body;
    private T result;
    private boolean returned;
    private Throwable failure;

    private OwnStack(Callable<T> body) {
        this.body = body;
    }

    /** A daemon thread with such a stack. */
    static Thread thread(Runnable body) {
        Thread t = new Thread(null, body, "kiln-compile", STACK_BYTES);
        t.setDaemon(true);
        return t;
    }

    /**
     * Calls {@code body} and returns or throws what it does, checked exceptions too. If the calling thread is
     * interrupted meanwhile, it stays so, and waits on.
     *
     * @param onInterrupt is run then, and may bring the body to an early end
     * @throws OutOfMemoryError also if no thread can be started; nothing has been done then
     */
    static <T> T call(Callable<T> body, Runnable onInterrupt) {
        OwnStack<T> call = new OwnStack<>(body);
        Thread thread = thread(call);
        thread.start();
        boolean interrupted = false;
        while (true) {
            try {
                thread.join();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
                onInterrupt.run();
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (call.failure != null) {
            throw OwnStack.<RuntimeException>sneak(call.failure);
        }
        if (!call.returned) {
            // Before it got as far as this class.
            throw new OutOfMemoryError("the compiler's thread could not work");
        }
        return call.result;
    }

    @Override
    public void run() {
        try {
            result = body.call();
            returned = true;
        } catch (Throwable t) {
            failure = t;
        }
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> T sneak(Throwable t) throws T {
        throw (T) t;
    }
}
