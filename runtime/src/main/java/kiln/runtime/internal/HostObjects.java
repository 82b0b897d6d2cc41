package kiln.runtime.internal;

import java.util.Arrays;

/** The objects of one store that generated code names by numbers of {@link HostIds}, and keeps. */
public final class HostObjects {
    /** The numbers alone, which do not keep the objects. */
    public static final class Numbers {
        private int[] ids = new int[4];
        private int count;

        private void add(int id) {
            if (count == ids.length) {
                ids = Arrays.copyOf(ids, 2 * count);
            }
            ids[count++] = id;
        }

        /** Gives them all back. */
        public void remove() {
            HostIds.remove(ids, count);
            count = 0;
        }
    }

    private final Numbers numbers = new Numbers();
    private Object[] objects = new Object[4];

    public Numbers numbers() {
        return numbers;
    }

    /** A number for {@code o}, never 0. */
    public int add(Object o) {
        int place = numbers.count;
        if (place == objects.length) {
            objects = Arrays.copyOf(objects, 2 * place);
        }
        objects[place] = o;
        int id = HostIds.add(o);
        numbers.add(id);
        return id;
    }
}
