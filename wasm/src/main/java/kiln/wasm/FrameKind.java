package kiln.wasm;

/** What opened a control frame. A frame changes kind at else, catch and catch_all. */
public enum FrameKind {
    FUNCTION,
    BLOCK,
    LOOP,
    IF,
    ELSE,
    TRY_TABLE,
    /** The part of a legacy try before its handlers. */
    TRY,
    /** A handler of a legacy try. */
    CATCH,
    /** The last handler of a legacy try. */
    CATCH_ALL
}
