package kiln.tests.bombs;

import static kiln.tests.bombs.ModuleWriter.*;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import kiln.tests.bombs.ModuleWriter.Bytes;

/**
 * Families of functions with long chains of operations on vectors. Folding and lowering look through an operation at
 * what its operands were made of, and a chain offers to go on from its end to its beginning.
 */
final class VectorBombs {
    /** Locals behind the two parameters. */
    private static final int X = 2;

    private static final int Y = 3;

    private static final int SHUFFLE = 0x0d;
    private static final int SWIZZLE = 0x0e;
    private static final int I32X4_SPLAT = 0x11;
    private static final int I8X16_EXTRACT_LANE = 0x16;
    private static final int I8X16_REPLACE_LANE = 0x17;
    private static final int I32X4_EXTRACT_LANE = 0x1b;
    private static final int I32X4_REPLACE_LANE = 0x1c;
    private static final int I32X4_GT_S = 0x3b;
    private static final int NOT = 0x4d;
    private static final int AND = 0x4e;
    private static final int ANDNOT = 0x4f;
    private static final int OR = 0x50;
    private static final int BITSELECT = 0x52;
    private static final int ANY_TRUE = 0x53;
    private static final int NARROW_TO_I16X8 = 0x85;
    private static final int EXTEND_TO_I32X4 = 0xa7;
    private static final int I32X4_ADD = 0xae;

    private VectorBombs() {}

    static List<Bomb> all() {
        List<Bomb> all = new ArrayList<>();
        chain(all, "lanes inserted into a vector", 800, i -> insert(X, i % 4, arguments(i)));
        chain(
                all,
                "lanes inserted beside one that is extracted",
                400,
                i -> new Bytes().all(insert(X, i % 3, arguments(i))).all(use(extract(X, 3))));
        chain(
                all,
                "bytes inserted that were extracted",
                800,
                i -> new Bytes()
                        .get(X)
                        .all(vector(X, I8X16_EXTRACT_LANE).op(i * 7 % 16))
                        .all(simd(I8X16_REPLACE_LANE).op(i % 16))
                        .set(X));
        chain(
                all,
                "lanes of two vectors exchanged",
                400,
                i -> insert(X, i * 3 % 4, extract(Y, i % 4)).all(insert(Y, i % 4, extract(X, (i + 1) % 4))));
        chain(
                all,
                "splats of lanes",
                800,
                i -> extract(X, i % 4).all(simd(I32X4_SPLAT)).set(X).all(insert(X, i % 4, new Bytes().get(1))));
        chain(all, "shuffles", 500, i -> shuffle(i).set(X));
        chain(
                all,
                "shuffles of both",
                300,
                i -> shuffle(i).set(X).all(shuffle(i + 5)).set(Y));
        chain(all, "shuffles that are all stored", 300, i -> shuffle(i).set(X).all(store(i)));
        chain(
                all,
                "shuffles of inserted lanes",
                400,
                i -> insert(X, i % 4, arguments(i)).all(shuffle(i)).set(X));
        chain(all, "shuffles with extracted lanes", 300, i -> shuffle(i).set(X).all(use(extract(X, i % 4))));
        chain(all, "swizzles", 800, i -> both(SWIZZLE).set(X));
        chain(
                all,
                "complements and masks",
                500,
                i -> vector(X, NOT).get(Y).all(simd(i % 2 == 0 ? AND : OR)).set(X));
        chain(
                all,
                "selections by comparisons of selections",
                300,
                i -> both(I32X4_GT_S)
                        .set(Y)
                        .get(X)
                        .get(Y)
                        .get(X)
                        .all(simd(BITSELECT))
                        .set(X));
        chain(
                all,
                "selections by masks",
                300,
                i -> both(AND).all(both(ANDNOT)).all(simd(OR)).set(X));
        chain(
                all,
                "tests of masks",
                400,
                i -> both(i % 3 == 0 ? OR : AND).set(X).all(use(vector(X, ANY_TRUE))));
        chain(
                all,
                "halves extended and narrowed",
                400,
                i -> vector(X, EXTEND_TO_I32X4)
                        .get(Y)
                        .all(simd(NARROW_TO_I16X8))
                        .set(X));
        chain(
                all,
                "sums doubled",
                800,
                i -> new Bytes().get(X).all(vector(X, I32X4_ADD)).set(X));
        return all;
    }

    /** A function that begins with vectors of its arguments, does all parts, and uses what is left of both vectors. */
    private static void chain(List<Bomb> all, String name, int n, IntFunction<Bytes> part) {
        all.add(new Bomb("vectors: " + name, n, size -> {
            ModuleWriter w = new ModuleWriter();
            int unary = w.type(many(1, I32));
            int main = w.type(many(2, I32));
            w.memory(1);
            // Recursive, so that calls stay calls.
            w.function(unary, new Bytes().u(0), new Bytes().get(0).call(0));
            Bytes code = new Bytes();
            for (int v = X; v <= Y; v++) {
                code.get(v - X).all(simd(I32X4_SPLAT)).set(v);
            }
            for (int i = 0; i < size; i++) {
                code.all(part.apply(i));
            }
            for (int v = X; v <= Y; v++) {
                for (int lane = 0; lane < 4; lane++) {
                    code.all(use(extract(v, lane)));
                }
            }
            w.function(main, new Bytes().u(1).u(2).op(V128), code);
            w.export(0).export(1);
            return new byte[][] {w.toBytes()};
        }));
    }

    private static Bytes simd(int op) {
        return new Bytes().op(0xfd).u(op);
    }

    private static Bytes vector(int local, int op) {
        return new Bytes().get(local).all(simd(op));
    }

    private static Bytes both(int op) {
        return new Bytes().get(X).get(Y).all(simd(op));
    }

    /** A number that is not known. */
    private static Bytes arguments(int i) {
        return new Bytes().get(i % 2).i32(i).op(0x6c);
    }

    private static Bytes insert(int local, int lane, Bytes value) {
        return new Bytes()
                .get(local)
                .all(value)
                .all(simd(I32X4_REPLACE_LANE).op(lane))
                .set(local);
    }

    private static Bytes extract(int local, int lane) {
        return vector(local, I32X4_EXTRACT_LANE).op(lane);
    }

    private static Bytes shuffle(int i) {
        Bytes code = both(SHUFFLE);
        for (int b = 0; b < 16; b++) {
            code.op((b * 5 + i * 7 + (b & i)) % 32);
        }
        return code;
    }

    private static Bytes use(Bytes value) {
        return value.call(0);
    }

    private static Bytes store(int i) {
        return new Bytes().i32(0).get(X).all(simd(0x0b).op(4).u(16L * i));
    }
}
