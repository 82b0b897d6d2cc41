package kiln.wasm;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;

/**
 * The types of one module. Recursion groups of the same structure share one canonical index per type, the first, and
 * every type index inside types, instructions and {@link ValType}s is canonical. So type equality is {@code ==}.
 *
 * <p>Across modules, {@link #canonicalKey} describes a type's whole recursion group without any index of this module:
 * two types are the same type exactly when their keys are equal.
 */
public final class TypeSpace {
    /** How long a chain of supertypes may be; the bound that the JavaScript API sets. */
    static final int MAX_DEPTH = 63;

    private final SubType[] types;
    private final int[] canonical;
    private final int[] groupStart;
    private final int[] groupSize;
    private final Map<Integer, String> texts = new HashMap<>();
    private final Map<Integer, String> digests = new HashMap<>();
    private int described;

    /** Takes ownership of the arrays: definition, canonical index, start and length of the group, for each type. */
    TypeSpace(SubType[] types, int[] canonical, int[] groupStart, int[] groupSize) {
        this.types = types;
        this.canonical = canonical;
        this.groupStart = groupStart;
        this.groupSize = groupSize;
    }

    public int count() {
        return types.length;
    }

    public SubType get(int index) {
        return types[index];
    }

    /** The type at {@code index} if it is a function type, else null. */
    public FuncType func(int index) {
        return types[index].type() instanceof FuncType f ? f : null;
    }

    /** The type at {@code index} if it is a structure type, else null. */
    public StructType struct(int index) {
        return types[index].type() instanceof StructType s ? s : null;
    }

    /** The type at {@code index} if it is an array type, else null. */
    public ArrayType array(int index) {
        return types[index].type() instanceof ArrayType a ? a : null;
    }

    /** The first index of this module with the same type. */
    public int canonical(int index) {
        return canonical[index];
    }

    int[] canonicalIndices() {
        return canonical;
    }

    /** The index of the first type of the recursion group that {@code index} is in. */
    public int groupStart(int index) {
        return groupStart[index];
    }

    public int groupSize(int index) {
        return groupSize[index];
    }

    /** Whether every value of type {@code a} is one of type {@code b} (3.3.4): both {@link ValType}s. */
    public boolean isSubtype(int a, int b) {
        if (a == b || a == ValType.BOT) {
            return true;
        }
        if (!ValType.isRef(a) || !ValType.isRef(b) || ValType.isNullable(a) && !ValType.isNullable(b)) {
            return false;
        }
        return isHeapSubtype(ValType.heap(a), ValType.heap(b));
    }

    /** Whether heap type {@code a} is below or equal to {@code b} (3.3.3); concrete ones by canonical index. */
    public boolean isHeapSubtype(int a, int b) {
        if (a == b || a == HeapType.BOT) {
            return true;
        }
        if (a >= 0) {
            if (b >= 0) {
                return isDeclaredSubtype(a, b);
            }
            return switch (types[a].type()) {
                case FuncType _ -> b == HeapType.FUNC;
                case StructType _ -> b == HeapType.STRUCT || b == HeapType.EQ || b == HeapType.ANY;
                case ArrayType _ -> b == HeapType.ARRAY || b == HeapType.EQ || b == HeapType.ANY;
            };
        }
        return switch (a) {
            case HeapType.EQ -> b == HeapType.ANY;
            case HeapType.I31, HeapType.STRUCT, HeapType.ARRAY -> b == HeapType.EQ || b == HeapType.ANY;
            case HeapType.NONE -> b >= 0 ? !(types[b].type() instanceof FuncType) : top(b) == HeapType.ANY;
            case HeapType.NOFUNC -> b >= 0 ? types[b].type() instanceof FuncType : b == HeapType.FUNC;
            case HeapType.NOEXTERN -> b == HeapType.EXTERN;
            case HeapType.NOEXN -> b == HeapType.EXN;
            default -> false;
        };
    }

    private boolean isDeclaredSubtype(int a, int b) {
        for (int t = canonical[a]; t >= 0; t = types[t].supertype()) {
            if (t == canonical[b]) {
                return true;
            }
        }
        return false;
    }

    /** The greatest heap type above {@code heap}: any, func, extern or exn. */
    public int top(int heap) {
        if (heap >= 0) {
            return types[heap].type() instanceof FuncType ? HeapType.FUNC : HeapType.ANY;
        }
        return switch (heap) {
            case HeapType.FUNC, HeapType.NOFUNC -> HeapType.FUNC;
            case HeapType.EXTERN, HeapType.NOEXTERN -> HeapType.EXTERN;
            case HeapType.EXN, HeapType.NOEXN -> HeapType.EXN;
            default -> HeapType.ANY;
        };
    }

    /**
     * A description of the type at {@code index} that means the same in every module: equal keys are equal types. A type
     * alone in its group reads like the text format; a type of a larger group, and a reference to a type of another
     * group, is the SHA-256 of that group's text and the position in it, which keeps keys linear in the type section.
     */
    public synchronized String canonicalKey(int index) {
        describeUpTo(canonical[index]);
        if (groupSize[canonical[index]] == 1) {
            return texts.get(canonical[index]);
        }
        StringBuilder out = new StringBuilder();
        appendIndex(out, canonical[index], -1, 0);
        return out.toString();
    }

    /** The reference type {@code type} with concrete types named as in {@link #canonicalKey}; other types unchanged. */
    public synchronized String canonicalKeyOfValType(int type) {
        if (ValType.isRef(type) && ValType.heap(type) >= 0) {
            describeUpTo(ValType.heap(type));
        }
        StringBuilder out = new StringBuilder();
        // No group starts at -1: every concrete type is named by the digest of its group.
        appendValType(out, type, -1, 0);
        return out.toString();
    }

    /** Describes all groups up to that of {@code index}, in order: a group refers to earlier groups and itself only. */
    private void describeUpTo(int index) {
        for (; described <= index; described += groupSize[described]) {
            if (canonical[described] == described) {
                String text = describeGroup(described);
                digests.put(described, digest(text));
                if (groupSize[described] == 1) {
                    texts.put(described, text);
                }
            }
        }
    }

    private String describeGroup(int start) {
        StringBuilder out = new StringBuilder();
        int size = groupSize[start];
        for (int i = start; i < start + size; i++) {
            describe(out, types[i], start, size);
        }
        return out.toString();
    }

    private void describe(StringBuilder out, SubType sub, int start, int size) {
        boolean plain = sub.isFinal() && sub.supertype() < 0;
        if (!plain) {
            out.append(sub.isFinal() ? "(sub final " : "(sub ");
            if (sub.supertype() >= 0) {
                appendIndex(out, sub.supertype(), start, size);
                out.append(' ');
            }
        }
        switch (sub.type()) {
            case FuncType f -> {
                out.append("(func");
                appendTypes(out, " (param", f.params, start, size);
                appendTypes(out, " (result", f.results, start, size);
            }
            case StructType s -> {
                out.append("(struct");
                for (FieldType f : s.fields()) {
                    appendField(out, f, start, size);
                }
            }
            case ArrayType a -> {
                out.append("(array");
                appendField(out, a.element(), start, size);
            }
        }
        out.append(plain ? ")" : "))");
    }

    private void appendTypes(StringBuilder out, String keyword, int[] list, int start, int size) {
        if (list.length > 0) {
            out.append(keyword);
            for (int t : list) {
                appendValType(out.append(' '), t, start, size);
            }
            out.append(')');
        }
    }

    private void appendField(StringBuilder out, FieldType field, int start, int size) {
        out.append(field.mutable() ? " (mut " : " (");
        appendValType(out, field.storage(), start, size);
        out.append(')');
    }

    private void appendValType(StringBuilder out, int type, int start, int size) {
        if (ValType.isRef(type) && ValType.heap(type) >= 0) {
            out.append(ValType.isNullable(type) ? "(ref null " : "(ref ");
            appendIndex(out, ValType.heap(type), start, size);
            out.append(')');
        } else {
            out.append(ValType.toString(type));
        }
    }

    private void appendIndex(StringBuilder out, int index, int start, int size) {
        if (index >= start && index < start + size) {
            out.append('$').append(index - start);
        } else {
            int group = groupStart[index];
            out.append('{').append(digests.get(group)).append('.').append(index - group).append('}');
        }
    }

    private static String digest(String text) {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            return HexFormat.of().formatHex(sha.digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }
}
