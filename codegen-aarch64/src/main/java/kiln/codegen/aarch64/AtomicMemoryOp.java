package kiln.codegen.aarch64;

import java.util.Locale;

/**
 * Atomic loads, stores and both in one (Arm Architecture Reference Manual for A-profile, C4.1), all with acquire and
 * release order, for one byte; more bytes by the two highest bits.
 */
enum AtomicMemoryOp {
    LDAR(Form.ORDERED, 0x08df_fc00),
    STLR(Form.ORDERED, 0x089f_fc00),
    LDAXR(Form.ORDERED, 0x085f_fc00),
    STLXR(Form.EXCLUSIVE, 0x0800_fc00),
    /** {@code lse}, as all that follow. */
    CASAL(Form.MODIFY, 0x08e0_fc00),
    SWPAL(Form.MODIFY, 0x38e0_8000),
    LDADDAL(Form.MODIFY, 0x38e0_0000),
    /** Clears the bits that the operand has. */
    LDCLRAL(Form.MODIFY, 0x38e0_1000),
    LDEORAL(Form.MODIFY, 0x38e0_2000),
    LDSETAL(Form.MODIFY, 0x38e0_3000);

    /** Which registers there are besides the address. */
    enum Form {
        ORDERED,
        EXCLUSIVE,
        MODIFY
    }

    final Form form;
    final int bits;

    AtomicMemoryOp(Form form, int bits) {
        this.form = form;
        this.bits = bits;
    }

    /** For {@code 1 << scale} bytes. */
    String mnemonic(int scale) {
        return name().toLowerCase(Locale.ROOT) + (scale == 0 ? "b" : scale == 1 ? "h" : "");
    }
}
