package kiln.codegen.aarch64;

import java.util.Locale;

/** Conditional selects: the second operand as it is, plus one, complemented, negated. */
enum SelectOp {
    CSEL(0x1a80_0000),
    CSINC(0x1a80_0400),
    CSINV(0x5a80_0000),
    CSNEG(0x5a80_0400);

    final int bits;

    SelectOp(int bits) {
        this.bits = bits;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
