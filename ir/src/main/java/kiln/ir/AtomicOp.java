package kiln.ir;

import java.util.Locale;
import java.util.function.LongBinaryOperator;

/** What an ATOMIC_RMW writes, given what was there and its operand. */
public enum AtomicOp {
    ADD((x, y) -> x + y),
    SUB((x, y) -> x - y),
    AND((x, y) -> x & y),
    OR((x, y) -> x | y),
    XOR((x, y) -> x ^ y),
    /** The operand, whatever was there. */
    XCHG((x, y) -> y);

    private final LongBinaryOperator function;
    private final String text = name().toLowerCase(Locale.ROOT);

    AtomicOp(LongBinaryOperator function) {
        this.function = function;
    }

    /** The new content; of a narrow access the low bytes count. */
    public long apply(long old, long operand) {
        return function.applyAsLong(old, operand);
    }

    @Override
    public String toString() {
        return text;
    }
}
