package kiln.translate;

import java.util.Map;
import java.util.TreeMap;
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

    /** Index in the table of the first known function; those outside are null. */
    final int first;

    final int[] functions;
    /** Whether there are nulls among the known. */
    final boolean hasNulls;
    /** The one function of each type that occurs, by canonical type, or {@link #SEVERAL}. */
    private final Map<Integer, Integer> byType = new TreeMap<>();

    private final WasmModule module;

    SealedTable(WasmModule module, TableContents.Contents contents) {
        this.module = module;
        this.first = contents.first();
        this.functions = contents.functions();
        boolean nulls = false;
        for (int f : functions) {
            if (f == TableContents.NULL) {
                nulls = true;
            } else {
                byType.merge(typeOf(f), f, (a, b) -> a.equals(b) ? a : SEVERAL);
            }
        }
        hasNulls = nulls;
    }

    private int typeOf(int function) {
        return module.types().canonical(module.funcTypeIndex(function));
    }

    TableImage.Form form() {
        return byType.size() == 1 ? TableImage.Form.UNIFORM : TableImage.Form.SEALED;
    }

    /** Whether all elements but null may be called as functions of {@code type}. */
    boolean isAll(int type) {
        TypeSpace types = module.types();
        return byType.keySet().stream().allMatch(t -> t == types.canonical(type) || types.isHeapSubtype(t, type));
    }

    /** The only function that a call of {@code type} can reach, or {@link #SEVERAL}. */
    int onlyTarget(int type) {
        if (isAll(type)) {
            return byType.size() == 1 ? byType.values().iterator().next() : SEVERAL;
        }
        return byType.getOrDefault(module.types().canonical(type), SEVERAL);
    }

    /** The words of the image, see {@link TableImage}. */
    int[] words() {
        int imported = module.importedFuncCount();
        boolean isUniform = form() == TableImage.Form.UNIFORM;
        int[] words = new int[isUniform ? functions.length : 2 * functions.length];
        for (int i = 0; i < functions.length; i++) {
            int f = functions[i];
            int code = f == TableContents.NULL ? -1 : f - imported;
            if (isUniform) {
                words[i] = code;
            } else {
                words[2 * i] = code;
                words[2 * i + 1] = f == TableContents.NULL ? TableImage.NULL_TYPE : typeOf(f);
            }
        }
        return words;
    }
}
