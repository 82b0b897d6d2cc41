package kiln.artifact;

/**
 * What became of a function that a module defines: why its code is in the file, or why it is not.
 *
 * @param item what {@code kind} says, or 0
 * @param function index in the module's function space of the function that keeps this one, or -1; following it leads
 *     to what is visible from outside
 */
public record Fate(Kind kind, int item, int function) {
    /** The reasons; the ordinal is the number in files, so entries are only ever appended. */
    public enum Kind {
        /** Dropped: nothing that can run refers to it. */
        UNREACHABLE,
        /**
         * Dropped: its body was put into its callers, one of which is {@code function}, and nothing else refers to it.
         */
        INLINED,
        /** Kept: exported; item: number of the export. */
        EXPORT,
        /** Kept: the start function. */
        START,
        /** Kept: in a table; item: element segment; function: who calls through the table, or -1 if others may. */
        TABLE,
        /** Kept: a global refers to it; item: the global. */
        GLOBAL,
        /** Kept: {@code function} makes a reference to it. */
        REFERENCE,
        /** Kept: {@code function} calls it. */
        CALL,
        /** Kept: the compiler was asked to keep everything. */
        REQUEST
    }

    public static final Fate UNREACHABLE = new Fate(Kind.UNREACHABLE, 0, -1);

    public Fate(Kind kind, int item) {
        this(kind, item, -1);
    }

    /** Whether the function's code is in the file. */
    public boolean isKept() {
        return kind != Kind.UNREACHABLE && kind != Kind.INLINED;
    }
}
