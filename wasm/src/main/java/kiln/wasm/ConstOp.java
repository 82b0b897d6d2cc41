package kiln.wasm;

import kiln.types.HeapType;

/**
 * One instruction of a constant expression, in stack order, the final {@code end} left out.
 *
 * @param a the value of a constant (floats as bits; the low half of a v128), or the index of a global, function or
 *          type, or the {@link HeapType} of {@code ref.null}
 * @param b the high half of a v128, or the length of {@code array.new_fixed}
 */
public record ConstOp(Op op, long a, long b) {}
