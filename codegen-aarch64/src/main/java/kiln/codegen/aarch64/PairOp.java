package kiln.codegen.aarch64;

/** Loads and stores of two registers. */
enum PairOp {
    STP_W(0, 0, 0, 2),
    LDP_W(0, 0, 1, 2),
    LDPSW(1, 0, 1, 2),
    STP_X(2, 0, 0, 3),
    LDP_X(2, 0, 1, 3),
    STP_S(0, 1, 0, 2),
    LDP_S(0, 1, 1, 2),
    STP_D(1, 1, 0, 3),
    LDP_D(1, 1, 1, 3),
    STP_Q(2, 1, 0, 4),
    LDP_Q(2, 1, 1, 4);

    /** Fields opc, V and L of the encoding. */
    final int bits;

    /** Log2 of the bytes of one register. */
    final int scale;

    PairOp(int opc, int v, int load, int scale) {
        bits = opc << 30 | v << 26 | load << 22;
        this.scale = scale;
    }
}
