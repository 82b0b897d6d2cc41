package kiln.codegen.regalloc;

import java.util.Arrays;
import kiln.ir.Type;

/**
 * Puts moves that happen at the same time into an order. Locations are numbers: register bits 0..63, and 64 + word for
 * spill slots. Cycles of registers are resolved by exchanges, cycles through slots by a spare slot.
 */
final class MoveResolver {
    /** Where the ordered moves go. */
    interface Sink {
        void move(Type type, int target, int source);

        void swap(int a, int b);

        /** A slot that is not in use. */
        int spareSlot(Type type);
    }

    static final int FIRST_SLOT = 64;
    /** As many slots as most functions have. */
    private static final int SLOTS = 16;

    private final Sink sink;
    private final IntList targets = new IntList();
    private Type[] types = new Type[16];
    /** By location: where its new contents come from, or -1; which move fills it; how many moves still read it. */
    private int[] source = new int[FIRST_SLOT + SLOTS];

    private int[] moveOf = new int[FIRST_SLOT + SLOTS];
    private int[] readers = new int[FIRST_SLOT + SLOTS];
    private final IntList ready = new IntList();

    MoveResolver(Sink sink) {
        this.sink = sink;
        Arrays.fill(source, -1);
    }

    void add(Type type, int target, int from) {
        if (target == from) {
            return;
        }
        int most = Math.max(target, from);
        if (most >= source.length) {
            int old = source.length;
            int length = Math.max(most + 1, old * 2);
            source = Arrays.copyOf(source, length);
            Arrays.fill(source, old, length, -1);
            moveOf = Arrays.copyOf(moveOf, length);
            readers = Arrays.copyOf(readers, length);
        }
        if (source[target] >= 0) {
            throw new IllegalStateException("two moves into one place");
        }
        if (targets.size == types.length) {
            types = Arrays.copyOf(types, types.length * 2);
        }
        types[targets.size] = type;
        moveOf[target] = targets.size;
        targets.add(target);
        source[target] = from;
        readers[from]++;
    }

    boolean isEmpty() {
        return targets.size == 0;
    }

    /** Emits everything added since the last time. */
    void resolve() {
        ready.clear();
        // Backwards, so that what was added first is done first.
        for (int k = targets.size - 1; k >= 0; k--) {
            if (readers[targets.get(k)] == 0) {
                ready.add(targets.get(k));
            }
        }
        drain();
        for (int k = 0; k < targets.size; k++) {
            int t = targets.get(k);
            if (source[t] >= 0) {
                breakCycle(t);
            }
        }
        targets.clear();
    }

    private void drain() {
        while (ready.size > 0) {
            int t = ready.data[--ready.size];
            int from = source[t];
            sink.move(types[moveOf[t]], t, from);
            source[t] = -1;
            if (--readers[from] == 0 && source[from] >= 0) {
                ready.add(from);
            }
        }
    }

    /** All that is left are rings in which every place is read once. */
    private void breakCycle(int start) {
        boolean registers = true;
        int t = start;
        do {
            registers &= t < FIRST_SLOT;
            t = source[t];
        } while (t != start);
        if (!registers) {
            // Moves that read the start read its copy instead.
            Type type = types[moveOf[start]];
            int reader = start;
            while (source[reader] != start) {
                reader = source[reader];
            }
            Type read = types[moveOf[reader]];
            int spare = sink.spareSlot(read.bytes() > type.bytes() ? read : type);
            sink.move(read, spare, start);
            int last = source[reader];
            readers[last]--;
            int from = source[start];
            t = start;
            while (t != reader) {
                from = source[t];
                sink.move(types[moveOf[t]], t, from);
                source[t] = -1;
                readers[from] = 0;
                t = from;
            }
            sink.move(read, reader, spare);
            source[reader] = -1;
            return;
        }
        t = start;
        while (source[t] != start) {
            int from = source[t];
            sink.swap(t, from);
            source[t] = -1;
            readers[from] = 0;
            t = from;
        }
        source[t] = -1;
        readers[start] = 0;
    }
}
