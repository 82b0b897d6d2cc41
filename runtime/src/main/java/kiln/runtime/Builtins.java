package kiln.runtime;

import kiln.artifact.Builtin;
import kiln.loader.Native;

/** Serves the routines of {@link Builtin} that generated code leaves to the runtime. */
final class Builtins {
    private static final Builtin[] VALUES = Builtin.values();

    private Builtins() {}

    /**
     * @param args the routine's parameters, sixteen bytes each; the result goes to the first
     */
    static void call(Instance i, int number, long args) {
        switch (VALUES[number]) {
            case MEMORY_GROW -> Native.putLong(args, i.memory(int32(args, 0)).growPages(int64(args, 1)));
            case MEMORY_INIT ->
                i.memoryInit(int32(args, 0), int32(args, 1), int64(args, 2), unsigned(args, 3), unsigned(args, 4));
            case DATA_DROP -> i.dropData(int32(args, 0));
            case TABLE_GROW -> Native.putLong(args, i.table(int32(args, 0)).growCells(int64(args, 1), int64(args, 2)));
            case TABLE_FILL -> i.table(int32(args, 0)).fill(int64(args, 1), int64(args, 2), int64(args, 3));
            case TABLE_COPY ->
                Table.copy(
                        i.table(int32(args, 0)),
                        int64(args, 2),
                        i.table(int32(args, 1)),
                        int64(args, 3),
                        int64(args, 4));
            case TABLE_INIT ->
                i.tableInit(int32(args, 0), int32(args, 1), int64(args, 2), unsigned(args, 3), unsigned(args, 4));
            case ELEM_DROP -> i.dropElements(int32(args, 0));
            case EXCEPTION_ALLOCATE ->
                Native.putLong(args, i.store().exceptions().allocate(int32(args, 0)));
            case MEMORY_WAIT32 ->
                Native.putInt(args, i.memory(int32(args, 0)).await(int64(args, 1), 4, int32(args, 2), int64(args, 3)));
            case MEMORY_WAIT64 ->
                Native.putInt(args, i.memory(int32(args, 0)).await(int64(args, 1), 8, int64(args, 2), int64(args, 3)));
            case MEMORY_NOTIFY ->
                Native.putInt(args, i.memory(int32(args, 0)).notifyWaiters(int64(args, 1), int32(args, 2)));
            case GC_ALLOCATE -> putReference(args, i.store().heap().allocate(int64(args, 0), int64(args, 1)));
            case ARRAY_NEW_DATA ->
                putReference(
                        args, i.arrays().ofData(int32(args, 0), int32(args, 1), unsigned(args, 2), unsigned(args, 3)));
            case ARRAY_NEW_ELEM ->
                putReference(
                        args,
                        i.arrays().ofElements(int32(args, 0), int32(args, 1), unsigned(args, 2), unsigned(args, 3)));
            case ARRAY_INIT_DATA ->
                i.arrays()
                        .copyData(
                                int32(args, 0),
                                int32(args, 1),
                                int32(args, 2),
                                unsigned(args, 3),
                                unsigned(args, 4),
                                unsigned(args, 5));
            case ARRAY_INIT_ELEM ->
                i.arrays()
                        .copyElements(
                                int32(args, 0),
                                int32(args, 1),
                                int32(args, 2),
                                unsigned(args, 3),
                                unsigned(args, 4),
                                unsigned(args, 5));
            case TYPE_MATCHES ->
                Native.putInt(args, i.store().engine().types().isSubtype(int32(args, 0), int32(args, 1)) ? 1 : 0);
            case HANDLE_ADD ->
                Native.putInt(
                        args, i.component().addHandle(int32(args, 0), int32(args, 1), int32(args, 2), int32(args, 3)));
            case HANDLE_FAILED -> i.component().failHandle(int32(args, 0), int32(args, 1), int32(args, 2));
            case RESOURCE_DROPPED -> i.component().dropped(int32(args, 0), int32(args, 1));
            default -> throw new KilnBug("builtin " + VALUES[number] + " is no upcall");
        }
    }

    private static void putReference(long args, int reference) {
        Native.putLong(args, Integer.toUnsignedLong(reference));
    }

    private static int int32(long args, int i) {
        return Native.getInt(args + 16L * i);
    }

    private static long unsigned(long args, int i) {
        return Integer.toUnsignedLong(int32(args, i));
    }

    private static long int64(long args, int i) {
        return Native.getLong(args + 16L * i);
    }
}
