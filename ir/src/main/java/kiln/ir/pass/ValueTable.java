package kiln.ir.pass;

import java.util.Arrays;
import kiln.ir.Value;

/**
 * The hash table of value numbering: from what an instruction computes to a value that has it. Keys are a packed
 * operation, up to three operand numbers, a constant and an object; all without boxing.
 */
final class ValueTable {
    private static final int PARTS = 5;
    private static final int BLOCK = 4;

    /** By hash, one more than the number of an entry, or 0. */
    private int[] slots;

    private int size;
    /** By entry, one behind the other: operation, three operand numbers and the block. */
    private int[] parts;

    private long[] imms;
    private Object[] auxes;
    private Value[] values;

    // The key to look for.
    private int op;
    private int a;
    private int b;
    private int c;
    private long imm;
    private Object aux;

    ValueTable(int expected) {
        // Many values are parameters, or are found here instead of being entered.
        int n = Math.max(16, expected / 2);
        slots = new int[Integer.highestOneBit(n * 2 - 1) * 2];
        parts = new int[n * PARTS];
        imms = new long[n];
        auxes = new Object[n];
        values = new Value[n];
    }

    void key(int op, int a, int b, int c, long imm, Object aux) {
        this.op = op;
        this.a = a;
        this.b = b;
        this.c = c;
        this.imm = imm;
        this.aux = aux;
    }

    /** Replaces the third operand of the key, where accesses have the version of their region. */
    void keyVersion(int version) {
        this.c = version;
    }

    /** The entry with the present key, or -1. */
    int find() {
        int mask = slots.length - 1;
        for (int s = hash() & mask; ; s = s + 1 & mask) {
            int e = slots[s] - 1;
            if (e < 0) {
                return -1;
            }
            int p = e * PARTS;
            if (parts[p] == op
                    && parts[p + 1] == a
                    && parts[p + 2] == b
                    && parts[p + 3] == c
                    && imms[e] == imm
                    && (aux == auxes[e] || aux != null && aux.equals(auxes[e]))) {
                return e;
            }
        }
    }

    /** Adds an entry with the present key, which must not be there yet. */
    void add(Value value, int block) {
        if (size == imms.length) {
            grow();
        }
        int e = size++;
        int p = e * PARTS;
        parts[p] = op;
        parts[p + 1] = a;
        parts[p + 2] = b;
        parts[p + 3] = c;
        imms[e] = imm;
        auxes[e] = aux;
        set(e, value, block);
        insert(e, hash());
    }

    private void insert(int e, int hash) {
        int mask = slots.length - 1;
        int s = hash & mask;
        while (slots[s] != 0) {
            s = s + 1 & mask;
        }
        slots[s] = e + 1;
    }

    Value value(int entry) {
        return values[entry];
    }

    /** Number in the graph of the block from whose beginning or middle on the entry's value is there. */
    int block(int entry) {
        return parts[entry * PARTS + BLOCK];
    }

    void set(int entry, Value value, int block) {
        values[entry] = value;
        parts[entry * PARTS + BLOCK] = block;
    }

    private int hash() {
        long h = op * 0x9e3779b97f4a7c15L;
        h = (h ^ a) * 0xbf58476d1ce4e5b9L;
        h = (h ^ h >>> 32 ^ b) * 0x94d049bb133111ebL;
        h = (h ^ h >>> 32 ^ c) * 0x9e3779b97f4a7c15L;
        h = (h ^ imm) * 0xbf58476d1ce4e5b9L;
        if (aux != null) {
            h ^= aux.hashCode();
        }
        return (int) (h ^ h >>> 29 ^ h >>> 47);
    }

    private void grow() {
        int n = size * 2;
        parts = Arrays.copyOf(parts, n * PARTS);
        imms = Arrays.copyOf(imms, n);
        auxes = Arrays.copyOf(auxes, n);
        values = Arrays.copyOf(values, n);
        int keepOp = op;
        int keepA = a;
        int keepB = b;
        int keepC = c;
        long keepImm = imm;
        Object keepAux = aux;
        slots = new int[slots.length * 2];
        for (int e = 0; e < size; e++) {
            int p = e * PARTS;
            key(parts[p], parts[p + 1], parts[p + 2], parts[p + 3], imms[e], auxes[e]);
            insert(e, hash());
        }
        key(keepOp, keepA, keepB, keepC, keepImm, keepAux);
    }
}
