package kiln.runtime;

/**
 * Something that an instance exports or imports. It belongs to a {@link Store} and is of no use after that is closed.
 */
public sealed interface Extern permits Func, Memory, Table, Global, Tag {
    /** Its type; the minimum of a memory or table is its present size. */
    EntityType type();

    /** Where it lives. */
    Store store();
}
