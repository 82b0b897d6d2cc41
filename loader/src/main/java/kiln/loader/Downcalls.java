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

/**
 * Calls C functions with up to six integer arguments. One shape for all, since the JVM needs ten milliseconds to link
 * one when it has just started. It is sound here: on both architectures integer arguments of any width travel in the
 * same six registers, whose upper halves a callee that expects an int ignores, as it ignores registers beyond its
 * parameters; of an int result the upper half is undefined and must be cut off.
 */
final class Downcalls {
    private static final FunctionDescriptor SIX_LONGS =
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodType LONG_OF_TWO = MethodType.methodType(long.class, long.class, long.class);
    private static final MethodHandle CALL = Linker.nativeLinker().downcallHandle(SIX_LONGS);

    /** The shape that also fetches errno: linked when first something fails. */
    private static final class WithErrno {
        static final MethodHandle CALL =
                Linker.nativeLinker().downcallHandle(SIX_LONGS, Linker.Option.captureCallState("errno"));
    }

    /** What a call returned, and errno after it. */
    record Outcome(long result, int errno) {}

    private Downcalls() {}

    /** A handle of type {@code long (long, long)} for a function, made of the JDK's classes only. */
    static MethodHandle handle(MemorySegment function) {
        // The second argument again, where the function has none: each constant instead would be a class of its own.
        return MethodHandles.permuteArguments(CALL.bindTo(function), LONG_OF_TWO, 0, 1, 1, 1, 1, 1);
    }

    /** A handle of type {@code long (long × 6)} for the function at an address. */
    static MethodHandle handle(long address) {
        return Linker.nativeLinker().downcallHandle(MemorySegment.ofAddress(address), SIX_LONGS);
    }

    static long call(MemorySegment function, long a, long b, long c, long d, long e, long f) {
        try {
            return (long) CALL.invokeExact(function, a, b, c, d, e, f);
        } catch (Throwable t) {
            throw Upcalls.sneak(t);
        }
    }

    static Outcome callWithErrno(MemorySegment function, long a, long b, long c, long d, long e, long f) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(Linker.Option.captureStateLayout());
            long result = (long) WithErrno.CALL.invokeExact(function, state, a, b, c, d, e, f);
            return new Outcome(result, state.get(JAVA_INT, 0));
        } catch (Throwable t) {
            throw Upcalls.sneak(t);
        }
    }
}
