package kiln.codegen.aarch64;

import java.util.Locale;

/** Scalar floating-point operations; the bits are those of the single-precision form without operands. */
final class FloatOp {
    private FloatOp() {}

    /** One source. */
    enum Unary {
        FMOV(0),
        FABS(1),
        FNEG(2),
        FSQRT(3),
        /** Towards nearest, ties to even. */
        FRINTN(8),
        /** Up. */
        FRINTP(9),
        /** Down. */
        FRINTM(10),
        /** Towards zero. */
        FRINTZ(11);

        final int bits;

        Unary(int opcode) {
            bits = 0x1e204000 | opcode << 15;
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Two sources. FMIN and FMAX propagate NaN and order -0 below +0, as WebAssembly wants. */
    enum Binary {
        FMUL,
        FDIV,
        FADD,
        FSUB,
        FMAX,
        FMIN;

        final int bits = 0x1e200800 | ordinal() << 12;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Between an integer and a float register. */
    enum Convert {
        /** Float to signed integer, towards zero, saturating, NaN to 0. */
        FCVTZS(0x1e380000),
        /** Float to unsigned integer, likewise. */
        FCVTZU(0x1e390000),
        SCVTF(0x1e220000),
        UCVTF(0x1e230000),
        FMOV_TO_INT(0x1e260000),
        FMOV_FROM_INT(0x1e270000);

        final int bits;

        Convert(int bits) {
            this.bits = bits;
        }

        @Override
        public String toString() {
            return this == FMOV_TO_INT || this == FMOV_FROM_INT ? "fmov" : name().toLowerCase(Locale.ROOT);
        }
    }
}
