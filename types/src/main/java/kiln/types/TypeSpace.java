package kiln.types;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * The types of one module, or those of all modules that an engine knows. Recursion groups of the same structure share
 * one canonical index per type, the first, and every type index inside types, instructions and {@link ValType}s is
 * canonical. So type equality is {@code ==}.
 *
 * <p>Across modules, {@link #canonicalKey} describes a type's whole recursion group without any index of this module:
 * two types are the same type exactly when their keys are equal.
 */
public final class TypeSpace {
    /** How long a chain of supertypes may be; the bound that the JavaScript API sets. */
    public static final int MAX_DEPTH = 63;

    /** The bound that the JavaScript API sets for a module. */
    private static final int MAX_TYPES = 1_000_000;

    private final int limit;

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

    /** The types of a module. */
    public TypeSpace() {
        this(MAX_TYPES);
    }

    private TypeSpace(int limit) {
        this.limit = limit;
    }

    /** For the types of many modules, each of them once: see {@link #addAll}. */
    public static TypeSpace shared() {
        return new TypeSpace(GroupShape.RELATIVE);
    }

    /**
     * Adds a recursion group. Its references to itself use the indices the types will get, {@link #count} and up; those
     * to earlier types are canonical.
     *
     * @return what is wrong with its declared supertypes, or null
     */
    public String addGroup(SubType[] group) {
        return add(group, GroupShape.of(group, count));
    }

    private String add(SubType[] group, GroupShape shape) {
        int start = count;
        int size = group.length;
        if (size > limit - start) {
            return "more than " + limit + " types";
        }
        grow(start + size);
        count = start + size;
        Integer same = groups.putIfAbsent(shape, start);
        for (int i = 0; i < size; i++) {
            canonical[start + i] = (same == null ? start : same) + i;
            types[start + i] = same == null ? group[i] : types[same + i];
            groupStart[start + i] = start;
            groupSize[start + i] = size;
            depth[start + i] = same == null ? 0 : depth[same + i];
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

    /**
     * Adds a recursion group unless there is an equal one.
     *
     * @param group as {@link #addGroup} wants it
     * @return the index of its first type
     * @throws IllegalArgumentException if its declared supertypes are wrong, or there is no room
     */
    public int intern(SubType... group) {
        GroupShape shape = GroupShape.of(group, count);
        Integer same = groups.get(shape);
        if (same != null) {
            return same;
        }
        int start = count;
        String problem = add(group, shape);
        if (problem != null) {
            throw new IllegalArgumentException(problem);
        }
        return start;
    }

    /**
     * Adds the types of a module that are not here yet.
     *
     * @return by the module's type index: the index here, which is the same for equal types of all modules
     * @throws IllegalArgumentException if there is no room
     */
    public int[] addAll(TypeSpace module) {
        int[] here = new int[module.count];
        for (int start = 0; start < module.count; start += module.groupSize[start]) {
            int size = module.groupSize[start];
            int first = module.canonical[start] == start
                    ? intern(module.group(start, here, count))
                    : here[module.canonical[start]];
            for (int i = 0; i < size; i++) {
                here[start + i] = first + i;
            }
        }
        return here;
    }

    /**
     * The recursion group that starts at {@code start}, as {@link #addGroup} wants it when {@code size} types are
     * there: for an equal group behind it.
     */
    public SubType[] copyOfGroup(int start, int size) {
        return group(canonical[start], null, size);
    }

    private SubType[] group(int start, int[] indices, int newStart) {
        Renumbering numbers = new Renumbering(start, groupSize[start], indices, newStart);
        SubType[] result = new SubType[groupSize[start]];
        for (int i = 0; i < result.length; i++) {
            result[i] = numbers.of(types[start + i]);
        }
        return result;
    }

    /** The type in a space where the index of type {@code i} is {@code indices[i]}, see {@link #addAll}. */
    public static int renumbered(int type, int[] indices) {
        return ValType.isRef(type) && ValType.heap(type) >= 0
                ? ValType.ref(ValType.isNullable(type), indices[ValType.heap(type)])
                : type;
    }

    /**
     * A number that depends on all types, their order and their groups, and on nothing else: part of compiled files, to
     * recognise damage.
     */
    public int checksum() {
        int sum = count;
        for (int start = 0; start < count; start += groupSize[start]) {
            sum = 31 * sum + canonical[start];
            if (canonical[start] == start) {
                sum = 31 * sum
                        + GroupShape.of(Arrays.copyOfRange(types, start, start + groupSize[start]), start)
                                .hashCode();
            }
        }
        return sum;
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
            return matches(g.params(), f.params()) && matches(f.results(), g.results());
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

    /** How many supertypes are above the type at {@code index}. */
    public int depth(int index) {
        return depth[index];
    }

    /** The abstract heap type right above the type at {@code index}: func, struct or array. */
    public int kind(int index) {
        CompositeType type = types[index].type();
        return type instanceof FuncType ? HeapType.FUNC : type instanceof StructType ? HeapType.STRUCT : HeapType.ARRAY;
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
            return b >= 0 ? isDeclaredSubtype(a, b) : isHeapSubtype(kind(a), b);
        }
        return switch (a) {
            case HeapType.EQ -> b == HeapType.ANY;
            case HeapType.I31, HeapType.STRUCT, HeapType.ARRAY -> b == HeapType.EQ || b == HeapType.ANY;
            case HeapType.NONE, HeapType.NOFUNC, HeapType.NOEXTERN, HeapType.NOEXN -> top(a) == top(b);
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
        return HeapType.top(heap >= 0 ? kind(heap) : heap);
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

    /** The same types in the same groups. */
    @Override
    public boolean equals(Object o) {
        return o instanceof TypeSpace t
                && t.count == count
                && Arrays.equals(t.types, 0, count, types, 0, count)
                && Arrays.equals(t.groupStart, 0, count, groupStart, 0, count);
    }

    @Override
    public int hashCode() {
        return checksum();
    }
}
