package kiln.codegen.x64;

import static kiln.codegen.x64.Assembler.M0F;
import static kiln.codegen.x64.Assembler.M38;
import static kiln.codegen.x64.Assembler.M3A;
import static kiln.codegen.x64.Assembler.P66;
import static kiln.codegen.x64.Assembler.PF2;
import static kiln.codegen.x64.Assembler.PF3;
import static kiln.codegen.x64.Op.Feature.BMI1;
import static kiln.codegen.x64.Op.Feature.BMI2;
import static kiln.codegen.x64.Op.FlagResult.COMPARED;
import static kiln.codegen.x64.Op.FlagResult.ZERO_AND_SIGN;

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
    ADD(alu(0).flags(ZERO_AND_SIGN)),
    OR(alu(1).flags(COMPARED)),
    ADC(alu(2)),
    SBB(alu(3)),
    AND(alu(4).flags(COMPARED)),
    SUB(alu(5).flags(ZERO_AND_SIGN)),
    XOR(alu(6).flags(COMPARED)),
    CMP(alu(7).reads()),
    TEST(integer(1, 2, 4, 8).reads().mr(0x85).digit(0).mi(0xf7)),
    IMUL(integer(4, 8).rm(M0F | 0xaf).rmi(0x69, Immediate.SHORT).digit(5).m(0xf7)),
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
    XCHG(integer(4, 8).mr(0x87)),
    PUSH(integer(8).always64().o(0x50)),
    POP(integer(8).always64().o(0x58)),
    /** To the opcode comes the number of a {@link Cond}. */
    CMOV(integer(4, 8).rm(M0F | 0x40)),
    SET(integer(4).from(1).m(M0F | 0x90)),

    // Control flow. Jumps and calls to labels and symbols are methods of Assembler.
    CALL(integer(8).always64().digit(2).m(0xff)),
    JMP(integer(8).always64().digit(4).m(0xff)),
    RET(integer(8).always64().zo(0xc3)),
    LEAVE(integer(8).always64().zo(0xc9)),
    INT3(integer(8).always64().zo(0xcc)),
    SYSCALL(integer(8).always64().zo(M0F | 0x05)),

    // Floats in vector registers.
    ADDSS(vector(4).rm(PF3 | M0F | 0x58).avx()),
    ADDSD(vector(8).rm(PF2 | M0F | 0x58).avx()),
    SUBSS(vector(4).rm(PF3 | M0F | 0x5c).avx()),
    SUBSD(vector(8).rm(PF2 | M0F | 0x5c).avx()),
    MULSS(vector(4).rm(PF3 | M0F | 0x59).avx()),
    MULSD(vector(8).rm(PF2 | M0F | 0x59).avx()),
    DIVSS(vector(4).rm(PF3 | M0F | 0x5e).avx()),
    DIVSD(vector(8).rm(PF2 | M0F | 0x5e).avx()),
    MINSS(vector(4).rm(PF3 | M0F | 0x5d).avx()),
    MINSD(vector(8).rm(PF2 | M0F | 0x5d).avx()),
    MAXSS(vector(4).rm(PF3 | M0F | 0x5f).avx()),
    MAXSD(vector(8).rm(PF2 | M0F | 0x5f).avx()),
    SQRTSS(vector(4).writes().rm(PF3 | M0F | 0x51).avx()),
    SQRTSD(vector(8).writes().rm(PF2 | M0F | 0x51).avx()),
    ROUNDSS(vector(4).writes().rmi(P66 | M3A | 0x0a, Immediate.BYTE).avx()),
    ROUNDSD(vector(8).writes().rmi(P66 | M3A | 0x0b, Immediate.BYTE).avx()),
    CVTSS2SD(vector(4).writes().rm(PF3 | M0F | 0x5a).avx()),
    CVTSD2SS(vector(8).writes().rm(PF2 | M0F | 0x5a).avx()),
    UCOMISS(vector(4).reads().rm(M0F | 0x2e)),
    UCOMISD(vector(8).reads().rm(P66 | M0F | 0x2e)),
    CVTSI2SS(integer(4, 8).writes().vectorReg().rm(PF3 | M0F | 0x2a)),
    CVTSI2SD(integer(4, 8).writes().vectorReg().rm(PF2 | M0F | 0x2a)),
    /** Truncates; the most negative integer if the result does not fit. */
    CVTTSS2SI(integer(4, 8).writes().from(4).vectorRm().rm(PF3 | M0F | 0x2c)),
    CVTTSD2SI(integer(4, 8).writes().from(8).vectorRm().rm(PF2 | M0F | 0x2c)),

    // Moves of vector registers. Loads clear the rest of the register.
    MOVSS(vector(4).writes().memoryOnly().rm(PF3 | M0F | 0x10).mr(PF3 | M0F | 0x11)),
    MOVSD(vector(8).writes().memoryOnly().rm(PF2 | M0F | 0x10).mr(PF2 | M0F | 0x11)),
    MOVUPS(vector(16).writes().memoryOnly().rm(M0F | 0x10).mr(M0F | 0x11)),
    MOVAPS(vector(16).aligned().writes().rm(M0F | 0x28)),
    MOVD(integer(4, 8)
            .names("movd", "movq")
            .writes()
            .vectorReg()
            .rm(P66 | M0F | 0x6e)
            .mr(P66 | M0F | 0x7e)),

    // Vectors.
    ANDPS(vector(16).aligned().rm(M0F | 0x54).avx()),
    ORPS(vector(16).aligned().rm(M0F | 0x56).avx()),
    XORPS(vector(16).aligned().rm(M0F | 0x57).avx()),
    PADDB(lanes(Lanes.I8X16, VectorOp.ADD).rm(P66 | M0F | 0xfc).avx());

    /**
     * How operands are encoded, in the words of the manual's column "Op/En": R is ModRM:reg, M is ModRM:r/m, V is
     * VEX.vvvv, I an immediate, C the register cl, O the opcode's low bits, ZO nothing; in the order in which the
     * instruction is written.
     */
    enum Encoding {
        RM,
        MR,
        M,
        MI,
        MC,
        RMI,
        RVM,
        RVMI,
        RMV,
        VM,
        O,
        ZO
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

    /** What the processor must have beyond the baseline. */
    enum Feature {
        BASE,
        AVX,
        BMI1,
        BMI2,
        LZCNT
    }

    private static final Map<LaneOp, Op> BY_LANES = Arrays.stream(values())
            .filter(op -> op.row.laneOp != null)
            .collect(Collectors.toUnmodifiableMap(op -> op.row.laneOp, op -> op));

    private final String mnemonic;
    private final Row row;

    Op(Row row) {
        this(null, row);
    }

    Op(String mnemonic, Row row) {
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

    /** Mandatory prefix, map and opcode; see {@link Row}. */
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

    /** Whether encoding {@code e} is one with a VEX prefix. */
    boolean isVex(Encoding e) {
        return switch (e) {
            case RVM, RVMI, RMV, VM -> true;
            case RMI -> row.rmiIsVex;
            default -> false;
        };
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

    /** Bytes of ModRM:r/m in an operation of {@code size}. */
    int rmBytes(int size) {
        return row.from != 0 ? row.from : size;
    }

    /** What the address of a memory operand must be a multiple of. */
    int alignment(Encoding e) {
        return row.aligned && !isVex(e) ? 16 : 1;
    }

    /** What the processor must have; a VEX twin needs {@link Feature#AVX}. */
    Feature feature() {
        return row.feature;
    }

    /** Whether there is, with AVX, a form that leaves its first operand alone and takes memory at any address. */
    boolean hasVexTwin() {
        return row.avx;
    }

    /** {@code single} or {@code wide}, for floats of {@code size} bytes. */
    static Op ofSize(int size, Op single, Op wide) {
        return size == 4 ? single : wide;
    }

    /** Loads and stores of {@code size} bytes of a vector register. */
    static Op movVector(int size) {
        return size == 16 ? MOVUPS : ofSize(size, MOVSS, MOVSD);
    }

    /** The row for an operation on lanes. */
    static Op of(LaneOp op) {
        Op row = BY_LANES.get(op);
        if (row == null) {
            throw new IllegalArgumentException("no instruction for " + op);
        }
        return row;
    }

    // How rows are written.

    private static Row integer(int... sizes) {
        Row r = new Row(sizes);
        r.sized = true;
        return r;
    }

    private static Row vector(int bytes) {
        Row r = new Row(bytes);
        r.vectorReg = true;
        r.vectorRm = true;
        return r;
    }

    /** The one instruction for an operation of the IR on 128 bits. */
    private static Row lanes(Lanes lanes, VectorOp op) {
        Row r = vector(16).aligned();
        r.laneOp = op.on(lanes);
        return r;
    }

    private static Row alu(int number) {
        int o = number * 8;
        return integer(1, 2, 4, 8).rm(o + 3).mr(o + 1).digit(number).mi(0x81, Immediate.SHORT);
    }

    private static Row shift(int number) {
        return integer(4, 8).digit(number).mi(0xc1, Immediate.COUNT).mc(0xd3);
    }

    /**
     * The columns. An opcode is mandatory prefix {@code << 16 | map << 8 | opcode byte}, prefix and map by their
     * numbers in VEX; the byte is the one for sizes other than 1, which is one less.
     */
    private static final class Row {
        /** What of the IR it does; null if that is not one operation on lanes. */
        private LaneOp laneOp;

        private final int[] sizes;
        private final int[] opcodes = new int[ENCODING_COUNT];
        private int digit;
        private int from;
        private Access access = Access.UPDATES;
        private Immediate immediate = Immediate.FULL;
        private FlagResult flags = FlagResult.NONE;
        private Feature feature = Feature.BASE;
        private boolean sized;
        private boolean vectorReg;
        private boolean vectorRm;
        private boolean memoryOnly;
        private boolean aligned;
        private boolean avx;
        private boolean rmiIsVex;
        private String narrowName;
        private String wideName;

        private static final int ENCODING_COUNT = Encoding.values().length;

        Row(int... sizes) {
            this.sizes = sizes;
            Arrays.fill(opcodes, -1);
        }

        private Row encoded(Encoding e, int opcode) {
            opcodes[e.ordinal()] = opcode;
            return this;
        }

        Row rm(int opcode) {
            return encoded(Encoding.RM, opcode);
        }

        Row mr(int opcode) {
            return encoded(Encoding.MR, opcode);
        }

        Row m(int opcode) {
            return encoded(Encoding.M, opcode);
        }

        Row mi(int opcode) {
            return encoded(Encoding.MI, opcode);
        }

        Row mi(int opcode, Immediate imm) {
            immediate = imm;
            return mi(opcode);
        }

        Row mc(int opcode) {
            return encoded(Encoding.MC, opcode);
        }

        Row rmi(int opcode, Immediate imm) {
            immediate = imm;
            return encoded(Encoding.RMI, opcode);
        }

        Row rmiVex(int opcode) {
            rmiIsVex = true;
            return rmi(opcode, Immediate.BYTE);
        }

        Row rvm(int opcode) {
            return encoded(Encoding.RVM, opcode);
        }

        Row rmv(int opcode) {
            return encoded(Encoding.RMV, opcode);
        }

        Row vm(int opcode) {
            return encoded(Encoding.VM, opcode);
        }

        Row o(int opcode) {
            return encoded(Encoding.O, opcode);
        }

        Row zo(int opcode) {
            return encoded(Encoding.ZO, opcode);
        }

        /** With AVX, the same opcode takes one more source, in vvvv. */
        Row avx() {
            avx = true;
            opcodes[Encoding.RVM.ordinal()] = opcodes[Encoding.RM.ordinal()];
            opcodes[Encoding.RVMI.ordinal()] = opcodes[Encoding.RMI.ordinal()];
            return this;
        }

        /** What stands in ModRM:reg if no operand does. */
        Row digit(int number) {
            digit = number;
            return this;
        }

        /** ModRM:r/m has this many bytes, whatever the size of the operation. */
        Row from(int bytes) {
            from = bytes;
            return this;
        }

        Row reads() {
            access = Access.READS;
            return this;
        }

        Row writes() {
            access = Access.WRITES;
            return this;
        }

        Row flags(FlagResult result) {
            flags = result;
            return this;
        }

        Row needs(Feature f) {
            feature = f;
            return this;
        }

        Row vectorReg() {
            vectorReg = true;
            return this;
        }

        Row vectorRm() {
            vectorRm = true;
            return this;
        }

        Row memoryOnly() {
            memoryOnly = true;
            return this;
        }

        /** Legacy forms fault on memory that is not aligned. */
        Row aligned() {
            aligned = true;
            return this;
        }

        /** The size is 8 without a prefix. */
        Row always64() {
            sized = false;
            return this;
        }

        /** Mnemonics for sizes 4 and 8. */
        Row names(String narrow, String wide) {
            narrowName = narrow;
            wideName = wide;
            return this;
        }
    }
}
