package kiln.compiler;

import kiln.artifact.FuncKey;
import kiln.component.CompositionException;
import kiln.component.UnsupportedComponentException;
import kiln.translate.UnsupportedFeatureException;
import kiln.wasm.WasmException;

/** Says at which function the compiler itself failed, so that a report of it names what to look at. */
final class Defects {
    private Defects() {}

    /** {@code e} as it is if it speaks of the input; otherwise a failure that names the function. */
    static RuntimeException in(FuncKey key, RuntimeException e) {
        return switch (e) {
            case WasmException _,
                    UnsupportedFeatureException _,
                    UnsupportedComponentException _,
                    CompositionException _,
                    CompileException _,
                    WorkPool.Abandoned _ -> e;
            default -> new IllegalStateException("while compiling " + key, e);
        };
    }
}
