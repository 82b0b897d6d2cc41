package kiln.runtime;

/**
 * @param min elements
 * @param max elements, or {@link EntityType#UNBOUNDED}
 * @param bounded whether a maximum was declared; only needed to tell 2^64-1 from {@link EntityType#UNBOUNDED}
 * @param is64 whether indices have 64 bits
 */
public record TableType(ValType.Ref element, long min, long max, boolean bounded, boolean is64) implements EntityType {
    public TableType {
        bounded |= max != UNBOUNDED;
    }

    /** One whose maximum is not 2^64-1. */
    public TableType(ValType.Ref element, long min, long max, boolean is64) {
        this(element, min, max, false, is64);
    }

    /** A table with 32-bit indices. */
    public TableType(ValType.Ref element, long min, long max) {
        this(element, min, max, false);
    }

    @Override
    public String toString() {
        return "table " + (is64 ? "i64 " : "") + Limits.text(min, max, bounded) + " " + element;
    }
}
