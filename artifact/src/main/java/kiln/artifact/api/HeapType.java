package kiln.artifact.api;

import java.util.Locale;

/** What a reference refers to. */
public sealed interface HeapType {
    /** The types that the specification names. The ordinal is the type's number in files: entries are only appended. */
    enum Abstract implements HeapType {
        FUNC,
        EXTERN,
        ANY,
        EQ,
        I31,
        STRUCT,
        ARRAY,
        EXN,
        NONE,
        NOFUNC,
        NOEXTERN,
        NOEXN;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Type number {@code index} of the module. */
    record Concrete(int index) implements HeapType {
        @Override
        public String toString() {
            return Integer.toString(index);
        }
    }
}
