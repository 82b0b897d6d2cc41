package kiln.tests.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.BitSet;
import java.util.Random;
import kiln.artifact.api.TrapCode;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.runtime.CompiledModule;
import kiln.runtime.Func;
import kiln.runtime.Instance;
import kiln.runtime.TrapException;
import kiln.tests.Corpus;
import org.junit.jupiter.api.Test;

/**
 * Calls through tables that never change, of random contents: each type that is called, at each index and beyond the
 * end, reaches the function that is there or traps for the right reason. A table's shape (how many types, how large,
 * where the functions begin) decides how the file holds it.
 */
class SealedTablesTest extends RuntimeFixture {
    /** Function indices by index of the table, -1 for null; function {@code f} returns {@code f} and is of a type. */
    private record Content(int[] slots, int[] typeOf, int called, boolean isWide) {}

    /** How a call is written. */
    private enum Way {
        CALL,
        RETURN_CALL
    }

    @Test
    void randomTables() {
        for (int seed = 0; seed < (Corpus.SAMPLED ? 8 : 40); seed++) {
            Random random = new Random(seed);
            int types = 1 + random.nextInt(5);
            int functions = 1 + random.nextInt(8);
            int before = new int[] {0, 1, 3, 40}[random.nextInt(4)];
            int behind = new int[] {0, 0, 2, 40}[random.nextInt(4)];
            check(content(random, types, functions, before, 1 + random.nextInt(12), behind), seed);
        }
    }

    /** More than eight types, in so long a table that columns for all of them would be too many words. */
    @Test
    void manyTypes() {
        check(content(new Random(1), 40, 60, 1, 500, 0), 1);
        check(content(new Random(2), 40, 60, 0, 300, 5), 2);
    }

    private static Content content(Random random, int types, int functions, int before, int known, int behind) {
        int[] typeOf = random.ints(functions, 0, types).toArray();
        int[] slots = new int[before + known + behind];
        boolean hasNulls = random.nextBoolean();
        for (int i = 0; i < slots.length; i++) {
            boolean isKnown = i >= before && i < before + known && !(hasNulls && random.nextInt(4) == 0);
            slots[i] = isKnown ? random.nextInt(functions) : -1;
        }
        return new Content(slots, typeOf, 1 + random.nextInt(types), random.nextInt(4) == 0);
    }

    private void check(Content content, int seed) {
        byte[] wasm = encode(text(content));
        for (int level : new int[] {2, 0}) {
            CompilerOptions options =
                    CompilerOptions.defaults().withJobs(1).withCheck(true).withOptLevel(level);
            try (CompiledModule module = CompiledModule.load(engine, Compiler.compile("t.wasm", wasm, options))) {
                Instance instance = linker.instantiate(store, module);
                for (Way way : Way.values()) {
                    int step = Corpus.SAMPLED ? 1 + content.called / 5 : 1;
                    for (int type = 0; type < content.called; type += step) {
                        Func func = instance.func(way.name() + type);
                        for (int i = 0; i < content.slots.length + 3; i++) {
                            check(content, func, type, i, "seed " + seed + ", level " + level + ", " + way);
                        }
                        check(content, func, type, -1, "seed " + seed);
                    }
                }
            }
        }
    }

    private static void check(Content content, Func func, int type, int index, String where) {
        String what = where + ", type " + type + ", index " + index;
        if (index < 0 || index >= content.slots.length) {
            traps(TrapCode.UNDEFINED_ELEMENT, func, index, what);
        } else if (content.slots[index] < 0) {
            traps(TrapCode.INDIRECT_CALL_TO_NULL, func, index, what);
        } else if (content.typeOf[content.slots[index]] != type) {
            traps(TrapCode.BAD_SIGNATURE, func, index, what);
        } else {
            assertEquals(content.slots[index], func.call(index), what);
        }
    }

    private static void traps(TrapCode code, Func func, int index, String what) {
        TrapException e = assertThrows(TrapException.class, () -> func.call(index), what);
        assertEquals(code, e.code(), what);
        assertTrue(e.frames().getFirst().function().contains("call"), () -> what + ": " + e.frames());
    }

    /** Type {@code t} has as many i64 parameters, so that no two are the same. */
    private static String text(Content content) {
        StringBuilder s = new StringBuilder("(module\n");
        BitSet types = new BitSet();
        for (int t : content.typeOf) {
            types.set(t);
        }
        types.set(0, content.called);
        types.stream()
                .forEach(t -> s.append("(type $t%d (func %s (result i32)))\n".formatted(t, "(param i64) ".repeat(t))));
        for (int f = 0; f < content.typeOf.length; f++) {
            s.append("(func $f%d (type $t%d) (i32.const %d))\n".formatted(f, content.typeOf[f], f));
        }
        String address = content.isWide ? "i64 " : "";
        s.append("(table %s%d %<d funcref)\n".formatted(address, content.slots.length));
        int i = 0;
        while (i < content.slots.length) {
            int from = i;
            while (i < content.slots.length && content.slots[i] >= 0) {
                i++;
            }
            if (i > from) {
                s.append("(elem (%s.const %d) func".formatted(content.isWide ? "i64" : "i32", from));
                for (int k = from; k < i; k++) {
                    s.append(" $f").append(content.slots[k]);
                }
                s.append(")\n");
            }
            i++;
        }
        String index = content.isWide ? "(i64.extend_i32_s (local.get 0))" : "(local.get 0)";
        for (Way way : Way.values()) {
            for (int t = 0; t < content.called; t++) {
                s.append("(func $call_%s%d (export \"%1$s%2$d\") (param i32) (result i32) %s(%s (type $t%2$d) %s))\n"
                        .formatted(
                                way,
                                t,
                                "(i64.const 7) ".repeat(t),
                                way == Way.CALL ? "call_indirect" : "return_call_indirect",
                                index));
            }
        }
        return s.append(")").toString();
    }
}
