package kiln.types;

import java.util.Arrays;

/**
 * The structure of a recursion group as a row of ints, to find equal groups: references into the group are relative to
 * its start, others are canonical indices.
 */
record GroupShape(int[] words) implements Comparable<GroupShape> {
    /** Added to the position of a type in the group; above every type index, within the range of a heap type. */
    static final int RELATIVE = 1 << 24;

    static GroupShape of(SubType[] group, int start) {
        Writer w = new Writer(start);
        for (SubType sub : group) {
            w.add(sub.isFinal() ? 1 : 0);
            w.add(w.relative(sub.supertype()));
            if (sub.type() instanceof FuncType f) {
                w.add(0);
                w.addTypes(f.params());
                w.addTypes(f.results());
            } else if (sub.type() instanceof StructType s) {
                w.add(1);
                w.add(s.fields().size());
                s.fields().forEach(w::addField);
            } else {
                w.add(2);
                w.addField(((ArrayType) sub.type()).element());
            }
        }
        return new GroupShape(Arrays.copyOf(w.words, w.size));
    }

    private static final class Writer {
        private final int start;
        private int[] words = new int[16];
        private int size;

        Writer(int start) {
            this.start = start;
        }

        void add(int word) {
            if (size == words.length) {
                words = Arrays.copyOf(words, size * 2);
            }
            words[size++] = word;
        }

        int relative(int index) {
            return index >= start ? index - start + RELATIVE : index;
        }

        void addType(int type) {
            boolean inside = ValType.isRef(type) && ValType.heap(type) >= start;
            add(inside ? ValType.ref(ValType.isNullable(type), relative(ValType.heap(type))) : type);
        }

        void addTypes(int[] types) {
            add(types.length);
            for (int type : types) {
                addType(type);
            }
        }

        void addField(FieldType field) {
            add(field.mutable() ? 1 : 0);
            addType(field.storage());
        }
    }

    /** Keeps a hash table usable when a hostile module makes shapes of equal hash. */
    @Override
    public int compareTo(GroupShape other) {
        return Arrays.compare(words, other.words);
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof GroupShape g && Arrays.equals(words, g.words);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(words);
    }
}
