package kiln.runtime.component;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import kiln.artifact.api.TrapCode;
import kiln.artifact.component.FunctionType;
import kiln.artifact.component.InterfaceType;
import kiln.artifact.component.StringEncoding;
import kiln.artifact.component.TypeKind;
import kiln.artifact.component.ValueLayout;
import kiln.loader.Native;

/**
 * Core values and memory from values of Java, by walking their types: the canonical ABI's {@code lower} and
 * {@code store}. The values fit their types ({@link Values#check} has looked, or they come from {@link Lifting}).
 */
final class Lowering {
    private final GuestMemory memory;
    private final StringEncoding encoding;
    private final Handles handles;
    /** The last string that was examined, which is mostly the one to be written. */
    private String examined;

    private byte[] examinedUtf8;

    Lowering(GuestMemory memory, StringEncoding encoding, Handles handles) {
        this.memory = memory;
        this.encoding = encoding;
        this.handles = handles;
    }

    /** The core values for the parameters of a function that is lifted. */
    long[] params(CallShape shape, Object[] args) {
        FunctionType type = shape.type();
        if (shape.spillsParams()) {
            ValueLayout tuple = shape.tuple();
            int address = memory.allocate(tuple.alignment(), tuple.bytes());
            long at = memory.at(address);
            long offset = 0;
            for (int i = 0; i < args.length; i++) {
                InterfaceType t = type.params().get(i);
                offset = ValueLayout.align(offset, t.layout().alignment());
                store(t, args[i], at + offset);
                offset += t.layout().bytes();
            }
            return new long[] {address};
        }
        Cells out = new Cells(shape.flatParams());
        for (int i = 0; i < args.length; i++) {
            flat(type.params().get(i), args[i], out);
        }
        return out.cells;
    }

    /**
     * The core results of a function that was lowered.
     *
     * @param flat what it was called with: the last one says where a result goes that is passed in memory
     */
    long[] result(CallShape shape, Object result, long[] flat) {
        FunctionType type = shape.type();
        if (type.result() == null) {
            return new long[0];
        }
        ValueLayout layout = type.result().layout();
        if (shape.spillsResult()) {
            store(
                    type.result(),
                    result,
                    memory.range(
                            (int) flat[flat.length - 1],
                            layout.bytes(),
                            layout.alignment(),
                            TrapCode.MEMORY_OUT_OF_BOUNDS));
            return new long[0];
        }
        Cells out = new Cells(layout.flat().size());
        flat(type.result(), result, out);
        return out.cells;
    }

    // ---- core values

    /** Core values as cells: narrow ones are zero-extended, which is what joins them with wide ones. */
    private static final class Cells {
        private final long[] cells;
        private int next;

        Cells(int count) {
            cells = new long[count];
        }

        void add(long cell) {
            cells[next++] = cell;
        }
    }

    private void flat(InterfaceType t, Object v, Cells out) {
        switch (t.kind()) {
            case STRING -> add(string(v), out);
            case LIST -> add(list(t.children().getFirst(), v), out);
            case MAP -> add(map(t, v), out);
            case RECORD, TUPLE, ARRAY -> {
                List<?> values = Lists.values(v);
                for (int i = 0; i < values.size(); i++) {
                    InterfaceType c = t.children().get(t.kind() == TypeKind.ARRAY ? 0 : i);
                    flat(c, values.get(i), out);
                }
            }
            case VARIANT, OPTION, RESULT, ENUM -> {
                int end = out.next + t.layout().flat().size();
                int number = caseOf(t, v);
                out.add(number);
                if (t.payload(number) != null) {
                    flat(t.payload(number), payload(v), out);
                }
                out.next = end;
            }
            default -> out.add(scalar(t, v));
        }
    }

    private static void add(Texts.Place p, Cells out) {
        out.add(Integer.toUnsignedLong(p.address()));
        out.add(Integer.toUnsignedLong(p.length()));
    }

    /** The one core value of a value. */
    private long scalar(InterfaceType t, Object v) {
        int narrow = switch (t.kind()) {
            case BOOL -> (Boolean) v ? 1 : 0;
            case S8 -> (Byte) v;
            case U8 -> (Byte) v & 0xFF;
            case S16 -> (Short) v;
            case U16 -> (Short) v & 0xFFFF;
            case S32, U32, CHAR -> (Integer) v;
            case F32 -> Float.floatToRawIntBits((Float) v);
            case FLAGS -> flags(t, (Set<?>) v);
            case OWN -> handles.lowerOwn(t, v);
            case BORROW -> handles.lowerBorrow(t, v);
            case S64, U64, F64 -> 0;
            default -> throw new IllegalStateException("damaged file: a value of type " + t.kind());
        };
        return switch (t.kind()) {
            case S64, U64 -> (Long) v;
            case F64 -> Double.doubleToRawLongBits((Double) v);
            default -> Integer.toUnsignedLong(narrow);
        };
    }

    private static int flags(InterfaceType t, Set<?> set) {
        int bits = 0;
        for (int i = 0; i < t.labels().size(); i++) {
            bits |= set.contains(t.labels().get(i)) ? 1 << i : 0;
        }
        return bits;
    }

    private static int caseOf(InterfaceType t, Object v) {
        return switch (v) {
            case Optional<?> o -> o.isPresent() ? 1 : 0;
            case Result<?, ?> r -> r.isOk() ? 0 : 1;
            case Variant x -> t.indexOf(x.label());
            default -> t.indexOf(v);
        };
    }

    static Object payload(Object v) {
        return switch (v) {
            case Optional<?> o -> o.get();
            case Result.Ok<?, ?>(Object value) -> value;
            case Result.Err<?, ?>(Object value) -> value;
            default -> ((Variant) v).payload();
        };
    }

    // ---- memory

    /** @param at native address of room for the value's own bytes */
    private void store(InterfaceType t, Object v, long at) {
        switch (t.kind()) {
            case STRING -> store(string(v), at);
            case LIST -> store(list(t.children().getFirst(), v), at);
            case MAP -> store(map(t, v), at);
            case RECORD, TUPLE -> {
                List<?> values = (List<?>) v;
                long offset = 0;
                for (int i = 0; i < values.size(); i++) {
                    InterfaceType c = t.children().get(i);
                    offset = ValueLayout.align(offset, c.layout().alignment());
                    store(c, values.get(i), at + offset);
                    offset += c.layout().bytes();
                }
            }
            case ARRAY -> elements(t.children().getFirst(), v, t.length(), at);
            case VARIANT, OPTION, RESULT, ENUM -> {
                int number = caseOf(t, v);
                number(at, ValueLayout.discriminantBytes(t.cases()), number);
                if (t.payload(number) != null) {
                    store(t.payload(number), payload(v), at + t.payloadOffset());
                }
            }
            case S64, U64, F64 -> Native.putLong(at, scalar(t, v));
            default -> number(at, (int) t.layout().bytes(), (int) scalar(t, v));
        }
    }

    private static void store(Texts.Place p, long at) {
        Native.putInt(at, p.address());
        Native.putInt(at + 4, p.length());
    }

    static void number(long at, int bytes, int value) {
        switch (bytes) {
            case 1 -> Native.putByte(at, (byte) value);
            case 2 -> Native.putShort(at, (short) value);
            default -> Native.putInt(at, value);
        }
    }

    private Texts.Place string(Object v) {
        if (v instanceof GuestString g) {
            return Texts.lower(memory, encoding, g);
        }
        String s = (String) v;
        byte[] utf8 = s == examined ? examinedUtf8 : s.getBytes(StandardCharsets.UTF_8);
        examined = null;
        examinedUtf8 = null;
        return Texts.lower(memory, encoding, s, utf8);
    }

    private Texts.Place list(InterfaceType element, Object v) {
        int count = Lists.length(v);
        int address = room(element, count);
        elements(element, v, count, memory.at(address));
        return new Texts.Place(address, count);
    }

    /** @param count elements that there is room for, whatever the list says by now */
    private void elements(InterfaceType element, Object v, int count, long at) {
        if (!(v instanceof List<?> list)) {
            Lists.store(v, at);
            return;
        }
        Iterator<?> elements = list.iterator();
        long p = at;
        for (int i = 0; i < count; i++) {
            store(element, elements.next(), p);
            p += element.layout().bytes();
        }
    }

    private Texts.Place map(InterfaceType t, Object v) {
        List<Object> pairs = new ArrayList<>();
        if (v instanceof Map<?, ?> m) {
            m.forEach((key, value) -> pairs.add(List.of(key, value)));
        } else {
            pairs.addAll((List<?>) v);
        }
        InterfaceType pair = new InterfaceType(TypeKind.TUPLE, List.of(), t.children(), -1, 0);
        return list(pair, pairs);
    }

    // ---- what generated code calls

    boolean isText(Object v) {
        byte[] utf8 = v instanceof String s ? Texts.utf8(s) : null;
        examined = utf8 == null ? null : (String) v;
        examinedUtf8 = utf8;
        return utf8 != null;
    }

    /** Whether a value is a generic one of the type. */
    boolean isValue(InterfaceType t, Object v) {
        try {
            new Values((type, value) -> handles.fits(type, value) ? null : "it cannot be passed").check(t, v, "");
            return true;
        } catch (IllegalArgumentException _) {
            return false;
        }
    }

    /** Writes a generic value to memory. */
    void walk(InterfaceType t, Object v, long at) {
        store(t, v, at);
    }

    /** Writes a generic value as core values, 16 bytes apart. */
    void walkCells(InterfaceType t, Object v, long at) {
        Cells out = new Cells(t.layout().flat().size());
        flat(t, v, out);
        for (int i = 0; i < out.cells.length; i++) {
            Native.putLong(at + 16L * i, out.cells[i]);
        }
    }

    /** Room for the elements of a list: the address. */
    int room(InterfaceType element, int count) {
        long bytes = count * element.layout().bytes();
        if (bytes >= ValueLayout.MAX_BYTES) {
            throw new IllegalArgumentException("the list has become larger while it was passed");
        }
        return memory.allocate(element.layout().alignment(), bytes);
    }

    /** The native address of what {@link #room} returned. */
    long at(int address) {
        return memory.at(address);
    }

    void text(Object s, long at) {
        store(string(s), at);
    }

    void textCells(Object s, long cells) {
        Texts.Place p = string(s);
        cells(p.address(), p.length(), cells);
    }

    /** An array of bool or numbers. */
    void numbers(InterfaceType list, Object array, long at) {
        int count = Lists.length(array);
        Native.putInt(at, numbers(list, array, count));
        Native.putInt(at + 4, count);
    }

    void numbersCells(InterfaceType list, Object array, long cells) {
        int count = Lists.length(array);
        cells(numbers(list, array, count), count, cells);
    }

    private int numbers(InterfaceType list, Object array, int count) {
        int address = room(list.children().getFirst(), count);
        Lists.store(array, memory.at(address));
        return address;
    }

    /** Two core values that are i32, perhaps joined with wider ones. */
    static void cells(int first, int second, long cells) {
        cell(cells, first);
        cell(cells + 16, second);
    }

    /** A core value that is i32, perhaps joined with a wider one. */
    static void cell(long at, int value) {
        Native.putLong(at, Integer.toUnsignedLong(value));
    }

    static int character(int c) {
        if (!Values.isCharacter(c)) {
            throw new IllegalArgumentException(c + " is no character of Unicode");
        }
        return c;
    }

    int own(InterfaceType t, Object v) {
        return handles.lowerOwn(t, v);
    }

    int borrow(InterfaceType t, Object v) {
        return handles.lowerBorrow(t, v);
    }

    /** Whether a value is a resource of a type that can be passed. */
    boolean fits(InterfaceType t, Object v) {
        return handles.fits(t, v);
    }

    /** The case of a {@link Result}. */
    static int outcome(Object result) {
        return ((Result<?, ?>) result).isOk() ? 0 : 1;
    }
}
