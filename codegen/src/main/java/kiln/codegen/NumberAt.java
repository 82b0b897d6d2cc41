package kiln.codegen;

import kiln.ir.Type;

/** A number that is made at the end of a block. */
record NumberAt(int block, Type type, long bits) {
    // By hand, since linking what records have by themselves takes milliseconds; see architecture.md.
    @Override
    public boolean equals(Object o) {
        return o instanceof NumberAt n && block == n.block && type == n.type && bits == n.bits;
    }

    @Override
    public int hashCode() {
        return 31 * (31 * block + type.ordinal()) + Long.hashCode(bits);
    }
}
