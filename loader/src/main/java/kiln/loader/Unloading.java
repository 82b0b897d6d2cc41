package kiln.loader;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandleProxies;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.VarHandle;
import java.lang.ref.Reference;
import java.lang.ref.WeakReference;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * Gives mappings and ranges of code back when nobody can reach the class loader of these classes any more, as happens
 * to an application that is redeployed. There is no other moment: what is pooled serves later loaders.
 *
 * <p>Whatever runs then, and whatever the JVM holds on to until then, must be made of the JDK's own classes only: an
 * object of a class from here would keep the class loader reachable for ever. So the books are maps of the JDK's, and
 * the work is a composition of method handles.
 */
final class Unloading {
    private static final MethodHandles.Lookup LOOKUP = MethodHandles.publicLookup();

    /** Address to length of what {@link Host#reserve} and the like gave and was not given back. */
    private final ConcurrentHashMap<Long, Long> mappings = new ConcurrentHashMap<>();
    /** Addresses of the ends in the handler's ranges of code. */
    private final ConcurrentHashMap<Long, Long> rangeEnds = new ConcurrentHashMap<>();
    /** Unreachable when the class loader is; its clean-up is what gives everything back. */
    @SuppressWarnings("unused")
    private final MemorySegment anchor;

    /** @param release of type {@code (long address, long length)}, made of the JDK's classes only */
    private Unloading(MethodHandle release) {
        try {
            MethodHandle putLong = JAVA_LONG.varHandle().toMethodHandle(VarHandle.AccessMode.SET_VOLATILE);
            MethodHandle clear = MethodHandles.insertArguments(putLong, 0, Native.everything());
            MethodHandle clearRange =
                    MethodHandles.dropArguments(MethodHandles.insertArguments(clear, 1, 0L), 1, Long.class);
            // A range must go before its addresses do, which may be the JVM's own code next.
            MethodHandle all = MethodHandles.foldArguments(
                    forEach(mappings, release.asType(MethodType.methodType(void.class, long.class, long.class))),
                    forEach(rangeEnds, clearRange));
            Consumer<MemorySegment> cleanup = consumer(MethodHandles.dropArguments(all, 0, Object.class));
            anchor = MemorySegment.ofAddress(1).reinterpret(1, Arena.ofAuto(), cleanup);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("cannot prepare for unloading", e);
        }
    }

    @SuppressWarnings("unchecked")
    private static Consumer<MemorySegment> consumer(MethodHandle h) {
        return MethodHandleProxies.asInterfaceInstance(Consumer.class, h);
    }

    /** A handle of type {@code ()void} that calls {@code action} with every key and value. */
    private static MethodHandle forEach(ConcurrentHashMap<Long, Long> map, MethodHandle action)
            throws ReflectiveOperationException {
        MethodHandle boxed = action.asType(MethodType.methodType(void.class, Object.class, Object.class));
        BiConsumer<?, ?> consumer = MethodHandleProxies.asInterfaceInstance(BiConsumer.class, boxed);
        return LOOKUP.findVirtual(
                        ConcurrentHashMap.class, "forEach", MethodType.methodType(void.class, BiConsumer.class))
                .bindTo(map)
                .bindTo(consumer);
    }

    /**
     * What takes care of the class loader of these classes; null if that lives as long as the JVM, where nothing of
     * this is needed.
     *
     * @param unmap a C function of an address and a length in bytes, which gives a mapping back
     */
    static Unloading of(MemorySegment unmap) {
        return isPossible() ? new Unloading(Downcalls.handle(unmap)) : null;
    }

    /** Whether the class loader of these classes can become unreachable while the JVM runs. */
    static boolean isPossible() {
        ClassLoader loader = Unloading.class.getClassLoader();
        for (ClassLoader l = ClassLoader.getSystemClassLoader(); l != null; l = l.getParent()) {
            if (l == loader) {
                return false;
            }
        }
        return loader != null;
    }

    /**
     * A handle that calls {@code target}, for those who would hold on to it for ever. It may be called as long as
     * somebody else can reach the target.
     */
    static MethodHandle weakly(MethodHandle target) throws ReflectiveOperationException {
        MethodHandle get = LOOKUP.findVirtual(Reference.class, "get", MethodType.methodType(Object.class))
                .bindTo(new WeakReference<>(target))
                .asType(MethodType.methodType(MethodHandle.class));
        return MethodHandles.foldArguments(MethodHandles.exactInvoker(target.type()), get);
    }

    void addMapping(long address, long length) {
        mappings.put(address, length);
    }

    /** Says that a mapping is gone, or stays for good. */
    void removeMapping(long address) {
        mappings.remove(address);
    }

    void addRange(long endAddress) {
        rangeEnds.put(endAddress, 0L);
    }
}
