package kiln.runtime;

import kiln.artifact.VMContextLayout;
import kiln.loader.Native;

/** An exception tag; its identity is what imports and exports share. */
public final class Tag implements Extern {
    private final Store store;
    private final TagType type;
    /** The engine's number of its function type; two types that look alike differ if their recursion groups do. */
    private final int typeId;
    /** Address of the record by which generated code knows it. */
    private final long record;

    /** @param record where its record is to be: zeroed memory of the store's */
    Tag(Store store, TagType type, int typeId, long record) {
        this.store = store;
        this.type = type;
        this.typeId = typeId;
        this.record = record;
        Native.putLong(record + VMContextLayout.TAG_TYPE, Integer.toUnsignedLong(typeId));
        store.add(this);
    }

    /**
     * A tag of the host's.
     *
     * @param type what exceptions with it carry are the parameters
     * @throws IllegalArgumentException if the type has results, or mentions a type that no module has
     */
    public static Tag of(Store store, FuncType type) {
        if (!type.results().isEmpty()) {
            throw new IllegalArgumentException("the type of a tag has no results: " + type);
        }
        return store.use(() -> new Tag(
                store,
                new TagType(type),
                store.engine().types().idOf(type),
                store.allocate(VMContextLayout.TAG_BYTES)));
    }

    /**
     * The tag of Java's exceptions in a store, with an externref as payload: the exception. From the moment that it
     * exists, an {@link Exception} that a host function of the store throws is thrown in the WebAssembly code that
     * called, with this tag, where handlers for it and those for everything see it. If none catches it, the same object
     * comes out. Traps, errors, other exceptions of this package and what says that it is not for WebAssembly
     * ({@link Unseen}) are not seen by handlers. Without the tag, no exception of Java's is.
     */
    public static Tag java(Store store) {
        return store.use(store::javaTag);
    }

    int typeId() {
        return typeId;
    }

    long record() {
        return record;
    }

    @Override
    public TagType type() {
        return type;
    }

    @Override
    public Store store() {
        return store;
    }

    @Override
    public String toString() {
        return type.toString();
    }
}
