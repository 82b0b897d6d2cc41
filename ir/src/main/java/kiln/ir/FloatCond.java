package kiln.ir;

/**
 * Floating-point comparison with WebAssembly's meaning: false on NaN, except {@link #NE}. Not closed under negation.
 */
public enum FloatCond implements SideData {
    EQ,
    NE,
    LT,
    GT,
    LE,
    GE;

    /** The condition with its operands exchanged. */
    public FloatCond swap() {
        return switch (this) {
            case EQ, NE -> this;
            case LT -> GT;
            case GT -> LT;
            case LE -> GE;
            case GE -> LE;
        };
    }

    /** Evaluates the condition on constants of a type, given as their bits. */
    public boolean test(Type type, long a, long b) {
        return test(Floats.value(type, a), Floats.value(type, b));
    }

    /** Evaluates the condition on constants. */
    public boolean test(double a, double b) {
        return switch (this) {
            case EQ -> a == b;
            case NE -> a != b;
            case LT -> a < b;
            case GT -> a > b;
            case LE -> a <= b;
            case GE -> a >= b;
        };
    }
}
