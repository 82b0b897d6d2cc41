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
    /** By ordinal of {@link ValType.Num}. */
    private static final HeapLayout.Slot[] NUMBERS = {
        HeapLayout.Slot.I32, HeapLayout.Slot.I64, HeapLayout.Slot.F32, HeapLayout.Slot.F64, HeapLayout.Slot.V128
    };

    public FieldType {
        Objects.requireNonNull(type, "type");
        if (packing != 0 && (packing != 8 && packing != 16 || type != ValType.I32)) {
            throw new IllegalArgumentException("packing " + packing + " of " + type);
        }
    }

    HeapLayout.Slot slot() {
        if (type instanceof ValType.Ref r) {
            return r.isFunc()
                    ? HeapLayout.Slot.FUNCTION
                    : r.isException() ? HeapLayout.Slot.EXCEPTION : HeapLayout.Slot.REFERENCE;
        }
        return switch (packing) {
            case 8 -> HeapLayout.Slot.I8;
            case 16 -> HeapLayout.Slot.I16;
            default -> NUMBERS[((ValType.Num) type).ordinal()];
        };
    }

    @Override
    public String toString() {
        String stored = packing == 0 ? type.toString() : "i" + packing;
        return mutable ? "mut " + stored : stored;
    }
}
