package kiln.translate;

import java.util.Arrays;
import kiln.ir.Value;

/** The values that the wasm code has on its operand stack. Types and depth were checked by the validator. */
final class OperandStack {
    private static final Value[] NONE = {};

    private Value[] values = new Value[64];
    private int size;
    private long handedOver;

    /** Values that were handed over to blocks, branches and calls, or by them, since {@link #clear}. */
    long handedOver() {
        return handedOver;
    }

    /** Counts {@code n} values more. */
    void handOver(long n) {
        handedOver += n;
    }

    int size() {
        return size;
    }

    void push(Value v) {
        if (size == values.length) {
            values = Arrays.copyOf(values, size * 2);
        }
        values[size++] = v;
    }

    Value pop() {
        return values[--size].resolve();
    }

    /** The topmost {@code n} values in the order in which they were pushed. */
    Value[] peek(int n) {
        handedOver += n;
        return n == 0 ? NONE : Arrays.copyOfRange(values, size - n, size);
    }

    Value[] pop(int n) {
        Value[] top = peek(n);
        size -= n;
        return top;
    }

    /** Drops what lies above {@code height}. */
    void truncate(int height) {
        size = height;
    }

    void clear() {
        // Values keep whole functions alive.
        Arrays.fill(values, null);
        size = 0;
        handedOver = 0;
    }
}
