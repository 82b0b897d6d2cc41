package kiln.codegen;

import java.util.List;
import java.util.function.IntConsumer;

/**
 * Chooses the size of branches that have a short and a long form. All are emitted long at first; here those whose
 * target is near enough become short, and padding in front of aligned code shrinks to what is still needed. Starts from
 * the shortest code and lengthens branches until every one reaches, so that it ends.
 */
final class Relaxation {
    /** Bytes in the code emitted so far whose number is not settled. */
    sealed interface Span {
        /** Offset in the code as emitted. */
        int at();

        /** Bytes taken in the code as emitted, never zero. */
        int length();
    }

    /**
     * A branch: opcode bytes, then the distance from its end in one or four bytes.
     *
     * @param at of the long form
     */
    record Branch(int at, Label target, int shortOpcode, int[] longOpcode) implements Span {
        @Override
        public int length() {
            return longOpcode.length + 4;
        }
    }

    /**
     * Padding to a multiple of {@code alignment}, for which {@code alignment} bytes have been reserved.
     *
     * @param filler appends as many bytes as it is told
     */
    record Padding(int at, int alignment, IntConsumer filler) implements Span {
        @Override
        public int length() {
            return alignment;
        }
    }

    private static final int SHORT_BYTES = 2;

    private final List<Span> spans;
    private final int[] oldEnd;
    private final int[] newLength;
    private final int[] newStart;
    private final int[] spansBeforeTarget;
    /** What {@link #spansBefore} said last: questions come mostly in the order of the code. */
    private int lastBefore;

    Relaxation(List<Span> spans) {
        this.spans = spans;
        int n = spans.size();
        oldEnd = new int[n];
        newLength = new int[n];
        newStart = new int[n];
        spansBeforeTarget = new int[n];
        for (int i = 0; i < n; i++) {
            oldEnd[i] = spans.get(i).at() + spans.get(i).length();
            newLength[i] = SHORT_BYTES;
        }
        for (int i = 0; i < n; i++) {
            if (spans.get(i) instanceof Branch b) {
                spansBeforeTarget[i] = spansBefore(b.target.offset());
            }
        }
        do {
            place();
        } while (lengthen());
    }

    /** Where the code that was emitted at {@code old} lies now. */
    int offset(int old) {
        return offset(old, spansBefore(old));
    }

    /** Bytes that span {@code i} takes now. */
    int newLength(int i) {
        return newLength[i];
    }

    private int offset(int old, int before) {
        return before == 0 ? old : old - oldEnd[before - 1] + newStart[before - 1] + newLength[before - 1];
    }

    private int spansBefore(int old) {
        int n = oldEnd.length;
        int low = 0;
        int high = n;
        int last = lastBefore;
        if (last == 0 || oldEnd[last - 1] <= old) {
            if (last == n || oldEnd[last] > old) {
                return last;
            }
            low = last + 1;
            if (low == n || oldEnd[low] > old) {
                lastBefore = low;
                return low;
            }
        } else {
            high = last - 1;
        }
        while (low < high) {
            int middle = low + high >>> 1;
            if (oldEnd[middle] <= old) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        lastBefore = low;
        return low;
    }

    private void place() {
        for (int i = 0; i < newStart.length; i++) {
            newStart[i] = offset(spans.get(i).at(), i);
            if (spans.get(i) instanceof Padding p) {
                newLength[i] = -newStart[i] & p.alignment - 1;
            }
        }
    }

    private boolean lengthen() {
        boolean changed = false;
        for (int i = 0; i < newStart.length; i++) {
            if (spans.get(i) instanceof Branch b && newLength[i] == SHORT_BYTES) {
                int distance = offset(b.target.offset(), spansBeforeTarget[i]) - newStart[i] - SHORT_BYTES;
                if ((byte) distance != distance) {
                    newLength[i] = b.length();
                    changed = true;
                }
            }
        }
        return changed;
    }
}
