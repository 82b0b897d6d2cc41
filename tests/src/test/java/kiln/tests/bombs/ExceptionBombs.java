package kiln.tests.bombs;

import static kiln.tests.bombs.ModuleWriter.*;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import kiln.tests.bombs.ModuleWriter.Bytes;

/** Families of functions that throw and catch. */
final class ExceptionBombs {
    /** The imported function, of which nothing is known. */
    private static final int UNKNOWN = 0;
    /** The first local behind the parameter. */
    private static final int FIRST = 1;

    private static final int BLOCK = 0x02;
    private static final int LOOP = 0x03;
    private static final int IF = 0x04;
    private static final int THROW = 0x08;
    private static final int TRY_TABLE = 0x1f;
    private static final int CATCH = 0;
    private static final int CATCH_ALL = 2;
    private static final int I32_ADD = 0x6a;

    private ExceptionBombs() {}

    static List<Bomb> all() {
        List<Bomb> all = new ArrayList<>();
        function(all, "try_tables in sequence", 300, n -> row(n, _ -> guarded(new Bytes().call(UNKNOWN))));
        function(all, "nested try_tables", 200, n -> {
            Bytes code = new Bytes();
            for (int i = 0; i < n; i++) {
                code.op(BLOCK, VOID).op(TRY_TABLE, VOID).u(1).op(CATCH_ALL).u(0).call(UNKNOWN);
            }
            for (int i = 0; i < n; i++) {
                code.end().end();
            }
            return code;
        });
        function(all, "try_tables in nested loops", 200, n -> {
            Bytes code = new Bytes();
            for (int i = 0; i < n; i++) {
                code.op(LOOP, VOID).all(guarded(bump(i).call(UNKNOWN)));
            }
            for (int i = 0; i < n; i++) {
                code.get(0).brIf(0).end();
            }
            return code.all(sum(n));
        });
        function(all, "a try_table that catches many tags", 400, n -> {
            Bytes code = new Bytes();
            for (int i = 0; i <= n; i++) {
                code.op(BLOCK, VOID);
            }
            code.op(TRY_TABLE, VOID).u(n);
            for (int i = 0; i < n; i++) {
                code.op(CATCH).u(i).u(i);
            }
            code.call(UNKNOWN).end().op(0x0c).u(n);
            for (int i = 0; i < n; i++) {
                code.end().all(bump(i)).op(0x0c).u(n - 1 - i);
            }
            return code.end().all(sum(n));
        });
        function(all, "calls in a try_table between changes of locals", 200, n -> {
            Bytes body = row(n, i -> bump(i).call(UNKNOWN));
            return guarded(body).all(sum(n));
        });
        function(all, "calls in a try_table over many locals", 200, n -> {
            Bytes code = row(n, ExceptionBombs::bump);
            return code.all(guarded(row(n, _ -> new Bytes().call(UNKNOWN)))).all(sum(n));
        });
        function(
                all,
                "throws",
                300,
                n -> row(n, i -> new Bytes().get(0).op(IF, VOID).op(THROW).u(i).end()));
        function(
                all,
                "throws that are caught here",
                300,
                n -> guarded(row(
                                n,
                                i -> bump(i).get(0).op(IF, VOID).op(THROW).u(i).end()))
                        .all(sum(n)));
        return all;
    }

    private static Bytes row(int n, IntFunction<Bytes> part) {
        Bytes code = new Bytes();
        for (int i = 0; i < n; i++) {
            code.all(part.apply(i));
        }
        return code;
    }

    /** {@code body} in a try_table, behind which all goes on that it throws. */
    private static Bytes guarded(Bytes body) {
        Bytes code = new Bytes()
                .op(BLOCK, VOID)
                .op(TRY_TABLE, VOID)
                .u(1)
                .op(CATCH_ALL)
                .u(0);
        return code.all(body).end().end();
    }

    private static Bytes bump(int local) {
        return new Bytes().get(FIRST + local).get(0).op(I32_ADD).set(FIRST + local);
    }

    /** Adds all locals up, in the parameter. */
    private static Bytes sum(int n) {
        return row(n, i -> new Bytes().get(0).get(FIRST + i).op(I32_ADD).set(0));
    }

    /** A function of an i32 for an i32, with as many further locals and tags as the size says. */
    private static void function(List<Bomb> all, String name, int n, IntFunction<Bytes> body) {
        all.add(new Bomb(name, n, size -> {
            ModuleWriter w = new ModuleWriter();
            int plain = w.type(none());
            w.importFunction("env", "f", plain);
            for (int i = 0; i < size; i++) {
                w.add(TAG, new Bytes().op(0).u(plain));
            }
            int type = w.type(many(1, I32), I32);
            w.export(w.function(type, size, I32, body.apply(size).get(0)));
            return new byte[][] {w.toBytes()};
        }));
    }
}
