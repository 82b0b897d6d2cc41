package kiln.types;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;

/**
 * Describes the types of a module without its indices, see {@link TypeSpace#canonicalKey}. Made when first asked.
 */
final class TypeKeys {
    private final TypeSpace types;
    /** The text of each group of one type. */
    private final Map<Integer, String> texts = new HashMap<>();
    /** The SHA-256 of each group's text, by the group's canonical start. */
    private final Map<Integer, String> digests = new HashMap<>();

    private int described;

    TypeKeys(TypeSpace types) {
        this.types = types;
    }

    synchronized String keyOf(int index) {
        int canonical = types.canonical(index);
        describeUpTo(canonical);
        if (types.groupSize(canonical) == 1) {
            return texts.get(canonical);
        }
        StringBuilder out = new StringBuilder();
        appendIndex(out, canonical, -1, 0);
        return out.toString();
    }

    synchronized String keyOfValType(int type) {
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
        for (; described <= index; described += types.groupSize(described)) {
            if (types.canonical(described) == described) {
                String text = describeGroup(described);
                digests.put(described, digest(text));
                if (types.groupSize(described) == 1) {
                    texts.put(described, text);
                }
            }
        }
    }

    private String describeGroup(int start) {
        StringBuilder out = new StringBuilder();
        int size = types.groupSize(start);
        for (int i = start; i < start + size; i++) {
            describe(out, types.get(i), start, size);
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
        if (sub.type() instanceof FuncType f) {
            out.append("(func");
            appendTypes(out, " (param", f.params(), start, size);
            appendTypes(out, " (result", f.results(), start, size);
        } else if (sub.type() instanceof StructType s) {
            out.append("(struct");
            for (FieldType f : s.fields()) {
                appendField(out, f, start, size);
            }
        } else if (sub.type() instanceof ArrayType a) {
            out.append("(array");
            appendField(out, a.element(), start, size);
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
            int group = types.groupStart(index);
            out.append('{')
                    .append(digests.get(group))
                    .append('.')
                    .append(index - group)
                    .append('}');
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
