package kiln.codegen.x64;

import static kiln.codegen.x64.Assembler.M0F;
import static kiln.codegen.x64.Assembler.M38;
import static kiln.codegen.x64.Assembler.P66;
import static kiln.codegen.x64.Assembler.PF3;

import java.util.Locale;

/** Operations {@code op reg, r/m} whose operands both have the size of the operation. */
public enum IntOp {
    MOV(0x8b),
    IMUL(M0F | 0xaf),
    BSF(M0F | 0xbc),
    BSR(M0F | 0xbd),
    POPCNT(PF3 | M0F | 0xb8),
    TZCNT(PF3 | M0F | 0xbc),
    LZCNT(PF3 | M0F | 0xbd);

    final int opcode;

    IntOp(int opcode) {
        this.opcode = opcode;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** VEX-encoded {@code op reg, reg, r/m} (ANDN) and {@code op reg, r/m, reg} (the others). */
    enum Vex {
        ANDN(M38 | 0xf2),
        SHLX(P66 | M38 | 0xf7),
        SHRX(Assembler.PF2 | M38 | 0xf7),
        SARX(PF3 | M38 | 0xf7);

        final int opcode;

        Vex(int opcode) {
            this.opcode = opcode;
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** VEX-encoded {@code op reg, r/m} that change the lowest set bit. */
    enum LowestBit {
        BLSR(1),
        BLSMSK(2),
        BLSI(3);

        final int number;

        LowestBit(int number) {
            this.number = number;
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
