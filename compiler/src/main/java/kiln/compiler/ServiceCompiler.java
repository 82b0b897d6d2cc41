package kiln.compiler;

import kiln.runtime.ModuleCompiler;
import kiln.runtime.WasmException;

/**
 * Lets the runtime load WebAssembly where the compiler is on the class path; found through
 * {@link java.util.ServiceLoader}.
 */
public final class ServiceCompiler implements ModuleCompiler {
    @Override
    public byte[] compile(byte[] wasm, String name, boolean interruptChecks) {
        try {
            return Compiler.compile(name, wasm, options(interruptChecks));
        } catch (CompileException e) {
            throw new WasmException(e.getMessage(), e);
        }
    }

    /** The classes behind the options are the compiler's, too. */
    private static CompilerOptions options(boolean interruptChecks) {
        return OwnStack.call(
                () -> CompilerOptions.defaults()
                        .withCpu(Target.host()
                                .usableFeatures(kiln.loader.HostCpu.current().features()))
                        .withInterruptible(interruptChecks),
                () -> {});
    }
}
