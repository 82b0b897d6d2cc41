package kiln.translate;

import java.util.Objects;
import kiln.artifact.component.StringEncoding;

/**
 * One of the two sides between which an adapter copies.
 *
 * @param instance the component instance
 * @param memory as the adapter's context reaches it; null if there is none
 * @param memoryModule the module that defines the memory
 * @param memoryIndex the memory's index there
 * @param realloc null if there is none
 */
record ComponentSide(
        int instance,
        StringEncoding encoding,
        MemoryPlan memory,
        int memoryModule,
        int memoryIndex,
        ComponentCode.Callee realloc) {
    /** Whether code that was written for the one serves the other. */
    boolean isLike(ComponentSide other) {
        return instance == other.instance
                && encoding == other.encoding
                && memoryModule == other.memoryModule
                && memoryIndex == other.memoryIndex
                && Objects.equals(realloc, other.realloc);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ComponentSide s && isLike(s);
    }

    @Override
    public int hashCode() {
        return Objects.hash(instance, encoding, memoryModule, memoryIndex, realloc);
    }
}
