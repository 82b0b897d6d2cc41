package kiln.component;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import kiln.artifact.component.TypeKind;

/** Makes the value types of one component, so that equal ones have one shape, and numbers for the names of types. */
final class Types {
    /** Nothing recursive goes deeper. */
    static final int MAX_DEPTH = 100;
    /** What the text of one type may amount to, with everything that it refers to written out. */
    static final int MAX_SIZE = 1_000_000;
    /**
     * How many parts of types may be made again with other resources or names, for all components that are decoded
     * together. Each instance copies its type, so a few bytes can ask for many copies of a large one.
     */
    static final int MAX_COPIES = 1_000_000;

    private static final ValueType[] NONE = {};

    private final Map<ValueType.Key, ValueType> shapes = new HashMap<>();
    private int names;
    private long copies;

    /** A number that no other name has. */
    int newName() {
        return ++names;
    }

    /** Counts parts of types that are made again. */
    void copied(int parts) {
        copies += parts;
    }

    boolean hasTooManyCopies() {
        return copies > MAX_COPIES;
    }

    static int clamp(long size) {
        return (int) Math.min(size, MAX_SIZE + 1);
    }

    static int size(Map<String, Entity> entities) {
        long size = 1;
        for (Entity e : entities.values()) {
            size += e.size();
        }
        return clamp(size);
    }

    static boolean hasResources(Map<String, Entity> entities) {
        for (Entity e : entities.values()) {
            if (e.hasResources()) {
                return true;
            }
        }
        return false;
    }

    ValueType primitive(TypeKind kind) {
        return make(kind, List.of(), NONE, null, 0, 0);
    }

    /** A handle. */
    ValueType handle(TypeKind kind, ResourceType resource) {
        return make(kind, List.of(), NONE, resource, 0, 0);
    }

    /** A type made of others. */
    ValueType of(TypeKind kind, List<String> labels, ValueType[] children, int length) {
        return make(kind, List.copyOf(labels), children, null, length, 0);
    }

    /** The same type under a name of its own. */
    ValueType named(ValueType t, int name) {
        return make(t.kind(), t.labels(), t.children(), t.resource(), t.length(), name);
    }

    /** The same type and name, made of other types. */
    ValueType with(ValueType t, ValueType[] children, ResourceType resource) {
        return make(t.kind(), t.labels(), children, resource, t.length(), t.name());
    }

    private ValueType make(
            TypeKind kind, List<String> labels, ValueType[] children, ResourceType resource, int length, int name) {
        ValueType[] plain = children.clone();
        boolean isShape = name == 0 && (resource == null || resource.name() == 0);
        for (int i = 0; i < plain.length; i++) {
            if (plain[i] != null) {
                isShape &= plain[i] == plain[i].shape();
                plain[i] = plain[i].shape();
            }
        }
        ResourceType anonymous = resource == null ? null : new ResourceType(resource.id(), 0);
        ValueType shape = new ValueType(kind, labels, plain, anonymous, length, 0, null);
        ValueType known = shapes.putIfAbsent(new ValueType.Key(shape), shape);
        shape = known == null ? shape : known;
        return isShape ? shape : new ValueType(kind, labels, children, resource, length, name, shape);
    }
}
