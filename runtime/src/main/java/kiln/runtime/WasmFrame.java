package kiln.runtime;

import kiln.artifact.Printable;

/**
 * An active WebAssembly function in a backtrace.
 *
 * @param module name of the module, see {@link CompiledModule#name}
 * @param function name of the function, or {@code func[index]}
 * @param functionIndex index in the module's function space
 * @param offset of the instruction in the module's binary in bytes, or -1 if the file does not say
 */
public record WasmFrame(String module, String function, int functionIndex, long offset) {
    /** As Java shows it, with names that can be printed. */
    public StackTraceElement toStackTraceElement() {
        int line = offset < 0 || offset > Integer.MAX_VALUE ? -1 : (int) offset;
        String name = Printable.name(module);
        return new StackTraceElement(name, Printable.name(function), name + ".wasm", line);
    }

    @Override
    public String toString() {
        return Printable.name(module) + "." + Printable.name(function)
                + (offset < 0 ? "" : "@0x" + Long.toHexString(offset));
    }
}
