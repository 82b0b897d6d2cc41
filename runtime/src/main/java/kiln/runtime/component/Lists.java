package kiln.runtime.component;

import java.lang.reflect.Array;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import kiln.artifact.component.InterfaceType;
import kiln.artifact.component.TypeKind;
import kiln.loader.Native;

/** Lists of bool and of numbers, which are arrays in Java. */
final class Lists {
    private Lists() {}

    static boolean isNumber(InterfaceType t) {
        return arrayClass(t.kind()) != null;
    }

    /** The class of arrays for a list of such elements, or null if it is a {@link List}. */
    static Class<?> arrayClass(TypeKind element) {
        return switch (element) {
            case BOOL -> boolean[].class;
            case S8, U8 -> byte[].class;
            case S16, U16 -> short[].class;
            case S32, U32 -> int[].class;
            case S64, U64 -> long[].class;
            case F32 -> float[].class;
            case F64 -> double[].class;
            default -> null;
        };
    }

    /** An array from as many values, if there is one for such elements. */
    static Object compact(InterfaceType element, List<Object> values) {
        Class<?> type = arrayClass(element.kind());
        if (type == null) {
            return values;
        }
        Object array = Array.newInstance(type.getComponentType(), values.size());
        for (int i = 0; i < values.size(); i++) {
            Array.set(array, i, values.get(i));
        }
        return array;
    }

    /** The values of a list: those of an array one by one. */
    static List<?> values(Object list) {
        return switch (list) {
            case List<?> l -> l;
            case boolean[] a -> IntStream.range(0, a.length).mapToObj(i -> a[i]).toList();
            case byte[] a -> IntStream.range(0, a.length).mapToObj(i -> a[i]).toList();
            case short[] a -> IntStream.range(0, a.length).mapToObj(i -> a[i]).toList();
            case float[] a -> IntStream.range(0, a.length).mapToObj(i -> a[i]).toList();
            case int[] a -> Arrays.stream(a).boxed().toList();
            case long[] a -> Arrays.stream(a).boxed().toList();
            case double[] a -> Arrays.stream(a).boxed().toList();
            default -> throw new IllegalArgumentException(list.getClass().getName());
        };
    }

    /** A list that cannot be changed. Called by generated code. */
    static List<Object> of(Object[] elements) {
        return Collections.unmodifiableList(Arrays.asList(elements));
    }

    /** A map of keys and values, which take turns; of equal keys the last one counts. Called by generated code. */
    static Map<Object, Object> map(Object[] parts) {
        Map<Object, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < parts.length; i += 2) {
            map.put(parts[i], parts[i + 1]);
        }
        return map;
    }

    /** The keys and values of a map, which take turns. Called by generated code. */
    static List<Object> parts(Object map) {
        List<Object> parts = new ArrayList<>();
        ((Map<?, ?>) map).forEach((k, v) -> {
            parts.add(k);
            parts.add(v);
        });
        return parts;
    }

    static int length(Object list) {
        return list instanceof List<?> l ? l.size() : Array.getLength(list);
    }

    /** {@code count} numbers from a native address; all their bytes are there. */
    static Object load(TypeKind element, long at, int count) {
        switch (element) {
            case BOOL -> {
                boolean[] a = new boolean[count];
                for (int i = 0; i < count; i++) {
                    a[i] = Native.getByte(at + i) != 0;
                }
                return a;
            }
            case S8, U8 -> {
                byte[] a = new byte[count];
                Native.copy(at, a, 0, count);
                return a;
            }
            case S16, U16 -> {
                short[] a = new short[count];
                for (int i = 0; i < count; i++) {
                    a[i] = Native.getShort(at + 2L * i);
                }
                return a;
            }
            case S32, U32 -> {
                int[] a = new int[count];
                for (int i = 0; i < count; i++) {
                    a[i] = Native.getInt(at + 4L * i);
                }
                return a;
            }
            case S64, U64 -> {
                long[] a = new long[count];
                for (int i = 0; i < count; i++) {
                    a[i] = Native.getLong(at + 8L * i);
                }
                return a;
            }
            case F32 -> {
                float[] a = new float[count];
                for (int i = 0; i < count; i++) {
                    a[i] = Native.getFloat(at + 4L * i);
                }
                return a;
            }
            default -> {
                double[] a = new double[count];
                for (int i = 0; i < count; i++) {
                    a[i] = Native.getDouble(at + 8L * i);
                }
                return a;
            }
        }
    }

    /** Writes all numbers of an array to a native address where there is room for them. */
    static void store(Object array, long at) {
        switch (array) {
            case boolean[] a -> {
                for (int i = 0; i < a.length; i++) {
                    Native.putByte(at + i, (byte) (a[i] ? 1 : 0));
                }
            }
            case byte[] a -> Native.copy(a, 0, at, a.length);
            case short[] a -> {
                for (int i = 0; i < a.length; i++) {
                    Native.putShort(at + 2L * i, a[i]);
                }
            }
            case int[] a -> {
                for (int i = 0; i < a.length; i++) {
                    Native.putInt(at + 4L * i, a[i]);
                }
            }
            case long[] a -> Native.copy(a, a.length, at);
            case float[] a -> {
                for (int i = 0; i < a.length; i++) {
                    Native.putFloat(at + 4L * i, a[i]);
                }
            }
            case double[] a -> {
                for (int i = 0; i < a.length; i++) {
                    Native.putDouble(at + 8L * i, a[i]);
                }
            }
            default -> throw new IllegalArgumentException(array.getClass().getName());
        }
    }
}
