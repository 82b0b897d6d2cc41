package kiln.runtime;

/** Who calls a host function: the instance that imported it. */
public final class Caller {
    private final Store store;
    private final Instance instance;
    /** Found once: host functions ask at every call. */
    private Memory memory;

    Caller(Store store, Instance instance) {
        this.store = store;
        this.instance = instance;
    }

    /** The store of the call. */
    public Store store() {
        return store;
    }

    /**
     * The instance that imported the function.
     *
     * @throws IllegalStateException if Java called it, or it was reached through a table that the host filled
     */
    public Instance instance() {
        if (instance == null) {
            throw new IllegalStateException("no instance imported this function");
        }
        return instance;
    }

    /**
     * The caller's memory: the one exported as "memory", or else its only one.
     *
     * @throws IllegalStateException if it has none or cannot be told
     */
    public Memory memory() {
        if (memory == null) {
            memory = instance().mainMemory();
        }
        return memory;
    }
}
