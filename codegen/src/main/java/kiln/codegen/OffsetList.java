package kiln.codegen;

import java.util.AbstractList;
import java.util.Arrays;
import java.util.List;
import java.util.RandomAccess;

/**
 * Numbers at ascending offsets of code. There are hundreds of thousands of these in a large module, so they are objects
 * only while somebody looks at them.
 */
final class OffsetList {
    /** Offset and number by turns. */
    private int[] pairs = new int[16];

    private int size;

    /** Makes what an offset and its number stand for. */
    @FunctionalInterface
    interface Element<T> {
        T of(int offset, int number);
    }

    void add(int offset, int number) {
        if (size * 2 == pairs.length) {
            pairs = Arrays.copyOf(pairs, size * 4);
        }
        pairs[size * 2] = offset;
        pairs[size * 2 + 1] = number;
        size++;
    }

    int size() {
        return size;
    }

    int offset(int i) {
        return pairs[i * 2];
    }

    /** Moves everything to where branches of settled size put it. */
    void move(Relaxation r) {
        for (int i = 0; i < size; i++) {
            pairs[i * 2] = r.offset(pairs[i * 2]);
        }
    }

    /** What is in the list now, unmodifiable. */
    <T> List<T> toList(Element<T> element) {
        return size == 0 ? List.of() : new View<>(Arrays.copyOf(pairs, size * 2), element);
    }

    private static final class View<T> extends AbstractList<T> implements RandomAccess {
        private final int[] pairs;
        private final Element<T> element;

        View(int[] pairs, Element<T> element) {
            this.pairs = pairs;
            this.element = element;
        }

        @Override
        public T get(int i) {
            return element.of(pairs[i * 2], pairs[i * 2 + 1]);
        }

        @Override
        public int size() {
            return pairs.length / 2;
        }
    }
}
