package kiln.ir;

/**
 * A 128-bit constant.
 *
 * @param low bytes 0..7, little-endian
 * @param high bytes 8..15
 */
public record V128(long low, long high) {}
