package kiln.runtime;

import java.nio.file.Path;

/**
 * Compiles WebAssembly to the form that the runtime loads. The runtime works without one; if a provider is on the class
 * path ({@link java.util.ServiceLoader}), {@link CompiledModule#load} accepts WebAssembly as well.
 */
public interface ModuleCompiler {
    /**
     * Compiles a module for the machine that this JVM runs on.
     *
     * @param wasm the binary
     * @param name for the module if it names itself nothing
     * @param settings as the engine was made with
     * @return the bytes of a compiled file
     * @throws WasmException if the module is malformed or invalid
     */
    byte[] compile(byte[] wasm, String name, Settings settings);

    /**
     * How to compile.
     *
     * @param interruptible whether loops check for interruption ({@link Store#interrupt})
     * @param level of optimisation, 0 to 2
     * @param hostCpu whether all instructions that this machine has may be used, or those of the baseline only
     * @param explicitBounds whether each access to memory is checked by instructions instead of by guard pages
     * @param cache folder in which compiled modules are kept for the next time, or null for none
     */
    record Settings(boolean interruptible, int level, boolean hostCpu, boolean explicitBounds, Path cache) {
        /** The most usual: code that can be stopped, as fast as it gets, on this machine, not kept. */
        public static final Settings DEFAULT = new Settings(true, 2, true, false, null);

        /**
         * Checks the level.
         *
         * @throws IllegalArgumentException if it is none
         */
        public Settings {
            if (level < 0 || level > 2) {
                throw new IllegalArgumentException("optimisation level " + level + ": known are 0, 1 and 2");
            }
        }
    }
}
