package kiln.artifact;

import java.util.List;
import kiln.types.HeapType;
import kiln.types.TypeSpace;
import kiln.types.ValType;

/**
 * The garbage-collected heap of a store: 4 GiB of address space, in which references are offsets. Bytes, little-endian.
 *
 * <pre>
 *    0         never mapped: an access through null faults
 *   64 KiB     type records
 *   16 MiB     objects
 *    4 GiB     never mapped: a guard, for what a displacement may add to a reference
 * </pre>
 *
 * A reference of the any and extern hierarchies is a u32. Its low bits say what it is:
 *
 * <pre>
 *   0      null
 *   000    an object: its offset
 *   xx1    an i31: the number, shifted left by one
 *   010    something of the host's: number of the handle, shifted left by three
 * </pre>
 *
 * Objects and their sizes are multiples of 8:
 *
 * <pre>
 *   struct  0 offset of the type's record u32;  4 fields, in order, each at its natural alignment (a v128: 8)
 *   array   0 offset of the type's record u32;  4 length u32;  8 elements
 * </pre>
 *
 * so that the fields of a supertype are a prefix. In objects a reference takes 4 bytes; one of a function (an address
 * of its record) or of an exception (its address) takes 8. A type record, of u32s:
 *
 * <pre>
 *    0  flags: {@link #STRUCT} or {@link #ARRAY}, and what the fields hold
 *    4  bytes of an instance, header and padding included; of an element
 *    8  depth: number of ancestors
 *   12  number of entries of the map
 *   16  display: offsets of the records of the ancestors by depth, the outermost first, then the own; 0 up to {@link
 *       #DISPLAY} entries
 *       map: offsets of the fields that hold references of the any and extern hierarchies
 * </pre>
 */
public final class HeapLayout {
    /** Greatest displacement with which an access through null is still sure to fault, plus one. */
    public static final int NULL_BYTES = 1 << 16;
    /** Offset of the first type record. */
    public static final int RECORDS = NULL_BYTES;
    /** End of the type records, offset of the first object. */
    public static final int OBJECTS = 16 << 20;
    /** Bytes of address space that references reach. */
    public static final long BYTES = 1L << 32;
    /** Bytes of address space behind that. */
    public static final int GUARD_BYTES = 1 << 20;

    public static final int ALIGNMENT = 8;
    /** Within an object: offset of its type's record. */
    public static final int HEADER = 0;
    /** Within an array. */
    public static final int LENGTH = 4;
    /** Within an array. */
    public static final int ELEMENTS = 8;
    /** Within a struct: where its fields begin. */
    public static final int FIELDS = 4;

    /** Within a type record. */
    public static final int FLAGS = 0;
    /** Within a type record: bytes of an instance of a struct, of an element of an array. */
    public static final int SIZE = 4;
    /** Within a type record. */
    public static final int DEPTH = 8;
    /** Within a type record: number of the map's entries. */
    public static final int MAP_COUNT = 12;
    /** Within a type record. */
    public static final int SUPERS = 16;
    /** So many entries a display has at least: a comparison at a lower depth needs no look at {@link #DEPTH}. */
    public static final int DISPLAY = 8;

    /**
     * Bytes from the start of a record that can be read whatever its type: a cast to a type of the greatest depth, 63,
     * looks at the ancestor of that depth before it knows how many there are.
     */
    public static final int READABLE_BYTES = 512;

    /** Flag of a type record. */
    public static final int STRUCT = 1;
    /** Flag of a type record. */
    public static final int ARRAY = 2;
    /** Flag of an array's type record: elements are references of the any or extern hierarchy. */
    public static final int REFERENCES = 4;
    /** Flag of a type record: fields or elements are references of exceptions. */
    public static final int EXCEPTIONS = 8;

    /** Bits of a reference that say what it is, if {@link #I31_TAG} is not set. */
    public static final int TAG_MASK = 7;
    /** Bit of an i31. */
    public static final int I31_TAG = 1;
    /** Low bits of a reference to something of the host's. */
    public static final int HANDLE_TAG = 2;

    public static final int HANDLE_SHIFT = 3;
    /** Number of handles there can be. */
    public static final int MAX_HANDLES = 1 << 29;

    /** What a field or an element holds, and how many bytes that takes. */
    public enum Slot {
        I8(1),
        I16(2),
        I32(4),
        F32(4),
        /** A reference of the any or extern hierarchy: a u32. */
        REFERENCE(4),
        I64(8),
        F64(8),
        /** A reference of a function: the address of its record. */
        FUNCTION(8),
        /** A reference of an exception: its address. */
        EXCEPTION(8),
        V128(16);

        private final int bytes;

        Slot(int bytes) {
            this.bytes = bytes;
        }

        /** Size; an array's elements lie so far apart. */
        public int bytes() {
            return bytes;
        }

        /** A field's offset is a multiple of it. */
        public int alignment() {
            return Math.min(bytes, ALIGNMENT);
        }
    }

    /**
     * Where a struct's fields lie.
     *
     * @param offsets by field, from the reference
     * @param bytes of an instance
     */
    public record Struct(int[] offsets, int bytes) {}

    private HeapLayout() {}

    /**
     * What a field or an element is in an object.
     *
     * @param types that {@code storage} belongs to
     * @param storage a {@link ValType}, packed ones too
     */
    public static Slot slot(TypeSpace types, int storage) {
        return slot(storage, ValType.isRef(storage) ? types.top(ValType.heap(storage)) : 0);
    }

    /**
     * As {@link #slot(TypeSpace, int)}.
     *
     * @param top of a reference: the greatest {@link HeapType} above what it refers to
     */
    public static Slot slot(int storage, int top) {
        return switch (storage) {
            case ValType.I8 -> Slot.I8;
            case ValType.I16 -> Slot.I16;
            case ValType.I32 -> Slot.I32;
            case ValType.I64 -> Slot.I64;
            case ValType.F32 -> Slot.F32;
            case ValType.F64 -> Slot.F64;
            case ValType.V128 -> Slot.V128;
            default -> top == HeapType.FUNC ? Slot.FUNCTION : top == HeapType.EXN ? Slot.EXCEPTION : Slot.REFERENCE;
        };
    }

    /** Where fields that hold this lie. */
    public static Struct struct(List<Slot> slots) {
        int[] offsets = new int[slots.size()];
        int end = FIELDS;
        for (int i = 0; i < offsets.length; i++) {
            Slot s = slots.get(i);
            offsets[i] = end + s.alignment() - 1 & -s.alignment();
            end = offsets[i] + s.bytes();
        }
        return new Struct(offsets, (int) aligned(end));
    }

    /**
     * Bytes of an array, header included.
     *
     * @param length unsigned 32 bits
     */
    public static long array(Slot element, long length) {
        return aligned(ELEMENTS + length * element.bytes());
    }

    /** The next multiple of {@link #ALIGNMENT}. */
    public static long aligned(long bytes) {
        return bytes + ALIGNMENT - 1 & -ALIGNMENT;
    }

    /** Number of entries of the display of a type with so many ancestors. */
    public static int displayEntries(int depth) {
        return Math.max(DISPLAY, depth + 1);
    }

    /** Bytes of a type record. */
    public static int recordBytes(int depth, int mapCount) {
        return (int) aligned(SUPERS + 4L * displayEntries(depth) + 4L * mapCount);
    }
}
