package kiln.codegen.aarch64;

import java.util.Locale;
import kiln.ir.FloatCond;
import kiln.ir.IntCond;

/** Condition codes in the order of their encoding (Arm ARM, C1.2.4). */
enum Cond {
    EQ,
    NE,
    HS,
    LO,
    MI,
    PL,
    VS,
    VC,
    HI,
    LS,
    GE,
    LT,
    GT,
    LE;

    private static final Cond[] VALUES = values();

    Cond negate() {
        return VALUES[ordinal() ^ 1];
    }

    /** After an integer comparison. */
    static Cond of(IntCond c) {
        return switch (c) {
            case EQ -> EQ;
            case NE -> NE;
            case SLT -> LT;
            case SGE -> GE;
            case SGT -> GT;
            case SLE -> LE;
            case ULT -> LO;
            case UGE -> HS;
            case UGT -> HI;
            case ULE -> LS;
        };
    }

    /** After FCMP, which sets C and V for unordered operands: the conditions that are false then (true for NE). */
    static Cond of(FloatCond c) {
        return switch (c) {
            case EQ -> EQ;
            case NE -> NE;
            case LT -> MI;
            case GT -> GT;
            case LE -> LS;
            case GE -> GE;
        };
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
