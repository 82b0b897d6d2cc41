package kiln.tests.faults;

import static kiln.tests.faults.CodeWriter.F32;
import static kiln.tests.faults.CodeWriter.F64;
import static kiln.tests.faults.CodeWriter.I32;
import static kiln.tests.faults.CodeWriter.I64;

import java.io.ByteArrayOutputStream;
import java.util.SplittableRandom;

/**
 * Vectors in the programs of {@link ProgramGenerator}: locals, accesses, all operations of the first SIMD proposal on
 * integers and most on floats, whose NaNs are made canonical at once.
 */
final class VectorWriter {
    private static final int V128 = 0x7b;
    /** Locals of its own. */
    private static final int LOCALS = 4;

    /** From two vectors: numbers behind the prefix, as ranges from an even place to the following odd one. */
    private static final int[] BINARY = {
        35, 76, 78, 81, 110, 115, 118, 121, 123, 123, 101, 102, 130, 130, 133, 134, 142, 147, 149, 153, 155, 159, 174,
        174, 177, 177, 181, 186, 188, 191, 206, 206, 209, 209, 213, 223, 14, 14
    };

    private static final int[] UNARY = {
        77, 77, 96, 98, 124, 129, 135, 138, 160, 161, 167, 170, 192, 193, 199, 202, 248, 255, 224, 225, 236, 237
    };
    private static final int[] SHIFTS = {107, 109, 139, 141, 171, 173, 203, 205};
    /** Operations on floats that make NaNs: of two vectors, then of one. */
    private static final int[] FLOATS = {228, 235, 240, 247};

    private static final int[] ROOTS = {227, 227, 103, 106, 239, 239, 116, 117, 122, 122, 148, 148, 94, 95};
    /** Vector to I32. */
    private static final int[] TESTS = {83, 83, 99, 100, 131, 132, 163, 164, 195, 196};

    private final ProgramGenerator g;
    private final SplittableRandom random;
    private int first;

    VectorWriter(ProgramGenerator g, SplittableRandom random) {
        this.g = g;
        this.random = random;
    }

    int groups() {
        return 1;
    }

    /** Declares locals; returns the number of the next one. */
    int begin(ByteArrayOutputStream out, int firstLocal) {
        first = firstLocal;
        out.write(LOCALS + 1);
        out.write(V128);
        return first + LOCALS + 1;
    }

    private void op(int number) {
        g.emit(0xfd);
        g.index(number);
    }

    /** Of ranges, both ends of which belong to them. */
    private int pick(int... ranges) {
        int k = 2 * random.nextInt(ranges.length / 2);
        return ranges[k] + random.nextInt(ranges[k + 1] - ranges[k] + 1);
    }

    void statement(int depth) {
        if (g.chance(60)) {
            expr(3);
            g.emit(0x21);
            g.index(first + random.nextInt(LOCALS));
            return;
        }
        g.address();
        if (g.chance(60)) {
            expr(2);
            op(11);
            g.memarg();
        } else {
            expr(1);
            int size = random.nextInt(4);
            op(88 + size);
            g.memarg();
            g.put(random.nextInt(16 >> size));
        }
    }

    /** A number out of a vector. */
    void read(int type, int depth) {
        expr(depth);
        switch (type) {
            case I32 -> {
                if (g.chance(50)) {
                    op(pick(TESTS));
                } else {
                    int size = random.nextInt(3);
                    op(new int[] {21, 24, 27}[size] + (size < 2 ? random.nextInt(2) : 0));
                    g.put(random.nextInt(16 >> size));
                }
            }
            case I64 -> {
                op(29);
                g.put(random.nextInt(2));
            }
            case F32 -> {
                op(31);
                g.put(random.nextInt(4));
                g.canonical(F32);
            }
            default -> {
                op(33);
                g.put(random.nextInt(2));
                g.canonical(F64);
            }
        }
    }

    private void expr(int depth) {
        if (depth <= 0 || g.size <= 0) {
            leaf();
            return;
        }
        switch (random.nextInt(12)) {
            case 0 -> leaf();
            case 1 -> load();
            case 2 -> {
                int k = random.nextInt(6);
                int type = new int[] {I32, I32, I32, I64, F32, F64}[k];
                g.expr(type, depth - 1);
                g.canonical(type);
                op(15 + k);
            }
            case 3 -> {
                expr(depth - 1);
                int k = random.nextInt(6);
                int type = new int[] {I32, I32, I32, I64, F32, F64}[k];
                g.expr(type, depth - 1);
                g.canonical(type);
                op(new int[] {23, 26, 28, 30, 32, 34}[k]);
                g.put(random.nextInt(new int[] {16, 8, 4, 2, 4, 2}[k]));
            }
            case 4 -> {
                expr(depth - 1);
                expr(depth - 1);
                expr(depth - 1);
                op(82);
            }
            case 5 -> shuffle(depth);
            case 6 -> {
                expr(depth - 1);
                g.expr(I32, depth - 1);
                op(pick(SHIFTS));
            }
            case 7 -> {
                expr(depth - 1);
                op(pick(UNARY));
            }
            case 8 -> floats(depth);
            case 9 -> {
                expr(depth - 1);
                expr(depth - 1);
                g.expr(I32, depth - 1);
                g.emit(0x1b);
            }
            default -> {
                expr(depth - 1);
                expr(depth - 1);
                op(pick(BINARY));
            }
        }
    }

    private void leaf() {
        if (g.chance(75)) {
            g.emit(0x20);
            g.index(first + random.nextInt(LOCALS));
            return;
        }
        op(12);
        long low = random.nextLong() >> random.nextInt(64);
        g.bits(low, 8);
        g.bits(g.chance(50) ? low : random.nextLong(), 8);
    }

    private void load() {
        int kind = random.nextInt(5);
        if (kind == 0) {
            g.address();
            expr(0);
            int size = random.nextInt(4);
            op(84 + size);
            g.memarg();
            g.put(random.nextInt(16 >> size));
            return;
        }
        g.address();
        op(
                switch (kind) {
                    case 1 -> 1 + random.nextInt(10);
                    case 2 -> 92 + random.nextInt(2);
                    default -> 0;
                });
        g.memarg();
    }

    private void shuffle(int depth) {
        expr(depth - 1);
        expr(depth - 1);
        op(13);
        int width = 1 << random.nextInt(4);
        int from = random.nextInt(32);
        int step = g.pick(0, 1, 1, 2, -1);
        boolean any = g.chance(40);
        for (int i = 0; i < 16; i += width) {
            int lane = any ? random.nextInt(32) : from + step * i;
            for (int k = 0; k < width; k++) {
                g.put((lane & -width) + k & 31);
            }
        }
    }

    /** An operation whose result may be NaN, the bits of which are not the same everywhere. */
    private void floats(int depth) {
        expr(depth - 1);
        int number;
        if (g.chance(70)) {
            expr(depth - 1);
            number = pick(FLOATS);
        } else {
            number = pick(ROOTS);
        }
        op(number);
        int l = first + LOCALS;
        g.put(0x22);
        g.index(l);
        g.put(0xfd, 12);
        boolean isDouble =
                number == 95 || number >= 236 || number == 116 || number == 117 || number == 122 || number == 148;
        for (int i = 0; i < (isDouble ? 2 : 4); i++) {
            g.bits(isDouble ? 0x7ff8L << 48 : 0x7fc00000, isDouble ? 8 : 4);
        }
        // Where lanes are equal to themselves, they stay.
        g.put(0x20);
        g.index(l);
        g.put(0x20);
        g.index(l);
        g.put(0xfd, isDouble ? 71 : 65);
        op(82);
    }
}
