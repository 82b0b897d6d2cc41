package kiln.runtime;

import java.util.List;

/**
 * An exception of WebAssembly in Java: one that no handler in WebAssembly caught, or one that a host function throws.
 * When a host function lets it pass, or throws it, it goes on in the WebAssembly code that called, where handlers for
 * its tag see it; what comes out is the same object, as long as Java holds it. In a store other than its own it is an
 * exception of Java's like any other, which handlers do not see.
 */
public final class ThrownException extends WasmException {
    private static final long serialVersionUID = 1L;

    private final transient ExnRef exception;
    private final transient List<Object> payload;
    private final transient List<WasmFrame> frames;

    /**
     * To be thrown by a host function.
     *
     * @param payload a value for each parameter of the tag's type, as {@link Func#invoke} takes them
     * @throws IllegalArgumentException if the payload does not fit the tag
     */
    public ThrownException(Tag tag, Object... payload) {
        this(ExnRef.of(tag, payload));
    }

    /** To throw an exception that was caught as an exnref. */
    public ThrownException(ExnRef exception) {
        this(exception, List.of());
    }

    ThrownException(ExnRef exception, List<WasmFrame> frames) {
        this(exception, exception.payload(), frames);
    }

    private ThrownException(ExnRef exception, List<Object> payload, List<WasmFrame> frames) {
        super("uncaught exception with " + exception.tag() + (payload.isEmpty() ? "" : ": " + payload));
        this.exception = exception;
        this.payload = payload;
        this.frames = List.copyOf(frames);
        exception.setThrown(this);
    }

    /** The exception itself, which can be given back to WebAssembly as an exnref. */
    public ExnRef exception() {
        return exception;
    }

    /** What kind of exception it is. */
    public Tag tag() {
        return exception.tag();
    }

    /** What it carries; also when the store is closed. */
    public List<Object> payload() {
        return payload;
    }

    /**
     * The WebAssembly functions that were active where it was thrown, in the innermost call from Java, innermost first;
     * at most a thousand. Empty if Java threw it.
     */
    public List<WasmFrame> frames() {
        return frames;
    }
}
