package kiln.runtime;

import java.util.Objects;
import kiln.artifact.HeapLayout;

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

    HeapLayout.Slot slot() {
        if (type instanceof ValType.Ref r) {
            int code = r.heap().code();
            return HeapLayout.slot(kiln.types.ValType.ref(r.nullable(), code), kiln.types.HeapType.top(code));
        }
        int storage = packing == 8
                ? kiln.types.ValType.I8
                : packing == 16 ? kiln.types.ValType.I16 : TypeRegistry.number((ValType.Num) type);
        return HeapLayout.slot(storage, 0);
    }

    @Override
    public String toString() {
        String stored = packing == 0 ? type.toString() : "i" + packing;
        return mutable ? "mut " + stored : stored;
    }
}
