package kiln.tests.faults;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import kiln.types.FuncType;
import kiln.types.ValType;
import kiln.wasm.BodyScanner;
import kiln.wasm.Imm;
import kiln.wasm.Op;
import kiln.wasm.WasmModule;

/**
 * Changes instructions of one function so that the result is often valid: other opcodes of the same signature, other
 * constants, offsets and indices; parts taken out, doubled, wrapped or moved; code put in that leaves the operand stack
 * as it was.
 */
final class BodyMutator {
    /** An instruction of the original body. */
    private record Insn(int start, int end, Op op, long operand, int operandStart) {}

    /** Opcodes that may stand for each other: those of one line have one signature. */
    private static final int[][] SAME = {
        ops(0x45, 0x45, 0x67, 0x69, 0xC0, 0xC1), // i32 -> i32
        ops(0x46, 0x4F, 0x6A, 0x78), // i32 i32 -> i32
        ops(0x50, 0x50, 0xA7, 0xA7), // i64 -> i32
        ops(0x51, 0x5A), // i64 i64 -> i32
        ops(0x5B, 0x60), // f32 f32 -> i32
        ops(0x61, 0x66), // f64 f64 -> i32
        ops(0x79, 0x7B, 0xC2, 0xC4), // i64 -> i64
        ops(0x7C, 0x8A), // i64 i64 -> i64
        ops(0x8B, 0x91),
        ops(0x92, 0x98),
        ops(0x99, 0x9F),
        ops(0xA0, 0xA6), // floats
        ops(0xA8, 0xA9, 0xBC, 0xBC),
        ops(0xAA, 0xAB),
        ops(0xAC, 0xAD),
        ops(0xAE, 0xAF),
        ops(0xB0, 0xB1, 0xBD, 0xBD),
        ops(0xB2, 0xB3, 0xBE, 0xBE),
        ops(0xB4, 0xB5),
        ops(0xB7, 0xB8),
        ops(0xB9, 0xBA, 0xBF, 0xBF),
    };

    private static final int[][] SAME_ACCESS = {
        {0x28, 0x2C, 0x2D, 0x2E, 0x2F},
        {0x29, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35},
        {0x36, 0x3A, 0x3B},
        {0x37, 0x3C, 0x3D, 0x3E}
    };
    private static final long[] NUMBERS = {
        0,
        1,
        2,
        3,
        4,
        7,
        8,
        9,
        10,
        15,
        16,
        17,
        24,
        31,
        32,
        33,
        48,
        56,
        63,
        64,
        65,
        100,
        127,
        128,
        255,
        256,
        1000,
        4095,
        4096,
        0x7fff,
        0x8000,
        0xffff,
        0x10000,
        0x10001,
        0xff_ffff,
        0x7fff_fffeL,
        0x7fff_ffffL,
        0x8000_0000L,
        0xffff_fff8L,
        0xffff_ffffL,
        0x1_0000_0000L,
        0x5555_5555_5555_5555L,
        0xffff_0000_0000L,
        Long.MAX_VALUE,
        Long.MIN_VALUE
    };
    private static final long[] OFFSETS = {
        0, 1, 3, 4, 8, 64, 255, 4095, 4096, 65528, 65535, 65536, 0x7fff_ffffL, 0x8000_0000L, 0xffff_fff8L, 0xffff_ffffL
    };
    private static final int[] FLOATS = {
        0,
        0x8000_0000,
        0x3f80_0000,
        0xbfc0_0000,
        0x7f80_0000,
        0xff80_0000,
        0x7fc0_0000,
        0x7fa0_0000,
        1,
        0x4f00_0000,
        0xcf00_0000,
        0x5f00_0000,
        0x4f80_0000
    };
    private static final long[] DOUBLES = {
        0,
        Long.MIN_VALUE,
        0x3ff0_0000_0000_0000L,
        0xbff8_0000_0000_0000L,
        0x7ff0_0000_0000_0000L,
        0x7ff8_0000_0000_0000L,
        0x7ff4_0000_0000_0000L,
        1,
        0x41e0_0000_0000_0000L,
        0xc1e0_0000_0000_0000L,
        0x43e0_0000_0000_0000L,
        0xc1e0_0000_0020_0000L,
        0x41ef_ffff_ffff_ffffL
    };

    private final WasmModule module;
    private final int func;
    private final SplittableRandom random;
    private final byte[] body;
    private final List<Insn> insns = new ArrayList<>();
    private final int localCount;

    /** Prepares for a defined function. Fails in some way if the body is malformed. */
    BodyMutator(WasmModule module, int func, SplittableRandom random) {
        this.module = module;
        this.func = func;
        this.random = random;
        int base = module.bodyOffset(func);
        body = Arrays.copyOfRange(module.bytes(), base, base + module.bodyLength(func));
        BodyScanner scan = new BodyScanner(module);
        scan.begin(func);
        while (scan.next()) {
            Op op = scan.op();
            int operandStart = scan.offset() - base + (op.code() > 0xff ? 2 : 1);
            long operand = switch (op.immediates()) {
                case LOCAL, GLOBAL, FUNC, TABLE, MEMORY -> scan.localIndex();
                case LABEL -> scan.labelDepth();
                case I32, I64 -> scan.i64();
                default -> 0;
            };
            insns.add(new Insn(scan.offset() - base, scan.nextOffset() - base, op, operand, operandStart));
        }
        localCount = countLocals();
    }

    private int countLocals() {
        WasmFile.Reader in = new WasmFile.Reader(body, 0);
        long n = module.funcType(func).paramCount();
        for (long groups = in.u32(); groups > 0; groups--) {
            n += in.u32();
            in.at++;
        }
        return (int) Math.min(n, 1000);
    }

    /** The body after {@code edits} changes; instructions of {@code donor}, if that is not null, may come in. */
    byte[] mutate(int edits, byte[] donor) {
        // From the end to the start, so that places before a change stay what they are.
        int[] places = random.ints(edits, 0, insns.size()).sorted().distinct().toArray();
        byte[] result = body;
        int limit = body.length;
        for (int k = places.length - 1; k >= 0; k--) {
            Insn insn = insns.get(places[k]);
            if (insn.end > limit) {
                continue;
            }
            Edit edit = edit(places[k], limit, donor);
            result = splice(result, edit.from, edit.to, edit.bytes);
            limit = edit.from;
        }
        return result;
    }

    private record Edit(int from, int to, byte[] bytes) {}

    private Edit edit(int place, int limit, byte[] donor) {
        Insn insn = insns.get(place);
        if (random.nextInt(100) < 45) {
            byte[] changed = change(insn);
            if (changed != null) {
                return new Edit(insn.start, insn.end, changed);
            }
        }
        int last = place;
        for (int n = random.nextInt(6); n > 0 && last + 1 < insns.size() - 1 && insns.get(last + 1).end <= limit; n--) {
            last++;
        }
        int to = insns.get(last).end;
        byte[] range = Arrays.copyOfRange(body, insn.start, to);
        return switch (random.nextInt(12)) {
            case 0 -> new Edit(insn.start, to, new byte[0]);
            case 1 -> new Edit(to, to, range);
            case 2 ->
                new Edit(
                        insn.start,
                        to,
                        concat(new byte[] {(byte) (random.nextBoolean() ? 2 : 3), 0x40}, range, new byte[] {0x0b}));
            case 3 -> new Edit(insn.start, to, concat(constant(0x41), new byte[] {4, 0x40}, range, new byte[] {0x0b}));
            case 4 -> last > place ? swapFirst(place) : new Edit(insn.end, insn.end, unrelated());
            case 5 ->
                donor != null && donor.length > 0
                        ? new Edit(insn.end, insn.end, donor)
                        : new Edit(insn.end, insn.end, unrelated());
            case 6, 7, 8 -> new Edit(insn.end, insn.end, onResult(insn));
            case 9 -> new Edit(insn.start, insn.start, call());
            default -> new Edit(insn.start, insn.start, unrelated());
        };
    }

    private Edit swapFirst(int place) {
        Insn first = insns.get(place);
        Insn second = insns.get(place + 1);
        byte[] swapped = concat(
                Arrays.copyOfRange(body, second.start, second.end), Arrays.copyOfRange(body, first.start, first.end));
        return new Edit(first.start, second.end, swapped);
    }

    /** A few instructions from somewhere in this body, for another one. */
    byte[] someInstructions() {
        int from = random.nextInt(insns.size());
        int to = Math.min(insns.size() - 1, from + 1 + random.nextInt(12));
        return to <= from ? new byte[0] : Arrays.copyOfRange(body, insns.get(from).start, insns.get(to - 1).end);
    }

    // One instruction becomes another

    private byte[] change(Insn insn) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Op op = insn.op;
        int code = op.code();
        switch (op.immediates()) {
            case NONE -> {
                int other = alternative(code, SAME);
                if (other < 0) {
                    return null;
                }
                out.write(other);
            }
            case MEMARG -> {
                int other = alternative(code, SAME_ACCESS);
                if (code > 0xff || body[insn.operandStart] >= 0x40) {
                    return null;
                }
                out.write(other < 0 ? code : other);
                out.write(0);
                WasmFile.unsigned(out, OFFSETS[random.nextInt(OFFSETS.length)]);
            }
            case I32, I64, F32, F64 -> out.writeBytes(constant(code));
            case LOCAL -> {
                out.write(code == 0x20 ? 0x20 : random.nextInt(4) == 0 ? code ^ 3 : code);
                WasmFile.unsigned(out, localCount == 0 ? 0 : random.nextInt(localCount));
            }
            case GLOBAL -> indexed(out, code, module.globalCount());
            case FUNC -> indexed(out, code == 0x10 && random.nextInt(4) == 0 ? 0x12 : code, module.funcCount());
            case TABLE -> indexed(out, code, module.tableCount());
            case MEMORY -> indexed(out, code, module.memoryCount());
            case LABEL -> {
                out.write(random.nextInt(4) == 0 ? code ^ 1 : code);
                WasmFile.unsigned(out, Math.max(0, insn.operand + random.nextInt(-2, 3)));
            }
            default -> {
                return null;
            }
        }
        return out.toByteArray();
    }

    private void indexed(ByteArrayOutputStream out, int code, int count) {
        if (code > 0xff) {
            out.write(code >>> 12);
            WasmFile.unsigned(out, code & 0xfff);
        } else {
            out.write(code);
        }
        WasmFile.unsigned(out, count == 0 ? 0 : random.nextInt(count));
    }

    private int alternative(int code, int[][] sets) {
        for (int[] set : sets) {
            for (int c : set) {
                if (c == code) {
                    return set[random.nextInt(set.length)];
                }
            }
        }
        return -1;
    }

    /** An instruction that pushes an interesting number; {@code code} is one of the four const opcodes. */
    private byte[] constant(int code) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(code);
        long number = random.nextInt(5) == 0
                ? random.nextLong() >>> random.nextInt(64)
                : NUMBERS[random.nextInt(NUMBERS.length)];
        switch (code) {
            case 0x41 -> WasmFile.signed(out, (int) (random.nextBoolean() ? number : -number));
            case 0x42 -> WasmFile.signed(out, random.nextBoolean() ? number : -number);
            case 0x43 -> little(out, FLOATS[random.nextInt(FLOATS.length)], 4);
            default -> little(out, DOUBLES[random.nextInt(DOUBLES.length)], 8);
        }
        return out.toByteArray();
    }

    private static void little(ByteArrayOutputStream out, long bits, int bytes) {
        for (int i = 0; i < bytes; i++) {
            out.write((int) (bits >>> 8 * i));
        }
    }

    // Code that leaves the stack as it is

    /** Works on the value that an instruction left, if its type is known. */
    private byte[] onResult(Insn insn) {
        String name = insn.op.text();
        boolean comparison = name.matches(".*\\.(eqz?|ne|[lg][te](_[su])?)")
                || name.startsWith("i32.wrap")
                || name.startsWith("memory.");
        char type = insn.op == Op.MEMORY_SIZE || comparison || name.startsWith("i32.")
                ? 'i'
                : name.startsWith("i64.") ? 'l' : name.startsWith("f32.") ? 'f' : name.startsWith("f64.") ? 'd' : '?';
        boolean pushes = insn.op.immediates() != Imm.MEMARG || name.contains("load");
        if (type == '?' || !pushes) {
            return unrelated();
        }
        return type == 'i' ? onInt() : type == 'l' ? onLong() : onFloat(type == 'd');
    }

    private byte[] onInt() {
        return switch (random.nextInt(10)) {
            case 0 -> bytes(0xac, 0x7b, 0xa7);
            case 1 -> bytes(0xb2, 0x91, 0xfc, 0);
            case 2 -> bytes(0x2d, 0, random.nextInt(128));
            case 3 -> bytes(0x28, 2, 0xff, 0xff, 3);
            case 4 -> bytes(0xb7, 0xaa);
            case 5 -> bytes(SAME[0][random.nextInt(SAME[0].length)]);
            case 6 -> bytes(0xbe, 0x8c, 0xbc);
            case 7 -> bytes(0x40, 0);
            default -> concat(constant(0x41), bytes(SAME[1][random.nextInt(SAME[1].length)]));
        };
    }

    private byte[] onLong() {
        return switch (random.nextInt(6)) {
            case 0 -> bytes(SAME[6][random.nextInt(SAME[6].length)]);
            case 1 -> bytes(0xa7, 0xad);
            case 2 -> bytes(0xb9, 0xfc, 6);
            case 3 -> bytes(0x50, 0xad);
            default -> concat(constant(0x42), bytes(SAME[7][random.nextInt(SAME[7].length)]));
        };
    }

    private byte[] onFloat(boolean isDouble) {
        int[] unary = SAME[isDouble ? 10 : 8];
        int[] binary = SAME[isDouble ? 11 : 9];
        return switch (random.nextInt(5)) {
            case 0 -> bytes(unary[random.nextInt(unary.length)]);
            case 1 -> isDouble ? bytes(0xb6, 0xbb) : bytes(0xbb, 0x9f, 0xb6);
            case 2 -> isDouble ? bytes(0xfc, 6, 0xb9) : bytes(0xfc, 1, 0xb3);
            default -> concat(constant(isDouble ? 0x44 : 0x43), bytes(binary[random.nextInt(binary.length)]));
        };
    }

    /** Has nothing to do with what is on the stack. */
    private byte[] unrelated() {
        return switch (random.nextInt(13)) {
            case 0 -> bytes(1);
            case 1 -> concat(constant(0x41), constant(0x42), bytes(0x37, 0, random.nextInt(128)));
            case 2 -> concat(constant(0x41), bytes(0x28, 0, random.nextInt(128), 0x1a));
            case 3 -> concat(constant(0x41), constant(0x41), bytes(0x41, random.nextInt(64), 0xfc, 0x0b, 0));
            case 4 -> concat(constant(0x41), constant(0x41), bytes(0x41, random.nextInt(64), 0xfc, 0x0a, 0, 0));
            case 5 -> concat(constant(0x41), bytes(0x0d), bytes(random.nextInt(3)));
            case 6 -> concat(constant(0x41), bytes(4, 0x40), call(), bytes(5), unrelated(), bytes(0x0b));
            case 7 -> concat(constant(0x41), bytes(0x40, 0, 0x1a));
            case 8 ->
                concat(
                        constant(0x41),
                        bytes(
                                0x11,
                                random.nextInt(
                                        Math.max(1, Math.min(64, module.types().count()))),
                                0));
            case 9 ->
                concat(
                        bytes(0x20, random.nextInt(Math.max(1, Math.min(localCount, 64)))),
                        bytes(0x21),
                        bytes(random.nextInt(Math.max(1, Math.min(localCount, 64)))));
            case 10 -> concat(bytes(2, 0x40), constant(0x41), bytes(0x0e, 2, 0, random.nextInt(2), 0), bytes(0x0b));
            case 11 -> bytes(0);
            default ->
                concat(constant(0x42), constant(0x42), bytes(SAME[7][random.nextInt(SAME[7].length)]), bytes(0x1a));
        };
    }

    /** A call with constants as arguments and its results dropped. */
    private byte[] call() {
        if (module.funcCount() == 0) {
            return bytes(1);
        }
        int callee = random.nextInt(module.funcCount());
        FuncType type = module.funcType(callee);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int i = 0; i < type.paramCount(); i++) {
            switch (type.param(i)) {
                case ValType.I32 -> out.writeBytes(constant(0x41));
                case ValType.I64 -> out.writeBytes(constant(0x42));
                case ValType.F32 -> out.writeBytes(constant(0x43));
                case ValType.F64 -> out.writeBytes(constant(0x44));
                default -> out.writeBytes(bytes(0xd0, type.param(i) == ValType.EXTERNREF ? 0x6f : 0x70));
            }
        }
        out.write(0x10);
        WasmFile.unsigned(out, callee);
        for (int i = 0; i < type.resultCount(); i++) {
            out.write(0x1a);
        }
        return out.toByteArray();
    }

    private static byte[] splice(byte[] bytes, int from, int to, byte[] middle) {
        return concat(Arrays.copyOf(bytes, from), middle, Arrays.copyOfRange(bytes, to, bytes.length));
    }

    static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] p : parts) {
            out.writeBytes(p);
        }
        return out.toByteArray();
    }

    private static byte[] bytes(int... values) {
        byte[] out = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            out[i] = (byte) values[i];
        }
        return out;
    }

    /** Opcodes from ranges, both ends included. */
    private static int[] ops(int... ends) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int i = 0; i < ends.length; i += 2) {
            for (int c = ends[i]; c <= ends[i + 1]; c++) {
                out.write(c);
            }
        }
        byte[] all = out.toByteArray();
        int[] result = new int[all.length];
        for (int i = 0; i < all.length; i++) {
            result[i] = all[i] & 0xff;
        }
        return result;
    }
}
