package kiln.runtime.internal;

import java.nio.file.Path;
import java.util.List;
import kiln.artifact.component.ComponentPlan;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.Extern;
import kiln.runtime.Func;
import kiln.runtime.FuncType;
import kiln.runtime.Instance;
import kiln.runtime.LinkException;
import kiln.runtime.Memory;
import kiln.runtime.Store;

/**
 * What components ({@code kiln.runtime.component}) may do with stores and modules, and embedders may not. The package
 * {@code kiln.runtime} implements it.
 */
public abstract class ComponentAccess {
    private static volatile ComponentAccess instance;

    /** The only one; set when {@link Store} is initialised. */
    public static ComponentAccess get() {
        if (instance == null) {
            try {
                Class.forName(Store.class.getName(), true, Store.class.getClassLoader());
            } catch (ClassNotFoundException e) {
                throw new ExceptionInInitializerError(e);
            }
        }
        return instance;
    }

    public static void set(ComponentAccess access) {
        instance = access;
    }

    /**
     * As {@link CompiledModule#load(Engine, Path)} and {@link CompiledModule#loadTrusted}, for the file of a component.
     */
    public abstract CompiledModule load(Engine engine, Path file, boolean trusted);

    /** As {@link CompiledModule#load(Engine, byte[])}, for the file of a component. */
    public abstract CompiledModule load(Engine engine, byte[] bytes);

    /** What the component's file says about it. */
    public abstract ComponentPlan plan(CompiledModule component);

    /**
     * An import of a module that is not bound within the file.
     *
     * @param module number in the file
     * @param index among the module's imports
     */
    public record OpenImport(int module, int index) {}

    /** What must be given to {@link #instantiate}, in order. */
    public abstract List<OpenImport> openImports(CompiledModule component);

    /** What is told while instances of a component's file are made. */
    public interface Maker {
        /**
         * An instance is about to be made.
         *
         * @param module number in the file
         * @param imports all of the module's; null where nothing was given, which must be filled in now
         */
        void complete(int module, List<Extern> imports);

        /** An instance was made, module 0's first. */
        void made(Instance instance);
    }

    /**
     * Makes all instances of a component's file, each with its start function.
     *
     * @param given for the imports that are not bound within the file, in order; null for what {@code maker} gives
     */
    public abstract void instantiate(Store store, CompiledModule component, List<Extern> given, Maker maker);

    /**
     * Makes the instance of a module that a component imports.
     *
     * @param component of whose file module {@code number} stands for the instance
     * @param imports of that module: first what is given to the instance, then room for what it exports
     * @param params how many are given
     */
    public abstract void instantiateImported(
            Store store, CompiledModule module, CompiledModule component, int number, List<Extern> imports, int params);

    /** A core module that a component exports, by its number in the component's file. */
    public abstract CompiledModule exportedModule(CompiledModule component, int number);

    /** A component that a component exports, by its number: a file of its own, which is loaded. */
    public abstract CompiledModule exportedComponent(CompiledModule component, int number);

    /**
     * Why a module may not be given for one that a component imports; empty if it may.
     *
     * @param face number of the module of the component's file that says what it must be
     * @param params how many of that module's imports are the module's, the others being its exports
     */
    public abstract List<String> problems(CompiledModule module, CompiledModule component, int face, int params);

    /** What the built-ins of the component's code call; said for the instance of module 0. */
    public abstract void setBuiltins(Instance component, ComponentBuiltins builtins);

    /** Address of an instance's context. */
    public abstract long context(Instance instance);

    /** Zeroed native memory that lasts as long as the store. */
    public abstract long allocate(Store store, long bytes);

    /**
     * Takes the store for something that consists of several calls and accesses to memory: nobody else gets it, and it
     * cannot be closed, before {@link #end}.
     */
    public abstract void begin(Store store);

    /** Ends what {@link #begin(Store)} began. */
    public abstract void end(Store store);

    /**
     * As {@link #begin(Store)}, with room for the arguments and results of calls, which other calls leave alone.
     *
     * @param bytes at least 16, a multiple of 16
     * @return the address of that room
     */
    public abstract long begin(Store store, int bytes);

    /** Ends what {@link #begin(Store, int)} began, with the same number. */
    public abstract void end(Store store, int bytes);

    /** Calls a function with arguments and then results at {@code area}, which lies in room that was taken. */
    public abstract void enter(Func f, long area);

    /** Calls a function of four i32 that returns one. */
    public abstract int call(Func f, int a, int b, int c, int d);

    /** A function of the host that reads and writes the argument area itself. */
    public abstract Func host(Store store, FuncType type, AreaFunction function);

    /** Address of the first byte of a memory, which stays where it is when it grows. */
    public abstract long base(Memory memory);

    /** Size of a memory in bytes. */
    public abstract long length(Memory memory);

    /** Whether everything of a store was freed. */
    public abstract boolean isClosed(Store store);

    /** The component cannot be linked, for these reasons. */
    public abstract LinkException linkException(String component, List<String> problems);
}
