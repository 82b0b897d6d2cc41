package kiln.runtime.component;

/** A tuple of two values. */
public record Tuple2<A, B>(A first, B second) {}
