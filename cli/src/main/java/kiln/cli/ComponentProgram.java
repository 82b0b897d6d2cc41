package kiln.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
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
 */
record ComponentProgram(Path file, Component component, StoreLimits limits, long timeoutNanos) {
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
}
