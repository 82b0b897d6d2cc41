package kiln.artifact;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import kiln.artifact.api.ArtifactException;

/**
 * What a table that a module defines contains from the start, so that instantiation has nothing to do for it. Read in
 * place by generated code. Immutable.
 */
public final class TableImage {
    /** What an entry is; the ordinal is the form's number in files: forms are only appended. */
    public enum Form {
        /**
         * The table's slots are filled in on first use. An entry is a u32: 1 + funcref slot of the function, or 0 for
         * null. Before the entries: first index u32, count u32.
         */
        LAZY(1),
        /**
         * The table never changes and nobody else sees it, so the entries are the table, as far as it is not null. An
         * entry is code offset u32 (in the text), canonical type index u32; {@link #NULL_TYPE} for null.
         */
        SEALED(2),
        /** As {@link #SEALED}, of one type only: code offset u32, {@link FuncRefs#NO_CODE} for null. */
        UNIFORM(1),
        /**
         * As {@link #SEALED}, a column for each type of which functions are called, one behind the other. Each has an
         * entry for every index of the image: code offset u32 of a function that calls of the type may reach, {@link
         * #OTHER_TYPE} for another one, {@link FuncRefs#NO_CODE} for null.
         */
        COLUMNS(1);

        private static final Form[] VALUES = values();

        final int words;

        Form(int words) {
            this.words = words;
        }
    }

    /** In the image of a lazy table. */
    public static final int FIRST = 0;
    /** In the image of a lazy table. */
    public static final int COUNT = 4;
    /** In the image of a lazy table. */
    public static final int LAZY_ENTRIES = 8;

    /** Bytes of an entry of a sealed table. */
    public static final int SEALED_BYTES = 8;
    /** Within an entry of a sealed table. */
    public static final int SEALED_TYPE = 4;
    /** In place of a type. */
    public static final int NULL_TYPE = -1;
    /** In a column, in place of the code of a function that is not of its type. */
    public static final int OTHER_TYPE = -2;

    private final int table;
    private final Form form;
    private final int first;
    private final int count;
    /** The image of a file, else null. */
    private final MemorySegment bytes;
    /**
     * As in the file, but with the index of a defined function in place of its code's offset; null if read from a file.
     */
    private final int[] words;

    /**
     * @param table index among the tables defined in the module
     * @param first index of the first entry in the table
     * @param words one or two for each entry, as the form says, but with the index of a defined function in place of a
     *     code offset
     */
    public TableImage(int table, Form form, int first, int[] words) {
        this.table = table;
        this.form = form;
        this.first = first;
        this.count = words.length / form.words;
        this.bytes = null;
        this.words = words;
    }

    /** @param first of a sealed table; the image of a lazy one says it itself */
    TableImage(int table, Form form, int first, MemorySegment bytes) {
        this.table = table;
        this.form = form;
        this.words = null;
        this.bytes = bytes;
        this.first = form == Form.LAZY ? Le.i32(bytes, FIRST) : first;
        this.count = (int) ((bytes.byteSize() - (form == Form.LAZY ? LAZY_ENTRIES : 0)) / (4 * form.words));
    }

    static Form form(int number) {
        return Form.VALUES[number];
    }

    /** Index among the tables defined in the module. */
    public int table() {
        return table;
    }

    public Form form() {
        return form;
    }

    public boolean isSealed() {
        return form != Form.LAZY;
    }

    /** Index in the table of the first entry, of each column if there are several. */
    public int first() {
        return first;
    }

    /** The entries, of all columns. */
    public int count() {
        return count;
    }

    /** The bytes of an image that was read from a file: in native memory if the file is mapped. */
    public MemorySegment bytes() {
        return bytes.asReadOnly();
    }

    /** The words of an image that was not read from a file. Not to be changed. */
    public int[] words() {
        return words;
    }

    private int word(int i) {
        return words != null ? words[i] : Le.i32(bytes, (form == Form.LAZY ? LAZY_ENTRIES : 0) + 4L * i);
    }

    /** @throws ArtifactException if an entry is out of range */
    void check(int slots, long textLength) {
        for (int i = 0; i < count; i++) {
            int w = word(i * form.words);
            boolean ok = form == Form.LAZY
                    ? w >= 0 && w <= slots
                    : w == FuncRefs.NO_CODE
                            || form == Form.COLUMNS && w == OTHER_TYPE
                            || Integer.toUnsignedLong(w) < textLength;
            if (!ok) {
                throw References.damaged("entry " + i + " of table " + table + " out of range");
            }
        }
    }

    /** Equal but for the code: the same table, form and place, and the same slots or types. */
    @Override
    public boolean equals(Object o) {
        if (!(o instanceof TableImage t)
                || t.table != table
                || t.form != form
                || t.first != first
                || t.count != count) {
            return false;
        }
        if (form == Form.UNIFORM || form == Form.COLUMNS) {
            return true;
        }
        for (int i = form.words - 1; i < count * form.words; i += form.words) {
            if (word(i) != t.word(i)) {
                return false;
            }
        }
        return true;
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(new int[] {table, form.ordinal(), first, count});
    }

    @Override
    public String toString() {
        return form + " image of table " + table + ", " + count + " entries from " + first;
    }
}
