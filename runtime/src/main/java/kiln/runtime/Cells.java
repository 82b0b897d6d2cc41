package kiln.runtime;

import java.util.List;
import kiln.loader.Native;

/** Values between Java and an argument area (16 bytes each) or a {@code long[]} of cells. */
final class Cells {
    private Cells() {}

    /** Whether a value takes the low half of its place in an area only. */
    static boolean isNarrow(ValType t) {
        return t == ValType.I32 || t == ValType.F32;
    }

    /** A value of one cell. */
    static long read(ValType t, long address) {
        return isNarrow(t) ? Native.getInt(address) : Native.getLong(address);
    }

    static void readAll(List<ValType> types, long area, long[] cells) {
        int c = 0;
        for (int i = 0; i < types.size(); i++) {
            ValType t = types.get(i);
            cells[c++] = read(t, area + 16L * i);
            if (t == ValType.Num.V128) {
                cells[c++] = Native.getLong(area + 16L * i + 8);
            }
        }
    }

    static void writeAll(List<ValType> types, long area, long[] cells) {
        int c = 0;
        for (int i = 0; i < types.size(); i++) {
            Native.putLong(area + 16L * i, cells[c++]);
            if (types.get(i) == ValType.Num.V128) {
                Native.putLong(area + 16L * i + 8, cells[c++]);
            }
        }
    }

    static Object readObject(Store store, ValType t, long address) {
        if (t instanceof ValType.Ref r) {
            return store.references().object(r, Native.getLong(address));
        }
        return switch ((ValType.Num) t) {
            case I32 -> Native.getInt(address);
            case I64 -> Native.getLong(address);
            case F32 -> Native.getFloat(address);
            case F64 -> Native.getDouble(address);
            case V128 -> readV128(address);
        };
    }

    static void writeObject(Store store, ValType t, long address, Object value) {
        try {
            if (t instanceof ValType.Ref r) {
                Native.putLong(address, store.references().raw(store, r, value));
                return;
            }
            switch ((ValType.Num) t) {
                case I32 -> Native.putInt(address, (Integer) value);
                case I64 -> Native.putLong(address, (Long) value);
                case F32 -> Native.putFloat(address, (Float) value);
                case F64 -> Native.putDouble(address, (Double) value);
                case V128 -> writeV128(address, (V128) value);
            }
        } catch (ClassCastException | NullPointerException e) {
            throw new IllegalArgumentException(
                    t + " needed, not "
                            + (value == null ? "null" : value.getClass().getName()),
                    e);
        }
    }

    static V128 readV128(long address) {
        return new V128(Native.getLong(address), Native.getLong(address + 8));
    }

    static void writeV128(long address, V128 value) {
        Native.putLong(address, value.low());
        Native.putLong(address + 8, value.high());
    }
}
