package kiln.artifact;

import java.util.ArrayList;
import java.util.List;

/**
 * Where the columns of a section lie, one after the other. Readers of tables find their columns by it, so that
 * {@link FileFields}, which lists the fields of a file, gets them from the readers themselves.
 */
final class TableLayout {
    /**
     * Numbers of the same meaning.
     *
     * @param start byte offset in the section
     */
    record Column(String name, int bytesEach, long start, long count) {}

    private final List<Column> columns = new ArrayList<>();
    private long end;

    /** Says that {@code count} numbers follow; returns where they start. */
    long add(String name, int bytesEach, long count) {
        long start = end;
        columns.add(new Column(name, bytesEach, start, count));
        end += bytesEach * count;
        return start;
    }

    /** Appends the columns of a table that starts here. */
    void add(TableLayout table) {
        for (Column c : table.columns) {
            add(c.name, c.bytesEach, c.count);
        }
    }

    /** Where the next column would start. */
    long end() {
        return end;
    }

    List<Column> columns() {
        return columns;
    }
}
