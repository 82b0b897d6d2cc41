package kiln.wasi.p2;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import kiln.runtime.component.Result;
import kiln.runtime.component.Variant;
import kiln.wasi.host.StoppedException;

/** The host's functions as a guest calls them, without WebAssembly. */
final class Host implements AutoCloseable {
    final Wasi2 wasi;
    /** Whether waiting is to end. */
    volatile boolean stop;

    Host(Wasi2.Builder builder) {
        try {
            wasi = builder.build();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @param path {@code package/interface#function} without "wasi:" */
    Object call(String path, Object... args) {
        int hash = path.indexOf('#');
        String name = "wasi:" + path.substring(0, hash) + HostInterface.VERSION;
        HostInterface i = wasi.interfaces().stream()
                .filter(x -> x.name().equals(name))
                .findFirst()
                .orElseThrow();
        String function = path.substring(hash + 1);
        if (!i.functions().contains(function)) {
            throw new IllegalArgumentException(path);
        }
        BooleanSupplier outer = wasi.context().stop().begin(() -> stop);
        try {
            return i.call(function, args);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (StoppedException e) {
            throw Traps.interrupted();
        } finally {
            wasi.context().stop().end(outer);
        }
    }

    /** A function of a stream. */
    Object in(String function, Object... args) {
        return call("io/streams#[method]input-stream." + function, args);
    }

    /** A function of a stream. */
    Object out(String function, Object... args) {
        return call("io/streams#[method]output-stream." + function, args);
    }

    /** What a function that must not fail says. */
    @SuppressWarnings("unchecked")
    static <T> T ok(Object result) {
        if (result instanceof Result.Ok<?, ?> ok) {
            return (T) ok.value();
        }
        throw new AssertionError("failed: " + result);
    }

    /** The error of a function that must fail; of a variant, its label. */
    static String error(Object result) {
        if (result instanceof Result.Err<?, ?> err) {
            return err.value() instanceof Variant v ? v.label() : String.valueOf(err.value());
        }
        throw new AssertionError("did not fail: " + result);
    }

    void drop(Object resource) {
        try {
            ((Resource) resource).drop();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits for a resource. */
    void block(String subscribe, Object resource) {
        Object p = call(subscribe, resource);
        call("io/poll#[method]pollable.block", p);
        drop(p);
    }

    /** The first folder that was given. */
    Descriptor root() {
        List<?> all = (List<?>) call("filesystem/preopens#get-directories");
        return (Descriptor) ((List<?>) all.getFirst()).getFirst();
    }

    static Optional<Object> none() {
        return Optional.empty();
    }

    @Override
    public void close() {
        try {
            wasi.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
