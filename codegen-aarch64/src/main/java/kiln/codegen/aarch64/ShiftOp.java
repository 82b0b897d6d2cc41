package kiln.codegen.aarch64;

import java.util.Locale;

/** Shift of a register operand, in the order of the encoding. */
enum ShiftOp {
    LSL,
    LSR,
    ASR,
    /** For logical instructions only. */
    ROR;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
