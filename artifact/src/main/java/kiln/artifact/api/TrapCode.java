package kiln.artifact.api;

/**
 * Why generated code stopped. The ordinal is the code's number in the trap table of a file: entries are only appended.
 */
public enum TrapCode {
    UNREACHABLE("unreachable"),
    MEMORY_OUT_OF_BOUNDS("out of bounds memory access"),
    TABLE_OUT_OF_BOUNDS("out of bounds table access"),
    INTEGER_DIVIDE_BY_ZERO("integer divide by zero"),
    INTEGER_OVERFLOW("integer overflow"),
    BAD_CONVERSION_TO_INTEGER("invalid conversion to integer"),
    INDIRECT_CALL_TO_NULL("uninitialized element"),
    BAD_SIGNATURE("indirect call type mismatch"),
    NULL_REFERENCE("null reference"),
    UNDEFINED_ELEMENT("undefined element"),
    /** The check of the stack limit failed: stack overflow, or an interruption when the store's flag says so. */
    STACK_CHECK("call stack exhausted"),
    INTERRUPTED("interrupted"),
    UNALIGNED_ATOMIC("unaligned atomic"),
    ARRAY_OUT_OF_BOUNDS("out of bounds array access"),
    CAST_FAILURE("cast failure"),
    UNCAUGHT_EXCEPTION("uncaught exception"),
    ALLOCATION_TOO_LARGE("allocation size too large"),
    EXPECTED_SHARED_MEMORY("expected shared memory");

    private final String message;

    TrapCode(String message) {
        this.message = message;
    }

    /** The text that the specification's test suite expects for this trap. */
    public String message() {
        return message;
    }
}
