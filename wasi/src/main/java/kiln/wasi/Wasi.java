package kiln.wasi;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;
import kiln.artifact.PathBytes;
import kiln.artifact.Printable;
import kiln.artifact.api.TrapCode;
import kiln.runtime.Caller;
import kiln.runtime.HostFunction;
import kiln.runtime.Instance;
import kiln.runtime.Linker;
import kiln.runtime.Store;
import kiln.runtime.TrapException;

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

    /**
     * What a guest is given; at first nothing. Arguments, variables and names reach it as UTF-8; a lone surrogate from
     * U+DC80 to U+DCFF is a byte from 0x80 to 0xff, so that any bytes can be given ({@link PathBytes}).
     */
    public static final class Builder {
        private record Folder(Path path, String guestName, boolean writable) {}

        private final List<String> args = new ArrayList<>();
        private final Map<String, String> environment = new LinkedHashMap<>();
        private final List<Folder> folders = new ArrayList<>();
        private InputStream stdin;
        private OutputStream stdout;
        private OutputStream stderr;
        private boolean inheritStdin;
        private boolean inheritStdout;
        private boolean inheritStderr;
        private RandomGenerator random;
        private GuestClock clock;

        private Builder() {}

        /** Sets the arguments, of which the first is by custom the program's name. */
        public Builder args(String... values) {
            return args(List.of(values));
        }

        /** Sets the arguments, of which the first is by custom the program's name. */
        public Builder args(List<String> values) {
            args.clear();
            args.addAll(values);
            return this;
        }

        /**
         * Adds an environment variable or replaces it.
         *
         * @throws IllegalArgumentException if the name is empty or contains "="
         */
        public Builder env(String name, String value) {
            if (name.isEmpty() || name.indexOf('=') >= 0) {
                throw new IllegalArgumentException(
                        "not the name of an environment variable: \"" + Printable.name(name) + '"');
            }
            environment.put(name, Objects.requireNonNull(value));
            return this;
        }

        /** Adds environment variables or replaces them. */
        public Builder env(Map<String, String> variables) {
            variables.forEach(this::env);
            return this;
        }

        /**
         * Gives a folder, with everything below it, under a name. It is opened when this is built and stays the same
         * one, whatever it is called later, until the {@link Wasi} is closed.
         */
        public Builder preopen(Path folder, String guestName) {
            folders.add(new Folder(folder, guestName, true));
            return this;
        }

        /** Gives a folder under a name, in which nothing can be changed. */
        public Builder preopenReadOnly(Path folder, String guestName) {
            folders.add(new Folder(folder, guestName, false));
            return this;
        }

        /**
         * Standard input; at first empty. It is not closed. What {@link InputStream#available} says is there must be
         * there. Otherwise the stream is read on a thread of its own, so that a guest that waits can be stopped; what
         * that thread gets afterwards, the guest reads next.
         */
        public Builder stdin(InputStream in) {
            stdin = Objects.requireNonNull(in);
            inheritStdin = false;
            return this;
        }

        /**
         * Standard output; at first discarded. It is flushed when the program ends, waits or reads, and not closed. A
         * stream of one of the JDK's classes is written on a thread of its own, so that a guest whose output nobody
         * takes can be stopped; one of another class on the guest's thread, like a function of the host: if it may wait
         * for long, it should look at {@link Store#isInterrupted}.
         */
        public Builder stdout(OutputStream out) {
            stdout = Objects.requireNonNull(out);
            inheritStdout = false;
            return this;
        }

        /** Standard error output, as {@link #stdout}. */
        public Builder stderr(OutputStream err) {
            stderr = Objects.requireNonNull(err);
            inheritStderr = false;
            return this;
        }

        /**
         * The process's own standard streams, whatever {@code System.setOut} did, by their descriptors: what Java has
         * read from {@code System.in} already, the guest does not see.
         */
        public Builder inheritStdio() {
            inheritStdin = true;
            inheritStdout = true;
            inheritStderr = true;
            return this;
        }

        /** Where the guest's random numbers come from; at first the operating system. */
        public Builder random(RandomGenerator generator) {
            random = Objects.requireNonNull(generator);
            return this;
        }

        /**
         * What time it is for the guest, and how it waits; at first the machine's clocks. With a {@link VirtualClock}
         * and
         * {@link #random} a guest without other input does the same each time. What a guest waits for at an address of
         * a shared memory, and times that file systems keep, are the machine's.
         */
        public Builder clock(GuestClock of) {
            clock = Objects.requireNonNull(of);
            return this;
        }

        /**
         * @throws IOException if a folder does not exist or is none, or its file system cannot be used
         * @throws IllegalArgumentException if an argument or variable contains a zero
         */
        public Wasi build() throws IOException {
            List<String> variables = new ArrayList<>();
            for (Map.Entry<String, String> v : environment.entrySet()) {
                variables.add(v.getKey().concat("=").concat(v.getValue()));
            }
            FdTable table = new FdTable();
            Stop stop = new Stop();
            table.add(input(stop));
            table.add(output(inheritStdout ? 1 : ProcessStreams.OTHER, stdout, stop));
            table.add(output(inheritStderr ? 2 : ProcessStreams.OTHER, stderr, stop));
            openFolders(table);
            RandomSource source = new RandomSource(random, stop);
            return new Wasi(
                    table,
                    source,
                    new Preview1(new StringTable(args), new StringTable(variables), table, source, clock, stop));
        }

        private StandardInput input(Stop stop) {
            if (inheritStdin) {
                return new StandardInput(new ProcessStream(0, false, stop), 0, stop);
            }
            return new StandardInput(
                    new StreamInput(stdin == null ? InputStream.nullInputStream() : stdin), ProcessStreams.OTHER, stop);
        }

        private static StandardOutput output(int processFd, OutputStream stream, Stop stop) {
            if (processFd != ProcessStreams.OTHER) {
                return new StandardOutput(new ProcessStream(processFd, true, stop), processFd);
            }
            return new StandardOutput(
                    new StreamOutput(stream == null ? OutputStream.nullOutputStream() : stream, stop),
                    ProcessStreams.OTHER);
        }

        private void openFolders(FdTable table) throws IOException {
            boolean done = false;
            try {
                for (Folder f : folders) {
                    table.add(open(f));
                }
                done = true;
            } finally {
                if (!done) {
                    table.closeAll();
                }
            }
        }

        private static Directory open(Folder f) throws IOException {
            FileSystem system = f.path().getFileSystem();
            boolean own = system == FileSystems.getDefault()
                    && system.provider().getScheme().equals("file");
            DirectoryHandle handle = own ? LinuxDirectory.open(f.path()) : PortableDirectory.open(f.path());
            return new Directory(
                    handle,
                    PathBytes.encode(f.guestName()),
                    f.writable() ? Rights.DIRECTORY : Rights.READ_ONLY_DIRECTORY,
                    f.writable() ? Rights.INHERITED : Rights.READ_ONLY_INHERITED,
                    0);
        }
    }
}
