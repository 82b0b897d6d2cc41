package kiln.runtime;

/** An exception tag; its identity is what imports and exports share. */
public final class Tag implements Extern {
    private final Store store;
    private final TagType type;
    /** The engine's number of its function type; two types that look alike differ if their recursion groups do. */
    private final int typeId;

    Tag(Store store, TagType type, int typeId) {
        this.store = store;
        this.type = type;
        this.typeId = typeId;
    }

    /** A tag of the host's. */
    public static Tag of(Store store, FuncType type) {
        store.check();
        return new Tag(store, new TagType(type), store.engine().types().idOf(type));
    }

    int typeId() {
        return typeId;
    }

    @Override
    public TagType type() {
        return type;
    }

    @Override
    public Store store() {
        return store;
    }
}
