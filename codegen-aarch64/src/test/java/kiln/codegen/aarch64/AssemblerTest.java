package kiln.codegen.aarch64;

import static kiln.codegen.aarch64.Registers.FP;
import static kiln.codegen.aarch64.Registers.SP;
import static kiln.codegen.aarch64.Registers.ZR;
import static kiln.codegen.aarch64.Registers.v;
import static kiln.codegen.aarch64.Registers.x;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import kiln.codegen.CodeBuffer;
import kiln.codegen.Label;
import kiln.codegen.Reg;
import org.junit.jupiter.api.Test;

/** Every encoding form against Capstone, at the limits of its fields. */
class AssemblerTest {
    private static String hex(long v) {
        // Capstone writes small numbers in decimal.
        return v >= 0 && v <= 9
                ? "#" + v
                : v < 0 && v >= -9 ? "#-" + -v : v < 0 ? "#-0x" + Long.toHexString(-v) : "#0x" + Long.toHexString(v);
    }

    private static String r(boolean wide, Reg r) {
        return r == ZR ? (wide ? "xzr" : "wzr") : (wide ? "x" : "w") + r.index();
    }

    /** All runs of ones, rotated and repeated, by their definition. */
    private static Set<Long> bitmasks(int width) {
        Set<Long> all = new HashSet<>();
        for (int size = 2; size <= width; size *= 2) {
            for (int ones = 1; ones < size; ones++) {
                for (int rotation = 0; rotation < size; rotation++) {
                    long v = 0;
                    for (int bit = 0; bit < width; bit++) {
                        if ((bit + rotation) % size < ones) {
                            v |= 1L << bit;
                        }
                    }
                    all.add(v);
                }
            }
        }
        return all;
    }

    @Test
    void allLogicalImmediates() {
        for (boolean wide : new boolean[] {true, false}) {
            Set<Long> masks = bitmasks(wide ? 64 : 32);
            assertEquals(wide ? 5334 : 1302, masks.size());
            Encodings e = new Encodings();
            for (long m : masks) {
                for (Op op : new Op[] {Op.AND, Op.ORR, Op.EOR, Op.ANDS}) {
                    e.row(
                            op + " " + r(wide, x(3)) + ", " + r(wide, x(30)) + ", " + signedHex(m),
                            a -> a.logicalImmediate(op, wide, x(3), x(30), m));
                }
            }
            e.check();
        }
    }

    private static String signedHex(long m) {
        return m >= 0 && m <= 9 ? "#" + m : "#0x" + Long.toHexString(m);
    }

    @Test
    void refusesWhatIsNoLogicalImmediate() {
        Set<Long> wide = bitmasks(64);
        Set<Long> narrow = bitmasks(32);
        Random random = new Random(1);
        for (int i = 0; i < 200_000; i++) {
            long v = random.nextLong();
            if ((i & 1) == 0) {
                for (int j = 0; j < 3; j++) {
                    v &= random.nextLong();
                }
            }
            assertEquals(wide.contains(v), Immediates.logical(v, true) >= 0);
            assertEquals(narrow.contains(v & 0xffff_ffffL), Immediates.logical(v, false) >= 0);
        }
        for (long v : new long[] {0, -1, 0xffff_ffffL, 5, 0x1_0000_0001L}) {
            assertEquals(wide.contains(v), Immediates.logical(v, true) >= 0);
        }
        assertEquals(-1, Immediates.logical(0xffff_ffffL, false));
    }

    @Test
    void orderedAndExclusiveAccesses() {
        Encodings e = new Encodings();
        for (int scale = 0; scale < 4; scale++) {
            int bytes = scale;
            boolean wide = scale == 3;
            for (int n : new int[] {0, 7, 27}) {
                String at = ", [" + x(27 - n) + "]";
                for (AtomicMemoryOp op : AtomicMemoryOp.values()) {
                    String name = op.mnemonic(scale) + " ";
                    if (op.form == AtomicMemoryOp.Form.ORDERED) {
                        e.row(name + r(wide, x(n)) + at, a -> a.ordered(op, bytes, x(n), x(27 - n)));
                        e.row(name + r(wide, x(n)) + ", [sp]", a -> a.ordered(op, bytes, x(n), SP));
                    } else if (op.form == AtomicMemoryOp.Form.EXCLUSIVE) {
                        String status = r(false, x(17)) + ", ";
                        e.row(name + status + r(wide, x(n)) + at, a -> a.storeExclusive(bytes, x(17), x(n), x(27 - n)));
                    }
                }
            }
        }
        e.row("dmb ish", Assembler::memoryBarrier);
        e.check();
    }

    /** Against the words that LLVM 14 makes of each line in {@code lse.txt}: Capstone 4 does not know them. */
    @Test
    void atomicInstructions() throws IOException {
        List<String> expected;
        try (InputStream in = AssemblerTest.class.getResourceAsStream("/lse.txt")) {
            expected = new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
        }
        List<String> actual = new ArrayList<>();
        for (AtomicMemoryOp op : AtomicMemoryOp.values()) {
            for (int scale = 0; op.form == AtomicMemoryOp.Form.MODIFY && scale < 4; scale++) {
                for (int n : new int[] {0, 7, 27}) {
                    CodeBuffer buffer = new CodeBuffer();
                    new Assembler(buffer).atomic(op, scale, x(n), x(12), x(27 - n));
                    boolean wide = scale == 3;
                    String operands = r(wide, x(n)) + ", " + r(wide, x(12)) + ", [" + x(27 - n) + "]";
                    actual.add(String.format("%08x ; %s %s", buffer.get4(0), op.mnemonic(scale), operands));
                }
            }
        }
        assertEquals(String.join("\n", expected), String.join("\n", actual));
    }

    @Test
    void addSubImmediates() {
        Encodings e = new Encodings();
        int[] immediates = {0, 1, 9, 10, 0x7ff, 0xfff};
        Op[] ops = {Op.ADD, Op.ADDS, Op.SUB, Op.SUBS};
        for (boolean wide : new boolean[] {true, false}) {
            for (Op op : ops) {
                for (int imm : immediates) {
                    e.row(
                            op + " " + r(wide, x(7)) + ", " + r(wide, x(29)) + ", " + hex(imm),
                            a -> a.addSubImmediate(op, wide, x(7), x(29), imm));
                }
                for (int imm : new int[] {1, 0xabc, 0xfff}) {
                    e.row(
                            op + " " + r(wide, x(7)) + ", " + r(wide, x(29)) + ", " + hex(imm) + ", lsl #12",
                            a -> a.addSubImmediate(op, wide, x(7), x(29), imm << 12));
                }
            }
        }
        e.row("add x0, sp, #0x10", a -> a.addSubImmediate(Op.ADD, true, x(0), SP, 16));
        e.row("sub sp, sp, #0x20", a -> a.addSubImmediate(Op.SUB, true, SP, SP, 32));
        e.row("mov x29, sp", a -> a.mov(true, FP, SP));
        e.row("mov sp, x29", a -> a.mov(true, SP, FP));
        e.row("cmp x4, #0x64", a -> a.cmpImmediate(true, x(4), 100));
        e.row("cmn w4, #0x64", a -> a.addSubImmediate(Op.ADDS, false, ZR, x(4), 100));
        e.check();
    }

    @Test
    void moveWide() {
        Encodings e = new Encodings();
        e.row("movz x1, #0", a -> a.movz(true, x(1), 0, 0));
        e.row("movz w1, #0xffff", a -> a.movz(false, x(1), 0xffff, 0));
        e.row("movz w30, #0x1234, lsl #16", a -> a.movz(false, x(30), 0x1234, 16));
        e.row("movz x2, #0x8000, lsl #48", a -> a.movz(true, x(2), 0x8000, 48));
        e.row("movn x2, #0xffff, lsl #32", a -> a.movn(true, x(2), 0xffff, 32));
        e.row("movn w2, #0x1, lsl #16", a -> a.movn(false, x(2), 1, 16));
        e.row("movk x2, #0xbeef", a -> a.movk(true, x(2), 0xbeef, 0));
        e.row("movk x2, #0xbeef, lsl #16", a -> a.movk(true, x(2), 0xbeef, 16));
        e.row("movk w2, #0x1, lsl #16", a -> a.movk(false, x(2), 1, 16));
        e.row("movk x2, #0x1, lsl #48", a -> a.movk(true, x(2), 1, 48));
        e.check();
    }

    @Test
    void constants() {
        record Row(boolean wide, long value, String text) {}
        List<Row> table = new ArrayList<>();
        table.add(new Row(true, 0, "movz w0, #0"));
        table.add(new Row(true, -1, "movn x0, #0"));
        table.add(new Row(false, -1, "movn w0, #0"));
        table.add(new Row(true, 0xffff_ffffL, "movn w0, #0"));
        table.add(new Row(true, 1, "movz w0, #0x1"));
        table.add(new Row(true, 0x10000, "movz w0, #0x1, lsl #16"));
        table.add(new Row(true, -2, "movn x0, #0x1"));
        table.add(new Row(false, -2, "movn w0, #0x1"));
        table.add(new Row(true, 0x5555_5555_5555_5555L, "orr x0, xzr, #0x5555555555555555"));
        table.add(new Row(false, 0x0ff00ff0, "orr w0, wzr, #0xff00ff0"));
        table.add(new Row(true, 0x0ff00ff0, "orr w0, wzr, #0xff00ff0"));
        table.add(new Row(true, 0x1_0000_0000L, "movz x0, #0x1, lsl #32"));
        table.add(new Row(true, 0x12345678, "movz w0, #0x5678; movk w0, #0x1234, lsl #16"));
        table.add(new Row(true, 0xffff_ffff_1234_5678L, "movn x0, #0xa987; movk x0, #0x1234, lsl #16"));
        table.add(new Row(true, 0x1234_0000_5678_0000L, "movz x0, #0x5678, lsl #16; movk x0, #0x1234, lsl #48"));
        table.add(new Row(
                true,
                0x123456789abcdef0L,
                "movz x0, #0xdef0; movk x0, #0x9abc, lsl #16; movk x0, #0x5678, lsl #32; movk x0, #0x1234, lsl #48"));
        table.add(new Row(true, Long.MIN_VALUE, "movz x0, #0x8000, lsl #48"));
        table.add(new Row(false, 0x80000000L, "movz w0, #0x8000, lsl #16"));
        table.add(new Row(false, 0x7fffffff, "movn w0, #0x8000, lsl #16"));
        table.add(new Row(true, Long.MAX_VALUE, "movn x0, #0x8000, lsl #48"));
        Encodings e = new Encodings();
        for (Row row : table) {
            e.rows(row.text, a -> a.movImmediate(row.wide, x(0), row.value));
        }
        e.check();
    }

    @Test
    void bitfields() {
        Encodings e = new Encodings();
        e.row("sxtb w1, w2", a -> a.bitfield(Op.SBFM, false, x(1), x(2), 0, 7));
        e.row("sxth x1, w2", a -> a.bitfield(Op.SBFM, true, x(1), x(2), 0, 15));
        e.row("sxtw x1, w2", a -> a.bitfield(Op.SBFM, true, x(1), x(2), 0, 31));
        e.row("uxtb w1, w2", a -> a.bitfield(Op.UBFM, false, x(1), x(2), 0, 7));
        e.row("uxth w1, w2", a -> a.bitfield(Op.UBFM, false, x(1), x(2), 0, 15));
        e.row("ubfx x1, x2, #4, #8", a -> a.bitfield(Op.UBFM, true, x(1), x(2), 4, 11));
        e.row("sbfx w1, w2, #4, #8", a -> a.bitfield(Op.SBFM, false, x(1), x(2), 4, 11));
        e.row("ubfiz x1, x2, #4, #8", a -> a.bitfield(Op.UBFM, true, x(1), x(2), 60, 7));
        e.row("bfi w1, w2, #4, #8", a -> a.bitfield(Op.BFM, false, x(1), x(2), 28, 7));
        e.row("bfxil x1, x2, #4, #8", a -> a.bitfield(Op.BFM, true, x(1), x(2), 4, 11));
        for (boolean wide : new boolean[] {true, false}) {
            int max = wide ? 63 : 31;
            String args = r(wide, x(1)) + ", " + r(wide, x(2)) + ", ";
            for (int n : IntStream.rangeClosed(1, max).toArray()) {
                e.row("lsl " + args + hex(n), a -> a.lsl(wide, x(1), x(2), n));
                e.row("lsr " + args + hex(n), a -> a.lsr(wide, x(1), x(2), n));
                e.row("asr " + args + hex(n), a -> a.asr(wide, x(1), x(2), n));
                e.row("ror " + args + hex(n), a -> extract(a, wide, x(2), n));
                e.row("extr " + args + r(wide, x(3)) + ", " + hex(n), a -> extract(a, wide, x(3), n));
            }
            e.row("lsr " + args + "#0", a -> a.lsr(wide, x(1), x(2), 0));
            e.row("asr " + args + "#0", a -> a.asr(wide, x(1), x(2), 0));
            // Every field of every width at every place: moved up from bit 0, or down to it.
            for (int bits = 1; bits <= max; bits++) {
                int width = bits;
                for (int bit = 1; bit + bits <= max + 1; bit++) {
                    int lsb = bit;
                    String field = hex(lsb) + ", " + hex(width);
                    e.row("bfi " + args + field, a -> a.bitfield(Op.BFM, wide, x(1), x(2), max + 1 - lsb, width - 1));
                    e.row("bfxil " + args + field, a -> a.bitfield(Op.BFM, wide, x(1), x(2), lsb, lsb + width - 1));
                    if (lsb + width <= max) {
                        e.row(
                                "ubfiz " + args + field,
                                a -> a.bitfield(Op.UBFM, wide, x(1), x(2), max + 1 - lsb, width - 1));
                        e.row("ubfx " + args + field, a -> a.bitfield(Op.UBFM, wide, x(1), x(2), lsb, lsb + width - 1));
                        e.row("sbfx " + args + field, a -> a.bitfield(Op.SBFM, wide, x(1), x(2), lsb, lsb + width - 1));
                    }
                }
            }
        }
        e.check();
    }

    @Test
    void everyRegisterInEveryField() {
        Encodings e = new Encodings();
        for (int i = 0; i <= 30; i++) {
            Reg n = x(i);
            e.row("add " + n + ", x1, x2", a -> a.alu(Op.ADD, true, n, x(1), x(2)));
            e.row("add x1, " + n + ", x2", a -> a.alu(Op.ADD, true, x(1), n, x(2)));
            e.row("add x1, x2, " + n, a -> a.alu(Op.ADD, true, x(1), x(2), n));
            e.row("madd x1, x2, x3, " + n, a -> a.emit(Op.MADD, true, false, Modifier.NONE, x(1), x(2), x(3), n));
            e.row("csel x1, " + n + ", x2, lt", a -> select(a, Op.CSEL, true, x(1), n, x(2), Cond.LT));
            e.row("stp " + n + ", x29, [sp, #0x10]", a -> a.pairOffset(PairOp.STP_X, n, FP, SP, 16));
            e.row("stp x29, " + n + ", [sp, #0x10]", a -> a.pairOffset(PairOp.STP_X, FP, n, SP, 16));
            e.row(
                    "str x1, [x2, " + n + "]",
                    a -> a.loadStoreIndexed(LoadStoreOp.STR_X, x(1), x(2), n, ExtendOp.UXTX, false));
        }
        for (int i = 0; i <= 31; i++) {
            int n = i;
            e.row("fadd d" + n + ", d1, d2", a -> fadd(a, v(n), v(1), v(2)));
            e.row("fadd d1, d" + n + ", d2", a -> fadd(a, v(1), v(n), v(2)));
            e.row("fadd d1, d2, d" + n, a -> fadd(a, v(1), v(2), v(n)));
            e.row("str q" + n + ", [sp, #0x20]", a -> a.loadStoreScaled(LoadStoreOp.STR_Q, v(n), SP, 32));
        }
        e.check();
    }

    /** Rows that are nothing without a {@link Modifier}; each has a test below. */
    private static final Set<Op> MODIFIED = EnumSet.of(
            Op.ADD_IMM,
            Op.ADDS_IMM,
            Op.SUB_IMM,
            Op.SUBS_IMM,
            Op.AND_IMM,
            Op.ORR_IMM,
            Op.EOR_IMM,
            Op.ANDS_IMM,
            Op.SBFM,
            Op.BFM,
            Op.UBFM,
            Op.EXTR,
            Op.CSEL,
            Op.CSINC,
            Op.CSINV,
            Op.CSNEG,
            Op.CCMP,
            Op.CCMP_IMM,
            Op.CCMN_IMM,
            Op.FCSEL);

    /** Every other row, in all its sizes, over low and high registers. */
    @Test
    void everyRow() {
        Encodings e = new Encodings();
        for (Op op : Op.values()) {
            if (MODIFIED.contains(op) || !op.arrangements.isEmpty()) {
                continue;
            }
            for (boolean wide : sizes(op, Op.View.SIZED)) {
                for (boolean dbl : sizes(op, Op.View.FLOAT)) {
                    boolean sameSize = op == Op.FMOV_TO_INT || op == Op.FMOV_FROM_INT;
                    if (!sameSize || wide == dbl) {
                        plainRow(e, op, wide, dbl, 1, 2, 3, 4);
                        plainRow(e, op, wide, dbl, 30, 29, 28, 27);
                    }
                }
            }
        }
        e.row("neg x1, x2", a -> a.alu(Op.SUB, true, x(1), ZR, x(2)));
        e.row("mvn w1, w2", a -> a.alu(Op.ORN, false, x(1), ZR, x(2)));
        e.row("mov w1, w2", a -> a.mov(false, x(1), x(2)));
        e.row("cmp x1, x2", a -> a.cmp(true, x(1), x(2)));
        e.row("tst w1, w2", a -> a.alu(Op.ANDS, false, ZR, x(1), x(2)));
        e.check();
    }

    /** Both sizes if {@code op} has a register that is called after its size. */
    private static boolean[] sizes(Op op, Op.View view) {
        boolean both =
                op.format.target == view || Arrays.asList(op.format.sources).contains(view);
        return both ? new boolean[] {true, false} : new boolean[] {false};
    }

    private static void plainRow(Encodings e, Op op, boolean wide, boolean dbl, int... numbers) {
        StringBuilder text = new StringBuilder(op.toString());
        Reg[] regs = new Reg[4];
        int n = 0;
        if (op.format.target != null) {
            regs[0] = register(op.format.target, numbers[n++]);
            text.append(' ').append(op.format.target.name(regs[0], wide, dbl, null));
        }
        for (int i = 0; i < op.format.sources.length; i++) {
            Op.View view = op.format.sources[i];
            regs[i + 1] = register(view, numbers[n]);
            text.append(n++ == 0 ? " " : ", ").append(view.name(regs[i + 1], wide, dbl, null));
        }
        text.append(op.constant());
        e.row(text.toString(), a -> a.emit(op, wide, dbl, Modifier.NONE, regs[0], regs[1], regs[2], regs[3]));
    }

    private static Reg register(Op.View view, int number) {
        return switch (view) {
            case W, X, SIZED, GENERAL -> x(number);
            default -> v(number);
        };
    }

    /** Every row on vectors, in all its arrangements, with every element and shift, over low and high registers. */
    @Test
    void everyVectorRow() {
        Encodings e = new Encodings();
        for (Op op : Op.values()) {
            for (Arrangement lanes : op.arrangements) {
                // Constants have a test of their own; Capstone 4 does not know dot products.
                if (op.format == Op.Format.VECTOR_CONSTANT || op == Op.VSDOT) {
                    continue;
                }
                for (Modifier modifier : modifiers(op, lanes)) {
                    vectorRow(e, op, lanes, modifier, 1, 2, 3, 4);
                    vectorRow(e, op, lanes, modifier, 28, 29, 30, 27);
                }
            }
        }
        e.check();
    }

    /** All that a row can have with an arrangement. */
    private static List<Modifier> modifiers(Op op, Arrangement lanes) {
        int count = 16 >> lanes.log2;
        return switch (op.format) {
            case SHIFT_2, SHIFT_MERGE_2, SHIFT_NARROW_2 ->
                op == Op.VSHL || op == Op.VSLI
                        ? modifiers(0, lanes.bits() - 1, n -> new Modifier.LeftBy(lanes.bits(), n))
                        : modifiers(1, lanes.bits(), n -> new Modifier.RightBy(lanes.bits(), n));
            case SHIFT_LONG_2 -> modifiers(1, lanes.bits() - 1, n -> new Modifier.LeftBy(lanes.bits(), n));
            case ELEMENT_3, ELEMENT_MERGE_3, FLOAT_ELEMENT_3, FLOAT_ELEMENT_MERGE_3 ->
                modifiers(0, count - 1, n -> new Modifier.Factor(lanes, n));
            case DUP_ELEMENT, DUP_SCALAR, ELEMENT_TO_GENERAL, ELEMENT_TO_W, ELEMENT_TO_X ->
                modifiers(0, count - 1, n -> new Modifier.Element(lanes, n));
            case INSERT_GENERAL -> modifiers(0, count - 1, n -> new Modifier.IntoElement(lanes, n));
            case INSERT_ELEMENT ->
                modifiers(0, count * count - 1, n -> new Modifier.ElementIntoElement(lanes, n / count, n % count));
            case BITS_3 ->
                op == Op.VEXT ? modifiers(0, lanes.full ? 15 : 7, Modifier.FromByte::new) : List.of(Modifier.NONE);
            default -> List.of(Modifier.NONE);
        };
    }

    private static List<Modifier> modifiers(int from, int to, IntFunction<Modifier> modifier) {
        return IntStream.rangeClosed(from, to).mapToObj(modifier).toList();
    }

    private static void vectorRow(Encodings e, Op op, Arrangement lanes, Modifier modifier, int... numbers) {
        StringBuilder text = new StringBuilder(op.mnemonic(lanes));
        Reg[] regs = new Reg[4];
        regs[0] = register(op.format.target, numbers[0]);
        text.append(' ').append(op.format.target.name(regs[0], false, false, lanes));
        text.append(Modifier.ofTarget(modifier));
        for (int i = 0; i < op.format.sources.length; i++) {
            Op.View view = op.format.sources[i];
            regs[i + 1] = register(view, numbers[i + 1]);
            text.append(", ").append(view.name(regs[i + 1], false, false, lanes));
        }
        text.append(op.constant()).append(modifier);
        String expected = asRead(text.toString());
        e.row(
                expected.startsWith("umov") && lanes.log2 >= 2 ? expected.substring(1) : expected,
                a -> a.emit(op, false, false, lanes, modifier, regs[0], regs[1], regs[2], regs[3]));
    }

    private static final Pattern DECIMAL = Pattern.compile("#(\\d+)$");
    private static final Pattern INDEX = Pattern.compile("\\[(\\d\\d)]");

    /** With numbers as Capstone writes them. */
    private static String asRead(String text) {
        String indexed =
                INDEX.matcher(text).replaceAll(m -> "[0x" + Integer.toHexString(Integer.parseInt(m.group(1))) + "]");
        return DECIMAL.matcher(indexed).replaceAll(m -> hex(Integer.parseInt(m.group(1))));
    }

    @Test
    void loadsAndStoresOfElements() {
        Encodings e = new Encodings();
        for (Arrangement lanes : Arrangement.values()) {
            e.row("ld1r {v30." + lanes + "}, [x9]", a -> a.loadReplicated(lanes, v(30), x(9)));
            for (int i = 0; lanes.full && i < 16 >> lanes.log2; i++) {
                int n = i;
                String text = asRead("1 {v30." + lanes.element() + "}[" + n + "], [sp]");
                e.row("ld" + text, a -> a.loadStoreElement(true, lanes, n, v(30), SP));
                e.row("st" + text, a -> a.loadStoreElement(false, lanes, n, v(30), SP));
            }
        }
        e.check();
    }

    /** Every constant that one instruction makes, by the definition of its parts. */
    @Test
    void immediatesOfVectors() {
        Encodings e = new Encodings();
        Set<Long> all = new HashSet<>();
        for (int b = 0; b < 256; b++) {
            long ones = 0;
            for (int i = 0; i < 8; i++) {
                ones |= (b >> i & 1) == 0 ? 0 : 0xffL << 8 * i;
            }
            all.add(ones);
            all.add(b * 0x0101_0101_0101_0101L);
            for (int shift = 0; shift < 32; shift += 8) {
                long word = (long) b << shift;
                all.add(word * 0x1_0000_0001L);
                all.add(~(word * 0x1_0000_0001L));
                if (shift <= 8) {
                    all.add(word * 0x1_0001_0001_0001L);
                    all.add(~(word * 0x1_0001_0001_0001L));
                }
                if (shift == 8 || shift == 16) {
                    long filled = word | (1 << shift) - 1;
                    all.add(filled * 0x1_0000_0001L);
                    all.add(~(filled * 0x1_0000_0001L));
                }
            }
            double value = (b >> 7 == 0 ? 1 : -1) * (16 + (b & 15)) / 16.0 * Math.pow(2, (b >> 4 & 7) - 3);
            all.add((Float.floatToRawIntBits((float) value) & 0xffff_ffffL) * 0x1_0000_0001L);
            all.add(Double.doubleToRawLongBits(value));
        }
        for (long v : all) {
            Immediates.Vector c = Immediates.vector(v);
            String text = c.op() + " v7." + c.lanes() + c.modifier();
            String expected = c.op() == Op.VMOVI_D
                    ? "movi v7.2d, #" + (v == 0 ? "0".repeat(16) : String.format("%#016x", v))
                    : text.startsWith("fmov")
                            ? text.replaceFirst("#.*", String.format("#%.8f", floating(c, v)))
                            : IMMEDIATE
                                    .matcher(text)
                                    .replaceAll(m -> "#0x" + Integer.toHexString(Integer.parseInt(m.group(1))));
            e.row(expected, a -> a.emit(c.op(), false, false, c.lanes(), c.modifier(), v(7), null, null, null));
        }
        e.check();
        Random random = new Random(3);
        for (int i = 0; i < 200_000; i++) {
            long v = random.nextLong() & random.nextLong() & random.nextLong() & random.nextLong();
            v = (i & 1) == 0 ? v : (v & 0xffff_ffffL) * 0x1_0000_0001L;
            assertEquals(all.contains(v), Immediates.vector(v) != null, Long.toHexString(v));
        }
    }

    @Test
    void dotProduct() {
        CodeBuffer buffer = new CodeBuffer();
        new Assembler(buffer).emit(Op.VSDOT, false, false, Arrangement.S4, Modifier.NONE, v(1), v(2), v(30), null);
        // The manual's C7.2.282: 0 Q 0 01110 size(10) 0 Rm 100101 Rn Rd.
        assertEquals(0b0_1_0_01110_10_0_11110_100101_00010_00001, buffer.get4(0));
    }

    private static final Pattern IMMEDIATE = Pattern.compile("(?<=[bhs], )#(\\d+)");

    private static double floating(Immediates.Vector c, long v) {
        return c.lanes() == Arrangement.D2 ? Double.longBitsToDouble(v) : Float.intBitsToFloat((int) v);
    }

    private static void extract(Assembler a, boolean wide, Reg rm, int lsb) {
        a.emit(Op.EXTR, wide, false, new Modifier.Lowest(lsb), x(1), x(2), rm, null);
    }

    private static void select(Assembler a, Op op, boolean wide, Reg rd, Reg rn, Reg rm, Cond cond) {
        a.emit(op, wide, false, new Modifier.When(cond), rd, rn, rm, null);
    }

    private static void fadd(Assembler a, Reg rd, Reg rn, Reg rm) {
        a.emit(Op.FADD, false, true, Modifier.NONE, rd, rn, rm, null);
    }

    @Test
    void shiftedRegisters() {
        Encodings e = new Encodings();
        for (Op op : Op.values()) {
            if (!op.isAddSub() && !op.isLogical()) {
                continue;
            }
            for (ShiftOp shift : ShiftOp.values()) {
                if (shift == ShiftOp.ROR && op.isAddSub()) {
                    continue;
                }
                for (boolean wide : new boolean[] {true, false}) {
                    for (int n : IntStream.rangeClosed(1, wide ? 63 : 31).toArray()) {
                        e.row(
                                op + " " + r(wide, x(5)) + ", " + r(wide, x(6)) + ", " + r(wide, x(7)) + ", " + shift
                                        + " #" + n,
                                a -> a.emit(op, wide, false, new Modifier.Shifted(shift, n), x(5), x(6), x(7), null));
                    }
                }
            }
        }
        e.check();
    }

    @Test
    void extendedRegisters() {
        Encodings e = new Encodings();
        for (Op op : new Op[] {Op.ADD, Op.ADDS, Op.SUB, Op.SUBS}) {
            for (ExtendOp extend : ExtendOp.values()) {
                for (int n = 0; n <= 4; n++) {
                    int amount = n;
                    String tail = ", " + extend + (n == 0 ? "" : " " + hex(n));
                    e.row(
                            op + " x5, x6, " + r(extend.isWide(), x(7)) + tail,
                            a -> a.extended(op, true, x(5), x(6), x(7), extend, amount));
                }
                e.row(op + " w5, w6, w7, " + extend, a -> a.extended(op, false, x(5), x(6), x(7), extend, 0));
            }
        }
        e.row("cmp sp, x17", a -> a.extended(Op.SUBS, true, ZR, SP, x(17), ExtendOp.UXTX, 0));
        e.row("sub sp, sp, x17", a -> a.extended(Op.SUB, true, SP, SP, x(17), ExtendOp.UXTX, 0));
        e.check();
    }

    @Test
    void conditionals() {
        Encodings e = new Encodings();
        for (Cond c : Cond.values()) {
            for (Op op : new Op[] {Op.CSEL, Op.CSINC, Op.CSINV, Op.CSNEG}) {
                e.row(op + " x1, x2, x3, " + c, a -> select(a, op, true, x(1), x(2), x(3), c));
                e.row(op + " w1, w2, w3, " + c, a -> select(a, op, false, x(1), x(2), x(3), c));
            }
            e.row("cset w1, " + c, a -> select(a, Op.CSINC, false, x(1), ZR, ZR, c.negate()));
            e.row(
                    "ccmp x1, x2, " + hex(c.ordinal()) + ", " + c,
                    a -> compareIf(a, Op.CCMP, true, new Modifier.Chained(c.ordinal(), c), x(2)));
            for (int imm = 0; imm <= 31; imm++) {
                int n = imm;
                String args = hex(n) + ", #0, " + c;
                e.row(
                        "ccmp w1, " + args,
                        a -> compareIf(a, Op.CCMP_IMM, false, new Modifier.ChainedImmediate(n, 0, c), null));
                e.row(
                        "ccmn w1, " + args,
                        a -> compareIf(a, Op.CCMN_IMM, false, new Modifier.ChainedImmediate(n, 0, c), null));
            }
            e.row(
                    "ccmn x1, #1, #4, " + c,
                    a -> compareIf(a, Op.CCMN_IMM, true, new Modifier.ChainedImmediate(1, 4, c), null));
            e.row(
                    "fcsel d1, d2, d3, " + c,
                    a -> a.emit(Op.FCSEL, false, true, new Modifier.When(c), v(1), v(2), v(3), null));
            e.row(
                    "fcsel s1, s2, s3, " + c,
                    a -> a.emit(Op.FCSEL, false, false, new Modifier.When(c), v(1), v(2), v(3), null));
        }
        e.check();
    }

    private static void compareIf(Assembler a, Op op, boolean wide, Modifier modifier, Reg rm) {
        a.emit(op, wide, false, modifier, null, x(1), rm, null);
    }

    @Test
    void branches() {
        Encodings e = new Encodings();
        Label start = new Label();
        Label end = new Label();
        e.row("nop", a -> {
            a.buffer().bind(start);
            a.nop();
        });
        e.row("b #0", a -> a.b(start));
        e.row("bl #0x40", a -> a.bl(end));
        e.row("b.ne #0", a -> a.b(Cond.NE, start));
        e.row("b.ls #0x40", a -> a.b(Cond.LS, end));
        e.row("cbz x9, #0", a -> a.cbz(true, x(9), start));
        e.row("cbnz w9, #0x40", a -> a.cbnz(false, x(9), end));
        e.row("tbz w9, #0x1f, #0", a -> a.tbz(x(9), 31, start));
        e.row("tbnz x9, #0x20, #0x40", a -> a.tbnz(x(9), 32, end));
        e.row("tbz x30, #0x3f, #0x40", a -> a.tbz(x(30), 63, end));
        e.row("adr x3, #0", a -> a.adr(x(3), start));
        e.row("adr x3, #0x40", a -> a.adr(x(3), end));
        e.row("ldr x3, #0x40", a -> a.loadLiteral(LoadStoreOp.LDR_X, x(3), end));
        e.row("ldr q3, #0x40", a -> a.loadLiteral(LoadStoreOp.LDR_Q, v(3), end));
        e.row("ldr s3, #0", a -> a.loadLiteral(LoadStoreOp.LDR_S, v(3), start));
        e.row("ldrsw x3, #0x40", a -> a.loadLiteral(LoadStoreOp.LDRSW, x(3), end));
        e.row("br x16", a -> {
            a.buffer().bind(end);
            a.br(x(16));
        });
        e.row("blr x30", a -> a.blr(x(30)));
        e.row("ret", Assembler::ret);
        e.row("adr x5, #0x10004b", a -> a.adr(x(5), (1 << 20) - 1));
        e.row("adrp x5, #0x7ffff000", a -> a.adrp(x(5), (1 << 19) - 1));
        e.check();
    }

    @Test
    void loadsAndStores() {
        Encodings e = new Encodings();
        for (LoadStoreOp op : LoadStoreOp.values()) {
            Reg t = op.isVector() ? v(31) : x(30);
            String reg = switch (op.registerBytes()) {
                case 16 -> "q31";
                case 8 -> op.isVector() ? "d31" : "x30";
                case 4 -> op.isVector() ? "s31" : "w30";
                case 2 -> "h31";
                default -> "b31";
            };
            String m = op.mnemonic();
            String unscaled = m.replaceFirst("^(ld|st)", "$1u");
            int max = 4095 << op.scale;
            e.row(m + " " + reg + ", [x7]", a -> a.loadStoreScaled(op, t, x(7), 0));
            e.row(m + " " + reg + ", [sp, " + hex(op.bytes()) + "]", a -> a.loadStoreScaled(op, t, SP, op.bytes()));
            e.row(m + " " + reg + ", [x7, " + hex(max) + "]", a -> a.loadStoreScaled(op, t, x(7), max));
            e.row(unscaled + " " + reg + ", [x29, #-0x100]", a -> a.loadStoreUnscaled(op, t, FP, -256));
            e.row(unscaled + " " + reg + ", [x29, #0xff]", a -> a.loadStoreUnscaled(op, t, FP, 255));
            for (ExtendOp extend : new ExtendOp[] {ExtendOp.UXTW, ExtendOp.UXTX, ExtendOp.SXTW, ExtendOp.SXTX}) {
                String index = r(extend.isWide(), x(9));
                String plain = extend == ExtendOp.UXTX ? "" : ", " + extend;
                e.row(
                        m + " " + reg + ", [x8, " + index + plain + "]",
                        a -> a.loadStoreIndexed(op, t, x(8), x(9), extend, false));
                String scaled = ", " + (extend == ExtendOp.UXTX ? "lsl" : extend.toString()) + " #" + op.scale;
                e.row(
                        m + " " + reg + ", [x8, " + index + scaled + "]",
                        a -> a.loadStoreIndexed(op, t, x(8), x(9), extend, true));
            }
        }
        for (PairOp op : PairOp.values()) {
            String name =
                    op == PairOp.LDPSW ? "ldpsw" : op.name().substring(0, 3).toLowerCase(Locale.ROOT);
            char c = op == PairOp.LDPSW ? 'x' : Character.toLowerCase(op.name().charAt(4));
            boolean vector = "sdq".indexOf(c) >= 0;
            Reg t = vector ? v(1) : x(1);
            Reg t2 = vector ? v(2) : x(2);
            String regs = " " + c + "1, " + c + "2, ";
            int max = 63 << op.scale;
            int min = -64 << op.scale;
            e.row(name + regs + "[sp, " + hex(max) + "]", a -> a.pairOffset(op, t, t2, SP, max));
            e.row(name + regs + "[x9, " + hex(min) + "]", a -> a.pairOffset(op, t, t2, x(9), min));
            e.row(name + regs + "[sp, #-0x10]!", a -> a.pairPre(op, t, t2, SP, -16));
            e.row(name + regs + "[sp], #0x10", a -> a.pairPost(op, t, t2, SP, 16));
        }
        e.check();
    }

    @Test
    void vectorConstants() {
        Encodings e = new Encodings();
        e.row("movi d5, #0000000000000000", a -> a.vectorZero(v(5)));
        e.row("movi v5.2s, #0x80, lsl #24", a -> a.vectorSignBits(v(5)));
        e.check();
    }

    @Test
    void floatImmediates() {
        Encodings e = new Encodings();
        Set<Integer> singles = new HashSet<>();
        // By definition: ±n/16 * 2^r with n 16..31 and r -3..4.
        for (int sign = -1; sign <= 1; sign += 2) {
            for (int n = 16; n <= 31; n++) {
                for (int r = -3; r <= 4; r++) {
                    double value = sign * n / 16.0 * Math.pow(2, r);
                    singles.add(Float.floatToRawIntBits((float) value));
                    int s = Immediates.fmovSingle(Float.floatToRawIntBits((float) value));
                    int d = Immediates.fmovDouble(Double.doubleToRawLongBits(value));
                    String text = String.format("#%.8f", value);
                    e.row("fmov s3, " + text, a -> a.floatImmediate(false, v(3), s));
                    e.row("fmov d3, " + text, a -> a.floatImmediate(true, v(3), d));
                }
            }
        }
        e.check();
        assertEquals(256, singles.size());
        Random random = new Random(2);
        for (int i = 0; i < 200_000; i++) {
            int bits = random.nextInt() & 0xffff_0000;
            assertEquals(singles.contains(bits), Immediates.fmovSingle(bits) >= 0);
            double d = Float.intBitsToFloat(bits);
            if (!Double.isNaN(d)) {
                assertEquals(singles.contains(bits), Immediates.fmovDouble(Double.doubleToRawLongBits(d)) >= 0);
            }
        }
        assertEquals(-1, Immediates.fmovDouble(1));
        assertEquals(-1, Immediates.fmovSingle(0));
    }

    @Test
    void system() {
        Encodings e = new Encodings();
        e.row("mrs x3, tpidr_el0", a -> a.readThreadPointer(x(3)));
        e.row("mrs x3, ctr_el0", a -> a.readCacheType(x(3)));
        e.row("dc cvau, x3", a -> a.cleanDataLine(x(3)));
        e.row("ic ivau, x3", a -> a.invalidateInstructionLine(x(3)));
        e.row("dsb ish", Assembler::dataBarrier);
        e.row("isb", Assembler::isb);
        e.row("svc #0", Assembler::svc);
        e.check();
    }

    @Test
    void constantsAddedToRegisters() {
        Encodings e = new Encodings();
        e.rows("add x0, x1, #1", a -> a.addConstant(x(0), x(1), 1, x(16)));
        e.rows("sub x0, x1, #0xfff", a -> a.addConstant(x(0), x(1), -0xfff, x(16)));
        e.rows("add x0, x1, #0x123, lsl #12; add x0, x0, #0x456", a -> a.addConstant(x(0), x(1), 0x123456, x(16)));
        e.rows(
                "movz w16, #0x5678; movk w16, #0x1234, lsl #16; sub sp, sp, x16",
                a -> a.addConstant(SP, SP, -0x12345678, x(16)));
        e.rows("mov x0, x1", a -> a.addConstant(x(0), x(1), 0, x(16)));
        e.check();
    }
}
