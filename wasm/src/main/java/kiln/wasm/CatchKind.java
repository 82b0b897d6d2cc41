package kiln.wasm;

/** The clauses of {@code try_table}; the ordinal is the binary format's byte. */
public enum CatchKind {
    /** Catches one tag, passes its values. */
    CATCH,
    /** Catches one tag, passes its values and the exception reference. */
    CATCH_REF,
    /** Catches everything, passes nothing. */
    CATCH_ALL,
    /** Catches everything, passes the exception reference. */
    CATCH_ALL_REF;

    /** Whether the clause names a tag. */
    public boolean hasTag() {
        return this == CATCH || this == CATCH_REF;
    }

    /** Whether the handler receives the exception reference. */
    public boolean hasRef() {
        return this == CATCH_REF || this == CATCH_ALL_REF;
    }
}
