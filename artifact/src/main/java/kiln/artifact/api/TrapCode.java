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
    EXPECTED_SHARED_MEMORY("expected shared memory"),
    /** A component instance calls something that it imports while it may not: in realloc or post-return. */
    CANNOT_LEAVE_COMPONENT("cannot leave component instance"),
    CANNOT_ENTER_COMPONENT("cannot enter component instance"),
    UNALIGNED_POINTER("unaligned pointer"),
    STRING_OUT_OF_BOUNDS("string content out-of-bounds"),
    LIST_OUT_OF_BOUNDS("list content out-of-bounds"),
    INVALID_CHAR("invalid `char` bit pattern"),
    INVALID_DISCRIMINANT("invalid variant discriminant"),
    INVALID_STRING("string is not valid in its encoding"),
    BORROWS_REMAIN("borrow handles still remain at the end of the call"),
    THROWN_OUT_OF_COMPONENT("uncaught exception propagated out of component"),
    UNKNOWN_HANDLE("unknown handle index"),
    /** A handle is dropped or given away while a call has it. */
    STILL_LENT("cannot remove owned resource while borrowed"),
    REALLOC_OUT_OF_BOUNDS("realloc return: beyond end of memory"),
    REALLOC_UNALIGNED("realloc return: result not aligned"),
    /** Of host functions alone, as all that follows: the trap table of a file has no room for more codes. */
    HOST_RULE("a rule of the host's interface is broken");

    private final String message;

    TrapCode(String message) {
        this.message = message;
    }

    /** The text that the specification's test suite expects for this trap. */
    public String message() {
        return message;
    }
}
