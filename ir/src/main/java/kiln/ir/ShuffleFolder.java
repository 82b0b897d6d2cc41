package kiln.ir;

/**
 * As {@link Folder}, for shuffles. A shuffle is brought into one form: bytes of one operand are taken from
 * {@code (x, x)} by indices 0..15; a constant is the second operand, and otherwise byte 0 comes from the first one; of
 * several bytes of an operand that are known to be the same, the first is taken. What is an operand only to give some
 * of its bytes (a shuffle again, an inserted lane) is passed over where that does not take more instructions.
 */
final class ShuffleFolder {
    private final Builder b;
    private final int[] indices = new int[16];
    private Value x;
    private Value y;

    private ShuffleFolder(Builder b, V128 indices, Value x, Value y) {
        this.b = b;
        this.x = x.resolve();
        this.y = y.resolve();
        for (int i = 0; i < 16; i++) {
            this.indices[i] = indices.byteAt(i) & (this.x == this.y ? 15 : 31);
        }
    }

    /** The value that stands for a shuffle, or null if it must be emitted as it is. */
    static Value fold(Builder b, V128 indices, Value x, Value y) {
        ShuffleFolder f = new ShuffleFolder(b, indices, x, y);
        f.throughShuffles();
        f.throughInserts();
        f.normalize();
        if (f.x.is(Opcode.VCONST)) {
            // Then so is y.
            return b.vconst(VectorValues.shuffle(f.indices(), vector(f.x), vector(f.y)));
        }
        Value simpler = f.simpler();
        if (simpler != null) {
            return simpler;
        }
        boolean same = f.x == x.resolve() && f.y == y.resolve() && f.indices().equals(indices);
        return same ? null : b.shuffle(f.indices(), f.x, f.y);
    }

    private V128 indices() {
        return V128.of(Lanes.I8X16, i -> indices[i]);
    }

    private static V128 vector(Value v) {
        return v.inst().vector();
    }

    private Value operand(int index) {
        return index < 16 ? x : y;
    }

    private boolean uses(int operand) {
        for (int index : indices) {
            if (index >> 4 == operand) {
                return true;
            }
        }
        return false;
    }

    // The form.

    private void normalize() {
        if (x == y) {
            for (int i = 0; i < 16; i++) {
                indices[i] &= 15;
            }
        }
        boolean usesX = uses(0);
        if (!usesX) {
            x = y;
            for (int i = 0; i < 16; i++) {
                indices[i] -= 16;
            }
        } else if (!uses(1)) {
            y = x;
        } else if (x.is(Opcode.VCONST) && !y.is(Opcode.VCONST)
                || x.is(Opcode.VCONST) == y.is(Opcode.VCONST) && indices[0] >= 16) {
            exchange();
        }
        if (y.is(Opcode.VCONST) && x != y && !vector(y).equals(V128.ZERO) && onlyZerosOfY()) {
            y = b.vconst(V128.ZERO);
        }
        for (int i = 0; i < 16; i++) {
            indices[i] = first(indices[i]);
        }
    }

    private void exchange() {
        Value v = x;
        x = y;
        y = v;
        for (int i = 0; i < 16; i++) {
            indices[i] ^= 16;
        }
    }

    private boolean onlyZerosOfY() {
        for (int index : indices) {
            if (index >= 16 && vector(y).byteAt(index - 16) != 0) {
                return false;
            }
        }
        return true;
    }

    /** The first byte of an operand that is known to be the same as byte {@code index} of it. */
    private int first(int index) {
        Value v = operand(index);
        if (v.is(Opcode.VSPLAT)) {
            return index & 16 | index % v.inst().lanes().lanes().bytes();
        }
        if (v.is(Opcode.VCONST)) {
            int k = 0;
            while (vector(v).byteAt(k) != vector(v).byteAt(index & 15)) {
                k++;
            }
            return index & 16 | k;
        }
        return index;
    }

    // What the form shows.

    private Value simpler() {
        if (isIdentity()) {
            return x;
        }
        if (y.is(Opcode.VCONST)) {
            return extension();
        }
        return x == y ? splat() : null;
    }

    private boolean isIdentity() {
        for (int i = 0; i < 16; i++) {
            if (indices[i] != first(i)) {
                return false;
            }
        }
        return true;
    }

    /** Lanes with zeros behind them. */
    private Value extension() {
        for (Lanes lanes = Lanes.I64X2; lanes != Lanes.I8X16; lanes = lanes.narrower()) {
            for (int from = 0; from <= 8; from += 8) {
                if (isExtension(lanes.bytes() / 2, from)) {
                    VectorOp op = from == 0 ? VectorOp.EXTEND_LOW_U : VectorOp.EXTEND_HIGH_U;
                    return b.vector(op.on(lanes), x);
                }
            }
        }
        return null;
    }

    private boolean isExtension(int bytes, int from) {
        for (int i = 0; i < 16; i++) {
            boolean zero = (i & bytes) != 0;
            boolean isZero = indices[i] >= 16 && vector(y).byteAt(indices[i] - 16) == 0;
            if (zero ? !isZero : indices[i] != first(from + i / (2 * bytes) * bytes + i % bytes)) {
                return false;
            }
        }
        return true;
    }

    /** One lane everywhere, which was put there. */
    private Value splat() {
        if (!x.is(Opcode.VINSERT)) {
            return null;
        }
        Lanes lanes = x.inst().lanes().lanes();
        int start = (int) x.inst().imm() * lanes.bytes();
        for (int i = 0; i < 16; i++) {
            if (indices[i] != start + i % lanes.bytes()) {
                return null;
            }
        }
        return b.vector(VectorOp.SPLAT.on(lanes), x.inst().arg(1));
    }

    // Operands that are passed over.

    /** An operand of which only bytes beside its inserted lane are used is what the lane was inserted into. */
    private void throughInserts() {
        x = throughInserts(0, x);
        y = throughInserts(1, y);
    }

    private Value throughInserts(int operand, Value v) {
        Value under = v;
        // A vector has no more lanes to insert; longer chains are not worth their time.
        for (int i = 0; i < 16 && under.is(Opcode.VINSERT); i++) {
            for (int index : indices) {
                if (index >> 4 == operand && isInserted(under, index & 15, 1)) {
                    return under;
                }
            }
            under = under.inst().arg(0);
        }
        return under;
    }

    /** Whether some of {@code count} bytes of a VINSERT, from byte {@code at} on, belong to the inserted lane. */
    static boolean isInserted(Value insert, int at, int count) {
        int bytes = insert.inst().lanes().lanes().bytes();
        long start = insert.inst().imm() * bytes;
        return at < start + bytes && start < at + count;
    }

    /**
     * A shuffle of shuffles is one if the bytes come from one value, or from places that an operand has them in as
     * well. With more operands than one it might be one that needs many instructions, instead of two that need one
     * each.
     */
    private void throughShuffles() {
        if (!x.is(Opcode.VSHUFFLE) && !y.is(Opcode.VSHUFFLE)) {
            return;
        }
        if (!ofOneValue()) {
            x = inPlace(0, x);
            y = inPlace(1, y);
        }
    }

    /** The operand of a shuffle that has all bytes used of it in their places; else the shuffle itself. */
    private Value inPlace(int operand, Value v) {
        if (!v.is(Opcode.VSHUFFLE)) {
            return v;
        }
        V128 inner = v.inst().vector();
        int from = -1;
        for (int index : indices) {
            if (index >> 4 == operand) {
                int k = inner.byteAt(index & 15);
                if ((k & 15) != (index & 15) || from >= 0 && from != k >> 4) {
                    return v;
                }
                from = k >> 4;
            }
        }
        return from < 0 ? v : v.inst().arg(from);
    }

    /** Where all bytes come from one value or are constant, makes that value the first operand. */
    private boolean ofOneValue() {
        Value one = null;
        int[] of = new int[16];
        V128 constants = V128.ZERO;
        for (int i = 0; i < 16; i++) {
            Value v = operand(indices[i]);
            int at = indices[i] & 15;
            if (v.is(Opcode.VSHUFFLE)) {
                int k = v.inst().vector().byteAt(at);
                v = v.inst().arg(k >> 4);
                at = k & 15;
            }
            if (v.is(Opcode.VCONST)) {
                constants = constants.with(Lanes.I8X16, i, vector(v).byteAt(at));
                at = 16 + i;
            } else if (one != null && one != v) {
                return false;
            } else {
                one = v;
            }
            of[i] = at;
        }
        System.arraycopy(of, 0, indices, 0, 16);
        y = b.vconst(constants);
        x = one == null ? y : one;
        return true;
    }
}
