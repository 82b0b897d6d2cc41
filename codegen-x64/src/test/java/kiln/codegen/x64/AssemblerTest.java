package kiln.codegen.x64;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import kiln.codegen.CodeBuffer;
import kiln.codegen.Label;
import kiln.codegen.Reg;
import kiln.disasm.Disassembler;
import kiln.disasm.Instruction;
import kiln.disasm.Isa;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The rows of {@link Op} against what Capstone reads: every form over all registers and all shapes of addresses. */
class AssemblerTest {
    private static final List<Reg> GPR = Registers.GPR;
    private static final List<Reg> XMM = Registers.XMM;
    private static final int[] NONE = {};
    private static final int[] IMMEDIATES = {
        0, 1, -1, 127, -128, 128, -129, 0x12345678, Integer.MIN_VALUE, Integer.MAX_VALUE
    };
    private static final int[] DISPLACEMENTS = {0, 1, 127, 128, -128, -129, Integer.MAX_VALUE, Integer.MIN_VALUE};

    /** Rows whose opcode is completed by a condition. */
    private static final Set<Op> BY_CONDITION = Set.of(Op.CMOV, Op.SET);

    /** Rows whose immediate is part of the name. */
    private static final Set<Op> COMPARISONS = Set.of(Op.CMPPS, Op.CMPPD);

    private static final List<String> PREDICATES = List.of("eq", "lt", "le", "unord", "neq", "nlt", "nle", "ord");

    private CodeBuffer buffer = new CodeBuffer();
    private Assembler asm = new Assembler(buffer);
    private final List<String> expected = new ArrayList<>();
    /** Where each expected instruction ends. */
    private final List<Integer> ends = new ArrayList<>();

    private void check() {
        buffer.emitConstants();
        buffer.resolveLabels();
        try (Disassembler d = new Disassembler(Isa.X86_64)) {
            List<String> actual = d.disassemble(buffer.toByteArray(), 0).stream()
                    .map(i -> plain(i.text()))
                    .toList();
            for (int i = 0; i < Math.min(actual.size(), expected.size()); i++) {
                if (!matches(plain(expected.get(i)), actual.get(i))) {
                    assertEquals(expected.get(i), actual.get(i), "instruction " + i);
                }
            }
            assertEquals(expected.size(), actual.size());
        }
    }

    /**
     * Checks against the bytes that GNU as 2.40 makes of each line in {@code evex.txt}: Capstone 4 does not know most
     * instructions of AVX-512 on 128 bits.
     */
    private void checkEvex() throws IOException {
        Map<String, String> bytes = new HashMap<>();
        try (InputStream in = AssemblerTest.class.getResourceAsStream("/evex.txt")) {
            for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
                bytes.put(line.substring(line.indexOf(';') + 2), line.substring(0, line.indexOf(' ')));
            }
        }
        byte[] code = buffer.toByteArray();
        List<String> actual = new ArrayList<>();
        List<String> wanted = new ArrayList<>();
        for (int i = 0; i < expected.size(); i++) {
            String text = expected.get(i).replaceFirst("\\|.*", "");
            int from = i == 0 ? 0 : ends.get(i - 1);
            actual.add(HexFormat.of().formatHex(code, from, ends.get(i)) + " ; " + text);
            wanted.add(bytes.get(text) + " ; " + text);
        }
        assertEquals(String.join("\n", wanted), String.join("\n", actual));
    }

    /** What was encoded last. */
    private void expect(String format, Object... args) {
        ends.add(buffer.size());
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

    /** Text of an instruction on vectors without what Capstone's versions write differently. */
    private static String plain(String text) {
        String s = text.replace(" , ", ", ").replaceFirst("^(vcvtt?pd2\\w+)x ", "$1 ");
        return s.replaceFirst("^(p?blendv\\w+ [^,]+, [^,]+), xmm0$", "$1");
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

    // The rows.

    private static final Address[] SOME = {
        Address.of(Registers.RAX, 0),
        Address.of(Registers.RBP, Registers.R9, 3, 0),
        Address.of(Registers.R12, 64),
        Address.of(Registers.RSP, 8),
        Address.of(Registers.R13, Registers.R15, 1, -1000),
        Address.of(null, Registers.RDI, 2, 0x1234567),
        Address.of(Registers.RCX, -2048),
        Address.of(Registers.R11, 2032)
    };

    /** One of each shape: displacements of one byte that are multiples of what is read, and that are not. */
    private static final Address[] EVEX = {
        Address.of(Registers.R9, 0),
        Address.of(Registers.RBP, Registers.R9, 3, -48),
        Address.of(Registers.R13, Registers.R15, 1, -1000),
        Address.of(null, Registers.RDI, 2, 0x1234567),
        Address.of(Registers.RCX, -2048),
        Address.of(Registers.R11, 2032)
    };

    private static boolean isEvex(Op op) {
        return op.prefix() == Op.Prefix.EVEX;
    }

    /** Registers for the operand that stands in ModRM:reg or VEX.vvvv. */
    private static List<Reg> regs(Op op) {
        return isEvex(op) ? XMM.subList(6, 9) : op.hasVectorReg() ? XMM : GPR;
    }

    /** Every register, and memory, for the operand that stands in ModRM:r/m. */
    private static List<Operand> rms(Op op) {
        List<Operand> list = new ArrayList<>();
        if (!op.isMemoryOnly()) {
            List<Reg> regs = op.hasVectorRm() ? XMM : GPR;
            (isEvex(op) ? regs.subList(6, 9) : regs).forEach(r -> list.add(o(r)));
        }
        if (!op.isRegisterOnly()) {
            list.addAll(List.of(isEvex(op) ? EVEX : SOME));
        }
        return list;
    }

    private static String text(Op op, Operand rm, int size) {
        return rm instanceof Address a
                ? mem(a, op == Op.LEA ? 0 : op.memoryBytes(size))
                : Registers.name(((Operand.InReg) rm).reg(), op.rmBytes(size));
    }

    /** Immediates that an operation takes. */
    private static int[] immediates(Op op, int size) {
        return switch (op.immediate()) {
            case COUNT, BYTE ->
                COMPARISONS.contains(op)
                        ? new int[] {0, 1, 2, 3, 4, 5, 6, 7}
                        : size > 8 || op.hasVectorReg() || op.hasVectorRm()
                                ? new int[] {0, 1, 8, 11}
                                : new int[] {0, 1, 2, 8 * size - 1};
            case SHORT, FULL ->
                Arrays.stream(IMMEDIATES)
                        .map(v -> size == 1 ? (byte) v : size == 2 ? (short) v : v)
                        .toArray();
        };
    }

    private void expect(Op op, String name, String operands, int imm, int size) {
        if (COMPARISONS.contains(op)) {
            expect("%s %s", name.replace("cmp", "cmp" + PREDICATES.get(imm)), operands);
        } else {
            expect("%s %s, %s", name, operands, imm(imm, Math.min(size, 8)));
        }
    }

    /** One instruction of each shape that encoding {@code e} has; {@code avx} as in {@link Assembler}. */
    private void all(Op op, Op.Encoding e, int size, boolean avx) {
        boolean vex = op.twin() != Op.Twin.NONE && (avx || op.isVex(e));
        String name = (vex ? "v" : "") + op.mnemonic(size);
        boolean three = vex && op.twin() == Op.Twin.THREE_OPERANDS;
        int n = 0;
        if (e == Op.Encoding.O) {
            for (Reg r : GPR) {
                asm.o(op, r);
                expect("%s %s", name, r);
            }
            return;
        }
        if (e == Op.Encoding.ZO) {
            asm.zo(op, size);
            expect(name);
            return;
        }
        for (Operand rm : rms(op)) {
            String m = text(op, rm, size);
            switch (e) {
                case M -> {
                    asm.m(op, size, rm);
                    expect("%s %s", name, m);
                }
                case MC -> {
                    asm.mc(op, size, rm);
                    expect("%s %s, cl", name, m);
                }
                case MI -> {
                    // Shifts of lanes have no memory operands there.
                    for (int imm : op.hasVectorRm() && rm instanceof Address ? NONE : immediates(op, size)) {
                        asm.mi(op, size, rm, imm);
                        expect(op, name, three ? m + ", " + m : m, imm, size);
                    }
                }
                default -> {
                    for (Reg reg : regs(op)) {
                        String r = r(reg, size);
                        String rr = three ? r + ", " + r : r;
                        Reg third = regs(op).get((reg.index() * 3 + n++) % regs(op).size());
                        String v = r(third, size);
                        switch (e) {
                            case RM -> {
                                asm.rm(op, size, reg, rm);
                                String mask = op.has(Op.Encoding.RVMR) ? ", xmm0" : "";
                                expect("%s %s, %s%s", name, rr, m, mask);
                            }
                            case MR -> {
                                asm.mr(op, size, rm, reg);
                                expect("%s %s, %s", name, m, r);
                            }
                            case RVM -> {
                                asm.rvm(op, size, reg, third, rm);
                                expect("%s %s, %s, %s", name, r, v, m);
                            }
                            case RMV -> {
                                asm.rmv(op, size, reg, rm, third);
                                expect("%s %s, %s, %s", name, r, m, v);
                            }
                            case VM -> {
                                asm.vm(op, size, reg, rm);
                                expect("%s %s, %s", name, r, m);
                            }
                            case RVMR -> {
                                Reg last = XMM.get((reg.index() * 5 + n) % 16);
                                asm.rvmr(op, size, reg, third, rm, last);
                                expect("%s %s, %s, %s, %s", name, r, v, m, last);
                            }
                            default -> {
                                boolean shift = e == Op.Encoding.VMI && !isEvex(op) && rm instanceof Address;
                                for (int imm : shift ? NONE : immediates(op, size)) {
                                    all(op, e, size, reg, third, rm, imm);
                                    String operands = switch (e) {
                                        case RMI -> rr + ", " + m;
                                        case MRI -> m + ", " + r;
                                        case RVMI -> r + ", " + v + ", " + m;
                                        default -> r + ", " + m;
                                    };
                                    expect(op, name, operands, imm, size);
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    private void all(Op op, Op.Encoding e, int size, Reg reg, Reg third, Operand rm, int imm) {
        switch (e) {
            case RMI -> asm.rmi(op, size, reg, rm, imm);
            case MRI -> asm.mri(op, size, rm, reg, imm);
            case RVMI -> asm.rvmi(op, size, reg, third, rm, imm);
            case VMI -> asm.vmi(op, size, reg, rm, imm);
            default -> throw new AssertionError(e);
        }
    }

    /** Every row in every encoding and size that it has, over every register in each place, without AVX and with it. */
    @TestFactory
    Stream<DynamicTest> rows() {
        return Arrays.stream(Op.values())
                .filter(op -> !BY_CONDITION.contains(op))
                .map(op -> DynamicTest.dynamicTest(op.toString(), () -> {
                    for (boolean avx : op.twin() == Op.Twin.NONE ? new boolean[1] : new boolean[] {false, true}) {
                        buffer = new CodeBuffer();
                        asm = new Assembler(buffer, avx);
                        expected.clear();
                        ends.clear();
                        for (Op.Encoding e : Op.Encoding.values()) {
                            for (int size : op.has(e) ? op.sizes() : new int[0]) {
                                all(op, e, size, avx);
                            }
                        }
                        assertNotEquals(0, expected.size());
                        if (isEvex(op)) {
                            checkEvex();
                        } else {
                            check();
                        }
                    }
                }));
    }

    @Test
    void conditions() {
        for (Cond c : Cond.values()) {
            for (Operand rm : rms(Op.CMOV)) {
                for (int size : Op.CMOV.sizes()) {
                    for (Reg r : GPR) {
                        asm.cmov(c, size, r, rm);
                        expect("cmov%s %s, %s", c, r(r, size), text(Op.CMOV, rm, size));
                    }
                }
            }
            each(r -> {
                asm.set(c, r);
                expect("set%s %s", c, r(r, 1));
            });
        }
        check();
    }

    /** All shapes of addresses, with each kind of prefix in front and each length of immediate behind. */
    @Test
    void addressingModes() {
        int i = 0;
        for (Address a : addresses()) {
            Reg reg = GPR.get(i++ % 16);
            Reg x = XMM.get(i % 16);
            for (int size : new int[] {1, 2, 4, 8}) {
                asm.mr(Op.MOV, size, a, reg);
                expect("mov %s, %s", mem(a, size), r(reg, size));
                asm.mi(Op.TEST, size, a, 5);
                expect("test %s, 5", mem(a, size));
            }
            asm.lea(8, reg, a);
            expect("lea %s, %s", r(reg, 8), mem(a, 0));
            asm.rm(Op.MOVSX8, 8, reg, a);
            expect("movsx %s, %s", r(reg, 8), mem(a, 1));
            asm.loadVector(8, x, a);
            expect("movsd %s, %s", x, mem(a, 8));
            asm.rvm(Op.ADDSS, 4, x, x, a);
            expect("vaddss %s, %s, %s", x, x, mem(a, 4));
            asm.rmi(Op.RORX, 8, reg, a, 5);
            expect("rorx %s, %s, 5", r(reg, 8), mem(a, 8));
        }
        check();
    }

    /** What a memory operand must be aligned to: vectors in legacy forms only. */
    @Test
    void alignment() {
        assertEquals(16, Op.PADDB.alignment(false));
        assertEquals(1, Op.PADDB.alignment(true));
        assertEquals(1, Op.ADDSD.alignment(false));
        assertEquals(1, Op.PMOVSXBW.alignment(false));
        assertEquals(1, Op.VPMULLQ.alignment(false));
    }

    private static void each(Consumer<Reg> c) {
        GPR.forEach(c);
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
        });
        check();
    }

    @Test
    void miscellaneous() {
        asm.ret(16);
        expect("ret 0x10");
        asm.loadThreadPointer(Registers.R11);
        expect("mov r11, qword ptr fs:[0]");
        asm.xgetbv();
        expect("xgetbv");
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
        asm.op(Op.ADD, 8, Registers.RAX, Address.of(data)); // 7 bytes
        asm.rmi(Op.IMUL, 8, Registers.RAX, Address.of(data), 1000); // 11
        asm.rmi(Op.ROUNDSD, 8, XMM.get(3), Address.of(data), 2); // 10
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
