package kiln.runtime;

import java.util.List;
import kiln.artifact.api.TrapCode;

/**
 * WebAssembly code trapped. Nothing of it runs any more; memories, tables and globals keep what was written before. The
 * stack trace shows WebAssembly functions between the Java frames, as {@code module.function(module.wasm:offset)},
 * where the offset is that of the instruction in the module's binary.
 */
public final class TrapException extends WasmException {
    private static final long serialVersionUID = 1L;

    private final TrapCode code;
    private final transient List<WasmFrame> frames;
    /** Whether the stack trace lacks WebAssembly frames that the stores known so far could not fill in. */
    private boolean incomplete = true;

    TrapException(TrapCode code, String message, List<WasmFrame> frames) {
        super(message);
        this.code = code;
        this.frames = List.copyOf(frames);
    }

    /** A trap that a host function raises: it unwinds WebAssembly like any other exception. */
    public TrapException(TrapCode code, String message) {
        this(code, message, List.of());
    }

    void setIncomplete(boolean incomplete) {
        this.incomplete = incomplete;
    }

    boolean incomplete() {
        return incomplete;
    }

    /** Why. */
    public TrapCode code() {
        return code;
    }

    /**
     * The WebAssembly functions that were active in the innermost call from Java, innermost first; at most a thousand.
     */
    public List<WasmFrame> frames() {
        return frames == null ? List.of() : frames;
    }
}
