package kiln.tests.bombs;

import static kiln.tests.bombs.ModuleWriter.*;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.IntFunction;
import kiln.tests.bombs.ModuleWriter.Bytes;

/** Families of single functions that make a compiler work hard, by a size that the bytes grow with. */
final class BodyBombs {
    private static final int ADD = 0x6a;
    private static final int XOR = 0x73;
    private static final int MUL = 0x6c;
    private static final int LT_U = 0x49;
    private static final int DROP = 0x1a;
    private static final int IF = 0x04;
    private static final int ELSE = 0x05;
    private static final int BLOCK = 0x02;
    private static final int LOOP = 0x03;
    private static final int BR = 0x0c;
    private static final int BR_TABLE = 0x0e;
    private static final int SELECT = 0x1b;

    private BodyBombs() {}

    static List<Bomb> all() {
        List<Bomb> all = new ArrayList<>();
        one(all, "nested ifs that set many locals", 400, n -> sum(n, nest(n, i -> when(bump(i)))));
        one(all, "nested ifs with else over many locals", 300, n -> sum(n, nestElse(n)));
        one(
                all,
                "ifs in sequence over many locals",
                400,
                n -> sum(n, row(n, i -> when(bump(i)).end())));
        one(
                all,
                "nested loops that set many locals",
                400,
                n -> sum(n, nestBack(n, i -> new Bytes().op(LOOP, VOID).all(bump(i)))));
        one(all, "nested loops that read many locals", 400, BodyBombs::readingLoops);
        one(
                all,
                "loops in sequence over many locals",
                400,
                n -> sum(
                        n,
                        row(
                                n,
                                i -> new Bytes()
                                        .op(LOOP, VOID)
                                        .all(bump(i))
                                        .get(0)
                                        .brIf(0)
                                        .end())));
        one(all, "loops in sequence that read all locals behind", 300, n -> {
            Bytes code = new Bytes();
            for (int i = 0; i < n; i++) {
                code.op(LOOP, VOID).get(0).brIf(0).end();
            }
            return sum(n, row(n, BodyBombs::bump).all(code));
        });
        one(
                all,
                "loops over arrays in sequence",
                100,
                n -> row(n, i -> new Bytes().i32(0).set(2).all(counting(2, element(2, 2, 4096)))));
        one(all, "one loop over many arrays", 50, n -> counting(2, row(n, i -> element(2, 2, 64 * i))));
        one(all, "a sum of many terms in one loop", 100, n -> sum(2, counting(2, row(n, i -> plusElement(3, 4 * i)))));
        one(
                all,
                "many sums in one loop",
                100,
                n -> sum(
                        n, counting(2, row(n - 1, i -> plusElement(i + 3, 8 * i).all(plusElement(i + 3, 8 * i + 4))))));
        one(
                all,
                "sums in nested loops",
                400,
                n -> sum(
                        n,
                        nestBack(
                                n,
                                i -> new Bytes()
                                        .op(LOOP, VOID)
                                        .get(i + 2)
                                        .get(0)
                                        .op(ADD)
                                        .get(1)
                                        .op(ADD)
                                        .set(i + 2))));
        one(all, "nested loops with branches out", 400, n -> nestedLoopsWithBranches(n, 1));
        one(all, "nested loops with branches to everywhere", 400, n -> nestedLoopsWithBranches(n, 7919));
        one(all, "nested blocks with branches out", 500, n -> nestedBlocks(n, 1));
        one(all, "nested blocks with branches to everywhere", 500, n -> nestedBlocks(n, 7919));
        one(all, "nested blocks, nothing in them", 2000, n -> nest(n, i -> new Bytes().op(BLOCK, VOID)));
        one(all, "nested loops, nothing in them", 2000, n -> nestBack(n, i -> new Bytes().op(LOOP, VOID)));
        one(all, "nested ifs, nothing in them", 1000, n -> nest(n, i -> when(new Bytes())));
        one(all, "nested ifs in else", 1000, n -> nest(n, i -> when(new Bytes().op(ELSE))));
        one(all, "br_table with huge targets", 3000, BodyBombs::hugeTable);
        one(all, "br_table to as many blocks", 150, BodyBombs::tableOfBlocks);
        one(all, "br_table with values to as many blocks", 150, BodyBombs::tableWithValues);
        one(all, "many br_tables to as many blocks", 60, n -> manyTables((int) Math.sqrt(n * 60.0)));
        one(all, "many locals written before a br_table", 300, BodyBombs::tableOverLocals);
        one(all, "switch of calls", 500, BodyBombs::switchOfCalls);
        one(all, "operand stack of thousands", 2000, n -> {
            Bytes code = row(n, i -> new Bytes().get(0).i32(i).op(MUL));
            return code.all(row(n - 1, i -> new Bytes().op(ADD))).op(DROP);
        });
        one(all, "operand stack of thousands over calls", 500, n -> {
            Bytes code = row(n, i -> new Bytes().get(0).call(0));
            return code.all(row(n - 1, i -> new Bytes().op(ADD))).op(DROP);
        });
        one(all, "operand stack of thousands under loops", 500, n -> {
            Bytes code = row(n, i -> new Bytes().get(0).i32(i).op(MUL));
            code.all(row(n, i -> new Bytes().op(LOOP, VOID).get(0).brIf(0).end()));
            return code.all(row(n - 1, i -> new Bytes().op(ADD))).op(DROP);
        });
        one(all, "operand stack of thousands under ifs", 500, n -> {
            Bytes code = row(n, i -> new Bytes().get(0).i32(i).op(MUL));
            code.all(row(n, i -> when(new Bytes().get(0).call(0).op(DROP)).end()));
            return code.all(row(n - 1, i -> new Bytes().op(ADD))).op(DROP);
        });
        one(all, "deep expression to the right", 2000, n -> {
            Bytes code = row(n, i -> new Bytes().get(i % 2));
            return code.all(row(n - 1, i -> new Bytes().op(i % 2 == 0 ? ADD : XOR)))
                    .op(DROP);
        });
        one(
                all,
                "deep expression to the left",
                2000,
                n -> new Bytes()
                        .get(0)
                        .all(row(n, i -> new Bytes().get(1).op(i % 3 == 0 ? MUL : XOR)))
                        .set(0)
                        .get(0)
                        .call(0)
                        .op(DROP));
        one(
                all,
                "constants added up",
                2000,
                n -> new Bytes()
                        .get(0)
                        .all(row(n, i -> new Bytes().i32(i * 77777).op(ADD)))
                        .call(0)
                        .op(DROP));
        one(
                all,
                "huge constants",
                1500,
                n -> row(
                        n,
                        i -> new Bytes()
                                .i32(0)
                                .op(0x42)
                                .s(0x7123456789abcdefL * (i + 1))
                                .op(0x37, 3, 0)));
        one(
                all,
                "float constants",
                1000,
                n -> row(
                        n,
                        i -> new Bytes()
                                .i32(0)
                                .op(0x44, i, i >> 8, 1, 2, 3, 4, 5, 6)
                                .op(0x39, 3, 0)));
        one(
                all,
                "values doubled",
                1500,
                n -> row(n, i -> new Bytes().get(0).get(0).op(ADD).set(0))
                        .get(0)
                        .call(0)
                        .op(DROP));
        one(
                all,
                "selects in a chain",
                1500,
                n -> row(n, i -> new Bytes().get(0).get(1).get(i % 2).op(SELECT).set(i % 2))
                        .get(0)
                        .call(0)
                        .op(DROP));
        one(
                all,
                "extensions in a chain",
                1500,
                n -> row(n, i -> new Bytes().get(0).op(0xc0).set(0))
                        .get(0)
                        .call(0)
                        .op(DROP));
        one(
                all,
                "extensions in a chain of what is stored",
                1500,
                n -> new Bytes()
                        .i32(0)
                        .get(0)
                        .all(row(n, i -> new Bytes().op(0xc0)))
                        .op(0x3a, 0, 0));
        one(
                all,
                "comparisons in a chain",
                1500,
                n -> row(n, i -> new Bytes().get(0).op(0x45).set(0))
                        .get(0)
                        .call(0)
                        .op(DROP));
        one(
                all,
                "br_if in a chain",
                1500,
                n -> new Bytes()
                        .op(BLOCK, VOID)
                        .all(row(n, i -> new Bytes().get(0).i32(i).op(0x46).brIf(0)))
                        .end());
        one(
                all,
                "br_if with a value in a chain",
                1500,
                n -> new Bytes()
                        .op(BLOCK, I32)
                        .all(row(n, i -> new Bytes().i32(i).get(0).brIf(0).op(DROP)))
                        .i32(1)
                        .end()
                        .op(DROP));
        one(
                all,
                "br_if out of one block over many locals",
                400,
                n -> sum(
                        n,
                        new Bytes()
                                .op(BLOCK, VOID)
                                .all(row(n, i -> bump(i).get(0).brIf(0)))
                                .end()));
        one(
                all,
                "br_if back over many locals",
                400,
                n -> sum(
                        n,
                        new Bytes()
                                .op(LOOP, VOID)
                                .all(row(n, i -> bump(i).get(0).brIf(0)))
                                .end()));
        one(
                all,
                "locals that change places",
                300,
                n -> sum(
                        n,
                        new Bytes()
                                .op(LOOP, VOID)
                                .all(rotation(n))
                                .get(0)
                                .brIf(0)
                                .end()));
        one(all, "many live locals over many calls", 400, n -> {
            Bytes code = row(n, BodyBombs::bump);
            code.all(row(n, i -> new Bytes().get(i % 7).call(0).op(DROP)));
            return sum(n, code);
        });
        one(all, "many live locals over calls in loops", 300, n -> {
            Bytes code = row(n, BodyBombs::bump);
            code.all(row(
                    n, i -> new Bytes().op(LOOP, VOID).get(i).call(0).brIf(0).end()));
            return sum(n, code);
        });
        one(
                all,
                "stores and loads over many addresses",
                1000,
                n -> row(n, i -> new Bytes().i32(0).get(0).op(0x36, 2).u(i * 8L))
                        .all(row(
                                n,
                                i -> new Bytes()
                                        .i32(0)
                                        .op(0x28, 2)
                                        .u(i * 8L)
                                        .call(0)
                                        .op(DROP))));
        one(
                all,
                "stores over unknown addresses",
                1000,
                n -> row(
                        n,
                        i -> new Bytes()
                                .get(0)
                                .i32(i)
                                .op(MUL)
                                .get(1)
                                .op(0x28, 2)
                                .u(i)
                                .op(0x36, 2)
                                .u(i)));
        one(
                all,
                "loads in nested loops",
                400,
                n -> nestBack(
                        n,
                        i -> new Bytes()
                                .op(LOOP, VOID)
                                .get(0)
                                .op(0x28, 2)
                                .u(i * 4L)
                                .set(1)));
        one(
                all,
                "invariants of nested loops",
                400,
                n -> nestBack(
                        n,
                        i -> new Bytes()
                                .op(LOOP, VOID)
                                .get(0)
                                .i32(i + 3)
                                .op(MUL)
                                .op(0x24, 0)));
        one(
                all,
                "bounds checks",
                1000,
                n -> row(n, i -> new Bytes().get(0).get(0).op(0x36, 2).u(0xffff0000L + i)));
        one(
                all,
                "divisions",
                1000,
                n -> row(n, i -> new Bytes().get(0).get(1).op(0x6d).set(i % 2)));
        one(
                all,
                "divisions by constants",
                1000,
                n -> row(n, i -> new Bytes().get(0).i32(i + 3).op(0x6d).call(0).op(DROP)));
        one(all, "traps", 1000, n -> row(n, i -> when(new Bytes().op(0)).end()));
        one(
                all,
                "globals",
                1000,
                n -> row(n, i -> new Bytes().op(0x23, 0).i32(i).op(ADD, 0x24, 0)));
        one(
                all,
                "indirect calls",
                500,
                n -> row(n, i -> new Bytes().get(0).get(1).op(0x11, 0, 0).op(DROP)));
        one(all, "returns", 1000, n -> row(n, i -> when(new Bytes().op(0x0f)).end()));
        one(
                all,
                "dead code",
                2000,
                n -> new Bytes()
                        .op(0)
                        .all(row(n, i -> bump(i % 8)))
                        .all(nest(n / 2, i -> new Bytes().op(BLOCK, VOID))));
        one(all, "random branches", 400, BodyBombs::randomBranches);
        one(all, "declared locals", 400, n -> row(n, BodyBombs::bump));
        one(all, "memory.size in a chain", 1000, n -> row(n, i -> new Bytes().op(0x3f, 0, DROP)));
        one(
                all,
                "memory.grow in a chain",
                500,
                n -> row(n, i -> new Bytes().get(0).op(0x40, 0, DROP)));
        one(
                all,
                "comparisons of one value",
                700,
                n -> row(n, i -> when(bump(i % 5)).end())
                        .all(row(
                                n,
                                i -> new Bytes()
                                        .get(0)
                                        .i32(i)
                                        .op(0x4c, IF, VOID)
                                        .get(0)
                                        .call(0)
                                        .op(DROP)
                                        .end())));
        one(
                all,
                "nested ifs on one value",
                500,
                n -> nest(
                        n,
                        i -> new Bytes()
                                .get(0)
                                .i32(i)
                                .op(0x4c, IF, VOID)
                                .get(0)
                                .call(0)
                                .op(DROP)));
        one(
                all,
                "tests of many bits",
                1000,
                n -> row(
                        n,
                        i -> new Bytes()
                                .get(0)
                                .i32(1 << i)
                                .op(0x71, IF, VOID)
                                .get(0)
                                .call(0)
                                .op(DROP)
                                .end()));
        return all;
    }

    /** A module with a function of many locals, besides one to call, a table, memory and global. */
    private static void one(List<Bomb> all, String name, int n, IntFunction<Bytes> body) {
        all.add(new Bomb(name, n, size -> {
            ModuleWriter w = new ModuleWriter();
            int unary = w.type(many(1, I32), I32);
            int main = w.type(many(2, I32));
            w.memory(1).table(10).global();
            // Not small enough to be inlined, so that calls are calls.
            w.function(
                    unary,
                    new Bytes()
                            .op(LOOP, VOID)
                            .all(row(60, i -> new Bytes().get(0).i32(i).op(XOR).set(0)))
                            .get(0)
                            .brIf(0)
                            .end()
                            .get(0));
            w.function(main, new Bytes().u(1).u(size).op(I32), body.apply(size));
            w.export(0).export(1);
            return new byte[][] {w.toBytes()};
        }));
    }

    private static Bytes row(int n, IntFunction<Bytes> part) {
        Bytes code = new Bytes();
        for (int i = 0; i < n; i++) {
            code.all(part.apply(i));
        }
        return code;
    }

    /** {@code n} parts inside of each other. */
    private static Bytes nest(int n, IntFunction<Bytes> part) {
        Bytes code = row(n, part);
        for (int i = 0; i < n; i++) {
            code.end();
        }
        return code;
    }

    /** As {@link #nest}, with a branch back before each end. */
    private static Bytes nestBack(int n, IntFunction<Bytes> part) {
        Bytes code = row(n, part);
        for (int i = 0; i < n; i++) {
            code.get(1).brIf(0).end();
        }
        return code;
    }

    private static Bytes nestElse(int n) {
        Bytes code = row(n, i -> when(bump(i)));
        for (int i = 0; i < n; i++) {
            code.op(ELSE).all(bump(n - 1 - i)).end();
        }
        return code;
    }

    private static Bytes when(Bytes then) {
        return new Bytes().get(0).op(IF, VOID).all(then);
    }

    /** Adds something to local {@code i}, not counting parameters. */
    private static Bytes bump(int i) {
        return new Bytes().get(i + 2).i32(i).op(ADD).set(i + 2);
    }

    /** A loop in which a local goes up by four to the second parameter. */
    private static Bytes counting(int local, Bytes body) {
        return new Bytes()
                .op(LOOP, VOID)
                .all(body)
                .get(local)
                .i32(4)
                .op(ADD)
                .set(local)
                .get(local)
                .get(1)
                .op(LT_U)
                .brIf(0)
                .end();
    }

    /** What a loop does for one element of an array. */
    private static Bytes element(int to, int from, int distance) {
        Bytes load = new Bytes().get(from).op(0x28, 2).u(distance);
        return new Bytes().get(to).all(load).get(0).op(ADD).op(0x36, 2).u(distance + 8192);
    }

    /** Adds an element of the array that local 2 goes along to a local. */
    private static Bytes plusElement(int local, int offset) {
        return new Bytes().get(local).get(2).op(0x28, 2).u(offset).op(ADD).set(local);
    }

    /** Uses all of {@code n} locals behind {@code code}. */
    private static Bytes sum(int n, Bytes code) {
        code.get(0);
        for (int i = 0; i < n; i++) {
            code.get(i + 2).op(ADD);
        }
        return code.call(0).op(DROP);
    }

    private static Bytes readingLoops(int n) {
        Bytes code = row(n, BodyBombs::bump);
        code.all(row(n, i -> new Bytes().op(LOOP, VOID)));
        sum(n, code);
        for (int i = 0; i < n; i++) {
            code.get(1).brIf(0).end();
        }
        return code;
    }

    private static Bytes nestedLoopsWithBranches(int n, int step) {
        Bytes code = row(n, i -> new Bytes().op(LOOP, VOID).get(0).brIf((int) ((long) i * step % (i + 1))));
        for (int i = n - 1; i >= 0; i--) {
            code.get(1).brIf((int) ((long) i * step % (i + 1))).end();
        }
        return code;
    }

    private static Bytes nestedBlocks(int n, int step) {
        Bytes code = row(n, i -> new Bytes().op(BLOCK, VOID).get(0).brIf((int) ((long) i * step % (i + 1))));
        for (int i = n - 1; i >= 0; i--) {
            code.get(1).brIf((int) ((long) i * step % (i + 1))).end();
        }
        return code;
    }

    private static Bytes hugeTable(int n) {
        Bytes code = new Bytes()
                .op(BLOCK, VOID, BLOCK, VOID, BLOCK, VOID)
                .get(0)
                .op(BR_TABLE)
                .u(n);
        for (int i = 0; i <= n; i++) {
            code.u(i % 3);
        }
        return code.end().get(0).call(0).op(DROP).end().get(1).call(0).op(DROP).end();
    }

    private static Bytes tableOfBlocks(int n) {
        Bytes code =
                row(n, i -> new Bytes().op(BLOCK, VOID)).get(0).op(BR_TABLE).u(n - 1);
        for (int i = 0; i < n; i++) {
            code.u(i);
        }
        for (int i = 0; i < n; i++) {
            code.end().all(bump(i));
        }
        return sum(n, code);
    }

    private static Bytes tableWithValues(int n) {
        Bytes code = row(n, i -> new Bytes().op(BLOCK, I32))
                .i32(1)
                .get(0)
                .op(BR_TABLE)
                .u(n - 1);
        for (int i = 0; i < n; i++) {
            code.u(i);
        }
        for (int i = 0; i < n; i++) {
            code.end().all(bump(i));
        }
        return sum(n, code.op(DROP));
    }

    /** As many tables of {@code n} entries, whose blocks set locals. */
    private static Bytes manyTables(int n) {
        Bytes code = new Bytes().op(LOOP, VOID).all(row(n, i -> new Bytes().op(BLOCK, VOID)));
        for (int t = 0; t < n; t++) {
            code.get(1).op(IF, VOID).get(0).op(BR_TABLE).u(n - 1);
            for (int i = 0; i < n; i++) {
                code.u(i + 1);
            }
            code.end();
        }
        for (int i = 0; i < n; i++) {
            code.end().all(bump(i));
        }
        return sum(n, code.get(0).brIf(0).end());
    }

    private static Bytes tableOverLocals(int n) {
        Bytes code = new Bytes()
                .op(BLOCK, VOID, BLOCK, VOID)
                .all(row(n, BodyBombs::bump))
                .get(0)
                .op(BR_TABLE)
                .u(n);
        for (int i = 0; i <= n; i++) {
            code.u(i % 2);
        }
        return sum(n, code.end().all(row(n, BodyBombs::bump)).end());
    }

    private static Bytes switchOfCalls(int n) {
        Bytes code = new Bytes()
                .op(BLOCK, VOID)
                .all(row(n, i -> new Bytes().op(BLOCK, VOID)))
                .get(0)
                .op(BR_TABLE)
                .u(n - 1);
        for (int i = 0; i < n; i++) {
            code.u(i);
        }
        for (int i = 0; i < n; i++) {
            code.end().get(1).call(0).set(i + 2).op(BR).u(n - 1 - i);
        }
        return sum(n, code.end());
    }

    private static Bytes rotation(int n) {
        Bytes code = row(n, i -> new Bytes().get(i + 2));
        for (int i = 0; i < n; i++) {
            code.set(2 + (n - i) % n);
        }
        return code;
    }

    /** Blocks and loops in random order, with branches to random labels and sets of random locals. */
    private static Bytes randomBranches(int n) {
        Random random = new Random(n);
        Bytes code = new Bytes();
        int depth = 0;
        for (int i = 0; i < n * 4; i++) {
            int kind = random.nextInt(6);
            if (kind < 2 && depth < n) {
                code.op(kind == 0 ? BLOCK : LOOP, VOID);
                depth++;
            } else if (kind == 2 && depth > 0 && random.nextInt(3) == 0) {
                code.end();
                depth--;
            } else if (kind == 3) {
                code.all(bump(random.nextInt(n)));
            } else {
                code.get(2 + random.nextInt(n)).brIf(random.nextInt(depth + 1));
            }
        }
        while (depth-- > 0) {
            code.end();
        }
        return sum(n, code);
    }
}
