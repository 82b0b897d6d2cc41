package kiln.types;

/** An array type: the type of every element. */
public record ArrayType(FieldType element) implements CompositeType {
    @Override
    public String toString() {
        return "(array " + element + ')';
    }
}
