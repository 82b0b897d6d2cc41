package kiln.codegen.x64;

import static kiln.codegen.x64.Assembler.M0F;
import static kiln.codegen.x64.Assembler.P66;
import static kiln.codegen.x64.Assembler.PF2;
import static kiln.codegen.x64.Assembler.PF3;

import java.util.Locale;

/** Vector-register operations {@code op xmm, xmm/m}; with AVX they take another source in between. */
public enum FloatOp {
    ADDSS(PF3 | M0F | 0x58, 4),
    ADDSD(PF2 | M0F | 0x58, 8),
    SUBSS(PF3 | M0F | 0x5c, 4),
    SUBSD(PF2 | M0F | 0x5c, 8),
    MULSS(PF3 | M0F | 0x59, 4),
    MULSD(PF2 | M0F | 0x59, 8),
    DIVSS(PF3 | M0F | 0x5e, 4),
    DIVSD(PF2 | M0F | 0x5e, 8),
    MINSS(PF3 | M0F | 0x5d, 4),
    MINSD(PF2 | M0F | 0x5d, 8),
    MAXSS(PF3 | M0F | 0x5f, 4),
    MAXSD(PF2 | M0F | 0x5f, 8),
    SQRTSS(PF3 | M0F | 0x51, 4),
    SQRTSD(PF2 | M0F | 0x51, 8),
    CVTSS2SD(PF3 | M0F | 0x5a, 4),
    CVTSD2SS(PF2 | M0F | 0x5a, 8),
    ANDPS(M0F | 0x54, 16),
    ANDPD(P66 | M0F | 0x54, 16),
    ORPS(M0F | 0x56, 16),
    ORPD(P66 | M0F | 0x56, 16),
    XORPS(M0F | 0x57, 16),
    XORPD(P66 | M0F | 0x57, 16);

    final int opcode;
    /** Bytes that a memory operand has. */
    final int bytes;

    FloatOp(int opcode, int bytes) {
        this.opcode = opcode;
        this.bytes = bytes;
    }

    /** The operation on f32 ({@code size} 4) or f64 (8); {@code this} is the one on f32. */
    FloatOp forSize(int size) {
        return size == 4 ? this : values()[ordinal() + 1];
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
