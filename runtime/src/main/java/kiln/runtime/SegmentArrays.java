package kiln.runtime;

import kiln.artifact.ElementItems;
import kiln.artifact.HeapLayout;
import kiln.artifact.api.TrapCode;
import kiln.loader.Native;

/** Arrays made of data and element segments of an instance. Offsets and lengths are unsigned and below 2^32. */
final class SegmentArrays {
    private final Instance instance;
    private final StoreHeap heap;

    SegmentArrays(Instance instance) {
        this.instance = instance;
        this.heap = instance.store().heap();
    }

    private ArrayType type(int index) {
        return instance.store().engine().types().array(instance.module().typeId(index));
    }

    /**
     * A new array of type {@code type} with {@code length} elements from a data segment.
     *
     * @param from byte offset in the segment
     * @throws TrapException if the segment has not so many bytes, or there is no room
     */
    int ofData(int type, int segment, long from, long length) {
        ArrayType t = type(type);
        long bytes = length * t.element().slot().bytes();
        long source = instance.dataAddress(segment, from, bytes);
        int array = heap.allocateArray(t, (int) length);
        Native.copy(source, heap.address(array) + HeapLayout.ELEMENTS, bytes);
        return array;
    }

    /** A new array with items of an element segment, as {@link #ofData}. */
    int ofElements(int type, int segment, long from, long length) {
        ElementItems items = instance.elements(segment, from, length);
        int array = heap.allocateArray(type(type), (int) length);
        put(items, from, type, array, 0, length);
        return array;
    }

    /** Overwrites elements from {@code at} on, as {@link #ofData}. */
    void copyData(int type, int segment, int array, long at, long from, long length) {
        requireRange(array, at, length);
        int size = type(type).element().slot().bytes();
        long source = instance.dataAddress(segment, from, length * size);
        Native.copy(source, heap.address(array) + HeapLayout.ELEMENTS + at * size, length * size);
    }

    /** Overwrites elements from {@code at} on, as {@link #ofElements}. */
    void copyElements(int type, int segment, int array, long at, long from, long length) {
        requireRange(array, at, length);
        put(instance.elements(segment, from, length), from, type, array, at, length);
    }

    private void requireRange(int array, long at, long length) {
        if (array == 0) {
            throw Traces.ofHost(instance.store(), TrapCode.NULL_REFERENCE);
        }
        long has = Integer.toUnsignedLong(Native.getInt(heap.address(array) + HeapLayout.LENGTH));
        if (at > has || length > has - at) {
            throw Traces.ofHost(instance.store(), TrapCode.ARRAY_OUT_OF_BOUNDS);
        }
    }

    private void put(ElementItems items, long from, int type, int array, long at, long length) {
        int size = type(type).element().slot().bytes();
        long p = heap.address(array) + HeapLayout.ELEMENTS + at * size;
        for (long i = 0; i < length; i++) {
            int item = (int) (from + i);
            long value = instance.element(items.kind(item), items.value(item));
            if (size == 4) {
                Native.putInt(p + 4 * i, (int) value);
            } else {
                Native.putLong(p + 8 * i, value);
            }
        }
    }
}
