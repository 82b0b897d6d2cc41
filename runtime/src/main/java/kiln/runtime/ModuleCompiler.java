package kiln.runtime;

/**
 * Compiles WebAssembly to the form that the runtime loads. The runtime works without one; if a provider is on the class
 * path ({@link java.util.ServiceLoader}), {@link Module#load} accepts WebAssembly as well.
 */
public interface ModuleCompiler {
    /**
     * Compiles a module for the machine that this JVM runs on.
     *
     * @param wasm the binary
     * @param name for the module if it names itself nothing
     * @param interruptChecks whether loops check for interruption ({@link Store#interrupt})
     * @return the bytes of a compiled file
     * @throws WasmException if the module is malformed or invalid
     */
    byte[] compile(byte[] wasm, String name, boolean interruptChecks);
}
