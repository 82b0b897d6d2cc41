package kiln.codegen.aarch64;

import java.util.Locale;

/** Integer operations on one register. */
enum UnaryOp {
    RBIT(0x5ac0_0000),
    REV(0x5ac0_0800),
    CLZ(0x5ac0_1000),
    CLS(0x5ac0_1400);

    final int bits;

    UnaryOp(int bits) {
        this.bits = bits;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
