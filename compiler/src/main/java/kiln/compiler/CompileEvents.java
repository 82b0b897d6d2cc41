package kiln.compiler;

import java.util.List;
import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Event;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Label;
import jdk.jfr.Name;

/** Tells the JVM's flight recorder of compilations; until it is turned on, nothing of it is loaded. */
final class CompileEvents {
    private static final boolean AVAILABLE =
            ModuleLayer.boot().findModule("jdk.jfr").isPresent();

    private CompileEvents() {}

    /** Of its own, because this must be usable where there is no recorder. */
    static final class Recorded {
        @Name("kiln.Compile")
        @Label("WebAssembly Compilation")
        @Category("WebAssembly")
        static final class Compile extends Event {
            @Label("Module")
            String module;

            @Label("Modules")
            int modules;

            @Label("Input Size")
            @DataAmount
            long bytes;

            @Label("Options")
            String options;
        }

        static Object begin() {
            Compile e = new Compile();
            e.begin();
            return e;
        }

        static void end(Object event, List<Compiler.Input> inputs, CompilerOptions options) {
            Compile e = (Compile) event;
            if (e.shouldCommit()) {
                e.module = inputs.getFirst().file();
                e.modules = inputs.size();
                for (Compiler.Input i : inputs) {
                    e.bytes += i.wasm().length;
                }
                e.options = options.describe();
                e.commit();
            }
        }
    }

    /** Null if nobody records. */
    static Object begin() {
        return AVAILABLE && FlightRecorder.isInitialized() ? Recorded.begin() : null;
    }

    /** @param event of {@link #begin} */
    static void end(Object event, List<Compiler.Input> inputs, CompilerOptions options) {
        if (event != null) {
            Recorded.end(event, inputs, options);
        }
    }
}
