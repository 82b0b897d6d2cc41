package kiln.codegen.x64;

import static kiln.codegen.x64.Assembler.M0F;

/** Loads and register moves that widen an integer; the target is always written to its full 64 bits. */
public enum ExtendOp {
    ZX8("movzx", M0F | 0xb6, 1, 4),
    ZX16("movzx", M0F | 0xb7, 2, 4),
    ZX32("mov", 0x8b, 4, 4),
    SX8_32("movsx", M0F | 0xbe, 1, 4),
    SX16_32("movsx", M0F | 0xbf, 2, 4),
    SX8_64("movsx", M0F | 0xbe, 1, 8),
    SX16_64("movsx", M0F | 0xbf, 2, 8),
    SX32_64("movsxd", 0x63, 4, 8),
    /** No widening: all eight bytes. */
    FULL64("mov", 0x8b, 8, 8);

    final String mnemonic;
    final int opcode;
    /** Bytes read. */
    final int from;
    /** Size of the operation. */
    final int to;

    ExtendOp(String mnemonic, int opcode, int from, int to) {
        this.mnemonic = mnemonic;
        this.opcode = opcode;
        this.from = from;
        this.to = to;
    }
}
