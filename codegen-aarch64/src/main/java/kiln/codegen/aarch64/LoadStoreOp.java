package kiln.codegen.aarch64;

import java.util.Locale;

/** Loads and stores of one register. */
enum LoadStoreOp {
    STRB(0, 0, 0, 4),
    LDRB(0, 0, 1, 4),
    LDRSB_X(0, 0, 2, 8),
    LDRSB_W(0, 0, 3, 4),
    STRH(1, 0, 0, 4),
    LDRH(1, 0, 1, 4),
    LDRSH_X(1, 0, 2, 8),
    LDRSH_W(1, 0, 3, 4),
    STR_W(2, 0, 0, 4),
    LDR_W(2, 0, 1, 4),
    LDRSW(2, 0, 2, 8),
    STR_X(3, 0, 0, 8),
    LDR_X(3, 0, 1, 8),
    STR_B(0, 1, 0, 1),
    LDR_B(0, 1, 1, 1),
    STR_H(1, 1, 0, 2),
    LDR_H(1, 1, 1, 2),
    STR_S(2, 1, 0, 4),
    LDR_S(2, 1, 1, 4),
    STR_D(3, 1, 0, 8),
    LDR_D(3, 1, 1, 8),
    STR_Q(0, 1, 2, 16),
    LDR_Q(0, 1, 3, 16);

    /** Fields size, V and opc of the encoding. */
    final int bits;

    /** Log2 of the bytes accessed. */
    final int scale;

    private final int registerBytes;
    private final boolean vector;

    LoadStoreOp(int size, int v, int opc, int registerBytes) {
        bits = size << 30 | v << 26 | opc << 22;
        scale = registerBytes == 16 ? 4 : size;
        vector = v == 1;
        this.registerBytes = registerBytes;
    }

    int bytes() {
        return 1 << scale;
    }

    boolean isVector() {
        return vector;
    }

    /** Bytes of the register that the assembly text names. */
    int registerBytes() {
        return registerBytes;
    }

    boolean isStore() {
        return switch (this) {
            case STRB, STRH, STR_W, STR_X, STR_B, STR_H, STR_S, STR_D, STR_Q -> true;
            default -> false;
        };
    }

    /** Name of the form with an immediate that is a multiple of the size, or with a register. */
    String mnemonic() {
        int cut = name().indexOf('_');
        return (cut < 0 ? name() : name().substring(0, cut)).toLowerCase(Locale.ROOT);
    }
}
