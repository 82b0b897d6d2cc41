package kiln.tests.bombs;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import kiln.wasm.ByteWriter;

/** Writes binary modules: sections that grow entry by entry, and function bodies. Nothing is checked. */
final class ModuleWriter {
    static final int I32 = 0x7f;
    static final int I64 = 0x7e;
    static final int F32 = 0x7d;
    static final int F64 = 0x7c;
    static final int V128 = 0x7b;
    static final int FUNCREF = 0x70;
    static final int VOID = 0x40;

    static final int TYPE = 1;
    static final int IMPORT = 2;
    static final int FUNCTION = 3;
    static final int TABLE = 4;
    static final int MEMORY = 5;
    static final int GLOBAL = 6;
    static final int EXPORT = 7;
    static final int ELEMENT = 9;
    static final int CODE = 10;
    static final int DATA = 11;
    static final int TAG = 13;

    private static final int DATA_COUNT = 12;
    private static final int[] ORDER = {
        TYPE, IMPORT, FUNCTION, TABLE, MEMORY, TAG, GLOBAL, EXPORT, ELEMENT, DATA_COUNT, CODE, DATA
    };

    private final Map<Integer, Bytes> sections = new HashMap<>();
    private final Map<Integer, Integer> counts = new HashMap<>();
    private final List<Bytes> customs = new ArrayList<>();
    private int types;
    private int functions;
    private int exports;

    /** Bytes in the making; instructions, too. */
    static class Bytes {
        private final ByteWriter out = new ByteWriter();

        Bytes op(int... bytes) {
            out.u8s(bytes);
            return this;
        }

        Bytes u(long value) {
            out.u(value);
            return this;
        }

        Bytes s(long value) {
            out.s(value);
            return this;
        }

        Bytes name(String text) {
            out.name(text);
            return this;
        }

        Bytes all(Bytes other) {
            out.raw(other.out);
            return this;
        }

        Bytes raw(byte[] bytes) {
            out.raw(bytes);
            return this;
        }

        /** {@code i32.const}. */
        Bytes i32(int value) {
            return op(0x41).s(value);
        }

        Bytes get(int local) {
            return op(0x20).u(local);
        }

        Bytes set(int local) {
            return op(0x21).u(local);
        }

        Bytes call(int function) {
            return op(0x10).u(function);
        }

        Bytes brIf(int label) {
            return op(0x0d).u(label);
        }

        Bytes end() {
            return op(0x0b);
        }

        int size() {
            return out.size();
        }

        byte[] toBytes() {
            return out.toArray();
        }
    }

    private Bytes entry(int section) {
        counts.merge(section, 1, Integer::sum);
        return sections.computeIfAbsent(section, _ -> new Bytes());
    }

    /** An entry of a section as it is. */
    ModuleWriter add(int section, Bytes content) {
        entry(section).all(content);
        return this;
    }

    static int[] many(int count, int type) {
        int[] types = new int[count];
        java.util.Arrays.fill(types, type);
        return types;
    }

    static int[] none() {
        return new int[0];
    }

    static Bytes funcType(int[] params, int... results) {
        return new Bytes()
                .op(0x60)
                .u(params.length)
                .op(params)
                .u(results.length)
                .op(results);
    }

    int type(int[] params, int... results) {
        add(TYPE, funcType(params, results));
        return types++;
    }

    /** Before all functions that are defined. */
    int importFunction(String module, String name, int type) {
        entry(IMPORT).name(module).name(name).op(0).u(type);
        return functions++;
    }

    int function(int type, Bytes code) {
        return function(type, new Bytes().u(0), code);
    }

    /** @param locals of one type each */
    int function(int type, int localCount, int localType, Bytes code) {
        return function(type, new Bytes().u(1).u(localCount).op(localType), code);
    }

    /** @param locals with their count in front; {@code end} is added to the code */
    int function(int type, Bytes locals, Bytes code) {
        entry(FUNCTION).u(type);
        entry(CODE).u(locals.size() + code.size() + 1).all(locals).all(code).end();
        return functions++;
    }

    /** Function by default; its name is a number. */
    ModuleWriter export(int function) {
        return export("e" + exports, 0, function);
    }

    ModuleWriter export(String name, int kind, int index) {
        exports++;
        entry(EXPORT).name(name).op(kind).u(index);
        return this;
    }

    ModuleWriter memory(int pages) {
        entry(MEMORY).op(0).u(pages);
        return this;
    }

    ModuleWriter table(int size) {
        entry(TABLE).op(FUNCREF, 0).u(size);
        return this;
    }

    /** A mutable {@code i32}. */
    ModuleWriter global() {
        entry(GLOBAL).op(I32, 1).i32(0).end();
        return this;
    }

    ModuleWriter custom(String name, Bytes content) {
        customs.add(new Bytes().name(name).all(content));
        return this;
    }

    byte[] toBytes() {
        Bytes all = new Bytes().op(0, 'a', 's', 'm', 1, 0, 0, 0);
        for (int id : ORDER) {
            Bytes content = sections.get(id);
            if (content != null) {
                Bytes counted = new Bytes().u(counts.get(id)).all(content);
                all.op(id).u(counted.size()).all(counted);
            }
        }
        for (Bytes c : customs) {
            all.op(0).u(c.size()).all(c);
        }
        return all.toBytes();
    }
}
