package kiln.codegen.aarch64;

import static kiln.codegen.aarch64.Arrangement.*;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
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

    // Vectors: rows begin with V, mnemonics do not. First whole registers bit by bit.
    /** Copies all 128 bits. */
    VMOV(Format.VECTOR_MOVE, 0x4ea0_1c00),
    VAND(Format.BITS_3, BYTES, 0x0e20_1c00, VectorOp.AND),
    /** The first without the bits of the second. */
    VBIC(Format.BITS_3, BYTES, 0x0e60_1c00, VectorOp.ANDNOT),
    VORR(Format.BITS_3, BYTES, 0x0ea0_1c00, VectorOp.OR),
    /** The first with the bits that the second does not have. */
    VORN(Format.BITS_3, BYTES, 0x0ee0_1c00),
    VEOR(Format.BITS_3, BYTES, 0x2e20_1c00, VectorOp.XOR),
    /** The target's bits choose: those of {@code rn} where it has ones, those of {@code rm} elsewhere. */
    VBSL(Format.BITS_MERGE_3, BYTES, 0x2e60_1c00),
    /** Takes the bits of {@code rn} where {@code rm} has ones. */
    VBIT(Format.BITS_MERGE_3, BYTES, 0x2ea0_1c00),
    /** Takes the bits of {@code rn} where {@code rm} has zeros. */
    VBIF(Format.BITS_MERGE_3, BYTES, 0x2ee0_1c00),
    VMVN(Format.BITS_2, BYTES, 0x2e20_5800, VectorOp.NOT),
    /** Ones in each byte. */
    VCNT(Format.BITS_2, BYTES, 0x0e20_5800, VectorOp.POPCNT),

    // Integers, three registers.
    VADD(Format.VECTOR_3, ALL, 0x0e20_8400, VectorOp.ADD),
    VSUB(Format.VECTOR_3, ALL, 0x2e20_8400, VectorOp.SUB),
    VMUL(Format.VECTOR_3, NARROW, 0x0e20_9c00, VectorOp.MUL),
    VMLA(Format.VECTOR_MERGE_3, NARROW, 0x0e20_9400),
    VMLS(Format.VECTOR_MERGE_3, NARROW, 0x2e20_9400),
    VSQADD(Format.VECTOR_3, ALL, 0x0e20_0c00, VectorOp.ADD_SAT_S),
    VUQADD(Format.VECTOR_3, ALL, 0x2e20_0c00, VectorOp.ADD_SAT_U),
    VSQSUB(Format.VECTOR_3, ALL, 0x0e20_2c00, VectorOp.SUB_SAT_S),
    VUQSUB(Format.VECTOR_3, ALL, 0x2e20_2c00, VectorOp.SUB_SAT_U),
    VSMIN(Format.VECTOR_3, NARROW, 0x0e20_6c00, VectorOp.MIN_S),
    VUMIN(Format.VECTOR_3, NARROW, 0x2e20_6c00, VectorOp.MIN_U),
    VSMAX(Format.VECTOR_3, NARROW, 0x0e20_6400, VectorOp.MAX_S),
    VUMAX(Format.VECTOR_3, NARROW, 0x2e20_6400, VectorOp.MAX_U),
    /** The mean, rounded up. */
    VURHADD(Format.VECTOR_3, NARROW, 0x2e20_1400, VectorOp.AVGR_U),
    /** High half of twice the product, rounded and saturated. */
    VSQRDMULH(Format.VECTOR_3, MIDDLE, 0x2e20_b400, VectorOp.Q15MULR_SAT_S, VectorOp.RELAXED_Q15MULR_S),
    VCMEQ(Format.VECTOR_3, ALL, 0x2e20_8c00, VectorOp.EQ),
    VCMGT(Format.VECTOR_3, ALL, 0x0e20_3400, VectorOp.GT_S),
    VCMGE(Format.VECTOR_3, ALL, 0x0e20_3c00, VectorOp.GE_S),
    VCMHI(Format.VECTOR_3, ALL, 0x2e20_3400, VectorOp.GT_U),
    VCMHS(Format.VECTOR_3, ALL, 0x2e20_3c00, VectorOp.GE_U),
    /** Whether there is a bit that both have. */
    VCMTST(Format.VECTOR_3, ALL, 0x0e20_8c00),
    /** By the lowest byte of each element of {@code rm}; to the right if it is negative. */
    VSSHL(Format.VECTOR_3, ALL, 0x0e20_4400),
    VUSHL(Format.VECTOR_3, ALL, 0x2e20_4400),
    /** Sums of neighbours: first those of {@code rn}, then those of {@code rm}. */
    VADDP(Format.VECTOR_3, ALL, 0x0e20_bc00),
    VUMAXP(Format.VECTOR_3, NARROW, 0x2e20_a400),
    VUMINP(Format.VECTOR_3, NARROW, 0x2e20_ac00),

    // One source.
    VCMEQ_ZERO(Format.VECTOR_2, ALL, 0x0e20_9800),
    VCMGT_ZERO(Format.VECTOR_2, ALL, 0x0e20_8800),
    VCMGE_ZERO(Format.VECTOR_2, ALL, 0x2e20_8800),
    VCMLT_ZERO(Format.VECTOR_2, ALL, 0x0e20_a800),
    VCMLE_ZERO(Format.VECTOR_2, ALL, 0x2e20_9800),
    VABS(Format.VECTOR_2, ALL, 0x0e20_b800, VectorOp.ABS),
    VNEG(Format.VECTOR_2, ALL, 0x2e20_b800, VectorOp.NEG),

    // Shifts by constants.
    VSHL(Format.SHIFT_2, ALL, 0x0f00_5400),
    VSSHR(Format.SHIFT_2, ALL, 0x0f00_0400),
    VUSHR(Format.SHIFT_2, ALL, 0x2f00_0400),
    /** Adds what is shifted. */
    VSSRA(Format.SHIFT_MERGE_2, ALL, 0x0f00_1400),
    VUSRA(Format.SHIFT_MERGE_2, ALL, 0x2f00_1400),
    /** Leaves the bits that the shift makes free. */
    VSLI(Format.SHIFT_MERGE_2, ALL, 0x2f00_5400),
    VSRI(Format.SHIFT_MERGE_2, ALL, 0x2f00_4400),
    VSSHLL(Format.SHIFT_LONG_2, NARROW, 0x0f00_a400),
    VUSHLL(Format.SHIFT_LONG_2, NARROW, 0x2f00_a400),
    VSHRN(Format.SHIFT_NARROW_2, LOW, 0x0f00_8400),

    // From elements to others of twice the size, and back. What reads or writes the upper half ends in 2.
    VSMULL(Format.LONG_VECTOR_3, NARROW, 0x0e20_c000),
    VUMULL(Format.LONG_VECTOR_3, NARROW, 0x2e20_c000),
    VSMLAL(Format.LONG_VECTOR_MERGE_3, NARROW, 0x0e20_8000),
    VUMLAL(Format.LONG_VECTOR_MERGE_3, NARROW, 0x2e20_8000),
    VSMLSL(Format.LONG_VECTOR_MERGE_3, NARROW, 0x0e20_a000),
    VUMLSL(Format.LONG_VECTOR_MERGE_3, NARROW, 0x2e20_a000),
    VSADDL(Format.LONG_VECTOR_3, NARROW, 0x0e20_0000),
    VUADDL(Format.LONG_VECTOR_3, NARROW, 0x2e20_0000),
    VSSUBL(Format.LONG_VECTOR_3, NARROW, 0x0e20_2000),
    VUSUBL(Format.LONG_VECTOR_3, NARROW, 0x2e20_2000),
    VSADDW(Format.WIDE_VECTOR_3, NARROW, 0x0e20_1000),
    VUADDW(Format.WIDE_VECTOR_3, NARROW, 0x2e20_1000),
    VSSUBW(Format.WIDE_VECTOR_3, NARROW, 0x0e20_3000),
    VUSUBW(Format.WIDE_VECTOR_3, NARROW, 0x2e20_3000),
    VSADDLP(Format.PAIRS_2, NARROW, 0x0e20_2800),
    VUADDLP(Format.PAIRS_2, NARROW, 0x2e20_2800),
    VSADALP(Format.PAIRS_MERGE_2, NARROW, 0x0e20_6800),
    VUADALP(Format.PAIRS_MERGE_2, NARROW, 0x2e20_6800),
    VXTN(Format.NARROW_2, LOW, 0x0e21_2800),
    VSQXTN(Format.NARROW_2, LOW, 0x0e21_4800),
    VUQXTN(Format.NARROW_2, LOW, 0x2e21_4800),
    VSQXTUN(Format.NARROW_2, LOW, 0x2e21_2800),
    VXTN_HIGH(Format.NARROW_MERGE_2, HIGH, 0x0e21_2800),
    VSQXTN_HIGH(Format.NARROW_MERGE_2, HIGH, 0x0e21_4800),
    VUQXTN_HIGH(Format.NARROW_MERGE_2, HIGH, 0x2e21_4800),
    VSQXTUN_HIGH(Format.NARROW_MERGE_2, HIGH, 0x2e21_2800),
    /** Adds sums of four products of signed bytes. */
    VSDOT(Format.DOT, Set.of(S4), 0x4e80_9400),

    // Over all elements.
    VADDV(Format.REDUCE_2, REDUCED, 0x0e31_b800),
    VUMAXV(Format.REDUCE_2, REDUCED, 0x2e30_a800),
    VUMINV(Format.REDUCE_2, REDUCED, 0x2e31_a800),
    VUADDLV(Format.REDUCE_LONG_2, REDUCED, 0x2e30_3800),

    // Floats.
    VFADD(Format.FLOATS_3, FLOATS, 0x0e20_d400, VectorOp.ADD),
    VFSUB(Format.FLOATS_3, FLOATS, 0x0ea0_d400, VectorOp.SUB),
    VFMUL(Format.FLOATS_3, FLOATS, 0x2e20_dc00, VectorOp.MUL),
    VFDIV(Format.FLOATS_3, FLOATS, 0x2e20_fc00, VectorOp.DIV),
    VFMAX(Format.FLOATS_3, FLOATS, 0x0e20_f400, VectorOp.MAX, VectorOp.RELAXED_MAX),
    VFMIN(Format.FLOATS_3, FLOATS, 0x0ea0_f400, VectorOp.MIN, VectorOp.RELAXED_MIN),
    VFMLA(Format.FLOATS_MERGE_3, FLOATS, 0x0e20_cc00),
    VFMLS(Format.FLOATS_MERGE_3, FLOATS, 0x0ea0_cc00),
    VFCMEQ(Format.FLOATS_3, FLOATS, 0x0e20_e400, VectorOp.EQ),
    VFCMGE(Format.FLOATS_3, FLOATS, 0x2e20_e400, VectorOp.GE),
    VFCMGT(Format.FLOATS_3, FLOATS, 0x2ea0_e400, VectorOp.GT),
    VFCMEQ_ZERO(Format.FLOATS_2, FLOATS, 0x0ea0_d800),
    VFCMGE_ZERO(Format.FLOATS_2, FLOATS, 0x2ea0_c800),
    VFCMGT_ZERO(Format.FLOATS_2, FLOATS, 0x0ea0_c800),
    VFCMLE_ZERO(Format.FLOATS_2, FLOATS, 0x2ea0_d800),
    VFCMLT_ZERO(Format.FLOATS_2, FLOATS, 0x0ea0_e800),
    VFABS(Format.FLOATS_2, FLOATS, 0x0ea0_f800, VectorOp.ABS),
    VFNEG(Format.FLOATS_2, FLOATS, 0x2ea0_f800, VectorOp.NEG),
    VFSQRT(Format.FLOATS_2, FLOATS, 0x2ea1_f800, VectorOp.SQRT),
    VFRINTN(Format.FLOATS_2, FLOATS, 0x0e21_8800, VectorOp.NEAREST),
    VFRINTM(Format.FLOATS_2, FLOATS, 0x0e21_9800, VectorOp.FLOOR),
    VFRINTP(Format.FLOATS_2, FLOATS, 0x0ea1_8800, VectorOp.CEIL),
    VFRINTZ(Format.FLOATS_2, FLOATS, 0x0ea1_9800, VectorOp.TRUNC),
    VSCVTF(Format.FLOATS_2, FLOATS, 0x0e21_d800, VectorOp.CONVERT_S),
    VUCVTF(Format.FLOATS_2, FLOATS, 0x2e21_d800, VectorOp.CONVERT_U),
    VFCVTZS(Format.FLOATS_2, FLOATS, 0x0ea1_b800),
    VFCVTZU(Format.FLOATS_2, FLOATS, 0x2ea1_b800),
    VFCVTL(Format.CHANGE_LONG, WORDS, 0x0e61_7800),
    VFCVTN(Format.CHANGE_NARROW, Set.of(S2), 0x0e61_6800),

    // With one element of the last register.
    VMUL_ELEMENT(Format.ELEMENT_3, WORDS, 0x0f00_8000),
    VMLA_ELEMENT(Format.ELEMENT_MERGE_3, WORDS, 0x2f00_0000),
    VMLS_ELEMENT(Format.ELEMENT_MERGE_3, WORDS, 0x2f00_4000),
    VFMUL_ELEMENT(Format.FLOAT_ELEMENT_3, FLOATS, 0x0f80_9000),
    VFMLA_ELEMENT(Format.FLOAT_ELEMENT_MERGE_3, FLOATS, 0x0f80_1000),
    VFMLS_ELEMENT(Format.FLOAT_ELEMENT_MERGE_3, FLOATS, 0x0f80_5000),

    // Elements moved. Those that change the target take two elements, or one and an integer register.
    VDUP_ELEMENT(Format.DUP_ELEMENT, ALL, 0x0e00_0400),
    VDUP(Format.DUP_GENERAL, ALL, 0x0e00_0c00),
    /** An element as a scalar. */
    VDUP_SCALAR("mov", Format.DUP_SCALAR, FULL, 0x5e00_0400),
    VINS_ELEMENT(Format.INSERT_ELEMENT, FULL, 0x6e00_0400),
    VINS(Format.INSERT_GENERAL, FULL, 0x4e00_1c00),
    VUMOV(Format.ELEMENT_TO_GENERAL, FULL, 0x0e00_3c00),
    /** Sign-extends to 32 bits. */
    VSMOV(Format.ELEMENT_TO_W, Set.of(B16, H8), 0x0e00_2c00),
    /** Sign-extends to 64 bits. */
    VSMOV_X(Format.ELEMENT_TO_X, HIGH, 0x4e00_2c00),
    /** Bytes of {@code rm:rn} from a constant place on. */
    VEXT(Format.BITS_3, BYTES, 0x2e00_0000),
    VZIP1(Format.VECTOR_3, ALL, 0x0e00_3800),
    VZIP2(Format.VECTOR_3, ALL, 0x0e00_7800),
    VUZP1(Format.VECTOR_3, ALL, 0x0e00_1800),
    VUZP2(Format.VECTOR_3, ALL, 0x0e00_5800),
    VTRN1(Format.VECTOR_3, ALL, 0x0e00_2800),
    VTRN2(Format.VECTOR_3, ALL, 0x0e00_6800),
    VREV64(Format.VECTOR_2, NARROW, 0x0e20_0800),
    VREV32(Format.VECTOR_2, SMALL, 0x2e20_0800),
    VREV16(Format.VECTOR_2, BYTES, 0x0e20_1800),
    /** Bytes of {@code rn} chosen by those of {@code rm}; zero beyond its end. */
    VTBL1("tbl", Format.TABLE_1, BYTES, 0x0e00_0000),
    /** Likewise from two registers, which follow each other. */
    VTBL2("tbl", Format.TABLE_2, BYTES, 0x0e00_2000),
    /** As {@link #VTBL1}; the target's bytes stay where the index is beyond the end. */
    VTBX1("tbx", Format.TABLE_MERGE_1, BYTES, 0x0e00_1000),

    // Constants; see Immediates.vector.
    VMOVI(Format.VECTOR_CONSTANT, Set.of(B16, H8, S4), 0x0f00_0400),
    VMVNI(Format.VECTOR_CONSTANT, Set.of(H8, S4), 0x2f00_0400),
    /** Bytes of zeros or ones. */
    VMOVI_D(Format.VECTOR_CONSTANT, Set.of(D2), 0x2f00_0400),
    VFMOV(Format.VECTOR_CONSTANT, Set.of(S4), 0x0f00_0400),
    VFMOV_D(Format.VECTOR_CONSTANT, Set.of(D2), 0x2f00_0400);

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
        V16B,
        /** In the instruction's arrangement. */
        V,
        /** The whole register in elements of twice the size. */
        V_WIDER,
        /** In elements of twice the size. */
        V_PAIRS,
        /** An element; its number is the modifier's. */
        ELEMENT,
        /** A scalar of an element's size. */
        SCALAR,
        /** A scalar of twice an element's size. */
        SCALAR_WIDER,
        /** The integer register that holds an element. */
        GENERAL,
        /** The only register of a table, in bytes. */
        TABLE,
        /** The first of two. */
        TABLE_START,
        /** The second one. */
        TABLE_END;

        String name(Reg r, boolean wide, boolean dbl, Arrangement lanes) {
            return switch (this) {
                case W -> Registers.name(false, r);
                case X -> Registers.name(true, r);
                case SIZED -> Registers.name(wide, r);
                case S -> Registers.scalar(4, r);
                case D -> Registers.scalar(8, r);
                case FLOAT -> Registers.scalar(dbl ? 8 : 4, r);
                case V16B -> r + ".16b";
                case V -> r + "." + lanes;
                case V_WIDER -> r + "." + lanes.wider();
                case V_PAIRS -> r + "." + (lanes == S2 ? "1d" : lanes.pairs());
                case ELEMENT -> r + "." + lanes.element();
                case SCALAR -> Registers.scalar(1 << lanes.log2, r);
                case SCALAR_WIDER -> Registers.scalar(2 << lanes.log2, r);
                case GENERAL -> Registers.name(lanes == D2, r);
                case TABLE -> "{" + r + ".16b}";
                case TABLE_START -> "{" + r + ".16b";
                case TABLE_END -> r + ".16b}";
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
        SF_TYPE,
        /** Bit 30: the whole vector register. */
        Q,
        /** Bit 30 likewise, bits 23 and 22 for the size of an element. */
        Q_SIZE,
        /** Bit 30 likewise, bit 22 for double precision. */
        Q_TYPE,
        /** Bits 20 to 16: the lowest one that is set says how large an element is, those above which one it is. */
        NUMBER,
        /** Bits 20 to 16, and bit 30. */
        Q_NUMBER
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

        // Vectors. Those that merge have the target's old value as an operand in front of the others.
        /** The source stands twice in the encoding. */
        VECTOR_MOVE(Size.ONE, View.V16B, View.V16B),
        BITS_3(Size.Q, View.V, View.V, View.V),
        BITS_MERGE_3(Size.Q, true, View.V, View.V, View.V),
        BITS_2(Size.Q, View.V, View.V),
        VECTOR_3(Size.Q_SIZE, View.V, View.V, View.V),
        VECTOR_MERGE_3(Size.Q_SIZE, true, View.V, View.V, View.V),
        VECTOR_2(Size.Q_SIZE, View.V, View.V),
        SHIFT_2(Size.Q, View.V, View.V),
        SHIFT_MERGE_2(Size.Q, true, View.V, View.V),
        SHIFT_LONG_2(Size.Q, View.V_WIDER, View.V),
        SHIFT_NARROW_2(Size.Q, View.V, View.V_WIDER),
        LONG_VECTOR_3(Size.Q_SIZE, View.V_WIDER, View.V, View.V),
        LONG_VECTOR_MERGE_3(Size.Q_SIZE, true, View.V_WIDER, View.V, View.V),
        WIDE_VECTOR_3(Size.Q_SIZE, View.V_WIDER, View.V_WIDER, View.V),
        PAIRS_2(Size.Q_SIZE, View.V_PAIRS, View.V),
        PAIRS_MERGE_2(Size.Q_SIZE, true, View.V_PAIRS, View.V),
        NARROW_2(Size.Q_SIZE, View.V, View.V_WIDER),
        NARROW_MERGE_2(Size.Q_SIZE, true, View.V, View.V_WIDER),
        DOT(Size.ONE, true, View.V, View.V16B, View.V16B),
        REDUCE_2(Size.Q_SIZE, View.SCALAR, View.V),
        REDUCE_LONG_2(Size.Q_SIZE, View.SCALAR_WIDER, View.V),
        FLOATS_3(Size.Q_TYPE, View.V, View.V, View.V),
        FLOATS_MERGE_3(Size.Q_TYPE, true, View.V, View.V, View.V),
        FLOATS_2(Size.Q_TYPE, View.V, View.V),
        CHANGE_LONG(Size.Q, View.V_WIDER, View.V),
        CHANGE_NARROW(Size.Q, View.V, View.V_WIDER),
        ELEMENT_3(Size.Q_SIZE, View.V, View.V, View.ELEMENT),
        ELEMENT_MERGE_3(Size.Q_SIZE, true, View.V, View.V, View.ELEMENT),
        FLOAT_ELEMENT_3(Size.Q_TYPE, View.V, View.V, View.ELEMENT),
        FLOAT_ELEMENT_MERGE_3(Size.Q_TYPE, true, View.V, View.V, View.ELEMENT),
        DUP_ELEMENT(Size.Q_NUMBER, View.V, View.ELEMENT),
        DUP_GENERAL(Size.Q_NUMBER, View.V, View.GENERAL),
        DUP_SCALAR(Size.NUMBER, View.SCALAR, View.ELEMENT),
        INSERT_ELEMENT(Size.NUMBER, true, View.ELEMENT, View.ELEMENT),
        INSERT_GENERAL(Size.NUMBER, true, View.ELEMENT, View.GENERAL),
        ELEMENT_TO_GENERAL(Size.NUMBER, View.GENERAL, View.ELEMENT),
        ELEMENT_TO_W(Size.NUMBER, View.W, View.ELEMENT),
        ELEMENT_TO_X(Size.NUMBER, View.X, View.ELEMENT),
        TABLE_1(Size.Q, View.V, View.TABLE, View.V),
        TABLE_MERGE_1(Size.Q, true, View.V, View.TABLE, View.V),
        /** The allocator cannot look for neighbours: they are always the same two. */
        TABLE_2(
                Size.Q,
                false,
                Form.NONE
                        .useFixed(Registers.v(29))
                        .useFixed(Registers.v(30))
                        .use()
                        .def(),
                View.V,
                View.TABLE_START,
                View.TABLE_END,
                View.V),
        VECTOR_CONSTANT(Size.Q, View.V);

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
            Form f = merges ? Form.NONE.use() : Form.NONE;
            for (int i = 0; i < sources.length; i++) {
                // Late where the target already holds its old value when this is read.
                f = merges ? f.useLate() : f.use();
            }
            this(size, merges, target == null ? f : merges ? f.tied(0) : f.def(), target, sources);
        }

        Format(Size size, boolean merges, Form form, View target, View... sources) {
            this.size = size;
            this.merges = merges;
            this.target = target;
            this.sources = sources;
            this.form = form;
        }

        /** Whether only one half of the widest register counts, and the mnemonic ends in 2 for the upper one. */
        private boolean hasHalves() {
            return this == CHANGE_LONG
                    || this == CHANGE_NARROW
                    || ordinal() >= SHIFT_LONG_2.ordinal() && ordinal() <= WIDE_VECTOR_3.ordinal()
                    || this == NARROW_2
                    || this == NARROW_MERGE_2;
        }

        private boolean isFloats() {
            return size == Size.TYPE || size == Size.Q_TYPE;
        }
    }

    private static final Map<LaneOp, Op> BY_LANES = new HashMap<>();

    static {
        for (Op op : values()) {
            for (VectorOp v : op.vectorOps) {
                v.shapes().stream().filter(op::takes).forEach(l -> BY_LANES.put(v.on(l), op));
            }
        }
    }

    final Format format;
    /** Of vectors, else empty. */
    final Set<Arrangement> arrangements;

    final int bits;
    private final String mnemonic;
    private final List<VectorOp> vectorOps;

    Op(Format format, int bits) {
        this(null, format, bits);
    }

    Op(String mnemonic, Format format, int bits) {
        this(mnemonic, format, Set.of(), bits);
    }

    /** {@code vectorOps}: the operations of the IR that this is the one instruction for, on lanes that it takes. */
    Op(Format format, Set<Arrangement> arrangements, int bits, VectorOp... vectorOps) {
        this(null, format, arrangements, bits, vectorOps);
    }

    Op(String mnemonic, Format format, Set<Arrangement> arrangements, int bits, VectorOp... vectorOps) {
        this.mnemonic = mnemonic == null ? mnemonicOf(name()) : mnemonic;
        this.format = format;
        this.arrangements = arrangements;
        this.bits = bits;
        this.vectorOps = List.of(vectorOps);
    }

    private static String mnemonicOf(String name) {
        int end = name.indexOf('_');
        return name.substring(name.startsWith("V") ? 1 : 0, end < 0 ? name.length() : end)
                .toLowerCase(Locale.ROOT);
    }

    private boolean takes(Lanes lanes) {
        return lanes.isFloat() == format.isFloats() && arrangements.contains(Arrangement.of(lanes));
    }

    /** The row for an operation on lanes, or null if there is no one instruction for it. */
    static Op of(LaneOp op) {
        return BY_LANES.get(op);
    }

    /** The bits that choose the size; {@code lanes} is null where there are no vectors. */
    int sizeBits(boolean wide, boolean dbl, Arrangement lanes) {
        Assembler.require(lanes == null ? arrangements.isEmpty() : arrangements.contains(lanes));
        return switch (format.size) {
            case ONE -> 0;
            // Reversing all bytes of eight has its own opcode, the 32-bit one would reverse each word.
            case SF -> wide ? this == REV ? 1 << 31 | 0x400 : 1 << 31 : 0;
            case SF_N -> wide ? 1 << 31 | 1 << 22 : 0;
            case TYPE -> dbl ? 1 << 22 : 0;
            case SF_TYPE -> (wide ? 1 << 31 : 0) | (dbl ? 1 << 22 : 0);
            case Q -> q(lanes);
            case Q_SIZE -> q(lanes) | lanes.log2 << 22;
            case Q_TYPE -> q(lanes) | (lanes == D2 ? 1 << 22 : 0);
            // To a 64-bit register is another form.
            case NUMBER -> 1 << 16 + lanes.log2 | (this == VUMOV && lanes == D2 ? 1 << 30 : 0);
            case Q_NUMBER -> q(lanes) | 1 << 16 + lanes.log2;
        };
    }

    private static int q(Arrangement lanes) {
        return lanes.full ? 1 << 30 : 0;
    }

    /** The mnemonic of the form for an arrangement. */
    String mnemonic(Arrangement lanes) {
        return lanes != null && lanes.full && format.hasHalves() ? mnemonic + "2" : mnemonic;
    }

    /** What the assembly text has behind the registers if it is always the same. */
    String constant() {
        return !name().endsWith("_ZERO") ? "" : format.isFloats() ? ", #0.0" : ", #0";
    }

    /** Whether the flags are not the same afterwards. */
    boolean setsFlags() {
        return switch (this) {
            case ADDS, ADDS_IMM, SUBS, SUBS_IMM, ANDS, ANDS_IMM, BICS, FCMP, FCMP_ZERO -> true;
            default -> isConditionalComparison();
        };
    }

    boolean isConditionalComparison() {
        return this == CCMP || this == CCMP_IMM || this == CCMN_IMM;
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
