package kiln.wasi;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import kiln.artifact.api.TrapCode;
import kiln.runtime.Caller;
import kiln.runtime.HostFunction;
import kiln.runtime.Instance;
import kiln.runtime.Linker;
import kiln.runtime.Store;
import kiln.runtime.TrapException;
import kiln.wasi.host.Directory;
import kiln.wasi.host.GuestMemory;
import kiln.wasi.host.GuestSetup;
import kiln.wasi.host.RandomSource;
import kiln.wasi.host.Stop;
import kiln.wasi.host.StoppedException;
import kiln.wasi.host.StringTable;

/**
 * WASI preview 1 for one guest program: what it gets to see of the host, and the files it has open. A guest sees
 * nothing that it was not given: no files outside of the folders, no other environment variables. Serves one program on
 * one thread at a time.
 */
public final class Wasi implements AutoCloseable {
    /** The module under whose name programs import the functions. */
    public static final String MODULE = "wasi_snapshot_preview1";

    private final FdTable table;
    private final RandomSource random;
    private final Preview1 functions;

    private Wasi(FdTable table, RandomSource random, Preview1 functions) {
        this.table = table;
        this.random = random;
        this.functions = functions;
    }

    /** Says what the program may see: nothing at first. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Defines all functions, as imports of {@link #MODULE}. The caller's memory is the one that it exports as "memory".
     */
    public void addTo(Linker linker) {
        for (WasiFunction f : WasiFunction.values()) {
            linker.func(MODULE, f.importName(), f.type(), new Binding(functions, f));
        }
    }

    /** The functions without the runtime. */
    Preview1 functions() {
        return functions;
    }

    /**
     * How the runtime reaches one function. Without lambdas, here and wherever every program comes by: the first ones
     * in a process take milliseconds to make.
     */
    private record Binding(Preview1 functions, WasiFunction function) implements HostFunction {
        @Override
        public void call(Caller caller, long[] args, long[] results) {
            if (function == WasiFunction.PROC_EXIT) {
                throw new ExitException((int) args[0]);
            }
            try {
                results[0] = functions
                        .call(function, GuestMemory.of(caller.memory()), args, new Interrupted(caller.store()))
                        .code();
            } catch (StoppedException e) {
                throw new TrapException(TrapCode.INTERRUPTED, TrapCode.INTERRUPTED.message());
            }
        }
    }

    private record Interrupted(Store store) implements BooleanSupplier {
        @Override
        public boolean getAsBoolean() {
            return store.isInterrupted();
        }
    }

    /**
     * Runs a program: calls its function "_start".
     *
     * @return the exit code; 0 if the function returns
     * @throws java.util.NoSuchElementException if it is not a program
     * @throws kiln.runtime.TrapException if it traps
     * @throws IOException if what it wrote cannot be written
     */
    public int run(Instance instance) throws IOException {
        try {
            instance.func("_start").call();
            return 0;
        } catch (ExitException e) {
            return e.code();
        } finally {
            flush();
        }
    }

    /**
     * Prepares a library, a module whose functions are to be called: calls its function "_initialize" if it has one.
     *
     * @throws kiln.runtime.TrapException if it traps
     * @throws ExitException if it exits
     */
    public void initialize(Instance instance) {
        if (instance.hasExport("_initialize")) {
            instance.func("_initialize").call();
        }
    }

    /** Flushes the output streams. */
    public void flush() throws IOException {
        table.flush();
    }

    /** Flushes the output streams, which stay open, and closes the guest's files. */
    @Override
    public void close() throws IOException {
        random.close();
        table.closeAll();
    }

    /** What a guest is given, and how its functions are made. */
    public static final class Builder extends WasiBuilder<Builder> {
        private Builder() {}

        @Override
        protected Builder self() {
            return this;
        }

        /**
         * @throws IOException if a folder does not exist or is none, or its file system cannot be used
         * @throws IllegalArgumentException if an argument or variable contains a zero
         */
        public Wasi build() throws IOException {
            GuestSetup setup = (GuestSetup) setup();
            List<String> variables = new ArrayList<>();
            for (Map.Entry<String, String> v : setup.environment.entrySet()) {
                variables.add(v.getKey().concat("=").concat(v.getValue()));
            }
            FdTable table = new FdTable();
            Stop stop = new Stop();
            table.add(setup.openInput(stop));
            table.add(setup.openOutput(stop));
            table.add(setup.openError(stop));
            for (Directory d : setup.openFolders()) {
                table.add(d);
            }
            RandomSource source = new RandomSource(setup.random, stop);
            return new Wasi(
                    table,
                    source,
                    new Preview1(
                            new StringTable(setup.args), new StringTable(variables), table, source, setup.clock, stop));
        }
    }
}
