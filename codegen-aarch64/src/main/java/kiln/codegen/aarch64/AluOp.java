package kiln.codegen.aarch64;

import java.util.Locale;

/** Integer operations on three registers. The bits are those of the 32-bit form without operands. */
enum AluOp {
    ADD(0x0b000000),
    ADDS(0x2b000000),
    SUB(0x4b000000),
    SUBS(0x6b000000),
    AND(0x0a000000),
    BIC(0x0a200000),
    ORR(0x2a000000),
    ORN(0x2a200000),
    EOR(0x4a000000),
    EON(0x4a200000),
    ANDS(0x6a000000),
    BICS(0x6a200000),
    UDIV(0x1ac00800),
    SDIV(0x1ac00c00),
    LSL(0x1ac02000),
    LSR(0x1ac02400),
    ASR(0x1ac02800),
    ROR(0x1ac02c00),
    MUL(0x1b007c00),
    MNEG(0x1b00fc00),
    /** High half; 64-bit only. */
    SMULH(0x9b407c00),
    /** High half; 64-bit only. */
    UMULH(0x9bc07c00),
    /** 32 by 32 bits to 64. */
    SMULL(0x9b207c00),
    /** 32 by 32 bits to 64. */
    UMULL(0x9ba07c00);

    final int bits;

    AluOp(int bits) {
        this.bits = bits;
    }

    boolean isAddSub() {
        return ordinal() <= SUBS.ordinal();
    }

    boolean isLogical() {
        return ordinal() >= AND.ordinal() && ordinal() <= BICS.ordinal();
    }

    /** Whether this takes a bitmask immediate. */
    boolean takesLogicalImmediate() {
        return this == AND || this == ORR || this == EOR || this == ANDS;
    }

    /** The form that sets the flags. */
    AluOp withFlags() {
        return switch (this) {
            case ADD -> ADDS;
            case SUB -> SUBS;
            case AND -> ANDS;
            case BIC -> BICS;
            default -> throw new IllegalArgumentException(toString());
        };
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
