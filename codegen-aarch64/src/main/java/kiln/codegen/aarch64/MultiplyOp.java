package kiln.codegen.aarch64;

import java.util.Locale;

/** Multiplications with an addend. */
enum MultiplyOp {
    MADD(0x1b00_0000),
    MSUB(0x1b00_8000),
    /** 32 by 32 bits, signed, added to 64. */
    SMADDL(0x9b20_0000),
    SMSUBL(0x9b20_8000);

    final int bits;

    MultiplyOp(int bits) {
        this.bits = bits;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
