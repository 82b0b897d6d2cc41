package kiln.wasi;

import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.random.RandomGenerator;
import kiln.artifact.PathBytes;
import kiln.artifact.Printable;
import kiln.runtime.Store;
import kiln.wasi.host.GuestSetup;
import kiln.wasi.p2.Wasi2;

/**
 * What a guest is given; at first nothing. Arguments, variables and names reach it as UTF-8; a lone surrogate from
 * U+DC80 to U+DCFF is a byte from 0x80 to 0xff, so that any bytes can be given ({@link PathBytes}).
 *
 * @param <B> the builder itself
 */
public abstract sealed class WasiBuilder<B extends WasiBuilder<B>> permits Wasi.Builder, Wasi2.Builder {
    private final GuestSetup setup = new GuestSetup();

    /** For the builders of this module. */
    protected WasiBuilder() {}

    /** This builder. */
    protected abstract B self();

    /** What was set, in a type of the module's own. */
    protected final Object setup() {
        return setup;
    }

    /** Sets the arguments, of which the first is by custom the program's name. */
    public B args(String... values) {
        return args(List.of(values));
    }

    /** Sets the arguments, of which the first is by custom the program's name. */
    public B args(List<String> values) {
        setup.args = List.copyOf(values);
        return self();
    }

    /**
     * Adds an environment variable or replaces it.
     *
     * @throws IllegalArgumentException if the name is empty or contains "="
     */
    public B env(String name, String value) {
        if (name.isEmpty() || name.indexOf('=') >= 0) {
            throw new IllegalArgumentException(
                    "not the name of an environment variable: \"" + Printable.name(name) + '"');
        }
        setup.environment.put(name, Objects.requireNonNull(value));
        return self();
    }

    /** Adds environment variables or replaces them. */
    public B env(Map<String, String> variables) {
        variables.forEach(this::env);
        return self();
    }

    /**
     * Gives a folder, with everything below it, under a name. It is opened when this is built and stays the same
     * one, whatever it is called later, until the {@link Wasi} is closed.
     */
    public B preopen(Path folder, String guestName) {
        setup.folders.add(new GuestSetup.Folder(folder, guestName, true));
        return self();
    }

    /** Gives a folder under a name, in which nothing can be changed. */
    public B preopenReadOnly(Path folder, String guestName) {
        setup.folders.add(new GuestSetup.Folder(folder, guestName, false));
        return self();
    }

    /**
     * Standard input; at first empty. It is not closed. What {@link InputStream#available} says is there must be
     * there. Otherwise the stream is read on a thread of its own, so that a guest that waits can be stopped; what
     * that thread gets afterwards, the guest reads next.
     */
    public B stdin(InputStream in) {
        setup.stdin = Objects.requireNonNull(in);
        setup.inheritStdin = false;
        return self();
    }

    /**
     * Standard output; at first discarded. It is flushed when the program ends, waits or reads, and not closed. A
     * stream of one of the JDK's classes is written on a thread of its own, so that a guest whose output nobody
     * takes can be stopped; one of another class on the guest's thread, like a function of the host: if it may wait
     * for long, it should look at {@link Store#isInterrupted}.
     */
    public B stdout(OutputStream out) {
        setup.stdout = Objects.requireNonNull(out);
        setup.inheritStdout = false;
        return self();
    }

    /** Standard error output, as {@link #stdout}. */
    public B stderr(OutputStream err) {
        setup.stderr = Objects.requireNonNull(err);
        setup.inheritStderr = false;
        return self();
    }

    /**
     * The process's own standard streams, whatever {@code System.setOut} did, by their descriptors: what Java has
     * read from {@code System.in} already, the guest does not see.
     */
    public B inheritStdio() {
        setup.inheritStdin = true;
        setup.inheritStdout = true;
        setup.inheritStderr = true;
        return self();
    }

    /** Where the guest's random numbers come from; at first the operating system. */
    public B random(RandomGenerator generator) {
        setup.random = Objects.requireNonNull(generator);
        return self();
    }

    /**
     * What time it is for the guest, and how it waits; at first the machine's clocks. With a {@link VirtualClock} and
     * {@link #random} a guest without other input does the same each time. What a guest waits for at an address of a
     * shared memory, and times that file systems keep, are the machine's.
     */
    public B clock(GuestClock of) {
        setup.clock = Objects.requireNonNull(of);
        return self();
    }
}
