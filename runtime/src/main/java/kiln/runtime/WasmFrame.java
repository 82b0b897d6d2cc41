package kiln.runtime;

import kiln.artifact.Printable;

/**
 * An active WebAssembly function in a backtrace.
 *
 * @param module name of the module, see {@link CompiledModule#name}
 * @param function name of the function, or {@code func[index]}
 * @param functionIndex index in the module's function space, or -1 for code that a component brings itself:
 *     adapters between components and functions of resources
 * @param offset of the instruction in the module's binary in bytes, or -1 if the file does not say
 * @param sourceFile that the instruction comes from, as its compiler named it; null if it is not known, as without
 *     {@code kiln compile --debug-info}
 * @param sourceLine in there, from 1; 0 if it is not known
 */
public record WasmFrame(
        String module, String function, int functionIndex, long offset, String sourceFile, int sourceLine) {
    /** Without a source line. */
    public WasmFrame(String module, String function, int functionIndex, long offset) {
        this(module, function, functionIndex, offset, null, 0);
    }

    /**
     * As Java shows it, with names that can be printed: file and line are those of the source if they are known, else
     * the module and the offset.
     */
    public StackTraceElement toStackTraceElement() {
        int line = offset < 0 || offset > Integer.MAX_VALUE ? -1 : (int) offset;
        String name = Printable.name(module);
        if (sourceFile != null) {
            return new StackTraceElement(name, Printable.name(function), Printable.name(sourceFile), sourceLine);
        }
        return new StackTraceElement(name, Printable.name(function), name + ".wasm", line);
    }

    @Override
    public String toString() {
        return Printable.name(module) + "." + Printable.name(function)
                + (offset < 0 ? "" : "@0x" + Long.toHexString(offset))
                + (sourceFile == null ? "" : " (" + Printable.name(sourceFile) + ":" + sourceLine + ")");
    }
}
