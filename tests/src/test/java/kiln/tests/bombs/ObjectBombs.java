package kiln.tests.bombs;

import static kiln.tests.bombs.ModuleWriter.*;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import kiln.tests.bombs.ModuleWriter.Bytes;

/** Families of functions with many objects that could be values, and with many references. */
final class ObjectBombs {
    /** The structure's type. */
    private static final int STRUCT = 1;
    /** The first local behind the parameter. */
    private static final int FIRST = 1;

    private static final int IF = 0x04;
    private static final int LOOP = 0x03;
    private static final int I32_ADD = 0x6a;
    private static final Bytes NUMBER = new Bytes().op(I32);
    private static final Bytes REFERENCE = new Bytes().op(0x63).u(STRUCT);

    private ObjectBombs() {}

    static List<Bomb> all() {
        List<Bomb> all = new ArrayList<>();
        function(all, "objects that all change behind conditions", 200, NUMBER, n -> {
            Bytes code = new Bytes();
            for (int i = 0; i < n; i++) {
                code.i32(i).all(make()).set(FIRST).get(0).op(IF, VOID);
                code.get(FIRST).get(0).op(0xfb, 5).u(STRUCT).u(0).end();
                code.get(FIRST).all(field()).get(0).op(I32_ADD).set(0);
            }
            return code.get(0);
        });
        function(all, "objects made anew in nested loops", 200, NUMBER, n -> {
            Bytes code = new Bytes().i32(0).all(make()).set(FIRST);
            for (int i = 0; i < n; i++) {
                code.op(LOOP, VOID)
                        .get(FIRST)
                        .all(field())
                        .i32(i)
                        .op(I32_ADD)
                        .all(make())
                        .set(FIRST);
            }
            for (int i = 0; i < n; i++) {
                code.get(FIRST).all(field()).brIf(0).end();
            }
            return code.get(FIRST).all(field());
        });
        function(all, "objects within objects", 400, REFERENCE, n -> {
            Bytes code = new Bytes().op(0xd0).u(STRUCT).all(make()).set(FIRST);
            for (int i = 1; i < n; i++) {
                code.get(FIRST).all(make()).set(FIRST);
            }
            code.get(FIRST);
            for (int i = 0; i < n; i++) {
                code.all(field());
            }
            // ref.is_null.
            return code.op(0xd1);
        });
        function(all, "references that change in nested conditions", 100, NUMBER, n -> {
            Bytes code = new Bytes();
            for (int i = 0; i < n; i++) {
                code.get(0).op(IF, VOID).i32(i).all(make()).set(FIRST + i);
            }
            for (int i = 0; i < n; i++) {
                code.end();
            }
            return code.all(sum(n));
        });
        return all;
    }

    private static Bytes make() {
        return new Bytes().op(0xfb, 0).u(STRUCT);
    }

    private static Bytes field() {
        return new Bytes().op(0xfb, 2).u(STRUCT).u(0);
    }

    private static Bytes sum(int n) {
        Bytes code = new Bytes().i32(0);
        for (int i = 0; i < n; i++) {
            code.get(FIRST + i).all(field()).op(I32_ADD);
        }
        return code;
    }

    /**
     * A function of an i32 for an i32, with a local for each reference.
     *
     * @param field the type of the structure's field
     */
    private static void function(List<Bomb> all, String name, int n, Bytes field, IntFunction<Bytes> body) {
        all.add(new Bomb(name, n, size -> {
            ModuleWriter w = new ModuleWriter();
            int type = w.type(many(1, I32), I32);
            w.add(TYPE, new Bytes().op(0x5f, 1).all(field).op(1));
            w.export(w.function(type, new Bytes().u(1).u(size).all(REFERENCE), body.apply(size)));
            return new byte[][] {w.toBytes()};
        }));
    }
}
