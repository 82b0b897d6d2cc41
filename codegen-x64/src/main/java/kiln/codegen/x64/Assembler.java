package kiln.codegen.x64;

import kiln.codegen.CodeBuffer;
import kiln.codegen.Label;
import kiln.codegen.Reg;

/**
 * Encodes x86-64 instructions, one short method for each encoding form (Intel SDM volume 2). Sizes are in bytes. Operands
 * are physical registers and addresses over them; {@link Operand}s must have been resolved. An access through an address
 * that may trap is recorded as trap site where its instruction starts.
 */
public final class Assembler {
    // An opcode is: mandatory prefix (the number VEX has for it) << 16 | opcode map (likewise) << 8 | opcode byte.
    static final int P66 = 1 << 16;
    static final int PF3 = 2 << 16;
    static final int PF2 = 3 << 16;
    static final int M0F = 1 << 8;
    static final int M38 = 2 << 8;
    static final int M3A = 3 << 8;

    private static final int[] PREFIX = {0, 0x66, 0xf3, 0xf2};

    private final CodeBuffer buffer;

    public Assembler(CodeBuffer buffer) {
        this.buffer = buffer;
    }

    public CodeBuffer buffer() {
        return buffer;
    }

    // Integer arithmetic.

    /** {@code op dst, src} with a register, memory or immediate as source. */
    public void alu(AluOp op, int size, Reg dst, Operand src) {
        if (src instanceof Operand.Imm i) {
            aluImm(op, size, Operand.of(dst), i.value());
        } else {
            encode(op.ordinal() * 8 + (size == 1 ? 2 : 3), size, dst, src, 0);
        }
    }

    /** {@code op dst, src} on registers. */
    public void alu(AluOp op, int size, Reg dst, Reg src) {
        alu(op, size, dst, Operand.of(src));
    }

    /** {@code op dst, imm}. */
    public void alu(AluOp op, int size, Reg dst, int imm) {
        aluImm(op, size, Operand.of(dst), imm);
    }

    /** {@code op [dst], src} with a register or immediate as source; {@code size} is 1, 2, 4 or 8. */
    public void aluStore(AluOp op, int size, Address dst, Operand src) {
        switch (src) {
            case Operand.Imm i -> aluImm(op, size, dst, i.value());
            case Operand.InReg r -> encode(op.ordinal() * 8 + (size == 1 ? 0 : 1), size, r.reg(), dst, 0);
            case Address _, Operand.Pooled _ -> throw new IllegalArgumentException("two memory operands");
        }
    }

    /** {@code op r/m, imm}: sign-extended from 8 bits where that fits. */
    void aluImm(AluOp op, int size, Operand rm, int imm) {
        if (size == 1) {
            encode(0x80, 1, op.ordinal(), rm, 1);
            buffer.put1(imm);
        } else if ((byte) imm == imm) {
            encode(0x83, size, op.ordinal(), rm, 1);
            buffer.put1(imm);
        } else {
            immediate(0x81, size, op.ordinal(), rm, imm);
        }
    }

    /** {@code test r/m, reg}. */
    public void test(int size, Operand rm, Reg reg) {
        encode(size == 1 ? 0x84 : 0x85, size, reg, rm, 0);
    }

    /** {@code test r/m, imm}. */
    public void test(int size, Operand rm, int imm) {
        if (size == 1) {
            encode(0xf6, 1, 0, rm, 1);
            buffer.put1(imm);
        } else {
            immediate(0xf7, size, 0, rm, imm);
        }
    }

    /** An immediate of the operation's size, at most four bytes. */
    private void immediate(int opcode, int size, int extension, Operand rm, int imm) {
        if (size == 2) {
            encode(opcode, 2, extension, rm, 2);
            buffer.put2(imm);
        } else {
            encode(opcode, size, extension, rm, 4);
            buffer.put4(imm);
        }
    }

    /** {@code op dst, r/m}. */
    public void op(IntOp op, int size, Reg dst, Operand src) {
        encode(op.opcode, size, dst, src, 0);
    }

    /** {@code imul dst, r/m, imm}. */
    public void imul(int size, Reg dst, Operand src, int imm) {
        if ((byte) imm == imm) {
            encode(0x6b, size, dst, src, 1);
            buffer.put1(imm);
        } else {
            encode(0x69, size, dst, src, 4);
            buffer.put4(imm);
        }
    }

    public void not(int size, Operand rm) {
        encode(0xf7, size, 2, rm, 0);
    }

    public void neg(int size, Operand rm) {
        encode(0xf7, size, 3, rm, 0);
    }

    /** rdx:rax = rax * r/m, unsigned. */
    public void mul(int size, Operand rm) {
        encode(0xf7, size, 4, rm, 0);
    }

    /** rdx:rax = rax * r/m, signed. */
    public void imul(int size, Operand rm) {
        encode(0xf7, size, 5, rm, 0);
    }

    /** rax, rdx = quotient and remainder of rdx:rax by r/m, unsigned. */
    public void div(int size, Operand rm) {
        encode(0xf7, size, 6, rm, 0);
    }

    /** rax, rdx = quotient and remainder of rdx:rax by r/m, signed. */
    public void idiv(int size, Operand rm) {
        encode(0xf7, size, 7, rm, 0);
    }

    /** cdq, cqo: the sign of rax into rdx. */
    public void signIntoRdx(int size) {
        if (size == 8) {
            buffer.put1(0x48);
        }
        buffer.put1(0x99);
    }

    /** {@code op r/m, count}. */
    public void shift(ShiftOp op, int size, Operand rm, int count) {
        if (count == 1) {
            encode(0xd1, size, op.number, rm, 0);
        } else {
            encode(0xc1, size, op.number, rm, 1);
            buffer.put1(count);
        }
    }

    /** {@code op r/m, cl}. */
    public void shiftByCl(ShiftOp op, int size, Operand rm) {
        encode(0xd3, size, op.number, rm, 0);
    }

    /** {@code bt r/m, bit}, also bts (5), btr (6), btc (7) by {@code number}. */
    public void bitTest(int number, int size, Operand rm, int bit) {
        encode(M0F | 0xba, size, number, rm, 1);
        buffer.put1(bit);
    }

    /** {@code bt reg, bit}: the bit's number modulo the size. */
    public void bitTest(int size, Reg reg, Reg bit) {
        encode(M0F | 0xa3, size, bit, Operand.of(reg), 0);
    }

    public void lea(int size, Reg dst, Address address) {
        encode(0x8d, size, dst, address, 0);
    }

    public void setcc(Cond c, Reg dst) {
        encode(M0F | 0x90 + c.ordinal(), 1, 0, Operand.of(dst), 0);
    }

    public void cmov(Cond c, int size, Reg dst, Operand src) {
        encode(M0F | 0x40 + c.ordinal(), size, dst, src, 0);
    }

    public void xchg(int size, Reg a, Reg b) {
        encode(0x87, size, b, Operand.of(a), 0);
    }

    // BMI1, BMI2.

    /** {@code andn dst, inverted, src}: {@code ~inverted & src}. */
    public void andn(int size, Reg dst, Reg inverted, Operand src) {
        vex(IntOp.Vex.ANDN.opcode, size == 8, dst.index(), inverted.index(), src, 0);
    }

    /** {@code shlx dst, src, count} and its kin. */
    void shiftx(IntOp.Vex op, int size, Reg dst, Operand src, Reg count) {
        vex(op.opcode, size == 8, dst.index(), count.index(), src, 0);
    }

    void lowestBit(IntOp.LowestBit op, int size, Reg dst, Operand src) {
        vex(M38 | 0xf3, size == 8, op.number, dst.index(), src, 0);
    }

    public void rorx(int size, Reg dst, Operand src, int count) {
        vex(PF2 | M3A | 0xf0, size == 8, dst.index(), 0, src, 1);
        buffer.put1(count);
    }

    /** high:low = rdx * src, unsigned; flags stay as they are. */
    public void mulx(int size, Reg high, Reg low, Operand src) {
        vex(PF2 | M38 | 0xf6, size == 8, high.index(), low.index(), src, 0);
    }

    // Moves.

    /** {@code mov dst, src} on registers. */
    public void mov(int size, Reg dst, Reg src) {
        encode(0x8b, size, dst, Operand.of(src), 0);
    }

    /** {@code mov dst, [src]} of 4 or 8 bytes. */
    public void mov(int size, Reg dst, Address src) {
        encode(0x8b, size, dst, src, 0);
    }

    /** {@code mov [dst], src} of 1, 2, 4 or 8 bytes. */
    public void store(int size, Address dst, Reg src) {
        encode(size == 1 ? 0x88 : 0x89, size, src, dst, 0);
    }

    /** {@code mov [dst], imm} of 1, 2, 4 or 8 bytes (sign-extended). */
    public void store(int size, Address dst, int imm) {
        if (size == 1) {
            encode(0xc6, 1, 0, dst, 1);
            buffer.put1(imm);
        } else {
            immediate(0xc7, size, 0, dst, imm);
        }
    }

    /** A constant by the shortest encoding that leaves the flags alone. */
    public void movImm(Reg dst, long value) {
        if (value >>> 32 == 0) {
            shortOpcode(0, 0xb8, dst);
            buffer.put4((int) value);
        } else if ((int) value == value) {
            immediate(0xc7, 8, 0, Operand.of(dst), (int) value);
        } else {
            shortOpcode(1, 0xb8, dst);
            buffer.put8(value);
        }
    }

    public void extend(ExtendOp op, Reg dst, Operand src) {
        boolean byteReg = op.from == 1;
        legacy(op.opcode, op.to == 8, dst.index(), src, 0, byteReg ? src : null);
    }

    /** {@code push reg}, 8 bytes. */
    public void push(Reg r) {
        shortOpcode(0, 0x50, r);
    }

    public void pop(Reg r) {
        shortOpcode(0, 0x58, r);
    }

    // Vector registers.

    /** {@code op dst, xmm/m}. */
    public void op(FloatOp op, Reg dst, Operand src) {
        legacy(op.opcode, false, dst.index(), src, 0, null);
    }

    /** {@code op dst, xmm/m} on registers. */
    public void op(FloatOp op, Reg dst, Reg src) {
        op(op, dst, Operand.of(src));
    }

    /** {@code vop dst, left, xmm/m}. */
    public void vop(FloatOp op, Reg dst, Reg left, Operand right) {
        vex(op.opcode, false, dst.index(), left.index(), right, 0);
    }

    /** ucomiss, ucomisd. */
    public void ucomis(int size, Reg a, Operand b) {
        legacy((size == 8 ? P66 : 0) | M0F | 0x2e, false, a.index(), b, 0, null);
    }

    /** movaps: all sixteen bytes. */
    public void movaps(Reg dst, Reg src) {
        legacy(M0F | 0x28, false, dst.index(), Operand.of(src), 0, null);
    }

    /** movss, movsd, movups load (4, 8, 16 bytes); the rest of the register becomes zero. */
    public void loadVector(int size, Reg dst, Address src) {
        legacy(vectorPrefix(size) | M0F | 0x10, false, dst.index(), src, 0, null);
    }

    /** movss, movsd, movups store. */
    public void storeVector(int size, Address dst, Reg src) {
        legacy(vectorPrefix(size) | M0F | 0x11, false, src.index(), dst, 0, null);
    }

    private static int vectorPrefix(int size) {
        return switch (size) {
            case 4 -> PF3;
            case 8 -> PF2;
            default -> 0;
        };
    }

    /** movd, movq from an integer register; the rest becomes zero. */
    public void movToVector(int size, Reg dst, Operand src) {
        legacy(P66 | M0F | 0x6e, size == 8, dst.index(), src, 0, null);
    }

    /** movd, movq to an integer register. */
    public void movFromVector(int size, Reg dst, Reg src) {
        legacy(P66 | M0F | 0x7e, size == 8, src.index(), Operand.of(dst), 0, null);
    }

    /** cvtsi2ss, cvtsi2sd ({@code floatSize}) of an integer of {@code intSize}; the rest of dst stays. */
    public void intToFloat(int floatSize, int intSize, Reg dst, Operand src) {
        legacy((floatSize == 4 ? PF3 : PF2) | M0F | 0x2a, intSize == 8, dst.index(), src, 0, null);
    }

    /** cvttss2si, cvttsd2si: truncates; the most negative integer if the result does not fit. */
    public void floatToInt(int floatSize, int intSize, Reg dst, Operand src) {
        legacy((floatSize == 4 ? PF3 : PF2) | M0F | 0x2c, intSize == 8, dst.index(), src, 0, null);
    }

    /** roundss, roundsd (SSE4.1). */
    public void round(int size, Reg dst, Operand src, int mode) {
        legacy(P66 | M3A | (size == 4 ? 0x0a : 0x0b), false, dst.index(), src, 1, null);
        buffer.put1(mode);
    }

    /** vroundss, vroundsd, the rest of dst from {@code rest}. */
    public void vround(int size, Reg dst, Reg rest, Operand src, int mode) {
        vex(P66 | M3A | (size == 4 ? 0x0a : 0x0b), false, dst.index(), rest.index(), src, 1);
        buffer.put1(mode);
    }

    // Control flow.

    /** {@code jmp label}, in its short form where that reaches. */
    public void jmp(Label target) {
        buffer.branch(target, 0xeb, 0xe9);
    }

    /** {@code jcc label}, in its short form where that reaches. */
    public void jcc(Cond c, Label target) {
        buffer.branch(target, 0x70 + c.ordinal(), 0x0f, 0x80 + c.ordinal());
    }

    public void jmp(Operand rm) {
        encode(0xff, 4, 4, rm, 0);
    }

    public void call(Operand rm) {
        encode(0xff, 4, 2, rm, 0);
        buffer.returnAddress();
    }

    /** {@code call rel32} with the distance left to a relocation; returns the offset of its field. */
    public int callRel32() {
        int field = rel32(0xe8);
        buffer.returnAddress();
        return field;
    }

    /** {@code jmp rel32} with the distance left to a relocation; returns the offset of its field. */
    public int jmpRel32() {
        return rel32(0xe9);
    }

    private int rel32(int opcode) {
        buffer.put1(opcode);
        buffer.put4(0);
        return buffer.size() - 4;
    }

    public void ret() {
        buffer.put1(0xc3);
    }

    /** Returns and takes {@code bytes} of arguments off the stack. */
    public void ret(int bytes) {
        buffer.put1(0xc2);
        buffer.put2(bytes);
    }

    public void leave() {
        buffer.put1(0xc9);
    }

    /** A breakpoint: what must never run. */
    public void int3() {
        buffer.put1(0xcc);
    }

    public void syscall() {
        put(0x0f, 0x05);
    }

    /** Reads the first word that the thread pointer points to: {@code mov dst, fs:[0]}. */
    public void loadThreadPointer(Reg dst) {
        buffer.put1(0x64);
        encode(0x8b, 8, dst, Address.of(null, 0), 0);
    }

    /** The bytes from the current offset to {@code label}, as four bytes relative to {@code base}: an entry of a jump table. */
    public void tableEntry(Label label, Label base) {
        buffer.refer(buffer.size(), label, (b, at, target) -> {
            b.set4(at, target - base.offset());
            return true;
        });
        buffer.put4(0);
    }

    /** Instructions of {@code bytes} bytes in total that do nothing (Intel SDM, table 4-12). */
    public void nop(int bytes) {
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

    /** An instruction with both register fields as integer registers of the operation's size. */
    private void encode(int opcode, int size, Reg reg, Operand rm, int immBytes) {
        int op = size == 2 ? opcode | P66 : opcode;
        boolean highByte = size == 1 && isHighByte(reg.index());
        legacy(op, size == 8, reg.index(), rm, immBytes, size == 1 ? rm : null, highByte);
    }

    /** The same with an extension of the opcode in place of a register. */
    private void encode(int opcode, int size, int extension, Operand rm, int immBytes) {
        int op = size == 2 ? opcode | P66 : opcode;
        legacy(op, size == 8, extension, rm, immBytes, size == 1 ? rm : null, false);
    }

    /** Without a REX prefix, byte registers 4 to 7 would be ah, ch, dh and bh. */
    private static boolean isHighByte(int index) {
        return index >= 4 && index < 8;
    }

    private void legacy(int opcode, boolean w, int reg, Operand rm, int immBytes, Operand byteOperand) {
        legacy(opcode, w, reg, rm, immBytes, byteOperand, false);
    }

    private void legacy(
            int opcode, boolean w, int reg, Operand rm, int immBytes, Operand byteOperand, boolean forceRex) {
        if (rm instanceof Address a && a.trap() != null) {
            buffer.trapSite(a.trap());
        }
        int prefix = opcode >>> 16;
        if (prefix != 0) {
            buffer.put1(PREFIX[prefix]);
        }
        int rex = (w ? 8 : 0) | (reg >> 3) << 2 | highBits(rm);
        boolean force = forceRex
                || byteOperand instanceof Operand.InReg r && isHighByte(r.reg().index());
        if (rex != 0 || force) {
            buffer.put1(0x40 | rex);
        }
        int map = opcode >>> 8 & 0xff;
        if (map != 0) {
            buffer.put1(0x0f);
            if (map == 2) {
                buffer.put1(0x38);
            } else if (map == 3) {
                buffer.put1(0x3a);
            }
        }
        buffer.put1(opcode);
        modRm(reg & 7, rm, immBytes);
    }

    private void vex(int opcode, boolean w, int reg, int vvvv, Operand rm, int immBytes) {
        if (rm instanceof Address a && a.trap() != null) {
            buffer.trapSite(a.trap());
        }
        int map = opcode >>> 8 & 0xff;
        int high = highBits(rm);
        int tail = (~vvvv & 15) << 3 | opcode >>> 16;
        if (!w && high == 0 && map == 1) {
            buffer.put1(0xc5);
            buffer.put1((~reg >> 3 & 1) << 7 | tail);
        } else {
            buffer.put1(0xc4);
            buffer.put1((~reg >> 3 & 1) << 7 | (~high & 3) << 5 | map);
            buffer.put1((w ? 0x80 : 0) | tail);
        }
        buffer.put1(opcode);
        modRm(reg & 7, rm, immBytes);
    }

    /** The bits X and B of REX. */
    private static int highBits(Operand rm) {
        return switch (rm) {
            case Operand.InReg r -> r.reg().index() >> 3;
            case Address a ->
                (a.index() == null ? 0 : a.index().index() >> 3 << 1)
                        | (a.base() == null ? 0 : a.base().index() >> 3);
            case Operand.Imm _, Operand.Pooled _ ->
                throw new IllegalArgumentException("not a register or memory: " + rm);
        };
    }

    private void modRm(int reg, Operand rm, int immBytes) {
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
        int mode = a.disp() == 0 && low != 5 ? 0 : (byte) a.disp() == a.disp() ? 1 : 2;
        if (a.index() != null || low == 4) {
            buffer.put1(mode << 6 | reg << 3 | 4);
            sib(a, low);
        } else {
            buffer.put1(mode << 6 | reg << 3 | low);
        }
        if (mode == 1) {
            buffer.put1(a.disp());
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
