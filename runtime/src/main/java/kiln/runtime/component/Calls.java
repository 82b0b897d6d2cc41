package kiln.runtime.component;

import java.lang.invoke.MethodHandle;

/** Calls of method handles whose exceptions pass through. */
final class Calls {
    private Calls() {}

    /** A handle of any type. */
    static Object invoke(MethodHandle handle, Object... args) {
        try {
            return handle.invokeWithArguments(args);
        } catch (Throwable t) {
            throw Calls.<RuntimeException>sneak(t);
        }
    }

    @SuppressWarnings("unchecked")
    static <T extends Throwable> T sneak(Throwable t) throws T {
        throw (T) t;
    }
}
