package kiln.wasi.p2;

import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Predicate;
import kiln.artifact.Printable;
import kiln.runtime.Store;
import kiln.runtime.component.ComponentHostFunction;
import kiln.runtime.component.ComponentInstance;
import kiln.runtime.component.ComponentLinker;
import kiln.runtime.component.Result;
import kiln.wasi.ExitException;
import kiln.wasi.WasiBuilder;
import kiln.wasi.host.Closing;
import kiln.wasi.host.Directory;
import kiln.wasi.host.GuestSetup;
import kiln.wasi.host.Stop;
import kiln.wasi.host.StoppedException;
import kiln.wasi.host.WasiError;

/**
 * WASI 0.2 for one guest component: what it gets to see of the host, and the files it has open. A guest sees nothing
 * that it was not given: no files outside of the folders, no other environment variables, no network. Serves one
 * component on one thread at a time.
 */
public final class Wasi2 implements AutoCloseable {
    /** What a program exports, of any version 0.2. */
    public static final String RUN = "wasi:cli/run@0.2.0#run";

    private final GuestContext context;
    private final List<Directory> folders;
    private final FileCount files;
    private final List<HostInterface> interfaces;

    private Wasi2(GuestContext context, List<Directory> folders, FileCount files, List<HostInterface> interfaces) {
        this.context = context;
        this.folders = folders;
        this.files = files;
        this.interfaces = interfaces;
    }

    /** Says what the component may see: nothing at first. */
    public static Builder builder() {
        return new Builder();
    }

    List<HostInterface> interfaces() {
        return interfaces;
    }

    GuestContext context() {
        return context;
    }

    /** Defines all interfaces. */
    public void addTo(ComponentLinker linker) {
        for (HostInterface i : interfaces) {
            for (HostInterface.ResourceType r : i.resources()) {
                linker.resource(i.name(), r.name(), r.type(), new Drop(context.stop()));
            }
            for (String f : i.functions()) {
                linker.func(i.name(), f, new Binding(i, f, context.stop()));
            }
        }
    }

    private record Interrupted(Store store) implements BooleanSupplier {
        @Override
        public boolean getAsBoolean() {
            return store.isInterrupted();
        }
    }

    /** How the runtime reaches one function. */
    private record Binding(HostInterface of, String function, Stop stop) implements ComponentHostFunction {
        @Override
        public Object call(Store store, Object[] args) throws IOException {
            BooleanSupplier outer = stop.begin(new Interrupted(store));
            try {
                return of.call(function, args);
            } catch (StoppedException e) {
                throw Traps.interrupted();
            } catch (WasiError e) {
                // Who waits without a result has no other way to be told that its thread was interrupted.
                throw Traps.trap(of.name() + ' ' + function + ": " + e.getMessage());
            } finally {
                stop.end(outer);
            }
        }
    }

    private record Drop(Stop stop) implements Consumer<Object> {
        @Override
        public void accept(Object resource) {
            try {
                ((Resource) resource).drop();
            } catch (IOException | WasiError e) {
                // As with close in C, nobody can be told; the resource is gone.
            }
        }
    }

    /**
     * Runs a program: calls what it exports as "run" of {@code wasi:cli/run}.
     *
     * @return the exit code; 1 if the function returns an error
     * @throws java.util.NoSuchElementException if it is not a program
     * @throws kiln.runtime.TrapException if it traps
     * @throws IOException if what it wrote cannot be written
     */
    public int run(ComponentInstance instance) throws IOException {
        try {
            return instance.func(RUN).invoke() instanceof Result.Ok<?, ?> ? 0 : 1;
        } catch (ExitException e) {
            return e.code();
        } finally {
            flush();
        }
    }

    /** Flushes the output streams. */
    public void flush() throws IOException {
        context.flush();
    }

    /** Flushes the output streams, which stay open, and closes the guest's files and sockets. */
    @Override
    public void close() throws IOException {
        try (context) {
            Closing.all(List.of(files::closeAll, () -> Closing.all(folders)));
        }
    }

    /** What a guest is given, and how its functions are made. */
    public static final class Builder extends WasiBuilder<Builder> {
        private AddressPredicate addresses = (address, use) -> false;
        private Predicate<String> names = name -> false;
        private Predicate<URI> requests = uri -> false;

        private Builder() {}

        /** Which addresses of the network the guest may use; at first none. */
        public Builder network(AddressPredicate allowed) {
            addresses = Objects.requireNonNull(allowed);
            return this;
        }

        /** Which addresses the guest may send requests of HTTP to; at first none. */
        public Builder http(Predicate<URI> allowed) {
            requests = Objects.requireNonNull(allowed);
            return this;
        }

        /** Which names the guest may look up the addresses of; at first none. */
        public Builder nameLookup(Predicate<String> allowed) {
            names = Objects.requireNonNull(allowed);
            return this;
        }

        @Override
        protected Builder self() {
            return this;
        }

        /**
         * @throws IOException if a folder does not exist or is none, or its file system cannot be used
         * @throws IllegalArgumentException if an argument or variable contains a zero or is no Unicode text
         */
        public Wasi2 build() throws IOException {
            GuestSetup setup = (GuestSetup) setup();
            List<String> args = new ArrayList<>();
            for (String a : setup.args) {
                args.add(text(a));
            }
            Map<String, String> environment = new LinkedHashMap<>();
            for (Map.Entry<String, String> v : setup.environment.entrySet()) {
                environment.put(text(v.getKey()), text(v.getValue()));
            }
            for (GuestSetup.Folder f : setup.folders) {
                text(f.guestName());
            }
            List<Directory> folders = setup.openFolders();
            Stop stop = new Stop();
            GuestContext context = new GuestContext(setup, stop);
            FileCount files = new FileCount();
            List<HostInterface> all = new ArrayList<>();
            all.add(new ErrorInterface());
            all.add(new PollInterface(context));
            all.add(new Streams());
            all.addAll(Cli.interfaces(context, args, environment));
            all.addAll(ClocksAndRandom.interfaces(context));
            all.add(new FilesystemTypes(context, files));
            all.add(new Preopens(folders, files));
            all.addAll(Sockets.interfaces(context, new NetworkPolicy(addresses, names)));
            all.add(new HttpTypes(context));
            all.add(new OutgoingHandler(context, requests));
            return new Wasi2(context, folders, files, all);
        }

        /** Strings of components are of Unicode's characters, where those of modules are any bytes. */
        private static String text(String s) {
            if (s.indexOf('\0') >= 0) {
                throw new IllegalArgumentException(
                        "a string for a guest program contains a zero: " + Printable.name(s));
            }
            if (hasSurrogate(s)) {
                throw new IllegalArgumentException("a string for a guest component is not UTF-8: " + Printable.name(s));
            }
            return s;
        }

        private static boolean hasSurrogate(String s) {
            return s.codePoints().anyMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
        }
    }
}
