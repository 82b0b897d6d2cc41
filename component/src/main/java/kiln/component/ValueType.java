package kiln.component;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import kiln.artifact.component.TypeKind;
import kiln.artifact.component.ValueLayout;

/**
 * The type of a value. Made by {@link Types} only, so that types which look the same have the same {@link #shape}: two
 * types are equal if their shapes are one object. Names are the other half of a type: an import or an export makes a
 * name for a type, and what is visible outside may only be made of types that have one.
 */
public final class ValueType implements Type {
    private final TypeKind kind;
    private final List<String> labels;
    private final ValueType[] children;
    private final ResourceType resource;
    private final int length;
    private final int name;
    private final ValueType shape;
    private final ValueLayout layout;
    private final ValueLayout wideLayout;
    private final int size;
    private final int depth;
    private final boolean hasResources;
    private final boolean hasBorrows;

    /**
     * @param children null where a case has no payload
     * @param shape the type without names, or null if this is it
     */
    ValueType(
            TypeKind kind,
            List<String> labels,
            ValueType[] children,
            ResourceType resource,
            int length,
            int name,
            ValueType shape) {
        this.kind = kind;
        this.labels = labels;
        this.children = children;
        this.resource = resource;
        this.length = length;
        this.name = name;
        this.shape = shape == null ? this : shape;
        long total = 1 + labels.size();
        int deepest = 0;
        boolean resources = resource != null;
        boolean borrows = kind == TypeKind.BORROW;
        for (ValueType c : children) {
            if (c != null) {
                total += c.size;
                deepest = Math.max(deepest, c.depth);
                resources |= c.hasResources;
                borrows |= c.hasBorrows;
            }
        }
        this.size = Types.clamp(total);
        this.depth = deepest + 1;
        this.hasResources = resources;
        this.hasBorrows = borrows;
        this.layout = shape == null ? layout(false) : shape.layout;
        this.wideLayout = shape == null ? layout(true) : shape.wideLayout;
    }

    private ValueLayout layout(boolean wide) {
        List<ValueLayout> parts = new ArrayList<>();
        for (ValueType c : children) {
            parts.add(c == null ? null : wide ? c.wideLayout : c.layout);
        }
        return ValueLayout.of(kind, labels.size(), parts, length, wide);
    }

    public TypeKind kind() {
        return kind;
    }

    /** Names of fields, cases or flags. */
    public List<String> labels() {
        return labels;
    }

    /** How many types it is made of directly: one for each field, element or case. */
    public int childCount() {
        return children.length;
    }

    /** Type of field, element or case {@code i}; null for a case without a value. */
    public ValueType child(int i) {
        return children[i];
    }

    ValueType[] children() {
        return children.clone();
    }

    /** Of a handle: to what. */
    public ResourceType resource() {
        return resource;
    }

    /** Of a list of fixed length. */
    public int length() {
        return length;
    }

    /** Number of the definition, import or export that gave it its name; 0 if it has none. */
    public int name() {
        return name;
    }

    /** The type without names: the same object for equal types. */
    public ValueType shape() {
        return shape;
    }

    /** How the canonical ABI lays values out, with 32-bit addresses. */
    public ValueLayout layout() {
        return layout;
    }

    /** The same with 64-bit addresses. */
    ValueLayout wideLayout() {
        return wideLayout;
    }

    @Override
    public int size() {
        return size;
    }

    /** How deep types are nested in it, 1 if there are none. */
    int depth() {
        return depth;
    }

    @Override
    public boolean hasResources() {
        return hasResources;
    }

    boolean hasBorrows() {
        return hasBorrows;
    }

    /** What makes two types one, for {@link Types}. */
    static final class Key {
        private final ValueType type;

        Key(ValueType type) {
            this.type = type;
        }

        @Override
        public boolean equals(Object o) {
            if (!(o instanceof Key k)) {
                return false;
            }
            ValueType a = type;
            ValueType b = k.type;
            if (a.kind != b.kind || a.length != b.length || a.children.length != b.children.length) {
                return false;
            }
            for (int i = 0; i < a.children.length; i++) {
                if (a.children[i] != b.children[i]) {
                    return false;
                }
            }
            return Objects.equals(a.resource, b.resource) && a.labels.equals(b.labels);
        }

        @Override
        public int hashCode() {
            int children = 0;
            for (ValueType c : type.children) {
                children = 31 * children + System.identityHashCode(c);
            }
            int resource = type.resource == null ? 0 : System.identityHashCode(type.resource.id());
            return Arrays.hashCode(
                    new int[] {type.kind.ordinal(), type.length, children, resource, type.labels.hashCode()});
        }
    }
}
