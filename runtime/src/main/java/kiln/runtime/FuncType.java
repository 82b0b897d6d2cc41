package kiln.runtime;

import java.lang.invoke.MethodType;
import java.util.ArrayList;
import java.util.List;

/** Parameters and results of a function. */
public record FuncType(List<ValType> params, List<ValType> results) implements EntityType {
    public FuncType {
        params = List.copyOf(params);
        results = List.copyOf(results);
    }

    // By hand, since linking what records have by themselves takes milliseconds; see architecture.md.
    @Override
    public boolean equals(Object o) {
        return o instanceof FuncType f && params.equals(f.params) && results.equals(f.results);
    }

    @Override
    public int hashCode() {
        return 31 * params.hashCode() + results.hashCode();
    }

    /** A function with one result. */
    public static FuncType of(ValType result, ValType... params) {
        return new FuncType(List.of(params), List.of(result));
    }

    /** A function without results. */
    public static FuncType ofVoid(ValType... params) {
        return new FuncType(List.of(params), List.of());
    }

    /**
     * The function type that corresponds to a Java method type: int, long, float, double, {@link V128}, {@link Func}
     * (funcref) and any other class (externref); void is no result.
     *
     * @throws IllegalArgumentException for boolean, byte, short, char
     */
    public static FuncType of(MethodType type) {
        List<ValType> params = new ArrayList<>();
        for (Class<?> c : type.parameterList()) {
            params.add(valType(c));
        }
        Class<?> r = type.returnType();
        return new FuncType(params, r == void.class ? List.of() : List.of(valType(r)));
    }

    private static ValType valType(Class<?> c) {
        if (c == int.class) {
            return ValType.I32;
        } else if (c == long.class) {
            return ValType.I64;
        } else if (c == float.class) {
            return ValType.F32;
        } else if (c == double.class) {
            return ValType.F64;
        } else if (c == V128.class) {
            return ValType.V128;
        } else if (c == Func.class) {
            return ValType.FUNCREF;
        } else if (c == ExnRef.class) {
            return ValType.EXNREF;
        } else if (!c.isPrimitive()) {
            return ValType.EXTERNREF;
        }
        throw new IllegalArgumentException("no WebAssembly type corresponds to " + c.getName());
    }

    /**
     * The Java method type that corresponds: the inverse of {@link #of(MethodType)}, with {@link ExnRef} for exnref and
     * Object for externref. Several results are returned as {@code long[]} of cells.
     */
    public MethodType methodType() {
        Class<?>[] ps = new Class<?>[params.size()];
        for (int i = 0; i < ps.length; i++) {
            ps[i] = javaType(params.get(i));
        }
        Class<?> r = switch (results.size()) {
            case 0 -> void.class;
            case 1 -> javaType(results.getFirst());
            default -> long[].class;
        };
        return MethodType.methodType(r, ps);
    }

    static Class<?> javaType(ValType t) {
        if (!(t instanceof ValType.Num n)) {
            return t.isFunc() ? Func.class : t.isException() ? ExnRef.class : Object.class;
        }
        return switch (n) {
            case I32 -> int.class;
            case I64 -> long.class;
            case F32 -> float.class;
            case F64 -> double.class;
            case V128 -> V128.class;
        };
    }

    /** Cells that the parameters take in a {@code long[]}. */
    public int paramCells() {
        return cells(params);
    }

    /** Cells that the results take in a {@code long[]}. */
    public int resultCells() {
        return cells(results);
    }

    private static int cells(List<ValType> types) {
        int n = 0;
        for (ValType t : types) {
            n += t.cells();
        }
        return n;
    }

    @Override
    public String toString() {
        return "func " + params + " -> " + results;
    }
}
