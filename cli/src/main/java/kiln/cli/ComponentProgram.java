package kiln.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import kiln.artifact.Printable;
import kiln.runtime.Store;
import kiln.runtime.StoreLimits;
import kiln.runtime.ThrownException;
import kiln.runtime.TrapException;
import kiln.runtime.component.Component;
import kiln.runtime.component.ComponentInstance;
import kiln.runtime.component.ComponentLinker;
import kiln.wasi.ExitException;
import kiln.wasi.p2.Wasi2;

/**
 * A component as a program.
 *
 * @param timeoutNanos 0 for none
 * @param call to be made instead of running it, with arguments in WAVE; null for none
 */
record ComponentProgram(Path file, Component component, StoreLimits limits, long timeoutNanos, String call) {
    /** Runs it; returns the exit status. */
    int run(Wasi2.Builder guest) throws IOException {
        try (Wasi2 wasi = guest.build();
                Store store = new Store(component.engine(), limits)) {
            ComponentLinker linker = new ComponentLinker(component.engine());
            wasi.addTo(linker);
            if (timeoutNanos != 0) {
                store.setDeadline(Duration.ofNanos(timeoutNanos));
            }
            try {
                ComponentInstance instance = linker.instantiate(store, component);
                if (call != null) {
                    String result = invoke(instance);
                    wasi.flush();
                    if (result != null) {
                        System.out.println(result);
                    }
                    return 0;
                }
                if (!instance.hasFunc(Wasi2.RUN)) {
                    throw new UserError(
                            file,
                            "the component exports no wasi:cli/run of version 0.2 (it exports: "
                                    + Printable.names(component.exports()) + ")");
                }
                return wasi.run(instance);
            } catch (ExitException e) {
                return e.code();
            } catch (TrapException e) {
                wasi.flush();
                RunCommand.report(e, timeoutNanos);
                return RunCommand.TRAPPED;
            } catch (ThrownException e) {
                wasi.flush();
                RunCommand.report(e);
                return RunCommand.TRAPPED;
            }
        }
    }

    private String invoke(ComponentInstance instance) {
        int open = call.indexOf('(');
        String name = (open < 0 ? call : call.substring(0, open)).strip();
        if (open < 0) {
            throw new UserError("--invoke " + Printable.name(call)
                    + ": arguments are missing; of a component, a call is meant: " + Printable.name(name) + "()");
        }
        return instance.func(path(instance, name)).invokeText(call.substring(open));
    }

    /** A function by its whole name, or by its own name if only one interface has one of it. */
    private String path(ComponentInstance instance, String name) {
        if (instance.hasFunc(name)) {
            return name;
        }
        List<String> found = new ArrayList<>();
        for (String export : component.exports()) {
            if (export.endsWith("#" + name)) {
                found.add(export);
            }
        }
        if (found.size() != 1) {
            throw new UserError(
                    file,
                    (found.isEmpty() ? "no exported function " : "several exported functions ") + Printable.name(name)
                            + (found.isEmpty() ? Suggestions.text(name, component.exports()) : "") + " (there are: "
                            + Printable.names(found.isEmpty() ? component.exports() : found) + ")");
        }
        return found.getFirst();
    }
}
