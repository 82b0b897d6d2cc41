package kiln.codegen.x64;

import static kiln.codegen.x64.Assembler.M0F;
import static kiln.codegen.x64.Assembler.M38;
import static kiln.codegen.x64.Assembler.M3A;
import static kiln.codegen.x64.Assembler.P66;
import static kiln.codegen.x64.Assembler.PF2;
import static kiln.codegen.x64.Assembler.PF3;
import static kiln.codegen.x64.Op.Feature.AVX;
import static kiln.codegen.x64.Op.Feature.AVX2;
import static kiln.codegen.x64.Op.Feature.AVX512VBMI;
import static kiln.codegen.x64.Op.Feature.AVX512VL;
import static kiln.codegen.x64.Op.Feature.AVX512_BITALG;
import static kiln.codegen.x64.Op.Feature.BMI1;
import static kiln.codegen.x64.Op.Feature.BMI2;
import static kiln.codegen.x64.Op.Feature.FMA;
import static kiln.codegen.x64.Op.FlagResult.COMPARED;
import static kiln.codegen.x64.Op.FlagResult.ZERO_AND_SIGN;
import static kiln.codegen.x64.OpRow.alu;
import static kiln.codegen.x64.OpRow.atomic;
import static kiln.codegen.x64.OpRow.atomicAlu;
import static kiln.codegen.x64.OpRow.blend;
import static kiln.codegen.x64.OpRow.byteShift;
import static kiln.codegen.x64.OpRow.evex;
import static kiln.codegen.x64.OpRow.evexFromInteger;
import static kiln.codegen.x64.OpRow.integer;
import static kiln.codegen.x64.OpRow.lanes;
import static kiln.codegen.x64.OpRow.packed;
import static kiln.codegen.x64.OpRow.packedImm;
import static kiln.codegen.x64.OpRow.scalar;
import static kiln.codegen.x64.OpRow.shift;
import static kiln.codegen.x64.OpRow.shiftLanes;
import static kiln.codegen.x64.OpRow.signs;
import static kiln.codegen.x64.OpRow.unary;
import static kiln.codegen.x64.OpRow.unaryImm;
import static kiln.codegen.x64.OpRow.unaryLanes;
import static kiln.codegen.x64.OpRow.vex;

import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import kiln.ir.LaneOp;
import kiln.ir.Lanes;
import kiln.ir.VectorOp;

/**
 * The instructions, one row for each: operand sizes, encodings, what becomes of the first operand and of the flags, and
 * the processor's feature where the baseline x86-64-v2 does not have it (Intel SDM volume 2). Assembler, machine
 * instructions and the encoders' tests read the rows.
 *
 * <p>A size is that of the operation in bytes: 1, 2, 4 or 8 for integers, chosen by prefixes and opcode, and for vector
 * registers the number of bytes that a memory operand has.
 */
enum Op {
    // Integer arithmetic.
    ADD(alu(0).flags(ZERO_AND_SIGN).commutes()),
    OR(alu(1).flags(COMPARED).commutes()),
    ADC(alu(2)),
    SBB(alu(3)),
    AND(alu(4).flags(COMPARED).commutes()),
    SUB(alu(5).flags(ZERO_AND_SIGN)),
    XOR(alu(6).flags(COMPARED).commutes()),
    CMP(alu(7).reads()),
    TEST(integer(1, 2, 4, 8).reads().mr(0x85).digit(0).mi(0xf7)),
    IMUL(integer(4, 8)
            .rm(M0F | 0xaf)
            .rmi(0x69, Immediate.SHORT)
            .digit(5)
            .m(0xf7)
            .commutes()),
    NOT(integer(4, 8).digit(2).m(0xf7)),
    NEG(integer(4, 8).digit(3).m(0xf7).flags(ZERO_AND_SIGN)),
    /** rdx:rax = rax * r/m, as the one-operand form of IMUL for signed numbers. */
    MUL(integer(4, 8).digit(4).m(0xf7)),
    /** rax, rdx = quotient and remainder of rdx:rax by r/m. */
    DIV(integer(4, 8).digit(6).m(0xf7)),
    IDIV(integer(4, 8).digit(7).m(0xf7)),
    /** The sign of rax into rdx. */
    CDQ(integer(4, 8).names("cdq", "cqo").zo(0x99)),
    ROL(shift(0)),
    ROR(shift(1)),
    SHL(shift(4).flags(ZERO_AND_SIGN)),
    SHR(shift(5).flags(ZERO_AND_SIGN)),
    SAR(shift(7).flags(ZERO_AND_SIGN)),
    BT(integer(4, 8).reads().mr(M0F | 0xa3).digit(4).mi(M0F | 0xba, Immediate.BYTE)),
    BTC(integer(4, 8).digit(7).mi(M0F | 0xba, Immediate.BYTE)),
    BSF(integer(4, 8).writes().rm(M0F | 0xbc)),
    BSR(integer(4, 8).writes().rm(M0F | 0xbd)),
    POPCNT(integer(4, 8).writes().rm(PF3 | M0F | 0xb8)),
    TZCNT(integer(4, 8).writes().rm(PF3 | M0F | 0xbc).needs(BMI1)),
    LZCNT(integer(4, 8).writes().rm(PF3 | M0F | 0xbd).needs(Feature.LZCNT)),

    // BMI1, BMI2.
    /** {@code ~first & second} */
    ANDN(integer(4, 8).writes().rvm(M38 | 0xf2).needs(BMI1).flags(COMPARED)),
    BLSR(integer(4, 8).writes().digit(1).vm(M38 | 0xf3).needs(BMI1).flags(ZERO_AND_SIGN)),
    BLSMSK(integer(4, 8).writes().digit(2).vm(M38 | 0xf3).needs(BMI1).flags(ZERO_AND_SIGN)),
    BLSI(integer(4, 8).writes().digit(3).vm(M38 | 0xf3).needs(BMI1).flags(ZERO_AND_SIGN)),
    SHLX(integer(4, 8).writes().rmv(P66 | M38 | 0xf7).needs(BMI2)),
    SHRX(integer(4, 8).writes().rmv(PF2 | M38 | 0xf7).needs(BMI2)),
    SARX(integer(4, 8).writes().rmv(PF3 | M38 | 0xf7).needs(BMI2)),
    RORX(integer(4, 8).writes().rmiVex(PF2 | M3A | 0xf0).needs(BMI2)),
    /**
     * high:low = rdx * r/m, unsigned: reg is the high half, vvvv the low one; one register for both gets the high half.
     */
    MULX(integer(4, 8).writes().rvm(PF2 | M38 | 0xf6).needs(BMI2)),

    // Moves of integers. What widens writes all 64 bits of its target.
    MOV(integer(1, 2, 4, 8).writes().rm(0x8b).mr(0x89).digit(0).mi(0xc7)),
    MOVZX8("movzx", integer(4, 8).writes().from(1).rm(M0F | 0xb6)),
    MOVZX16("movzx", integer(4, 8).writes().from(2).rm(M0F | 0xb7)),
    MOVSX8("movsx", integer(4, 8).writes().from(1).rm(M0F | 0xbe)),
    MOVSX16("movsx", integer(4, 8).writes().from(2).rm(M0F | 0xbf)),
    MOVSXD(integer(8).writes().from(4).rm(0x63)),
    LEA(integer(4, 8).writes().memoryOnly().rm(0x8d)),
    /** With memory, atomic by itself. */
    XCHG(integer(1, 2, 4, 8).mr(0x87)),
    PUSH(integer(8).always64().o(0x50)),
    POP(integer(8).always64().o(0x58)),
    /** To the opcode comes the number of a {@link Cond}. */
    CMOV(integer(4, 8).rm(M0F | 0x40)),
    SET(integer(4).from(1).m(M0F | 0x90)),

    // Atomic, with a lock prefix.
    LOCK_ADD("lock add", atomicAlu(0)),
    LOCK_OR("lock or", atomicAlu(1)),
    LOCK_AND("lock and", atomicAlu(4)),
    LOCK_SUB("lock sub", atomicAlu(5)),
    LOCK_XOR("lock xor", atomicAlu(6)),
    /** Adds, and what was there before goes to the register. */
    XADD("lock xadd", atomic(M0F | 0xc1)),
    /** Writes the register if memory is equal to rax; else rax becomes what is there. */
    CMPXCHG("lock cmpxchg", atomic(M0F | 0xb1)),

    // Control flow. Jumps and calls to labels and symbols are methods of Assembler.
    CALL(integer(8).always64().digit(2).m(0xff)),
    JMP(integer(8).always64().digit(4).m(0xff)),
    RET(integer(8).always64().zo(0xc3)),
    LEAVE(integer(8).always64().zo(0xc9)),
    INT3(integer(8).always64().zo(0xcc)),
    SYSCALL(integer(8).always64().zo(M0F | 0x05)),

    // Floats in vector registers.
    ADDSS(scalar(4).rm(PF3 | M0F | 0x58).avx().commutes()),
    ADDSD(scalar(8).rm(PF2 | M0F | 0x58).avx().commutes()),
    SUBSS(scalar(4).rm(PF3 | M0F | 0x5c).avx()),
    SUBSD(scalar(8).rm(PF2 | M0F | 0x5c).avx()),
    MULSS(scalar(4).rm(PF3 | M0F | 0x59).avx().commutes()),
    MULSD(scalar(8).rm(PF2 | M0F | 0x59).avx().commutes()),
    DIVSS(scalar(4).rm(PF3 | M0F | 0x5e).avx()),
    DIVSD(scalar(8).rm(PF2 | M0F | 0x5e).avx()),
    MINSS(scalar(4).rm(PF3 | M0F | 0x5d).avx()),
    MINSD(scalar(8).rm(PF2 | M0F | 0x5d).avx()),
    MAXSS(scalar(4).rm(PF3 | M0F | 0x5f).avx()),
    MAXSD(scalar(8).rm(PF2 | M0F | 0x5f).avx()),
    SQRTSS(scalar(4).writes().rm(PF3 | M0F | 0x51).avx()),
    SQRTSD(scalar(8).writes().rm(PF2 | M0F | 0x51).avx()),
    ROUNDSS(scalar(4).writes().rmi(P66 | M3A | 0x0a, Immediate.BYTE).avx()),
    ROUNDSD(scalar(8).writes().rmi(P66 | M3A | 0x0b, Immediate.BYTE).avx()),
    CVTSS2SD(scalar(4).writes().rm(PF3 | M0F | 0x5a).avx()),
    CVTSD2SS(scalar(8).writes().rm(PF2 | M0F | 0x5a).avx()),
    UCOMISS(scalar(4).reads().rm(M0F | 0x2e).avxAlike()),
    UCOMISD(scalar(8).reads().rm(P66 | M0F | 0x2e).avxAlike()),
    CVTSI2SS(integer(4, 8).writes().vectorReg().rm(PF3 | M0F | 0x2a).avx()),
    CVTSI2SD(integer(4, 8).writes().vectorReg().rm(PF2 | M0F | 0x2a).avx()),
    /** Truncates; the most negative integer if the result does not fit. */
    CVTTSS2SI(integer(4, 8).writes().from(4).vectorRm().rm(PF3 | M0F | 0x2c).avxAlike()),
    CVTTSD2SI(integer(4, 8).writes().from(8).vectorRm().rm(PF2 | M0F | 0x2c).avxAlike()),

    // Moves of vector registers. Loads clear the rest of the register.
    MOVSS(scalar(4)
            .writes()
            .memoryOnly()
            .rm(PF3 | M0F | 0x10)
            .mr(PF3 | M0F | 0x11)
            .avxAlike()),
    MOVSD(scalar(8)
            .writes()
            .memoryOnly()
            .rm(PF2 | M0F | 0x10)
            .mr(PF2 | M0F | 0x11)
            .avxAlike()),
    MOVUPS(scalar(16).writes().memoryOnly().rm(M0F | 0x10).mr(M0F | 0x11).avxAlike()),
    MOVAPS(unary(M0F | 0x28).registerOnly()),
    /** From a register it clears the upper half, too. */
    MOVQ(scalar(8).writes().rm(PF3 | M0F | 0x7e).mr(P66 | M0F | 0xd6).avxAlike()),
    MOVD(integer(4, 8)
            .names("movd", "movq")
            .writes()
            .vectorReg()
            .rm(P66 | M0F | 0x6e)
            .mr(P66 | M0F | 0x7e)
            .avxAlike()),
    /** One half of a register from memory, or to it. */
    MOVLPS(scalar(8).memoryOnly().rm(M0F | 0x12).mr(M0F | 0x13).avx()),
    MOVHPS(scalar(8).memoryOnly().rm(M0F | 0x16).mr(M0F | 0x17).avx()),
    /** The upper half into the lower one, and the other way round. */
    MOVHLPS(packed(M0F | 0x12).registerOnly()),
    MOVLHPS(packed(M0F | 0x16).registerOnly()),

    // Vectors: bits.
    ANDPS(packed(M0F | 0x54).commutes()),
    ANDNPS(packed(M0F | 0x55)),
    ORPS(packed(M0F | 0x56).commutes()),
    XORPS(packed(M0F | 0x57).commutes()),
    PAND(lanes(Lanes.V128, VectorOp.AND, P66 | M0F | 0xdb)),
    /** {@code ~first & second} */
    PANDN(packed(P66 | M0F | 0xdf)),
    POR(lanes(Lanes.V128, VectorOp.OR, P66 | M0F | 0xeb)),
    PXOR(lanes(Lanes.V128, VectorOp.XOR, P66 | M0F | 0xef)),
    PTEST(scalar(16).aligned().reads().rm(P66 | M38 | 0x17).avxAlike()),

    // Integer arithmetic on lanes.
    PADDB(lanes(Lanes.I8X16, VectorOp.ADD, P66 | M0F | 0xfc)),
    PADDW(lanes(Lanes.I16X8, VectorOp.ADD, P66 | M0F | 0xfd)),
    PADDD(lanes(Lanes.I32X4, VectorOp.ADD, P66 | M0F | 0xfe)),
    PADDQ(lanes(Lanes.I64X2, VectorOp.ADD, P66 | M0F | 0xd4)),
    PSUBB(lanes(Lanes.I8X16, VectorOp.SUB, P66 | M0F | 0xf8)),
    PSUBW(lanes(Lanes.I16X8, VectorOp.SUB, P66 | M0F | 0xf9)),
    PSUBD(lanes(Lanes.I32X4, VectorOp.SUB, P66 | M0F | 0xfa)),
    PSUBQ(lanes(Lanes.I64X2, VectorOp.SUB, P66 | M0F | 0xfb)),
    PADDSB(lanes(Lanes.I8X16, VectorOp.ADD_SAT_S, P66 | M0F | 0xec)),
    PADDSW(lanes(Lanes.I16X8, VectorOp.ADD_SAT_S, P66 | M0F | 0xed)),
    PADDUSB(lanes(Lanes.I8X16, VectorOp.ADD_SAT_U, P66 | M0F | 0xdc)),
    PADDUSW(lanes(Lanes.I16X8, VectorOp.ADD_SAT_U, P66 | M0F | 0xdd)),
    PSUBSB(lanes(Lanes.I8X16, VectorOp.SUB_SAT_S, P66 | M0F | 0xe8)),
    PSUBSW(lanes(Lanes.I16X8, VectorOp.SUB_SAT_S, P66 | M0F | 0xe9)),
    PSUBUSB(lanes(Lanes.I8X16, VectorOp.SUB_SAT_U, P66 | M0F | 0xd8)),
    PSUBUSW(lanes(Lanes.I16X8, VectorOp.SUB_SAT_U, P66 | M0F | 0xd9)),
    PMULLW(lanes(Lanes.I16X8, VectorOp.MUL, P66 | M0F | 0xd5)),
    PMULLD(lanes(Lanes.I32X4, VectorOp.MUL, P66 | M38 | 0x40)),
    PMULHW(packed(P66 | M0F | 0xe5).commutes()),
    PMULHUW(packed(P66 | M0F | 0xe4).commutes()),
    /** Products of 64 bits of the lanes 0 and 2 of 32 bits. */
    PMULUDQ(packed(P66 | M0F | 0xf4).commutes()),
    PMULDQ(packed(P66 | M38 | 0x28).commutes()),
    /** Does not saturate: the product of two lanes of -2^15 is -2^15. */
    PMULHRSW(packed(P66 | M38 | 0x0b).commutes()),
    PMADDWD(lanes(Lanes.I32X4, VectorOp.DOT_S, P66 | M0F | 0xf5)),
    /** Saturated sums of products of unsigned bytes of the first operand and signed ones of the second. */
    PMADDUBSW(packed(P66 | M38 | 0x04)),
    PSADBW(packed(P66 | M0F | 0xf6).commutes()),
    PMINSB(lanes(Lanes.I8X16, VectorOp.MIN_S, P66 | M38 | 0x38)),
    PMINSW(lanes(Lanes.I16X8, VectorOp.MIN_S, P66 | M0F | 0xea)),
    PMINSD(lanes(Lanes.I32X4, VectorOp.MIN_S, P66 | M38 | 0x39)),
    PMINUB(lanes(Lanes.I8X16, VectorOp.MIN_U, P66 | M0F | 0xda)),
    PMINUW(lanes(Lanes.I16X8, VectorOp.MIN_U, P66 | M38 | 0x3a)),
    PMINUD(lanes(Lanes.I32X4, VectorOp.MIN_U, P66 | M38 | 0x3b)),
    PMAXSB(lanes(Lanes.I8X16, VectorOp.MAX_S, P66 | M38 | 0x3c)),
    PMAXSW(lanes(Lanes.I16X8, VectorOp.MAX_S, P66 | M0F | 0xee)),
    PMAXSD(lanes(Lanes.I32X4, VectorOp.MAX_S, P66 | M38 | 0x3d)),
    PMAXUB(lanes(Lanes.I8X16, VectorOp.MAX_U, P66 | M0F | 0xde)),
    PMAXUW(lanes(Lanes.I16X8, VectorOp.MAX_U, P66 | M38 | 0x3e)),
    PMAXUD(lanes(Lanes.I32X4, VectorOp.MAX_U, P66 | M38 | 0x3f)),
    PAVGB(lanes(Lanes.I8X16, VectorOp.AVGR_U, P66 | M0F | 0xe0)),
    PAVGW(lanes(Lanes.I16X8, VectorOp.AVGR_U, P66 | M0F | 0xe3)),
    PABSB(unaryLanes(Lanes.I8X16, VectorOp.ABS, P66 | M38 | 0x1c)),
    PABSW(unaryLanes(Lanes.I16X8, VectorOp.ABS, P66 | M38 | 0x1d)),
    PABSD(unaryLanes(Lanes.I32X4, VectorOp.ABS, P66 | M38 | 0x1e)),
    PCMPEQB(lanes(Lanes.I8X16, VectorOp.EQ, P66 | M0F | 0x74)),
    PCMPEQW(lanes(Lanes.I16X8, VectorOp.EQ, P66 | M0F | 0x75)),
    PCMPEQD(lanes(Lanes.I32X4, VectorOp.EQ, P66 | M0F | 0x76)),
    PCMPEQQ(lanes(Lanes.I64X2, VectorOp.EQ, P66 | M38 | 0x29)),
    PCMPGTB(lanes(Lanes.I8X16, VectorOp.GT_S, P66 | M0F | 0x64)),
    PCMPGTW(lanes(Lanes.I16X8, VectorOp.GT_S, P66 | M0F | 0x65)),
    PCMPGTD(lanes(Lanes.I32X4, VectorOp.GT_S, P66 | M0F | 0x66)),
    PCMPGTQ(lanes(Lanes.I64X2, VectorOp.GT_S, P66 | M38 | 0x37)),

    // Shifts of lanes, by the low 64 bits of a vector or by an immediate. Too large a count shifts all bits out.
    PSLLW(shiftLanes(Lanes.I16X8, VectorOp.SHL, 0xf1, 6, 0x71)),
    PSLLD(shiftLanes(Lanes.I32X4, VectorOp.SHL, 0xf2, 6, 0x72)),
    PSLLQ(shiftLanes(Lanes.I64X2, VectorOp.SHL, 0xf3, 6, 0x73)),
    PSRLW(shiftLanes(Lanes.I16X8, VectorOp.SHR_U, 0xd1, 2, 0x71)),
    PSRLD(shiftLanes(Lanes.I32X4, VectorOp.SHR_U, 0xd2, 2, 0x72)),
    PSRLQ(shiftLanes(Lanes.I64X2, VectorOp.SHR_U, 0xd3, 2, 0x73)),
    PSRAW(shiftLanes(Lanes.I16X8, VectorOp.SHR_S, 0xe1, 4, 0x71)),
    PSRAD(shiftLanes(Lanes.I32X4, VectorOp.SHR_S, 0xe2, 4, 0x72)),
    /** By bytes. */
    PSLLDQ(byteShift(7)),
    PSRLDQ(byteShift(3)),

    // Lanes into others.
    PACKSSWB(lanes(Lanes.I8X16, VectorOp.NARROW_S, P66 | M0F | 0x63)),
    PACKSSDW(lanes(Lanes.I16X8, VectorOp.NARROW_S, P66 | M0F | 0x6b)),
    PACKUSWB(lanes(Lanes.I8X16, VectorOp.NARROW_U, P66 | M0F | 0x67)),
    PACKUSDW(lanes(Lanes.I16X8, VectorOp.NARROW_U, P66 | M38 | 0x2b)),
    PUNPCKLBW(packed(P66 | M0F | 0x60)),
    PUNPCKLWD(packed(P66 | M0F | 0x61)),
    PUNPCKLDQ(packed(P66 | M0F | 0x62)),
    PUNPCKLQDQ(packed(P66 | M0F | 0x6c)),
    PUNPCKHBW(packed(P66 | M0F | 0x68)),
    PUNPCKHWD(packed(P66 | M0F | 0x69)),
    PUNPCKHDQ(packed(P66 | M0F | 0x6a)),
    PUNPCKHQDQ(packed(P66 | M0F | 0x6d)),
    UNPCKLPS(packed(M0F | 0x14)),
    UNPCKLPD(packed(P66 | M0F | 0x14)),
    UNPCKHPS(packed(M0F | 0x15)),
    UNPCKHPD(packed(P66 | M0F | 0x15)),
    PSHUFB(packed(P66 | M38 | 0x00)),
    PSHUFD(unaryImm(P66 | M0F | 0x70)),
    PSHUFLW(unaryImm(PF2 | M0F | 0x70)),
    PSHUFHW(unaryImm(PF3 | M0F | 0x70)),
    SHUFPS(packedImm(M0F | 0xc6)),
    SHUFPD(packedImm(P66 | M0F | 0xc6)),
    /** The bytes of second:first from the immediate on, where {@code first} is in the upper half. */
    PALIGNR(packedImm(P66 | M3A | 0x0f)),
    PBLENDW(packedImm(P66 | M3A | 0x0e)),
    BLENDPS(packedImm(P66 | M3A | 0x0c)),
    BLENDPD(packedImm(P66 | M3A | 0x0d)),
    /** Lanes of the second operand where the mask, in xmm0 without AVX, has its highest bit set, else of the first. */
    PBLENDVB(blend(0x10, 0x4c)),
    BLENDVPS(blend(0x14, 0x4a)),
    BLENDVPD(blend(0x15, 0x4b)),
    MOVDDUP(unary(8, PF2 | M0F | 0x12)),
    MOVSLDUP(unary(PF3 | M0F | 0x12)),
    MOVSHDUP(unary(PF3 | M0F | 0x16)),
    PMOVSXBW(unaryLanes(Lanes.I16X8, VectorOp.EXTEND_LOW_S, P66 | M38 | 0x20).from(8)),
    PMOVSXBD(unary(4, P66 | M38 | 0x21)),
    PMOVSXBQ(unary(2, P66 | M38 | 0x22)),
    PMOVSXWD(unaryLanes(Lanes.I32X4, VectorOp.EXTEND_LOW_S, P66 | M38 | 0x23).from(8)),
    PMOVSXWQ(unary(4, P66 | M38 | 0x24)),
    PMOVSXDQ(unaryLanes(Lanes.I64X2, VectorOp.EXTEND_LOW_S, P66 | M38 | 0x25).from(8)),
    PMOVZXBW(unaryLanes(Lanes.I16X8, VectorOp.EXTEND_LOW_U, P66 | M38 | 0x30).from(8)),
    PMOVZXBD(unary(4, P66 | M38 | 0x31)),
    PMOVZXBQ(unary(2, P66 | M38 | 0x32)),
    PMOVZXWD(unaryLanes(Lanes.I32X4, VectorOp.EXTEND_LOW_U, P66 | M38 | 0x33).from(8)),
    PMOVZXWQ(unary(4, P66 | M38 | 0x34)),
    PMOVZXDQ(unaryLanes(Lanes.I64X2, VectorOp.EXTEND_LOW_U, P66 | M38 | 0x35).from(8)),

    // Lanes from and to registers for integers and memory.
    PINSRB(integer(4)
            .vectorReg()
            .memory(1)
            .rmi(P66 | M3A | 0x20, Immediate.BYTE)
            .avx()),
    PINSRW(integer(4)
            .vectorReg()
            .memory(2)
            .rmi(P66 | M0F | 0xc4, Immediate.BYTE)
            .avx()),
    PINSRD(integer(4, 8)
            .names("pinsrd", "pinsrq")
            .vectorReg()
            .rmi(P66 | M3A | 0x22, Immediate.BYTE)
            .avx()),
    INSERTPS(scalar(4).rmi(P66 | M3A | 0x21, Immediate.BYTE).avx()),
    PEXTRB(integer(4).writes().vectorReg().memory(1).mri(P66 | M3A | 0x14).avxAlike()),
    PEXTRW(integer(4).writes().vectorReg().memory(2).mri(P66 | M3A | 0x15).avxAlike()),
    PEXTRD(integer(4, 8)
            .names("pextrd", "pextrq")
            .writes()
            .vectorReg()
            .mri(P66 | M3A | 0x16)
            .avxAlike()),
    EXTRACTPS(integer(4).writes().vectorReg().mri(P66 | M3A | 0x17).avxAlike()),
    /** The highest bits of the lanes. */
    PMOVMSKB(signs(P66 | M0F | 0xd7)),
    MOVMSKPS(signs(M0F | 0x50)),
    MOVMSKPD(signs(P66 | M0F | 0x50)),

    // Floats on lanes.
    ADDPS(lanes(Lanes.F32X4, VectorOp.ADD, M0F | 0x58)),
    ADDPD(lanes(Lanes.F64X2, VectorOp.ADD, P66 | M0F | 0x58)),
    SUBPS(lanes(Lanes.F32X4, VectorOp.SUB, M0F | 0x5c)),
    SUBPD(lanes(Lanes.F64X2, VectorOp.SUB, P66 | M0F | 0x5c)),
    MULPS(lanes(Lanes.F32X4, VectorOp.MUL, M0F | 0x59)),
    MULPD(lanes(Lanes.F64X2, VectorOp.MUL, P66 | M0F | 0x59)),
    DIVPS(lanes(Lanes.F32X4, VectorOp.DIV, M0F | 0x5e)),
    DIVPD(lanes(Lanes.F64X2, VectorOp.DIV, P66 | M0F | 0x5e)),
    /** {@code first < second ? first : second} */
    MINPS(packed(M0F | 0x5d)),
    MINPD(packed(P66 | M0F | 0x5d)),
    /** {@code first > second ? first : second} */
    MAXPS(packed(M0F | 0x5f)),
    MAXPD(packed(P66 | M0F | 0x5f)),
    SQRTPS(unaryLanes(Lanes.F32X4, VectorOp.SQRT, M0F | 0x51)),
    SQRTPD(unaryLanes(Lanes.F64X2, VectorOp.SQRT, P66 | M0F | 0x51)),
    ROUNDPS(unaryImm(P66 | M3A | 0x08)),
    ROUNDPD(unaryImm(P66 | M3A | 0x09)),
    /** The immediate is the comparison: equal, less, less or equal, unordered; from 4 on their opposites. */
    CMPPS(packedImm(M0F | 0xc2)),
    CMPPD(packedImm(P66 | M0F | 0xc2)),
    CVTDQ2PS(unaryLanes(Lanes.F32X4, VectorOp.CONVERT_S, M0F | 0x5b)),
    CVTDQ2PD(unaryLanes(Lanes.F64X2, VectorOp.CONVERT_LOW_S, PF3 | M0F | 0xe6).from(8)),
    CVTPS2DQ(unary(P66 | M0F | 0x5b)),
    CVTPD2DQ(unary(PF2 | M0F | 0xe6)),
    /** Truncates; the most negative integer if the result does not fit. */
    CVTTPS2DQ(unary(PF3 | M0F | 0x5b)),
    CVTTPD2DQ(unary(P66 | M0F | 0xe6)),
    CVTPS2PD(unaryLanes(Lanes.F64X2, VectorOp.PROMOTE_LOW, M0F | 0x5a).from(8)),
    CVTPD2PS(unaryLanes(Lanes.F32X4, VectorOp.DEMOTE_ZERO, P66 | M0F | 0x5a)),

    // AVX, AVX2, FMA.
    VPERMILPS(vex(AVX).writes().rmi(P66 | M3A | 0x04, Immediate.BYTE)),
    VPERMILPD(vex(AVX).writes().rmi(P66 | M3A | 0x05, Immediate.BYTE)),
    /** From a register only with AVX2. */
    VBROADCASTSS(vex(AVX).writes().memoryOnly().from(4).rm(P66 | M38 | 0x18)),
    VPBROADCASTB(vex(AVX2).writes().from(1).rm(P66 | M38 | 0x78)),
    VPBROADCASTW(vex(AVX2).writes().from(2).rm(P66 | M38 | 0x79)),
    VPBROADCASTD(vex(AVX2).writes().from(4).rm(P66 | M38 | 0x58)),
    VPBROADCASTQ(vex(AVX2).writes().from(8).rm(P66 | M38 | 0x59)),
    VPBLENDD(vex(AVX2).writes().rvmi(P66 | M3A | 0x02)),
    VPSLLVD(vex(AVX2).writes().rvm(P66 | M38 | 0x47)),
    VPSLLVQ(vex(AVX2).writes().w1().rvm(P66 | M38 | 0x47)),
    VPSRLVD(vex(AVX2).writes().rvm(P66 | M38 | 0x45)),
    VPSRLVQ(vex(AVX2).writes().w1().rvm(P66 | M38 | 0x45)),
    VPSRAVD(vex(AVX2).writes().rvm(P66 | M38 | 0x46)),
    // The digits say which operands are multiplied; the other one is added. The first one is overwritten.
    VFMADD132PS(vex(FMA).rvm(P66 | M38 | 0x98)),
    VFMADD132PD(vex(FMA).w1().rvm(P66 | M38 | 0x98)),
    VFMADD213PS(vex(FMA).rvm(P66 | M38 | 0xa8)),
    VFMADD213PD(vex(FMA).w1().rvm(P66 | M38 | 0xa8)),
    VFMADD231PS(vex(FMA).rvm(P66 | M38 | 0xb8)),
    VFMADD231PD(vex(FMA).w1().rvm(P66 | M38 | 0xb8)),
    VFNMADD132PS(vex(FMA).rvm(P66 | M38 | 0x9c)),
    VFNMADD132PD(vex(FMA).w1().rvm(P66 | M38 | 0x9c)),
    VFNMADD213PS(vex(FMA).rvm(P66 | M38 | 0xac)),
    VFNMADD213PD(vex(FMA).w1().rvm(P66 | M38 | 0xac)),
    VFNMADD231PS(vex(FMA).rvm(P66 | M38 | 0xbc)),
    VFNMADD231PD(vex(FMA).w1().rvm(P66 | M38 | 0xbc)),

    // AVX-512 on 128 bits, without masks.
    /** Any function of three bits: the immediate has its value for first << 2 | second << 1 | third. */
    VPTERNLOGD(evex(AVX512VL).rvmi(P66 | M3A | 0x25)),
    VPMULLQ(evex(AVX512VL).writes().w1().rvm(P66 | M38 | 0x40).does(Lanes.I64X2, VectorOp.MUL)),
    VPABSQ(evex(AVX512VL).writes().w1().rm(P66 | M38 | 0x1f).does(Lanes.I64X2, VectorOp.ABS)),
    VPSRAQ(evex(AVX512VL)
            .writes()
            .w1()
            .rvm(P66 | M0F | 0xe2)
            .digit(4)
            .vmi(P66 | M0F | 0x72)
            .does(Lanes.I64X2, VectorOp.SHR_S)),
    VPROLD(evex(AVX512VL).writes().digit(1).vmi(P66 | M0F | 0x72)),
    VPROLQ(evex(AVX512VL).writes().digit(1).w1().vmi(P66 | M0F | 0x72)),
    VPROLVD(evex(AVX512VL).writes().rvm(P66 | M38 | 0x15)),
    VPROLVQ(evex(AVX512VL).writes().w1().rvm(P66 | M38 | 0x15)),
    VPSLLVW(evex(AVX512VL).writes().w1().rvm(P66 | M38 | 0x12)),
    VPSRLVW(evex(AVX512VL).writes().w1().rvm(P66 | M38 | 0x10)),
    VPSRAVW(evex(AVX512VL).writes().w1().rvm(P66 | M38 | 0x11)),
    VPSRAVQ(evex(AVX512VL).writes().w1().rvm(P66 | M38 | 0x46)),
    /** From a register for integers. */
    VPBROADCASTB_GPR("vpbroadcastb", evexFromInteger(4).rm(P66 | M38 | 0x7a)),
    VPBROADCASTW_GPR("vpbroadcastw", evexFromInteger(4).rm(P66 | M38 | 0x7b)),
    VPBROADCASTD_GPR(evexFromInteger(4, 8).names("vpbroadcastd", "vpbroadcastq").rm(P66 | M38 | 0x7c)),
    VCVTUDQ2PS(evex(AVX512VL).writes().rm(PF2 | M0F | 0x7a).does(Lanes.F32X4, VectorOp.CONVERT_U)),
    VCVTUDQ2PD(evex(AVX512VL).writes().from(8).rm(PF3 | M0F | 0x7a).does(Lanes.F64X2, VectorOp.CONVERT_LOW_U)),
    /** Truncates; all ones if the result does not fit. */
    VCVTTPS2UDQ(evex(AVX512VL).writes().rm(M0F | 0x78)),
    VCVTTPD2UDQ(evex(AVX512VL).writes().w1().rm(M0F | 0x78)),
    /** Minimum (0 to 7 in the low bits: 4), maximum (5), with -0 below +0; the other operand if one is a NaN. */
    VRANGEPS(evex(AVX512VL).writes().rvmi(P66 | M3A | 0x50)),
    VRANGEPD(evex(AVX512VL).writes().w1().rvmi(P66 | M3A | 0x50)),
    /** Lanes of the last operand, chosen by those of the one in front. */
    VPERMB(evex(AVX512VBMI).writes().rvm(P66 | M38 | 0x8d)),
    VPERMW(evex(AVX512VL).writes().w1().rvm(P66 | M38 | 0x8d)),
    /** Lanes of the last two operands, chosen by those of the first one, which is overwritten. */
    VPERMI2B(evex(AVX512VBMI).rvm(P66 | M38 | 0x75)),
    VPERMI2W(evex(AVX512VL).w1().rvm(P66 | M38 | 0x75)),
    VPERMI2D(evex(AVX512VL).rvm(P66 | M38 | 0x76)),
    /** Lanes of the first operand, which is overwritten, and of the last one, chosen by those of the second. */
    VPERMT2B(evex(AVX512VBMI).rvm(P66 | M38 | 0x7d)),
    VPERMT2W(evex(AVX512VL).w1().rvm(P66 | M38 | 0x7d)),
    VPERMT2D(evex(AVX512VL).rvm(P66 | M38 | 0x7e)),
    VPOPCNTB(evex(AVX512_BITALG).writes().rm(P66 | M38 | 0x54).does(Lanes.I8X16, VectorOp.POPCNT));

    /**
     * How operands are encoded, in the words of the manual's column "Op/En": R is ModRM:reg, M is ModRM:r/m, V is
     * VEX.vvvv, I an immediate, C the register cl, O the opcode's low bits, ZO nothing; in the order in which the
     * instruction is written. The last R of RVMR is in the immediate.
     */
    enum Encoding {
        RM,
        MR,
        M,
        MI,
        MC,
        RMI,
        MRI,
        RVM,
        RVMI,
        RVMR,
        RMV,
        VM,
        VMI,
        O,
        ZO
    }

    /** What is in front of an instruction's opcode. */
    enum Prefix {
        /** The old prefixes. Encodings with a V have VEX all the same. */
        LEGACY,
        VEX,
        EVEX
    }

    /** The VEX form of an instruction with old prefixes. */
    enum Twin {
        NONE,
        /** It has the same operands. */
        ALIKE,
        /** It leaves its first operand alone: the result is one more. */
        THREE_OPERANDS
    }
    /** What becomes of the first operand. */
    enum Access {
        READS,
        WRITES,
        /** Read and written: the result is tied to it. */
        UPDATES
    }

    /** How many bytes an immediate has. */
    enum Immediate {
        /** One. */
        BYTE,
        /** One; an opcode of its own says that it is 1. */
        COUNT,
        /** As many as the operation, at most four; or one that is sign-extended, where that fits. */
        SHORT,
        /** As many as the operation, at most four. */
        FULL
    }

    /** What the flags say of the result that was written to a register. */
    enum FlagResult {
        NONE,
        /** Whether it is zero, or negative. */
        ZERO_AND_SIGN,
        /** What comparing it with zero would: carry and overflow are clear as well. */
        COMPARED
    }

    /** What the processor must have beyond the baseline; see {@link CpuFeatures}. */
    enum Feature {
        BASE,
        AVX,
        AVX2,
        FMA,
        AVX512VL,
        AVX512VBMI,
        AVX512_BITALG,
        BMI1,
        BMI2,
        LZCNT
    }

    private static final Map<LaneOp, Op> BY_LANES = Arrays.stream(values())
            .filter(op -> op.row.laneOp != null)
            .collect(Collectors.toUnmodifiableMap(op -> op.row.laneOp, op -> op));

    private final String mnemonic;
    private final OpRow row;

    Op(OpRow row) {
        this(null, row);
    }

    Op(String mnemonic, OpRow row) {
        this.mnemonic = mnemonic != null ? mnemonic : name().toLowerCase(Locale.ROOT);
        this.row = row;
    }

    String mnemonic(int size) {
        return row.wideName != null ? size == 8 ? row.wideName : row.narrowName : mnemonic;
    }

    /** Sizes that the operation comes in. */
    int[] sizes() {
        return row.sizes;
    }

    /** The size of an operation that comes in one only. */
    int size() {
        return row.sizes[0];
    }

    boolean has(Encoding e) {
        return row.opcodes[e.ordinal()] >= 0;
    }

    /** Mandatory prefix, map and opcode; see {@link OpRow}. */
    int opcode(Encoding e) {
        return row.opcodes[e.ordinal()];
    }

    /** What stands in ModRM:reg if no operand does. */
    int digit() {
        return row.digit;
    }

    Access access() {
        return row.access;
    }

    Immediate immediate() {
        return row.immediate;
    }

    FlagResult flags() {
        return row.flags;
    }

    /** Whether REX.W or VEX.W says that the size is 8. */
    boolean isSized() {
        return row.sized;
    }

    Prefix prefix() {
        return row.prefix;
    }

    /** Whether encoding {@code e} has no form with old prefixes. */
    boolean isVex(Encoding e) {
        return switch (e) {
            case RVM, RVMI, RVMR, RMV, VM, VMI -> true;
            default -> row.prefix != Prefix.LEGACY;
        };
    }

    /** Whether a VEX or EVEX prefix says W if {@link #isSized} does not hold. */
    boolean hasW1() {
        return row.w1;
    }

    /** Whether ModRM:reg is a vector register. */
    boolean hasVectorReg() {
        return row.vectorReg;
    }

    /** Whether ModRM:r/m is a vector register if it is none of memory. */
    boolean hasVectorRm() {
        return row.vectorRm;
    }

    /** Whether ModRM:r/m is memory, never a register. */
    boolean isMemoryOnly() {
        return row.memoryOnly;
    }

    /** Whether its two operands, the first of which becomes the result, may be exchanged. */
    boolean commutes() {
        return row.commutes;
    }

    /** Whether a lock prefix stands in front. */
    boolean isLocked() {
        return row.locked;
    }

    /** Whether ModRM:r/m is a register, never memory. */
    boolean isRegisterOnly() {
        return row.registerOnly;
    }

    /** Bytes of ModRM:r/m in an operation of {@code size}. */
    int rmBytes(int size) {
        return row.from != 0 ? row.from : size;
    }

    /** Bytes of ModRM:r/m if it is memory. */
    int memoryBytes(int size) {
        return row.memory != 0 ? row.memory : rmBytes(size);
    }

    /** What the address of a memory operand must be a multiple of, in a legacy form or with {@code vex}. */
    int alignment(boolean vex) {
        return row.aligned && !vex && row.prefix == Prefix.LEGACY ? 16 : 1;
    }

    /** What the processor must have; a VEX twin needs {@link Feature#AVX}. */
    Feature feature() {
        return row.feature;
    }

    /** The form that there is with AVX, which takes memory at any address. */
    Twin twin() {
        return row.twin;
    }

    /** {@code single} or {@code wide}, for floats of {@code size} bytes. */
    static Op ofSize(int size, Op single, Op wide) {
        return size == 4 ? single : wide;
    }

    /** Loads and stores of {@code size} bytes of a vector register. */
    static Op movVector(int size) {
        return size == 16 ? MOVUPS : ofSize(size, MOVSS, MOVSD);
    }

    /** The row for an operation on lanes, whose operands stand in the same order; null if it is no one instruction. */
    static Op of(LaneOp op) {
        return BY_LANES.get(op);
    }
}
