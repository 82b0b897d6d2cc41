package kiln.runtime;

import java.util.Objects;

/**
 * The type of a field of a struct, or of the elements of an array.
 *
 * @param type of its values; i32 if it is packed
 * @param packing bits of a packed integer, 8 or 16; else 0
 * @param mutable whether it can be changed after the object was made
 */
public record FieldType(ValType type, int packing, boolean mutable) {
    public FieldType {
        Objects.requireNonNull(type, "type");
        if (packing != 0 && (packing != 8 && packing != 16 || type != ValType.I32)) {
            throw new IllegalArgumentException("packing " + packing + " of " + type);
        }
    }

    @Override
    public String toString() {
        String stored = packing == 0 ? type.toString() : "i" + packing;
        return mutable ? "mut " + stored : stored;
    }
}
