package kiln.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import kiln.artifact.Printable;
import kiln.compiler.CompilerOptions;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.Instance;
import kiln.runtime.LinkException;
import kiln.runtime.Linker;
import kiln.runtime.Store;
import kiln.wasi.Wasi;

/** Modules whose exports a program imports ({@code --preload}). */
final class Preloads implements AutoCloseable {
    private record Preload(String name, Path file, CompiledModule module) {}

    private final List<Preload> all = new ArrayList<>();

    /** @param given {@code NAME=FILE} */
    void add(Engine engine, String given, RunCommand command, CompilerOptions options) throws IOException {
        int equals = given.indexOf('=');
        if (equals < 0 || equals == given.length() - 1) {
            throw new UserError("--preload " + Printable.name(given) + ": not of the form NAME=FILE");
        }
        Path file = Arguments.path(given.substring(equals + 1));
        all.add(new Preload(given.substring(0, equals), file, command.load(engine, file, options)));
    }

    /** Makes an instance of each, in their order; each may import from those before it. */
    void instantiate(Linker linker, Store store, Wasi wasi) {
        for (Preload p : all) {
            try {
                Instance instance = linker.instantiate(store, p.module());
                wasi.initialize(instance);
                linker.instance(p.name(), instance);
            } catch (LinkException e) {
                throw new UserError(p.file(), e.getMessage());
            }
        }
    }

    @Override
    public void close() {
        for (Preload p : all) {
            p.module().close();
        }
    }
}
