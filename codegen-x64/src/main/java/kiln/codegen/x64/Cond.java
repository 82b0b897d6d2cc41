package kiln.codegen.x64;

import java.util.Locale;
import kiln.ir.IntCond;

/** A condition over the flags; the ordinal is its number in jcc, setcc and cmovcc. */
enum Cond {
    O,
    NO,
    B,
    AE,
    E,
    NE,
    BE,
    A,
    S,
    NS,
    P,
    NP,
    L,
    GE,
    LE,
    G;

    private static final Cond[] VALUES = values();

    /** The condition that holds exactly when this one does not. */
    public Cond negate() {
        return VALUES[ordinal() ^ 1];
    }

    /** The condition after {@code cmp x, y} that says whether {@code c} holds for x and y. */
    public static Cond of(IntCond c) {
        return switch (c) {
            case EQ -> E;
            case NE -> NE;
            case SLT -> L;
            case SGE -> GE;
            case SGT -> G;
            case SLE -> LE;
            case ULT -> B;
            case UGE -> AE;
            case UGT -> A;
            case ULE -> BE;
        };
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
