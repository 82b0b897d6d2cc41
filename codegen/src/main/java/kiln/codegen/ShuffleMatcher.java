package kiln.codegen;

import kiln.ir.Inst;
import kiln.ir.Lanes;
import kiln.ir.Opcode;
import kiln.ir.V128;
import kiln.ir.Value;

/**
 * Looks at a shuffle as the forms of {@link Shuffle}. Each method answers with that form, or null if the shuffle is not
 * of it; where several sizes of lanes would do, with the widest. A back end asks for those that it has instructions
 * for, cheapest first.
 *
 * <p>What is known of the operands counts: both may be the same value, lanes of a splat are alike, and so are equal
 * bytes of constants. So a form with zeros is found if an operand is a constant with zeros where they are wanted.
 */
public final class ShuffleMatcher {
    private static final int CONSTANT = 0x100;
    private static final int[] SIZES = {8, 4, 2, 1};

    private final V128 indices;
    private final Value[] operands;
    /** By index, which byte it is: the same number for bytes that are known to be the same. */
    private final int[] bytes = new int[32];
    /** By the result's byte, the number of the byte that it is. */
    private final int[] wanted = new int[16];

    private ShuffleMatcher(V128 indices, Value x, Value y) {
        this.indices = indices;
        this.operands = new Value[] {x, y};
        for (int i = 0; i < 32; i++) {
            bytes[i] = number(x == y ? i & 15 : i);
        }
        for (int i = 0; i < 16; i++) {
            wanted[i] = bytes[indices.byteAt(i)];
        }
    }

    /** Of a VSHUFFLE. */
    public static ShuffleMatcher of(Inst shuffle) {
        return of(shuffle.vector(), shuffle.arg(0), shuffle.arg(1));
    }

    /** Of bytes of x and y chosen by {@code indices}: 0..15 of x, 16..31 of y. */
    public static ShuffleMatcher of(V128 indices, Value x, Value y) {
        return new ShuffleMatcher(indices, x, y);
    }

    private int number(int index) {
        Value v = operands[index >> 4];
        int at = index & 15;
        if (v.is(Opcode.VCONST)) {
            return CONSTANT | v.inst().vector().byteAt(at);
        }
        return v.is(Opcode.VSPLAT) ? index & 16 | at % v.inst().lanes().lanes().bytes() : index;
    }

    /** The shuffle, if it makes what this one does; else null. */
    private <S extends Shuffle> S checked(S shuffle) {
        for (int i = 0; i < 16; i++) {
            if (wanted[i] != numberAt(shuffle.source(i))) {
                return null;
            }
        }
        return shuffle;
    }

    private int numberAt(int source) {
        return source == Shuffle.ZERO ? CONSTANT : bytes[source];
    }

    /** See {@link Shuffle.Identity}. */
    public Shuffle.Identity identity() {
        Shuffle.Identity x = checked(new Shuffle.Identity(0));
        return x != null ? x : checked(new Shuffle.Identity(1));
    }

    /** See {@link Shuffle.Splat}. */
    public Shuffle.Splat splat() {
        for (int size : SIZES) {
            for (int k = 0; k < 32 / size; k++) {
                Shuffle.Splat s = checked(new Shuffle.Splat(size, k / (16 / size), k % (16 / size)));
                if (s != null) {
                    return s;
                }
            }
        }
        return null;
    }

    /** Makes a form of a size and two operands, one way or the other. */
    @FunctionalInterface
    private interface Pairwise<S> {
        S of(int size, boolean upper, int first, int second);
    }

    private <S extends Shuffle> S pairwise(Pairwise<S> form) {
        for (int size : SIZES) {
            // Operands and which of the ways, in bits.
            for (int k = 0; k < 8; k++) {
                S s = checked(form.of(size, (k & 1) != 0, k >> 2, k >> 1 & 1));
                if (s != null) {
                    return s;
                }
            }
        }
        return null;
    }

    /** See {@link Shuffle.Zip}. */
    public Shuffle.Zip zip() {
        return pairwise(Shuffle.Zip::new);
    }

    /** See {@link Shuffle.Unzip}. With lanes of eight bytes, it is a {@link Shuffle.Zip}. */
    public Shuffle.Unzip unzip() {
        return pairwise(Shuffle.Unzip::new);
    }

    /** See {@link Shuffle.Transpose}. With lanes of eight bytes, it is a {@link Shuffle.Zip}. */
    public Shuffle.Transpose transpose() {
        return pairwise(Shuffle.Transpose::new);
    }

    /** See {@link Shuffle.Align}. */
    public Shuffle.Align align() {
        for (int from = 1; from < 16; from++) {
            for (int k = 0; k < 4; k++) {
                Shuffle.Align s = checked(new Shuffle.Align(from, k >> 1, k & 1));
                if (s != null) {
                    return s;
                }
            }
        }
        return null;
    }

    /** See {@link Shuffle.Reverse}. */
    public Shuffle.Reverse reverse() {
        for (int size : SIZES) {
            for (int container = 16; container > size; container /= 2) {
                for (int operand = 0; operand < 2; operand++) {
                    Shuffle.Reverse s = checked(new Shuffle.Reverse(container, size, operand));
                    if (s != null) {
                        return s;
                    }
                }
            }
        }
        return null;
    }

    /** See {@link Shuffle.Blend}. */
    public Shuffle.Blend blend() {
        int mask = 0;
        for (int i = 0; i < 16; i++) {
            if (wanted[i] != bytes[i]) {
                mask |= 1 << i;
            }
        }
        // A lane is taken from operand 1 if one of its bytes must be.
        for (int size : SIZES) {
            int lanes = 0;
            for (int lane = 0; lane < 16 / size; lane++) {
                int all = (1 << size) - 1;
                lanes |= (mask >>> lane * size & all) != 0 ? 1 << lane : 0;
            }
            Shuffle.Blend s = checked(new Shuffle.Blend(size, lanes));
            if (s != null) {
                return s;
            }
        }
        return null;
    }

    /** See {@link Shuffle.Insert}. */
    public Shuffle.Insert insert() {
        for (int operand = 0; operand < 2; operand++) {
            int first = 0;
            int last = 15;
            while (first < 16 && wanted[first] == bytes[operand * 16 + first]) {
                first++;
            }
            while (last >= first && wanted[last] == bytes[operand * 16 + last]) {
                last--;
            }
            for (int size : SIZES) {
                if (first > last || first / size != last / size) {
                    continue;
                }
                for (int k = 0; k < 32 / size; k++) {
                    int lanes = 16 / size;
                    Shuffle.Insert s = checked(new Shuffle.Insert(size, operand, first / size, k / lanes, k % lanes));
                    if (s != null) {
                        return s;
                    }
                }
            }
        }
        return null;
    }

    /** See {@link Shuffle.Permute}: the widest lanes of at least two bytes. */
    public Shuffle.Permute permute() {
        for (int size = 8; size >= 2; size /= 2) {
            for (int operand = 0; operand < 2; operand++) {
                long lanes = 0;
                for (int i = 16 / size - 1; i >= 0 && lanes >= 0; i--) {
                    int from = lane(size, operand, i);
                    lanes = from < 0 ? -1 : lanes << 4 | from;
                }
                if (lanes >= 0) {
                    return new Shuffle.Permute(size, operand, lanes);
                }
            }
        }
        return null;
    }

    /** The lane of an operand that lane {@code to} of the result is, or -1. */
    private int lane(int size, int operand, int to) {
        for (int k = 0; k < 16 / size; k++) {
            // Its own place first: where several lanes are alike, less moves.
            int from = k == 0 ? to : k <= to ? k - 1 : k;
            int same = 0;
            while (same < size && wanted[to * size + same] == bytes[operand * 16 + from * size + same]) {
                same++;
            }
            if (same == size) {
                return from;
            }
        }
        return -1;
    }

    /** See {@link Shuffle.Select}. */
    public Shuffle.Select select() {
        for (int k = 0; k < 4; k++) {
            int first = k >> 1;
            int second = k & 1;
            long lanes = 0;
            for (int i = 3; i >= 0 && lanes >= 0; i--) {
                int from = lane(4, i < 2 ? first : second, i);
                lanes = from < 0 ? -1 : lanes << 4 | from;
            }
            if (lanes >= 0) {
                return new Shuffle.Select(first, second, lanes);
            }
        }
        return null;
    }

    /** See {@link Shuffle.Extend}. */
    public Shuffle.Extend extend() {
        for (int size = 4; size > 0; size /= 2) {
            for (int to = 8; to > size; to /= 2) {
                for (int operand = 0; operand < 2; operand++) {
                    Shuffle.Extend s = checked(new Shuffle.Extend(size, to, operand));
                    if (s != null) {
                        return s;
                    }
                }
            }
        }
        return null;
    }

    /** See {@link Shuffle.Shift}. */
    public Shuffle.Shift shift() {
        for (int n = 1; n < 16; n++) {
            for (int k = 0; k < 4; k++) {
                Shuffle.Shift s = checked(new Shuffle.Shift((k & 1) != 0, n, k >> 1));
                if (s != null) {
                    return s;
                }
            }
        }
        return null;
    }

    /** See {@link Shuffle.Clear}. */
    public Shuffle.Clear clear() {
        for (int operand = 0; operand < 2; operand++) {
            int zeros = 0;
            for (int lane = 0; lane < 4; lane++) {
                boolean zero = true;
                for (int i = 0; i < 4; i++) {
                    zero &= wanted[lane * 4 + i] == CONSTANT;
                }
                zeros |= zero ? 1 << lane : 0;
            }
            Shuffle.Clear s = checked(new Shuffle.Clear(operand, zeros));
            if (s != null) {
                return s;
            }
        }
        return null;
    }

    /** See {@link Shuffle.Table}. */
    public Shuffle.Table table() {
        for (int operand = 0; operand < 2; operand++) {
            Shuffle.Table s = checked(new Shuffle.Table(operand, indicesInto(operand)));
            if (s != null) {
                return s;
            }
        }
        return null;
    }

    /** Indices into an operand, 0x80 for zeros and for bytes that it does not have. */
    private V128 indicesInto(int operand) {
        return V128.of(Lanes.I8X16, i -> {
            int at = wanted[i] == CONSTANT ? -1 : indexInto(operand, i);
            return at < 0 ? 0x80 : at;
        });
    }

    /** Where an operand has the byte that byte {@code i} of the result is; -1 if it does not. */
    private int indexInto(int operand, int i) {
        int index = indices.byteAt(i);
        if (index >> 4 == operand) {
            return index & 15;
        }
        for (int k = 0; k < 16; k++) {
            if (bytes[operand * 16 + k] == wanted[i]) {
                return k;
            }
        }
        return -1;
    }

    /** See {@link Shuffle.TableOr}. */
    public Shuffle.TableOr tableOr() {
        for (int operand = 0; operand < 2; operand++) {
            Value other = operands[1 - operand];
            if (other.is(Opcode.VCONST) && !operands[operand].is(Opcode.VCONST)) {
                V128 constants = V128.of(Lanes.I8X16, i -> (wanted[i] & CONSTANT) != 0 ? wanted[i] & 0xff : 0);
                return new Shuffle.TableOr(operand, indices, constants);
            }
        }
        return null;
    }

    /** See {@link Shuffle.Table2}: every shuffle is one. */
    public Shuffle.Table2 table2() {
        return new Shuffle.Table2(indices);
    }
}
