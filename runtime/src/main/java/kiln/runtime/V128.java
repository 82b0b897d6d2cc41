package kiln.runtime;

/** A vector of 128 bits, as its halves. */
public record V128(long low, long high) {}
