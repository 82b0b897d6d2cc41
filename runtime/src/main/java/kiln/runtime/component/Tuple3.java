package kiln.runtime.component;

/** A tuple of three values. */
public record Tuple3<A, B, C>(A first, B second, C third) {}
