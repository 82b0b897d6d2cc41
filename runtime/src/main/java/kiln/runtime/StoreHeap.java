package kiln.runtime;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import kiln.artifact.HeapLayout;
import kiln.artifact.StackMaps;
import kiln.artifact.StoreLayout;
import kiln.artifact.api.TrapCode;
import kiln.loader.HostException;
import kiln.loader.LoadedArtifact;
import kiln.loader.Native;
import kiln.runtime.internal.GcHeap;
import kiln.runtime.internal.HostHandles;
import kiln.runtime.internal.ZeroMemory;

/**
 * What a store has of garbage-collected things: the heap, if an instance needs it; the handles of Java's objects; the
 * references of WebAssembly's objects that Java has; and the roots of it all.
 */
final class StoreHeap implements GcHeap.Roots {
    private static final int[] NO_WORDS = {};

    private final Store store;
    private final long context;
    /** Null as long as there was none; so calls find out by one look that there is nothing to do. */
    private HostHandles handles;

    /** Null as long as no instance needs it. */
    private GcHeap heap;

    /** Offsets of type records, by the engine's number of the type. */
    private Map<Integer, Integer> records = Map.of();
    /** The inverse. */
    private Map<Integer, Integer> types = Map.of();

    /** Cells of globals that hold references. */
    private final List<Long> globals = new ArrayList<>();

    private final List<Table> tables = new ArrayList<>();
    /** By return address: the words of the caller's frame that hold references. */
    private Map<Long, int[]> maps = Map.of();

    /** Arguments of a host function that were not read yet, or 0. */
    private long arguments;

    private List<ValType> argumentTypes;

    /** Null as long as there was none. */
    private ObjectRefs refs;

    StoreHeap(Store store) {
        this.store = store;
        this.context = store.block().memory().address();
    }

    HostHandles handles() {
        if (handles == null) {
            handles = new HostHandles();
        }
        return handles;
    }

    /** From now on the global's value is a root. */
    void addGlobal(long cell) {
        globals.add(cell);
    }

    /** From now on the table's elements are roots. */
    void addTable(Table table) {
        tables.add(table);
    }

    // ---- types

    /**
     * Makes sure that there is a heap, with the records of a module's types.
     *
     * @return address of its offset 0
     * @throws OutOfMemoryError if the system has no address space left
     * @throws LinkException if there is no room for the records
     */
    long prepare(CompiledModule module) {
        if (heap == null) {
            try {
                heap = new GcHeap(context, store.limits().heapBytes(), handles());
                records = new HashMap<>();
                types = new HashMap<>();
                maps = new HashMap<>();
                store.remains().setHeap(heap.base(), records.keySet());
            } catch (HostException e) {
                throw ZeroMemory.outOfMemory(e);
            }
        }
        List<Integer> fresh = new ArrayList<>();
        for (int i = 0; i < module.info().types().count(); i++) {
            place(module.typeId(i), fresh, module);
        }
        if (!fresh.isEmpty()) {
            int highest = 0;
            for (int type : fresh) {
                highest = Math.max(highest, records.get(type) + shape(type).recordBytes());
            }
            heap.openRecords(highest);
            for (int type : fresh) {
                Shape s = shape(type);
                heap.putRecord(records.get(type), s.flags, s.size, display(type), s.map);
            }
            heap.sealRecords();
        }
        return heap.base();
    }

    /** What the context of an instance has for a type: a function type's number, or the offset of a record. */
    int contextValue(int typeId) {
        Integer record = records.get(typeId);
        return record == null ? typeId : record;
    }

    private void place(int type, List<Integer> fresh, CompiledModule module) {
        TypeRegistry registry = store.engine().types();
        for (int t = type; t >= 0 && !registry.isFunction(t) && !records.containsKey(t); t = registry.supertype(t)) {
            int record = store.engine().records().take(t, shape(t).recordBytes());
            if (record == 0) {
                throw new LinkException(
                        module.name(), List.of("the types of objects in all stores of the engine take all the room"));
            }
            records.put(t, record);
            types.put(record, t);
            fresh.add(t);
        }
    }

    private int[] display(int type) {
        TypeRegistry registry = store.engine().types();
        int[] result = new int[registry.depth(type) + 1];
        int t = type;
        for (int i = result.length - 1; i >= 0; i--) {
            result[i] = records.get(t);
            t = registry.supertype(t);
        }
        return result;
    }

    private record Shape(int flags, int size, int[] map, int depth) {
        int recordBytes() {
            return HeapLayout.recordBytes(depth, map.length);
        }
    }

    private Shape shape(int type) {
        TypeRegistry registry = store.engine().types();
        StructType struct = registry.struct(type);
        if (struct == null) {
            HeapLayout.Slot slot = registry.array(type).element().slot();
            int flags = HeapLayout.ARRAY
                    | (slot == HeapLayout.Slot.REFERENCE ? HeapLayout.REFERENCES : 0)
                    | (slot == HeapLayout.Slot.EXCEPTION ? HeapLayout.EXCEPTIONS : 0);
            return new Shape(flags, slot.bytes(), NO_WORDS, registry.depth(type));
        }
        HeapLayout.Struct layout = struct.layout();
        int[] map = new int[struct.fields().size()];
        int count = 0;
        int flags = HeapLayout.STRUCT;
        for (int i = 0; i < map.length; i++) {
            HeapLayout.Slot slot = struct.fields().get(i).slot();
            if (slot == HeapLayout.Slot.REFERENCE) {
                map[count++] = layout.offsets()[i];
            } else if (slot == HeapLayout.Slot.EXCEPTION) {
                flags |= HeapLayout.EXCEPTIONS;
            }
        }
        return new Shape(flags, layout.bytes(), Arrays.copyOf(map, count), registry.depth(type));
    }

    /** The engine's number of an object's type. */
    int typeOf(int reference) {
        return types.get(heap.header(reference));
    }

    /** Whether an object is an array. */
    boolean isArray(int reference) {
        return (heap.flags(reference) & HeapLayout.ARRAY) != 0;
    }

    /** Where an object lies until the next collection. */
    long address(int reference) {
        return heap.address(reference);
    }

    // ---- allocation

    /**
     * Room for an object, of which only the first eight bytes are written.
     *
     * @throws TrapException if there is none
     */
    int allocate(long size, long header) {
        int reference = heap.allocate(size, header, this);
        if (reference == 0) {
            throw Traces.ofHost(
                    store,
                    TrapCode.ALLOCATION_TOO_LARGE,
                    "out of memory: no room for an object of " + Long.toUnsignedString(size) + " bytes; objects take "
                            + heap.usedBytes() + ", and the store may have "
                            + store.limits().heapBytes());
        }
        return reference;
    }

    /**
     * A struct whose fields are all zero.
     *
     * @throws TrapException if there is no room
     */
    int allocateStruct(StructType type) {
        int record = recordOf(type.typeId());
        requireKnown(type, store.engine().types().struct(type.typeId()));
        return zeroed(type.layout().bytes(), Integer.toUnsignedLong(record));
    }

    /**
     * An array whose elements are all zero.
     *
     * @param length unsigned
     * @throws TrapException if there is no room
     */
    int allocateArray(ArrayType type, int length) {
        int record = recordOf(type.typeId());
        requireKnown(type, store.engine().types().array(type.typeId()));
        long count = Integer.toUnsignedLong(length);
        long size = HeapLayout.array(type.element().slot(), count);
        return zeroed(size, Integer.toUnsignedLong(record) | count << 32);
    }

    /** What Java says of a type decides how an object is written: it must be what the engine knows of that number. */
    private static void requireKnown(Object type, Object known) {
        if (!type.equals(known)) {
            throw new IllegalArgumentException("no type of the store's engine: " + type);
        }
    }

    private int zeroed(long size, long header) {
        int reference = allocate(size, header);
        // The first four bytes of a struct's fields are in the header's word, and zero by it.
        Native.zero(heap.address(reference) + 8, size - 8);
        return reference;
    }

    private int recordOf(int type) {
        Integer record = records.get(type);
        if (record == null) {
            throw new IllegalArgumentException("no instance of the store has the type with the number " + type);
        }
        return record;
    }

    // ---- collection

    /** Frees what nobody reaches. */
    void collect() {
        if (store.hasExceptions()) {
            // First those, whose payloads are roots.
            store.exceptions().collectNow();
        }
        if (heap != null) {
            heap.collect(this);
            return;
        }
        if (handles == null) {
            return;
        }
        handles.clearMarks();
        visit(null);
        handles.sweep();
    }

    /** Collects if so many handles were given that it is time; no reference may be on its way through Java. */
    void poll() {
        if (isDue()) {
            collect();
        }
    }

    private boolean isDue() {
        return handles != null && (handles.isDue() || heap != null && heap.isZealous());
    }

    /** As {@link #poll()}, where a host function's arguments are still in their area. */
    void poll(long area, Func called) {
        if (isDue()) {
            arguments = area;
            argumentTypes = called.type().params();
            try {
                collect();
            } finally {
                arguments = 0;
            }
        }
    }

    /** @param to null if there is no heap: only handles are looked for then */
    @Override
    public void visit(GcHeap to) {
        visitFrames(to);
        for (long cell : globals) {
            cell(to, cell);
        }
        for (Table t : tables) {
            long n = t.size();
            long start = t.range(0, n);
            for (long p = start; p < start + 8 * n; p += 8) {
                cell(to, p);
            }
        }
        if (store.hasExceptions()) {
            store.exceptions().visitReferences(cell -> cell(to, cell));
        }
        if (arguments != 0) {
            for (int i = 0; i < argumentTypes.size(); i++) {
                if (isCollected(argumentTypes.get(i))) {
                    cell(to, arguments + 16L * i);
                }
            }
        }
        if (to != null && refs != null) {
            refs.visit(to);
        }
    }

    /** Whether values of a type are references of the heap, or handles. */
    static boolean isCollected(ValType t) {
        return t instanceof ValType.Ref r && !r.isFunc() && !r.isException();
    }

    private void cell(GcHeap to, long address) {
        if (to != null) {
            to.cell(address);
        } else {
            handles.markIfHandle(Native.getLong(address));
        }
    }

    /** All frames of generated code, from where it last called out, in all activations. */
    private void visitFrames(GcHeap to) {
        long frame = Native.getLong(context + StoreLayout.EXIT_FRAME);
        long activation = Native.getLong(context + StoreLayout.ACTIVATION);
        while (activation != 0) {
            if (handles != null && handles.count() > 0) {
                // Handles do not move, so that a number which only looks like one does no harm.
                for (long p = frame; p < activation; p += 8) {
                    handles.markIfHandle(Native.getLong(p));
                }
            }
            long end = Native.getLong(activation + StoreLayout.ACTIVATION_FP);
            while (to != null && frame != 0 && frame != end) {
                long caller = Native.getLong(frame);
                for (int word : words(Native.getLong(frame + 8))) {
                    to.cell(caller - 8L * (word + 1));
                }
                frame = caller;
            }
            frame = Native.getLong(activation + StoreLayout.ACTIVATION_EXIT_FRAME);
            activation = Native.getLong(activation + StoreLayout.ACTIVATION_PREVIOUS);
        }
    }

    private int[] words(long returnAddress) {
        int[] words = maps.get(returnAddress);
        if (words == null) {
            LoadedArtifact code = LoadedArtifact.find(returnAddress - 1);
            StackMaps m = code == null ? null : code.artifact().stackMaps();
            words = m == null ? NO_WORDS : m.find(returnAddress - code.textBase());
            maps.put(returnAddress, words);
        }
        return words;
    }

    // ---- objects that Java has

    /** What a slot of Java's refers to now. */
    int reference(int slot) {
        return refs.reference(slot);
    }

    /** Java's object for an object, the same one as long as Java holds it. */
    HeapRef ref(int reference) {
        if (refs == null) {
            refs = new ObjectRefs(store);
        }
        return refs.ref(reference);
    }

    /** Keeps what Java has for an object until the store is closed, because Java has its number, which this is. */
    int pin(int reference) {
        // Makes the table if this is the first one.
        HeapRef ref = ref(reference);
        return refs.pin(ref);
    }

    /** Whether {@link #pin} has given this number. */
    boolean isPinned(long slot) {
        return refs != null && refs.isPinned(slot);
    }

    // ---- for exceptions, which have a collector of their own

    /** First address of objects that may hold exceptions, or 0. */
    long exceptionHoldersStart() {
        return heap != null && heap.hasExceptionFields() ? heap.objectsStart() : 0;
    }

    /** Address behind the last of them, or 0. */
    long exceptionHoldersEnd() {
        return heap != null && heap.hasExceptionFields() ? heap.objectsEnd() : 0;
    }

    // ---- figures and end

    HeapUse use() {
        return heap == null
                ? new HeapUse(0, 0, 0, 0, 0, 0, handles == null ? 0 : handles.count())
                : new HeapUse(
                        heap.usedBytes(),
                        heap.capacityBytes(),
                        heap.collections(),
                        heap.copiedBytes(),
                        heap.pauseNanos(),
                        heap.longestPauseNanos(),
                        handles.count());
    }

    void close() {
        heap = null;
    }
}
