package kiln.runtime;

import java.util.ArrayList;
import java.util.List;
import kiln.artifact.HeapLayout;

/** A type of structs of the garbage-collected heap. Two are equal if they are the same type to WebAssembly. */
public final class StructType {
    private final int typeId;
    private final List<FieldType> fields;
    private final HeapLayout.Struct layout;

    StructType(int typeId, List<FieldType> fields) {
        this.typeId = typeId;
        this.fields = List.copyOf(fields);
        List<HeapLayout.Slot> slots = new ArrayList<>(fields.size());
        for (FieldType f : fields) {
            slots.add(f.slot());
        }
        layout = HeapLayout.struct(slots);
    }

    /** The engine's number of the type. */
    public int typeId() {
        return typeId;
    }

    /** Its fields, in order. */
    public List<FieldType> fields() {
        return fields;
    }

    /** The type of references to such structs that may be null. */
    public ValType.Ref ref() {
        return new ValType.Ref(true, HeapType.STRUCT, typeId);
    }

    HeapLayout.Struct layout() {
        return layout;
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof StructType s && s.typeId == typeId && s.fields.equals(fields);
    }

    @Override
    public int hashCode() {
        return typeId;
    }

    @Override
    public String toString() {
        return "struct " + fields;
    }
}
