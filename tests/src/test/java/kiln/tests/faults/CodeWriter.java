package kiln.tests.faults;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Writes instructions of a generated program: opcodes, constants, constructs and their labels. */
class CodeWriter {
    static final int I32 = 0x7f;
    static final int I64 = 0x7e;
    static final int F32 = 0x7d;
    static final int F64 = 0x7c;
    static final int[] TYPES = {I32, I64, F32, F64};
    static final int VOID = 0x40;

    /** Where branches go to; {@code hidden} if none is to. Each is another one, whatever it consists of. */
    static final class Label {
        final int[] types;
        final boolean isLoop;
        final boolean hidden;

        Label(int[] types, boolean isLoop) {
            this(types, isLoop, false);
        }

        Label(int[] types, boolean isLoop, boolean hidden) {
            this.types = types;
            this.isLoop = isLoop;
            this.hidden = hidden;
        }
    }

    final SplittableRandom random;
    /** Constructs around, the innermost last. */
    final List<Label> labels = new ArrayList<>();

    ByteArrayOutputStream out;
    /** How many more bytes of code to write, roughly. */
    int size;

    CodeWriter(SplittableRandom random) {
        this.random = random;
    }

    boolean chance(int percent) {
        return random.nextInt(100) < percent;
    }

    int pick(int... codes) {
        return codes[random.nextInt(codes.length)];
    }

    /** A type of numbers. */
    int type() {
        return TYPES[random.nextInt(10) < 6 ? random.nextInt(2) : random.nextInt(4)];
    }

    /** Code that counts. */
    void emit(int... code) {
        put(code);
        size--;
    }

    /** Code that does not count. */
    void put(int... code) {
        for (int c : code) {
            out.write(c);
        }
    }

    void index(int i) {
        WasmFile.unsigned(out, i);
    }

    // Constructs

    void within(Label label, Runnable body) {
        labels.add(label);
        body.run();
        labels.removeLast();
    }

    /** Begins a construct whose label nobody else branches to. */
    Label open() {
        Label label = new Label(new int[0], false, true);
        labels.add(label);
        return label;
    }

    /** Ends the innermost construct, which must be this one. */
    void close(Label label) {
        if (labels.removeLast() != label) {
            throw new IllegalStateException("not the innermost label");
        }
    }

    /** The number by which an instruction here branches to a label. */
    int depthOf(Label label) {
        int depth = labels.size() - 1 - labels.lastIndexOf(label);
        if (depth == labels.size()) {
            throw new IllegalStateException("no label around");
        }
        return depth;
    }

    // Constants

    void constant(int type) {
        long number = chance(30)
                ? random.nextInt(-20, 20)
                : chance(40)
                        ? 1L << random.nextInt(64)
                        : chance(50) ? (1L << random.nextInt(64)) - 1 : random.nextLong() >> random.nextInt(64);
        number(type, number);
    }

    /** A constant of any type. */
    void number(int type, long number) {
        switch (type) {
            case I32 -> {
                emit(0x41);
                WasmFile.signed(out, (int) number);
            }
            case I64 -> {
                emit(0x42);
                WasmFile.signed(out, number);
            }
            case F32 -> {
                emit(0x43);
                bits(Float.floatToIntBits(real(number).floatValue()), 4);
            }
            default -> {
                emit(0x44);
                bits(Double.doubleToLongBits(real(number)), 8);
            }
        }
    }

    private Double real(long number) {
        double[] special = {
            0,
            -0.0,
            Double.NaN,
            Double.POSITIVE_INFINITY,
            Double.NEGATIVE_INFINITY,
            0.5,
            Float.MIN_VALUE,
            Double.MIN_VALUE,
            4294967295.5
        };
        return chance(30) ? special[random.nextInt(special.length)] : chance(50) ? number : number / 3.0;
    }

    /** The lowest {@code n} bytes. */
    void bits(long bits, int n) {
        for (int i = 0; i < n; i++) {
            out.write((int) (bits >>> 8 * i));
        }
    }
}
