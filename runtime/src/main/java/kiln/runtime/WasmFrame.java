package kiln.runtime;

/**
 * An active WebAssembly function in a backtrace.
 *
 * @param module name of the module, see {@link Module#name}
 * @param function name of the function, or {@code func[index]}
 * @param functionIndex index in the module's function space
 * @param offset of the instruction in the module's binary in bytes, or -1 if the file does not say
 */
public record WasmFrame(String module, String function, int functionIndex, long offset) {
    /** As Java shows it. */
    public StackTraceElement toStackTraceElement() {
        int line = offset < 0 || offset > Integer.MAX_VALUE ? -1 : (int) offset;
        return new StackTraceElement(module, function, module + ".wasm", line);
    }

    @Override
    public String toString() {
        return module + "." + function + (offset < 0 ? "" : "@0x" + Long.toHexString(offset));
    }
}
