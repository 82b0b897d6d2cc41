package kiln.wasm;

/**
 * The size limits of a memory (in pages) or a table (in elements), unsigned.
 *
 * @param max meaningful if {@code hasMax}, else 0
 */
public record Limits(long min, boolean hasMax, long max) {
    @Override
    public String toString() {
        return Long.toUnsignedString(min) + (hasMax ? " " + Long.toUnsignedString(max) : "");
    }
}
