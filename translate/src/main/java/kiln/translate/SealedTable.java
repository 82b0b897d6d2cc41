package kiln.translate;

import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import kiln.artifact.TableImage;
import kiln.types.TypeSpace;
import kiln.wasm.WasmModule;

/**
 * A table that never changes and holds only functions of its module, or null: calls through it need no funcrefs, and
 * often no checks.
 */
final class SealedTable {
    /** In place of a function: there are several, or none. */
    static final int SEVERAL = -2;
    /**
     * How many columns an image may have, that is, types of which functions are called: each takes a word for each
     * entry. An image of pairs takes two, and calls have to load both.
     */
    private static final int MAX_COLUMNS = 8;
    /** How many words the columns of an image may take anyway. */
    private static final int FREE_WORDS = 1 << 14;
    /** How many words they take at most: 16 MiB. */
    private static final int MAX_WORDS = 1 << 22;
    /** How many entries may be added at either end for indices of null, so that one comparison tells bounds. */
    private static final int SLACK = 16;

    /** Index in the table of the first known function; those outside are null. */
    final int first;

    final int[] functions;
    /** Whether there are nulls among the known. */
    final boolean hasNulls;

    final TableImage.Form form;
    /** The one function of each type that occurs, by canonical type, or {@link #SEVERAL}. */
    private final Map<Integer, Integer> byType = new TreeMap<>();
    /** Whether all functions are of a canonical type, as far as it was asked; functions are translated in parallel. */
    private final Map<Integer, Boolean> areAll = new ConcurrentHashMap<>();
    /** The index of each function that occurs, or {@link #SEVERAL}. */
    private final Map<Integer, Integer> places = new HashMap<>();
    /** Number of each column, by its canonical type. */
    private final Map<Integer, Integer> columns = new TreeMap<>();

    private final WasmModule module;

    /**
     * @param calledTypes of functions that are called through the table
     * @param length of the table
     */
    SealedTable(WasmModule module, TableContents.Contents contents, BitSet calledTypes, long length) {
        this.module = module;
        for (int f : contents.functions()) {
            if (f != TableContents.NULL) {
                byType.merge(typeOf(f), f, (a, b) -> a.equals(b) ? a : SEVERAL);
            }
        }
        calledTypes.stream().map(module.types()::canonical).forEach(t -> columns.putIfAbsent(t, columns.size()));
        form = byType.size() == 1
                ? TableImage.Form.UNIFORM
                : hasColumns(contents.functions().length) ? TableImage.Form.COLUMNS : TableImage.Form.SEALED;
        int[] known = contents.functions();
        int from = contents.first();
        // Null costs a comparison in an image of one type, and nothing in others.
        if (form != TableImage.Form.UNIFORM || Arrays.stream(known).anyMatch(f -> f == TableContents.NULL)) {
            int before = from <= SLACK ? from : 0;
            long behind = length - from - known.length;
            known = widened(known, before, behind <= SLACK ? (int) behind : 0);
            from -= before;
        }
        first = from;
        functions = known;
        hasNulls = Arrays.stream(functions).anyMatch(f -> f == TableContents.NULL);
        for (int i = 0; i < functions.length; i++) {
            places.merge(functions[i], first + i, (a, b) -> SEVERAL);
        }
    }

    private boolean hasColumns(int rows) {
        long words = (long) columns.size() * rows;
        return words <= FREE_WORDS || columns.size() <= MAX_COLUMNS && words <= MAX_WORDS;
    }

    private static int[] widened(int[] functions, int before, int behind) {
        int[] result = new int[before + functions.length + behind];
        Arrays.fill(result, TableContents.NULL);
        System.arraycopy(functions, 0, result, before, functions.length);
        return result;
    }

    private int typeOf(int function) {
        return module.types().canonical(module.funcTypeIndex(function));
    }

    /** Whether all elements but null may be called as functions of {@code type}. */
    boolean isAll(int type) {
        // Asked for every call, and there may be as many types as calls.
        return areAll.computeIfAbsent(
                module.types().canonical(type),
                called -> byType.keySet().stream().allMatch(t -> isCallable(t, called)));
    }

    /** @param actual a canonical type that occurs */
    private boolean isCallable(int actual, int type) {
        TypeSpace types = module.types();
        return actual == types.canonical(type) || types.isHeapSubtype(actual, type);
    }

    /** The only function that a call of {@code type} can reach, or {@link #SEVERAL}. */
    int onlyTarget(int type) {
        if (isAll(type)) {
            return byType.size() == 1 ? byType.values().iterator().next() : SEVERAL;
        }
        return byType.getOrDefault(module.types().canonical(type), SEVERAL);
    }

    /** The only index in the table of a function that is in it, or {@link #SEVERAL}. */
    int onlyIndex(int function) {
        return places.getOrDefault(function, SEVERAL);
    }

    /** Number of entries in front of those of the column for {@code type}. */
    int columnStart(int type) {
        return columns.get(module.types().canonical(type)) * functions.length;
    }

    /** The words of the image, see {@link TableImage}. */
    int[] words() {
        return switch (form) {
            case UNIFORM -> Arrays.stream(functions).map(this::code).toArray();
            case SEALED -> pairs();
            default -> columnWords();
        };
    }

    private int code(int function) {
        return function == TableContents.NULL ? -1 : function - module.importedFuncCount();
    }

    private int[] pairs() {
        int[] words = new int[2 * functions.length];
        for (int i = 0; i < functions.length; i++) {
            words[2 * i] = code(functions[i]);
            words[2 * i + 1] = functions[i] == TableContents.NULL ? TableImage.NULL_TYPE : typeOf(functions[i]);
        }
        return words;
    }

    private int[] columnWords() {
        int[] words = new int[columns.size() * functions.length];
        columns.forEach((type, column) -> {
            for (int i = 0; i < functions.length; i++) {
                int f = functions[i];
                boolean isOther = f != TableContents.NULL && !isCallable(typeOf(f), type);
                words[column * functions.length + i] = isOther ? TableImage.OTHER_TYPE : code(f);
            }
        });
        return words;
    }
}
