package kiln.runtime;

/**
 * What a store has in its garbage-collected heap, and what collecting it has cost.
 *
 * @param usedBytes all objects, those that nobody reaches any more included
 * @param capacityBytes what objects may take before the next collection
 * @param collections so far
 * @param copiedBytes what they have copied, all together
 * @param pauseNanos how long they took, all together
 * @param longestPauseNanos how long the longest took
 * @param hostObjects objects of Java's that WebAssembly holds, or held at the last collection
 */
public record HeapUse(
        long usedBytes,
        long capacityBytes,
        long collections,
        long copiedBytes,
        long pauseNanos,
        long longestPauseNanos,
        int hostObjects) {}
