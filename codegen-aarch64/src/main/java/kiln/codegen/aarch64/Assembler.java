package kiln.codegen.aarch64;

import kiln.artifact.FuncKey;
import kiln.codegen.CodeBuffer;
import kiln.codegen.Label;
import kiln.codegen.Reg;
import kiln.codegen.Relocation;

/**
 * Writes A64 instructions, one method for each encoding form (Arm Architecture Reference Manual for A-profile, C4.1).
 * {@code wide} chooses 64-bit over 32-bit registers, {@code dbl} double over single precision. Operands are taken as
 * valid: the immediate encoders of {@link Immediates} say beforehand what fits.
 */
final class Assembler {
    private final CodeBuffer buffer;

    Assembler(CodeBuffer buffer) {
        this.buffer = buffer;
    }

    CodeBuffer buffer() {
        return buffer;
    }

    private void refer(Label label, CodeBuffer.Patcher patcher) {
        buffer.refer(buffer.size(), label, patcher);
    }

    private void put(int word) {
        buffer.put4(word);
    }

    private static int sf(boolean wide) {
        return wide ? 1 << 31 : 0;
    }

    private static int rd(Reg r) {
        return r.index();
    }

    private static int rn(Reg r) {
        return r.index() << 5;
    }

    private static int ra(Reg r) {
        return r.index() << 10;
    }

    private static int rm(Reg r) {
        return r.index() << 16;
    }

    static void require(boolean condition) {
        if (!condition) {
            throw new IllegalArgumentException("operand does not fit");
        }
    }

    // Data processing: rows of Op.

    /**
     * Any row.
     *
     * @param wide 64-bit integer registers
     * @param dbl double precision
     * @param lanes of a row that has arrangements, else null
     * @param rd null if the row has no target
     * @param rn null if it has no sources
     * @param rm null if it has fewer sources, as {@code ra}
     */
    void emit(Op op, boolean wide, boolean dbl, Arrangement lanes, Modifier modifier, Reg rd, Reg rn, Reg rm, Reg ra) {
        int sources = op.format.sources.length;
        require(rd != null == (op.format.target != null)
                && rn != null == sources > 0
                && rm != null == sources > 1
                && ra != null == sources > 2);
        int word = modifier.encode(op, wide) | op.sizeBits(wide, dbl, lanes);
        if (rd != null) {
            word |= rd(rd);
        }
        if (rn != null) {
            word |= rn(rn);
        }
        if (op.format == Op.Format.TABLE_2) {
            require(rm.index() == (rn.index() + 1 & 31));
            put(word | rm(ra));
            return;
        }
        if (rm != null) {
            word |= rm(rm);
        }
        if (ra != null) {
            word |= ra(ra);
        }
        put(op.format == Op.Format.VECTOR_MOVE ? word | rm(rn) : word);
    }

    /** A row without arrangements. */
    void emit(Op op, boolean wide, boolean dbl, Modifier modifier, Reg rd, Reg rn, Reg rm, Reg ra) {
        emit(op, wide, dbl, null, modifier, rd, rn, rm, ra);
    }

    /** Copies all of a vector register. */
    void movVector(Reg rd, Reg rn) {
        emit(Op.VMOV, false, false, Modifier.NONE, rd, rn, null, null);
    }

    /** Vector registers, two of them. */
    void op(Op op, Arrangement lanes, Reg rd, Reg rn) {
        emit(op, false, false, lanes, Modifier.NONE, rd, rn, null, null);
    }

    void op(Op op, Arrangement lanes, Reg rd, Reg rn, Reg rm) {
        emit(op, false, false, lanes, Modifier.NONE, rd, rn, rm, null);
    }

    void opFloat(Op op, boolean dbl, Reg rd, Reg rn) {
        emit(op, false, dbl, Modifier.NONE, rd, rn, null, null);
    }

    /** Between an integer register of 32 or 64 bits and a float register. */
    void convert(Op op, boolean wide, boolean dbl, Reg rd, Reg rn) {
        emit(op, wide, dbl, Modifier.NONE, rd, rn, null, null);
    }

    void compareFloat(boolean dbl, Reg rn, Reg rm) {
        emit(Op.FCMP, false, dbl, Modifier.NONE, null, rn, rm, null);
    }

    void alu(Op op, boolean wide, Reg rd, Reg rn, Reg rm) {
        emit(op, wide, false, Modifier.NONE, rd, rn, rm, null);
    }

    /** ADD, ADDS, SUB, SUBS with a second operand that is extended and shifted left by 0 to 4. */
    void extended(Op op, boolean wide, Reg rd, Reg rn, Reg rm, ExtendOp extend, int amount) {
        emit(op, wide, false, new Modifier.Extended(extend, amount), rd, rn, rm, null);
    }

    /** ADD, ADDS, SUB, SUBS with an immediate that {@link Immediates#isAddSub} accepts. */
    void addSubImmediate(Op op, boolean wide, Reg rd, Reg rn, int imm) {
        emit(op.withImmediate(), wide, false, new Modifier.AddSubImmediate(imm), rd, rn, null, null);
    }

    /** AND, ORR, EOR, ANDS with a bitmask immediate. */
    void logicalImmediate(Op op, boolean wide, Reg rd, Reg rn, long imm) {
        emit(op.withImmediate(), wide, false, new Modifier.LogicalImmediate(imm), rd, rn, null, null);
    }

    /** SBFM, BFM, UBFM. */
    void bitfield(Op op, boolean wide, Reg rd, Reg rn, int immr, int imms) {
        emit(op, wide, false, new Modifier.Field(immr, imms), rd, rn, null, null);
    }

    // Constants and addresses.

    /** MOVZ: {@code imm16 << shift}, the rest zero. */
    void movz(boolean wide, Reg rd, int imm16, int shift) {
        put(0x5280_0000 | sf(wide) | shift / 16 << 21 | imm16 << 5 | rd(rd));
    }

    /** MOVN: the complement of {@code imm16 << shift}. */
    void movn(boolean wide, Reg rd, int imm16, int shift) {
        put(0x1280_0000 | sf(wide) | shift / 16 << 21 | imm16 << 5 | rd(rd));
    }

    /** MOVK: sixteen bits, the rest stays. */
    void movk(boolean wide, Reg rd, int imm16, int shift) {
        put(0x7280_0000 | sf(wide) | shift / 16 << 21 | imm16 << 5 | rd(rd));
    }

    /** Address of a label, within 1 MiB. */
    void adr(Reg rd, Label label) {
        refer(label, Assembler::patchAdr);
        put(0x1000_0000 | rd(rd));
    }

    /** ADR by a known distance in bytes. */
    void adr(Reg rd, int distance) {
        put(0x1000_0000 | adrFields(distance) | rd(rd));
    }

    /** As ADR, for a label that lies anywhere behind; needs a second register. */
    void adrFar(Reg rd, Label label, Reg temp) {
        adr(rd, 0);
        refer(label, (b, at, target) -> {
            int distance = target - at + 4;
            b.set4(at, b.get4(at) | (distance & 0xffff) << 5);
            b.set4(at + 4, b.get4(at + 4) | (distance >>> 16) << 5);
            return true;
        });
        put(0xd280_0000 | rd(temp));
        put(0xf2a0_0000 | rd(temp));
        alu(Op.ADD, true, rd, rd, temp);
    }

    /** Four bytes: how far {@code label} lies behind {@code base}. */
    void tableEntry(Label label, Label base) {
        refer(label, (b, at, target) -> {
            b.set4(at, target - base.offset());
            return true;
        });
        put(0);
    }

    /**
     * Behind a call: ADR to the zero register, whose address is that of the call's landing pad; if {@code far}, two
     * MOVZ to the zero register, with the lower and upper half of the distance from the first one. They are used for
     * nothing else, and the stub that throws looks for them.
     */
    void pad(Label pad, boolean far) {
        if (!far) {
            adr(Registers.ZR, pad);
            return;
        }
        refer(pad, (b, at, target) -> {
            int distance = target - at;
            b.set4(at, b.get4(at) | (distance & 0xffff) << 5);
            b.set4(at + 4, b.get4(at + 4) | (distance >>> 16) << 5);
            return true;
        });
        put(0xd280_0000 | rd(Registers.ZR));
        put(0xd2a0_0000 | rd(Registers.ZR));
    }

    /** ADRP by a known distance in pages. */
    void adrp(Reg rd, int pages) {
        put(0x9000_0000 | adrFields(pages) | rd(rd));
    }

    /** Page of a function's address, patched when the text is laid out. */
    void adrp(Reg rd, FuncKey target) {
        buffer.relocate(buffer.size(), Relocation.Kind.A64_ADRP21, target, 0);
        adrp(rd, 0);
    }

    /** Adds the offset in the page of a function's address. */
    void addLow12(Reg rd, Reg rn, FuncKey target) {
        buffer.relocate(buffer.size(), Relocation.Kind.A64_ADD12, target, 0);
        addSubImmediate(Op.ADD, true, rd, rn, 0);
    }

    static int adrFields(int distance) {
        return (distance & 3) << 29 | (distance >> 2 & 0x7ffff) << 5;
    }

    // Spellings.

    /** Copies an integer register, or sp. */
    void mov(boolean wide, Reg rd, Reg rn) {
        if (rd == Registers.SP || rn == Registers.SP) {
            addSubImmediate(Op.ADD, true, rd, rn, 0);
        } else {
            alu(Op.ORR, wide, rd, Registers.ZR, rn);
        }
    }

    void lsl(boolean wide, Reg rd, Reg rn, int amount) {
        int width = wide ? 64 : 32;
        bitfield(Op.UBFM, wide, rd, rn, -amount & width - 1, width - 1 - amount);
    }

    void lsr(boolean wide, Reg rd, Reg rn, int amount) {
        bitfield(Op.UBFM, wide, rd, rn, amount, wide ? 63 : 31);
    }

    void asr(boolean wide, Reg rd, Reg rn, int amount) {
        bitfield(Op.SBFM, wide, rd, rn, amount, wide ? 63 : 31);
    }

    void cmp(boolean wide, Reg rn, Reg rm) {
        alu(Op.SUBS, wide, Registers.ZR, rn, rm);
    }

    void cmpImmediate(boolean wide, Reg rn, int imm) {
        addSubImmediate(Op.SUBS, wide, Registers.ZR, rn, imm);
    }

    /** Loads a constant with as few instructions as MOVZ, MOVN, MOVK and ORR can do it. */
    void movImmediate(boolean wide, Reg rd, long value) {
        if (!wide) {
            value &= 0xffff_ffffL;
        }
        int halves = wide ? 4 : 2;
        int zeros = 0;
        int ones = 0;
        for (int i = 0; i < halves; i++) {
            int h = (int) (value >>> 16 * i) & 0xffff;
            zeros += h == 0 ? 1 : 0;
            ones += h == 0xffff ? 1 : 0;
        }
        // A 64-bit register written through its 32-bit half is zero above: try that half when it is shorter.
        if (wide && value >>> 32 == 0) {
            movImmediate(false, rd, value);
            return;
        }
        if (Math.max(zeros, ones) < halves - 1 && Immediates.logical(value, wide) >= 0) {
            logicalImmediate(Op.ORR, wide, rd, Registers.ZR, value);
            return;
        }
        boolean negative = ones > zeros;
        int filler = negative ? 0xffff : 0;
        boolean first = true;
        for (int i = 0; i < halves; i++) {
            int h = (int) (value >>> 16 * i) & 0xffff;
            if (h == filler) {
                continue;
            }
            if (!first) {
                movk(wide, rd, h, 16 * i);
            } else if (negative) {
                movn(wide, rd, h ^ 0xffff, 16 * i);
            } else {
                movz(wide, rd, h, 16 * i);
            }
            first = false;
        }
        if (first && negative) {
            movn(wide, rd, 0, 0);
        } else if (first) {
            movz(wide, rd, 0, 0);
        }
    }

    /**
     * {@code rd = rn + distance} for any distance.
     *
     * @param tmp is lost if the distance is large; may be {@code rd} unless that is sp
     */
    void addConstant(Reg rd, Reg rn, long distance, Reg tmp) {
        Op op = distance < 0 ? Op.SUB : Op.ADD;
        long d = Math.abs(distance);
        if (d == 0) {
            if (rd != rn) {
                mov(true, rd, rn);
            }
        } else if (Immediates.isAddSub(d)) {
            addSubImmediate(op, true, rd, rn, (int) d);
        } else if (d < 1 << 24) {
            addSubImmediate(op, true, rd, rn, (int) d & 0xfff000);
            addSubImmediate(op, true, rd, rd, (int) d & 0xfff);
        } else {
            require(tmp != rn && tmp != Registers.SP);
            movImmediate(true, tmp, d);
            extended(op, true, rd, rn, tmp, ExtendOp.UXTX, 0);
        }
    }

    // Branches.

    void b(Label label) {
        refer(label, Assembler::patchBranch26);
        put(0x1400_0000);
    }

    void bl(Label label) {
        refer(label, Assembler::patchBranch26);
        put(0x9400_0000);
        buffer.returnAddress();
    }

    void b(FuncKey target) {
        buffer.relocate(buffer.size(), Relocation.Kind.A64_BRANCH26, target, 0);
        put(0x1400_0000);
    }

    void bl(FuncKey target) {
        buffer.relocate(buffer.size(), Relocation.Kind.A64_BRANCH26, target, 0);
        put(0x9400_0000);
        buffer.returnAddress();
    }

    /** Conditional branch, within 1 MiB. */
    void b(Cond cond, Label label) {
        refer(label, Assembler::patchBranch19);
        put(0x5400_0000 | cond.ordinal());
    }

    /** Branch if the register is zero, within 1 MiB. */
    void cbz(boolean wide, Reg rt, Label label) {
        refer(label, Assembler::patchBranch19);
        put(0x3400_0000 | sf(wide) | rd(rt));
    }

    /** Branch if the register is not zero, within 1 MiB. */
    void cbnz(boolean wide, Reg rt, Label label) {
        refer(label, Assembler::patchBranch19);
        put(0x3500_0000 | sf(wide) | rd(rt));
    }

    /** Branch if a bit (0..63) is clear, within 32 KiB. */
    void tbz(Reg rt, int bit, Label label) {
        refer(label, Assembler::patchBranch14);
        put(0x3600_0000 | bit >> 5 << 31 | (bit & 31) << 19 | rd(rt));
    }

    /** Branch if a bit (0..63) is set, within 32 KiB. */
    void tbnz(Reg rt, int bit, Label label) {
        refer(label, Assembler::patchBranch14);
        put(0x3700_0000 | bit >> 5 << 31 | (bit & 31) << 19 | rd(rt));
    }

    void br(Reg rn) {
        put(0xd61f_0000 | rn(rn));
    }

    void blr(Reg rn) {
        put(0xd63f_0000 | rn(rn));
        buffer.returnAddress();
    }

    void ret() {
        put(0xd65f_0000 | rn(Registers.LR));
    }

    // Loads and stores of one register; the base may be sp.

    /** Displacement that is a multiple of the size, see {@link Immediates#isScaled}. */
    void loadStoreScaled(LoadStoreOp op, Reg rt, Reg rn, int displacement) {
        require(Immediates.isScaled(displacement, op.scale));
        put(op.bits | 0x3900_0000 | displacement >> op.scale << 10 | rn(rn) | rd(rt));
    }

    /** LDUR, STUR: displacement -256..255. */
    void loadStoreUnscaled(LoadStoreOp op, Reg rt, Reg rn, int displacement) {
        put(op.bits | 0x3800_0000 | imm9(displacement) | rn(rn) | rd(rt));
    }

    private static int imm9(int v) {
        require(Immediates.isUnscaled(v));
        return (v & 0x1ff) << 12;
    }

    /**
     * Base and index register.
     *
     * @param extend UXTW, UXTX (plain), SXTW or SXTX
     * @param scaled whether the index is multiplied by the size
     */
    void loadStoreIndexed(LoadStoreOp op, Reg rt, Reg rn, Reg rm, ExtendOp extend, boolean scaled) {
        put(op.bits | 0x3820_0800 | rm(rm) | extend.ordinal() << 13 | (scaled ? 1 << 12 : 0) | rn(rn) | rd(rt));
    }

    /** Load from a label within 1 MiB: LDR_W, LDR_X, LDRSW, LDR_S, LDR_D or LDR_Q. */
    void loadLiteral(LoadStoreOp op, Reg rt, Label label) {
        int bits = switch (op) {
            case LDR_W -> 0x1800_0000;
            case LDR_X -> 0x5800_0000;
            case LDRSW -> 0x9800_0000;
            case LDR_S -> 0x1c00_0000;
            case LDR_D -> 0x5c00_0000;
            case LDR_Q -> 0x9c00_0000;
            default -> throw new IllegalArgumentException(op.toString());
        };
        refer(label, Assembler::patchBranch19);
        put(bits | rd(rt));
    }

    // Loads and stores of two registers.

    void pairOffset(PairOp op, Reg rt, Reg rt2, Reg rn, int displacement) {
        put(0x2900_0000 | pairFields(op, rt, rt2, rn, displacement));
    }

    void pairPre(PairOp op, Reg rt, Reg rt2, Reg rn, int displacement) {
        put(0x2980_0000 | pairFields(op, rt, rt2, rn, displacement));
    }

    void pairPost(PairOp op, Reg rt, Reg rt2, Reg rn, int displacement) {
        put(0x2880_0000 | pairFields(op, rt, rt2, rn, displacement));
    }

    /** LD1R: one element to all. */
    void loadReplicated(Arrangement lanes, Reg rt, Reg rn) {
        put(0x0d40_c000 | (lanes.full ? 1 << 30 : 0) | lanes.log2 << 10 | rn(rn) | rd(rt));
    }

    /** LD1 or ST1 of one element, the others stay; {@code lanes} is a whole register. */
    void loadStoreElement(boolean load, Arrangement lanes, int index, Reg rt, Reg rn) {
        int count = 16 >> lanes.log2;
        require(lanes.full && index >= 0 && index < count);
        // Number of the element's first byte: Q, S and size, of which smaller elements need more.
        int at = index << lanes.log2;
        int opcode = Math.min(lanes.log2, 2) << 14;
        int fields = (at >> 3) << 30 | (at >> 2 & 1) << 12 | (at & 3) << 10;
        int size = lanes == Arrangement.D2 ? 1 << 10 : 0;
        put(0x0d00_0000 | (load ? 1 << 22 : 0) | opcode | fields | size | rn(rn) | rd(rt));
    }

    // Atomic accesses; the address is a register.

    /** LDAR, LDAXR, STLR; {@code scale} is the logarithm of the bytes accessed. */
    void ordered(AtomicMemoryOp op, int scale, Reg rt, Reg rn) {
        require(op.form == AtomicMemoryOp.Form.ORDERED);
        put(op.bits | scale << 30 | rn(rn) | rd(rt));
    }

    /** STLXR: {@code rs} becomes 0 if the store was done. */
    void storeExclusive(int scale, Reg rs, Reg rt, Reg rn) {
        put(AtomicMemoryOp.STLXR.bits | scale << 30 | rm(rs) | rn(rn) | rd(rt));
    }

    /** LDADDAL and its like: {@code rt} = what was there, which is changed by {@code rs}. CASAL: {@code rs}, by rt. */
    void atomic(AtomicMemoryOp op, int scale, Reg rs, Reg rt, Reg rn) {
        require(op.form == AtomicMemoryOp.Form.MODIFY);
        put(op.bits | scale << 30 | rm(rs) | rn(rn) | rd(rt));
    }

    private static int pairFields(PairOp op, Reg rt, Reg rt2, Reg rn, int displacement) {
        require(Immediates.isPair(displacement, op.scale));
        return op.bits | (displacement >> op.scale & 0x7f) << 15 | rt2.index() << 10 | rn(rn) | rd(rt);
    }

    // Floating point and vector constants.

    private static int type(boolean dbl) {
        return dbl ? 1 << 22 : 0;
    }

    /** FMOV with the eight bits from {@link Immediates#fmovSingle} or {@link Immediates#fmovDouble}. */
    void floatImmediate(boolean dbl, Reg rd, int imm8) {
        put(0x1e20_1000 | type(dbl) | imm8 << 13 | rd(rd));
    }

    /** MOVI: all 64 (low) bits zero. */
    void vectorZero(Reg rd) {
        put(0x2f00_e400 | rd(rd));
    }

    /** MOVI: sign bit of each of two words. */
    void vectorSignBits(Reg rd) {
        put(0x0f04_6400 | rd(rd));
    }

    // System.

    /** Reads TPIDR_EL0, the thread pointer. */
    void readThreadPointer(Reg rt) {
        put(0xd53b_d040 | rd(rt));
    }

    /** Reads CTR_EL0, which tells the cache line sizes. */
    void readCacheType(Reg rt) {
        put(0xd53b_0020 | rd(rt));
    }

    /** DC CVAU: cleans a data cache line to the point of unification. */
    void cleanDataLine(Reg rt) {
        put(0xd50b_7b20 | rd(rt));
    }

    /** IC IVAU: invalidates an instruction cache line. */
    void invalidateInstructionLine(Reg rt) {
        put(0xd50b_7520 | rd(rt));
    }

    /** DMB ISH: orders all accesses before it and behind it. */
    void memoryBarrier() {
        put(0xd503_3bbf);
    }

    /** DSB ISH. */
    void dataBarrier() {
        put(0xd503_3b9f);
    }

    void isb() {
        put(0xd503_3fdf);
    }

    void nop() {
        put(0xd503_201f);
    }

    /** Permanently undefined: raises SIGILL. */
    void udf(int imm16) {
        put(imm16 & 0xffff);
    }

    /** SVC #0: a system call. */
    void svc() {
        put(0xd400_0001);
    }

    // Patchers.

    static boolean patchBranch26(CodeBuffer b, int at, int target) {
        return patchWords(b, at, target, 26, 0);
    }

    static boolean patchBranch19(CodeBuffer b, int at, int target) {
        return patchWords(b, at, target, 19, 5);
    }

    static boolean patchBranch14(CodeBuffer b, int at, int target) {
        return patchWords(b, at, target, 14, 5);
    }

    /** A distance in instructions, in a signed field of {@code bits} bits. */
    private static boolean patchWords(CodeBuffer b, int at, int target, int bits, int shift) {
        int words = target - at >> 2;
        int limit = 1 << bits - 1;
        if (words < -limit || words >= limit) {
            return false;
        }
        int mask = (1 << bits) - 1;
        b.set4(at, b.get4(at) & ~(mask << shift) | (words & mask) << shift);
        return true;
    }

    static boolean patchAdr(CodeBuffer b, int at, int target) {
        int distance = target - at;
        if (distance < -(1 << 20) || distance >= 1 << 20) {
            return false;
        }
        b.set4(at, b.get4(at) & ~adrFields(-1) | adrFields(distance));
        return true;
    }
}
