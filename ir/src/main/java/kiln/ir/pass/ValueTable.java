package kiln.ir.pass;

import java.util.Arrays;
import kiln.ir.Value;

/**
 * The hash table of value numbering: from what an instruction computes to a value that has it. Keys are a packed
 * operation, up to three operand numbers, a constant and an object; all without boxing.
 */
final class ValueTable {
    private int[] slots;
    private int size;
    private int[] ops;
    private int[] as;
    private int[] bs;
    private int[] cs;
    private long[] imms;
    private Object[] auxes;
    private Value[] values;
    private int[] blocks;

    // The key to look for.
    private int op;
    private int a;
    private int b;
    private int c;
    private long imm;
    private Object aux;

    ValueTable(int expected) {
        int n = Math.max(16, expected);
        slots = new int[Integer.highestOneBit(n * 2 - 1) * 2];
        Arrays.fill(slots, -1);
        ops = new int[n];
        as = new int[n];
        bs = new int[n];
        cs = new int[n];
        imms = new long[n];
        auxes = new Object[n];
        values = new Value[n];
        blocks = new int[n];
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
            int e = slots[s];
            if (e < 0) {
                return -1;
            }
            if (ops[e] == op
                    && as[e] == a
                    && bs[e] == b
                    && cs[e] == c
                    && imms[e] == imm
                    && (aux == auxes[e] || aux != null && aux.equals(auxes[e]))) {
                return e;
            }
        }
    }

    /** Adds an entry with the present key, which must not be there yet. */
    void add(Value value, int block) {
        if (size == ops.length) {
            grow();
        }
        int e = size++;
        ops[e] = op;
        as[e] = a;
        bs[e] = b;
        cs[e] = c;
        imms[e] = imm;
        auxes[e] = aux;
        set(e, value, block);
        insert(e, hash());
    }

    private void insert(int e, int hash) {
        int mask = slots.length - 1;
        int s = hash & mask;
        while (slots[s] >= 0) {
            s = s + 1 & mask;
        }
        slots[s] = e;
    }

    Value value(int entry) {
        return values[entry];
    }

    /** Number in the graph of the block from whose beginning or middle on the entry's value is there. */
    int block(int entry) {
        return blocks[entry];
    }

    void set(int entry, Value value, int block) {
        values[entry] = value;
        blocks[entry] = block;
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
        ops = Arrays.copyOf(ops, n);
        as = Arrays.copyOf(as, n);
        bs = Arrays.copyOf(bs, n);
        cs = Arrays.copyOf(cs, n);
        imms = Arrays.copyOf(imms, n);
        auxes = Arrays.copyOf(auxes, n);
        values = Arrays.copyOf(values, n);
        blocks = Arrays.copyOf(blocks, n);
        int keepOp = op;
        int keepA = a;
        int keepB = b;
        int keepC = c;
        long keepImm = imm;
        Object keepAux = aux;
        slots = new int[slots.length * 2];
        Arrays.fill(slots, -1);
        for (int e = 0; e < size; e++) {
            key(ops[e], as[e], bs[e], cs[e], imms[e], auxes[e]);
            insert(e, hash());
        }
        key(keepOp, keepA, keepB, keepC, keepImm, keepAux);
    }
}
