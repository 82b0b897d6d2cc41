package kiln.runtime.component;

/** A tuple of six values. */
public record Tuple6<A, B, C, D, E, F>(A first, B second, C third, D fourth, E fifth, F sixth) {}
