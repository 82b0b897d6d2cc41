package kiln.runtime;

import java.util.List;
import jdk.jfr.FlightRecorder;

/**
 * Tells the JVM's flight recorder what happens, if there is one and it has been turned on. Until then nothing of it is
 * loaded: classes of events cannot be kept in an ahead-of-time cache, and a run-time image may lack the recorder.
 */
final class Events {
    private static final boolean AVAILABLE =
            ModuleLayer.boot().findModule("jdk.jfr").isPresent();

    private Events() {}

    /** Whether somebody records, or has done so. */
    static boolean on() {
        return AVAILABLE && FlightRecorder.isInitialized();
    }

    /** A module begins to be loaded; null if nobody records. */
    static Object beginLoad() {
        return on() ? FlightEvents.beginLoad() : null;
    }

    /** @param event of {@link #beginLoad} */
    static void endLoad(Object event, CompiledModule module, long bytes, boolean mapped) {
        if (event != null) {
            FlightEvents.endLoad(event, module.name(), bytes, mapped);
        }
    }

    /** An instance begins to be made; null if nobody records. */
    static Object beginInstantiate() {
        return on() ? FlightEvents.beginInstantiate() : null;
    }

    /** @param event of {@link #beginInstantiate} */
    static void endInstantiate(Object event, CompiledModule module) {
        if (event != null) {
            FlightEvents.endInstantiate(event, module.name());
        }
    }

    /** A trap, with the frames that are known. */
    static void trap(TrapException e, List<WasmFrame> frames) {
        if (on()) {
            FlightEvents.trap(e, frames);
        }
    }

    /**
     * A memory was to grow.
     *
     * @param before bytes
     * @param after bytes; as before if it could not grow
     * @param asked bytes that it was to have
     */
    static void grow(Store store, long before, long after, long asked) {
        if (on()) {
            FlightEvents.grow(store, before, after, asked);
        }
    }
}
