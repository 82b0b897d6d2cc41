package kiln.endive;

import java.io.IOException;
import java.nio.file.Path;
import run.endive.runtime.GlobalInstance;
import run.endive.runtime.Instance;
import run.endive.runtime.Memory;
import run.endive.runtime.TableInstance;
import run.endive.wasm.types.MemoryLimits;
import run.endive.wasm.types.MutabilityType;
import run.endive.wasm.types.Table;
import run.endive.wasm.types.ValType;

/**
 * What stands behind {@link KilnEndive} where Kiln can run. Only names of classes that every Java 11 knows occur here.
 */
interface Door {
    /**
     * Points a builder's factories to Kiln.
     *
     * @param group as {@link #newGroup} made it, or null for a group of the instance's own
     * @return why not, or null if it was done
     */
    String use(Object group, Instance.Builder builder, byte[] code);

    /** As {@link #use(Object, Instance.Builder, byte[])}, with the name of the file in backtraces. */
    String use(Object group, Instance.Builder builder, Path file) throws IOException;

    /** As {@link #use(Object, Instance.Builder, byte[])}, with a resource of a class's. */
    String use(Object group, Instance.Builder builder, Class<?> owner, String name);

    Object newGroup();

    void close(Object group);

    Memory memory(Object group, MemoryLimits limits);

    TableInstance table(Object group, Table table, int initialValue);

    GlobalInstance global(Object group, long low, long high, ValType type, MutabilityType mutability);

    boolean isNative(Instance instance);
}
