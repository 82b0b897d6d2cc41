package kiln.codegen.x64;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import kiln.codegen.CodeBuffer;
import kiln.codegen.Label;
import kiln.codegen.Reg;
import kiln.disasm.Disassembler;
import kiln.disasm.Instruction;
import kiln.disasm.Isa;
import org.junit.jupiter.api.Test;

/** Tables of instructions against what Capstone reads: every form over all registers and all shapes of addresses. */
class AssemblerTest {
    private static final List<Reg> GPR = Registers.GPR;
    private static final List<Reg> XMM = Registers.XMM;
    private static final int[] IMMEDIATES = {
        0, 1, -1, 127, -128, 128, -129, 0x12345678, Integer.MIN_VALUE, Integer.MAX_VALUE
    };
    private static final int[] DISPLACEMENTS = {0, 1, 127, 128, -128, -129, Integer.MAX_VALUE, Integer.MIN_VALUE};

    private final CodeBuffer buffer = new CodeBuffer();
    private final Assembler asm = new Assembler(buffer);
    private final List<String> expected = new ArrayList<>();

    private void check() {
        buffer.emitConstants();
        buffer.resolveLabels();
        try (Disassembler d = new Disassembler(Isa.X86_64)) {
            List<String> actual = d.disassemble(buffer.toByteArray(), 0).stream()
                    .map(Instruction::text)
                    .toList();
            for (int i = 0; i < Math.min(actual.size(), expected.size()); i++) {
                if (!matches(expected.get(i), actual.get(i))) {
                    assertEquals(expected.get(i), actual.get(i), "instruction " + i);
                }
            }
            assertEquals(expected.size(), actual.size());
        }
    }

    private void expect(String format, Object... args) {
        expected.add(String.format(format, args));
    }

    private static String r(Reg r, int size) {
        return Registers.name(r, size);
    }

    private static Operand o(Reg r) {
        return Operand.of(r);
    }

    private static String hex(long v) {
        return v < 0 ? "-" + hex(-v) : v > 9 ? "0x" + Long.toHexString(v) : Long.toString(v);
    }

    /** An immediate as Capstone writes it: negative ones with a sign or not, depending on the instruction. */
    private static String imm(long v, int size) {
        long masked = size == 8 ? v : v & (1L << 8 * size) - 1;
        String unsigned = masked >= 0 && masked <= 9 ? Long.toString(masked) : "0x" + Long.toHexString(masked);
        return unsigned + "|" + hex(v);
    }

    private static boolean matches(String expected, String actual) {
        int bar = expected.indexOf('|');
        if (bar < 0) {
            return expected.equals(actual);
        }
        int number = expected.lastIndexOf(' ') + 1;
        return actual.equals(expected.substring(0, bar))
                || actual.equals(expected.substring(0, number) + expected.substring(bar + 1));
    }

    private static String mem(Address a, int bytes) {
        String width = switch (bytes) {
            case 1 -> "byte ptr ";
            case 2 -> "word ptr ";
            case 4 -> "dword ptr ";
            case 8 -> "qword ptr ";
            case 16 -> "xmmword ptr ";
            default -> "";
        };
        StringBuilder s = new StringBuilder(width + "[");
        String plus = "";
        if (a.base() != null) {
            s.append(a.base());
            plus = " + ";
        }
        if (a.index() != null) {
            s.append(plus).append(a.index()).append(a.shift() == 0 ? "" : "*" + (1 << a.shift()));
            plus = " + ";
        }
        if (plus.isEmpty()) {
            s.append(a.disp() < 0 ? "0x" + Long.toHexString(a.disp()) : hex(a.disp()));
        } else if (a.disp() != 0) {
            s.append(a.disp() < 0 ? " - " : " + ").append(hex(Math.abs((long) a.disp())));
        }
        return s + "]";
    }

    /** Every base, every index, every scale, every size of displacement; not all combinations of all. */
    private static List<Address> addresses() {
        List<Address> list = new ArrayList<>();
        for (Reg base : GPR) {
            for (int disp : DISPLACEMENTS) {
                list.add(Address.of(base, disp));
            }
            for (Reg index : GPR) {
                if (index != Registers.RSP) {
                    list.add(Address.of(base, index, 0, 0));
                    list.add(Address.of(base, index, 3, 8));
                    list.add(Address.of(base, index, 2, -1000));
                }
            }
        }
        for (Reg index : GPR) {
            if (index != Registers.RSP) {
                for (int disp : DISPLACEMENTS) {
                    list.add(Address.of(null, index, 2, disp));
                }
            }
        }
        return list;
    }

    private static void each(Consumer<Reg> c) {
        GPR.forEach(c);
    }

    @Test
    void aluOnRegisters() {
        for (AluOp op : AluOp.values()) {
            for (int size : new int[] {1, 4, 8}) {
                each(a -> each(b -> {
                    asm.alu(op, size, a, b);
                    expect("%s %s, %s", op, r(a, size), r(b, size));
                }));
            }
        }
        check();
    }

    @Test
    void aluWithMemory() {
        int i = 0;
        for (Address a : addresses()) {
            for (int size : new int[] {1, 2, 4, 8}) {
                Reg reg = GPR.get(i++ % 16);
                AluOp op = AluOp.values()[i % 8];
                if (size != 2) {
                    asm.alu(op, size, reg, a);
                    expect("%s %s, %s", op, r(reg, size), mem(a, size));
                }
                asm.aluStore(op, size, a, o(reg));
                expect("%s %s, %s", op, mem(a, size), r(reg, size));
            }
        }
        check();
    }

    @Test
    void aluWithImmediates() {
        Address m = Address.of(Registers.R13, 0);
        for (AluOp op : AluOp.values()) {
            for (int v : IMMEDIATES) {
                for (int size : new int[] {1, 2, 4, 8}) {
                    int fit = size == 1 ? (byte) v : size == 2 ? (short) v : v;
                    each(r -> {
                        asm.alu(op, size, r, fit);
                        expect("%s %s, %s", op, r(r, size), imm(fit, size));
                    });
                    asm.aluStore(op, size, m, Operand.imm(fit));
                    expect("%s %s, %s", op, mem(m, size), imm(fit, size));
                }
            }
        }
        check();
    }

    @Test
    void testInstruction() {
        Address m = Address.of(Registers.RSP, 8);
        for (int size : new int[] {1, 2, 4, 8}) {
            each(a -> each(b -> {
                asm.test(size, o(a), b);
                expect("test %s, %s", r(a, size), r(b, size));
            }));
            each(a -> {
                asm.test(size, o(a), 0x55);
                expect("test %s, 0x55", r(a, size));
                asm.test(size, m, a);
                expect("test %s, %s", mem(m, size), r(a, size));
            });
            asm.test(size, m, 64);
            expect("test %s, 0x40", mem(m, size));
        }
        check();
    }

    @Test
    void twoOperandIntegerOperations() {
        Address m = Address.of(Registers.RBP, Registers.R9, 3, 0);
        for (IntOp op : IntOp.values()) {
            for (int size : new int[] {4, 8}) {
                each(a -> each(b -> {
                    asm.op(op, size, a, o(b));
                    expect("%s %s, %s", op, r(a, size), r(b, size));
                }));
                asm.op(op, size, Registers.R8, m);
                expect("%s %s, %s", op, r(Registers.R8, size), mem(m, size));
                for (int v : IMMEDIATES) {
                    if (op == IntOp.IMUL) {
                        asm.imul(size, Registers.R12, o(Registers.RSI), v);
                        expect("imul %s, %s, %s", r(Registers.R12, size), r(Registers.RSI, size), imm(v, size));
                        asm.imul(size, Registers.RDX, m, v);
                        expect("imul %s, %s, %s", r(Registers.RDX, size), mem(m, size), imm(v, size));
                    }
                }
            }
        }
        check();
    }

    @Test
    void oneOperandIntegerOperations() {
        Address m = Address.of(Registers.R12, 64);
        for (int size : new int[] {4, 8}) {
            List<Operand> operands =
                    new ArrayList<>(GPR.stream().map(Operand::of).toList());
            operands.add(m);
            for (Operand o : operands) {
                String t = o == m ? mem(m, size) : o.text(size);
                asm.not(size, o);
                expect("not %s", t);
                asm.neg(size, o);
                expect("neg %s", t);
                asm.mul(size, o);
                expect("mul %s", t);
                asm.imul(size, o);
                expect("imul %s", t);
                asm.div(size, o);
                expect("div %s", t);
                asm.idiv(size, o);
                expect("idiv %s", t);
            }
            asm.signIntoRdx(size);
            expect(size == 8 ? "cqo" : "cdq");
        }
        check();
    }

    @Test
    void shifts() {
        for (ShiftOp op : ShiftOp.values()) {
            for (int size : new int[] {4, 8}) {
                each(r -> {
                    for (int n = 0; n < 8 * size; n++) {
                        asm.shift(op, size, o(r), n);
                        expect("%s %s, %s", op, r(r, size), hex(n));
                    }
                    asm.shiftByCl(op, size, o(r));
                    expect("%s %s, cl", op, r(r, size));
                });
            }
        }
        for (int size : new int[] {4, 8}) {
            each(a -> each(b -> {
                asm.bitTest(size, a, b);
                expect("bt %s, %s", r(a, size), r(b, size));
            }));
            each(a -> {
                for (int n = 0; n < 8 * size; n++) {
                    asm.bitTest(4, size, o(a), n);
                    expect("bt %s, %s", r(a, size), hex(n));
                    asm.bitTest(7, size, o(a), n);
                    expect("btc %s, %s", r(a, size), hex(n));
                }
            });
        }
        check();
    }

    @Test
    void bitManipulation() {
        Address m = Address.of(Registers.R9, Registers.R10, 1, 4);
        for (int size : new int[] {4, 8}) {
            each(a -> each(b -> {
                Reg c = GPR.get((a.index() * 3 + b.index()) % 16);
                asm.andn(size, a, b, o(c));
                expect("andn %s, %s, %s", r(a, size), r(b, size), r(c, size));
                for (IntOp.Vex op : List.of(IntOp.Vex.SHLX, IntOp.Vex.SHRX, IntOp.Vex.SARX)) {
                    asm.shiftx(op, size, a, o(b), c);
                    expect("%s %s, %s, %s", op, r(a, size), r(b, size), r(c, size));
                }
                for (IntOp.LowestBit op : IntOp.LowestBit.values()) {
                    asm.lowestBit(op, size, a, o(b));
                    expect("%s %s, %s", op, r(a, size), r(b, size));
                }
                for (int n : new int[] {0, 1, 17, 31, 8 * size - 1}) {
                    asm.rorx(size, a, o(b), n);
                    expect("rorx %s, %s, %s", r(a, size), r(b, size), hex(n));
                }
                asm.mulx(size, a, b, o(c));
                expect("mulx %s, %s, %s", r(a, size), r(b, size), r(c, size));
            }));
            asm.andn(size, Registers.RAX, Registers.R8, m);
            expect("andn %s, %s, %s", r(Registers.RAX, size), r(Registers.R8, size), mem(m, size));
            asm.shiftx(IntOp.Vex.SARX, size, Registers.R15, m, Registers.RDI);
            expect("sarx %s, %s, %s", r(Registers.R15, size), mem(m, size), r(Registers.RDI, size));
            asm.rorx(size, Registers.RAX, m, 5);
            expect("rorx %s, %s, 5", r(Registers.RAX, size), mem(m, size));
        }
        check();
    }

    @Test
    void moves() {
        int i = 0;
        for (Address a : addresses()) {
            Reg reg = GPR.get(i++ % 16);
            for (int size : new int[] {1, 2, 4, 8}) {
                asm.store(size, a, reg);
                expect("mov %s, %s", mem(a, size), r(reg, size));
                asm.store(size, a, 5);
                expect("mov %s, 5", mem(a, size));
            }
            for (ExtendOp op : ExtendOp.values()) {
                asm.extend(op, reg, a);
                expect("%s %s, %s", op.mnemonic, r(reg, op.to), mem(a, op.from));
            }
            asm.lea(8, reg, a);
            expect("lea %s, %s", r(reg, 8), mem(a, 0));
            asm.lea(4, reg, a);
            expect("lea %s, %s", r(reg, 4), mem(a, 0));
        }
        for (ExtendOp op : ExtendOp.values()) {
            each(a -> each(b -> {
                asm.extend(op, a, o(b));
                expect("%s %s, %s", op.mnemonic, r(a, op.to), r(b, op.from));
            }));
        }
        each(a -> each(b -> {
            asm.mov(4, a, b);
            expect("mov %s, %s", r(a, 4), r(b, 4));
            asm.mov(8, a, b);
            expect("mov %s, %s", r(a, 8), r(b, 8));
            asm.xchg(8, a, b);
            // 48 90 is xchg rax, rax only in its short form.
            expect("xchg %s, %s", r(a, 8), r(b, 8));
        }));
        check();
    }

    @Test
    void constants() {
        each(r -> {
            asm.movImm(r, 0);
            expect("mov %s, 0", r(r, 4));
            asm.movImm(r, 0xffffffffL);
            expect("mov %s, %s", r(r, 4), imm(-1, 4));
            asm.movImm(r, -5);
            expect("mov %s, %s", r(r, 8), imm(-5, 8));
            asm.movImm(r, Integer.MIN_VALUE);
            expect("mov %s, %s", r(r, 8), imm(Integer.MIN_VALUE, 8));
            asm.movImm(r, 0x123456789abcdefL);
            expect("movabs %s, 0x123456789abcdef", r(r, 8));
            asm.push(r);
            expect("push %s", r);
            asm.pop(r);
            expect("pop %s", r);
        });
        check();
    }

    @Test
    void conditions() {
        Address m = Address.of(Registers.RSI, 1);
        for (Cond c : Cond.values()) {
            each(r -> {
                asm.setcc(c, r);
                expect("set%s %s", c, r(r, 1));
                for (int size : new int[] {4, 8}) {
                    asm.cmov(c, size, r, o(Registers.R11));
                    expect("cmov%s %s, %s", c, r(r, size), r(Registers.R11, size));
                    asm.cmov(c, size, r, m);
                    expect("cmov%s %s, %s", c, r(r, size), mem(m, size));
                }
            });
        }
        check();
    }

    @Test
    void floatOperations() {
        Address m = Address.of(Registers.R14, Registers.R8, 3, 16);
        for (FloatOp op : FloatOp.values()) {
            for (Reg a : XMM) {
                for (Reg b : XMM) {
                    asm.op(op, a, b);
                    expect("%s %s, %s", op, a, b);
                    Reg c = XMM.get((a.index() * 5 + b.index()) % 16);
                    asm.vop(op, a, b, o(c));
                    expect("v%s %s, %s, %s", op, a, b, c);
                }
                asm.op(op, a, m);
                expect("%s %s, %s", op, a, mem(m, op.bytes));
                asm.vop(op, a, Registers.SCRATCH, m);
                expect("v%s %s, xmm15, %s", op, a, mem(m, op.bytes));
            }
        }
        check();
    }

    @Test
    void floatMoves() {
        int i = 0;
        for (Address a : addresses()) {
            Reg x = XMM.get(i++ % 16);
            asm.loadVector(4, x, a);
            expect("movss %s, %s", x, mem(a, 4));
            asm.loadVector(8, x, a);
            expect("movsd %s, %s", x, mem(a, 8));
            asm.loadVector(16, x, a);
            expect("movups %s, %s", x, mem(a, 16));
            asm.storeVector(4, a, x);
            expect("movss %s, %s", mem(a, 4), x);
            asm.storeVector(8, a, x);
            expect("movsd %s, %s", mem(a, 8), x);
            asm.storeVector(16, a, x);
            expect("movups %s, %s", mem(a, 16), x);
        }
        for (Reg x : XMM) {
            for (Reg y : XMM) {
                asm.movaps(x, y);
                expect("movaps %s, %s", x, y);
                asm.ucomis(4, x, o(y));
                expect("ucomiss %s, %s", x, y);
                asm.ucomis(8, x, o(y));
                expect("ucomisd %s, %s", x, y);
                asm.round(4, x, o(y), 3);
                expect("roundss %s, %s, 3", x, y);
                asm.round(8, x, o(y), 1);
                expect("roundsd %s, %s, 1", x, y);
                asm.vround(8, x, y, o(x), 1);
                expect("vroundsd %s, %s, %s, 1", x, y, x);
                asm.vround(4, x, y, o(x), 8);
                expect("vroundss %s, %s, %s, 8", x, y, x);
            }
            for (Reg r : GPR) {
                asm.movToVector(4, x, o(r));
                expect("movd %s, %s", x, r(r, 4));
                asm.movToVector(8, x, o(r));
                expect("movq %s, %s", x, r(r, 8));
                asm.movFromVector(4, r, x);
                expect("movd %s, %s", r(r, 4), x);
                asm.movFromVector(8, r, x);
                expect("movq %s, %s", r(r, 8), x);
                for (int f : new int[] {4, 8}) {
                    for (int n : new int[] {4, 8}) {
                        asm.intToFloat(f, n, x, o(r));
                        expect("cvtsi2s%s %s, %s", f == 4 ? "s" : "d", x, r(r, n));
                        asm.floatToInt(f, n, r, o(x));
                        expect("cvtts%s2si %s, %s", f == 4 ? "s" : "d", r(r, n), x);
                    }
                }
            }
        }
        check();
    }

    @Test
    void miscellaneous() {
        asm.ret();
        expect("ret");
        asm.ret(16);
        expect("ret 0x10");
        asm.leave();
        expect("leave");
        asm.int3();
        expect("int3");
        asm.syscall();
        expect("syscall");
        asm.loadThreadPointer(Registers.R11);
        expect("mov r11, qword ptr fs:[0]");
        each(r -> {
            asm.call(o(r));
            expect("call %s", r);
            asm.jmp(o(r));
            expect("jmp %s", r);
        });
        asm.call(Address.of(Registers.R15, 8));
        expect("call qword ptr [r15 + 8]");
        asm.jmp(Address.of(Registers.R15, Registers.RAX, 3, 0));
        expect("jmp qword ptr [r15 + rax*8]");
        check();
    }

    @Test
    void padding() {
        for (int n = 1; n <= 40; n++) {
            CodeBuffer b = new CodeBuffer();
            new Assembler(b).nop(n);
            assertEquals(n, b.size());
            try (Disassembler d = new Disassembler(Isa.X86_64)) {
                d.disassemble(b.toByteArray(), 0).forEach(i -> assertEquals("nop", i.mnemonic()));
            }
        }
    }

    @Test
    void ripRelativeDistanceCountsFromTheEndOfTheInstruction() {
        Label data = buffer.constant8(42);
        asm.alu(AluOp.ADD, 8, Registers.RAX, Address.of(data)); // 7 bytes
        asm.imul(8, Registers.RAX, Address.of(data), 1000); // 11
        asm.round(8, Registers.XMM.get(3), Address.of(data), 2); // 10
        asm.ret(); // 1; data at 32
        expect("add rax, qword ptr [rip + 0x19]");
        expect("imul rax, qword ptr [rip + 0xe], 0x3e8");
        expect("roundsd xmm3, qword ptr [rip + 4], 2");
        expect("ret");
        buffer.emitConstants();
        buffer.resolveLabels();
        try (Disassembler d = new Disassembler(Isa.X86_64)) {
            List<String> actual = d.disassemble(buffer.toByteArray(), 0).stream()
                    .map(Instruction::text)
                    .toList();
            assertEquals(expected, actual.subList(0, 4));
        }
    }

    @Test
    void branches() {
        Label back = new Label();
        Label forward = new Label();
        buffer.bind(back);
        for (Cond c : Cond.values()) {
            asm.jcc(c, back);
        }
        asm.jmp(forward);
        asm.nop(200);
        for (Cond c : Cond.values()) {
            asm.jcc(c, back);
        }
        buffer.bind(forward);
        asm.ret();
        for (Cond c : Cond.values()) {
            expect("j%s 0", c);
        }
        expect("jmp 0x14d");
        for (int i = 0; i < 200; i += 9) {
            expect(i + 9 > 200 ? "nop" : "nop word ptr [rax + rax]");
        }
        for (Cond c : Cond.values()) {
            expect("j%s 0", c);
        }
        expect("ret");
        buffer.emitConstants();
        buffer.resolveLabels();
        try (Disassembler d = new Disassembler(Isa.X86_64)) {
            List<Instruction> actual = d.disassemble(buffer.toByteArray(), 0);
            assertEquals(2, actual.getFirst().bytes().length);
            assertEquals(5, actual.get(16).bytes().length);
            assertEquals(6, actual.get(actual.size() - 2).bytes().length);
            assertEquals(
                    "jmp 0x" + Integer.toHexString(forward.offset()),
                    actual.get(16).text());
            for (Instruction i : actual) {
                if (i.mnemonic().startsWith("j") && !i.mnemonic().equals("jmp")) {
                    assertEquals("0", i.operands());
                }
            }
        }
    }
}
