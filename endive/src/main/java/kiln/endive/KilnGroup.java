package kiln.endive;

import java.io.IOException;
import java.nio.file.Path;
import run.endive.runtime.ByteArrayMemory;
import run.endive.runtime.GlobalInstance;
import run.endive.runtime.Instance;
import run.endive.runtime.Memory;
import run.endive.runtime.TableInstance;
import run.endive.wasm.types.MemoryLimits;
import run.endive.wasm.types.MutabilityType;
import run.endive.wasm.types.Table;
import run.endive.wasm.types.ValType;

/**
 * Instances that share memories, tables or mutable globals, and the host's own that they import: all that are linked
 * with each other must be of one group, and a group is used by one thread at a time. An instance that imports something
 * of a group becomes one of it by itself; a group has to be named only when two that were made apart are to meet.
 * Functions may be called across groups. Where Kiln cannot run, this does nothing.
 */
public final class KilnGroup implements AutoCloseable {
    private final Door door;
    private final Object group;

    KilnGroup(Door door) {
        this(door, door == null ? null : door.newGroup());
    }

    /** @param group null for things that belong to the group of the first instance that imports them */
    KilnGroup(Door door, Object group) {
        this.door = door;
        this.group = group;
    }

    /** As {@link KilnEndive#use(Instance.Builder, byte[])}, for an instance of this group. */
    public Instance.Builder use(Instance.Builder builder, byte[] code) {
        return KilnEndive.use(door, group, builder, code);
    }

    /**
     * As {@link KilnEndive#use(Instance.Builder, Path)}, for an instance of this group.
     *
     * @throws IOException if the file cannot be read
     */
    public Instance.Builder use(Instance.Builder builder, Path code) throws IOException {
        return KilnEndive.use(door, group, builder, code);
    }

    /** A memory of the host's, to be imported by instances of this group. */
    public Memory memory(MemoryLimits limits) {
        return door == null ? new ByteArrayMemory(limits) : door.memory(group, limits);
    }

    /**
     * A table of the host's, to be imported by instances of this group.
     *
     * @param initialValue {@link run.endive.wasm.types.Value#REF_NULL_VALUE}
     */
    public TableInstance table(Table table, int initialValue) {
        return door == null ? new TableInstance(table, initialValue) : door.table(group, table, initialValue);
    }

    /** A global of the host's with up to 64 bits, to be imported by instances of this group. */
    public GlobalInstance global(long value, ValType type, MutabilityType mutability) {
        return global(value, 0, type, mutability);
    }

    /**
     * A global of the host's, to be imported by instances of this group.
     *
     * @param high the upper half of a v128
     */
    @SuppressWarnings("deprecation") // the constructor that every version has
    public GlobalInstance global(long low, long high, ValType type, MutabilityType mutability) {
        return door == null
                ? new GlobalInstance(low, high, type, mutability)
                : door.global(group, low, high, type, mutability);
    }

    /** Frees all instances of the group and what they share. Idempotent. */
    @Override
    public void close() {
        if (door != null) {
            door.close(group);
        }
    }
}
