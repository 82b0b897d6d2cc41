package kiln.codegen.aarch64;

import kiln.ir.Builder;
import kiln.ir.Opcode;
import kiln.ir.Value;

/** Instructions that take up room in few operations: constants of up to four instructions each, every other time. */
final class Filler {
    private Filler() {}

    private static long constant(int i) {
        return 0x1234_5678_9abc_def1L * (i + 1);
    }

    /** Changes {@code v}, an i64, in {@code count} operations of twelve bytes on average, which nothing can merge. */
    static Value append(Builder b, Value v, Value y, int count) {
        for (int i = 0; i < count; i++) {
            v = i % 2 == 0 ? b.binary(Opcode.XOR, v, b.i64(constant(i))) : b.binary(Opcode.ADD, v, y);
        }
        return v;
    }

    /** What those operations compute. */
    static long apply(long v, long y, int count) {
        for (int i = 0; i < count; i++) {
            v = i % 2 == 0 ? v ^ constant(i) : v + y;
        }
        return v;
    }

    /** The bytes that {@code count} operations take at least; some constants take three instructions. */
    static int bytes(int count) {
        return 11 * count;
    }
}
