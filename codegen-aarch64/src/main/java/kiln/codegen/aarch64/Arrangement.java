package kiln.codegen.aarch64;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import kiln.ir.Lanes;

/** How an instruction divides a vector register: size and number of elements, in the whole register or its low half. */
enum Arrangement {
    B8(0, false),
    B16(0, true),
    H4(1, false),
    H8(1, true),
    S2(2, false),
    S4(2, true),
    D2(3, true);

    static final Set<Arrangement> BYTES = set(B8, B16);
    /** Halfwords and words. */
    static final Set<Arrangement> MIDDLE = set(H4, H8, S2, S4);
    /** Bytes and halfwords. */
    static final Set<Arrangement> SMALL = set(B8, B16, H4, H8);

    static final Set<Arrangement> WORDS = set(S2, S4);
    /** All but doublewords. */
    static final Set<Arrangement> NARROW = set(B8, B16, H4, H8, S2, S4);

    static final Set<Arrangement> ALL = Collections.unmodifiableSet(EnumSet.allOf(Arrangement.class));
    static final Set<Arrangement> FLOATS = set(S2, S4, D2);
    /** Half registers: what narrowing makes. */
    static final Set<Arrangement> LOW = set(B8, H4, S2);
    /** Whole registers. */
    static final Set<Arrangement> FULL = set(B16, H8, S4, D2);
    /** Whole registers of elements that have a wider kind. */
    static final Set<Arrangement> HIGH = set(B16, H8, S4);
    /** What reductions over all elements take: two words are no reduction but a pair. */
    static final Set<Arrangement> REDUCED = set(B8, B16, H4, H8, S4);

    /** Log2 of an element's bytes. */
    final int log2;
    /** Whether it is the whole register. */
    final boolean full;

    Arrangement(int log2, boolean full) {
        this.log2 = log2;
        this.full = full;
    }

    private static Set<Arrangement> set(Arrangement first, Arrangement... more) {
        return Collections.unmodifiableSet(EnumSet.of(first, more));
    }

    /** The whole register in lanes of a shape; in bytes if it has none. */
    static Arrangement of(Lanes lanes) {
        return switch (lanes) {
            case I8X16, V128 -> B16;
            case I16X8 -> H8;
            case I32X4, F32X4 -> S4;
            case I64X2, F64X2 -> D2;
        };
    }

    /** The low half in lanes of a shape. */
    static Arrangement low(Lanes lanes) {
        return switch (lanes) {
            case I8X16, V128 -> B8;
            case I16X8 -> H4;
            case I32X4, F32X4 -> S2;
            case I64X2, F64X2 -> throw new IllegalArgumentException(lanes.toString());
        };
    }

    /** Bits of an element. */
    int bits() {
        return 8 << log2;
    }

    /** A whole register of elements of twice the size. */
    Arrangement wider() {
        return switch (this) {
            case B8, B16 -> H8;
            case H4, H8 -> S4;
            case S2, S4 -> D2;
            case D2 -> throw new IllegalArgumentException(toString());
        };
    }

    /** The same register in elements of twice the size; null for two words, of which there is one pair. */
    Arrangement pairs() {
        return switch (this) {
            case B8 -> H4;
            case H4 -> S2;
            case S2 -> null;
            default -> wider();
        };
    }

    /** The letter of an element. */
    String element() {
        return name().substring(0, 1).toLowerCase(Locale.ROOT);
    }

    /** As behind a register: {@code 16b}. */
    @Override
    public String toString() {
        return name().substring(1) + element();
    }
}
