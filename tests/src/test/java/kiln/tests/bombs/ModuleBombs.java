package kiln.tests.bombs;

import static kiln.tests.bombs.ModuleWriter.*;

import java.util.ArrayList;
import java.util.List;
import kiln.tests.bombs.ModuleWriter.Bytes;

/** Families of modules with much of one thing. */
final class ModuleBombs {
    private static final int DROP = 0x1a;

    private ModuleBombs() {}

    static List<Bomb> all() {
        List<Bomb> all = new ArrayList<>();
        module(all, "a chain of functions, each called once", 500, (w, n) -> {
            int type = w.type(many(1, I32), I32);
            for (int i = 0; i < n; i++) {
                w.function(
                        type, new Bytes().get(0).i32(i).op(0x73).all(i == 0 ? new Bytes() : new Bytes().call(i - 1)));
            }
            w.export(n - 1);
        });
        module(all, "a chain of functions, called twice", 500, (w, n) -> {
            int type = w.type(many(1, I32), I32);
            for (int i = 0; i < n; i++) {
                w.function(
                        type,
                        i == 0
                                ? new Bytes().get(0)
                                : new Bytes().get(0).call(i - 1).call(i - 1));
            }
            w.export(n - 1);
        });
        module(all, "a tree of functions, each called once", 500, (w, n) -> {
            int type = w.type(many(1, I32), I32);
            for (int i = 0; i < n; i++) {
                Bytes code = new Bytes().get(0).i32(i).op(0x6c);
                for (int k = 2 * i + 1; k <= 2 * i + 2 && k < n; k++) {
                    code.call(k);
                }
                w.function(type, code);
            }
            w.export(0);
        });
        module(all, "one function that calls all others, each once", 500, (w, n) -> {
            int type = w.type(many(1, I32), I32);
            Bytes code = new Bytes().get(0);
            for (int i = 0; i < n; i++) {
                w.function(type, new Bytes().get(0).i32(i).op(0x73));
                code.call(i);
            }
            w.export(w.function(type, code));
        });
        module(all, "one function that calls a small one", 500, (w, n) -> {
            int type = w.type(many(1, I32), I32);
            w.function(type, new Bytes().get(0).get(0).op(0x6c).i32(7).op(0x73));
            Bytes code = new Bytes().get(0);
            for (int i = 0; i < n; i++) {
                code.call(0);
            }
            w.export(w.function(type, code));
        });
        module(all, "a small function that many call", 500, (w, n) -> {
            int type = w.type(many(1, I32), I32);
            w.function(type, new Bytes().get(0).get(0).op(0x6c).i32(7).op(0x73));
            for (int i = 0; i < n; i++) {
                w.export(w.function(type, new Bytes().get(0).call(0).i32(i).op(0x73)));
            }
        });
        module(all, "functions that call themselves", 200, (w, n) -> {
            int type = w.type(many(1, I32), I32);
            for (int i = 0; i < n; i++) {
                w.export(w.function(
                        type,
                        new Bytes()
                                .get(0)
                                .op(0x04, I32)
                                .get(0)
                                .i32(1)
                                .op(0x6b)
                                .call(i)
                                .op(0x05)
                                .i32(i)
                                .end()));
            }
        });
        module(all, "functions in a ring", 500, (w, n) -> {
            int type = w.type(many(1, I32), I32);
            for (int i = 0; i < n; i++) {
                w.function(type, new Bytes().get(0).call((i + 1) % n));
            }
            w.export(0);
        });
        module(all, "functions that all call all", 30, (w, n) -> {
            int type = w.type(many(1, I32), I32);
            int k = (int) Math.sqrt(n * 30.0);
            for (int i = 0; i < k; i++) {
                Bytes code = new Bytes().get(0);
                for (int j = 0; j < k; j++) {
                    code.call(j);
                }
                w.function(type, code);
            }
            w.export(0);
        });
        module(all, "tiny functions", 1000, (w, n) -> {
            int type = w.type(none());
            for (int i = 0; i < n; i++) {
                w.export(w.function(type, new Bytes()));
            }
        });
        module(all, "functions of many locals", 200, (w, n) -> {
            int type = w.type(none());
            for (int i = 0; i < n; i++) {
                w.export(w.function(type, 50_000, I32, new Bytes().get(i).op(DROP)));
            }
        });
        module(all, "functions of many groups of locals", 20, (w, n) -> {
            int type = w.type(none());
            for (int i = 0; i < n; i++) {
                Bytes locals = new Bytes().u(200);
                for (int k = 0; k < 100; k++) {
                    locals.u(1).op(I32).u(200).op(F64);
                }
                w.export(w.function(type, locals, new Bytes().get(i).op(DROP)));
            }
        });
        module(all, "dead functions", 1000, (w, n) -> {
            int type = w.type(many(1, I32), I32);
            for (int i = 0; i < n; i++) {
                w.function(type, new Bytes().get(0).call(i));
            }
        });
        module(all, "types", 1000, (w, n) -> {
            for (int i = 0; i < n; i++) {
                w.type(many(i % 10, i % 3 == 0 ? I32 : F64), I32);
            }
            w.export(w.function(n - 1, new Bytes().i32(1)));
        });
        module(all, "a chain of types, each referring to the last", 500, (w, n) -> {
            w.type(none());
            for (int i = 1; i < n; i++) {
                w.add(TYPE, new Bytes().op(0x60).u(1).op(0x64).s(i - 1).u(0));
            }
            w.export(w.function(0, new Bytes()));
        });
        module(all, "a chain of subtypes", 20, (w, n) -> {
            for (int i = 0; i < n; i++) {
                w.add(
                        TYPE,
                        new Bytes()
                                .op(0x50)
                                .u(i % 60 == 0 ? 0 : 1)
                                .all(i % 60 == 0 ? new Bytes() : new Bytes().u(i - 1))
                                .op(0x60, 0, 0));
            }
            w.export(w.function(0, new Bytes()));
        });
        module(all, "one group of types that refer to each other", 300, (w, n) -> {
            w.add(TYPE, group(n, 0));
            w.add(TYPE, funcType(none()));
            w.export(w.function(n, new Bytes()));
        });
        module(all, "groups of types that refer to each other", 300, (w, n) -> {
            for (int i = 0; i < n; i += 10) {
                w.add(TYPE, group(10, i));
            }
            w.add(TYPE, funcType(none()));
            w.export(w.function((n + 9) / 10 * 10, new Bytes()));
        });
        module(all, "types that are all called indirectly", 300, (w, n) -> {
            w.table(1);
            Bytes code = new Bytes();
            for (int i = 0; i < n; i++) {
                w.type(concat(many(i % 7, I32), many(i / 7 % 7, F64), many(i / 49 % 7, F32), many(i / 343, I64)));
                code.all(zeros(i % 7, 0x41, 1))
                        .all(zeros(i / 7 % 7, 0x44, 8))
                        .all(zeros(i / 49 % 7, 0x43, 4))
                        .all(zeros(i / 343, 0x42, 1));
                code.i32(0).op(0x11).u(i).u(0);
            }
            w.export(w.function(0, code));
        });
        module(all, "functions of as many types in a table", 300, (w, n) -> {
            w.table(n);
            Bytes items = new Bytes();
            for (int i = 0; i < n; i++) {
                int type = w.type(
                        concat(many(i % 7, I32), many(i / 7 % 7, F64), many(i / 49 % 7, F32), many(i / 343, I64)));
                items.u(w.function(type, new Bytes()));
            }
            w.add(ELEMENT, new Bytes().u(0).i32(0).end().u(n).all(items));
            w.export("t", 1, 0);
        });
        module(all, "imports", 500, (w, n) -> {
            int type = w.type(many(1, I32), I32);
            Bytes code = new Bytes();
            for (int i = 0; i < n; i++) {
                w.importFunction("env", "f" + i, type);
                code.i32(i).call(i).op(DROP);
            }
            w.export(w.function(w.type(none()), code));
        });
        module(all, "imports of one name", 500, (w, n) -> {
            int type = w.type(many(1, I32), I32);
            for (int i = 0; i < n; i++) {
                w.importFunction("", "", type);
            }
        });
        module(all, "imported globals, tables and memories", 300, (w, n) -> {
            for (int i = 0; i < n; i++) {
                w.add(IMPORT, new Bytes().name("a").name("g" + i).op(3, I32, 1));
                w.add(IMPORT, new Bytes().name("a").name("t" + i).op(1, FUNCREF, 0, 1));
            }
            w.export("g", 3, 0);
        });
        module(all, "exports", 1000, (w, n) -> {
            w.function(w.type(none()), new Bytes());
            for (int i = 0; i < n; i++) {
                w.export(0);
            }
        });
        module(all, "long names of exports", 200, (w, n) -> {
            w.function(w.type(none()), new Bytes());
            for (int i = 0; i < n; i++) {
                w.export("x".repeat(100) + i, 0, 0);
            }
        });
        module(all, "names", 1000, (w, n) -> {
            int type = w.type(none());
            Bytes names = new Bytes().u(n);
            for (int i = 0; i < n; i++) {
                w.export(w.function(type, new Bytes()));
                names.u(i).name("function" + i);
            }
            w.custom("name", new Bytes().op(1).u(names.size()).all(names));
        });
        module(all, "one long name", 4000, (w, n) -> {
            w.export(w.function(w.type(none()), new Bytes()));
            Bytes names = new Bytes().u(1).u(0).name("x".repeat(n));
            w.custom("name", new Bytes().op(1).u(names.size()).all(names));
        });
        module(all, "names of locals", 500, (w, n) -> {
            w.export(w.function(w.type(none()), n, I32, new Bytes()));
            Bytes names = new Bytes().u(1).u(0).u(n);
            for (int i = 0; i < n; i++) {
                names.u(i).name("local" + i);
            }
            w.custom("name", new Bytes().op(2).u(names.size()).all(names));
        });
        module(all, "custom sections", 1000, (w, n) -> {
            for (int i = 0; i < n; i++) {
                w.custom("c", new Bytes().u(i));
            }
        });
        module(all, "globals", 3000, (w, n) -> {
            for (int i = 0; i < n; i++) {
                w.global();
            }
            w.export("g", 3, n - 1);
        });
        module(all, "globals, each with the value of the last", 500, (w, n) -> {
            for (int i = 0; i < n; i++) {
                w.add(
                        GLOBAL,
                        new Bytes()
                                .op(I32, 0)
                                .all(
                                        i == 0
                                                ? new Bytes().i32(1)
                                                : new Bytes()
                                                        .op(0x23)
                                                        .u(i - 1)
                                                        .i32(1)
                                                        .op(0x6a))
                                .end());
            }
            w.export("g", 3, n - 1);
        });
        module(all, "a long constant expression", 1000, (w, n) -> {
            Bytes code = new Bytes().op(I32, 0).i32(1);
            for (int i = 0; i < n; i++) {
                code.i32(i).op(0x6a);
            }
            w.add(GLOBAL, code.end()).export("g", 3, 0);
        });
        module(all, "a long constant expression of an imported global", 1000, (w, n) -> {
            w.add(IMPORT, new Bytes().name("a").name("g").op(3, I32, 0));
            Bytes code = new Bytes().op(I32, 0).op(0x23, 0);
            for (int i = 0; i < n; i++) {
                code.i32(i).op(0x6a);
            }
            w.add(GLOBAL, code.end()).export("g", 3, 0);
        });
        module(all, "tables", 500, (w, n) -> {
            for (int i = 0; i < n; i++) {
                w.table(10);
            }
            w.export("t", 1, n - 1);
        });
        module(all, "memories", 100, (w, n) -> {
            for (int i = 0; i < n; i++) {
                w.memory(1);
            }
            w.export("m", 2, n - 1);
        });
        module(all, "memories with data", 60, (w, n) -> {
            for (int i = 0; i < n; i++) {
                w.memory(1);
                w.add(DATA, new Bytes().u(2).u(i).i32(i).end().u(1).op(7));
            }
            w.export("m", 2, n - 1);
        });
        module(all, "element segments", 500, (w, n) -> {
            w.table(n);
            w.function(w.type(none()), new Bytes());
            for (int i = 0; i < n; i++) {
                w.add(ELEMENT, new Bytes().u(0).i32(i).end().u(1).u(0));
            }
            w.export("t", 1, 0);
        });
        module(all, "element segments over each other", 300, (w, n) -> {
            w.table(n);
            w.function(w.type(none()), new Bytes());
            for (int i = 0; i < n; i++) {
                w.add(ELEMENT, new Bytes().u(0).i32(i % 5).end().u(5).op(0, 0, 0, 0, 0));
            }
            w.export("t", 1, 0);
        });
        module(all, "passive element segments", 500, (w, n) -> {
            w.table(1);
            w.function(w.type(none()), new Bytes());
            for (int i = 0; i < n; i++) {
                w.add(ELEMENT, new Bytes().op(1, 0).u(1).u(0));
            }
            w.export("t", 1, 0);
        });
        module(all, "one long element segment", 2000, (w, n) -> {
            w.table(n);
            w.function(w.type(none()), new Bytes());
            Bytes items = new Bytes();
            for (int i = 0; i < n; i++) {
                items.u(0);
            }
            w.add(ELEMENT, new Bytes().u(0).i32(0).end().u(n).all(items));
            w.export("t", 1, 0);
        });
        module(all, "calls through a table of as many types", 250, (w, n) -> {
            // The first type is above all; each other one returns a reference to a function of the type before.
            w.add(TYPE, new Bytes().op(0x50, 0, 0x60, 0, 1, FUNCREF));
            Bytes items = new Bytes();
            for (int i = 0; i < n; i++) {
                w.add(TYPE, new Bytes().op(0x50, 1, 0, 0x60, 0, 1, 0x63).s(i));
                w.function(i + 1, new Bytes().op(0xd0).s(i));
                items.u(i);
            }
            w.table(n).global();
            w.add(ELEMENT, new Bytes().u(0).i32(0).end().u(n).all(items));
            Bytes code = new Bytes();
            for (int i = 0; i < n; i++) {
                code.op(0x23, 0, 0x11, 0, 0, DROP);
            }
            w.export(w.function(0, code.op(0xd0, FUNCREF)));
        });
        module(all, "element expressions", 1000, (w, n) -> {
            w.table(n);
            w.function(w.type(none()), new Bytes());
            Bytes items = new Bytes();
            for (int i = 0; i < n; i++) {
                items.op(0xd2, 0, 0x0b);
            }
            w.add(ELEMENT, new Bytes().op(4).i32(0).end().u(n).all(items));
            w.export("t", 1, 0);
        });
        module(all, "active data segments on one page", 500, (w, n) -> {
            w.memory(1);
            for (int i = 0; i < n; i++) {
                w.add(DATA, new Bytes().u(0).i32(i * 2 % 65_000).end().u(1).op(7));
            }
            w.export("m", 2, 0);
        });
        module(all, "active data segments at an imported address", 500, (w, n) -> {
            w.add(IMPORT, new Bytes().name("a").name("g").op(3, I32, 0));
            w.memory(1);
            for (int i = 0; i < n; i++) {
                w.add(DATA, new Bytes().u(0).op(0x23, 0).end().u(1).op(7));
            }
            w.export("m", 2, 0);
        });
        module(all, "passive data segments", 500, (w, n) -> {
            w.memory(1);
            for (int i = 0; i < n; i++) {
                w.add(DATA, new Bytes().u(1).u(1).op(7));
            }
            w.export("m", 2, 0);
        });
        module(all, "one long data segment", 8000, (w, n) -> {
            w.memory(10);
            w.add(DATA, new Bytes().u(0).i32(0).end().u(n).raw(new byte[n]));
            w.export("m", 2, 0);
        });
        module(all, "blocks with many results", 300, (w, n) -> wide(w, n, 0, 1000, 0x02));
        module(all, "blocks with many parameters and results", 300, (w, n) -> wide(w, n, 1000, 1000, 0x02));
        module(all, "loops with many parameters", 100, (w, n) -> wide(w, n, 1000, 1000, 0x03));
        module(all, "calls with many results", 100, (w, n) -> {
            int type = w.type(none(), many(500, I32));
            w.add(IMPORT, new Bytes().name("a").name("f").op(0).u(type));
            Bytes code = new Bytes().op(0x02, VOID);
            for (int i = 0; i < n; i++) {
                code.call(0).op(0x0c, 0);
            }
            code.end();
            for (int i = 0; i < n; i++) {
                code.op(0x02, VOID).call(0).op(0x0c, 0).end();
            }
            w.function(w.type(none()), code);
            w.export(1);
        });
        module(all, "functions with many parameters and results", 50, (w, n) -> {
            int type = w.type(many(1000, I64), many(1000, I64));
            for (int i = 0; i < n; i++) {
                w.export(w.function(type, new Bytes().op(0)));
            }
        });
        module(all, "branches with many values", 100, (w, n) -> {
            int type = w.type(none(), many(1000, I32));
            int main = w.type(many(1, I32));
            Bytes code = new Bytes().op(0x02).u(type);
            for (int i = 0; i < 1000; i++) {
                code.get(0);
            }
            for (int i = 0; i < n; i++) {
                code.get(0).brIf(0);
            }
            code.end();
            for (int i = 0; i < 1000; i++) {
                code.op(DROP);
            }
            w.export(w.function(main, code));
        });
        module(all, "tables of branches with many values", 200, (w, n) -> {
            int type = w.type(none(), many(1000, I32));
            int main = w.type(many(1, I32));
            Bytes code = new Bytes().op(0x02).u(type).op(0x02).u(type);
            for (int i = 0; i < 1001; i++) {
                code.get(0);
            }
            code.op(0x0e).u(n);
            for (int i = 0; i <= n; i++) {
                code.u(i % 2);
            }
            code.end().end();
            for (int i = 0; i < 1000; i++) {
                code.op(DROP);
            }
            w.export(w.function(main, code));
        });
        link(all, "a chain of linked modules", 20);
        return all;
    }

    private interface Filler {
        void fill(ModuleWriter w, int n);
    }

    private static void module(List<Bomb> all, String name, int n, Filler filler) {
        all.add(new Bomb(name, n, size -> {
            ModuleWriter w = new ModuleWriter();
            filler.fill(w, size);
            return new byte[][] {w.toBytes()};
        }));
    }

    /** Each module exports what it imports from the one before, and calls it. */
    private static void link(List<Bomb> all, String name, int n) {
        all.add(new Bomb(name, n, size -> {
            byte[][] modules = new byte[size][];
            for (int i = 0; i < size; i++) {
                ModuleWriter w = new ModuleWriter();
                int type = w.type(many(1, I32), I32);
                for (int k = 0; i > 0 && k < 10; k++) {
                    w.importFunction("m" + (i - 1), "f" + k, type);
                }
                for (int k = 0; k < 10; k++) {
                    w.export(
                            "f" + k,
                            0,
                            w.function(type, i > 0 ? new Bytes().get(0).call(k) : new Bytes().get(0)));
                }
                modules[i] = w.toBytes();
            }
            return modules;
        }));
    }

    /** A recursion group whose types refer to each other. */
    private static Bytes group(int n, int start) {
        Bytes group = new Bytes().op(0x4e).u(n);
        for (int i = 0; i < n; i++) {
            group.op(0x60).u(1).op(0x63).s(start + (i + 1) % n).u(0);
        }
        return group;
    }

    private static void wide(ModuleWriter w, int n, int params, int results, int opcode) {
        int type = w.type(many(params, I32), many(results, I32));
        int main = w.type(many(1, I32));
        Bytes code = new Bytes();
        for (int i = 0; i < params; i++) {
            code.get(0);
        }
        for (int i = 0; i < n; i++) {
            code.op(opcode).u(type);
            if (params == 0 && i == n - 1) {
                for (int k = 0; k < results; k++) {
                    code.get(0);
                }
            }
        }
        for (int i = 0; i < n; i++) {
            code.end();
        }
        for (int i = 0; i < results; i++) {
            code.op(DROP);
        }
        w.export(w.function(main, code));
    }

    private static Bytes zeros(int n, int constant, int bytes) {
        Bytes code = new Bytes();
        for (int i = 0; i < n; i++) {
            code.op(constant).raw(new byte[bytes]);
        }
        return code;
    }

    private static int[] concat(int[]... parts) {
        return java.util.Arrays.stream(parts)
                .flatMapToInt(java.util.Arrays::stream)
                .toArray();
    }
}
