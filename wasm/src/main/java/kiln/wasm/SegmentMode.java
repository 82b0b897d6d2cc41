package kiln.wasm;

/** When a segment is used (2.5.7, 2.5.8). Only element segments can be declared. */
public enum SegmentMode {
    ACTIVE,
    PASSIVE,
    DECLARED
}
