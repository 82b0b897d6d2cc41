package kiln.wasm;

/**
 * A data segment; its content is a range of the module's bytes.
 *
 * @param memory the memory an active segment is written to
 * @param at     the address an active segment is written to, else null
 */
public record DataSegment(SegmentMode mode, int memory, ConstExpr at, int offset, int length) {}
