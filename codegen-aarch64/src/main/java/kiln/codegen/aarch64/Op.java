package kiln.codegen.aarch64;

import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import kiln.codegen.Form;
import kiln.codegen.Reg;
import kiln.ir.LaneOp;
import kiln.ir.Lanes;
import kiln.ir.VectorOp;

/**
 * The instructions of data processing, one row for each: which registers it has and how wide they are, and the bits of
 * its encoding without them (Arm Architecture Reference Manual for A-profile, C4.1), for the 32-bit or single-precision
 * form where there are two. Assembler, machine instructions and the encoders' tests read the rows. Loads and stores are
 * those of {@link LoadStoreOp} and {@link PairOp}.
 */
enum Op {
    // Integers, three registers. ADD to BICS also with the last one shifted, those up to SUBS with it extended.
    ADD(Format.INT_3, 0x0b00_0000),
    ADDS(Format.INT_3, 0x2b00_0000),
    SUB(Format.INT_3, 0x4b00_0000),
    SUBS(Format.INT_3, 0x6b00_0000),
    AND(Format.INT_3, 0x0a00_0000),
    BIC(Format.INT_3, 0x0a20_0000),
    ORR(Format.INT_3, 0x2a00_0000),
    ORN(Format.INT_3, 0x2a20_0000),
    EOR(Format.INT_3, 0x4a00_0000),
    EON(Format.INT_3, 0x4a20_0000),
    ANDS(Format.INT_3, 0x6a00_0000),
    BICS(Format.INT_3, 0x6a20_0000),
    UDIV(Format.INT_3, 0x1ac0_0800),
    SDIV(Format.INT_3, 0x1ac0_0c00),
    LSL(Format.INT_3, 0x1ac0_2000),
    LSR(Format.INT_3, 0x1ac0_2400),
    ASR(Format.INT_3, 0x1ac0_2800),
    ROR(Format.INT_3, 0x1ac0_2c00),
    MUL(Format.INT_3, 0x1b00_7c00),
    MNEG(Format.INT_3, 0x1b00_fc00),
    /** High half. */
    SMULH(Format.LONG_3, 0x9b40_7c00),
    /** High half. */
    UMULH(Format.LONG_3, 0x9bc0_7c00),
    /** 32 by 32 bits to 64. */
    SMULL(Format.WIDENING_3, 0x9b20_7c00),
    /** 32 by 32 bits to 64. */
    UMULL(Format.WIDENING_3, 0x9ba0_7c00),

    // Four: {@code ra ± rn * rm}.
    MADD(Format.INT_4, 0x1b00_0000),
    MSUB(Format.INT_4, 0x1b00_8000),
    SMADDL(Format.WIDENING_4, 0x9b20_0000),
    SMSUBL(Format.WIDENING_4, 0x9b20_8000),

    // One source.
    RBIT(Format.INT_2, 0x5ac0_0000),
    REV(Format.INT_2, 0x5ac0_0800),
    CLZ(Format.INT_2, 0x5ac0_1000),
    CLS(Format.INT_2, 0x5ac0_1400),

    // With immediates. Bitfield moves are also shifts by constants, extensions and extractions of fields.
    ADD_IMM("add", Format.INT_2, 0x1100_0000),
    ADDS_IMM("adds", Format.INT_2, 0x3100_0000),
    SUB_IMM("sub", Format.INT_2, 0x5100_0000),
    SUBS_IMM("subs", Format.INT_2, 0x7100_0000),
    AND_IMM("and", Format.INT_2, 0x1200_0000),
    ORR_IMM("orr", Format.INT_2, 0x3200_0000),
    EOR_IMM("eor", Format.INT_2, 0x5200_0000),
    ANDS_IMM("ands", Format.INT_2, 0x7200_0000),
    SBFM(Format.FIELD, 0x1300_0000),
    BFM(Format.INSERT, 0x3300_0000),
    UBFM(Format.FIELD, 0x5300_0000),
    /** Bits lsb and up of {@code rn:rm}; a rotation if they are the same. */
    EXTR(Format.EXTRACT, 0x1380_0000),

    // On a condition: the second operand as it is, plus one, complemented, negated.
    CSEL(Format.INT_3, 0x1a80_0000),
    CSINC(Format.INT_3, 0x1a80_0400),
    CSINV(Format.INT_3, 0x5a80_0000),
    CSNEG(Format.INT_3, 0x5a80_0400),
    CCMP(Format.INT_COMPARE_2, 0x7a40_0000),
    CCMP_IMM("ccmp", Format.INT_COMPARE_1, 0x7a40_0800),
    CCMN_IMM("ccmn", Format.INT_COMPARE_1, 0x3a40_0800),

    // Floats. FMIN and FMAX propagate NaN and order -0 below +0, as WebAssembly wants.
    FMOV(Format.FLOAT_2, 0x1e20_4000),
    FABS(Format.FLOAT_2, 0x1e20_c000),
    FNEG(Format.FLOAT_2, 0x1e21_4000),
    FSQRT(Format.FLOAT_2, 0x1e21_c000),
    /** Towards nearest, ties to even. */
    FRINTN(Format.FLOAT_2, 0x1e24_4000),
    /** Up. */
    FRINTP(Format.FLOAT_2, 0x1e24_c000),
    /** Down. */
    FRINTM(Format.FLOAT_2, 0x1e25_4000),
    /** Towards zero. */
    FRINTZ(Format.FLOAT_2, 0x1e25_c000),
    FMUL(Format.FLOAT_3, 0x1e20_0800),
    FDIV(Format.FLOAT_3, 0x1e20_1800),
    FADD(Format.FLOAT_3, 0x1e20_2800),
    FSUB(Format.FLOAT_3, 0x1e20_3800),
    FMAX(Format.FLOAT_3, 0x1e20_4800),
    FMIN(Format.FLOAT_3, 0x1e20_5800),
    FCSEL(Format.FLOAT_3, 0x1e20_0c00),
    FCMP(Format.FLOAT_COMPARE_2, 0x1e20_2000),
    /** With zero. */
    FCMP_ZERO("fcmp", Format.FLOAT_COMPARE_1, 0x1e20_2008),
    /** From single to double precision. */
    FCVT_D("fcvt", Format.PROMOTE, 0x1e22_c000),
    /** From double to single precision. */
    FCVT_S("fcvt", Format.DEMOTE, 0x1e62_4000),
    /** Float to signed integer, towards zero, saturating, NaN to 0. */
    FCVTZS(Format.FROM_FLOAT, 0x1e38_0000),
    /** Float to unsigned integer, likewise. */
    FCVTZU(Format.FROM_FLOAT, 0x1e39_0000),
    SCVTF(Format.TO_FLOAT, 0x1e22_0000),
    UCVTF(Format.TO_FLOAT, 0x1e23_0000),
    FMOV_TO_INT("fmov", Format.FROM_FLOAT, 0x1e26_0000),
    FMOV_FROM_INT("fmov", Format.TO_FLOAT, 0x1e27_0000),

    // Vectors.
    VADD_16B("add", Format.VECTOR_3, 0x4e20_8400, VectorOp.ADD.on(Lanes.I8X16)),
    /** Copies all 128 bits. */
    VMOV("mov", Format.VECTOR_MOVE, 0x4ea0_1c00),
    /** Ones in each of eight bytes. */
    CNT_8B("cnt", Format.VECTOR_8B_2, 0x0e20_5800),
    /** Sum of eight bytes. */
    ADDV_8B("addv", Format.VECTOR_SUM, 0x0e31_b800),
    /** Takes the bits of {@code rn} where {@code rm} has ones, on eight bytes. */
    BIT_8B("bit", Format.VECTOR_8B_MERGE, 0x2ea0_1c00);

    /** How wide a register is read or written, and so how it is called. */
    enum View {
        W,
        X,
        /** X for the 64-bit form, else W. */
        SIZED,
        S,
        D,
        /** D for double precision, else S. */
        FLOAT,
        B,
        V8B,
        V16B;

        String name(Reg r, boolean wide, boolean dbl) {
            return switch (this) {
                case W -> Registers.name(false, r);
                case X -> Registers.name(true, r);
                case SIZED -> Registers.name(wide, r);
                case S -> Registers.scalar(4, r);
                case D -> Registers.scalar(8, r);
                case FLOAT -> Registers.scalar(dbl ? 8 : 4, r);
                case B -> Registers.scalar(1, r);
                case V8B -> r + ".8b";
                case V16B -> r + ".16b";
            };
        }
    }

    /** Which bits choose among the forms of different sizes. */
    private enum Size {
        ONE,
        /** Bit 31: 64 bits. */
        SF,
        /** Bits 31 and 22: 64 bits. */
        SF_N,
        /** Bit 22: double precision. */
        TYPE,
        /** Bit 31 for the integer's size, bit 22 for the float's. */
        SF_TYPE
    }

    /**
     * The registers of an encoding, target first; the manual's names are rd, rn, rm, ra.
     *
     * <p>Its form has the sources as operands first, in that order, then the target.
     */
    enum Format {
        INT_3(Size.SF, View.SIZED, View.SIZED, View.SIZED),
        INT_4(Size.SF, View.SIZED, View.SIZED, View.SIZED, View.SIZED),
        INT_2(Size.SF, View.SIZED, View.SIZED),
        LONG_3(Size.ONE, View.X, View.X, View.X),
        WIDENING_3(Size.ONE, View.X, View.W, View.W),
        WIDENING_4(Size.ONE, View.X, View.W, View.W, View.X),
        FIELD(Size.SF_N, View.SIZED, View.SIZED),
        EXTRACT(Size.SF_N, View.SIZED, View.SIZED, View.SIZED),
        /** Some bits of the target stay. */
        INSERT(Size.SF_N, true, View.SIZED, View.SIZED),
        INT_COMPARE_2(Size.SF, null, View.SIZED, View.SIZED),
        INT_COMPARE_1(Size.SF, null, View.SIZED),
        FLOAT_3(Size.TYPE, View.FLOAT, View.FLOAT, View.FLOAT),
        FLOAT_2(Size.TYPE, View.FLOAT, View.FLOAT),
        FLOAT_COMPARE_2(Size.TYPE, null, View.FLOAT, View.FLOAT),
        FLOAT_COMPARE_1(Size.TYPE, null, View.FLOAT),
        PROMOTE(Size.ONE, View.D, View.S),
        DEMOTE(Size.ONE, View.S, View.D),
        FROM_FLOAT(Size.SF_TYPE, View.SIZED, View.FLOAT),
        TO_FLOAT(Size.SF_TYPE, View.FLOAT, View.SIZED),
        VECTOR_3(Size.ONE, View.V16B, View.V16B, View.V16B),
        /** The source stands twice in the encoding. */
        VECTOR_MOVE(Size.ONE, View.V16B, View.V16B),
        VECTOR_8B_2(Size.ONE, View.V8B, View.V8B),
        VECTOR_8B_MERGE(Size.ONE, true, View.V8B, View.V8B, View.V8B),
        VECTOR_SUM(Size.ONE, View.B, View.V8B);

        private final Size size;
        final boolean merges;
        /** Null if there is none. */
        final View target;

        final View[] sources;
        final Form form;

        Format(Size size, View target, View... sources) {
            this(size, false, target, sources);
        }

        /** {@code merges}: the target's old value is an operand, in front of the others. */
        Format(Size size, boolean merges, View target, View... sources) {
            this.size = size;
            this.merges = merges;
            this.target = target;
            this.sources = sources;
            Form f = merges ? Form.NONE.use() : Form.NONE;
            for (int i = 0; i < sources.length; i++) {
                // Late where the target already holds its old value when this is read.
                f = merges ? f.useLate() : f.use();
            }
            this.form = target == null ? f : merges ? f.tied(0) : f.def();
        }
    }

    private static final Map<LaneOp, Op> BY_LANES = Arrays.stream(values())
            .filter(op -> op.laneOp != null)
            .collect(Collectors.toUnmodifiableMap(op -> op.laneOp, op -> op));

    final Format format;
    final int bits;
    private final String mnemonic;
    private final LaneOp laneOp;

    Op(Format format, int bits) {
        this(null, format, bits);
    }

    Op(String mnemonic, Format format, int bits) {
        this(mnemonic, format, bits, null);
    }

    /** {@code laneOp}: the operation of the IR that it is the one instruction for. */
    Op(String mnemonic, Format format, int bits, LaneOp laneOp) {
        this.laneOp = laneOp;
        this.mnemonic = mnemonic == null ? name().toLowerCase(Locale.ROOT) : mnemonic;
        this.format = format;
        this.bits = bits;
    }

    /** The row for an operation on lanes. */
    static Op of(LaneOp op) {
        Op row = BY_LANES.get(op);
        if (row == null) {
            throw new IllegalArgumentException("no instruction for " + op);
        }
        return row;
    }

    /** The bits that choose the size. */
    int sizeBits(boolean wide, boolean dbl) {
        return switch (format.size) {
            case ONE -> 0;
            // Reversing all bytes of eight has its own opcode, the 32-bit one would reverse each word.
            case SF -> wide ? this == REV ? 1 << 31 | 0x400 : 1 << 31 : 0;
            case SF_N -> wide ? 1 << 31 | 1 << 22 : 0;
            case TYPE -> dbl ? 1 << 22 : 0;
            case SF_TYPE -> (wide ? 1 << 31 : 0) | (dbl ? 1 << 22 : 0);
        };
    }

    boolean isAddSub() {
        return ordinal() <= SUBS.ordinal();
    }

    boolean isLogical() {
        return ordinal() >= AND.ordinal() && ordinal() <= BICS.ordinal();
    }

    /** The row that takes an immediate instead of the last register. */
    Op withImmediate() {
        return switch (this) {
            case ADD -> ADD_IMM;
            case ADDS -> ADDS_IMM;
            case SUB -> SUB_IMM;
            case SUBS -> SUBS_IMM;
            case AND -> AND_IMM;
            case ORR -> ORR_IMM;
            case EOR -> EOR_IMM;
            case ANDS -> ANDS_IMM;
            default -> throw new IllegalArgumentException(toString());
        };
    }

    /** The mnemonic. */
    @Override
    public String toString() {
        return mnemonic;
    }
}
