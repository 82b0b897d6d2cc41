package kiln.types;

/**
 * A field of a structure or the element of an array.
 *
 * @param storage a {@link ValType}, or {@link ValType#I8} or {@link ValType#I16}
 */
public record FieldType(int storage, boolean mutable) {
    /** The type of the field's value on the operand stack. */
    public int unpacked() {
        return ValType.unpacked(storage);
    }

    @Override
    public String toString() {
        return mutable ? "(mut " + ValType.toString(storage) + ')' : ValType.toString(storage);
    }
}
