package kiln.translate;

import java.util.ArrayList;
import java.util.List;
import kiln.artifact.HeapLayout;
import kiln.artifact.HeapLayout.Slot;
import kiln.ir.MemoryOp;
import kiln.ir.Region;
import kiln.ir.Type;
import kiln.types.FieldType;
import kiln.types.StructType;
import kiln.types.SubType;
import kiln.types.TypeSpace;

/** How objects of a module's types lie in the heap, and how code accesses them. Immutable after it was made. */
final class GcTypes {
    /** Fields of different types of this many classes count as different memory; 0 is that of exceptions. */
    private static final int ALIAS_CLASSES = 1 << 16;

    /**
     * A field of a struct, or the elements of an array.
     *
     * @param offset from the reference; of an array's first element
     * @param mutable whether it may change after the object is made
     * @param region memory that no access to another field touches
     */
    record Field(Slot slot, int offset, boolean mutable, Region region) {
        /** The type of the field's value. */
        Type type() {
            return switch (slot) {
                case I8, I16, I32 -> Type.I32;
                case F32 -> Type.F32;
                case REFERENCE, EXCEPTION -> Type.REF;
                case I64, FUNCTION -> Type.I64;
                case F64 -> Type.F64;
                case V128 -> Type.V128;
            };
        }

        int bytes() {
            return slot.bytes();
        }

        /** A load behind whatever says that the object is there. */
        MemoryOp load(boolean signed) {
            return new MemoryOp(slot.bytes(), signed, region, true, !mutable, null);
        }

        MemoryOp store() {
            return MemoryOp.guarded(slot.bytes(), region, false);
        }

        int log2() {
            return Integer.numberOfTrailingZeros(slot.bytes());
        }
    }

    /**
     * A struct type.
     *
     * @param bytes of an object
     */
    record Struct(Field[] fields, int bytes) {}

    private final TypeSpace types;
    private final Struct[] structs;
    private final Field[] elements;

    GcTypes(TypeSpace types) {
        this.types = types;
        int n = types.count();
        structs = new Struct[n];
        elements = new Field[n];
        int[] root = new int[n];
        for (int i = 0; i < n; i++) {
            int first = types.canonical(i);
            if (first != i) {
                structs[i] = structs[first];
                elements[i] = elements[first];
                continue;
            }
            SubType t = types.get(i);
            int above = t.supertype();
            root[i] = above < 0 ? i : root[above];
            if (types.struct(i) != null) {
                structs[i] = struct(i, types.struct(i), above < 0 ? null : structs[above]);
            } else if (types.array(i) != null) {
                FieldType element = types.array(i).element();
                elements[i] = new Field(slot(element), HeapLayout.ELEMENTS, element.mutable(), region(root[i], 0));
            }
        }
    }

    private Struct struct(int index, StructType type, Struct above) {
        List<Slot> slots = new ArrayList<>(type.fields().size());
        for (FieldType f : type.fields()) {
            slots.add(slot(f));
        }
        HeapLayout.Struct layout = HeapLayout.struct(slots);
        Field[] fields = new Field[slots.size()];
        for (int i = 0; i < fields.length; i++) {
            // What a supertype has, lies where it lies there, and is the same memory.
            fields[i] = above != null && i < above.fields.length
                    ? above.fields[i]
                    : new Field(
                            slots.get(i),
                            layout.offsets()[i],
                            type.fields().get(i).mutable(),
                            region(index, i));
        }
        return new Struct(fields, layout.bytes());
    }

    /** The same for the same field in all modules. */
    private Region region(int type, int field) {
        int hash = types.canonicalKey(type).hashCode() * 31 + field;
        return new Region(Region.Kind.HEAP, 1 + Math.floorMod(hash, ALIAS_CLASSES - 1));
    }

    private Slot slot(FieldType field) {
        return HeapLayout.slot(types, field.storage());
    }

    Struct struct(int type) {
        return structs[type];
    }

    /** The elements of an array type. */
    Field element(int type) {
        return elements[type];
    }

    /** Number of supertypes above a type. */
    int depth(int type) {
        return types.depth(type);
    }
}
