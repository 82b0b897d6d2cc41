package kiln.types;

import java.util.List;
import java.util.stream.Collectors;

/** A structure type: its fields in order. */
public record StructType(List<FieldType> fields) implements CompositeType {
    public StructType {
        fields = List.copyOf(fields);
    }

    @Override
    public String toString() {
        return fields.stream().map(f -> " (field " + f + ')').collect(Collectors.joining("", "(struct", ")"));
    }
}
