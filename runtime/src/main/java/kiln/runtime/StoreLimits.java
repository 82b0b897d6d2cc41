package kiln.runtime;

/**
 * What the instances of one store may use together or each. What exceeds a limit when an instance is made is a
 * {@link LinkException}; growing beyond one fails in the way of WebAssembly, with -1.
 *
 * @param memoryBytes greatest size of any one memory
 * @param totalMemoryBytes of all memories together
 * @param tableElements greatest size of any one table
 * @param instances number of instances
 * @param memories number of memories
 * @param tables number of tables
 * @param exceptionBytes of memory for exceptions; an allocation traps if those in use leave less than an eighth of it
 * @param heapBytes of all objects of the garbage-collected heap, in effect at most 2 GiB; one more traps
 */
public record StoreLimits(
        long memoryBytes,
        long totalMemoryBytes,
        long tableElements,
        int instances,
        int memories,
        int tables,
        long exceptionBytes,
        long heapBytes) {
    /** No limits but those of the machine; tables of at most 10 million elements, 1 GiB of exceptions. */
    public static final StoreLimits DEFAULT = new StoreLimits(
            Long.MAX_VALUE,
            Long.MAX_VALUE,
            10_000_000,
            Integer.MAX_VALUE,
            Integer.MAX_VALUE,
            Integer.MAX_VALUE,
            1L << 30,
            Long.MAX_VALUE);

    public StoreLimits {
        if (memoryBytes < 0
                || totalMemoryBytes < 0
                || tableElements < 0
                || instances < 0
                || memories < 0
                || tables < 0
                || exceptionBytes < 0
                || heapBytes < 0) {
            throw new IllegalArgumentException("a limit is negative");
        }
    }

    /** These limits, but for {@link #memoryBytes}. */
    public StoreLimits withMemoryBytes(long bytes) {
        return new StoreLimits(
                bytes, totalMemoryBytes, tableElements, instances, memories, tables, exceptionBytes, heapBytes);
    }

    /** These limits, but for {@link #totalMemoryBytes}. */
    public StoreLimits withTotalMemoryBytes(long bytes) {
        return new StoreLimits(
                memoryBytes, bytes, tableElements, instances, memories, tables, exceptionBytes, heapBytes);
    }

    /** These limits, but for {@link #tableElements}. */
    public StoreLimits withTableElements(long elements) {
        return new StoreLimits(
                memoryBytes, totalMemoryBytes, elements, instances, memories, tables, exceptionBytes, heapBytes);
    }

    /** These limits, but for {@link #instances}. */
    public StoreLimits withInstances(int count) {
        return new StoreLimits(
                memoryBytes, totalMemoryBytes, tableElements, count, memories, tables, exceptionBytes, heapBytes);
    }

    /** These limits, but for {@link #memories}. */
    public StoreLimits withMemories(int count) {
        return new StoreLimits(
                memoryBytes, totalMemoryBytes, tableElements, instances, count, tables, exceptionBytes, heapBytes);
    }

    /** These limits, but for {@link #tables}. */
    public StoreLimits withTables(int count) {
        return new StoreLimits(
                memoryBytes, totalMemoryBytes, tableElements, instances, memories, count, exceptionBytes, heapBytes);
    }

    /** These limits, but for {@link #exceptionBytes}. */
    public StoreLimits withExceptionBytes(long bytes) {
        return new StoreLimits(
                memoryBytes, totalMemoryBytes, tableElements, instances, memories, tables, bytes, heapBytes);
    }

    /** These limits, but for {@link #heapBytes}. */
    public StoreLimits withHeapBytes(long bytes) {
        return new StoreLimits(
                memoryBytes, totalMemoryBytes, tableElements, instances, memories, tables, exceptionBytes, bytes);
    }
}
