package kiln.runtime.component;

import java.util.Objects;

/**
 * A value of a variant type.
 *
 * @param label the case's, as WIT has it
 * @param payload what the case carries, or null for nothing
 */
public record Variant(String label, Object payload) {
    public Variant {
        Objects.requireNonNull(label, "label");
    }

    /** A case that carries nothing. */
    public Variant(String label) {
        this(label, null);
    }
}
