package kiln.artifact;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import kiln.artifact.api.HeapType;

/**
 * Writes the canonical keys of a module's types. Types are equal if their recursion groups are equal in structure and
 * they have the same place in them (specification, "Rolled types"): the key is the group's text, in which a member of
 * the same group appears as {@code rec.N} and a type of an earlier group as the digest of its key. In a group of
 * several types it is the digest of that text instead, then {@code .N}, the place in the group. Digests keep keys small
 * where types refer to types that refer to types.
 *
 * <p>The compiler compares types of modules that it links by keys of the same kind, which {@code wasm} makes of its own
 * model; neither module may use the other.
 */
public final class TypeKeys {
    private static final String GROUP = "group ";
    private static final int DIGEST_BYTES = 16;
    private static final int GROUP_DIGEST_BYTES = 32;

    private TypeKeys() {}

    /** Whether a key is that of a type which is a recursion group of its own. */
    public static boolean isAlone(String key) {
        return !key.startsWith(GROUP);
    }

    /**
     * The same types with their keys.
     *
     * @param types all types of a module, keys ignored
     * @param groups sizes of the recursion groups, in order; they add up to the number of types
     * @throws IllegalArgumentException if a type refers to a later group or the sizes do not add up
     */
    public static List<TypeDef> assign(List<TypeDef> types, List<Integer> groups) {
        List<TypeDef> result = new ArrayList<>(types.size());
        String[] references = new String[types.size()];
        int start = 0;
        for (int size : groups) {
            if (size < 0 || size > types.size() - start) {
                throw new IllegalArgumentException("recursion groups exceed the number of types");
            }
            StringBuilder text = new StringBuilder();
            for (int i = start; i < start + size; i++) {
                appendType(text.append(i == start ? "" : ";"), types.get(i), start, size, references);
            }
            // The text of a group once for each of its types would be out of proportion.
            String group = size == 1 ? text.toString() : GROUP + digest(text.toString(), GROUP_DIGEST_BYTES);
            for (int i = start; i < start + size; i++) {
                TypeDef t = types.get(i);
                String key = size == 1 ? group : group + "." + (i - start);
                references[i] = digest(key, DIGEST_BYTES);
                result.add(new TypeDef(key, t.isFinal(), t.supertype(), t.body()));
            }
            start += size;
        }
        if (start != types.size()) {
            throw new IllegalArgumentException("recursion groups do not cover all types");
        }
        return List.copyOf(result);
    }

    /**
     * Whether a key can be that of a type. It can be told from the type alone if this mentions no type by index and is
     * a recursion group of its own.
     */
    static boolean canBeKey(String key, TypeDef type) {
        boolean alone = key.indexOf(';') < 0 && !key.startsWith("group ");
        if (!alone || type.supertype() >= 0 || mentionsTypes(type.body())) {
            return true;
        }
        StringBuilder text = new StringBuilder();
        appendType(text, type, 0, 1, new String[0]);
        return key.contentEquals(text);
    }

    private static boolean mentionsTypes(TypeDef.Body body) {
        if (body instanceof TypeDef.Func f) {
            return mentionsTypes(f.params()) || mentionsTypes(f.results());
        } else if (body instanceof TypeDef.Struct s) {
            for (TypeDef.Field field : s.fields()) {
                if (isConcrete(field.type())) {
                    return true;
                }
            }
            return false;
        }
        return isConcrete(((TypeDef.Array) body).element().type());
    }

    private static boolean mentionsTypes(List<ValueType> types) {
        for (ValueType t : types) {
            if (isConcrete(t)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isConcrete(ValueType t) {
        return t instanceof ValueType.Ref r && r.heap() instanceof HeapType.Concrete;
    }

    private static void appendType(StringBuilder out, TypeDef t, int start, int size, String[] references) {
        if (!t.isFinal()) {
            out.append("open ");
        }
        if (t.supertype() >= 0) {
            out.append("sub ");
            appendIndex(out, t.supertype(), start, size, references);
            out.append(' ');
        }
        if (t.body() instanceof TypeDef.Func f) {
            appendList(out.append("func"), f.params(), start, size, references);
            appendList(out.append("->"), f.results(), start, size, references);
        } else if (t.body() instanceof TypeDef.Struct s) {
            out.append("struct(");
            for (int i = 0; i < s.fields().size(); i++) {
                appendField(out.append(i == 0 ? "" : ","), s.fields().get(i), start, size, references);
            }
            out.append(')');
        } else {
            appendField(out.append("array("), ((TypeDef.Array) t.body()).element(), start, size, references);
            out.append(')');
        }
    }

    private static void appendList(StringBuilder out, List<ValueType> types, int start, int size, String[] references) {
        out.append('(');
        for (int i = 0; i < types.size(); i++) {
            appendValue(out.append(i == 0 ? "" : ","), types.get(i), start, size, references);
        }
        out.append(')');
    }

    private static void appendField(StringBuilder out, TypeDef.Field f, int start, int size, String[] references) {
        if (f.mutable()) {
            out.append("mut ");
        }
        if (f.packing() != 0) {
            out.append('i').append(f.packing());
        } else {
            appendValue(out, f.type(), start, size, references);
        }
    }

    private static void appendValue(StringBuilder out, ValueType type, int start, int size, String[] references) {
        if (type instanceof ValueType.Ref r) {
            out.append(r.nullable() ? "ref? " : "ref ");
            if (r.heap() instanceof HeapType.Concrete c) {
                appendIndex(out, c.index(), start, size, references);
            } else {
                out.append(r.heap());
            }
        } else {
            out.append(type);
        }
    }

    private static void appendIndex(StringBuilder out, int index, int start, int size, String[] references) {
        if (index < 0 || index >= start + size) {
            throw new IllegalArgumentException("type refers to a later type: " + index);
        }
        if (index >= start) {
            out.append("rec.").append(index - start);
        } else {
            out.append('#').append(references[index]);
        }
    }

    private static String digest(String key, int bytes) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash, 0, bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }
}
