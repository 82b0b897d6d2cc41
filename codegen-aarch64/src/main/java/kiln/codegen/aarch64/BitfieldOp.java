package kiln.codegen.aarch64;

import java.util.Locale;

/** Bitfield moves: sign-extending, into a kept register, zero-extending. */
enum BitfieldOp {
    SBFM(0x1300_0000),
    BFM(0x3300_0000),
    UBFM(0x5300_0000);

    final int bits;

    BitfieldOp(int bits) {
        this.bits = bits;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
