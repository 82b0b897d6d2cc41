package kiln.codegen.x64;

import kiln.codegen.CodeBuffer;
import kiln.codegen.Label;
import kiln.codegen.Reg;
import kiln.codegen.x64.Op.Encoding;
import kiln.codegen.x64.Op.Prefix;
import kiln.codegen.x64.Op.Twin;

/**
 * Encodes x86-64 instructions, as their rows in {@link Op} say. Sizes are in bytes. Operands are physical registers and
 * addresses over them; {@link Operand}s must have been resolved. An access through an address that may trap is recorded
 * as trap site where its instruction starts.
 */
final class Assembler {
    // An opcode is: mandatory prefix << 16 | map << 8 | opcode byte; prefix and map by their numbers in VEX.
    static final int P66 = 1 << 16;
    static final int PF3 = 2 << 16;
    static final int PF2 = 3 << 16;
    static final int M0F = 1 << 8;
    static final int M38 = 2 << 8;
    static final int M3A = 3 << 8;

    private static final int[] PREFIX = {0, 0x66, 0xf3, 0xf2};

    /** The bit of an opcode that says that its immediate is one byte, sign-extended. */
    private static final int SHORT = 2;
    /** The bit of a shift's opcode that says that it is by 1. */
    private static final int ONE = 0x10;

    private final CodeBuffer buffer;
    private final boolean avx;

    /** Encodes instructions on vector registers without AVX. */
    Assembler(CodeBuffer buffer) {
        this(buffer, false);
    }

    /**
     * @param avx whether instructions on vector registers that have a VEX form are encoded in it, so that code with
     *     both is never mixed; one that leaves its first operand alone then does as the other, with one register for
     *     its first operand and its result
     */
    Assembler(CodeBuffer buffer, boolean avx) {
        this.buffer = buffer;
        this.avx = avx;
    }

    boolean hasAvx() {
        return avx;
    }

    CodeBuffer buffer() {
        return buffer;
    }

    // One method for each encoding form, see Op.Encoding. Operands stand in the order in which they are written.

    /** {@code op reg, r/m}. */
    void rm(Op op, int size, Reg reg, Operand rm) {
        int opcode = op.opcode(Encoding.RM);
        if (!isVex(op)) {
            legacy(op, opcode, size, reg, rm, 0);
        } else if (op.has(Encoding.RVMR)) {
            rvmr(op, size, reg, reg, rm, Registers.XMM.getFirst());
        } else {
            vex(op, opcode, size, reg.index(), op.twin() == Twin.THREE_OPERANDS ? reg.index() : 0, rm, 0);
        }
    }

    /** {@code op r/m, reg}. */
    void mr(Op op, int size, Operand rm, Reg reg) {
        if (isVex(op)) {
            vex(op, op.opcode(Encoding.MR), size, reg.index(), 0, rm, 0);
        } else {
            legacy(op, op.opcode(Encoding.MR), size, reg, rm, 0);
        }
    }

    /** {@code op r/m}. */
    void m(Op op, int size, Operand rm) {
        legacy(op, op.opcode(Encoding.M), size, op.digit(), rm, 0);
    }

    void m(Op op, int size, Reg rm) {
        m(op, size, Operand.of(rm));
    }

    /** {@code op r/m, imm}. */
    void mi(Op op, int size, Operand rm, int imm) {
        int opcode = op.opcode(Encoding.MI);
        if (isVex(op)) {
            vmi(op, size, ((Operand.InReg) rm).reg(), rm, imm);
        } else if (op.immediate() == Op.Immediate.COUNT && imm == 1) {
            legacy(op, opcode | ONE, size, op.digit(), rm, 0);
        } else {
            int bytes = immediateBytes(op, size, imm);
            legacy(op, isShort(op, size, bytes) ? opcode | SHORT : opcode, size, op.digit(), rm, bytes);
            putImmediate(imm, bytes);
        }
    }

    /** {@code op r/m, cl}. */
    void mc(Op op, int size, Operand rm) {
        legacy(op, op.opcode(Encoding.MC), size, op.digit(), rm, 0);
    }

    /** {@code op reg, r/m, imm}. */
    void rmi(Op op, int size, Reg reg, Operand rm, int imm) {
        int opcode = op.opcode(Encoding.RMI);
        int bytes = immediateBytes(op, size, imm);
        if (isVex(op)) {
            vex(op, opcode, size, reg.index(), op.twin() == Twin.THREE_OPERANDS ? reg.index() : 0, rm, bytes);
        } else {
            legacy(op, isShort(op, size, bytes) ? opcode | SHORT : opcode, size, reg, rm, bytes);
        }
        putImmediate(imm, bytes);
    }

    /** {@code op r/m, reg, imm}. */
    void mri(Op op, int size, Operand rm, Reg reg, int imm) {
        if (isVex(op)) {
            vex(op, op.opcode(Encoding.MRI), size, reg.index(), 0, rm, 1);
        } else {
            legacy(op, op.opcode(Encoding.MRI), size, reg, rm, 1);
        }
        buffer.put1(imm);
    }

    /** {@code op reg, vvvv, r/m} (VEX). */
    void rvm(Op op, int size, Reg reg, Reg vvvv, Operand rm) {
        vex(op, op.opcode(Encoding.RVM), size, reg.index(), vvvv.index(), rm, 0);
    }

    /** {@code op reg, vvvv, r/m, imm} (VEX). */
    void rvmi(Op op, int size, Reg reg, Reg vvvv, Operand rm, int imm) {
        vex(op, op.opcode(Encoding.RVMI), size, reg.index(), vvvv.index(), rm, 1);
        buffer.put1(imm);
    }

    /** {@code op reg, vvvv, r/m, last} (VEX). */
    void rvmr(Op op, int size, Reg reg, Reg vvvv, Operand rm, Reg last) {
        vex(op, op.opcode(Encoding.RVMR), size, reg.index(), vvvv.index(), rm, 1);
        buffer.put1(last.index() << 4);
    }

    /** {@code op reg, r/m, vvvv} (VEX). */
    void rmv(Op op, int size, Reg reg, Operand rm, Reg vvvv) {
        vex(op, op.opcode(Encoding.RMV), size, reg.index(), vvvv.index(), rm, 0);
    }

    /** {@code op vvvv, r/m} (VEX). */
    void vm(Op op, int size, Reg vvvv, Operand rm) {
        vex(op, op.opcode(Encoding.VM), size, op.digit(), vvvv.index(), rm, 0);
    }

    /** {@code op vvvv, r/m, imm} (VEX). */
    void vmi(Op op, int size, Reg vvvv, Operand rm, int imm) {
        vex(op, op.opcode(Encoding.VMI), size, op.digit(), vvvv.index(), rm, 1);
        buffer.put1(imm);
    }

    /** {@code op reg}, with the register's number in the opcode. */
    void o(Op op, Reg r) {
        shortOpcode(0, op.opcode(Encoding.O), r);
    }

    /** {@code op}. */
    void zo(Op op, int size) {
        if (op.isSized() && size == 8) {
            buffer.put1(0x48);
        }
        int opcode = op.opcode(Encoding.ZO);
        putMap(opcode);
        buffer.put1(opcode);
    }

    void zo(Op op) {
        zo(op, op.size());
    }

    // What is written often.

    /** {@code op dst, src} with a register, memory or immediate as source. */
    void op(Op op, int size, Reg dst, Operand src) {
        if (src instanceof Operand.Imm i) {
            mi(op, size, Operand.of(dst), i.value());
        } else {
            rm(op, size, dst, src);
        }
    }

    void op(Op op, int size, Reg dst, Reg src) {
        rm(op, size, dst, Operand.of(src));
    }

    void op(Op op, int size, Reg dst, int imm) {
        mi(op, size, Operand.of(dst), imm);
    }

    /** {@code op dst, src} of an operation that comes in one size. */
    void op(Op op, Reg dst, Operand src) {
        rm(op, op.size(), dst, src);
    }

    void op(Op op, Reg dst, Reg src) {
        rm(op, op.size(), dst, Operand.of(src));
    }

    /** {@code test reg, reg}: compares with zero. */
    void test(int size, Reg reg) {
        mr(Op.TEST, size, Operand.of(reg), reg);
    }

    /** {@code mov dst, src} on registers. */
    void mov(int size, Reg dst, Reg src) {
        op(Op.MOV, size, dst, src);
    }

    /** {@code mov dst, [src]} of 4 or 8 bytes. */
    void mov(int size, Reg dst, Address src) {
        op(Op.MOV, size, dst, src);
    }

    /** {@code mov [dst], src} of 1, 2, 4 or 8 bytes. */
    void store(int size, Address dst, Reg src) {
        mr(Op.MOV, size, dst, src);
    }

    /** {@code mov [dst], imm} of 1, 2, 4 or 8 bytes (sign-extended). */
    void store(int size, Address dst, int imm) {
        mi(Op.MOV, size, dst, imm);
    }

    /** A constant by the shortest encoding that leaves the flags alone. */
    void movImm(Reg dst, long value) {
        if (value >>> 32 == 0) {
            shortOpcode(0, 0xb8, dst);
            buffer.put4((int) value);
        } else if ((int) value == value) {
            op(Op.MOV, 8, dst, (int) value);
        } else {
            shortOpcode(1, 0xb8, dst);
            buffer.put8(value);
        }
    }

    void lea(int size, Reg dst, Address address) {
        rm(Op.LEA, size, dst, address);
    }

    void set(Cond c, Reg dst) {
        legacy(Op.SET, Op.SET.opcode(Encoding.M) + c.ordinal(), 4, 0, Operand.of(dst), 0);
    }

    void cmov(Cond c, int size, Reg dst, Operand src) {
        legacy(Op.CMOV, Op.CMOV.opcode(Encoding.RM) + c.ordinal(), size, dst, src, 0);
    }

    /** Loads 4, 8 or 16 bytes into a vector register; the rest of it becomes zero. */
    void loadVector(int size, Reg dst, Address src) {
        rm(Op.movVector(size), size, dst, src);
    }

    void storeVector(int size, Address dst, Reg src) {
        mr(Op.movVector(size), size, dst, src);
    }

    void push(Reg r) {
        o(Op.PUSH, r);
    }

    void pop(Reg r) {
        o(Op.POP, r);
    }

    // Control flow.

    /** {@code jmp label}, in its short form where that reaches. */
    void jmp(Label target) {
        buffer.branch(target, 0xeb, 0xe9);
    }

    /** {@code jcc label}, in its short form where that reaches. */
    void jcc(Cond c, Label target) {
        buffer.branch(target, 0x70 + c.ordinal(), 0x0f, 0x80 + c.ordinal());
    }

    void jmp(Operand rm) {
        m(Op.JMP, 8, rm);
    }

    void call(Operand rm) {
        m(Op.CALL, 8, rm);
        buffer.returnAddress();
    }

    /** {@code call rel32} with the distance left to a relocation; returns the offset of its field. */
    int callRel32() {
        int field = rel32(0xe8);
        buffer.returnAddress();
        return field;
    }

    /** {@code jmp rel32} with the distance left to a relocation; returns the offset of its field. */
    int jmpRel32() {
        return rel32(0xe9);
    }

    private int rel32(int opcode) {
        buffer.put1(opcode);
        buffer.put4(0);
        return buffer.size() - 4;
    }

    void ret() {
        zo(Op.RET, 8);
    }

    /** Returns and takes {@code bytes} of arguments off the stack. */
    void ret(int bytes) {
        buffer.put1(0xc2);
        buffer.put2(bytes);
    }

    /** Reads the first word that the thread pointer points to: {@code mov dst, fs:[0]}. */
    void loadThreadPointer(Reg dst) {
        buffer.put1(0x64);
        mov(8, dst, Address.of(null, 0));
    }

    /** Reads the extended control register of number ecx into edx:eax. */
    void xgetbv() {
        put(0x0f, 0x01, 0xd0);
    }

    /**
     * The bytes from the current offset to {@code label}, as four bytes relative to {@code base}: an entry of a jump
     * table.
     */
    void tableEntry(Label label, Label base) {
        buffer.refer(buffer.size(), label, (b, at, target) -> {
            b.set4(at, target - base.offset());
            return true;
        });
        buffer.put4(0);
    }

    /**
     * Behind a call: a no-operation whose address is that of the call's landing pad. It is used for nothing else, and
     * the stub that throws looks for it.
     */
    void pad(Label pad) {
        put(0x0f, 0x1f, 0x05);
        buffer.refer(buffer.size(), pad, (b, at, target) -> {
            b.set4(at, target - (at + 4));
            return true;
        });
        buffer.put4(0);
    }

    /** Instructions of {@code bytes} bytes in total that do nothing (Intel SDM, table 4-12). */
    void nop(int bytes) {
        int left = bytes;
        while (left > 0) {
            int n = Math.min(left, 9);
            switch (n) {
                case 1 -> buffer.put1(0x90);
                case 2 -> put(0x66, 0x90);
                case 3 -> put(0x0f, 0x1f, 0x00);
                case 4 -> put(0x0f, 0x1f, 0x40, 0);
                case 5 -> put(0x0f, 0x1f, 0x44, 0, 0);
                case 6 -> put(0x66, 0x0f, 0x1f, 0x44, 0, 0);
                case 7 -> put(0x0f, 0x1f, 0x80, 0, 0, 0, 0);
                case 8 -> put(0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0);
                default -> put(0x66, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0);
            }
            left -= n;
        }
    }

    private void put(int... bytes) {
        for (int b : bytes) {
            buffer.put1(b);
        }
    }

    // Encoding.

    /** Whether an instruction that has a form with old prefixes is encoded with VEX, or has none. */
    private boolean isVex(Op op) {
        return op.prefix() != Prefix.LEGACY || avx && op.twin() != Twin.NONE;
    }

    private static int immediateBytes(Op op, int size, int imm) {
        return switch (op.immediate()) {
            case BYTE, COUNT -> 1;
            case SHORT -> (byte) imm == imm ? 1 : Math.min(size, 4);
            case FULL -> Math.min(size, 4);
        };
    }

    /** Whether an immediate of {@code bytes} is sign-extended to the operation's size, which takes another opcode. */
    private static boolean isShort(Op op, int size, int bytes) {
        return op.immediate() == Op.Immediate.SHORT && bytes < Math.min(size, 4);
    }

    private void putImmediate(int imm, int bytes) {
        switch (bytes) {
            case 1 -> buffer.put1(imm);
            case 2 -> buffer.put2(imm);
            default -> buffer.put4(imm);
        }
    }

    /** Without a REX prefix, byte registers 4 to 7 would be ah, ch, dh and bh. */
    private static boolean isHighByte(int index) {
        return index >= 4 && index < 8;
    }

    private void legacy(Op op, int opcode, int size, Reg reg, Operand rm, int immBytes) {
        boolean highByte = size == 1 && isHighByte(reg.index());
        legacy(op, opcode, size, reg.index(), highByte, rm, immBytes);
    }

    private void legacy(Op op, int opcode, int size, int digit, Operand rm, int immBytes) {
        legacy(op, opcode, size, digit, false, rm, immBytes);
    }

    private void legacy(Op op, int opcode, int size, int reg, boolean highByte, Operand rm, int immBytes) {
        recordTrap(rm);
        if (op.isLocked()) {
            buffer.put1(0xf0);
        }
        int prefix = size == 2 ? 1 : opcode >>> 16;
        if (prefix != 0) {
            buffer.put1(PREFIX[prefix]);
        }
        int rex = (size == 8 && op.isSized() ? 8 : 0) | (reg >> 3) << 2 | rm.highBits();
        if (rex != 0
                || highByte
                || rm instanceof Operand.InReg r
                        && op.rmBytes(size) == 1
                        && isHighByte(r.reg().index())) {
            buffer.put1(0x40 | rex);
        }
        putMap(opcode);
        buffer.put1(size == 1 ? opcode & ~1 : opcode);
        modRm(reg & 7, rm, 1, immBytes);
    }

    private void putMap(int opcode) {
        int map = opcode >>> 8 & 0xff;
        if (map != 0) {
            buffer.put1(0x0f);
            if (map == 2) {
                buffer.put1(0x38);
            } else if (map == 3) {
                buffer.put1(0x3a);
            }
        }
    }

    private void vex(Op op, int opcode, int size, int reg, int vvvv, Operand rm, int immBytes) {
        recordTrap(rm);
        boolean w = op.isSized() ? size == 8 : op.hasW1();
        int map = opcode >>> 8 & 0xff;
        int high = rm.highBits();
        // Bits of registers' numbers are inverted.
        int rxb = (~reg >> 3 & 1) << 7 | (~high & 3) << 5;
        int tail = (w ? 0x80 : 0) | (~vvvv & 15) << 3 | opcode >>> 16;
        if (op.prefix() == Prefix.EVEX) {
            // Bit 4 of ModRM:reg, then a bit that is always set, length 128, bit 4 of vvvv, no mask.
            buffer.put1(0x62);
            buffer.put1(rxb | 0x10 | map);
            buffer.put1(tail | 4);
            buffer.put1(8);
            buffer.put1(opcode);
            modRm(reg & 7, rm, op.memoryBytes(size), immBytes);
            return;
        }
        if (!w && high == 0 && map == 1) {
            buffer.put1(0xc5);
            buffer.put1(rxb & 0x80 | tail);
        } else {
            buffer.put1(0xc4);
            buffer.put1(rxb | map);
            buffer.put1(tail);
        }
        buffer.put1(opcode);
        modRm(reg & 7, rm, 1, immBytes);
    }

    private void recordTrap(Operand rm) {
        if (rm instanceof Address a && a.trap() != null) {
            buffer.trapSite(a.trap());
        }
    }

    /** {@code unit}: a displacement of one byte counts so many bytes. */
    private void modRm(int reg, Operand rm, int unit, int immBytes) {
        if (rm instanceof Operand.InReg r) {
            buffer.put1(0xc0 | reg << 3 | r.reg().index() & 7);
            return;
        }
        Address a = (Address) rm;
        if (a.label() != null) {
            buffer.put1(reg << 3 | 5);
            buffer.refer(buffer.size(), a.label(), (b, at, target) -> {
                b.set4(at, target - (at + 4 + immBytes));
                return true;
            });
            buffer.put4(0);
            return;
        }
        Reg base = a.base();
        if (base == null) {
            // Without a base, mode 0 with base 5 means 32 bits of displacement.
            buffer.put1(reg << 3 | 4);
            sib(a, 5);
            buffer.put4(a.disp());
            return;
        }
        int low = base.index() & 7;
        // rbp and r13 as base have no form without displacement; rsp and r12 need the second byte.
        boolean isShort = a.disp() % unit == 0 && (byte) (a.disp() / unit) == a.disp() / unit;
        int mode = a.disp() == 0 && low != 5 ? 0 : isShort ? 1 : 2;
        if (a.index() != null || low == 4) {
            buffer.put1(mode << 6 | reg << 3 | 4);
            sib(a, low);
        } else {
            buffer.put1(mode << 6 | reg << 3 | low);
        }
        if (mode == 1) {
            buffer.put1(a.disp() / unit);
        } else if (mode == 2) {
            buffer.put4(a.disp());
        }
    }

    private void sib(Address a, int base) {
        int index = a.index() == null ? 4 : a.index().index() & 7;
        buffer.put1(a.shift() << 6 | index << 3 | base);
    }

    private void shortOpcode(int w, int opcode, Reg r) {
        int rex = w << 3 | r.index() >> 3;
        if (rex != 0) {
            buffer.put1(0x40 | rex);
        }
        buffer.put1(opcode | r.index() & 7);
    }
}
