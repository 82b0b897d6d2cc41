package kiln.codegen.x64;

import static kiln.codegen.x64.Assembler.M0F;
import static kiln.codegen.x64.Assembler.M38;
import static kiln.codegen.x64.Assembler.M3A;
import static kiln.codegen.x64.Assembler.P66;

import java.util.Arrays;
import kiln.codegen.x64.Op.Access;
import kiln.codegen.x64.Op.Encoding;
import kiln.codegen.x64.Op.Feature;
import kiln.codegen.x64.Op.FlagResult;
import kiln.codegen.x64.Op.Immediate;
import kiln.codegen.x64.Op.Prefix;
import kiln.codegen.x64.Op.Twin;
import kiln.ir.LaneOp;
import kiln.ir.Lanes;
import kiln.ir.VectorOp;

/**
 * The columns of {@link Op}, and how its rows are written. An opcode is mandatory prefix {@code << 16 | map << 8 |
 * opcode byte}, prefix and map by their numbers in VEX; the byte is the one for sizes other than 1, which is one less.
 */
final class OpRow {
    private static final int ENCODING_COUNT = Encoding.values().length;
    private static final int VECTOR = 16;

    /** What of the IR it does; null if that is not one operation on lanes. */
    LaneOp laneOp;

    final int[] sizes;
    final int[] opcodes = new int[ENCODING_COUNT];
    int digit;
    int from;
    int memory;
    Access access = Access.UPDATES;
    Immediate immediate = Immediate.FULL;
    FlagResult flags = FlagResult.NONE;
    Feature feature = Feature.BASE;
    Prefix prefix = Prefix.LEGACY;
    Twin twin = Twin.NONE;
    boolean sized;
    boolean w1;
    boolean vectorReg;
    boolean vectorRm;
    boolean memoryOnly;
    boolean registerOnly;
    boolean aligned;
    boolean commutes;
    boolean locked;
    String narrowName;
    String wideName;

    private OpRow(int... sizes) {
        this.sizes = sizes;
        Arrays.fill(opcodes, -1);
    }

    // Rows that are alike.

    static OpRow integer(int... sizes) {
        OpRow r = new OpRow(sizes);
        r.sized = true;
        return r;
    }

    static OpRow alu(int number) {
        int o = number * 8;
        return integer(1, 2, 4, 8).rm(o + 3).mr(o + 1).digit(number).mi(0x81, Immediate.SHORT);
    }

    /** On memory, in one step that no other thread's comes into, and in order with all accesses around it. */
    static OpRow atomic(int opcode) {
        OpRow r = integer(1, 2, 4, 8).memoryOnly().mr(opcode);
        r.locked = true;
        return r;
    }

    static OpRow atomicAlu(int number) {
        return atomic(number * 8 + 1).digit(number).mi(0x81, Immediate.SHORT);
    }

    static OpRow shift(int number) {
        return integer(4, 8).digit(number).mi(0xc1, Immediate.COUNT).mc(0xd3);
    }

    /** On vector registers, with so many bytes of memory at any address. */
    static OpRow scalar(int bytes) {
        return new OpRow(bytes).vectorReg().vectorRm();
    }

    /** {@code first = first op second} on 128 bits. */
    static OpRow packed(int opcode) {
        return scalar(VECTOR).aligned().rm(opcode).avx();
    }

    /** The one instruction for an operation of the IR. */
    static OpRow lanes(Lanes lanes, VectorOp op, int opcode) {
        return packed(opcode).does(lanes, op);
    }

    /** {@code first = first op second}, and an immediate. */
    static OpRow packedImm(int opcode) {
        return scalar(VECTOR).aligned().rmi(opcode, Immediate.BYTE).avx();
    }

    /** {@code first = op second} on 128 bits. */
    static OpRow unary(int opcode) {
        return scalar(VECTOR).aligned().writes().rm(opcode).avxAlike();
    }

    /** {@code first = op second}, with so many bytes of memory at any address. */
    static OpRow unary(int bytes, int opcode) {
        return scalar(VECTOR).from(bytes).writes().rm(opcode).avxAlike();
    }

    static OpRow unaryLanes(Lanes lanes, VectorOp op, int opcode) {
        return unary(opcode).does(lanes, op);
    }

    /** {@code first = op second}, and an immediate. */
    static OpRow unaryImm(int opcode) {
        return scalar(VECTOR).aligned().writes().rmi(opcode, Immediate.BYTE).avxAlike();
    }

    /** By a vector with opcode {@code byVector}, by an immediate with {@code byImmediate} and {@code digit}. */
    static OpRow shiftLanes(Lanes lanes, VectorOp op, int byVector, int digit, int byImmediate) {
        return scalar(VECTOR)
                .aligned()
                .rm(P66 | M0F | byVector)
                .digit(digit)
                .mi(P66 | M0F | byImmediate, Immediate.BYTE)
                .avx()
                .does(lanes, op);
    }

    static OpRow byteShift(int digit) {
        return scalar(VECTOR)
                .registerOnly()
                .digit(digit)
                .mi(P66 | M0F | 0x73, Immediate.BYTE)
                .avx();
    }

    /** The mask is in xmm0, or with VEX in a register of its own. */
    static OpRow blend(int opcode, int withMask) {
        OpRow r = scalar(VECTOR).aligned().rm(P66 | M38 | opcode);
        r.twin = Twin.THREE_OPERANDS;
        return r.encoded(Encoding.RVMR, P66 | M3A | withMask);
    }

    /** From a vector register to one for integers. */
    static OpRow signs(int opcode) {
        return integer(4)
                .writes()
                .from(VECTOR)
                .vectorRm()
                .registerOnly()
                .rm(opcode)
                .avxAlike();
    }

    static OpRow vex(Feature feature) {
        OpRow r = scalar(VECTOR).needs(feature);
        r.prefix = Prefix.VEX;
        return r;
    }

    static OpRow evex(Feature feature) {
        OpRow r = scalar(VECTOR).needs(feature);
        r.prefix = Prefix.EVEX;
        return r;
    }

    /** From a register for integers of one of these sizes. */
    static OpRow evexFromInteger(int... sizes) {
        OpRow r = integer(sizes).writes().vectorReg().registerOnly().needs(Feature.AVX512VL);
        r.prefix = Prefix.EVEX;
        return r;
    }

    // Columns.

    private OpRow encoded(Encoding e, int opcode) {
        opcodes[e.ordinal()] = opcode;
        return this;
    }

    /** What of the IR it does, with operands in the same order. */
    OpRow does(Lanes lanes, VectorOp op) {
        laneOp = op.on(lanes);
        commutes |= op.isCommutative();
        return this;
    }

    /** Its two operands may be exchanged; an operation of the IR says so itself. */
    OpRow commutes() {
        commutes = true;
        return this;
    }

    OpRow rm(int opcode) {
        return encoded(Encoding.RM, opcode);
    }

    OpRow mr(int opcode) {
        return encoded(Encoding.MR, opcode);
    }

    OpRow m(int opcode) {
        return encoded(Encoding.M, opcode);
    }

    OpRow mi(int opcode) {
        return encoded(Encoding.MI, opcode);
    }

    OpRow mi(int opcode, Immediate imm) {
        immediate = imm;
        return mi(opcode);
    }

    OpRow mc(int opcode) {
        return encoded(Encoding.MC, opcode);
    }

    OpRow rmi(int opcode, Immediate imm) {
        immediate = imm;
        return encoded(Encoding.RMI, opcode);
    }

    OpRow rmiVex(int opcode) {
        prefix = Prefix.VEX;
        return rmi(opcode, Immediate.BYTE);
    }

    OpRow mri(int opcode) {
        immediate = Immediate.BYTE;
        return encoded(Encoding.MRI, opcode);
    }

    OpRow rvm(int opcode) {
        return encoded(Encoding.RVM, opcode);
    }

    OpRow rvmi(int opcode) {
        immediate = Immediate.BYTE;
        return encoded(Encoding.RVMI, opcode);
    }

    OpRow rmv(int opcode) {
        return encoded(Encoding.RMV, opcode);
    }

    OpRow vm(int opcode) {
        return encoded(Encoding.VM, opcode);
    }

    OpRow vmi(int opcode) {
        immediate = Immediate.BYTE;
        return encoded(Encoding.VMI, opcode);
    }

    OpRow o(int opcode) {
        return encoded(Encoding.O, opcode);
    }

    OpRow zo(int opcode) {
        return encoded(Encoding.ZO, opcode);
    }

    /** With AVX, the same opcodes take one more operand, in vvvv: a source, or the target of a shift. */
    OpRow avx() {
        twin = Twin.THREE_OPERANDS;
        opcodes[Encoding.RVM.ordinal()] = opcodes[Encoding.RM.ordinal()];
        opcodes[Encoding.RVMI.ordinal()] = opcodes[Encoding.RMI.ordinal()];
        opcodes[Encoding.VMI.ordinal()] = opcodes[Encoding.MI.ordinal()];
        return this;
    }

    /** With AVX, the same encodings have a VEX prefix. */
    OpRow avxAlike() {
        twin = Twin.ALIKE;
        return this;
    }

    /** What stands in ModRM:reg if no operand does. */
    OpRow digit(int number) {
        digit = number;
        return this;
    }

    /** ModRM:r/m has this many bytes, whatever the size of the operation. */
    OpRow from(int bytes) {
        from = bytes;
        aligned &= bytes == VECTOR;
        return this;
    }

    /** ModRM:r/m has this many bytes if it is memory. */
    OpRow memory(int bytes) {
        memory = bytes;
        return this;
    }

    OpRow reads() {
        access = Access.READS;
        return this;
    }

    OpRow writes() {
        access = Access.WRITES;
        return this;
    }

    OpRow flags(FlagResult result) {
        flags = result;
        return this;
    }

    OpRow needs(Feature f) {
        feature = f;
        return this;
    }

    OpRow vectorReg() {
        vectorReg = true;
        return this;
    }

    OpRow vectorRm() {
        vectorRm = true;
        return this;
    }

    OpRow memoryOnly() {
        memoryOnly = true;
        return this;
    }

    OpRow registerOnly() {
        registerOnly = true;
        return this;
    }

    /** Legacy forms fault on memory that is not aligned. */
    OpRow aligned() {
        aligned = true;
        return this;
    }

    /** W of VEX or EVEX is 1. */
    OpRow w1() {
        w1 = true;
        return this;
    }

    /** The size is 8 without a prefix. */
    OpRow always64() {
        sized = false;
        return this;
    }

    /** Mnemonics for sizes 4 and 8. */
    OpRow names(String narrow, String wide) {
        narrowName = narrow;
        wideName = wide;
        return this;
    }
}
