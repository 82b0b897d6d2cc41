package kiln.runtime.internal;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/** Numbers for the objects that WebAssembly holds as externref. */
public final class ExternRefs {
    private Map<Object, Integer> handles;
    private List<Object> objects;

    /** The number of {@code o}, not 0. */
    public long handle(Object o) {
        if (handles == null) {
            handles = new IdentityHashMap<>();
            objects = new ArrayList<>();
        }
        Integer known = handles.get(o);
        if (known != null) {
            return known;
        }
        objects.add(o);
        handles.put(o, objects.size());
        return objects.size();
    }

    /** Whether some object has this number. */
    public boolean has(long handle) {
        return objects != null && handle >= 1 && handle <= objects.size();
    }

    public Object object(long handle) {
        return objects.get((int) handle - 1);
    }
}
