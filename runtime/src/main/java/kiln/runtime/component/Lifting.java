package kiln.runtime.component;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
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
import kiln.runtime.TrapException;

/**
 * Values of Java from core values and memory, by walking their types: the canonical ABI's {@code lift} and
 * {@code load}. Everything in memory is read once, and only after its range was checked.
 */
final class Lifting {
    /** As much as one call copies out of guests for Java, in bytes. */
    private static final long MAX_COPIED = 128L << 20;
    /** What an object of Java takes at least, beside the bytes that the guest has for it: a byte may become one. */
    private static final int OBJECT_BYTES = 16;

    private final GuestMemory memory;
    private final StringEncoding encoding;
    private final Handles handles;
    private final boolean forGuest;
    private final Conversion.Wrapper wrapper;
    private long left = MAX_COPIED;

    /** @param forGuest whether the values are for another component, which is not protected from large ones */
    Lifting(GuestMemory memory, StringEncoding encoding, Handles handles, boolean forGuest) {
        this(memory, encoding, handles, forGuest, null);
    }

    /** @param wrapper gives generated code the objects for resources */
    Lifting(
            GuestMemory memory,
            StringEncoding encoding,
            Handles handles,
            boolean forGuest,
            Conversion.Wrapper wrapper) {
        this.memory = memory;
        this.encoding = encoding;
        this.handles = handles;
        this.forGuest = forGuest;
        this.wrapper = wrapper;
    }

    /** Another call begins. */
    void begin() {
        left = MAX_COPIED;
    }

    /** The parameters of a function from core values, which begin with them. */
    Object[] params(CallShape shape, long[] flat) {
        FunctionType type = shape.type();
        Object[] args = new Object[type.params().size()];
        if (shape.spillsParams()) {
            long at = start(shape.tuple(), (int) flat[0]);
            long offset = 0;
            for (int i = 0; i < args.length; i++) {
                InterfaceType t = type.params().get(i);
                offset = ValueLayout.align(offset, t.layout().alignment());
                args[i] = load(t, at + offset);
                offset += t.layout().bytes();
            }
            return args;
        }
        Cursor in = new Cursor(flat);
        for (int i = 0; i < args.length; i++) {
            args[i] = flat(type.params().get(i), in);
        }
        return args;
    }

    /** The result of a function from its core results; null if it has none. */
    Object result(CallShape shape, long[] flat) {
        FunctionType type = shape.type();
        if (type.result() == null) {
            return null;
        }
        return shape.spillsResult()
                ? load(type.result(), start(type.result().layout(), (int) flat[0]))
                : flat(type.result(), new Cursor(flat));
    }

    /** The native address of a value whose bytes are checked to be in memory, and aligned. */
    long start(ValueLayout layout, int address) {
        return memory.range(address, layout.bytes(), layout.alignment(), TrapCode.MEMORY_OUT_OF_BOUNDS);
    }

    // ---- core values

    /** Core values as cells: narrow ones are read from the low half, in whatever type they were joined. */
    private static final class Cursor {
        private final long[] cells;
        private int next;

        Cursor(long[] cells) {
            this.cells = cells;
        }

        long next() {
            return cells[next++];
        }
    }

    private Object flat(InterfaceType t, Cursor in) {
        return switch (t.kind()) {
            case STRING -> {
                int address = (int) in.next();
                yield string(address, (int) in.next());
            }
            case LIST -> {
                int address = (int) in.next();
                yield list(t.children().getFirst(), address, (int) in.next());
            }
            case MAP -> {
                int address = (int) in.next();
                yield map(t, address, (int) in.next());
            }
            case RECORD, TUPLE -> {
                List<Object> fields = new ArrayList<>(t.children().size());
                for (InterfaceType c : t.children()) {
                    fields.add(flat(c, in));
                }
                yield fields;
            }
            case ARRAY -> {
                InterfaceType element = t.children().getFirst();
                List<Object> elements = new ArrayList<>();
                for (int i = 0; i < t.length(); i++) {
                    elements.add(flat(element, in));
                }
                yield Lists.compact(element, elements);
            }
            case VARIANT, OPTION, RESULT, ENUM -> {
                int end = in.next + t.layout().flat().size();
                int number = (int) in.next();
                checkCase(t, number);
                InterfaceType payload = t.payload(number);
                Object value = payload == null ? null : flat(payload, in);
                in.next = end;
                yield ofCase(t, number, value);
            }
            default -> scalar(t, in.next());
        };
    }

    /** A value of one core value. */
    private Object scalar(InterfaceType t, long cell) {
        return switch (t.kind()) {
            case BOOL -> bool((int) cell);
            case S8, U8 -> (byte) cell;
            case S16, U16 -> (short) cell;
            case S32, U32 -> (int) cell;
            case S64, U64 -> cell;
            case F32 -> Float.intBitsToFloat((int) cell);
            case F64 -> Double.longBitsToDouble(cell);
            case CHAR -> character((int) cell);
            case FLAGS -> flags(t, (int) cell);
            case OWN -> handles.liftOwn(t, (int) cell);
            case BORROW -> handles.liftBorrow(t, (int) cell);
            default -> throw new IllegalStateException("damaged file: a value of type " + t.kind());
        };
    }

    // Package-private from here on: what generated code calls, too.

    static boolean bool(int i) {
        return i != 0;
    }

    static int character(int c) {
        if (Integer.compareUnsigned(c, Character.MAX_CODE_POINT) > 0
                || c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE) {
            throw GuestMemory.trap(TrapCode.INVALID_CHAR);
        }
        return c;
    }

    private static Set<String> flags(InterfaceType t, int bits) {
        Set<String> set = new LinkedHashSet<>();
        for (int i = 0; i < t.labels().size(); i++) {
            if ((bits >>> i & 1) != 0) {
                set.add(t.labels().get(i));
            }
        }
        return set;
    }

    /** The number of a case, if there is such a one. */
    static int checkCase(InterfaceType t, int number) {
        if (Integer.compareUnsigned(number, t.cases()) >= 0) {
            throw new TrapException(
                    TrapCode.INVALID_DISCRIMINANT,
                    TrapCode.INVALID_DISCRIMINANT.message() + ": " + Integer.toUnsignedString(number) + " of "
                            + t.cases());
        }
        return number;
    }

    private static Object ofCase(InterfaceType t, int number, Object value) {
        return switch (t.kind()) {
            case ENUM -> t.labels().get(number);
            case OPTION -> number == 0 ? Optional.empty() : Optional.of(value);
            case RESULT -> number == 0 ? Result.ok(value) : Result.err(value);
            default -> new Variant(t.labels().get(number), value);
        };
    }

    // ---- memory

    /** @param at native address; all of the value's own bytes are there */
    private Object load(InterfaceType t, long at) {
        return switch (t.kind()) {
            case BOOL, S8, U8 -> scalar(t, Native.getByte(at));
            case S16, U16 -> scalar(t, Native.getShort(at));
            case S32, U32, F32, CHAR, OWN, BORROW -> scalar(t, Native.getInt(at));
            case S64, U64, F64 -> scalar(t, Native.getLong(at));
            case STRING -> string(Native.getInt(at), Native.getInt(at + 4));
            case LIST -> list(t.children().getFirst(), Native.getInt(at), Native.getInt(at + 4));
            case MAP -> map(t, Native.getInt(at), Native.getInt(at + 4));
            case FLAGS -> scalar(t, number(at, (int) t.layout().bytes()));
            case RECORD, TUPLE -> {
                List<Object> fields = new ArrayList<>(t.children().size());
                long offset = 0;
                for (InterfaceType c : t.children()) {
                    offset = ValueLayout.align(offset, c.layout().alignment());
                    fields.add(load(c, at + offset));
                    offset += c.layout().bytes();
                }
                yield fields;
            }
            case ARRAY -> elements(t.children().getFirst(), at, t.length());
            case VARIANT, OPTION, RESULT, ENUM -> {
                int number = number(at, ValueLayout.discriminantBytes(t.cases()));
                checkCase(t, number);
                InterfaceType payload = t.payload(number);
                yield ofCase(t, number, payload == null ? null : load(payload, at + t.payloadOffset()));
            }
            default -> throw new IllegalStateException("damaged file: a value of type " + t.kind());
        };
    }

    static int number(long at, int bytes) {
        return switch (bytes) {
            case 1 -> Native.getByte(at) & 0xFF;
            case 2 -> Native.getShort(at) & 0xFFFF;
            default -> Native.getInt(at);
        };
    }

    String text(int address, int tagged) {
        return (String) string(address, tagged);
    }

    /** An array of bool or numbers. */
    Object numbers(InterfaceType list, int address, int count) {
        InterfaceType element = list.children().getFirst();
        return Lists.load(element.kind(), listStart(element.layout(), address, count), count);
    }

    /** The native address of a list's elements, of which each becomes an object. */
    long objects(InterfaceType list, int address, int count) {
        long at = listStart(list.children().getFirst().layout(), address, count);
        charge(Integer.toUnsignedLong(count) * OBJECT_BYTES);
        return at;
    }

    /** A generic value in memory. */
    Object walk(InterfaceType t, long at) {
        return load(t, at);
    }

    /** A generic value that is core values, 16 bytes apart. */
    Object walkCells(InterfaceType t, long at) {
        long[] cells = new long[t.layout().flat().size()];
        for (int i = 0; i < cells.length; i++) {
            cells[i] = Native.getLong(at + 16L * i);
        }
        return flat(t, new Cursor(cells));
    }

    Object own(InterfaceType t, int handle) {
        return handles.liftOwn(t, handle);
    }

    Object borrow(InterfaceType t, int handle) {
        return handles.liftBorrow(t, handle);
    }

    Object wrap(Conversion.Resource r, Object resource) {
        return r.toJava(resource, wrapper);
    }

    private Object string(int address, int tagged) {
        GuestString s = Texts.lift(memory, encoding, address, tagged);
        charge(s.units());
        return forGuest ? s : s.text();
    }

    private Object list(InterfaceType element, int address, int count) {
        return elements(element, listStart(element.layout(), address, count), count);
    }

    /** A map is a list of pairs; of equal keys Java gets the last one, another component all of them. */
    private Object map(InterfaceType t, int address, int count) {
        InterfaceType key = t.children().getFirst();
        InterfaceType value = t.children().getLast();
        ValueLayout pair = ValueLayout.of(TypeKind.TUPLE, 0, List.of(key.layout(), value.layout()), 0, false);
        long at = listStart(pair, address, count);
        long valueOffset =
                ValueLayout.align(key.layout().bytes(), value.layout().alignment());
        charge(Integer.toUnsignedLong(count) * OBJECT_BYTES);
        Map<Object, Object> map = new LinkedHashMap<>();
        List<Object> pairs = new ArrayList<>();
        for (int i = 0; i < count; i++, at += pair.bytes()) {
            Object k = load(key, at);
            Object v = load(value, at + valueOffset);
            if (forGuest) {
                pairs.add(List.of(k, v));
            } else {
                map.put(k, v);
            }
        }
        return forGuest ? pairs : map;
    }

    private long listStart(ValueLayout element, int address, int count) {
        long bytes = Integer.toUnsignedLong(count) * element.bytes();
        if (bytes >= ValueLayout.MAX_BYTES) {
            throw GuestMemory.trap(TrapCode.LIST_OUT_OF_BOUNDS);
        }
        long at = memory.range(address, bytes, element.alignment(), TrapCode.LIST_OUT_OF_BOUNDS);
        charge(bytes);
        return at;
    }

    private Object elements(InterfaceType element, long at, int count) {
        if (Lists.isNumber(element)) {
            return Lists.load(element.kind(), at, count);
        }
        charge(Integer.toUnsignedLong(count) * OBJECT_BYTES);
        List<Object> list = new ArrayList<>();
        for (long i = 0, p = at;
                i < Integer.toUnsignedLong(count);
                i++, p += element.layout().bytes()) {
            list.add(load(element, p));
        }
        return list;
    }

    private void charge(long bytes) {
        left -= bytes;
        if (left < 0 && !forGuest) {
            throw new TrapException(
                    TrapCode.ALLOCATION_TOO_LARGE,
                    "the values of one call would take more than " + (MAX_COPIED >> 20) + " MiB");
        }
    }
}
