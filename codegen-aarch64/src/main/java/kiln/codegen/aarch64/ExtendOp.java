package kiln.codegen.aarch64;

import java.util.Locale;

/** Extension of a register operand, in the order of the encoding. As an index in an address UXTX is written lsl. */
enum ExtendOp {
    UXTB,
    UXTH,
    UXTW,
    UXTX,
    SXTB,
    SXTH,
    SXTW,
    SXTX;

    /** Whether the operand is read as a 64-bit register. */
    boolean isWide() {
        return this == UXTX || this == SXTX;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
