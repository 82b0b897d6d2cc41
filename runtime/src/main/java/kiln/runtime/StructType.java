package kiln.runtime;

import java.util.List;
import kiln.artifact.api.HeapType;

/**
 * A type of structs of the garbage-collected heap. Two are equal if they are the same type to WebAssembly.
 *
 * @param typeId the engine's number of the type
 * @param fields in order
 */
public record StructType(int typeId, List<FieldType> fields) {
    public StructType {
        fields = List.copyOf(fields);
    }

    /** The type of references to such structs that may be null. */
    public ValType.Ref ref() {
        return new ValType.Ref(true, HeapType.Abstract.STRUCT, typeId);
    }

    @Override
    public String toString() {
        return "struct " + fields;
    }
}
