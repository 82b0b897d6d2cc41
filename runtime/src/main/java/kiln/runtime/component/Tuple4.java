package kiln.runtime.component;

/** A tuple of four values. */
public record Tuple4<A, B, C, D>(A first, B second, C third, D fourth) {}
