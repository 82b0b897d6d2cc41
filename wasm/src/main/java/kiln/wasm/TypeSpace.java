package kiln.wasm;

import java.util.Arrays;
import java.util.HashMap;
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

    /** The bound of the JavaScript API. */
    private static final int MAX_TYPES = 1_000_000;

    private int count;
    private SubType[] types = new SubType[16];
    private int[] canonical = new int[16];
    private int[] groupStart = new int[16];
    private int[] groupSize = new int[16];
    /** How many supertypes are above a type. */
    private int[] depth = new int[16];
    /** Where the first group of each structure starts. */
    private final Map<GroupShape, Integer> groups = new HashMap<>();

    private final TypeKeys keys = new TypeKeys(this);

    TypeSpace() {}

    /**
     * Adds a recursion group. Its references to itself use the indices the types will get, {@link #count} and up; those
     * to earlier types are canonical.
     *
     * @return what is wrong with its declared supertypes, or null
     */
    String addGroup(SubType[] group) {
        int start = count;
        int size = group.length;
        if (start + size > MAX_TYPES) {
            return "more than " + MAX_TYPES + " types";
        }
        grow(start + size);
        count = start + size;
        Integer same = groups.putIfAbsent(GroupShape.of(group, start), start);
        for (int i = 0; i < size; i++) {
            canonical[start + i] = (same == null ? start : same) + i;
            types[start + i] = same == null ? group[i] : types[same + i];
            groupStart[start + i] = start;
            groupSize[start + i] = size;
            depth[start + i] = 0;
        }
        if (same != null) {
            return null;
        }
        for (int i = 0; i < size; i++) {
            String problem = checkSupertype(start + i);
            if (problem != null) {
                return problem;
            }
        }
        return null;
    }

    private void grow(int atLeast) {
        if (atLeast > types.length) {
            int n = Math.max(atLeast, types.length * 2);
            types = Arrays.copyOf(types, n);
            canonical = Arrays.copyOf(canonical, n);
            groupStart = Arrays.copyOf(groupStart, n);
            groupSize = Arrays.copyOf(groupSize, n);
            depth = Arrays.copyOf(depth, n);
        }
    }

    private String checkSupertype(int index) {
        int above = types[index].supertype();
        if (above < 0) {
            return null;
        }
        if (above >= index) {
            return "unknown type " + above + " as supertype of an earlier one";
        }
        depth[index] = depth[above] + 1;
        if (depth[index] > MAX_DEPTH) {
            return "sub type chain longer than " + MAX_DEPTH;
        }
        if (types[above].isFinal() || !matches(types[index].type(), types[above].type())) {
            return "sub type " + index + " does not match super type " + above;
        }
        return null;
    }

    private boolean matches(CompositeType sub, CompositeType above) {
        if (sub instanceof FuncType f && above instanceof FuncType g) {
            return matches(g.params, f.params) && matches(f.results, g.results);
        }
        if (sub instanceof ArrayType a && above instanceof ArrayType b) {
            return matches(a.element(), b.element());
        }
        if (sub instanceof StructType s && above instanceof StructType t) {
            boolean ok = s.fields().size() >= t.fields().size();
            for (int i = 0; ok && i < t.fields().size(); i++) {
                ok = matches(s.fields().get(i), t.fields().get(i));
            }
            return ok;
        }
        return false;
    }

    private boolean matches(int[] sub, int[] above) {
        boolean ok = sub.length == above.length;
        for (int i = 0; ok && i < sub.length; i++) {
            ok = isSubtype(sub[i], above[i]);
        }
        return ok;
    }

    private boolean matches(FieldType sub, FieldType above) {
        return sub.mutable() == above.mutable()
                && (sub.storage() == above.storage() || !sub.mutable() && isSubtype(sub.storage(), above.storage()));
    }

    public int count() {
        return count;
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
     * A description of the type at {@code index} that means the same in every module: equal keys are equal types. A
     * type alone in its group reads like the text format; a type of a larger group, and a reference to a type of
     * another group, is the SHA-256 of that group's text and the position in it. So keys stay short.
     */
    public String canonicalKey(int index) {
        return keys.keyOf(index);
    }

    /** A {@link ValType} with concrete types named by the digest that {@link #canonicalKey} uses. */
    public String canonicalKeyOfValType(int type) {
        return keys.keyOfValType(type);
    }
}
