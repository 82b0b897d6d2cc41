package kiln.codegen.x64;

import java.util.Locale;

/** Two-operand integer operations; the ordinal is the number in their opcodes. */
public enum AluOp {
    ADD,
    OR,
    ADC,
    SBB,
    AND,
    SUB,
    XOR,
    CMP;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
