package kiln.runtime;

/** An exception tag; its identity is what imports and exports share. */
public final class Tag implements Extern {
    private final Store store;
    private final TagType type;

    Tag(Store store, TagType type) {
        this.store = store;
        this.type = type;
    }

    /** A tag of the host's. */
    public static Tag of(Store store, FuncType type) {
        store.check();
        return new Tag(store, new TagType(type));
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
