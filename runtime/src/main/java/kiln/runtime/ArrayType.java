package kiln.runtime;

import java.util.Objects;

/**
 * A type of arrays of the garbage-collected heap. Two are equal if they are the same type to WebAssembly.
 *
 * @param typeId the engine's number of the type
 * @param element what the elements are
 */
public record ArrayType(int typeId, FieldType element) {
    public ArrayType {
        Objects.requireNonNull(element, "element");
    }

    /** The type of references to such arrays that may be null. */
    public ValType.Ref ref() {
        return new ValType.Ref(true, HeapType.ARRAY, typeId);
    }

    @Override
    public String toString() {
        return "array [" + element + "]";
    }
}
