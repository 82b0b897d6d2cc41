package kiln.artifact;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.LongToIntFunction;
import kiln.artifact.api.ArtifactException;

/**
 * The section of function references, which generated code reads in place: for each module the head and the entries of
 * its {@link FuncRefs}, and the {@link TableImage}s; {@code .kiln.modules} says where.
 *
 * <pre>
 *   head, before the entries:
 *     0  records   u32  offset in the VMContext of funcref record 0
 *     4  type ids  u32  offset in the VMContext of the number of type 0
 *     8  entries
 * </pre>
 */
public final class References {
    static final String SECTION = ".kiln.refs";

    public static final int HEAD_RECORDS = 0;
    public static final int HEAD_TYPE_IDS = 4;
    public static final int HEAD_BYTES = 8;

    private final ByteSink out = new ByteSink();
    private final LongToIntFunction code;

    /** @param code text offset of the function with this raw key, or {@link FuncRefs#NO_CODE} */
    References(LongToIntFunction code) {
        this.code = code;
    }

    ByteSink bytes() {
        return out;
    }

    /** Appends the funcref slots of module number {@code module} and returns where the head is. */
    int addFuncRefs(int module, ModuleInfo info) {
        int start = out.size();
        FuncRefs refs = info.funcRefs();
        VMContextLayout layout = new VMContextLayout(info.counts());
        out.u32(layout.funcRef(0)).u32(layout.typeId(0));
        int imported = info.imported(ExternType.Kind.FUNC);
        for (int i = 0; i < refs.count(); i++) {
            int function = refs.function(i);
            out.u32(function < imported ? FuncRefs.IMPORTED : codeOf(module, function - imported));
            out.u32(refs.type(i)).u32(function);
        }
        return start;
    }

    /** Appends a table's image and returns where it is. */
    int addImage(int module, TableImage image) {
        int start = out.size();
        int[] words = image.words();
        if (image.form() == TableImage.Form.LAZY) {
            out.u32(image.first()).u32(image.count()).u32s(words, words.length);
            return start;
        }
        int step = image.form() == TableImage.Form.SEALED ? 2 : 1;
        for (int i = 0; i < words.length; i += step) {
            // A function that was left out cannot be called, but it is not null.
            int offset = words[i] < 0 ? words[i] : codeOf(module, words[i]);
            out.u32(words[i] >= 0 && offset == FuncRefs.NO_CODE ? 0 : offset);
            if (step == 2) {
                out.u32(words[i + 1]);
            }
        }
        return start;
    }

    private int codeOf(int module, int definedFunction) {
        return code.applyAsInt(FuncKey.wasmFunction(module, definedFunction).raw());
    }

    /** What the section of a file has, by the modules' descriptions. */
    static TableLayout layout(List<ModuleInfo> modules) {
        TableLayout layout = new TableLayout();
        for (ModuleInfo m : modules) {
            layout.add("records", 4, 1);
            layout.add("type ids", 4, 1);
            layout.add("slot", 4, (long) m.funcRefs().count() * FuncRefs.ENTRY_BYTES / 4);
            for (TableImage i : m.tableImages()) {
                layout.add(i.form() + " image", 4, imageBytes(i.form(), i.count()) / 4);
            }
        }
        return layout;
    }

    /** Bytes of the head and the entries of {@code count} slots. */
    static long funcRefBytes(int count) {
        return HEAD_BYTES + (long) count * FuncRefs.ENTRY_BYTES;
    }

    /** Bytes of an image. */
    static long imageBytes(TableImage.Form form, int count) {
        return (form == TableImage.Form.LAZY ? TableImage.LAZY_ENTRIES : 0) + 4L * form.words * count;
    }

    /**
     * Checks where generated code finds the module's records and type ids.
     *
     * @throws ArtifactException if the head says something else than the module's context
     * @throws ArithmeticException if the context would be larger than 2 GiB
     */
    static void checkHead(ModuleInfo info) {
        VMContextLayout layout = new VMContextLayout(info.counts());
        MemorySegment head = info.funcRefs().head();
        require(Le.i32(head, HEAD_RECORDS) == layout.funcRef(0), "place of the records");
        require(Le.i32(head, HEAD_TYPE_IDS) == layout.typeId(0), "place of the type ids");
    }

    /**
     * Checks every slot and every entry of a module that was read from a file.
     *
     * @throws ArtifactException if one is out of place
     */
    static void check(ModuleInfo info, long textLength) {
        FuncRefs refs = info.funcRefs();
        int imported = 0;
        for (ModuleInfo.Import i : info.imports()) {
            if (i.type() instanceof ExternType.Func f) {
                if (refs.type(imported) != f.type()) {
                    throw damaged("type of slot " + imported + " is not that of the import");
                }
                imported++;
            }
        }
        // A text for each of what may be a hundred thousand slots only where something is wrong with it.
        for (int i = 0; i < refs.count(); i++) {
            int function = refs.function(i);
            int code = refs.code(i);
            boolean inPlace = i < imported
                    ? function == i && code == FuncRefs.IMPORTED
                    : i == 0 || function > refs.function(i - 1);
            if (!inPlace) {
                throw damaged("function of slot " + i + " out of place");
            }
            if (function < 0 || function >= imported + info.definedFunctions()) {
                throw damaged("function of slot " + i + " out of range");
            }
            if (i >= imported && code != FuncRefs.NO_CODE && Integer.toUnsignedLong(code) >= textLength) {
                throw damaged("code of slot " + i + " out of range");
            }
            int type = refs.type(i);
            if (type < 0 || type >= info.types().count() || info.types().func(type) == null) {
                throw damaged("type of slot " + i + " is no function type");
            }
        }
        for (TableImage image : info.tableImages()) {
            image.check(refs.count(), textLength);
        }
    }

    private static void require(boolean ok, String message) {
        if (!ok) {
            throw damaged(message);
        }
    }

    static ArtifactException damaged(String problem) {
        return new ArtifactException("damaged file: " + SECTION + ": " + problem);
    }

    /** Address of the head that belongs to slots read from a mapped file: what {@code VMContext.references} holds. */
    public static long headAddress(FuncRefs refs) {
        MemorySegment head = refs.head();
        return head != null && head.isNative() ? head.address() : 0;
    }
}
