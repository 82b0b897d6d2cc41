package kiln.wasi;

/** The time that a guest is told, in nanoseconds, and how it waits. Threads of one guest use one at the same time. */
public interface GuestClock {
    /** Since 1970, in UTC. */
    long realtime();

    /** Since any start; never less than before. Of it are also what the guest takes for times of computing. */
    long monotonic();

    /**
     * The guest waits: lets this time pass, by waiting or by moving on.
     *
     * @param nanos above 0
     */
    void pass(long nanos);
}
