package kiln.artifact.component;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The type of a value of the component model, as the canonical ABI sees it: without names of types, resources by
 * number. Types are compared by identity; one plan has one object for types that look the same. Parts may be shared, so
 * a walk over a type must remember what it has seen, or it may take time exponential in the size of the component.
 */
public final class InterfaceType {
    private static final int FEW = 8;

    private final TypeKind kind;
    private final List<String> labels;
    private final List<InterfaceType> children;
    private final int resource;
    private final int length;
    private final ValueLayout layout;
    private final long payloadOffset;
    private final boolean hasHandles;
    private final boolean hasBorrows;
    /** Of labels that are too many to be searched for each value; null for few. */
    private final Map<String, Integer> numbers;

    /**
     * @param labels names of fields, cases or flags
     * @param children what it is made of directly: fields, elements, key and value, or a payload for each case, null
     *     for a case without; of an option one, of a result two
     * @param resource of a handle: the number of the resource in the plan; else -1
     * @param length of a list of fixed length, u32; else 0
     */
    public InterfaceType(TypeKind kind, List<String> labels, List<InterfaceType> children, int resource, int length) {
        this.kind = kind;
        this.labels = List.copyOf(labels);
        this.children = Collections.unmodifiableList(new ArrayList<>(children));
        this.resource = resource;
        this.length = length;
        List<ValueLayout> layouts = new ArrayList<>();
        boolean handles = resource >= 0;
        boolean borrows = kind == TypeKind.BORROW;
        for (InterfaceType c : children) {
            layouts.add(c == null ? null : c.layout);
            handles |= c != null && c.hasHandles;
            borrows |= c != null && c.hasBorrows;
        }
        this.layout = ValueLayout.of(kind, labels.size(), layouts, length, false);
        this.payloadOffset = hasCases() ? ValueLayout.payloadOffset(cases(), layouts) : 0;
        this.hasHandles = handles;
        this.hasBorrows = borrows;
        this.numbers = labels.size() <= FEW ? null : HashMap.newHashMap(labels.size());
        for (int i = 0; numbers != null && i < labels.size(); i++) {
            numbers.putIfAbsent(labels.get(i), i);
        }
    }

    private boolean hasCases() {
        return switch (kind) {
            case VARIANT, ENUM, OPTION, RESULT -> true;
            default -> false;
        };
    }

    public TypeKind kind() {
        return kind;
    }

    /** Names of fields, cases or flags. */
    public List<String> labels() {
        return labels;
    }

    /** The place of a label among {@link #labels}; -1 for anything else. */
    public int indexOf(Object label) {
        return numbers == null ? labels.indexOf(label) : numbers.getOrDefault(label, -1);
    }

    /** What it is made of directly; null for a case without a value. */
    public List<InterfaceType> children() {
        return children;
    }

    /** Of a handle: the number of the resource in the plan; else -1. */
    public int resource() {
        return resource;
    }

    /** Of a list of fixed length; else 0. */
    public int length() {
        return length;
    }

    /** In a memory with 32-bit addresses. */
    public ValueLayout layout() {
        return layout;
    }

    /** Whether a handle, owned or lent, can occur in a value. */
    public boolean hasHandles() {
        return hasHandles;
    }

    /** Whether a borrowed handle can occur in a value. */
    public boolean hasBorrows() {
        return hasBorrows;
    }

    /** How many cases a variant, enum, option or result has. */
    public int cases() {
        return switch (kind) {
            case VARIANT, ENUM -> labels.size();
            case OPTION, RESULT -> 2;
            default -> throw new IllegalStateException(kind + " has no cases");
        };
    }

    /**
     * What a value of case {@code i} carries, or null for nothing; of an option, case 1 is the one with a value, of a
     * result, case 0 is ok.
     */
    public InterfaceType payload(int i) {
        return switch (kind) {
            case VARIANT, RESULT -> children.get(i);
            case OPTION -> i == 0 ? null : children.getFirst();
            case ENUM -> null;
            default -> throw new IllegalStateException(kind + " has no cases");
        };
    }

    /** Where a case's payload begins in memory, in bytes from the start of the value. */
    public long payloadOffset() {
        return payloadOffset;
    }
}
