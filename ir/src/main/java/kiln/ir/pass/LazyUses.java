package kiln.ir.pass;

import kiln.ir.Function;
import kiln.ir.Value;
import kiln.ir.analysis.UseCounts;

/**
 * Use counts that are made when somebody asks and then kept at or above the true ones while code changes: most
 * functions have no place where they matter.
 */
final class LazyUses {
    private final Function f;
    private UseCounts counts;
    private int counted;

    LazyUses(Function f) {
        this.f = f;
    }

    /** At least the number of uses of a value. */
    int of(Value v) {
        if (counts == null) {
            counts = new UseCounts(f);
            counted = f.valueIdBound();
        }
        return v.id() < counted ? counts.of(v) : Integer.MAX_VALUE / 2;
    }

    void add(Value v, int delta) {
        if (counts != null && v.id() < counted) {
            counts.add(v, delta);
        }
    }

    /** Makes every use of {@code v} one of {@code by}. */
    void replace(Value v, Value by) {
        if (counts != null && v.id() < counted) {
            add(by, counts.of(v));
        }
        v.replaceWith(by);
    }
}
