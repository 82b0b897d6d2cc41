package kiln.codegen.x64;

import java.util.Locale;

/** Shifts and rotates; {@link #number} is the extension of their opcode. */
public enum ShiftOp {
    ROL(0),
    ROR(1),
    SHL(4),
    SHR(5),
    SAR(7);

    final int number;

    ShiftOp(int number) {
        this.number = number;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
