package kiln.translate;

import java.util.concurrent.atomic.AtomicLong;
import kiln.wasm.FunctionValidator;
import kiln.wasm.WasmException;
import kiln.wasm.WasmModule;

/**
 * How many values a module's functions may hand over through blocks, branches and calls. Two bytes of WebAssembly may
 * hand over a thousand, so that the code of a small module could be larger than any memory. No known program needs a
 * tenth of what is allowed.
 */
final class ValueBudget {
    private static final long BASE = 1 << 19;
    private static final long PER_BYTE = 32;

    private final WasmModule module;
    private final long limit;
    /** What functions have used that are complete. */
    private final AtomicLong used = new AtomicLong();

    ValueBudget(WasmModule module) {
        this.module = module;
        this.limit = BASE + PER_BYTE * module.bytes().length;
    }

    /**
     * Says that a function has handed over so many values so far.
     *
     * @throws WasmException if that is too much, with the place in the function at which {@code at} is
     */
    void check(long values, FunctionValidator at) {
        if (used.get() + values > limit) {
            throw new WasmException(
                    WasmException.Kind.INVALID,
                    "more than " + limit + " values handed over through blocks, branches and calls",
                    module.fileName(),
                    at.offset(),
                    at.function());
        }
    }

    /** As {@link #check}, for a function that is complete. */
    void use(long values, FunctionValidator at) {
        check(values, at);
        used.addAndGet(values);
    }
}
