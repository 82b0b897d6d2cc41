package kiln.ir;

/**
 * How an ATOMIC_RMW touches memory.
 *
 * @param op what it writes
 * @param memory where; a narrow access zero-extends what it has read
 */
public record AtomicAccess(AtomicOp op, MemoryOp memory) implements SideData {}
