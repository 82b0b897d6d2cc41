package kiln.types;

import java.util.ArrayList;
import java.util.List;

/**
 * Gives the types of a recursion group the numbers that they have elsewhere.
 *
 * @param start of the group
 * @param indices new numbers of earlier types, or null if they stay
 * @param newStart where the group is to be
 */
record Renumbering(int start, int size, int[] indices, int newStart) {
    private int index(int i) {
        if (i >= start && i < start + size) {
            return i - start + newStart;
        }
        return indices == null || i < 0 ? i : indices[i];
    }

    SubType of(SubType t) {
        CompositeType type = t.type();
        if (type instanceof FuncType f) {
            type = new FuncType(of(f.params()), of(f.results()));
        } else if (type instanceof StructType s) {
            List<FieldType> fields = new ArrayList<>(s.fields().size());
            for (FieldType f : s.fields()) {
                fields.add(of(f));
            }
            type = new StructType(fields);
        } else {
            type = new ArrayType(of(((ArrayType) type).element()));
        }
        return new SubType(t.isFinal(), index(t.supertype()), type);
    }

    private FieldType of(FieldType f) {
        return new FieldType(of(f.storage()), f.mutable());
    }

    private int[] of(int[] list) {
        int[] result = new int[list.length];
        for (int i = 0; i < result.length; i++) {
            result[i] = of(list[i]);
        }
        return result;
    }

    private int of(int type) {
        return ValType.isRef(type) && ValType.heap(type) >= 0
                ? ValType.ref(ValType.isNullable(type), index(ValType.heap(type)))
                : type;
    }
}
