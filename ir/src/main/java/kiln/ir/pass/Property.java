package kiln.ir.pass;

/** What may be true of a function. Passes require and establish it, see {@link Pass}. */
public enum Property {
    /** Every block can be reached from the entry. */
    REACHABLE,
    /** Equal computations look equal: constants stand on the right, and rules have been applied. */
    SIMPLIFIED,
    /**
     * No edge leads from a block with several edges out to a block with several edges in: what must happen on an edge
     * alone, moves mostly, has a place at one of its ends.
     */
    NO_CRITICAL_EDGES,
    /** Blocks and edges carry how often they are expected to run, see {@link kiln.ir.Frequency}. */
    FREQUENCIES,
    /** Cold blocks stand behind all others. */
    COLD_LAST
}
