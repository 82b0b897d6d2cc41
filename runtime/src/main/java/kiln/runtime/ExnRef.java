package kiln.runtime;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import kiln.artifact.ExceptionLayout;
import kiln.loader.Native;

/**
 * An exception of WebAssembly, as Java holds it: an exnref that is not null. It is collected when neither side has it
 * any more. Two throws make two exceptions, equal tags and payloads or not.
 */
public final class ExnRef {
    private final Store store;
    private final long address;
    private final Tag tag;
    /** What Java threw with it, so that the same object comes out again. */
    private WeakReference<ThrownException> thrown;

    ExnRef(Store store, long address) {
        this.store = store;
        this.address = address;
        this.tag = store.tag(Native.getLong(address + ExceptionLayout.TAG));
    }

    /**
     * Makes an exception, as WebAssembly does to throw it.
     *
     * @param payload a value for each parameter of the tag's type, as {@link Func#invoke} takes them
     * @throws IllegalArgumentException if the payload does not fit the tag
     * @throws TrapException if the exceptions in use leave no room within the store's limit
     */
    public static ExnRef of(Tag tag, Object... payload) {
        Store store = tag.store();
        return store.use(() -> make(store, tag, payload));
    }

    private static ExnRef make(Store store, Tag tag, Object[] payload) {
        List<ValType> types = tag.type().type().params();
        if (payload.length != types.size()) {
            throw new IllegalArgumentException(types.size() + " values needed, not " + payload.length);
        }
        // To an argument area first: a value may be refused, and until an exception is whole nothing must go wrong.
        long area = store.beginCall(16 * types.size());
        for (int i = 0; i < payload.length; i++) {
            Cells.writeObject(store, types.get(i), area + 16L * i, payload[i]);
        }
        int size = ExceptionLayout.size(8 * tag.type().type().paramCells());
        long address = store.exceptions().allocate(size);
        Native.putLong(address + ExceptionLayout.TAG, tag.record());
        Native.putInt(address + ExceptionLayout.SIZE, size);
        Native.putInt(address + ExceptionLayout.FLAGS, 0);
        long p = address + ExceptionLayout.PAYLOAD;
        for (int i = 0; i < payload.length; i++) {
            int bytes = 8 * types.get(i).cells();
            Native.copy(area + 16L * i, p, bytes);
            p += bytes;
        }
        return store.exceptions().ref(address);
    }

    long address() {
        return address;
    }

    /** The store that it lives in. */
    public Store store() {
        return store;
    }

    /** What kind of exception it is. */
    public Tag tag() {
        return tag;
    }

    /**
     * What it carries: a value for each parameter of the tag's type, as {@link Func#invoke} gives them.
     *
     * @throws IllegalStateException if the store is closed, or another thread owns it
     */
    public List<Object> payload() {
        return store.use(() -> {
            List<Object> values = new ArrayList<>();
            long p = address + ExceptionLayout.PAYLOAD;
            for (ValType t : tag.type().type().params()) {
                values.add(Cells.readObject(store, t, p));
                p += 8L * t.cells();
            }
            return Collections.unmodifiableList(values);
        });
    }

    ThrownException thrown() {
        return thrown == null ? null : thrown.get();
    }

    void setThrown(ThrownException e) {
        thrown = new WeakReference<>(e);
    }

    @Override
    public String toString() {
        return "exception with " + tag;
    }
}
