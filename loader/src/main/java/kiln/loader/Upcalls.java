package kiln.loader;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import kiln.artifact.StoreLayout;

/**
 * The one way from generated code into Java. An exception must not leave an upcall (the JVM would end), so whatever is
 * thrown is kept for the thread, generated code unwinds to its innermost entry with {@code STATUS_UNWIND}, and the
 * caller of {@link Entry#call} takes the exception with {@link #takeThrown} and throws it again.
 */
public final class Upcalls {
    /** Serves calls from generated code. */
    @FunctionalInterface
    public interface Dispatcher {
        /**
         * @param callee the number in {@code VMContext.hostId}, with a builtin's number in the upper half
         * @param args address of the argument area, sixteen bytes a value; results are written there
         */
        void call(long callee, long args) throws Throwable;

        /**
         * Whether handlers in generated code are to see what {@link #call} has thrown. If so, it has been made an
         * exception of WebAssembly, in {@link StoreLayout#EXCEPTION}.
         */
        default boolean rethrow(long callee, Throwable t) {
            return false;
        }
    }

    private static final ThreadLocal<Throwable> THROWN = new ThreadLocal<>();
    private static volatile Dispatcher dispatcher;
    /** Keeps the target of the stub reachable where that refers to it weakly. */
    @SuppressWarnings("unused")
    private static MethodHandle dispatch;

    private static final MemorySegment STUB = makeStub();
    private static final long STUB_ADDRESS = STUB.address();

    private Upcalls() {}

    private static MemorySegment makeStub() {
        try {
            MethodHandle target = MethodHandles.lookup()
                    .findStatic(Upcalls.class, "dispatch", MethodType.methodType(int.class, long.class, long.class));
            FunctionDescriptor descriptor = FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG);
            if (!Unloading.isPossible()) {
                return Linker.nativeLinker().upcallStub(target, descriptor, Arena.global());
            }
            // The JVM holds on to the target as long as there is the stub, and the target to this class.
            dispatch = target;
            return Linker.nativeLinker().upcallStub(Unloading.weakly(target), descriptor, Arena.ofAuto());
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("no stub for calls out", e);
        }
    }

    /** Address of {@code int (long callee, long args)}: what {@code VMStoreContext.upcall} holds. */
    public static long stub() {
        return STUB_ADDRESS;
    }

    /**
     * Says who serves the calls of this process; settable once.
     *
     * @throws IllegalStateException if another dispatcher is set already
     */
    public static synchronized void setDispatcher(Dispatcher d) {
        if (dispatcher != null && dispatcher != d) {
            throw new IllegalStateException("a dispatcher is set already");
        }
        dispatcher = d;
    }

    /** The exception that made generated code unwind on this thread, or null; it is forgotten. */
    public static Throwable takeThrown() {
        Throwable t = THROWN.get();
        THROWN.remove();
        return t;
    }

    @SuppressWarnings("unused") // found by its name, see makeStub
    private static int dispatch(long callee, long args) {
        try {
            dispatcher.call(callee, args);
            return StoreLayout.UPCALL_OK;
        } catch (Throwable t) {
            return failed(callee, t);
        }
    }

    private static int failed(long callee, Throwable t) {
        try {
            if (dispatcher.rethrow(callee, t)) {
                return StoreLayout.UPCALL_THROWN;
            }
            THROWN.set(t);
        } catch (Throwable second) {
            keep(second);
        }
        return StoreLayout.UPCALL_UNWIND;
    }

    private static void keep(Throwable t) {
        try {
            THROWN.set(t);
        } catch (Throwable _) {
            // No memory for the thread's entry. The caller finds nothing thrown and says so; nothing may escape from
            // here.
        }
    }

    /** Throws any throwable without declaring it; never returns. */
    static RuntimeException sneak(Throwable t) {
        throw Upcalls.<RuntimeException>as(t);
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> T as(Throwable t) throws T {
        return (T) t;
    }
}
