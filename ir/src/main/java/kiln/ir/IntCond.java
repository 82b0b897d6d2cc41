package kiln.ir;

/** Integer comparison. */
public enum IntCond implements SideData {
    EQ,
    NE,
    SLT,
    SGE,
    SGT,
    SLE,
    ULT,
    UGE,
    UGT,
    ULE;

    private static final IntCond[] VALUES = values();

    /** The condition that holds exactly when this one does not. */
    public IntCond negate() {
        return VALUES[ordinal() ^ 1];
    }

    /** The condition with its operands exchanged. */
    public IntCond swap() {
        return switch (this) {
            case EQ, NE -> this;
            case SLT -> SGT;
            case SGT -> SLT;
            case SLE -> SGE;
            case SGE -> SLE;
            case ULT -> UGT;
            case UGT -> ULT;
            case ULE -> UGE;
            case UGE -> ULE;
        };
    }

    public boolean isSigned() {
        return this == SLT || this == SGE || this == SGT || this == SLE;
    }

    /** Evaluates the condition on constants; 32-bit operands must be given sign-extended. */
    public boolean test(long a, long b) {
        return switch (this) {
            case EQ -> a == b;
            case NE -> a != b;
            case SLT -> a < b;
            case SGE -> a >= b;
            case SGT -> a > b;
            case SLE -> a <= b;
            case ULT -> Long.compareUnsigned(a, b) < 0;
            case UGE -> Long.compareUnsigned(a, b) >= 0;
            case UGT -> Long.compareUnsigned(a, b) > 0;
            case ULE -> Long.compareUnsigned(a, b) <= 0;
        };
    }
}
